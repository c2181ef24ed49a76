/* Elementwise nn kernels. Runs with unit strides are written out so that the compiler vectorises
 * them; every element is independent of the others, so threads cannot change a bit. */
#include "cpu/nn_elementwise.h"
#include "base/random.h"

#define AT(T, k)      (*(T *)(p[k] + i * s[k]))
#define UNIT2(T)      (s[0] == (int64_t)sizeof(T) && s[1] == (int64_t)sizeof(T))
#define UNIT3(T)      (UNIT2(T) && s[2] == (int64_t)sizeof(T))
#define RUN_ARGUMENTS const void *context, int64_t n, char *const *p, const int64_t *s
#define UNARY(name, T, EXPRESSION)                                                                 \
  static void name(RUN_ARGUMENTS) {                                                                \
    (void)context;                                                                                 \
    if (UNIT2(T)) {                                                                                \
      T *y = (T *)p[0];                                                                            \
      const T *px = (const T *)p[1];                                                               \
      for (int64_t i = 0; i < n; i++) {                                                            \
        T x = px[i];                                                                               \
        y[i] = EXPRESSION;                                                                         \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T x = AT(T, 1);                                                                              \
      AT(T, 0) = EXPRESSION;                                                                       \
    }                                                                                              \
  }
#define BINARY(name, T, EXPRESSION)                                                                \
  static void name(RUN_ARGUMENTS) {                                                                \
    (void)context;                                                                                 \
    if (UNIT3(T)) {                                                                                \
      T *y = (T *)p[0];                                                                            \
      const T *pa = (const T *)p[1], *pb = (const T *)p[2];                                        \
      for (int64_t i = 0; i < n; i++) {                                                            \
        T a = pa[i], b = pb[i];                                                                    \
        y[i] = EXPRESSION;                                                                         \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T a = AT(T, 1), b = AT(T, 2);                                                                \
      AT(T, 0) = EXPRESSION;                                                                       \
    }                                                                                              \
  }

UNARY(relu_f32, float, x <= 0 ? 0 : x)
UNARY(relu_f64, double, x <= 0 ? 0 : x)
BINARY(relu_backward_f32, float, a <= 0 ? 0 : b)
BINARY(relu_backward_f64, double, a <= 0 ? 0 : b)
BINARY(tanh_backward_f32, float, b *(1 - a * a))
BINARY(tanh_backward_f64, double, b *(1 - a * a))
BINARY(difference_f32, float, (float)(*(const double *)context *((double)a - (double)b)))
BINARY(difference_f64, double, *(const double *)context *(a - b))

enum { DROPOUT_BLOCK = 4096, SUM_LANES = 16, SUM_BLOCK = 4096 };

static double unit(uint32_t high, uint32_t low) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

/* One Philox block serves draws 2j and 2j+1 (base/random.h); blocks of elements start even. */
#define DROPOUT(name, T)                                                                           \
  static void name(void *py, void *pnoise, const void *px, int64_t count, double keep,             \
                   uint64_t seed, uint64_t first, int threads) {                                   \
    T *y = py, *noise = pnoise, kept = (T)(1 / keep);                                              \
    const T *x = px;                                                                               \
    int64_t blocks = (count + DROPOUT_BLOCK - 1) / DROPOUT_BLOCK;                                  \
    _Pragma("omp parallel for schedule(static) num_threads(threads) if (threads > 1)") for (       \
        int64_t block = 0; block < blocks; block++) {                                              \
      int64_t from = block * DROPOUT_BLOCK;                                                        \
      int64_t to = count - from < DROPOUT_BLOCK ? count : from + DROPOUT_BLOCK;                    \
      for (int64_t i = from; i < to; i += 2) {                                                     \
        uint32_t w[4];                                                                             \
        ct_philox(seed, first + (uint64_t)i / 2, w);                                               \
        noise[i] = unit(w[0], w[1]) < keep ? kept : 0;                                             \
        if (i + 1 < to) noise[i + 1] = unit(w[2], w[3]) < keep ? kept : 0;                         \
      }                                                                                            \
      for (int64_t i = from; i < to; i++) y[i] = x[i] * noise[i];                                  \
    }                                                                                              \
  }

DROPOUT(dropout_f32, float)
DROPOUT(dropout_f64, double)

#define SQUARED_DISTANCE(name, T)                                                                  \
  static double name(const void *px, const void *pt, int64_t count) {                              \
    const T *x = px, *t = pt;                                                                      \
    double total = 0;                                                                              \
    for (int64_t from = 0; from < count; from += SUM_BLOCK) {                                      \
      int64_t to = count - from < SUM_BLOCK ? count : from + SUM_BLOCK, i = from;                  \
      double lane[SUM_LANES] = {0}, sum = 0;                                                       \
      for (; i + SUM_LANES <= to; i += SUM_LANES)                                                  \
        for (int l = 0; l < SUM_LANES; l++) {                                                      \
          double d = (double)x[i + l] - (double)t[i + l];                                          \
          lane[l] += d * d;                                                                        \
        }                                                                                          \
      for (; i < to; i++) {                                                                        \
        double d = (double)x[i] - (double)t[i];                                                    \
        sum += d * d;                                                                              \
      }                                                                                            \
      for (int l = 0; l < SUM_LANES; l++) sum += lane[l];                                          \
      total += sum;                                                                                \
    }                                                                                              \
    return total;                                                                                  \
  }

SQUARED_DISTANCE(squared_distance_f32, float)
SQUARED_DISTANCE(squared_distance_f64, double)

const ct_nn_elementwise_kernels CT_ISA_NAME(ct_nn_elementwise_kernels) = {
    .relu = {relu_f32, relu_f64},
    .relu_backward = {relu_backward_f32, relu_backward_f64},
    .tanh_backward = {tanh_backward_f32, tanh_backward_f64},
    .difference = {difference_f32, difference_f64},
    .dropout = {dropout_f32, dropout_f64},
    .squared_distance = {squared_distance_f32, squared_distance_f64},
};
