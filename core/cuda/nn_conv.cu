// Convolution by columns and products, for what cuDNN does not do.
//
// Images are handled in groups, as many as fit the workspace: their columns stand side by side in
// one matrix [K, G*P] (K = C*kH*kW taps, P = oH*oW positions, G images), their outputs in another
// [O, G*P], so that each pass is one product for a group: W * columns; W' * outputs, gathered back
// into the image; outputs * columns'. Nothing is added to by two threads.
#include "cuda/cudnn.cuh"
#include "cuda/nn.cuh"
extern "C" {
#include "base/memory.h"
}

namespace {

const char *const who = "nn.SpatialConvolution";
const int64_t MOST_WORKSPACE = (int64_t)256 << 20; // bytes, where one image needs no more

// Columns of `images`: [K, images*P].
template <class T> struct columns_body {
  T *columns;
  const T *x;
  ct_cuda_conv s;
  int64_t images;
  template <class Index> __device__ void operator()(Index e) const {
    const Index oW = (Index)s.oW, P = (Index)(s.oH * s.oW), window = (Index)(s.kH * s.kW);
    const Index line = (Index)images * P;
    const Index k = e / line, at = e - k * line, image = at / P, p = at - image * P;
    const Index c = k / window, tap = k - c * window, ky = tap / (Index)s.kW;
    const Index oy = p / oW;
    const int64_t iy = (int64_t)oy * s.dH - s.padH + ky;
    const int64_t ix = (int64_t)(p - oy * oW) * s.dW - s.padW + (tap - ky * (Index)s.kW);
    const bool inside = iy >= 0 && iy < s.H && ix >= 0 && ix < s.W;
    columns[e] = inside ? x[(((int64_t)image * s.C + c) * s.H + iy) * s.W + ix] : T(0);
  }
};

// The image's gradient from that of its columns: each element gathers from the taps over it.
template <class T> struct gather_body {
  T *gx;
  const T *columns;
  ct_cuda_conv s;
  int64_t images;
  template <class Index> __device__ void operator()(Index e) const {
    const Index plane = (Index)(s.H * s.W), W = (Index)s.W, of = e / plane, at = e - of * plane;
    const Index y = at / W, x = at - y * W, image = of / (Index)s.C, c = of - image * (Index)s.C;
    const ct_nn_window rows = ct_nn_windows_over(y, s.dH, s.kH, s.padH, s.oH);
    const ct_nn_window over = ct_nn_windows_over(x, s.dW, s.kW, s.padW, s.oW);
    const int64_t P = s.oH * s.oW, line = images * P;
    double sum = 0;
    for (int64_t oy = rows.from; oy < rows.to; oy++) {
      const int64_t ky = y + s.padH - oy * s.dH;
      for (int64_t ox = over.from; ox < over.to; ox++) {
        const int64_t kx = x + s.padW - ox * s.dW;
        const int64_t k = ((int64_t)c * s.kH + ky) * s.kW + kx;
        sum += (double)columns[k * line + (int64_t)image * P + oy * s.oW + ox];
      }
    }
    gx[e] = (T)sum;
  }
};

// Outputs of images [images, O, P] as [O, images*P].
template <class T> struct widen_body {
  T *wide;
  const T *y;
  int64_t O, P, images;
  template <class Index> __device__ void operator()(Index e) const {
    const Index line = (Index)images * (Index)P, o = e / line, at = e - o * line;
    const Index image = at / (Index)P, p = at - image * (Index)P;
    wide[e] = y[((int64_t)image * O + o) * P + p];
  }
};

// The way back, with the bias.
template <class T> struct narrow_body {
  T *y;
  const T *wide, *bias; // bias: NULL for none
  int64_t O, P, images;
  template <class Index> __device__ void operator()(Index e) const {
    const Index of = e / (Index)P, p = e - of * (Index)P, image = of / (Index)O;
    const Index o = of - image * (Index)O;
    const T value = wide[((int64_t)o * images + image) * P + p];
    y[e] = bias ? value + bias[o] : value;
  }
};

template <class T> struct bias_body {
  T *y;
  const T *bias;
  int64_t O, P;
  template <class Index> __device__ void operator()(Index e) const {
    y[e] += bias[e / (Index)P % (Index)O];
  }
};

// A group of images, and the workspace that all groups share.
template <class T> struct groups {
  ct_cuda_conv s;
  int device;
  int64_t taps, positions, each;
  ct_device_block<T> columns, wide;
  ct_status prepare(int on, const ct_cuda_conv *shape, ct_error *error) {
    s = *shape, device = on;
    taps = s.C * s.kH * s.kW, positions = s.oH * s.oW;
    const double image = (double)(taps + s.O) * (double)positions * sizeof(T);
    each = (int64_t)((double)MOST_WORKSPACE / image);
    if (each > s.B) each = s.B;
    if (each < 1) each = 1;
    int64_t count;
    if (!ct_size_mul(taps, positions * each, &count))
      return ct_fail(error, CT_EINVALID, "%s: the image is too large", who);
    CT_TRY(columns.allocate(device, count, who, error));
    return wide.allocate(device, s.O * positions * each, who, error);
  }
  int64_t in() const { return s.C * s.H * s.W; }
  int64_t out() const { return s.O * positions; }
  ct_status to_columns(const T *x, int64_t images, ct_error *error) {
    columns_body<T> body = {columns.get(), x, s, images};
    return ct_each_index(device, taps * images * positions, body, who, error);
  }
  ct_status widen(const T *y, int64_t images, ct_error *error) {
    widen_body<T> body = {wide.get(), y, s.O, positions, images};
    return ct_each_index(device, out() * images, body, who, error);
  }
};

template <class T> constexpr ct_dtype dtype_of() {
  return sizeof(T) == sizeof(float) ? CT_CUDA_FLOAT : CT_CUDA_DOUBLE;
}

// c [m,n] = beta * c + alpha * op(a) op(b), all rows contiguous.
template <class T>
ct_status product(int device, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha,
                  const T *a, const T *b, double beta, T *c, ct_error *error) {
  ct_cuda_product p = {};
  p.dtype = p.result = dtype_of<T>();
  p.precision = ct_cuda()->get_precision();
  p.transpose_a = ta, p.transpose_b = tb;
  p.m = m, p.n = n, p.k = k, p.batch = 1;
  p.alpha = alpha, p.beta = beta;
  p.a = a, p.lda = ta ? m : k;
  p.b = b, p.ldb = tb ? k : n;
  p.c = c, p.ldc = n;
  return ct_cuda()->gemm(device, &p, who, error);
}

template <class T>
ct_status forward(int device, T *y, const T *x, const T *w, const T *bias, const ct_cuda_conv *s,
                  ct_error *error) {
  groups<T> g;
  CT_TRY(g.prepare(device, s, error));
  for (int64_t b = 0; b < s->B; b += g.each) {
    const int64_t images = s->B - b < g.each ? s->B - b : g.each, line = images * g.positions;
    CT_TRY(g.to_columns(x + b * g.in(), images, error));
    CT_TRY(product<T>(device, false, false, s->O, line, g.taps, 1, w, g.columns.get(), 0,
                      g.wide.get(), error));
    narrow_body<T> body = {y + b * g.out(), g.wide.get(), bias, s->O, g.positions, images};
    CT_TRY(ct_each_index(device, g.out() * images, body, who, error));
  }
  return CT_OK;
}

template <class T>
ct_status backward(int device, T *gx, const T *gy, const T *w, const ct_cuda_conv *s,
                   ct_error *error) {
  groups<T> g;
  CT_TRY(g.prepare(device, s, error));
  for (int64_t b = 0; b < s->B; b += g.each) {
    const int64_t images = s->B - b < g.each ? s->B - b : g.each, line = images * g.positions;
    CT_TRY(g.widen(gy + b * g.out(), images, error));
    CT_TRY(product<T>(device, true, false, g.taps, line, s->O, 1, w, g.wide.get(), 0,
                      g.columns.get(), error));
    gather_body<T> body = {gx + b * g.in(), g.columns.get(), *s, images};
    CT_TRY(ct_each_index(device, g.in() * images, body, who, error));
  }
  return CT_OK;
}

template <class T>
ct_status accumulate(int device, T *gw, const T *x, const T *gy, double scale,
                     const ct_cuda_conv *s, ct_error *error) {
  groups<T> g;
  CT_TRY(g.prepare(device, s, error));
  for (int64_t b = 0; b < s->B; b += g.each) {
    const int64_t images = s->B - b < g.each ? s->B - b : g.each, line = images * g.positions;
    CT_TRY(g.to_columns(x + b * g.in(), images, error));
    CT_TRY(g.widen(gy + b * g.out(), images, error));
    CT_TRY(product<T>(device, false, true, s->O, g.taps, line, scale, g.wide.get(), g.columns.get(),
                      1, gw, error));
  }
  return CT_OK;
}

ct_status conv(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight, const ct_tensor *bias,
               const ct_cuda_conv *s, ct_error *error) {
  const int device = ct_device_of(y);
  bool done;
  CT_TRY(ct_cudnn_convolve(&done, CT_CUDNN_FORWARD, device, x->dtype, ct_tensor_data(x),
                           ct_tensor_data(weight), ct_tensor_data(y), 1, s, error));
  return ct_with_real(x->dtype, [&]<class T>() {
    T *b = bias ? ct_data<T>(bias) : nullptr;
    if (!done)
      return forward<T>(device, ct_data<T>(y), ct_data<T>(x), ct_data<T>(weight), b, s, error);
    if (!b) return CT_OK;
    bias_body<T> body = {ct_data<T>(y), b, s->O, s->oH * s->oW};
    return ct_each_index(device, ct_tensor_count(y), body, who, error);
  });
}

ct_status conv_backward(ct_tensor *gx, const ct_tensor *gy, const ct_tensor *weight,
                        const ct_cuda_conv *s, ct_error *error) {
  const int device = ct_device_of(gx);
  bool done;
  CT_TRY(ct_cudnn_convolve(&done, CT_CUDNN_BACKWARD, device, gx->dtype, ct_tensor_data(gx),
                           ct_tensor_data(weight), ct_tensor_data(gy), 1, s, error));
  if (done) return CT_OK;
  return ct_with_real(gx->dtype, [&]<class T>() {
    return backward<T>(device, ct_data<T>(gx), ct_data<T>(gy), ct_data<T>(weight), s, error);
  });
}

ct_status conv_accumulate(ct_tensor *gw, const ct_tensor *x, const ct_tensor *gy, double scale,
                          const ct_cuda_conv *s, ct_error *error) {
  const int device = ct_device_of(gw);
  bool done;
  CT_TRY(ct_cudnn_convolve(&done, CT_CUDNN_WEIGHT, device, gw->dtype, ct_tensor_data(x),
                           ct_tensor_data(gw), ct_tensor_data(gy), scale, s, error));
  if (done) return CT_OK;
  return ct_with_real(gw->dtype, [&]<class T>() {
    return accumulate<T>(device, ct_data<T>(gw), ct_data<T>(x), ct_data<T>(gy), scale, s, error);
  });
}

} // namespace

void ct_cuda_fill_nn_conv(ct_cuda_nn *nn) {
  nn->conv = conv;
  nn->conv_backward = conv_backward;
  nn->conv_accumulate = conv_accumulate;
  nn->cudnn_version = ct_cudnn_version;
  nn->use_cudnn = ct_cudnn_use;
}
