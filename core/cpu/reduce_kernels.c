/* Reductions, type by type. Real types accumulate in double, integer types in 64 bits.
 *
 * Two walks: along a slice whose elements are adjacent, and down BLOCK slices at once where the
 * slices lie side by side (the columns of a row-major matrix), so that memory is read in order in
 * both. Every result depends on its own slice alone. */
#include "cpu/reduce.h"
#include <math.h>
#include "cpu/lanes.h"

enum { BLOCK = 64 };

/* Results: finished ones have the source's type, wide ones are double or int64_t. */
#define STORE_REAL(T, to, value)                                                                   \
  do {                                                                                             \
    if (c->wide)                                                                                   \
      *(double *)(to) = (value);                                                                   \
    else                                                                                           \
      *(T *)(to) = (T)(value);                                                                     \
  } while (0)

#define STORE_INTEGER(T, to, value)                                                                \
  do {                                                                                             \
    if (c->wide) {                                                                                 \
      *(int64_t *)(to) = (int64_t)(value);                                                         \
    } else {                                                                                       \
      *(T *)(to) = (T)(value);                                                                     \
      if ((int64_t) * (T *)(to) != (int64_t)(value)) *c->out_of_range = true;                      \
    }                                                                                              \
  } while (0)

#define STORE_SUM(T, to, value) STORE_REAL(T, to, c->wide ? (value) : (value) / c->divisor)

/* FIRST is the value of an empty slice, STEP(a, v) takes v into a, ALONG(a, x, n) takes in n
 * adjacent elements. */
#define REDUCE(name, T, Acc, FIRST, STEP, ALONG, STORE)                                            \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_slices *c = context;                                                                  \
    if (c->stride == (int64_t)sizeof(T)) {                                                         \
      for (int64_t i = 0; i < n; i++) {                                                            \
        const T *x = (const T *)(p[1] + i * s[1]);                                                 \
        Acc a = FIRST;                                                                             \
        ALONG(a, x, c->length);                                                                    \
        STORE(T, p[0] + i * s[0], a);                                                              \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i += BLOCK) {                                                       \
      int64_t width = n - i < BLOCK ? n - i : BLOCK;                                               \
      Acc a[BLOCK];                                                                                \
      for (int64_t k = 0; k < width; k++) a[k] = FIRST;                                            \
      for (int64_t j = 0; j < c->length; j++) {                                                    \
        const char *row = p[1] + i * s[1] + j * c->stride;                                         \
        if (s[1] == (int64_t)sizeof(T))                                                            \
          for (int64_t k = 0; k < width; k++) STEP(a[k], ((const T *)row)[k]);                     \
        else                                                                                       \
          for (int64_t k = 0; k < width; k++) STEP(a[k], *(const T *)(row + k * s[1]));            \
      }                                                                                            \
      for (int64_t k = 0; k < width; k++) STORE(T, p[0] + (i + k) * s[0], a[k]);                   \
    }                                                                                              \
  }

#define ADD(a, v)           ((a) += (double)(v))
#define ADD_INTEGER(a, v)   ((a) += (uint64_t)(v))
#define MULTIPLY(a, v)      ((a) *= (double)(v))
#define TIMES_INTEGER(a, v) ((a) *= (uint64_t)(v))
/* Once NaN, always NaN: NaN is not >= anything, and nothing replaces it. */
#define LARGER(a, v)          ((a) = (a) >= (double)(v) || (a) != (a) ? (a) : (double)(v))
#define SMALLER(a, v)         ((a) = (a) <= (double)(v) || (a) != (a) ? (a) : (double)(v))
#define LARGER_INTEGER(a, v)  ((a) = (a) >= (int64_t)(v) ? (a) : (int64_t)(v))
#define SMALLER_INTEGER(a, v) ((a) = (a) <= (int64_t)(v) ? (a) : (int64_t)(v))

#define ONE_BY_ONE(STEP, a, x, n)                                                                  \
  for (int64_t j = 0; j < (n); j++) STEP(a, (x)[j])
