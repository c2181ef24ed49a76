/* Moving elements to and from places that are computed. Everything is contiguous unless a stride is
 * given; `inner`, `element` and strides are in bytes; indices are 1-based and already checked. */
#ifndef CIRCLET_CPU_INDEXING_H
#define CIRCLET_CPU_INDEXING_H

#include "tensor/dtype.h"

/* to [outer,count,inner] = rows index[0..count) of from [outer,n,inner], whose rows are row_stride
 * and outer groups outer_stride apart. */
void ct_rows_take(void *to, const void *from, const int64_t *index, int64_t outer, int64_t count,
                  int64_t inner, int64_t outer_stride, int64_t row_stride);

/* Rows index[j] of to [outer,n,inner] = rows j of from [outer,count,inner]; of equal indices the
 * last one counts. from_row = 0 repeats one row (inner bytes) for all. */
void ct_rows_put(void *to, const void *from, const int64_t *index, int64_t outer, int64_t n,
                 int64_t count, int64_t inner, int64_t from_row);

/* Rows index[j] of to [outer,n,inner] += rows j of from [outer,count,inner]; `inner` in elements.
 */
void ct_rows_add(ct_dtype dtype, void *to, const void *from, const int64_t *index, int64_t outer,
                 int64_t n, int64_t count, int64_t inner);

/* to[o,j,i] = from[o,index[o,j,i],i]; `inner` in elements of `element` bytes. */
void ct_gather_elements(void *to, const void *from, const int64_t *index, int64_t outer, int64_t n,
                        int64_t count, int64_t inner, size_t element);

/* to[o,index[o,j,i],i] = from[o,j,i], j rising; or = *from for all when `one`. */
void ct_scatter_elements(void *to, const void *from, bool one, const int64_t *index, int64_t outer,
                         int64_t n, int64_t count, int64_t inner, size_t element);

/* The elements of from [n] whose mask is 1, in order, into to. */
void ct_mask_take(void *to, const void *from, const uint8_t *mask, int64_t n, size_t element);

/* The elements of to [n] whose mask is 1 become from's, in order (or *from for all when `one`). */
void ct_mask_put(void *to, const void *from, bool one, const uint8_t *mask, int64_t n,
                 size_t element);

#endif
