/* The loss family's argument contract: what a caller asks for, what it gets, and the entry points.
 *
 * The data's way: a call brings rows x [B,D] with labels [B] (and, for queries against references,
 * another such set). Forward checks them, sorts rows by label, normalises them into a context and
 * streams tiles of similarities to one running log-sum-exp per anchor and kind of pair. Backward
 * streams the tiles again, turns each into pair weights and multiplies. No B x B buffer exists. */
#ifndef CIRCLET_LOSS_LOSS_H
#define CIRCLET_LOSS_LOSS_H

#include "loss/family.h"
#include "loss/noted.h"
#include "tensor/tensor.h"

typedef enum ct_aggregate {
  CT_PER_ANCHOR, /* one softplus term per anchor */
  CT_PER_BATCH,  /* one term over all pairs of the batch */
} ct_aggregate;

typedef enum ct_similarity {
  CT_COSINE,
  CT_DOT,
  CT_EUCLIDEAN, /* 1 - |x-y|^2/2: the cosine of unit rows, so that m and gamma keep their meaning */
} ct_similarity;

/* How similarities and gradients are multiplied on a GPU: as exactly as float does, or from factors
 * rounded to 11 or 8 binary digits, with sums in float. On the CPU it plays no part. */
typedef enum ct_precision { CT_PRECISION_FP32, CT_PRECISION_TF32, CT_PRECISION_BF16 } ct_precision;

/* All similarities where they take 4 MiB or less; otherwise as many as keep the workspace within
 * four copies of the queries. */
enum { CT_BUDGET_LIKE_ROWS = -1 };

/* Which pairs are positive. The last two are of labels [rows, G], of which 0 is none. */
typedef enum ct_positives {
  CT_EQUAL_LABELS,  /* labels [rows]: those with one label */
  CT_SHARED_LABELS, /* those with a label in common */
  CT_SOFT_LABELS,   /* the same; each counts as often as the share says that their labels in common
                       have in all of their labels (Jaccard's index) */
} ct_positives;

/* Numbers of the anchors' own in place of a parameter: a Float or Double tensor [queries], or
 * `by_label`, [C] for labels 1..C. NULL: the parameter is that of all. */
typedef struct ct_own_parameter {
  const ct_tensor *values;
  bool by_label;
} ct_own_parameter;

typedef struct ct_loss_options {
  const ct_loss_rule *rule;
  double parameter[CT_LOSS_PARAMETERS]; /* as named in rule->parameters */
  /* Refinements (loss/refine.h), whose tensors are read by forward alone. */
  ct_own_parameter own[CT_LOSS_PARAMETERS];
  ct_positives positives;
  int64_t hardest_negatives;     /* so many count for each anchor: those with the largest
                                    similarities, the caller's first among equals; 0: all do */
  const ct_tensor *pair_weights; /* numbers >= 0, NULL: 1. So often does a pair count for its
                                    anchor: [partners], or [C, C] by the labels of anchor and
                                    partner. A pair with weight 0 is none */
  int variant;                   /* 0 or 1: of rule->variant */
  ct_aggregate aggregate;
  ct_reduction reduction;
  ct_similarity similarity;
  double filter_eps; /* pairs with less than this share of the softmax of every anchor among their
                        ends, 0 <= filter_eps < 1, are left out of the gradient; 0: none are */
  bool ignores;      /* rows labelled ignore_label take no part, whatever they hold */
  int64_t ignore_label;
  const ct_tensor *weights; /* [queries] numbers >= 0: so often does each anchor's loss count; NULL:
                               once. Read by forward alone */
  int64_t memory_budget;    /* bytes that may be spent on keeping similarities for backward, or
                               CT_BUDGET_LIKE_ROWS: a measure of the rows (pair.c) */
  ct_precision precision;   /* of products on a GPU */
  bool diagnostics;         /* note what ct_pair_diagnosis_of tells */
} ct_loss_options;

/* The defaults: the rule's, per anchor, mean, cosine, CT_BUDGET_LIKE_ROWS. */
ct_loss_options ct_loss_defaults(const ct_loss_rule *rule);

