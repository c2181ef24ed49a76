/* The streaming driver of pair-wise losses on the CPU: similarities are met tile by tile, never
 * stored. core/loss/pair.c prepares what is streamed and says what the sums mean. */
#ifndef CIRCLET_CPU_PAIR_H
#define CIRCLET_CPU_PAIR_H

#include "cpu/isa.h"
#include "loss/loss.h"

enum { CT_NEGATIVE, CT_POSITIVE, CT_KINDS };

/* One set of rows, sorted by label, in the compute type (float or double). */
typedef struct ct_pair_side {
  int64_t rows;
  void *x;               /* [rows, dim] */
  void *half;            /* [rows] 1/2 - |x|^2/2 for the euclidean similarity, otherwise NULL */
  int64_t *first, *last; /* [rows] a row's positives are rows first..last-1 of the other side */
} ct_pair_side;

/* A running log-sum-exp over an anchor's pairs of one kind: sum of exp(l - l(reference)), where
 * reference is the largest coordinate met. */
typedef struct ct_pair_sums {
  void *reference; /* [rows] compute type */
  double *sum;     /* [rows] */
  double *sum_s;   /* [rows] plain sum of the similarities */
} ct_pair_sums;

/* What a pair's weight takes from its anchor: factor * exp(l - l(reference)) * slope. */
typedef struct ct_pair_factors {
  const void *reference[CT_KINDS], *factor[CT_KINDS]; /* [rows] compute type; NULL: no anchors */
} ct_pair_factors;

typedef struct ct_pair_stream {
  ct_dtype dtype; /* compute type: CT_FLOAT or CT_DOUBLE */
  int64_t dim;
  const ct_pair_side *rows, *columns;
  bool self; /* rows and columns are one set: a row is no pair with itself */
  double m, gamma;
  bool through_alpha;
} ct_pair_stream;

/* Fills sums[kind] for every row as an anchor. */
ct_status ct_pair_stream_sums(const ct_pair_stream *stream, const ct_pair_sums sums[CT_KINDS],
                              ct_error *error);

/* Receives the finished gradient g [count, dim] (compute type) of rows first..first+count-1. Called
 * from several threads, once for every row. */
typedef void (*ct_pair_emit)(void *sink, int64_t first, int64_t count, const void *g);

/* Gradient by the rows' side: weight(i,j) = what row i contributes as an anchor plus what column j
 * contributes as one; g_i = sum_j weight(i,j) ds_ij/dx_i. */
ct_status ct_pair_stream_gradient(const ct_pair_stream *stream, const ct_pair_factors *row_factors,
                                  const ct_pair_factors *column_factors, ct_pair_emit emit,
                                  void *sink, ct_error *error);

/* Inner loops over n similarities s of one anchor and one kind, all pointers of the compute type.
 */
typedef struct ct_pair_row {
  int64_t n;
  int kind;
  bool through_alpha;
  double m, gamma;
  void *s;
  const void *row_reference, *row_factor;       /* one element each; NULL: the row is no anchor */
  const void *column_reference, *column_factor; /* [n]; NULL: the columns are no anchors */
} ct_pair_row;

typedef struct ct_pair_kernels {
  /* Adds n pairs to a running log-sum-exp. */
  void (*accumulate)(const ct_pair_row *row, void *reference, double *sum, double *sum_s);
  /* Replaces each s by the weight of its pair, dL/ds. */
  void (*weigh)(const ct_pair_row *row);
} ct_pair_kernels;

typedef struct ct_pair_kernel_set {
  ct_pair_kernels f32, f64;
} ct_pair_kernel_set;

CT_ISA_DECLARE(ct_pair_kernel_set, ct_circle_kernels);

#endif
