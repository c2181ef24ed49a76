// Modules that treat elements one by one, and the squared error.
#include "base/philox.h"
#include "cuda/nn.cuh"
#include "cuda/strided.cuh"

namespace {

template <class T> struct relu_body {
  T *y;
  const T *x;
  template <class Index> __device__ void operator()(const Index *at) const {
    T v = x[at[1]];
    y[at[0]] = v <= 0 ? T(0) : v; // NaN stays
  }
};

ct_status relu(ct_tensor *y, const ct_tensor *x, ct_error *error) {
  const ct_tensor *operand[2] = {y, x};
  return ct_with_real(x->dtype, [&]<class T>() {
    relu_body<T> body = {ct_data<T>(y), ct_data<T>(x)};
    return ct_for_each<2>(ct_device_of(y), operand, body, "nn.ReLU", error);
  });
}

// r = f(a, b)
template <class T, class F> struct two_body {
  T *r;
  const T *a, *b;
  F f;
  template <class Index> __device__ void operator()(const Index *at) const {
    r[at[0]] = f(a[at[1]], b[at[2]]);
  }
};

template <class T, class F>
ct_status each_two(ct_tensor *r, const ct_tensor *a, const ct_tensor *b, F f, const char *what,
                   ct_error *error) {
  const ct_tensor *operand[3] = {r, a, b};
  two_body<T, F> body = {ct_data<T>(r), ct_data<T>(a), ct_data<T>(b), f};
  return ct_for_each<3>(ct_device_of(r), operand, body, what, error);
}

template <class T> struct relu_slope {
  __device__ T operator()(T x, T gy) const { return x <= 0 ? T(0) : gy; }
};
template <class T> struct tanh_slope {
  __device__ T operator()(T y, T gy) const { return gy * (1 - y * y); }
};
template <class T> struct scaled_difference {
  double scale;
  __device__ T operator()(T x, T t) const { return (T)(scale * ((double)x - (double)t)); }
};

ct_status relu_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy, ct_error *error) {
  return ct_with_real(x->dtype, [&]<class T>() {
    return each_two<T>(gx, x, gy, relu_slope<T>(), "nn.ReLU", error);
  });
}

ct_status tanh_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy, ct_error *error) {
  return ct_with_real(y->dtype, [&]<class T>() {
    return each_two<T>(gx, y, gy, tanh_slope<T>(), "nn.Tanh", error);
  });
}

ct_status difference(ct_tensor *gx, const ct_tensor *x, const ct_tensor *t, double scale,
                     ct_error *error) {
  return ct_with_real(x->dtype, [&]<class T>() {
    return each_two<T>(gx, x, t, scaled_difference<T>{scale}, "nn.MSECriterion", error);
  });
}

// One block of the generator serves elements 2j and 2j+1, as on the CPU.
template <class T>
__global__ void dropout_kernel(T *y, T *noise, const T *x, int64_t count, double keep,
                               uint64_t seed, uint64_t first) {
  const T kept = (T)(1 / keep);
  const int64_t pairs = (count + 1) / 2, step = (int64_t)gridDim.x * blockDim.x;
  for (int64_t j = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; j < pairs; j += step) {
    const uint64_t counter = first + (uint64_t)j;
    uint32_t w[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    ct_philox_rounds(w, (uint32_t)seed, (uint32_t)(seed >> 32));
    for (int64_t k = 0; k < 2 && 2 * j + k < count; k++) {
      const T factor = ct_unit53(w[2 * k], w[2 * k + 1]) < keep ? kept : T(0);
      noise[2 * j + k] = factor;
      y[2 * j + k] = x[2 * j + k] * factor;
    }
  }
}

ct_status dropout(ct_tensor *y, ct_tensor *noise, const ct_tensor *x, double keep, uint64_t seed,
                  uint64_t first, ct_error *error) {
  const int64_t count = ct_tensor_count(x);
  const int device = ct_device_of(y);
  if (count == 0) return CT_OK;
  ct_on_device on(device);
  return ct_with_real(x->dtype, [&]<class T>() {
    dropout_kernel<T><<<ct_blocks_for((count + 1) / 2, 256), 256, 0, ct_cuda_stream(device)>>>(
        ct_data<T>(y), ct_data<T>(noise), ct_data<T>(x), count, keep, seed, first);
    return ct_cuda_status(cudaGetLastError(), "nn.Dropout", error);
  });
}

// partial[block] = the block's part of the sum. Its elements follow from sizes alone.
template <class T>
__global__ void squares_kernel(double *partial, const T *x, const T *t, int64_t count) {
  const int64_t step = (int64_t)gridDim.x * blockDim.x;
  double sum = 0;
  for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
    double d = (double)x[i] - (double)t[i];
    sum += d * d;
  }
  sum = ct_block_sum<256>(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__global__ void total_kernel(double *total, const double *partial, int count) {
  double sum = 0;
  for (int i = (int)threadIdx.x; i < count; i += 256) sum += partial[i];
  sum = ct_block_sum<256>(sum);
  if (threadIdx.x == 0) *total = sum;
}

ct_status squared_distance(double *sum, const ct_tensor *x, const ct_tensor *t, ct_error *error) {
  const char *what = "nn.MSECriterion";
  const int64_t count = ct_tensor_count(x);
  const int device = ct_device_of(x);
  ct_device_block<double> partial;
  *sum = 0;
  if (count == 0) return CT_OK;
  ct_on_device on(device);
  const unsigned blocks = ct_blocks_for(count, 256);
  CT_TRY(partial.allocate(device, (int64_t)blocks + 1, what, error));
  ct_status status = ct_with_real(x->dtype, [&]<class T>() {
    squares_kernel<T><<<blocks, 256, 0, ct_cuda_stream(device)>>>(partial.get(), ct_data<T>(x),
                                                                  ct_data<T>(t), count);
    return ct_cuda_status(cudaGetLastError(), what, error);
  });
  CT_TRY(status);
  double *total = partial.get() + blocks;
  total_kernel<<<1, 256, 0, ct_cuda_stream(device)>>>(total, partial.get(), (int)blocks);
  CT_CUDA_TRY(cudaGetLastError(), what, error);
  return ct_cuda()->download(device, sum, total, sizeof *sum, error);
}

} // namespace

void ct_cuda_fill_nn_elementwise(ct_cuda_nn *nn) {
  nn->relu = relu;
  nn->relu_backward = relu_backward;
  nn->tanh_backward = tanh_backward;
  nn->difference = difference;
  nn->dropout = dropout;
  nn->squared_distance = squared_distance;
}
