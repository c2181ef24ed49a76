/* Joining, repeating and cutting tensors. Results have the sources' type, are resized, and may
 * overlap sources. Dimensions are 0-based. */
#ifndef CIRCLET_OPS_JOIN_H
#define CIRCLET_OPS_JOIN_H

#include "tensor/tensor.h"

/* result: parts[0..count) one after the other along dim; their other sizes are equal. dim = -1
 * stands for the last dimension; a dimension beyond a part's own counts as size 1, so vectors
 * joined along dimension 1 become columns. Parts without dimensions add nothing. */
ct_status ct_cat(ct_tensor *result, const ct_tensor *const *parts, int64_t count, int dim,
                 ct_error *error);

/* result: t side by side times[d] times along each dimension; dims >= t.dims, the additional
 * dimensions stand in front. */
ct_status ct_repeat(ct_tensor *result, const ct_tensor *t, int dims, const int64_t *times,
                    ct_error *error);

/* Of a matrix [m,n]: its k-th diagonal, a vector (k > 0 above the main one; one that misses the
 * matrix is an error). Of a vector [n]: the square matrix with it as k-th diagonal, 0 elsewhere. */
ct_status ct_diag(ct_tensor *result, const ct_tensor *t, int64_t k, ct_error *error);

/* result [as t, a matrix]: t on and below (`upper`: above) the k-th diagonal, 0 elsewhere. */
ct_status ct_triangle(ct_tensor *result, const ct_tensor *t, int64_t k, bool upper,
                      ct_error *error);

#endif
