/* One loop per operation and element type.
 *
 * Every operation is an expression of its inputs a, b, c and of the numbers v, w, all of the
 * element type T; the macros below wrap it in the loops. Elements are independent and a result is
 * either apart from an input or exactly on it, hence `omp simd`: the compiler may vectorise without
 * asking whether pointers overlap. A stride of 0 (a number, or an expanded view) has its own loop.
 *
 * Integers compute in unsigned types, where wrapping around is defined. */
#include "cpu/elementwise.h"
#include <math.h>
#include <stdatomic.h>
#include "cpu/real_functions.h"

#define AT(Type, k, i) (*(Type *)(p[k] + (i)*s[k]))

#define UNARY(name, T, expression)                                                                 \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    (void)context;                                                                                 \
    if (s[0] == (int64_t)sizeof(T) && s[1] == (int64_t)sizeof(T)) {                                \
      T *r_ = (T *)p[0];                                                                           \
      const T *a_ = (const T *)p[1];                                                               \
      _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                                        \
        T a = a_[i];                                                                               \
        r_[i] = (T)(expression);                                                                   \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T a = AT(const T, 1, i);                                                                     \
      AT(T, 0, i) = (T)(expression);                                                               \
    }                                                                                              \
  }

#define BINARY_LOOP(R, T, A, B, expression)                                                        \
  _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                                            \
    T a = A, b = B;                                                                                \
    r_[i] = (R)(expression);                                                                       \
  }

#define BINARY(name, T, R, expression)                                                             \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    (void)context;                                                                                 \
    R *r_ = (R *)p[0];                                                                             \
    const T *a_ = (const T *)p[1], *b_ = (const T *)p[2];                                          \
    const int64_t one = (int64_t)sizeof(T);                                                        \
    bool straight = s[0] == (int64_t)sizeof(R);                                                    \
    if (straight && s[1] == one && s[2] == one) {                                                  \
      BINARY_LOOP(R, T, a_[i], b_[i], expression)                                                  \
    } else if (straight && s[1] == one && s[2] == 0) {                                             \
      T number = *b_;                                                                              \
      BINARY_LOOP(R, T, a_[i], number, expression)                                                 \
    } else if (straight && s[1] == 0 && s[2] == one) {                                             \
      T number = *a_;                                                                              \
      BINARY_LOOP(R, T, number, b_[i], expression)                                                 \
    } else {                                                                                       \
      for (int64_t i = 0; i < n; i++) {                                                            \
        T a = AT(const T, 1, i), b = AT(const T, 2, i);                                            \
        AT(R, 0, i) = (R)(expression);                                                             \
      }                                                                                            \
    }                                                                                              \
  }

#define BINARY_SLOW(name, T, expression)                                                           \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    (void)context;                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T a = AT(const T, 1, i), b = AT(const T, 2, i);                                              \
      AT(T, 0, i) = (T)(expression);                                                               \
    }                                                                                              \
  }

#define SCALED(name, T, V, field, inputs, expression)                                              \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    const ct_numbers *numbers = context;                                                           \
    const V v = (V)numbers->v.field, w = (V)numbers->w.field;                                      \
    const int64_t one = (int64_t)sizeof(T);                                                        \
    const int last = inputs, second = inputs > 1 ? 2 : 1;                                          \
    (void)w;                                                                                       \
    if (s[0] == one && s[1] == one && s[second] == one && s[last] == one) {                        \
      T *r_ = (T *)p[0];                                                                           \
      const T *a_ = (const T *)p[1], *b_ = (const T *)p[second], *c_ = (const T *)p[last];         \
      _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                                        \
        T a = a_[i], b = b_[i], c = c_[i];                                                         \
        (void)b, (void)c;                                                                          \
        r_[i] = (T)(expression);                                                                   \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T a = AT(const T, 1, i), b = AT(const T, second, i), c = AT(const T, last, i);               \
      (void)b, (void)c;                                                                            \
      AT(T, 0, i) = (T)(expression);                                                               \
    }                                                                                              \
  }

