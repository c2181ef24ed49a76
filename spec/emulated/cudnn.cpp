// The functions of cuDNN that circlet looks up, as plain loops, for the emulated GPU. Its header
// checks their signatures.
#include <cudnn.h>
#include <stdlib.h>
#include <string.h>

struct cudnnTensorStruct {
  cudnnDataType_t type;
  int n, c, h, w;
};
struct cudnnFilterStruct {
  cudnnDataType_t type;
  int k, c, h, w;
};
struct cudnnConvolutionStruct {
  int pad_h, pad_w, step_h, step_w;
  cudnnDataType_t type;
  cudnnMathType_t math;
};

template <class T> static cudnnStatus_t create(T **out) {
  *out = (T *)calloc(1, sizeof(T));
  return CUDNN_STATUS_SUCCESS;
}
template <class T> static cudnnStatus_t end(T *object) {
  free(object);
  return CUDNN_STATUS_SUCCESS;
}

// Calls f(x index, w index, y index) for every product of the convolution.
template <class F>
static cudnnStatus_t each(const cudnnTensorStruct *x, const cudnnFilterStruct *w,
                          const cudnnConvolutionStruct *by, const cudnnTensorStruct *y, F f) {
  const bool fits = x->n == y->n && x->c == w->c && y->c == w->k && x->type == w->type &&
                    x->type == y->type && x->type == by->type &&
                    y->h == (x->h + 2 * by->pad_h - w->h) / by->step_h + 1 &&
                    y->w == (x->w + 2 * by->pad_w - w->w) / by->step_w + 1;
  if (!fits) return CUDNN_STATUS_BAD_PARAM;
  if (x->type == CUDNN_DATA_FLOAT && by->math != CUDNN_FMA_MATH) return CUDNN_STATUS_BAD_PARAM;
  for (int n = 0; n < y->n; n++)
    for (int k = 0; k < y->c; k++)
      for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
          for (int c = 0; c < x->c; c++)
            for (int a = 0; a < w->h; a++)
              for (int b = 0; b < w->w; b++) {
                const int r = i * by->step_h - by->pad_h + a, s = j * by->step_w - by->pad_w + b;
                if (r < 0 || r >= x->h || s < 0 || s >= x->w) continue;
                f(((n * x->c + c) * x->h + r) * x->w + s, ((k * w->c + c) * w->h + a) * w->w + b,
                  ((n * y->c + k) * y->h + i) * y->w + j);
              }
  return CUDNN_STATUS_SUCCESS;
}

static double get(const void *p, int i, cudnnDataType_t type) {
  return type == CUDNN_DATA_DOUBLE ? ((const double *)p)[i] : ((const float *)p)[i];
}
static void add(void *p, int i, cudnnDataType_t type, double v) {
  if (type == CUDNN_DATA_DOUBLE)
    ((double *)p)[i] += v;
  else
    ((float *)p)[i] += (float)v;
}
static void scale(void *p, int count, cudnnDataType_t type, const void *beta) {
  const double by = get(beta, 0, type);
  for (int i = 0; i < count; i++)
    if (type == CUDNN_DATA_DOUBLE)
      ((double *)p)[i] = by == 0 ? 0 : by * ((double *)p)[i];
    else
      ((float *)p)[i] = by == 0 ? 0 : (float)by * ((float *)p)[i];
}
static int count(const cudnnTensorStruct *t) { return t->n * t->c * t->h * t->w; }
static int count(const cudnnFilterStruct *t) { return t->k * t->c * t->h * t->w; }

