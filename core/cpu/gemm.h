/* Matrix products through OpenBLAS, row-major: C = alpha*op(A)*op(B) + beta*C with op(A): [m,k],
 * op(B): [k,n], C: [m,n]; leading dimensions in elements; beta = 0 does not read C.
 *
 * OpenBLAS itself runs on one thread here. ct_gemm_* cuts C into tiles whose edges depend on m, n
 * and k alone and shares the tiles out, so the result has the same bits for every number of
 * threads. After an interrupt (base/interrupt.h) what was not begun is left out:
 * callers that care ask ct_interrupted() afterwards. ct_gemm_tile_* computes on the calling thread,
 * for callers that are parallel themselves.
 */
#ifndef CIRCLET_CPU_GEMM_H
#define CIRCLET_CPU_GEMM_H

#include <stdbool.h>
#include <stdint.h>

void ct_gemm_f32(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                 const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                 int64_t ldc);
void ct_gemm_f64(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                 const double *a, int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                 int64_t ldc);
void ct_gemm_tile_f32(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                      float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                      float beta, float *c, int64_t ldc);
void ct_gemm_tile_f64(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                      double alpha, const double *a, int64_t lda, const double *b, int64_t ldb,
                      double beta, double *c, int64_t ldc);

/* Makes OpenBLAS single-threaded, with kernels that fit the CPU (once per process), and tells how
 * many threads may call it at once: 1 when it was built without the locks that concurrent callers
 * need, otherwise `threads`. Parallel callers of ct_gemm_tile_* call this first. */
int ct_gemm_threads(int threads);

/* The type of CPU whose kernels OpenBLAS runs. */
const char *ct_gemm_core(void);

#endif
