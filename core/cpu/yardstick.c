/* Yardsticks: the library's own parallel product, and the rate of multiply-add instructions. */
#include "cpu/yardstick.h"
#include <cblas.h>
#include "cpu/gemm.h"

void ct_yardstick_gemm_f32(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                           const float *a, const float *b, float *c, int threads) {
  ct_gemm_threads(1); /* its one-time setting of the thread count must not come later */
  openblas_set_num_threads(threads);
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a,
              (int)(transpose_a ? m : k), b, (int)(transpose_b ? k : n), 0, c, (int)n);
  openblas_set_num_threads(1);
}

double ct_yardstick_fma(int64_t iterations, int threads) {
  const ct_yardstick_kernels *kernels = CT_ISA_SELECT(ct_yardstick_kernels);
  double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
  sum += (double)kernels->fma(iterations, 0.5f, 0.5f); /* every accumulator tends to 1 */
  /* The sum is looked at, so that the work cannot be left out. */
  return sum > 0 ? (double)iterations * (double)kernels->operations * threads : 0;
}
