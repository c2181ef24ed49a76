/* Reductions over a whole tensor or along one dimension.
 *
 * Along a dimension the result keeps it with size 1 (2x3 summed over dimension 0 is 1x3) and has
 * the type of the source. Real types accumulate in double; integer types in 64 bits, where Long
 * wraps and a result that Int or Byte cannot hold is an error. The order of every sum follows from
 * sizes alone, so the bits do not depend on the number of threads. Results may overlap sources.
 * An empty sum is 0, an empty product 1, an empty norm 0; other reductions of nothing are errors.
 * NaN spreads; as an extreme it beats every number. Dimensions are 0-based. */
#ifndef CIRCLET_OPS_REDUCE_H
#define CIRCLET_OPS_REDUCE_H

#include "tensor/operation.h"
#include "tensor/tensor.h"

typedef struct ct_reduce_options {
  bool biased;
  double power;
} ct_reduce_options;

ct_status ct_reduce_all(ct_scalar *out, ct_reduce_kind what, ct_reduce_options options,
                        const ct_tensor *t, ct_error *error);
ct_status ct_reduce_dim(ct_tensor *result, ct_reduce_kind what, ct_reduce_options options,
                        const ct_tensor *t, int dim, ct_error *error);

/* The sum of a_i*b_i of contiguous tensors of one type and as many elements on one GPU: summed as
 * ct_reduce_all sums. */
ct_status ct_dot_on_cuda(ct_scalar *out, const ct_tensor *a, const ct_tensor *b, ct_error *error);

/* The largest (or smallest) of each slice and its 1-based index (Long); the first of equal ones. */
ct_status ct_extreme_dim(ct_tensor *values, ct_tensor *indices, bool largest, const ct_tensor *t,
                         int dim, ct_error *error);

/* result [as t]: running sums (products) along dim. */
ct_status ct_scan(ct_tensor *result, bool product, const ct_tensor *t, int dim, ct_error *error);

/* The power-norm of a - b; as many elements in each, sizes may differ; Float and Double. */
ct_status ct_dist(double *out, const ct_tensor *a, const ct_tensor *b, double power,
                  ct_error *error);

/* The sum of the diagonal of a matrix. */
ct_status ct_trace(ct_scalar *out, const ct_tensor *t, ct_error *error);

/* result [as t]: every slice t.select(dim, i) whose power-norm exceeds `most` is scaled by
 * most / (norm + 1e-7) (Torch7's renorm), so that it ends at or just below it. */
ct_status ct_renorm(ct_tensor *result, const ct_tensor *t, double power, int dim, double most,
                    ct_error *error);

/* Same type, same sizes, equal elements (NaN equals nothing). */
ct_status ct_equal(bool *out, const ct_tensor *a, const ct_tensor *b, ct_error *error);

/* Whether any (all) elements of a Byte tensor are not 0; false (true) when it is empty. */
ct_status ct_logical(bool *out, bool all, const ct_tensor *t, ct_error *error);

#endif
