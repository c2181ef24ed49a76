/* Parallel matrix products on a single-threaded OpenBLAS.
 *
 * C is halved along its longer side until there are TILES tiles, or they would become too small to
 * be worth packing operands for, and further while a tile is larger than SQUARE and takes more than
 * MOST multiplications. Longer sums are then split along k: between two such pieces, which take
 * some hundredths of a second even on a busy machine, Ctrl-C is looked for. The cuts follow from
 * (m, n, k) only. */
#include "cpu/gemm.h"
#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/threads.h"
#include "cpu/isa.h"

#ifndef OPENBLAS_VERSION
#error "circlet needs OpenBLAS, and the cblas.h that was found belongs to another library"
#endif

enum { TILES = 16, SMALLEST = 48, GRAIN = 16, SQUARE = 512, MOST = 1 << 28 };

static int blas_is_parallel;

/* OpenBLAS's own choice of kernels; not there in a build for one type of CPU. */
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern void gotoblas_dynamic_init(void) __attribute__((weak));

/* For a CPU that is younger than itself OpenBLAS may take its oldest kernels, Prescott's: 0.3.21
 * does on Emerald Rapids, and multiplies there at a quarter of the speed (its pull request #4268 is
 * of this). It is then asked to choose again, with a name that fits. Who set one keeps it. */
static void choose_kernels(void) {
  const char *variable = "OPENBLAS_CORETYPE";
  ct_isa best = ct_isa_best();
  if (getenv(variable) || strcmp(openblas_get_corename(), "Prescott") != 0) return;
  if (best == CT_ISA_BASE || !gotoblas_dynamic_quit || !gotoblas_dynamic_init) return;
  setenv(variable, best == CT_ISA_AVX512 ? "SkylakeX" : "Haswell", 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
}

static void set_up(void) {
  choose_kernels();
  blas_is_parallel = openblas_get_parallel() != OPENBLAS_SEQUENTIAL;
  openblas_set_num_threads(1);
}

int ct_gemm_threads(int threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_up);
  return blas_is_parallel ? threads : 1;
}

const char *ct_gemm_core(void) {
  ct_gemm_threads(1);
  return openblas_get_corename();
}

/* C = beta*C: what is left when there is nothing to multiply. OpenBLAS is not asked then: it prints
 * complaints about the leading dimensions of empty operands. */
#define SCALE(name, T)                                                                             \
  static void name(int64_t m, int64_t n, T beta, T *c, int64_t ldc) {                              \
    for (int64_t i = 0; i < m; i++)                                                                \
      for (int64_t j = 0; j < n; j++)                                                              \
        c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j]; /* NaN in C must not survive 0 */  \
  }

SCALE(scale_f32, float)
SCALE(scale_f64, double)

void ct_gemm_tile_f32(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                      float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                      float beta, float *c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0 || alpha == 0) {
    scale_f32(m, n, beta, c, ldc);
    return;
  }
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha, a, (int)lda,
              b, (int)ldb, beta, c, (int)ldc);
}

void ct_gemm_tile_f64(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                      double alpha, const double *a, int64_t lda, const double *b, int64_t ldb,
                      double beta, double *c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0 || alpha == 0) {
    scale_f64(m, n, beta, c, ldc);
    return;
  }
  cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, alpha, a, (int)lda,
              b, (int)ldb, beta, c, (int)ldc);
}

typedef struct grid {
  int64_t rows, columns, depth;    /* of one piece of a tile */
  int64_t tile_rows, tile_columns; /* how many tiles */
} grid;

static int64_t half(int64_t n) { return (n / 2 + GRAIN - 1) / GRAIN * GRAIN; }

static bool is_long(const grid *g) {
  return (double)g->rows * (double)g->columns * (double)g->depth > MOST;
}

static grid make_grid(int64_t m, int64_t n, int64_t k) {
  grid g = {m, n, k, 1, 1};
  bool small = (double)m * (double)n * (double)k < 1 << 18; /* about 2 microseconds */
  while (!small) {
    int64_t *side = g.rows >= g.columns ? &g.rows : &g.columns;
    bool enough = g.tile_rows * g.tile_columns >= TILES && (*side <= SQUARE || !is_long(&g));
    if (enough || *side < 2 * SMALLEST) break;
    *side = half(*side);
    g.tile_rows = (m + g.rows - 1) / g.rows;
    g.tile_columns = (n + g.columns - 1) / g.columns;
  }
  if (is_long(&g)) g.depth = MOST / (g.rows * g.columns) / GRAIN * GRAIN;
  return g;
}

#define GEMM(name, tile, T)                                                                        \
  void name(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, T alpha,          \
            const T *a, int64_t lda, const T *b, int64_t ldb, T beta, T *c, int64_t ldc) {         \
    if (m == 0 || n == 0 || ct_interrupted()) return;                                              \
    grid g = make_grid(m, n, k);                                                                   \
    int64_t tiles = g.tile_rows * g.tile_columns;                                                  \
    int threads = ct_gemm_threads(tiles == 1 ? 1 : ct_threads_for(m * n * k));                     \
    _Pragma("omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)") for (      \
        int64_t t = 0; t < tiles; t++) {                                                           \
      int64_t i = t / g.tile_columns * g.rows, j = t % g.tile_columns * g.columns;                 \
      int64_t rows = m - i < g.rows ? m - i : g.rows;                                              \
      int64_t columns = n - j < g.columns ? n - j : g.columns;                                     \
      int64_t l = 0;                                                                               \
      do {                                                                                         \
        if (ct_interrupted()) break;                                                               \
        tile(transpose_a, transpose_b, rows, columns, k - l < g.depth ? k - l : g.depth, alpha,    \
             a + (transpose_a ? i + l * lda : i * lda + l), lda,                                   \
             b + (transpose_b ? j * ldb + l : l * ldb + j), ldb, l ? 1 : beta, c + i * ldc + j,    \
             ldc);                                                                                 \
        l += g.depth;                                                                              \
      } while (l < k);                                                                             \
    }                                                                                              \
  }

GEMM(ct_gemm_f32, ct_gemm_tile_f32, float)
GEMM(ct_gemm_f64, ct_gemm_tile_f64, double)