// The first candidate is not deterministic, the second asks for a workspace that is written to.
template <class P> static cudnnStatus_t propose(int wanted, int *found, P *list) {
  if (wanted < 2) return CUDNN_STATUS_BAD_PARAM;
  memset(list, 0, 2 * sizeof *list);
  list[0].determinism = CUDNN_NON_DETERMINISTIC, list[1].determinism = CUDNN_DETERMINISTIC;
  list[1].algo = (decltype(list[1].algo))1;
  *found = 2;
  return CUDNN_STATUS_SUCCESS;
}
static cudnnStatus_t room(int algorithm, size_t *bytes) {
  *bytes = 64;
  return algorithm == 1 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
static bool sound(int algorithm, void *workspace, size_t bytes) {
  if (algorithm != 1 || !workspace || bytes != 64) return false;
  memset(workspace, 1, bytes);
  return true;
}

extern "C" {

size_t cudnnGetVersion(void) { return 90000; }
const char *cudnnGetErrorString(cudnnStatus_t) { return "an error of the emulated cuDNN"; }
cudnnStatus_t cudnnCreate(cudnnHandle_t *h) {
  *h = (cudnnHandle_t)malloc(1);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t h) {
  free(h);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *t) { return create(t); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t t) { return end(t); }
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t t, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  *t = {type, n, c, h, w};
  return format == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *t) { return create(t); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t t) { return end(t); }
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t t, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
  *t = {type, k, c, h, w};
  return format == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *t) {
  return create(t);
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t t) { return end(t); }
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t t, int pad_h, int pad_w,
                                              int u, int v, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t type) {
  *t = {pad_h, pad_w, u, v, type, CUDNN_DEFAULT_MATH};
  const bool right = dilation_h == 1 && dilation_w == 1 && mode == CUDNN_CROSS_CORRELATION;
  return right ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t t, cudnnMathType_t math) {
  t->math = math;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                     const cudnnFilterDescriptor_t,
                                                     const cudnnConvolutionDescriptor_t,
                                                     const cudnnTensorDescriptor_t,
                                                     const int wanted, int *found,
                                                     cudnnConvolutionFwdAlgoPerf_t *list) {
  return propose(wanted, found, list);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t, const int wanted, int *found,
    cudnnConvolutionBwdDataAlgoPerf_t *list) {
  return propose(wanted, found, list);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t, const int wanted, int *found,
    cudnnConvolutionBwdFilterAlgoPerf_t *list) {
  return propose(wanted, found, list);
}
cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                      const cudnnFilterDescriptor_t,
                                                      const cudnnConvolutionDescriptor_t,
                                                      const cudnnTensorDescriptor_t,
                                                      cudnnConvolutionFwdAlgo_t algorithm,
                                                      size_t *bytes) {
  return room(algorithm, bytes);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t,
    cudnnConvolutionBwdDataAlgo_t algorithm, size_t *bytes) {
  return room(algorithm, bytes);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t,
    cudnnConvolutionBwdFilterAlgo_t algorithm, size_t *bytes) {
  return room(algorithm, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void *alpha,
                                      const cudnnTensorDescriptor_t xd, const void *x,
                                      const cudnnFilterDescriptor_t wd, const void *w,
                                      const cudnnConvolutionDescriptor_t by,
                                      cudnnConvolutionFwdAlgo_t algorithm, void *workspace,
                                      size_t bytes, const void *beta,
                                      const cudnnTensorDescriptor_t yd, void *y) {
  if (!sound(algorithm, workspace, bytes)) return CUDNN_STATUS_BAD_PARAM;
  const cudnnDataType_t t = xd->type;
  scale(y, count(yd), t, beta);
  return each(xd, wd, by, yd, [&](int i, int j, int o) {
    add(y, o, t, get(alpha, 0, t) * get(x, i, t) * get(w, j, t));
  });
}
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void *alpha,
                                           const cudnnFilterDescriptor_t wd, const void *w,
                                           const cudnnTensorDescriptor_t yd, const void *y,
                                           const cudnnConvolutionDescriptor_t by,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void *workspace,
                                           size_t bytes, const void *beta,
                                           const cudnnTensorDescriptor_t xd, void *x) {
  if (!sound(algorithm, workspace, bytes)) return CUDNN_STATUS_BAD_PARAM;
  const cudnnDataType_t t = xd->type;
  scale(x, count(xd), t, beta);
  return each(xd, wd, by, yd, [&](int i, int j, int o) {
    add(x, i, t, get(alpha, 0, t) * get(y, o, t) * get(w, j, t));
  });
}
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void *alpha,
                                             const cudnnTensorDescriptor_t xd, const void *x,
                                             const cudnnTensorDescriptor_t yd, const void *y,
                                             const cudnnConvolutionDescriptor_t by,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm,
                                             void *workspace, size_t bytes, const void *beta,
                                             const cudnnFilterDescriptor_t wd, void *w) {
  if (!sound(algorithm, workspace, bytes)) return CUDNN_STATUS_BAD_PARAM;
  const cudnnDataType_t t = xd->type;
  scale(w, count(wd), t, beta);
  return each(xd, wd, by, yd, [&](int i, int j, int o) {
    add(w, j, t, get(alpha, 0, t) * get(x, i, t) * get(y, o, t));
  });
}

} // extern "C"
