/* Labels of rows: read from tensors of any type, sorted with the rows that they belong to. */
#ifndef CIRCLET_METRIC_LABELS_H
#define CIRCLET_METRIC_LABELS_H

#include "tensor/tensor.h"

/* *out: the labels of `rows` rows, owned by the caller (ct_free). Fails unless there are `rows`
 * whole numbers from 1. `function` and `what` name the caller and the argument in messages. */
ct_status ct_read_labels(int64_t **out, const ct_tensor *labels, int64_t rows, const char *function,
                         const char *what, ct_error *error);

/* Sorts label[0..n) with the position that each had, equal labels in the order of positions. The
 * spare arrays have n elements too. */
void ct_sort_labels(int64_t *label, int32_t *position, int64_t *label_spare,
                    int32_t *position_spare, int64_t n);

/* How many of the sorted labels are below `label`, or equal to it as well. */
int64_t ct_count_below(const int64_t *sorted, int64_t n, int64_t label, bool or_equal);

#endif
