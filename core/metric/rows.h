/* What retrieval reads: labels as integers, references grouped by label, rows ready for products.
 */
#ifndef CIRCLET_METRIC_ROWS_H
#define CIRCLET_METRIC_ROWS_H

#include "metric/retrieval.h"

/* *out: the labels of `rows` rows, owned by the caller (ct_free). Fails unless there are `rows`
 * whole numbers from 1. `what` names the argument in messages. */
ct_status ct_read_labels(int64_t **out, const ct_tensor *labels, int64_t rows, const char *what,
                         ct_error *error);

/* Sorts label[0..n) with the position that each had, equal labels in the order of positions. The
 * spare arrays have n elements too. */
void ct_sort_labels(int64_t *label, int32_t *position, int64_t *label_spare,
                    int32_t *position_spare, int64_t n);

/* How rows are laid out and what is done to them. `order` (NULL: as they are) names the row that
 * comes at each place. panel_width 0: row-major; otherwise in panels of that many rows, panel[p]
 * [depth][panel_width], with zeros after the last row. For Euclidean distances, 2 q.r - |r|^2 is
 * the product of (q, 1) and (2r, -|r|^2), so each row is one longer. */
typedef struct ct_row_layout {
  ct_similarity similarity;
  bool as_reference;
  const int32_t *order;
  int64_t panel_width;
} ct_row_layout;

static inline int64_t ct_row_depth(ct_similarity similarity, int64_t columns) {
  return columns + (similarity == CT_SIMILARITY_EUCLIDEAN);
}

/* Fills out (of type `dtype`, zeroed by the caller) from rows: [n, D], contiguous Float or Double.
 * *longest: the greatest norm of a row as it came. Fails, naming the row, for a NaN or an infinity.
 * Rows are normalised in double and after scaling by a power of two, so that no square overflows.
 */
ct_status ct_lay_rows(void *out, ct_dtype dtype, double *longest, const ct_tensor *rows,
                      const ct_row_layout *layout, const char *what, ct_error *error);

#endif
