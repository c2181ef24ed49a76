/* One plain triple loop per integer type: counts and indices, never the hot path of training. */
#include "cpu/gemm_integer.h"
#include "base/interrupt.h"
#include "base/threads.h"

#define GEMM_INTEGER(name, T)                                                                      \
  static void name(int64_t m, int64_t n, int64_t k, uint64_t alpha, const T *a, const int64_t *sa, \
                   const T *b, const int64_t *sb, uint64_t beta, T *c, const int64_t *sc) {        \
    int threads = ct_threads_for(m * n * (k + 1));                                                 \
    _Pragma("omp parallel for schedule(static) num_threads(threads) if (threads > 1)") for (       \
        int64_t i = 0; i < m; i++) for (int64_t j = 0; j < n && !ct_interrupted(); j++) {          \
      uint64_t sum = 0;                                                                            \
      for (int64_t l = 0; l < k; l++)                                                              \
        sum += (uint64_t)a[i * sa[0] + l * sa[1]] * (uint64_t)b[l * sb[0] + j * sb[1]];            \
      T *to = c + i * sc[0] + j * sc[1];                                                           \
      *to = (T)(alpha * sum + (beta ? beta * (uint64_t)*to : 0));                                  \
    }                                                                                              \
  }

GEMM_INTEGER(gemm_i64, int64_t)
GEMM_INTEGER(gemm_i32, int32_t)
GEMM_INTEGER(gemm_u8, uint8_t)
GEMM_INTEGER(gemm_i16, int16_t)
GEMM_INTEGER(gemm_i8, int8_t)

void ct_gemm_integer(ct_dtype dtype, int64_t m, int64_t n, int64_t k, int64_t alpha, const void *a,
                     const int64_t *stride_a, const void *b, const int64_t *stride_b, int64_t beta,
                     void *c, const int64_t *stride_c) {
  uint64_t x = (uint64_t)alpha, y = (uint64_t)beta;
  if (dtype == CT_LONG)
    gemm_i64(m, n, k, x, a, stride_a, b, stride_b, y, c, stride_c);
  else if (dtype == CT_INT)
    gemm_i32(m, n, k, x, a, stride_a, b, stride_b, y, c, stride_c);
  else if (dtype == CT_SHORT)
    gemm_i16(m, n, k, x, a, stride_a, b, stride_b, y, c, stride_c);
  else if (dtype == CT_CHAR)
    gemm_i8(m, n, k, x, a, stride_a, b, stride_b, y, c, stride_c);
  else
    gemm_u8(m, n, k, x, a, stride_a, b, stride_b, y, c, stride_c);
}
