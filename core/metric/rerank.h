/* k-reciprocal re-ranking: distances that also ask whether two rows have the same neighbours. */
#ifndef CIRCLET_METRIC_RERANK_H
#define CIRCLET_METRIC_RERANK_H

#include "metric/nearest.h"

typedef struct ct_rerank_options {
  int64_t k1, k2; /* neighbours that encode a row; neighbours whose codes are averaged; from 1 */
  double lambda;  /* weight of the plain distance, 0 to 1 */
} ct_rerank_options;

/* Rows of numbers that are mostly 0: row i has the columns index[start[i] .. start[i + 1]),
 * ascending, with the values there. */
typedef struct ct_sparse {
  int64_t rows;
  int64_t *start; /* [rows + 1] */
  int32_t *index;
  double *value;
} ct_sparse;

/* Codes of all rows (queries, then references) and what distances are made of. */
typedef struct ct_rerank {
  ct_similarity similarity;
  double lambda;
  int64_t n, first;  /* rows; the first that is a reference */
  double *farthest;  /* [n] greatest squared distance of a row */
  double *square;    /* [n] squared norms; NULL for cosine */
  ct_sparse code;    /* [n] rows of n columns, each of sum 1 */
  ct_sparse inverse; /* [n] columns of `code`: which references have a value there */
} ct_rerank;

/* Encodes the rows of `queries` and `references` (NULL: `queries` are both), which have passed
 * ct_check_rows and hold finite numbers; there is at least one of each. Similarity is cosine or
 * Euclidean. *out is to be ended with ct_rerank_release whatever the status. Memory: two copies of
 * all rows while it works; in the end 12 bytes for each number of a code, of which a row has about
 * k1 k2, and as much again for the inverse. The same bits for every number of threads. */
ct_status ct_rerank_new(ct_rerank *out, const ct_tensor *queries, const ct_tensor *references,
                        ct_similarity similarity, const ct_rerank_options *options,
                        const char *function, ct_error *error);
void ct_rerank_release(ct_rerank *rerank);

/* Bytes that ct_rerank_row works in: zeros at first, and again after each call. */
int64_t ct_rerank_room(const ct_rerank *rerank);

/* d [references->rows]: final distances of query q from its similarities with the references, which
 * were packed like the rows (`order`: the reference in each place; NULL: as they are). */
void ct_rerank_row(double *d, const ct_rerank *rerank, int64_t q, const void *similarity,
                   const ct_packed *references, const int32_t *order, void *room);

/* out [queries, references] of the rows' type: all final distances. Checks its arguments. */
ct_status ct_rerank_distances(ct_tensor *out, const ct_tensor *queries, const ct_tensor *references,
                              ct_similarity similarity, const ct_rerank_options *options,
                              const char *function, ct_error *error);

#endif
