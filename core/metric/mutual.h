/* Rankings of one set of rows against itself, for which each pair of rows is computed once: half of
 * the products that rankings one by one take. */
#ifndef CIRCLET_METRIC_MUTUAL_H
#define CIRCLET_METRIC_MUTUAL_H

#include "cpu/retrieval.h"
#include "metric/rows.h"

typedef struct ct_mutual {
  const char *function;           /* the caller, in messages */
  const ct_packed *rows, *panels; /* the same rows, sorted by label, in both layouts */
  const ct_ranking *ranking;      /* [rows] of each, in that order; `depth` is not looked at */
  bool full;                      /* ranks are wanted as far as they go, not as far as R */
  /* Called once for each row that has relevant ones, from several threads: `ahead` as
   * ct_retrieval_kernels.rank leaves it. */
  void (*take)(void *context, int64_t row, const int32_t *ahead, int64_t relevant);
  void *context;
} ct_mutual;

/* Whether the levels of these rankings take no more than 128 MiB. */
bool ct_mutual_fits(const ct_ranking *ranking, int64_t rows, int64_t element_bytes);

/* Ranks all rows. Similarities must be the same from either end: dot products, no distances. */
ct_status ct_mutual_rank(const ct_mutual *job, ct_error *error);

#endif
