// Modules on matrices by rows, and the negative log-likelihood.
//
// A row is handled by one warp, or by a block when it is long: which of the two follows from its
// length alone, and so does the order of every sum.
#include <math.h>
#include "cuda/nn.cuh"

namespace {

enum { BLOCK = 256, LONG_ROW = 2048 };

// The threads that share a row: `group` is 32 or BLOCK.
template <int group> struct row_place {
  int64_t row;
  int lane;
  __device__ row_place() {
    row = group == BLOCK ? (int64_t)blockIdx.x
                         : (int64_t)blockIdx.x * (BLOCK / group) + threadIdx.x / group;
    lane = (int)threadIdx.x % group;
  }
  static unsigned blocks(int64_t B) { return (unsigned)ct_divide_up(B, BLOCK / group); }
};

template <int group> __device__ double row_sum(double v) {
  if constexpr (group == BLOCK)
    return ct_block_sum<BLOCK>(v);
  else
    return ct_warp_sum(v);
}

template <int group, class T> __device__ T row_greatest(T v) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
    v = ct_greater(v, __shfl_xor_sync(0xffffffffu, v, distance));
  if constexpr (group == BLOCK) {
    __shared__ T part[BLOCK / 32];
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
    __syncthreads();
    for (int w = 0; w < BLOCK / 32; w++) v = ct_greater(v, part[w]);
  }
  return v;
}

__device__ float exponential(float x) { return expf(x); }
__device__ double exponential(double x) { return exp(x); }

template <int group, class T>
__global__ void log_softmax_kernel(T *y, const T *x, int64_t B, int64_t n) {
  const row_place<group> at;
  if (at.row >= B) return; // a whole warp, or none of the block
  x += at.row * n, y += at.row * n;
  T most = x[0];
  for (int64_t j = at.lane; j < n; j += group) most = ct_greater(most, x[j]);
  most = row_greatest<group>(most);
  double sum = 0;
  for (int64_t j = at.lane; j < n; j += group) sum += (double)exponential(x[j] - most);
  const T log_sum = (T)log(row_sum<group>(sum));
  for (int64_t j = at.lane; j < n; j += group) y[j] = x[j] - most - log_sum;
}

template <int group, class T>
__global__ void log_softmax_backward_kernel(T *gx, const T *y, const T *gy, int64_t B, int64_t n) {
  const row_place<group> at;
  if (at.row >= B) return;
  gx += at.row * n, y += at.row * n, gy += at.row * n;
  double sum = 0;
  for (int64_t j = at.lane; j < n; j += group) sum += (double)gy[j];
  sum = row_sum<group>(sum);
  for (int64_t j = at.lane; j < n; j += group)
    gx[j] = (T)((double)gy[j] - (double)exponential(y[j]) * sum);
}

// 1 / sqrt(|x|^2 + eps). Rows whose squares leave the range of double are scaled first.
template <int group, class T>
__device__ double inverse_norm(const T *x, int lane, int64_t n, double eps) {
  double square = 0;
  for (int64_t j = lane; j < n; j += group) square += (double)x[j] * (double)x[j];
  square = row_sum<group>(square) + eps;
  if (square >= 1e-280 && square <= 1e300) return 1 / sqrt(square);
  const double scale = square > 1 ? 0x1p-600 : 0x1p600;
  double scaled = 0;
  for (int64_t j = lane; j < n; j += group) scaled += (double)x[j] * scale * ((double)x[j] * scale);
  return scale / sqrt(row_sum<group>(scaled) + eps * scale * scale);
}

template <int group, class T>
__global__ void normalize_kernel(T *y, const T *x, int64_t B, int64_t n, double eps) {
  const row_place<group> at;
  if (at.row >= B) return;
  x += at.row * n, y += at.row * n;
  const double inverse = inverse_norm<group>(x, at.lane, n, eps);
  for (int64_t j = at.lane; j < n; j += group) y[j] = (T)((double)x[j] * inverse);
}

template <int group, class T>
__global__ void normalize_backward_kernel(T *gx, const T *x, const T *gy, int64_t B, int64_t n,
                                          double eps) {
  const row_place<group> at;
  if (at.row >= B) return;
  gx += at.row * n, x += at.row * n, gy += at.row * n;
  const double inverse = inverse_norm<group>(x, at.lane, n, eps);
  double along = 0;
  for (int64_t j = at.lane; j < n; j += group) along += (double)x[j] * inverse * (double)gy[j];
  along = row_sum<group>(along);
  for (int64_t j = at.lane; j < n; j += group)
    gx[j] = (T)(inverse * ((double)gy[j] - (double)x[j] * inverse * along));
}

// Launches one of two kernels, by the length of a row. The result is the first argument.
#define RUN_ROWS(kernel, what, result, B, n, ...)                                                  \
  do {                                                                                             \
    const int device = ct_device_of(result);                                                       \
    if ((B) == 0 || (n) == 0) return CT_OK;                                                        \
    ct_on_device on(device);                                                                       \
    return ct_with_real((result)->dtype, [&]<class T>() {                                          \
      cudaStream_t stream = ct_cuda_stream(device);                                                \
      if ((n) < LONG_ROW)                                                                          \
        kernel<32, T><<<row_place<32>::blocks(B), BLOCK, 0, stream>>>(__VA_ARGS__);                \
      else                                                                                         \
        kernel<BLOCK, T><<<row_place<BLOCK>::blocks(B), BLOCK, 0, stream>>>(__VA_ARGS__);          \
      return ct_cuda_status(cudaGetLastError(), what, error);                                      \
    });                                                                                            \
  } while (0)

