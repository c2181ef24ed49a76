/* The oracle of Circle Loss: slow and obvious, the whole matrix of similarities in memory, extended
 * precision inside. It shares no code with the fast kernels, so that both being wrong in the same
 * way is unlikely. Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity
 * Optimization", CVPR 2020 (arXiv 2002.10857v2), Eq. 4-10.
 *
 * One anchor, similarities s_p to its positives and s_n to its negatives:
 *     l_p = -gamma * [1 + m - s_p]_+ * (s_p - (1 - m))      l_n = gamma * [s_n + m]_+ * (s_n - m)
 *     loss = softplus(LSE(l_n) + LSE(l_p)),  0 when it has no positive or no negative
 *
 * Sizes: B anchors, R references, D dimensions. All matrices are row-major and contiguous. */
#ifndef CIRCLET_REF_CIRCLE_REF_H
#define CIRCLET_REF_CIRCLE_REF_H

#include <stdbool.h>
#include <stdint.h>
#include "base/status.h"

typedef enum ct_ref_similarity {
  CT_REF_COSINE,    /* a zero row has similarity 0 to everything and no gradient */
  CT_REF_DOT,       /* a zero row is an ordinary row */
  CT_REF_EUCLIDEAN, /* 1 - |x-y|^2/2: the cosine when both rows have length 1 */
} ct_ref_similarity;

typedef enum ct_ref_reduction {
  CT_REF_MEAN,     /* over anchors that have a positive and a negative; 0 when there is none */
  CT_REF_MEAN_ALL, /* over all anchors */
  CT_REF_SUM,
  CT_REF_NONE, /* the loss per anchor; the gradient is that of their sum */
} ct_ref_reduction;

typedef struct ct_ref_circle {
  double m, gamma;
  /* One term softplus(LSE(all l_n) + LSE(all l_p)) for the batch, which no reduction changes.
   * Within one set of rows the pair (i,j) is the pair (j,i) and counts once, and every pair takes
   * part, those of anchors without a positive too. */
  bool batch;
  bool through_alpha; /* differentiate the weights [..]_+ too, instead of holding them fixed */
  ct_ref_similarity similarity;
  ct_ref_reduction reduction;
} ct_ref_circle;

typedef struct ct_ref_facts {
  double loss;             /* for CT_REF_NONE the sum of the anchors' losses */
  int64_t n_valid;         /* anchors that have a positive and a negative */
  int64_t n_anchors;       /* B */
  double mean_sp, mean_sn; /* mean similarity of positive and of negative pairs; NaN if none */
  /* sum over pairs of |d loss / d s|: what an error of the similarities does to the loss */
  double loss_scale;
  /* The length of the gradient if no two of its terms cancelled, which is what rounding errors of
   * a gradient are in proportion to: the root of the sum over rows of
   * (sum over pairs of |d loss / d s| * |d s / d unit row| / |row|)^2. */
  double scale_x, scale_refs;
} ct_ref_facts;

/* Pairs of rows, positive when their labels agree.
 * facts: filled; anchor_loss: [B] (or [1] with `batch`), may be NULL; grad_x: [B,D];
 * grad_refs: [R,D]; x: [B,D]; labels: [B]; refs: [R,D]; ref_labels: [R].
 * refs NULL: the references are x itself, no row is paired with itself, and grad_x holds both
 * sides' gradients; R, ref_labels and grad_refs are then ignored.
 * Class-level: refs are the C class vectors and ref_labels is 1..C. Fails only with CT_ENOMEM. */
ct_status ct_ref_circle_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_circle *options, ct_error *error);

/* Given similarities. grad_p: [B,K]; grad_n: [B,L]; s_p: [B,K]; s_n: [B,L]. */
ct_status ct_ref_circle_similarity_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_p,
                                        double *grad_n, const double *s_p, const double *s_n,
                                        int64_t B, int64_t K, int64_t L,
                                        const ct_ref_circle *options, ct_error *error);

#endif
