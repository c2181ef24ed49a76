/* The ROC curve of a verification, from how many pairs lie at and between its levels. */
#ifndef CIRCLET_METRIC_ROC_H
#define CIRCLET_METRIC_ROC_H

#include "metric/verification.h"

/* Levels are the different similarities of genuine pairs, ascending. impostors[2p] lie above level
 * p - 1 and below level p, impostors[2p + 1] at level p. */
typedef struct ct_roc_counts {
  ct_dtype dtype;                /* of the levels */
  const void *level;             /* [levels] */
  int64_t levels;                /* at least 1 */
  const int64_t *genuine_at;     /* [levels] */
  const int64_t *impostors;      /* [2 levels + 1] */
  const int64_t *between;        /* [levels + 1] genuine pairs above level p - 1 and below level p;
                                    NULL: none */
  int64_t n_genuine, n_impostor; /* at least 1 each */
} ct_roc_counts;

/* Fills auc, auc_error, eer and eer_threshold of *out, and all but `far` of point[0..points). Sums
 * are of integers, so nothing depends on an order. Of pairs between two levels nothing is known but
 * how many there are; hence interval[0..points] (NULL: not wanted): where, as an index of
 * `between`, levels are missing that would bear on each point and, in the last place, on the EER.
 */
void ct_roc_trace(ct_verification_result *out, ct_operating_point *point, int64_t points,
                  const ct_roc_counts *counts, int64_t *interval);

#endif
