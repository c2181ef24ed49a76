/* Selecting and placing elements by index or mask.
 *
 * Indices are Long tensors of 1-based positions, masks Byte tensors of 0 and 1. All of them are
 * checked before anything is written. Sources may overlap what is written; of two writes to one
 * place the later one counts. Dimensions are 0-based. */
#ifndef CIRCLET_OPS_INDEXING_H
#define CIRCLET_OPS_INDEXING_H

#include "tensor/tensor.h"

/* result: t's slices index[1], index[2], ... along dim (t's size with size[dim] = their number). */
ct_status ct_index(ct_tensor *result, const ct_tensor *t, int dim, const ct_tensor *index,
                   ct_error *error);

/* t's slice index[j] along dim becomes source's slice j; source has t's size but for size[dim]. */
ct_status ct_index_copy(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                        ct_error *error);
/* The same, added in the order of j; repeated indices add up. Integer types wrap. */
ct_status ct_index_add(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                       ct_error *error);
ct_status ct_index_fill(ct_tensor *t, int dim, const ct_tensor *index, ct_scalar value,
                        ct_error *error);

/* result [as index]: t's element at the same place but for position index[...] along dim. */
ct_status ct_gather(ct_tensor *result, const ct_tensor *t, int dim, const ct_tensor *index,
                    ct_error *error);
/* The reverse: t[... index[...] ...] = source [as index], or `value` when source is NULL. */
ct_status ct_scatter(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                     ct_scalar value, ct_error *error);

/* Masks hold as many elements as t; sizes may differ. */
ct_status ct_masked_fill(ct_tensor *t, const ct_tensor *mask, ct_scalar value, ct_error *error);
/* source holds at least as many elements as the mask holds ones; the first ones are used. */
ct_status ct_masked_copy(ct_tensor *t, const ct_tensor *mask, const ct_tensor *source,
                         ct_error *error);
/* result: a vector of t's elements where the mask is 1; without dimensions when there are none. */
ct_status ct_masked_select(ct_tensor *result, const ct_tensor *t, const ct_tensor *mask,
                           ct_error *error);

/* result, Long [count, t.dims]: the positions of elements that are not 0, in row-major order;
 * without dimensions when there are none. */
ct_status ct_nonzero(ct_tensor *result, const ct_tensor *t, ct_error *error);

#endif
