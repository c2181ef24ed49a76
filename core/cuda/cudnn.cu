// Convolutions by cuDNN 9, looked up when first needed, once for the process. What is used of its
// interface is declared here, so that builds do not need its headers.
//
// Of the algorithms that cuDNN's heuristics put forward, in their order, the first is taken that
// gives the same bits on every run and fits the workspace; the choice is kept for the shape, since
// asking costs more than a small convolution. Each thread has a handle of its own for each device.
#include "cuda/cudnn.cuh"
#include <array>
#include <dlfcn.h>
#include <limits.h>
#include <map>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace {

enum { MOST_DEVICES = 64, MOST_ALGORITHMS = 8 };
const size_t MOST_WORKSPACE = (size_t)256 << 20;

// cuDNN's own names and numbers.
enum { NCHW = 0, DATA_FLOAT = 0, DATA_DOUBLE = 1, CROSS_CORRELATION = 1, DETERMINISTIC = 1 };
enum { DEFAULT_MATH = 0, TENSOR_OP_MATH = 1, TENSOR_OP_MATH_CONVERTED = 2, FMA_MATH = 3 };
enum { SUCCESS = 0, NOT_SUPPORTED = 3000, INTERNAL_ERROR = 4000 };
typedef int status_t;
typedef void *handle_t, *tensor_t, *filter_t, *convolution_t;
struct performance {
  int algorithm;
  status_t status;
  float time;
  size_t memory;
  int determinism, math, reserved[3];
};

struct library {
  size_t (*version)(void);
  const char *(*describe)(status_t);
  status_t (*create)(handle_t *);
  status_t (*destroy)(handle_t);
  status_t (*set_stream)(handle_t, cudaStream_t);
  status_t (*new_tensor)(tensor_t *), (*end_tensor)(tensor_t);
  status_t (*set_tensor)(tensor_t, int format, int type, int n, int c, int h, int w);
  status_t (*new_filter)(filter_t *), (*end_filter)(filter_t);
  status_t (*set_filter)(filter_t, int type, int format, int k, int c, int h, int w);
  status_t (*new_convolution)(convolution_t *), (*end_convolution)(convolution_t);
  status_t (*set_convolution)(convolution_t, int pad_h, int pad_w, int stride_h, int stride_w,
                              int dilation_h, int dilation_w, int mode, int type);
  status_t (*set_math)(convolution_t, int math);
  // The three passes: descriptors of what is read, of what is read, of what is written.
  status_t (*choose[3])(handle_t, void *, void *, convolution_t, void *, int, int *, performance *);
  status_t (*workspace[3])(handle_t, void *, void *, convolution_t, void *, int, size_t *);
  status_t (*run[3])(handle_t, const void *alpha, void *, const void *, void *, const void *,
                     convolution_t, int algorithm, void *workspace, size_t bytes, const void *beta,
                     void *, void *);
  bool found;
};

template <class F> bool look_up(void *handle, const char *name, F *out) {
  *out = (F)dlsym(handle, name);
  return *out != nullptr;
}

bool look_up_pass(void *handle, library *l, ct_cudnn_pass pass, const char *name) {
  char text[80];
  snprintf(text, sizeof text, "cudnnGetConvolution%sAlgorithm_v7", name);
  if (!look_up(handle, text, &l->choose[pass])) return false;
  snprintf(text, sizeof text, "cudnnGetConvolution%sWorkspaceSize", name);
  if (!look_up(handle, text, &l->workspace[pass])) return false;
  snprintf(text, sizeof text, "cudnnConvolution%s", name);
  return look_up(handle, text, &l->run[pass]);
}

