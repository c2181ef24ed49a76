/* What a loss of the family is made of: the vocabulary of the headers in this folder.
 *
 * A loss sees pairs of rows by their similarity s. Each anchor keeps statistics of its positive and
 * of its negative pairs, and its loss is a function of those few numbers; the derivatives by them
 * give every pair's weight in backward. So a loss consists of maths on one similarity, compiled
 * into the driver's inner loops (core/cpu/pair_run.h), and of maths on one anchor, in double. */
#ifndef CIRCLET_LOSS_RULE_H
#define CIRCLET_LOSS_RULE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { CT_NEGATIVE, CT_POSITIVE, CT_KINDS };

/* The statistics of a kind of pairs, as bits. CT_LSE and CT_EXTREME exclude each other.
 * CT_LSE: the log-sum-exp of logits, which grow with the pair's coordinate.
 * CT_EXTREME: the largest coordinate; pairs that tie share its derivative.
 * CT_TERM: the sum of a term, and how many terms are not zero. */
enum { CT_LSE = 1, CT_EXTREME = 2, CT_TERM = 4 };

enum { CT_LOSS_PARAMETERS = 6 };

typedef enum ct_range { CT_FINITE, CT_ABOVE_ZERO, CT_FROM_ZERO, CT_FLAG } ct_range;

typedef struct ct_loss_parameter {
  const char *name;
  double standard; /* the default, in its one place */
  ct_range range;
} ct_loss_parameter;

/* The pair of an anchor with its own class, in double: for losses with a margin there. */
typedef struct ct_target {
  double s, theta; /* similarity; for the cosine, the angle */
} ct_target;

/* What one anchor knows of its pairs, by kind. */
typedef struct ct_anchor {
  int64_t pairs[CT_KINDS];
  double mass[CT_KINDS]; /* pairs, each counted as often as its weight says: `pairs` without them */
  double sum[CT_KINDS];  /* CT_LSE: to base e; CT_EXTREME: the coordinate; -INFINITY: no pair */
  double term[CT_KINDS]; /* CT_TERM */
  double count[CT_KINDS];         /* CT_TERM */
  ct_target target;               /* of a rule with `target` */
  int64_t anchors, with_positive; /* of the batch: all, and those with a positive */
  double coupled;                 /* of a rule with `couple`: the sum of its derivatives by `own` */
} ct_anchor;

/* An anchor's loss and its derivatives. */
typedef struct ct_anchor_loss {
  double loss, by_sum[CT_KINDS], by_term[CT_KINDS];
} ct_anchor_loss;

/* A positive pair's term where it depends on the negatives of its ends: `own` and `other` are the
 * log-sum-exps of the anchor's negatives and of its partner's, -INFINITY where that has none or is
 * no anchor. */
typedef struct ct_coupled {
  double term, by_s;
  double by_own; /* of the terms of both ends: that of the partner depends on `own` as its other */
} ct_coupled;

static inline bool ct_has_positive(const int64_t pairs[CT_KINDS]) { return pairs[CT_POSITIVE] > 0; }

static inline bool ct_has_both(const int64_t pairs[CT_KINDS]) {
  return pairs[CT_NEGATIVE] > 0 && pairs[CT_POSITIVE] > 0;
}

static inline bool ct_has_any(const int64_t pairs[CT_KINDS]) {
  return pairs[CT_NEGATIVE] > 0 || pairs[CT_POSITIVE] > 0;
}

/* softplus(z) = log(1 + e^z) and its derivative, written so that neither overflows nor loses digits
 * for any z, infinities included. */
typedef struct ct_softplus {
  double value, slope;
} ct_softplus;

static inline ct_softplus ct_softplus_of(double z) {
  double tail = exp(-fabs(z));
  return (ct_softplus){.value = (z > 0 ? z : 0) + log1p(tail),
                       .slope = (z > 0 ? 1 : tail) / (1 + tail)};
}

/* log(e^a + e^b). */
static inline double ct_log_add(double a, double b) {
  double most = a > b ? a : b;
  return most == -INFINITY ? most : most + log1p(exp((a > b ? b : a) - most));
}

/* Losses of distances: |x-y| = sqrt(2 - 2s), by the euclidean similarity and, of unit rows, by the
 * cosine. Below 2^-23 a distance is what rounding left of 0, which has no direction. Float has too
 * few digits for 1 - s: these losses are computed in double. */
enum { CT_MEASURE_DISTANCE, CT_MEASURE_SIMILARITY }; /* variants */

#define CT_DISTANCE_SQUARE_LEAST 0x1p-46

static inline double ct_distance_of(double s) {
  double square = 2 - 2 * s;
  return square > CT_DISTANCE_SQUARE_LEAST ? sqrt(square) : 0;
}

static inline double ct_distance_slope(double s) {
  double square = 2 - 2 * s;
  return square > CT_DISTANCE_SQUARE_LEAST ? -1 / sqrt(square) : 0;
}

/* For losses whose logit is scale * coordinate, of any sign: what a header's part of one pair
 * needs, for each compute type, on the CPU and the GPU. */
#define CT_LOSS_LINEAR_LOGIT(loss)                                                                 \
  CT_LOSS_INLINE REAL NAME(loss##_lowest)(void) { return (REAL)-0x1p100; }                         \
  CT_LOSS_INLINE REAL NAME(loss##_above)(REAL v, REAL scale, REAL scale_low, REAL reference,       \
                                         bool exact) {                                             \
    REAL above = REST(v, scale, reference);                                                        \
    return exact ? FUSED(v, scale_low, above) : above;                                             \
  }

#endif
