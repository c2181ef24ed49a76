/* Inner products in pieces of PIECE elements; the pieces' sums are added in order. */
#include "cpu/dot.h"
#include "base/memory.h"
#include "base/threads.h"

enum { PIECE = 16384 };

static double piece_dot(ct_dtype dtype, int64_t start, int64_t n, const void *a, const void *b) {
  int64_t count = n - start < PIECE ? n - start : PIECE;
  const ct_dot_kernels *kernels = CT_ISA_SELECT(ct_dot_kernels);
  return dtype == CT_FLOAT
             ? kernels->f32(count, (const float *)a + start, (const float *)b + start)
             : kernels->f64(count, (const double *)a + start, (const double *)b + start);
}

#define DOT(T)                                                                                     \
  for (int64_t i = 0; i < n; i++) sum += (uint64_t)((const T *)a)[i] * (uint64_t)((const T *)b)[i]

static uint64_t dot_integer(ct_dtype dtype, int64_t n, const void *a, const void *b) {
  uint64_t sum = 0;
  switch (dtype) {
  case CT_LONG: DOT(int64_t); break;
  case CT_INT: DOT(int32_t); break;
  case CT_SHORT: DOT(int16_t); break;
  case CT_CHAR: DOT(int8_t); break;
  default: DOT(uint8_t); break;
  }
  return sum;
}

ct_status ct_dot_contiguous(ct_scalar *out, ct_dtype dtype, int64_t n, const void *a, const void *b,
                            ct_error *error) {
  if (!ct_dtype_is_real(dtype)) {
    int64_t sum = (int64_t)dot_integer(dtype, n, a, b);
    *out = (ct_scalar){(double)sum, sum};
    return CT_OK;
  }
  int64_t pieces = (n + PIECE - 1) / PIECE;
  double *part, sum = 0;
  CT_TRY(ct_alloc(&part, pieces, sizeof *part, "dot: partial sums", error));
  int threads = pieces > 1 ? ct_threads_for(n) : 1;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < pieces; p++) part[p] = piece_dot(dtype, p * PIECE, n, a, b);
  for (int64_t p = 0; p < pieces; p++) sum += part[p];
  ct_free(part);
  *out = ct_scalar_of(sum);
  return CT_OK;
}