typedef struct ct_loss_facts {
  double loss;                    /* reduced; for CT_NONE the sum */
  int64_t n_anchors, n_valid;     /* valid: has the pairs that the loss needs */
  int64_t n_positive, n_negative; /* ordered pairs */
  int64_t n_nonzero;              /* terms (rule->unit) that are not zero, by the weights of their
                                     pairs, to the nearest integer */
  double mean_sp, mean_sn;        /* mean similarity over those pairs; NaN when there is none */
  int64_t n_without_positive, n_without_negative; /* anchors */
} ct_loss_facts;

/* More about the pairs of a pass; NaN where a thing has no meaning. */
typedef struct ct_loss_diagnosis {
  int64_t bins[CT_KINDS][CT_DIAGNOSIS_BINS]; /* ordered pairs by similarity, in equal steps from -1
                                                to 1; what lies beyond counts at the ends */
  double mean_alpha[CT_KINDS];               /* Circle Loss: over the ordered pairs */
  double past_boundary;       /* of losses with a boundary: the share of valid anchors whose least
                                 s_p and greatest s_n lie within it, so that no pair is wrong */
  double effective[CT_KINDS]; /* after backward: see ct_diagnosis_tell */
  double gradient_norm;       /* after backward: Euclidean, over queries and references wanted */
} ct_loss_diagnosis;

enum { CT_MOST_CENTRES = 64 };

/* One set of rows as a caller gives it: x [rows, D] Float or Double; labels [rows] of any type,
 * holding integers >= 1, or NULL where the rows are the classes 1..rows. The names are for
 * messages. */
typedef struct ct_loss_rows {
  const char *x_name, *labels_name;
  const ct_tensor *x, *labels;
  const int64_t *ignore; /* a label whose rows take no part; NULL: there is none */
  bool several;          /* labels: [rows, G] integers >= 0, of which 0 is no label */
  int64_t centres; /* of classes: so many consecutive rows are one, at most CT_MOST_CENTRES, and the
                      most similar of them, the first of equals, is met; 0 means 1 */
  const ct_tensor *bias; /* of classes: [classes], the type of x, added to logits that are scaled
                            dot products; NULL: none */
} ct_loss_rows;

typedef struct ct_pair_context ct_pair_context;

ct_status ct_pair_context_new(ct_pair_context **out, ct_error *error);
void ct_pair_context_free(ct_pair_context *context); /* NULL is allowed */

/* Pair-wise loss of `queries` against themselves (references NULL; a row is no pair with
 * itself) or against `references`. Fills `facts`, and for CT_NONE *losses, resized to [queries].
 * The context keeps what backward needs; of the references that is the caller's tensor itself (or a
 * contiguous copy), which backward reads again. `function` names the caller in messages.
 * CT_EINVALID: wrong shapes, types, labels or options; NaN or Inf in x (the first bad row is
 * named); similarities beyond the type's range. CT_EINTERRUPTED: the context holds no forward pass
 * then. */
ct_status ct_pair_forward(ct_pair_context *context, const char *function,
                          const ct_loss_rows *queries, const ct_loss_rows *references,
                          const ct_loss_options *options, ct_tensor *losses, ct_loss_facts *facts,
                          ct_error *error);

/* Gradient of `scale` times the loss of the last forward. grad_queries, grad_references and
 * grad_bias (NULL: not wanted; grad_bias: NULL without a bias) are resized to their rows' size and
 * must have their type. */
ct_status ct_pair_backward(ct_pair_context *context, const char *function, double scale,
                           ct_tensor *grad_queries, ct_tensor *grad_references,
                           ct_tensor *grad_bias, ct_error *error);

/* What the last passes noted; false when the last forward was not asked to. */
bool ct_pair_diagnosis_of(const ct_pair_context *context, ct_loss_diagnosis *out);

/* Circle Loss of given similarities: s_p [K] and s_n [L] of one anchor, or [B,K] and [B,L] of B
 * anchors, of one real type. grad_p and grad_n (both NULL: forward only) are the gradient of
 * `scale` times the loss, resized alike. similarity, memory_budget and filter_eps play no part. */
ct_status ct_similarity_loss(const char *function, const ct_tensor *s_p, const ct_tensor *s_n,
                             const ct_loss_options *options, double scale, ct_tensor *losses,
                             ct_tensor *grad_p, ct_tensor *grad_n, ct_loss_facts *facts,
                             ct_error *error);

#endif