#define ALONG_ADD_INTEGER(a, x, n) ONE_BY_ONE(ADD_INTEGER, a, x, n)
#define ALONG_MULTIPLY(a, x, n)    ONE_BY_ONE(MULTIPLY, a, x, n)
#define ALONG_TIMES(a, x, n)       ONE_BY_ONE(TIMES_INTEGER, a, x, n)
#define ALONG_LARGER(a, x, n)      ONE_BY_ONE(LARGER, a, x, n)
#define ALONG_SMALLER(a, x, n)     ONE_BY_ONE(SMALLER, a, x, n)
#define ALONG_LARGER_I(a, x, n)    ONE_BY_ONE(LARGER_INTEGER, a, x, n)
#define ALONG_SMALLER_I(a, x, n)   ONE_BY_ONE(SMALLER_INTEGER, a, x, n)

/* Sixteen partial sums of f(element), combined in a fixed order. */
#define LANES(name, T, load, TERM)                                                                 \
  static double name(const T *x, int64_t n, double shift) {                                        \
    ct_lanes even = {0}, odd = {0}, v;                                                             \
    int64_t i = 0;                                                                                 \
    for (; i + 16 <= n; i += 16) {                                                                 \
      load(&v, x + i);                                                                             \
      even += TERM(v);                                                                             \
      load(&v, x + i + 8);                                                                         \
      odd += TERM(v);                                                                              \
    }                                                                                              \
    even += odd;                                                                                   \
    double sum = ct_lanes_sum(&even);                                                              \
    for (; i < n; i++) sum += TERM((double)x[i]);                                                  \
    (void)shift;                                                                                   \
    return sum;                                                                                    \
  }
#define ITSELF(v)    (v)
#define SQUARE(v)    ((v) * (v))
#define DEVIATION(v) (((v)-shift) * ((v)-shift))

LANES(lanes_sum_f32, float, ct_lanes_load_f32, ITSELF)
LANES(lanes_sum_f64, double, ct_lanes_load_f64, ITSELF)
LANES(lanes_square_f32, float, ct_lanes_load_f32, SQUARE)
LANES(lanes_square_f64, double, ct_lanes_load_f64, SQUARE)
LANES(lanes_deviation_f32, float, ct_lanes_load_f32, DEVIATION)
LANES(lanes_deviation_f64, double, ct_lanes_load_f64, DEVIATION)

#define ALONG_SUM_F32(a, x, n) ((a) = lanes_sum_f32(x, n, 0))
#define ALONG_SUM_F64(a, x, n) ((a) = lanes_sum_f64(x, n, 0))

REDUCE(sum_f32, float, double, 0, ADD, ALONG_SUM_F32, STORE_SUM)
REDUCE(sum_f64, double, double, 0, ADD, ALONG_SUM_F64, STORE_SUM)
REDUCE(sum_i64, int64_t, uint64_t, 0, ADD_INTEGER, ALONG_ADD_INTEGER, STORE_INTEGER)
REDUCE(sum_i32, int32_t, uint64_t, 0, ADD_INTEGER, ALONG_ADD_INTEGER, STORE_INTEGER)
REDUCE(sum_u8, uint8_t, uint64_t, 0, ADD_INTEGER, ALONG_ADD_INTEGER, STORE_INTEGER)
REDUCE(sum_i16, int16_t, uint64_t, 0, ADD_INTEGER, ALONG_ADD_INTEGER, STORE_INTEGER)
REDUCE(sum_i8, int8_t, uint64_t, 0, ADD_INTEGER, ALONG_ADD_INTEGER, STORE_INTEGER)

REDUCE(prod_f32, float, double, 1, MULTIPLY, ALONG_MULTIPLY, STORE_REAL)
REDUCE(prod_f64, double, double, 1, MULTIPLY, ALONG_MULTIPLY, STORE_REAL)
REDUCE(prod_i64, int64_t, uint64_t, 1, TIMES_INTEGER, ALONG_TIMES, STORE_INTEGER)
REDUCE(prod_i32, int32_t, uint64_t, 1, TIMES_INTEGER, ALONG_TIMES, STORE_INTEGER)
REDUCE(prod_u8, uint8_t, uint64_t, 1, TIMES_INTEGER, ALONG_TIMES, STORE_INTEGER)
REDUCE(prod_i16, int16_t, uint64_t, 1, TIMES_INTEGER, ALONG_TIMES, STORE_INTEGER)
REDUCE(prod_i8, int8_t, uint64_t, 1, TIMES_INTEGER, ALONG_TIMES, STORE_INTEGER)

