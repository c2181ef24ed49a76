/* The nearest of all rows for every row. */
#ifndef CIRCLET_METRIC_NEAREST_H
#define CIRCLET_METRIC_NEAREST_H

#include "metric/rows.h"

/* Of n rows, by squared Euclidean distance (of normalised rows for CT_SIMILARITY_COSINE). */
typedef struct ct_nearest {
  ct_similarity similarity;
  int64_t n, k;       /* k at most n */
  int32_t *neighbour; /* [n,k]: nearest first, the row itself among them; of two at the same
                       * distance the smaller index first */
  double *farthest;   /* [n]: the greatest squared distance of a row, 0 or more */
  double *square;     /* [n]: squared norms; NULL for cosine */
  ct_packed rows;     /* as queries */
} ct_nearest;

/* rows: [n,D] with two dimensions, n >= 1, Float or Double. Fills *out, to be ended with
 * ct_nearest_release whatever the status. Memory: two copies of the rows while it works, one after,
 * and 12 rows of similarities for each thread. */
ct_status ct_find_nearest(ct_nearest *out, const ct_tensor *rows, int64_t k,
                          ct_similarity similarity, const char *function, const char *what,
                          ct_error *error);
void ct_nearest_release(ct_nearest *nearest);

/* The squared distance of rows i and j. */
double ct_nearest_distance(const ct_nearest *nearest, int64_t i, int64_t j);

#endif