ct_status log_softmax(ct_tensor *y, const ct_tensor *x, int64_t B, int64_t n, ct_error *error) {
  RUN_ROWS(log_softmax_kernel, "nn.LogSoftMax", y, B, n, ct_data<T>(y), ct_data<T>(x), B, n);
}

ct_status log_softmax_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy, int64_t B,
                               int64_t n, ct_error *error) {
  RUN_ROWS(log_softmax_backward_kernel, "nn.LogSoftMax", gx, B, n, ct_data<T>(gx), ct_data<T>(y),
           ct_data<T>(gy), B, n);
}

ct_status normalize(ct_tensor *y, const ct_tensor *x, int64_t B, int64_t n, double eps,
                    ct_error *error) {
  RUN_ROWS(normalize_kernel, "nn.Normalize", y, B, n, ct_data<T>(y), ct_data<T>(x), B, n, eps);
}

ct_status normalize_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy, int64_t B,
                             int64_t n, double eps, ct_error *error) {
  RUN_ROWS(normalize_backward_kernel, "nn.Normalize", gx, B, n, ct_data<T>(gx), ct_data<T>(x),
           ct_data<T>(gy), B, n, eps);
}

// The 0-based class of a target, or -1.
__device__ int64_t class_of(double target, int64_t C) {
  return target >= 1 && target <= (double)C && target == floor(target) ? (int64_t)target - 1 : -1;
}

template <class T> struct nll_rows {
  const T *x;
  int64_t row, column; // strides of x
  const double *target;
  const T *weights; // NULL for ones
  int64_t weight_stride, B, C;
};

// One block: a row is one element, so a batch is little work.
template <class T> __global__ void nll_kernel(double *out, nll_rows<T> r) {
  __shared__ int64_t wrong[BLOCK];
  double sum = 0, total = 0;
  int64_t first = r.B;
  for (int64_t i = threadIdx.x; i < r.B; i += BLOCK) {
    const int64_t c = class_of(r.target[i], r.C);
    if (c < 0) {
      if (i < first) first = i;
      continue;
    }
    const double w = r.weights ? (double)r.weights[c * r.weight_stride] : 1;
    sum -= w * (double)r.x[i * r.row + c * r.column];
    total += w;
  }
  wrong[threadIdx.x] = first;
  sum = ct_block_sum<BLOCK>(sum);
  total = ct_block_sum<BLOCK>(total);
  if (threadIdx.x > 0) return;
  for (int t = 0; t < BLOCK; t++)
    if (wrong[t] < first) first = wrong[t];
  out[0] = sum, out[1] = total, out[2] = (double)first;
}

ct_status nll(double out[3], const ct_tensor *x, int64_t B, int64_t C, const ct_tensor *target,
              const ct_tensor *weights, ct_error *error) {
  const char *what = "nn.ClassNLLCriterion";
  const int device = ct_device_of(x);
  ct_device_block<double> result;
  ct_on_device on(device);
  CT_TRY(result.allocate(device, 3, what, error));
  ct_status status = ct_with_real(x->dtype, [&]<class T>() {
    nll_rows<T> r = {};
    r.x = ct_data<T>(x);
    r.row = x->dims == 2 ? x->stride[0] : 0, r.column = x->stride[x->dims - 1];
    r.target = ct_data<double>(target);
    if (weights) r.weights = ct_data<T>(weights), r.weight_stride = weights->stride[0];
    r.B = B, r.C = C;
    nll_kernel<T><<<1, BLOCK, 0, ct_cuda_stream(device)>>>(result.get(), r);
    return ct_cuda_status(cudaGetLastError(), what, error);
  });
  CT_TRY(status);
  return ct_cuda()->download(device, out, result.get(), 3 * sizeof *out, error);
}

template <class T> struct nll_backward_body {
  T *gx;
  int64_t C;
  const double *target;
  const T *weights;
  int64_t weight_stride;
  double scale;
  template <class Index> __device__ void operator()(Index i) const {
    const Index row = i / (Index)C, c = i - row * (Index)C;
    double g = 0;
    if (class_of(target[row], C) == (int64_t)c)
      g = -scale * (weights ? (double)weights[(int64_t)c * weight_stride] : 1);
    gx[i] = (T)g;
  }
};

ct_status nll_backward(ct_tensor *gx, int64_t B, int64_t C, const ct_tensor *target,
                       const ct_tensor *weights, double scale, ct_error *error) {
  return ct_with_real(gx->dtype, [&]<class T>() {
    nll_backward_body<T> body = {ct_data<T>(gx),
                                 C,
                                 ct_data<double>(target),
                                 weights ? ct_data<T>(weights) : nullptr,
                                 weights ? weights->stride[0] : 0,
                                 scale};
    return ct_each_index(ct_device_of(gx), B * C, body, "nn.ClassNLLCriterion", error);
  });
}

} // namespace

void ct_cuda_fill_nn_rows(ct_cuda_nn *nn) {
  nn->log_softmax = log_softmax;
  nn->log_softmax_backward = log_softmax_backward;
  nn->normalize = normalize;
  nn->normalize_backward = normalize_backward;
  nn->nll = nll;
  nn->nll_backward = nll_backward;
}