#define FIND(name, T, expression)                                                                  \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    bool found = false;                                                                            \
    for (int64_t i = 0; i < n; i++) {                                                              \
      T a = AT(const T, 0, i);                                                                     \
      found |= (expression);                                                                       \
    }                                                                                              \
    if (found) atomic_store((_Atomic bool *)(uintptr_t)context, true);                             \
  }

/* Integers */

static inline int64_t divide(int64_t a, int64_t b) { /* the least number / -1 would trap */
  return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static inline int64_t modulo(int64_t a, int64_t b) { return b == -1 ? 0 : a % b; }

static inline int64_t modulo_floor(int64_t a, int64_t b) {
  int64_t r = modulo(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline uint64_t power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1) result *= base;
  return result;
}

static inline float remainder_floor_f32(float a, float b) {
  float r = fmodf(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline double remainder_floor_f64(double a, double b) {
  double r = fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* clang-format off */

/* One line per operation: its name, then the expression for each family of types. */
#define UNARY_REAL(op, f32, f64) UNARY(op##_f32, float, f32) UNARY(op##_f64, double, f64)
#define UNARY_LIBM(op)           UNARY_REAL(op, op##f(a), op(a))

UNARY_REAL(abs, fabsf(a), fabs(a))
UNARY_REAL(neg, -a, -a)
UNARY_REAL(sign, (float)((a > 0) - (a < 0)), (double)((a > 0) - (a < 0)))
UNARY(abs_i64, int64_t, a < 0 ? 0 - (uint64_t)a : (uint64_t)a)
UNARY(abs_i32, int32_t, a < 0 ? 0 - (uint32_t)a : (uint32_t)a)
UNARY(abs_u8, uint8_t, a)
UNARY(abs_i16, int16_t, a < 0 ? 0 - (uint32_t)a : (uint32_t)a)
UNARY(abs_i8, int8_t, a < 0 ? 0 - (uint32_t)a : (uint32_t)a)
UNARY(neg_i64, int64_t, 0 - (uint64_t)a)
UNARY(neg_i32, int32_t, 0 - (uint32_t)a)
UNARY(neg_u8, uint8_t, 0 - a)
UNARY(neg_i16, int16_t, 0 - (uint32_t)a)
UNARY(neg_i8, int8_t, 0 - (uint32_t)a)
UNARY(sign_i64, int64_t, (a > 0) - (a < 0))
UNARY(sign_i32, int32_t, (a > 0) - (a < 0))
UNARY(sign_u8, uint8_t, a > 0)
UNARY(sign_i16, int16_t, (a > 0) - (a < 0))
UNARY(sign_i8, int8_t, (a > 0) - (a < 0))
UNARY_LIBM(ceil)
UNARY_LIBM(floor)
UNARY_LIBM(round)
UNARY_LIBM(trunc)
UNARY_REAL(frac, a - truncf(a), a - trunc(a))
UNARY_LIBM(sqrt)
UNARY_REAL(rsqrt, 1 / sqrtf(a), 1 / sqrt(a))
UNARY_REAL(cinv, 1 / a, 1 / a)
UNARY_REAL(exp, ct_exp_f32(a), ct_exp_f64(a))
UNARY_REAL(log, ct_log_f32(a), log(a))
UNARY_LIBM(log1p)
UNARY_LIBM(sin)
UNARY_LIBM(cos)
UNARY_LIBM(tan)
UNARY_LIBM(asin)
UNARY_LIBM(acos)
UNARY_LIBM(atan)
UNARY_LIBM(sinh)
UNARY_LIBM(cosh)
UNARY_REAL(tanh, ct_tanh_f32(a), tanh(a))
UNARY_REAL(sigmoid, ct_sigmoid_f32(a), ct_sigmoid_f64(a))

#define BINARY_REAL(op, e)    BINARY(op##_f32, float, float, e) BINARY(op##_f64, double, double, e)
#define BINARY_INTEGER(op, e)                                                                 \
  BINARY(op##_i64, int64_t, int64_t, e) BINARY(op##_i32, int32_t, int32_t, e)                      \
  BINARY(op##_u8, uint8_t, uint8_t, e) BINARY(op##_i16, int16_t, int16_t, e)                       \
  BINARY(op##_i8, int8_t, int8_t, e)
#define BINARY_WRAP(op, o)                                                                         \
  BINARY_REAL(op, a o b)                                                                           \
  BINARY(op##_i64, int64_t, int64_t, (uint64_t)a o (uint64_t)b)                                    \
  BINARY(op##_i32, int32_t, int32_t, (uint32_t)a o (uint32_t)b)                                    \
  BINARY(op##_u8, uint8_t, uint8_t, (unsigned)a o (unsigned)b)                                     \
  BINARY(op##_i16, int16_t, int16_t, (unsigned)a o (unsigned)b)                                    \
  BINARY(op##_i8, int8_t, int8_t, (unsigned)a o (unsigned)b)
#define SLOW_INTEGER(op, e)                                                                        \
  BINARY_SLOW(op##_i64, int64_t, e) BINARY_SLOW(op##_i32, int32_t, e)                              \
  BINARY_SLOW(op##_u8, uint8_t, e) BINARY_SLOW(op##_i16, int16_t, e) BINARY_SLOW(op##_i8, int8_t, e)
#define SLOW_REAL(op, f32, f64) BINARY_SLOW(op##_f32, float, f32) BINARY_SLOW(op##_f64, double, f64)

BINARY_WRAP(add, +)
BINARY_WRAP(sub, -)
BINARY_WRAP(mul, *)
BINARY_REAL(div, a / b)
SLOW_INTEGER(div, divide(a, b))
SLOW_REAL(pow, powf(a, b), pow(a, b))
SLOW_INTEGER(pow, power((uint64_t)a, (uint64_t)b))
BINARY_REAL(max, a > b || a != a ? a : b)
BINARY_INTEGER(max, a > b ? a : b)
BINARY_REAL(min, a < b || a != a ? a : b)
BINARY_INTEGER(min, a < b ? a : b)
SLOW_REAL(fmod, fmodf(a, b), fmod(a, b))
SLOW_INTEGER(fmod, modulo(a, b))
SLOW_REAL(remainder, remainder_floor_f32(a, b), remainder_floor_f64(a, b))
SLOW_INTEGER(remainder, modulo_floor(a, b))
SLOW_REAL(atan2, atan2f(a, b), atan2(a, b))

#define COMPARE(op, o)                                                                             \
  BINARY(op##_f32, float, uint8_t, a o b) BINARY(op##_f64, double, uint8_t, a o b)                 \
  BINARY(op##_i64, int64_t, uint8_t, a o b) BINARY(op##_i32, int32_t, uint8_t, a o b)              \
  BINARY(op##_u8, uint8_t, uint8_t, a o b) BINARY(op##_i16, int16_t, uint8_t, a o b)               \
  BINARY(op##_i8, int8_t, uint8_t, a o b)

COMPARE(lt, <)
COMPARE(le, <=)
COMPARE(gt, >)
COMPARE(ge, >=)
COMPARE(eq, ==)
COMPARE(ne, !=)

#define SCALED_REAL(op, inputs, e)                                                                 \
  SCALED(op##_f32, float, float, d, inputs, e) SCALED(op##_f64, double, double, d, inputs, e)
#define SCALED_INTEGER(op, inputs, V, e)                                                           \
  SCALED(op##_i64, int64_t, V, i, inputs, e) SCALED(op##_i32, int32_t, V, i, inputs, e)            \
  SCALED(op##_u8, uint8_t, V, i, inputs, e) SCALED(op##_i16, int16_t, V, i, inputs, e)             \
  SCALED(op##_i8, int8_t, V, i, inputs, e)

SCALED_REAL(add_scaled, 2, a + v * b)
SCALED_INTEGER(add_scaled, 2, uint64_t, (uint64_t)a + v * (uint64_t)b)
SCALED_REAL(addcmul, 3, a + v * b * c)
SCALED_INTEGER(addcmul, 3, uint64_t, (uint64_t)a + v * (uint64_t)b * (uint64_t)c)
SCALED_REAL(addcdiv, 3, a + v * b / c)
SCALED_INTEGER(addcdiv, 3, uint64_t, (uint64_t)a + (uint64_t)divide((int64_t)(v * (uint64_t)b), c))
SCALED_REAL(lerp, 2, a + v * (b - a))
SCALED_REAL(clamp, 1, a < v ? v : a > w ? w : a)
SCALED_INTEGER(clamp, 1, int64_t, a < v ? v : a > w ? w : a)

FIND(zero_i64, int64_t, a == 0)
FIND(zero_i32, int32_t, a == 0)
FIND(zero_u8, uint8_t, a == 0)
FIND(zero_i16, int16_t, a == 0)
FIND(zero_i8, int8_t, a == 0)
FIND(negative_i64, int64_t, a < 0)
FIND(negative_i32, int32_t, a < 0)
FIND(negative_i16, int16_t, a < 0)
FIND(negative_i8, int8_t, a < 0)
/* clang-format on */

#define REAL_ROW(op)                                                                               \
  { op##_f32, op##_f64 }
#define FULL_ROW(op)                                                                               \
  { op##_f32, op##_f64, op##_i64, op##_i32, op##_u8, op##_i16, op##_i8 }

const ct_elementwise_kernels CT_ISA_NAME(ct_elementwise_kernels) = {
    .unary =
        {
            [CT_ABS] = FULL_ROW(abs),     [CT_NEG] = FULL_ROW(neg),
            [CT_SIGN] = FULL_ROW(sign),   [CT_CEIL] = REAL_ROW(ceil),
            [CT_FLOOR] = REAL_ROW(floor), [CT_ROUND] = REAL_ROW(round),
            [CT_TRUNC] = REAL_ROW(trunc), [CT_FRAC] = REAL_ROW(frac),
            [CT_SQRT] = REAL_ROW(sqrt),   [CT_RSQRT] = REAL_ROW(rsqrt),
            [CT_CINV] = REAL_ROW(cinv),   [CT_EXP] = REAL_ROW(exp),
            [CT_LOG] = REAL_ROW(log),     [CT_LOG1P] = REAL_ROW(log1p),
            [CT_SIN] = REAL_ROW(sin),     [CT_COS] = REAL_ROW(cos),
            [CT_TAN] = REAL_ROW(tan),     [CT_ASIN] = REAL_ROW(asin),
            [CT_ACOS] = REAL_ROW(acos),   [CT_ATAN] = REAL_ROW(atan),
            [CT_SINH] = REAL_ROW(sinh),   [CT_COSH] = REAL_ROW(cosh),
            [CT_TANH] = REAL_ROW(tanh),   [CT_SIGMOID] = REAL_ROW(sigmoid),
        },
    .binary =
        {
            [CT_ADD] = FULL_ROW(add),
            [CT_SUB] = FULL_ROW(sub),
            [CT_MUL] = FULL_ROW(mul),
            [CT_DIV] = FULL_ROW(div),
            [CT_POW] = FULL_ROW(pow),
            [CT_MAX] = FULL_ROW(max),
            [CT_MIN] = FULL_ROW(min),
            [CT_FMOD] = FULL_ROW(fmod),
            [CT_REMAINDER] = FULL_ROW(remainder),
            [CT_ATAN2] = REAL_ROW(atan2),
        },
    .compare = {FULL_ROW(lt), FULL_ROW(le), FULL_ROW(gt), FULL_ROW(ge), FULL_ROW(eq), FULL_ROW(ne)},
    .scaled =
        {
            [CT_ADD_SCALED] = FULL_ROW(add_scaled),
            [CT_ADDCMUL] = FULL_ROW(addcmul),
            [CT_ADDCDIV] = FULL_ROW(addcdiv),
            [CT_LERP] = REAL_ROW(lerp),
            [CT_CLAMP] = FULL_ROW(clamp),
        },
    .find =
        {
            [CT_FIND_ZERO] = {NULL, NULL, zero_i64, zero_i32, zero_u8, zero_i16, zero_i8},
            [CT_FIND_NEGATIVE] = {NULL, NULL, negative_i64, negative_i32, NULL, negative_i16,
                                  negative_i8},
        },
};