REDUCE(largest_f32, float, double, -INFINITY, LARGER, ALONG_LARGER, STORE_REAL)
REDUCE(largest_f64, double, double, -INFINITY, LARGER, ALONG_LARGER, STORE_REAL)
REDUCE(largest_i64, int64_t, int64_t, INT64_MIN, LARGER_INTEGER, ALONG_LARGER_I, STORE_INTEGER)
REDUCE(largest_i32, int32_t, int64_t, INT64_MIN, LARGER_INTEGER, ALONG_LARGER_I, STORE_INTEGER)
REDUCE(largest_u8, uint8_t, int64_t, INT64_MIN, LARGER_INTEGER, ALONG_LARGER_I, STORE_INTEGER)
REDUCE(largest_i16, int16_t, int64_t, INT64_MIN, LARGER_INTEGER, ALONG_LARGER_I, STORE_INTEGER)
REDUCE(largest_i8, int8_t, int64_t, INT64_MIN, LARGER_INTEGER, ALONG_LARGER_I, STORE_INTEGER)
REDUCE(smallest_f32, float, double, INFINITY, SMALLER, ALONG_SMALLER, STORE_REAL)
REDUCE(smallest_f64, double, double, INFINITY, SMALLER, ALONG_SMALLER, STORE_REAL)
REDUCE(smallest_i64, int64_t, int64_t, INT64_MAX, SMALLER_INTEGER, ALONG_SMALLER_I, STORE_INTEGER)
REDUCE(smallest_i32, int32_t, int64_t, INT64_MAX, SMALLER_INTEGER, ALONG_SMALLER_I, STORE_INTEGER)
REDUCE(smallest_u8, uint8_t, int64_t, INT64_MAX, SMALLER_INTEGER, ALONG_SMALLER_I, STORE_INTEGER)
REDUCE(smallest_i16, int16_t, int64_t, INT64_MAX, SMALLER_INTEGER, ALONG_SMALLER_I, STORE_INTEGER)
REDUCE(smallest_i8, int8_t, int64_t, INT64_MAX, SMALLER_INTEGER, ALONG_SMALLER_I, STORE_INTEGER)

/* The sum of squared distances from the mean, in two passes: no cancellation of large sums. */
#define VARIANCE(name, T, along_sum, along_deviation)                                              \
  static void name##_down(const ct_slices *c, int64_t width, char *to, int64_t to_step,            \
                          const char *from, int64_t step) {                                        \
    double mean[BLOCK] = {0}, sum[BLOCK] = {0};                                                    \
    for (int64_t j = 0; j < c->length; j++)                                                        \
      for (int64_t k = 0; k < width; k++)                                                          \
        mean[k] += (double)*(const T *)(from + j * c->stride + k * step);                          \
    for (int64_t k = 0; k < width; k++)                                                            \
      mean[k] = c->wide ? c->shift : mean[k] / (double)c->length;                                  \
    for (int64_t j = 0; j < c->length; j++)                                                        \
      for (int64_t k = 0; k < width; k++) {                                                        \
        double d = (double)*(const T *)(from + j * c->stride + k * step) - mean[k];                \
        sum[k] += d * d;                                                                           \
      }                                                                                            \
    for (int64_t k = 0; k < width; k++) {                                                          \
      double v = c->wide ? sum[k] : sum[k] / c->divisor;                                           \
      STORE_REAL(T, to + k * to_step, c->root ? sqrt(v) : v);                                      \
    }                                                                                              \
  }                                                                                                \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_slices *c = context;                                                                  \
    if (c->stride != (int64_t)sizeof(T)) {                                                         \
      for (int64_t i = 0; i < n; i += BLOCK)                                                       \
        name##_down(c, n - i < BLOCK ? n - i : BLOCK, p[0] + i * s[0], s[0], p[1] + i * s[1],      \
                    s[1]);                                                                         \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      const T *x = (const T *)(p[1] + i * s[1]);                                                   \
      double mean = c->wide ? c->shift : along_sum(x, c->length, 0) / (double)c->length;           \
      double v = along_deviation(x, c->length, mean);                                              \
      if (!c->wide) v /= c->divisor;                                                               \
      STORE_REAL(T, p[0] + i * s[0], c->root ? sqrt(v) : v);                                       \
    }                                                                                              \
  }