bool open_library(const char *path, library *l) {
  void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!h) return false;
  bool all = look_up(h, "cudnnGetVersion", &l->version) &&
             look_up(h, "cudnnGetErrorString", &l->describe) &&
             look_up(h, "cudnnCreate", &l->create) && look_up(h, "cudnnDestroy", &l->destroy) &&
             look_up(h, "cudnnSetStream", &l->set_stream) &&
             look_up(h, "cudnnCreateTensorDescriptor", &l->new_tensor) &&
             look_up(h, "cudnnDestroyTensorDescriptor", &l->end_tensor) &&
             look_up(h, "cudnnSetTensor4dDescriptor", &l->set_tensor) &&
             look_up(h, "cudnnCreateFilterDescriptor", &l->new_filter) &&
             look_up(h, "cudnnDestroyFilterDescriptor", &l->end_filter) &&
             look_up(h, "cudnnSetFilter4dDescriptor", &l->set_filter) &&
             look_up(h, "cudnnCreateConvolutionDescriptor", &l->new_convolution) &&
             look_up(h, "cudnnDestroyConvolutionDescriptor", &l->end_convolution) &&
             look_up(h, "cudnnSetConvolution2dDescriptor", &l->set_convolution) &&
             look_up(h, "cudnnSetConvolutionMathType", &l->set_math) &&
             look_up_pass(h, l, CT_CUDNN_FORWARD, "Forward") &&
             look_up_pass(h, l, CT_CUDNN_BACKWARD, "BackwardData") &&
             look_up_pass(h, l, CT_CUDNN_WEIGHT, "BackwardFilter");
  if (!all) dlclose(h);
  return all;
}

// CIRCLET_CUDNN: "0" for none, or the path of the library.
const library *cudnn() {
  static const library found = [] {
    library l = {};
    const char *named = getenv("CIRCLET_CUDNN");
    if (named && *named) {
      l.found = strcmp(named, "0") != 0 && open_library(named, &l);
      return l;
    }
    l.found = open_library("libcudnn.so.9", &l) ||
              open_library("/usr/local/cuda/lib64/libcudnn.so.9", &l);
    return l;
  }();
  return &found;
}

ct_status check(status_t status, ct_error *error) {
  if (status == SUCCESS) return CT_OK;
  return ct_fail(error, CT_EIO, "nn.SpatialConvolution: cuDNN: %s", cudnn()->describe(status));
}

#define CT_CUDNN_TRY(call, error) CT_TRY(check((call), (error)))

// Sizes, pass, type and precision: what the choice of an algorithm depends on.
typedef std::array<int64_t, 16> choice_key;
struct choice {
  int algorithm; // -1: none will do
  size_t bytes;
};

struct thread_state {
  handle_t handle[MOST_DEVICES] = {};
  std::map<choice_key, choice> chosen[MOST_DEVICES];
  bool off = false;
  ~thread_state() {
    for (handle_t h : handle)
      if (h) cudnn()->destroy(h);
  }
};
thread_local thread_state mine;

// Descriptors of one call.
struct descriptors {
  tensor_t x = nullptr, y = nullptr;
  filter_t w = nullptr;
  convolution_t convolution = nullptr;
  ~descriptors() {
    const library *l = cudnn();
    if (x) l->end_tensor(x);
    if (y) l->end_tensor(y);
    if (w) l->end_filter(w);
    if (convolution) l->end_convolution(convolution);
  }
  ct_status describe(const ct_cuda_conv *s, ct_dtype dtype, ct_cuda_precision precision,
                     ct_error *error) {
    const library *l = cudnn();
    const int type = dtype == CT_CUDA_DOUBLE ? DATA_DOUBLE : DATA_FLOAT;
    // The default is TF32 for floats; FMA is float throughout.
    const int math = dtype == CT_CUDA_DOUBLE     ? DEFAULT_MATH
                     : precision == CT_CUDA_FP32 ? FMA_MATH
                     : precision == CT_CUDA_TF32 ? TENSOR_OP_MATH
                                                 : TENSOR_OP_MATH_CONVERTED;
    CT_CUDNN_TRY(l->new_tensor(&x), error);
    CT_CUDNN_TRY(l->new_tensor(&y), error);
    CT_CUDNN_TRY(l->new_filter(&w), error);
    CT_CUDNN_TRY(l->new_convolution(&convolution), error);
    CT_CUDNN_TRY(l->set_tensor(x, NCHW, type, (int)s->B, (int)s->C, (int)s->H, (int)s->W), error);
    CT_CUDNN_TRY(l->set_tensor(y, NCHW, type, (int)s->B, (int)s->O, (int)s->oH, (int)s->oW), error);
    CT_CUDNN_TRY(l->set_filter(w, type, NCHW, (int)s->O, (int)s->C, (int)s->kH, (int)s->kW), error);
    CT_CUDNN_TRY(l->set_convolution(convolution, (int)s->padH, (int)s->padW, (int)s->dH, (int)s->dW,
                                    1, 1, CROSS_CORRELATION, type),
                 error);
    return check(l->set_math(convolution, math), error);
  }
};

// What a pass reads, in cuDNN's order, and what it writes.
struct operands {
  void *first, *second, *out;
};

