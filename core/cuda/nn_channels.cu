// Biases: laid into a result, and their gradients.
#include "cuda/nn_channels.cuh"

namespace {

template <class T> struct fill_body {
  T *y;
  const T *bias; // NULL for zeros
  __device__ void operator()(int64_t i, int64_t c) const { y[i] = bias ? bias[c] : T(0); }
};

ct_status fill_channels(ct_tensor *y, const ct_tensor *bias, ct_cuda_channels shape,
                        ct_error *error) {
  const int device = ct_device_of(y);
  ct_on_device on(device);
  return ct_with_real(y->dtype, [&]<class T>() {
    fill_body<T> body = {ct_data<T>(y), bias ? ct_data<T>(bias) : nullptr};
    return ct_each_of_channels(device, shape, body, "bias", error);
  });
}

template <class T> struct element_term {
  const T *x;
  __device__ double2 operator()(int64_t i, int64_t) const { return {(double)x[i], 0}; }
};

template <class T> struct add_finish {
  T *g;
  double scale;
  __device__ void operator()(int64_t c, double2 sum) const {
    g[c] = (T)((double)g[c] + scale * sum.x);
  }
};

ct_status add_channel_sums(ct_tensor *g, const ct_tensor *x, ct_cuda_channels shape, double scale,
                           ct_error *error) {
  const char *what = "gradient of a bias";
  const int device = ct_device_of(g);
  ct_device_block<double2> partial;
  if (shape.B == 0 || shape.C == 0 || shape.S == 0) return CT_OK;
  ct_on_device on(device);
  CT_TRY(partial.allocate(device, ct_channel_pieces(shape) * shape.C, what, error));
  return ct_with_real(g->dtype, [&]<class T>() {
    return ct_channel_sums(device, shape, partial.get(), element_term<T>{ct_data<T>(x)},
                           add_finish<T>{ct_data<T>(g), scale}, what, error);
  });
}

} // namespace

void ct_cuda_fill_nn_channels(ct_cuda_nn *nn) {
  nn->fill_channels = fill_channels;
  nn->add_channel_sums = add_channel_sums;
}
