/* k-means: rows in k groups, each around its mean. */
#ifndef CIRCLET_METRIC_KMEANS_H
#define CIRCLET_METRIC_KMEANS_H

#include "metric/rows.h"

typedef struct ct_kmeans_options {
  const char *function; /* the caller, in messages */
  bool unit_rows;       /* rows are brought to length 1 first (a zero row stays) */
  int64_t clusters;     /* 1 .. rows */
  int64_t iterations;   /* at most so many; 0: the seeds as they are drawn */
  int64_t restarts;     /* >= 1: so many runs, the one with the least inertia counts */
  uint64_t seed;
} ct_kmeans_options;

typedef struct ct_kmeans_facts {
  double inertia;     /* sum of squared distances of rows to their centres */
  int64_t iterations; /* moves of the centres */
  bool converged;     /* the last move changed no assignment */
} ct_kmeans_facts;

/* Seeds by k-means++ (Arthur and Vassilvitskii, SODA 2007): the first a uniform draw among rows,
 * each next one drawn with a chance proportional to the squared distance to the nearest before it.
 * Then Lloyd's iterations: every row to its nearest centre (of equally near ones the first), every
 * centre to the mean of its rows, until no assignment changes. A cluster that lost all rows takes
 * the row farthest from its centre.
 * *assignment: Long [N], 1-based; *centres: Double [clusters,D]; rows: [N,D] Float or Double, N
 * >= 1. The result depends on rows, options and the instruction set, not on the number of threads.
 * Memory: a copy of the rows and, for each thread, a tile. */
ct_status ct_kmeans(ct_tensor *assignment, ct_tensor *centres, ct_kmeans_facts *facts,
                    const ct_tensor *rows, const ct_kmeans_options *options, ct_error *error);

#endif
