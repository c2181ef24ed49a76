/* Matrix products of integer types: c [m,n] = beta*c + alpha * a [m,k] * b [k,n], each with any two
 * strides (elements). Sums are taken in 64 bits and wrap. beta = 0 does not read c. */
#ifndef CIRCLET_CPU_GEMM_INTEGER_H
#define CIRCLET_CPU_GEMM_INTEGER_H

#include "tensor/dtype.h"

void ct_gemm_integer(ct_dtype dtype, int64_t m, int64_t n, int64_t k, int64_t alpha, const void *a,
                     const int64_t *stride_a, const void *b, const int64_t *stride_b, int64_t beta,
                     void *c, const int64_t *stride_c);

#endif
