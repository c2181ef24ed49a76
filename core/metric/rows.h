/* What measures read: embeddings checked, normalised and laid out ready for products. */
#ifndef CIRCLET_METRIC_ROWS_H
#define CIRCLET_METRIC_ROWS_H

#include "tensor/tensor.h"

typedef enum ct_similarity {
  CT_SIMILARITY_COSINE,   /* of the normalised rows; a zero row is at 0 from everything */
  CT_SIMILARITY_DOT,      /* inner products as they are */
  CT_SIMILARITY_EUCLIDEAN /* nearest first; always computed in double */
} ct_similarity;

/* Fails unless `rows` is [n,D], Float or Double, n at most INT32_MAX (or empty). */
ct_status ct_check_rows(const ct_tensor *rows, const char *function, const char *what,
                        ct_error *error);

/* Fails unless references are rows of the type and width of the queries. */
ct_status ct_check_references(const ct_tensor *queries, const ct_tensor *references,
                              const char *function, ct_error *error);

static inline int64_t ct_row_count(const ct_tensor *rows) { return rows->dims ? rows->size[0] : 0; }

/* How rows are laid out and what is done to them. `order` (NULL: as they are) names the row that
 * comes at each place. Queries are row-major; references in the panels of cpu/retrieval.h. For
 * Euclidean distances, 2 q.r - |r|^2 is the product of (q, 1) and (2r, -|r|^2), so each row is one
 * longer: what ranks references of one query, |q|^2 short of the negative squared distance. */
typedef struct ct_row_layout {
  ct_similarity similarity;
  bool as_reference;
  const int32_t *order;
} ct_row_layout;

/* Rows in such a layout, places beyond the last one zero. */
typedef struct ct_packed {
  ct_dtype dtype; /* of the products */
  int64_t rows, depth, places;
  int64_t width, panels; /* of references; 1 and 0 for queries */
  double longest;        /* the greatest norm of a row as it came */
  void *data;
} ct_packed;

/* Fills *out, which owns its data (ct_packed_release). Fails, naming the row, for a NaN or an
 * infinity. Rows are normalised in double and after scaling by a power of two, so that no square
 * overflows; equal rows stay equal. `rows` has two dimensions. */
ct_status ct_pack(ct_packed *out, const ct_tensor *rows, const ct_row_layout *layout,
                  const char *function, const char *what, ct_error *error);
void ct_packed_release(ct_packed *packed);

/* Fails where products or their differences could overflow: infinities have no order. */
ct_status ct_check_range(const ct_packed *queries, const ct_packed *references,
                         ct_similarity similarity, const char *function, ct_error *error);

#endif
