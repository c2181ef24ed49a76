/* Orderings along a dimension. NaN is larger than every number; equal elements keep their order.
 * `values` has t's type, `indices` is Long and holds 1-based positions along `dim` (0-based); both
 * are resized and may overlap t. */
#ifndef CIRCLET_OPS_ORDER_H
#define CIRCLET_OPS_ORDER_H

#include "tensor/tensor.h"

/* values, indices: [as t], every slice sorted. */
ct_status ct_sort(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                  bool descending, ct_error *error);

/* The k smallest (or largest) of every slice, in order; 1 <= k <= size[dim], which becomes k. */
ct_status ct_topk(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int64_t k, int dim,
                  bool largest, ct_error *error);

/* The k-th smallest of every slice; the dimension stays with size 1. */
ct_status ct_kthvalue(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int64_t k, int dim,
                      ct_error *error);

/* kthvalue with k = (n + 1) / 2 rounded down: the lower one of two middle elements. */
ct_status ct_median(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                    ct_error *error);

/* The most frequent element of every slice (the smallest of several) and its first position. */
ct_status ct_mode(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                  ct_error *error);

#endif
