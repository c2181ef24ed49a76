/* Inner products of contiguous vectors. */
#ifndef CIRCLET_CPU_DOT_H
#define CIRCLET_CPU_DOT_H

#include "base/status.h"
#include "cpu/isa.h"
#include "tensor/dtype.h"

typedef struct ct_dot_kernels {
  double (*f32)(int64_t n, const float *a, const float *b);
  double (*f64)(int64_t n, const double *a, const double *b);
} ct_dot_kernels;

CT_ISA_DECLARE(ct_dot_kernels, ct_dot_kernels);

/* The sum of a_i*b_i: in double for real types, in wrapping 64 bits for integer types. Pieces of a
 * fixed size are summed in order, so the bits do not depend on the number of threads. */
ct_status ct_dot_contiguous(ct_scalar *out, ct_dtype dtype, int64_t n, const void *a, const void *b,
                            ct_error *error);

#endif
