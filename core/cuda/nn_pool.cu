// Pooling: a thread for each element of the result. Gradients are gathered, each element of the
// input visiting the windows over it in order, so that nothing is added to by two threads.
#include "cuda/nn.cuh"

namespace {

template <class Body> struct plane_body {
  Body body;
  int64_t H, W;
  template <class Index> __device__ void operator()(Index i) const {
    const Index line = i / (Index)W, plane = line / (Index)H;
    body((int64_t)plane, (int64_t)(line - plane * (Index)H), (int64_t)(i - line * (Index)W),
         (int64_t)i);
  }
};

// Calls body(plane, row, column, i) for each element i of planes [H,W].
template <class Body>
ct_status each_of_planes(int device, int64_t planes, int64_t H, int64_t W, Body body,
                         const char *what, ct_error *error) {
  const plane_body<Body> each = {body, H, W};
  return ct_each_index(device, planes * H * W, each, what, error);
}

template <class T> struct max_body {
  T *y;
  int32_t *index;
  const T *x;
  ct_nn_pool_shape s;
  __device__ void operator()(int64_t plane, int64_t i, int64_t j, int64_t out) const {
    const ct_nn_window rows = ct_nn_window_at(i, s.dH, s.kH, s.padH, s.H);
    const ct_nn_window columns = ct_nn_window_at(j, s.dW, s.kW, s.padW, s.W);
    const T *from = x + plane * s.H * s.W;
    int64_t at = rows.from * s.W + columns.from;
    T best = from[at];
    for (int64_t r = rows.from; r < rows.to; r++)
      for (int64_t c = columns.from; c < columns.to; c++) {
        const T value = from[r * s.W + c];
        if (value > best || value != value) best = value, at = r * s.W + c;
      }
    y[out] = best;
    index[out] = (int32_t)at + 1;
  }
};

template <class T> struct max_backward_body {
  T *gx;
  const int32_t *index;
  const T *gy;
  ct_nn_pool_shape s;
  __device__ void operator()(int64_t plane, int64_t r, int64_t c, int64_t in) const {
    const ct_nn_window rows = ct_nn_windows_over(r, s.dH, s.kH, s.padH, s.out_h);
    const ct_nn_window columns = ct_nn_windows_over(c, s.dW, s.kW, s.padW, s.out_w);
    const int64_t first = plane * s.out_h * s.out_w;
    const int32_t own = (int32_t)(r * s.W + c) + 1;
    T sum = 0;
    for (int64_t i = rows.from; i < rows.to; i++)
      for (int64_t j = columns.from; j < columns.to; j++) {
        const int64_t out = first + i * s.out_w + j;
        if (index[out] == own) sum += gy[out];
      }
    gx[in] = sum;
  }
};

template <class T> struct average_body {
  T *y;
  const T *x;
  ct_nn_pool_shape s;
  __device__ void operator()(int64_t plane, int64_t i, int64_t j, int64_t out) const {
    const ct_nn_window rows = ct_nn_window_at(i, s.dH, s.kH, s.padH, s.H);
    const ct_nn_window columns = ct_nn_window_at(j, s.dW, s.kW, s.padW, s.W);
    const T *from = x + plane * s.H * s.W;
    double sum = 0;
    for (int64_t r = rows.from; r < rows.to; r++) {
      double row = 0;
      for (int64_t c = columns.from; c < columns.to; c++) row += (double)from[r * s.W + c];
      sum += row;
    }
    y[out] = (T)(sum * ct_nn_window_share(&s, rows, columns));
  }
};

template <class T> struct average_backward_body {
  T *gx;
  const T *gy;
  ct_nn_pool_shape s;
  __device__ void operator()(int64_t plane, int64_t r, int64_t c, int64_t in) const {
    const ct_nn_window over_rows = ct_nn_windows_over(r, s.dH, s.kH, s.padH, s.out_h);
    const ct_nn_window over_columns = ct_nn_windows_over(c, s.dW, s.kW, s.padW, s.out_w);
    const int64_t first = plane * s.out_h * s.out_w;
    T sum = 0;
    for (int64_t i = over_rows.from; i < over_rows.to; i++) {
      const ct_nn_window rows = ct_nn_window_at(i, s.dH, s.kH, s.padH, s.H);
      for (int64_t j = over_columns.from; j < over_columns.to; j++) {
        const ct_nn_window columns = ct_nn_window_at(j, s.dW, s.kW, s.padW, s.W);
        const double share = ct_nn_window_share(&s, rows, columns);
        sum += (T)((double)gy[first + i * s.out_w + j] * share);
      }
    }
    gx[in] = sum;
  }
};

ct_status max_pool(ct_tensor *y, ct_tensor *index, const ct_tensor *x, const ct_nn_pool_shape *s,
                   ct_error *error) {
  return ct_with_real(x->dtype, [&]<class T>() {
    max_body<T> body = {ct_data<T>(y), ct_data<int32_t>(index), ct_data<T>(x), *s};
    return each_of_planes(ct_device_of(y), s->planes, s->out_h, s->out_w, body, "max pooling",
                          error);
  });
}

ct_status max_pool_backward(ct_tensor *gx, const ct_tensor *index, const ct_tensor *gy,
                            const ct_nn_pool_shape *s, ct_error *error) {
  return ct_with_real(gx->dtype, [&]<class T>() {
    max_backward_body<T> body = {ct_data<T>(gx), ct_data<int32_t>(index), ct_data<T>(gy), *s};
    return each_of_planes(ct_device_of(gx), s->planes, s->H, s->W, body, "max pooling", error);
  });
}

ct_status average_pool(ct_tensor *y, const ct_tensor *x, const ct_nn_pool_shape *s,
                       ct_error *error) {
  return ct_with_real(x->dtype, [&]<class T>() {
    average_body<T> body = {ct_data<T>(y), ct_data<T>(x), *s};
    return each_of_planes(ct_device_of(y), s->planes, s->out_h, s->out_w, body, "average pooling",
                          error);
  });
}

ct_status average_pool_backward(ct_tensor *gx, const ct_tensor *gy, const ct_nn_pool_shape *s,
                                ct_error *error) {
  return ct_with_real(gx->dtype, [&]<class T>() {
    average_backward_body<T> body = {ct_data<T>(gx), ct_data<T>(gy), *s};
    return each_of_planes(ct_device_of(gx), s->planes, s->H, s->W, body, "average pooling", error);
  });
}

} // namespace

void ct_cuda_fill_nn_pool(ct_cuda_nn *nn) {
  nn->max_pool = max_pool;
  nn->max_pool_backward = max_pool_backward;
  nn->average_pool = average_pool;
  nn->average_pool_backward = average_pool_backward;
}
