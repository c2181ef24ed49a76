/* Retrieval measures: how well rows with the same label find each other among all references. */
#ifndef CIRCLET_METRIC_RETRIEVAL_H
#define CIRCLET_METRIC_RETRIEVAL_H

#include "tensor/tensor.h"

typedef enum ct_similarity {
  CT_SIMILARITY_COSINE,   /* of the normalised rows; a zero row is at 0 from everything */
  CT_SIMILARITY_DOT,      /* inner products as they are */
  CT_SIMILARITY_EUCLIDEAN /* nearest first; always computed in double */
} ct_similarity;

typedef struct ct_retrieval_options {
  ct_similarity similarity;
  int64_t block;     /* queries per tile, at least 1; rounded up to a multiple of CT_TILE_ROWS */
  bool full_ranking; /* map is asked for; without it the ranks beyond R are not worked out */
  int cutoffs;       /* how many k are asked for */
  const int64_t *cutoff; /* [cutoffs], each at least 1 */
} ct_retrieval_options;

/* Means over the queries that have a relevant reference; NaN when there is none. */
typedef struct ct_retrieval_result {
  double *recall;     /* [cutoffs], caller-owned: a relevant reference is among the first k */
  double r_precision; /* share of relevant ones among the first R, R = relevant ones of the query */
  double map_at_r;    /* 1/R * sum over i <= R of precision(i) * relevant(i) */
  double map;         /* average precision over the full ranking; NaN unless asked for */
  double mrr;         /* 1 / rank of the first relevant one */
  int64_t n_queries;  /* averaged over */
  int64_t n_lone;     /* left out: no reference shares their label */
} ct_retrieval_result;

/* Ranks references by similarity for every query; references with the query's label are relevant.
 * queries: [Q,D] and references: [N,D], both Float or both Double; labels hold whole numbers from
 * 1, one per row, in any type. references and reference_labels NULL: every row of queries is ranked
 * against all others (leave one out). Of two equal similarities the reference with the smaller
 * index ranks first, and equal rows have equal similarities. The result has the same bits for every
 * number of threads. Memory: copies of the rows and threads * block * N similarities. */
ct_status ct_retrieval(ct_retrieval_result *out, const ct_tensor *queries,
                       const ct_tensor *query_labels, const ct_tensor *references,
                       const ct_tensor *reference_labels, const ct_retrieval_options *options,
                       ct_error *error);

#endif
