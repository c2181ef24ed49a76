/* Reductions of slices: a slice is `length` elements, `stride` bytes apart. Kernels have the
 * ct_run_fn form (cpu/loop.h): each operand points at the first of many slices or results. */
#ifndef CIRCLET_CPU_REDUCE_H
#define CIRCLET_CPU_REDUCE_H

#include <stdatomic.h>
#include "cpu/isa.h"
#include "cpu/loop.h"

typedef struct ct_slices {
  int64_t length;
  int64_t stride;     /* bytes, of the source */
  int64_t out_stride; /* bytes, of a scan's result */
  /* Results are stored as double (real types) or int64_t and left unfinished: what remains to be
   * done for several pieces of one tensor is done by the caller. */
  bool wide;
  double divisor;             /* of sums and variances */
  double shift;               /* wide variances: the mean */
  bool root;                  /* standard deviations */
  double power;               /* of norms */
  _Atomic bool *out_of_range; /* set when an Int or Byte cannot hold a result */
} ct_slices;

typedef struct ct_reduce_kernels {
  /* operands: result, source */
  ct_run_fn sum[CT_DTYPES], prod[CT_DTYPES];
  ct_run_fn largest[CT_DTYPES], smallest[CT_DTYPES]; /* wide only; NaN wins */
  ct_run_fn variance[2];                             /* wide: the sum of (x - shift)^2 */
  ct_run_fn norm[2];                                 /* wide: the sum of |x|^p, or max |x| */
  ct_run_fn cumsum[CT_DTYPES], cumprod[CT_DTYPES];
  /* operands: values, indices (int64_t, 1-based), source; length >= 1 */
  ct_run_fn max[CT_DTYPES], min[CT_DTYPES];
} ct_reduce_kernels;

CT_ISA_DECLARE(ct_reduce_kernels, ct_reduce_kernels);

#endif