VARIANCE(variance_f32, float, lanes_sum_f32, lanes_deviation_f32)
VARIANCE(variance_f64, double, lanes_sum_f64, lanes_deviation_f64)

/* Norms. p = 0 counts what is not 0; p = infinity takes the largest |x|; otherwise the p-th root of
 * the sum of |x|^p. Where that sum leaves the range of double, all is divided by max |x| first. */
static double largest_part(double a, double v) { return a >= v || a != a ? a : v; }

#define NORM(name, T, along_square)                                                                \
  static double name##_sum(const ct_slices *c, const char *from, double scale) {                   \
    double sum = 0, power = c->power;                                                              \
    if (power == 2 && scale == 1 && c->stride == (int64_t)sizeof(T))                               \
      return along_square((const T *)from, c->length, 0);                                          \
    for (int64_t j = 0; j < c->length; j++) {                                                      \
      double v = fabs((double)*(const T *)(from + j * c->stride)) / scale;                         \
      if (power == INFINITY)                                                                       \
        sum = largest_part(sum, v);                                                                \
      else                                                                                         \
        sum += power == 2 ? v * v : power == 1 ? v : power == 0 ? v != 0 : pow(v, power);          \
    }                                                                                              \
    return sum;                                                                                    \
  }                                                                                                \
  static double name##_slice(const ct_slices *c, const char *from) {                               \
    double sum = name##_sum(c, from, 1), largest = 0;                                              \
    if (c->wide || c->power == INFINITY || c->power == 0 || c->power == 1) return sum;             \
    if (sum > 1e-280 && sum < INFINITY) return c->power == 2 ? sqrt(sum) : pow(sum, 1 / c->power); \
    for (int64_t j = 0; j < c->length; j++)                                                        \
      largest = largest_part(largest, fabs((double)*(const T *)(from + j * c->stride)));           \
    if (!(largest > 0 && largest < INFINITY))                                                      \
      return c->power > 0 ? largest : pow(sum, 1 / c->power);                                      \
    return largest * pow(name##_sum(c, from, largest), 1 / c->power);                              \
  }                                                                                                \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_slices *c = context;                                                                  \
    for (int64_t i = 0; i < n; i++)                                                                \
      STORE_REAL(T, p[0] + i * s[0], name##_slice(c, p[1] + i * s[1]));                            \
  }

NORM(norm_f32, float, lanes_square_f32)
NORM(norm_f64, double, lanes_square_f64)

#define SCAN(name, T, Acc, FIRST, STEP, STORE)                                                     \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_slices *c = context;                                                                  \
    for (int64_t i = 0; i < n; i++) {                                                              \
      Acc a = FIRST;                                                                               \
      for (int64_t j = 0; j < c->length; j++) {                                                    \
        STEP(a, *(const T *)(p[1] + i * s[1] + j * c->stride));                                    \
        STORE(T, p[0] + i * s[0] + j * c->out_stride, a);                                          \
      }                                                                                            \
    }                                                                                              \
  }

