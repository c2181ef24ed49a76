// Batch normalisation. Statistics and coefficients of the channels are computed on the device, in
// double, as ops/nn_norm.c does on the CPU: nothing waits for them.
#include <math.h>
#include "cuda/nn_channels.cuh"

namespace {

// A vector [C] of any stride; data NULL where there is none.
template <class T> struct vector {
  T *data;
  int64_t stride;
  __device__ double get(int64_t c) const { return (double)data[c * stride]; }
  __device__ void put(int64_t c, double value) const { data[c * stride] = (T)value; }
};

template <class T> vector<T> vector_of(const ct_tensor *t) {
  vector<T> v = {t ? ct_data<T>(t) : nullptr, t && t->dims > 0 ? t->stride[0] : 0};
  return v;
}

template <class T> struct vectors {
  vector<T> weight, bias, running_mean, running_var, save_mean, save_std, grad_weight, grad_bias;
  double eps, momentum, count, scale;
  bool train;
};

template <class T>
vectors<T> vectors_of(const ct_cuda_norm *n, const ct_tensor *gw, const ct_tensor *gb,
                      ct_cuda_channels shape, double scale) {
  vectors<T> v = {};
  v.weight = vector_of<T>(n->weight), v.bias = vector_of<T>(n->bias);
  v.running_mean = vector_of<T>(n->running_mean), v.running_var = vector_of<T>(n->running_var);
  v.save_mean = vector_of<T>(n->save_mean), v.save_std = vector_of<T>(n->save_std);
  v.grad_weight = vector_of<T>(gw), v.grad_bias = vector_of<T>(gb);
  v.eps = n->eps, v.momentum = n->momentum, v.train = n->train;
  v.count = (double)(shape.B * shape.S), v.scale = scale;
  return v;
}

// Coefficients of a channel. Forward: y = (x - mean) * scale + shift. Backward:
// gx = (gy - grad_mean - (x - mean) * slope) * scale; before the sums are known, scale is 1/std.
struct coefficients {
  double *mean, *scale, *shift, *slope;
};

// All that one call needs: coefficients of the channels and the pieces of sums.
struct scratch {
  ct_device_block<double> block;
  ct_device_block<double2> partial;
  coefficients k;
  ct_status allocate(int device, ct_cuda_channels shape, const char *what, ct_error *error) {
    CT_TRY(block.allocate(device, 4 * shape.C, what, error));
    CT_TRY(partial.allocate(device, ct_channel_pieces(shape) * shape.C, what, error));
    double *at = block.get();
    k = {at, at + shape.C, at + 2 * shape.C, at + 3 * shape.C};
    return CT_OK;
  }
};

template <class T> struct value_term {
  const T *x;
  __device__ double2 operator()(int64_t i, int64_t) const { return {(double)x[i], 0}; }
};
struct mean_finish {
  double *mean, count;
  __device__ void operator()(int64_t c, double2 sum) const { mean[c] = sum.x / count; }
};

template <class T> struct square_term {
  const T *x;
  const double *mean;
  __device__ double2 operator()(int64_t i, int64_t c) const {
    const double d = (double)x[i] - mean[c];
    return {d * d, 0};
  }
};

// The affine map of a channel from its 1/std.
template <class T>
__device__ void set_map(const vectors<T> &v, const coefficients &k, int64_t c, double inverse) {
  k.scale[c] = v.weight.data ? inverse * v.weight.get(c) : inverse;
  k.shift[c] = v.bias.data ? v.bias.get(c) : 0;
}

template <class T> struct learn_finish {
  vectors<T> v;
  coefficients k;
  __device__ void operator()(int64_t c, double2 sum) const {
    const double mean = k.mean[c], inverse = 1 / sqrt(sum.x / v.count + v.eps), m = v.momentum;
    v.save_mean.put(c, mean);
    v.save_std.put(c, inverse);
    v.running_mean.put(c, (1 - m) * v.running_mean.get(c) + m * mean);
    v.running_var.put(c, (1 - m) * v.running_var.get(c) + m * sum.x / (v.count - 1));
    set_map(v, k, c, inverse);
  }
};

// Of one thread for each channel.
template <class T> __global__ void recall_kernel(vectors<T> v, coefficients k, int64_t C) {
  const int64_t c = (int64_t)blockIdx.x * CT_CHANNEL_BLOCK + threadIdx.x;
  if (c >= C) return;
  k.mean[c] = v.running_mean.get(c);
  set_map(v, k, c, 1 / sqrt(v.running_var.get(c) + v.eps));
}

template <class T> __global__ void statistics_kernel(vectors<T> v, coefficients k, int64_t C) {
  const int64_t c = (int64_t)blockIdx.x * CT_CHANNEL_BLOCK + threadIdx.x;
  if (c >= C) return;
  k.mean[c] = v.train ? v.save_mean.get(c) : v.running_mean.get(c);
  k.scale[c] = v.train ? v.save_std.get(c) : 1 / sqrt(v.running_var.get(c) + v.eps);
}

template <class T> struct apply_body {
  T *y;
  const T *x;
  coefficients k;
  __device__ void operator()(int64_t i, int64_t c) const {
    y[i] = (T)(((double)x[i] - k.mean[c]) * k.scale[c] + k.shift[c]);
  }
};

template <class T>
ct_status forward(int device, ct_tensor *y, const ct_tensor *x, const ct_cuda_norm *n,
                  ct_cuda_channels shape, scratch *s, const char *what, ct_error *error) {
  const T *data = ct_data<T>(x);
  vectors<T> v = vectors_of<T>(n, nullptr, nullptr, shape, 1);
  if (n->train) {
    CT_TRY(ct_channel_sums(device, shape, s->partial.get(), value_term<T>{data},
                           mean_finish{s->k.mean, v.count}, what, error));
    CT_TRY(ct_channel_sums(device, shape, s->partial.get(), square_term<T>{data, s->k.mean},
                           learn_finish<T>{v, s->k}, what, error));
  } else {
    const unsigned blocks = (unsigned)ct_divide_up(shape.C, CT_CHANNEL_BLOCK);
    recall_kernel<T><<<blocks, CT_CHANNEL_BLOCK, 0, ct_cuda_stream(device)>>>(v, s->k, shape.C);
    CT_CUDA_TRY(cudaGetLastError(), what, error);
  }
  return ct_each_of_channels(device, shape, apply_body<T>{ct_data<T>(y), data, s->k}, what, error);
}

ct_status batch_norm(ct_tensor *y, const ct_tensor *x, const ct_cuda_norm *n,
                     ct_cuda_channels shape, ct_error *error) {
  const char *what = "batch normalisation";
  const int device = ct_device_of(y);
  scratch s;
  if (shape.B == 0 || shape.C == 0 || shape.S == 0) return CT_OK;
  ct_on_device on(device);
  CT_TRY(s.allocate(device, shape, what, error));
  return ct_with_real(
      x->dtype, [&]<class T>() { return forward<T>(device, y, x, n, shape, &s, what, error); });
}

// sum of gy, and of gy * (x - mean)
template <class T> struct backward_term {
  const T *x, *gy;
  const double *mean;
  __device__ double2 operator()(int64_t i, int64_t c) const {
    const double g = (double)gy[i];
    return {g, g * ((double)x[i] - mean[c])};
  }
};

template <class T> struct backward_finish {
  vectors<T> v;
  coefficients k;
  __device__ void operator()(int64_t c, double2 sum) const {
    const double r = k.scale[c];
    k.shift[c] = v.train ? sum.x / v.count : 0;
    k.slope[c] = v.train ? r * r * sum.y / v.count : 0;
    if (v.weight.data) k.scale[c] = r * v.weight.get(c);
    if (v.grad_weight.data) v.grad_weight.put(c, v.grad_weight.get(c) + v.scale * (sum.y * r));
    if (v.grad_bias.data) v.grad_bias.put(c, v.grad_bias.get(c) + v.scale * sum.x);
  }
};

template <class T> struct apply_backward_body {
  T *gx;
  const T *x, *gy;
  coefficients k; // shift: the mean of gy
  __device__ void operator()(int64_t i, int64_t c) const {
    const double centred = (double)gy[i] - k.shift[c];
    gx[i] = (T)((centred - ((double)x[i] - k.mean[c]) * k.slope[c]) * k.scale[c]);
  }
};

template <class T>
ct_status backward(int device, ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy, vectors<T> v,
                   ct_cuda_channels shape, scratch *s, const char *what, ct_error *error) {
  const unsigned blocks = (unsigned)ct_divide_up(shape.C, CT_CHANNEL_BLOCK);
  statistics_kernel<T><<<blocks, CT_CHANNEL_BLOCK, 0, ct_cuda_stream(device)>>>(v, s->k, shape.C);
  CT_CUDA_TRY(cudaGetLastError(), what, error);
  backward_term<T> term = {ct_data<T>(x), ct_data<T>(gy), s->k.mean};
  CT_TRY(ct_channel_sums(device, shape, s->partial.get(), term, backward_finish<T>{v, s->k}, what,
                         error));
  if (!gx) return CT_OK;
  apply_backward_body<T> body = {ct_data<T>(gx), term.x, term.gy, s->k};
  return ct_each_of_channels(device, shape, body, what, error);
}

ct_status batch_norm_backward(ct_tensor *gx, ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                              const ct_tensor *gy, double scale, const ct_cuda_norm *n,
                              ct_cuda_channels shape, ct_error *error) {
  const char *what = "batch normalisation";
  const int device = ct_device_of(x);
  scratch s;
  if (shape.B == 0 || shape.C == 0 || shape.S == 0) return CT_OK;
  ct_on_device on(device);
  CT_TRY(s.allocate(device, shape, what, error));
  return ct_with_real(x->dtype, [&]<class T>() {
    return backward<T>(device, gx, x, gy, vectors_of<T>(n, gw, gb, shape, scale), shape, &s, what,
                       error);
  });
}

} // namespace

void ct_cuda_fill_nn_norm(ct_cuda_nn *nn) {
  nn->batch_norm = batch_norm;
  nn->batch_norm_backward = batch_norm_backward;
}
