// Random fills and regular contents on the GPU: element i is a function of i alone.
//
// Draws come from the arithmetic of base/philox.h, which is compiled for both backends without
// contraction: the same bits as on the CPU, but for what goes through exp (logNormal).
#include "base/philox.h"
#include "cuda/device.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

// A uniform or normal draw becomes one of the distribution. r: ln p of the geometric one.
__device__ __forceinline__ double distributed(const ct_draw &d, double log_p, double x) {
  switch (d.distribution) {
  case CT_UNIFORM: return d.p + x * (d.q - d.p);
  case CT_NORMAL: return d.p + x * d.q;
  case CT_EXPONENTIAL: return ct_draw_exponential(x, d.p);
  case CT_CAUCHY: return ct_draw_cauchy(x, d.p, d.q);
  case CT_LOG_NORMAL: return exp(d.p + x * d.q);
  case CT_BERNOULLI: return x < d.p;
  default: return ct_draw_geometric(x, log_p);
  }
}

template <class T> struct drawing {
  T *to;
  int64_t count;
  uint64_t seed, first;
  ct_draw draw;
  double log_p, most; // most: beyond it, an integer type holds its greatest number
  T open_end, below;  // of a uniform interval: what rounding must not reach, and what then stands
  bool open;
  __device__ void put(int64_t i, double x) const {
    if constexpr (std::is_integral_v<T>) {
      to[i] = (T)(int64_t)(x < most ? x : most);
    } else {
      typedef typename ct_wide<T>::type W;
      T value = ct_convert<T, double>(x);
      to[i] = open && ct_convert<W, T>(value) >= ct_convert<W, T>(open_end) ? below : value;
    }
  }
  __device__ void put_integer(int64_t i, uint64_t bits) const {
    const uint64_t size = (uint64_t)draw.to - (uint64_t)draw.from + 1;
    const int64_t value = (int64_t)((uint64_t)draw.from + (size ? __umul64hi(bits, size) : bits));
    if constexpr (std::is_integral_v<T>)
      to[i] = (T)value;
    else
      to[i] = ct_convert<T, double>((double)value);
  }
  __device__ void operator()(int64_t block) const { // two draws
    const uint64_t number = first + (uint64_t)block;
    uint32_t w[4] = {(uint32_t)number, (uint32_t)(number >> 32), 0, 0};
    ct_philox_rounds(w, (uint32_t)seed, (uint32_t)(seed >> 32));
    const int64_t i = 2 * block;
    if (draw.distribution == CT_INTEGERS) {
      put_integer(i, (uint64_t)w[0] << 32 | w[1]);
      if (i + 1 < count) put_integer(i + 1, (uint64_t)w[2] << 32 | w[3]);
      return;
    }
    double a, b;
    if (draw.distribution == CT_NORMAL || draw.distribution == CT_LOG_NORMAL)
      ct_normal_pair(w[0], w[1], w[2], w[3], &a, &b);
    else
      a = ct_unit53(w[0], w[1]), b = ct_unit53(w[2], w[3]);
    put(i, distributed(draw, log_p, a));
    if (i + 1 < count) put(i + 1, distributed(draw, log_p, b));
  }
};

// The number before x in T. x is finite.
template <class T> T number_below(T x) {
  if constexpr (sizeof(T) == 2) {
    uint16_t bits;
    memcpy((void *)&bits, (const void *)&x, sizeof bits);
    if ((bits & 0x7fff) == 0)
      bits = 0x8001;
    else
      bits = (uint16_t)(bits & 0x8000 ? bits + 1 : bits - 1);
    memcpy((void *)&x, (const void *)&bits, sizeof bits);
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    return x;
  } else {
    return (T)nextafter(x, (T)-INFINITY);
  }
}

ct_status random(const char *name, const ct_tensor *t, const ct_draw *draw, uint64_t seed,
                 uint64_t first, ct_error *error) {
  const int64_t count = ct_tensor_count(t);
  if (count == 0) return CT_OK;
  return ct_with_type(t->dtype, [&]<class T>() {
    drawing<T> body = {};
    body.to = (T *)ct_tensor_data(t), body.count = count;
    body.seed = seed, body.first = first, body.draw = *draw;
    body.log_p = draw->distribution == CT_GEOMETRIC ? ct_draw_log_p(draw->p) : 0;
    body.most = t->dtype == CT_CUDA_LONG ? 0x1p62 : (double)ct_dtype_greatest(t->dtype);
    if constexpr (!std::is_integral_v<T>) {
      typedef typename ct_wide<T>::type W;
      body.open_end = ct_convert<T, double>(draw->q);
      body.below = number_below(body.open_end);
      body.open =
          draw->distribution == CT_UNIFORM &&
          ct_convert<W, T>(ct_convert<T, double>(draw->p)) < ct_convert<W, T>(body.open_end);
    }
    return ct_for_range(t->storage->device, ct_divide_up(count, 2), body, name, error);
  });
}

// Regular contents.

template <class T> struct stepping {
  T *to;
  int64_t stride, last;
  double from, step, end, base; // base > 0: its powers
  int64_t first, each;          // of integers
  __device__ void operator()(int64_t i) const {
    if constexpr (std::is_integral_v<T>) {
      to[i * stride] = (T)((uint64_t)first + (uint64_t)i * (uint64_t)each);
    } else {
      double x = i == last ? end : from + (double)i * step;
      to[i * stride] = ct_convert<T, double>(base > 0 ? pow(base, x) : x);
    }
  }
};

ct_status steps(const char *name, const ct_tensor *t, const ct_cuda_steps *s, ct_error *error) {
  return ct_with_type(t->dtype, [&]<class T>() {
    stepping<T> body = {(T *)ct_tensor_data(t),
                        t->stride[0],
                        s->last,
                        s->from.d,
                        s->step.d,
                        s->end,
                        s->base,
                        s->from.i,
                        s->step.i};
    return ct_for_range(t->storage->device, t->size[0], body, name, error);
  });
}

} // namespace

void ct_cuda_fill_random(ct_cuda_table *table) {
  table->random = random;
  table->steps = steps;
}