SCAN(cumsum_f32, float, double, 0, ADD, STORE_REAL)
SCAN(cumsum_f64, double, double, 0, ADD, STORE_REAL)
SCAN(cumsum_i64, int64_t, uint64_t, 0, ADD_INTEGER, STORE_INTEGER)
SCAN(cumsum_i32, int32_t, uint64_t, 0, ADD_INTEGER, STORE_INTEGER)
SCAN(cumsum_u8, uint8_t, uint64_t, 0, ADD_INTEGER, STORE_INTEGER)
SCAN(cumsum_i16, int16_t, uint64_t, 0, ADD_INTEGER, STORE_INTEGER)
SCAN(cumsum_i8, int8_t, uint64_t, 0, ADD_INTEGER, STORE_INTEGER)
SCAN(cumprod_f32, float, double, 1, MULTIPLY, STORE_REAL)
SCAN(cumprod_f64, double, double, 1, MULTIPLY, STORE_REAL)
SCAN(cumprod_i64, int64_t, uint64_t, 1, TIMES_INTEGER, STORE_INTEGER)
SCAN(cumprod_i32, int32_t, uint64_t, 1, TIMES_INTEGER, STORE_INTEGER)
SCAN(cumprod_u8, uint8_t, uint64_t, 1, TIMES_INTEGER, STORE_INTEGER)
SCAN(cumprod_i16, int16_t, uint64_t, 1, TIMES_INTEGER, STORE_INTEGER)
SCAN(cumprod_i8, int8_t, uint64_t, 1, TIMES_INTEGER, STORE_INTEGER)

/* The first of equal extremes wins; the first NaN beats all numbers. */
#define EXTREME(name, T, keeps, is_nan)                                                            \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_slices *c = context;                                                                  \
    for (int64_t i = 0; i < n; i += BLOCK) {                                                       \
      int64_t width = n - i < BLOCK ? n - i : BLOCK, at[BLOCK];                                    \
      T best[BLOCK];                                                                               \
      const char *from = p[2] + i * s[2];                                                          \
      for (int64_t k = 0; k < width; k++) at[k] = 0, best[k] = *(const T *)(from + k * s[2]);      \
      if (c->stride <= s[2])                                                                       \
        for (int64_t k = 0; k < width; k++)                                                        \
          for (int64_t j = 1; j < c->length && !is_nan(best[k]); j++) {                            \
            T v = *(const T *)(from + k * s[2] + j * c->stride);                                   \
            if (!(best[k] keeps v)) best[k] = v, at[k] = j;                                        \
          }                                                                                        \
      else                                                                                         \
        for (int64_t j = 1; j < c->length; j++)                                                    \
          for (int64_t k = 0; k < width; k++) {                                                    \
            T v = *(const T *)(from + k * s[2] + j * c->stride);                                   \
            if (!(best[k] keeps v) && !is_nan(best[k])) best[k] = v, at[k] = j;                    \
          }                                                                                        \
      for (int64_t k = 0; k < width; k++) {                                                        \
        *(T *)(p[0] + (i + k) * s[0]) = best[k];                                                   \
        *(int64_t *)(p[1] + (i + k) * s[1]) = at[k] + 1;                                           \
      }                                                                                            \
    }                                                                                              \
  }
#define NEVER(x) false

EXTREME(max_f32, float, >=, isnan)
EXTREME(max_f64, double, >=, isnan)
EXTREME(max_i64, int64_t, >=, NEVER)
EXTREME(max_i32, int32_t, >=, NEVER)
EXTREME(max_u8, uint8_t, >=, NEVER)
EXTREME(max_i16, int16_t, >=, NEVER)
EXTREME(max_i8, int8_t, >=, NEVER)
EXTREME(min_f32, float, <=, isnan)
EXTREME(min_f64, double, <=, isnan)
EXTREME(min_i64, int64_t, <=, NEVER)
EXTREME(min_i32, int32_t, <=, NEVER)
EXTREME(min_u8, uint8_t, <=, NEVER)
EXTREME(min_i16, int16_t, <=, NEVER)
EXTREME(min_i8, int8_t, <=, NEVER)

#define ALL(family)                                                                                \
  { family##_f32, family##_f64, family##_i64, family##_i32, family##_u8, family##_i16, family##_i8 }

const ct_reduce_kernels CT_ISA_NAME(ct_reduce_kernels) = {
    .sum = ALL(sum),
    .prod = ALL(prod),
    .largest = ALL(largest),
    .smallest = ALL(smallest),
    .variance = {variance_f32, variance_f64},
    .norm = {norm_f32, norm_f64},
    .cumsum = ALL(cumsum),
    .cumprod = ALL(cumprod),
    .max = ALL(max),
    .min = ALL(min),
};
