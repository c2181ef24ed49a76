/* Products of vectors, matrices and batches of matrices.
 *
 * Common contract. All tensors have one element type. `name` is what error messages call the
 * function. `result` is resized and may be, or overlap, any input. `addend` may be NULL (nothing is
 * added, beta is ignored) or `result` itself; with beta = 0 it is not read, and with alpha = 0 the
 * factors are not, so NaN there does not spread (the convention of BLAS). A sum over no elements
 * is 0. Integer types compute in 64 bits, wrap like C's unsigned integers, and want integer alpha
 * and beta. Real types run on OpenBLAS (cpu/gemm.h); their sizes must fit an int. */
#ifndef CIRCLET_OPS_LINALG_H
#define CIRCLET_OPS_LINALG_H

#include "tensor/tensor.h"

/* result [m,n] = beta*addend [m,n] + alpha * a [m,k] * b [k,n] */
ct_status ct_addmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                   ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error);

/* result [m] = beta*addend [m] + alpha * a [m,k] * x [k] */
ct_status ct_addmv(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                   ct_scalar alpha, const ct_tensor *a, const ct_tensor *x, ct_error *error);

/* result [m,n] = beta*addend [m,n] + alpha * x [m] y [n]' */
ct_status ct_addr(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                  ct_scalar alpha, const ct_tensor *x, const ct_tensor *y, ct_error *error);

/* result [s,m,n] = beta*addend [s,m,n] + alpha * a_i [m,k] * b_i [k,n] for each i of s */
ct_status ct_baddbmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                     ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error);

/* result [m,n] = beta*addend [m,n] + alpha * sum over i of a_i [m,k] * b_i [k,n] */
ct_status ct_addbmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                    ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error);

/* The sum of a_i*b_i over elements in row-major order; sizes may differ, their number may not. Real
 * types are summed in double. */
ct_status ct_dot(ct_scalar *out, const ct_tensor *a, const ct_tensor *b, ct_error *error);

#endif
