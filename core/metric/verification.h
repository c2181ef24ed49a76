/* Verification: are two rows of one label? A pair is accepted when its similarity reaches a
 * threshold; genuine pairs share a label, impostors do not. */
#ifndef CIRCLET_METRIC_VERIFICATION_H
#define CIRCLET_METRIC_VERIFICATION_H

#include "metric/retrieval.h"

/* One point of the ROC curve: the most genuine pairs that can be accepted while at most a share
 * `far` of impostors is. Pairs of equal similarity are accepted together or not at all. */
typedef struct ct_operating_point {
  double far;       /* asked for, 0 to 1 */
  double tar;       /* share of genuine pairs accepted */
  double reached;   /* share of impostors accepted, at most far */
  double threshold; /* the least accepted similarity; infinite where nothing is accepted */
} ct_operating_point;

typedef struct ct_verification_result {
  int64_t n_genuine, n_impostor;
  double auc;           /* chance that a genuine pair is more similar than an impostor, ties half */
  double auc_error;     /* at most so much is it off; 0 where all genuine similarities were kept */
  double eer;           /* where the ROC curve, straight between its points, has FAR = 1 - TAR */
  double eer_threshold; /* the greatest genuine similarity at which FAR >= 1 - TAR */
} ct_verification_result;

/* All pairs of a query and a reference, or of two rows of `queries` (references NULL). Fills tar,
 * reached and threshold of point[0..points). Similarities of CT_SIMILARITY_EUCLIDEAN are negative
 * squared distances. Up to `keep` genuine similarities (at least 16) are kept and sorted, and
 * impostors are counted between them as tiles pass by; everything is exact then. Of more, as few
 * large classes give, a quarter of `keep` are kept, evenly chosen, and pairs are counted between
 * those; then again with the similarities added that lie next to an operating point or the EER. All
 * but auc is exact then, too, and auc_error is about 2 / keep; it takes twice the time.
 * Without a genuine pair or an impostor rates are NaN. Memory: copies of the rows, 200 KB for each
 * thread, and for a similarity kept at most 48 bytes (Double: 56) and 8 more for each thread, or,
 * of a choice, 80 and 16. The result has the same bits for every number of threads. */
ct_status ct_verification(ct_verification_result *out, ct_operating_point *point, int64_t points,
                          const ct_labelled *queries, const ct_labelled *references,
                          ct_similarity similarity, int64_t keep, const char *function,
                          ct_error *error);

#endif
