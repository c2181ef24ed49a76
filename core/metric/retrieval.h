/* Retrieval measures: how well rows with the same label find each other among all references. */
#ifndef CIRCLET_METRIC_RETRIEVAL_H
#define CIRCLET_METRIC_RETRIEVAL_H

#include "metric/rerank.h"

typedef struct ct_retrieval_options {
  const char *function; /* the caller, in messages */
  ct_similarity similarity;
  int64_t block; /* queries per tile, rounded up to a multiple of CT_TILE_ROWS; 0: by the sizes, or
                    all at once */
  bool full_ranking; /* map or minp is asked for; without it ranks beyond R are not worked out */
  int cutoffs;       /* how many k are asked for */
  const int64_t *cutoff;           /* [cutoffs], each at least 1 */
  const ct_rerank_options *rerank; /* rank by these distances instead; NULL: do not */
} ct_retrieval_options;

/* Means over the queries that have a relevant reference; NaN when there is none. */
typedef struct ct_retrieval_result {
  double *recall;     /* [cutoffs], caller-owned: a relevant reference is among the first k */
  double r_precision; /* share of relevant ones among the first R, R = relevant ones of the query */
  double map_at_r;    /* 1/R * sum over i <= R of precision(i) * relevant(i) */
  double map;         /* average precision over the full ranking; NaN unless asked for */
  double mrr;         /* 1 / rank of the first relevant one */
  double minp;        /* R / rank of the last relevant one; NaN unless asked for */
  int64_t n_queries;  /* averaged over */
  int64_t n_lone;     /* left out: no reference is relevant to them */
} ct_retrieval_result;

/* One side of a ranking: rows [n,D], their labels [n] and cameras [n] (or NULL). */
typedef struct ct_labelled {
  const ct_tensor *rows, *labels, *cameras;
} ct_labelled;

/* Ranks references by similarity for every query; references with the query's label are relevant.
 * Rows are both Float or both Double; labels and cameras hold whole numbers from 1, one per row, in
 * any type. references NULL: every query is ranked against all others (leave one out). With
 * cameras (both sides have them or neither) a query's references of the same label and the same
 * camera are taken out of its ranking. Of two equal similarities the reference with the smaller
 * index ranks first, and equal rows have equal similarities. The result has the same bits for every
 * number of threads. Memory: copies of the rows, and threads * block * N similarities or, for one
 * set against itself without a block given, 28 bytes for each query with each of its relevant rows
 * (Double: 32) if that is 128 MiB at most; re-ranking adds what ct_rerank_new says. */
ct_status ct_retrieval(ct_retrieval_result *out, const ct_labelled *queries,
                       const ct_labelled *references, const ct_retrieval_options *options,
                       ct_error *error);

#endif
