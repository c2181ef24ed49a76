/* One loop per operation and element type.
 *
 * Every operation is an expression of its inputs a, b, c and of the numbers v, w, all of the
 * element type T; the macros below wrap it in the loops. Elements are independent and a result is
 * either apart from an input or exactly on it, hence `omp simd`: the compiler may vectorise without
 * asking whether pointers overlap. A stride of 0 (a number, or an expanded view) has its own loop.
 *
 * Integers compute in their unsigned type U, where wrapping around is defined. */
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

#define REAL_UNARY(op, f32, f64) UNARY(op##_f32, float, f32) UNARY(op##_f64, double, f64)
#define LIBM_UNARY(op)           REAL_UNARY(op, op##f(a), op(a))
#define INTEGER_UNARY(op, e)                                                                       \
  UNARY(op##_i64, int64_t, e) UNARY(op##_i32, int32_t, e) UNARY(op##_u8, uint8_t, e)

/* clang-format off */
REAL_UNARY(abs, fabsf(a), fabs(a))
REAL_UNARY(neg, -a, -a)
REAL_UNARY(sign, (float)((a > 0) - (a < 0)), (double)((a > 0) - (a < 0)))
UNARY(abs_i64, int64_t, a < 0 ? 0 - (uint64_t)a : (uint64_t)a)
UNARY(abs_i32, int32_t, a < 0 ? 0 - (uint32_t)a : (uint32_t)a)
UNARY(abs_u8, uint8_t, a)
INTEGER_UNARY(neg, 0 - (uint64_t)a)
UNARY(sign_i64, int64_t, (a > 0) - (a < 0))
UNARY(sign_i32, int32_t, (a > 0) - (a < 0))
UNARY(sign_u8, uint8_t, a > 0)
LIBM_UNARY(ceil)
LIBM_UNARY(floor)
LIBM_UNARY(round)
LIBM_UNARY(trunc)
REAL_UNARY(frac, a - truncf(a), a - trunc(a))
LIBM_UNARY(sqrt)
REAL_UNARY(rsqrt, 1 / sqrtf(a), 1 / sqrt(a))
REAL_UNARY(cinv, 1 / a, 1 / a)
REAL_UNARY(exp, ct_exp_f32(a), ct_exp_f64(a))
REAL_UNARY(log, ct_log_f32(a), log(a))
LIBM_UNARY(log1p)
LIBM_UNARY(sin)
LIBM_UNARY(cos)
LIBM_UNARY(tan)
LIBM_UNARY(asin)
LIBM_UNARY(acos)
LIBM_UNARY(atan)
LIBM_UNARY(sinh)
LIBM_UNARY(cosh)
REAL_UNARY(tanh, ct_tanh_f32(a), tanh(a))
REAL_UNARY(sigmoid, ct_sigmoid_f32(a), ct_sigmoid_f64(a))
/* clang-format on */

#define REAL_ROW(op)                                                                               \
  { op##_f32, op##_f64, NULL, NULL, NULL }
#define FULL_ROW(op)                                                                               \
  { op##_f32, op##_f64, op##_i64, op##_i32, op##_u8 }

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
};