operands arrange(ct_cudnn_pass pass, void *x, void *w, void *y) {
  switch (pass) {
  case CT_CUDNN_FORWARD: return {x, w, y};
  case CT_CUDNN_BACKWARD: return {w, y, x};
  default: return {x, y, w};
  }
}

choice choose(handle_t handle, ct_cudnn_pass pass, const descriptors &d, const operands &by) {
  const library *l = cudnn();
  performance candidates[MOST_ALGORITHMS];
  int count = 0;
  if (l->choose[pass](handle, by.first, by.second, d.convolution, by.out, MOST_ALGORITHMS, &count,
                      candidates) != SUCCESS)
    return {-1, 0};
  for (int i = 0; i < count; i++) {
    size_t bytes = 0;
    if (candidates[i].status != SUCCESS || candidates[i].determinism != DETERMINISTIC) continue;
    // Asked again: the candidate's own figure may be for another kind of arithmetic.
    if (l->workspace[pass](handle, by.first, by.second, d.convolution, by.out,
                           candidates[i].algorithm, &bytes) == SUCCESS &&
        bytes <= MOST_WORKSPACE)
      return {candidates[i].algorithm, bytes};
  }
  return {-1, 0};
}

bool fits_int(const ct_cuda_conv *s) {
  const double x = (double)s->B * (double)s->C * (double)s->H * (double)s->W;
  const double y = (double)s->B * (double)s->O * (double)s->oH * (double)s->oW;
  const double w = (double)s->O * (double)s->C * (double)s->kH * (double)s->kW;
  return x < INT_MAX && y < INT_MAX && w < INT_MAX && s->padH < INT_MAX && s->padW < INT_MAX &&
         s->dH < INT_MAX && s->dW < INT_MAX;
}

ct_status take_handle(int device, handle_t *out, ct_error *error) {
  if (!mine.handle[device]) CT_CUDNN_TRY(cudnn()->create(&mine.handle[device]), error);
  *out = mine.handle[device];
  return check(cudnn()->set_stream(*out, ct_cuda_stream(device)), error);
}

} // namespace

ct_status ct_cudnn_convolve(bool *done, ct_cudnn_pass pass, int device, ct_dtype dtype, void *x,
                            void *w, void *y, double scale, const ct_cuda_conv *s,
                            ct_error *error) {
  handle_t handle;
  descriptors d;
  ct_device_block<char> workspace;
  *done = false;
  if (mine.off || !cudnn()->found || !fits_int(s)) return CT_OK;
  ct_on_device on(device);
  const ct_cuda_precision precision = ct_cuda()->get_precision();
  CT_TRY(take_handle(device, &handle, error));
  CT_TRY(d.describe(s, dtype, precision, error));
  const operands by = arrange(pass, d.x, d.w, d.y), data = arrange(pass, x, w, y);
  const choice_key key = {s->B,  s->C,  s->H,  s->W,    s->O,    s->kH, s->kW, s->oH,
                          s->oW, s->dH, s->dW, s->padH, s->padW, pass,  dtype, precision};
  auto known = mine.chosen[device].find(key);
  if (known == mine.chosen[device].end())
    known = mine.chosen[device].emplace(key, choose(handle, pass, d, by)).first;
  const choice how = known->second;
  if (how.algorithm < 0) return CT_OK;
  CT_TRY(workspace.allocate(device, (int64_t)how.bytes, "nn.SpatialConvolution", error));
  const double alpha = pass == CT_CUDNN_WEIGHT ? scale : 1, beta = pass == CT_CUDNN_WEIGHT ? 1 : 0;
  const float alpha32 = (float)alpha, beta32 = (float)beta;
  const bool wide = dtype == CT_CUDA_DOUBLE;
  const status_t status =
      cudnn()->run[pass](handle, wide ? (const void *)&alpha : &alpha32, by.first, data.first,
                         by.second, data.second, d.convolution, how.algorithm, workspace.get(),
                         how.bytes, wide ? (const void *)&beta : &beta32, by.out, data.out);
  if (status >= NOT_SUPPORTED && status < INTERNAL_ERROR) { // said of the call, not of the shape
    known->second.algorithm = -1;
    return CT_OK;
  }
  *done = status == SUCCESS;
  return check(status, error);
}

int64_t ct_cudnn_version() { return cudnn()->found && !mine.off ? (int64_t)cudnn()->version() : 0; }

void ct_cudnn_use(bool on) { mine.off = !on; }
