/* Ordering of slices, for every element type: elements become unsigned keys in the same order, NaN
 * above all numbers (all NaN equal) and -0 equal to 0. Equal keys are ordered by position. */
#ifndef CIRCLET_CPU_ORDER_H
#define CIRCLET_CPU_ORDER_H

#include <stdatomic.h>
#include "cpu/loop.h"

typedef enum ct_order_kind {
  CT_ORDER_SORT, /* results: the first `kept` elements of the sorted slice */
  CT_ORDER_KTH,  /* one result: element `kept` (1-based) of the sorted slice */
  CT_ORDER_MODE, /* one result: the most frequent element, of equals the first in order */
} ct_order_kind;

typedef struct ct_order {
  ct_order_kind kind;
  ct_dtype dtype;
  bool descending;
  int64_t length, kept;                       /* of a slice */
  int64_t stride, value_stride, index_stride; /* bytes along the slice */
  _Atomic bool *out_of_memory;
} ct_order;

/* A ct_run_fn over the first elements of slices; operands: values, indices (int64_t, 1-based),
 * source. Stops early after an interrupt. */
void ct_order_run(const void *context, int64_t count, char *const *pointer, const int64_t *stride);

#endif
