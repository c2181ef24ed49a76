/* Circle Loss by its definition, in long double: similarities of all pairs, then the terms, then
 * the gradient of every pair, then the chain rule back to the rows. No tiles, no symmetry, no
 * online sums: each step is one loop over all pairs, written to be compared with the formula. */
#include "ref/circle_ref.h"
#include <math.h>
#include "ref/pairs.h"

/* The terms of one loss */

static real logit(char kind, real s, const ct_ref_circle *o) {
  real m = o->m, gamma = o->gamma;
  if (kind == POSITIVE) return -gamma * fmaxl(1 + m - s, 0) * (s - (1 - m));
  return gamma * fmaxl(s + m, 0) * (s - m);
}

/* d logit / d s, the weight [..]_+ held fixed or not. */
static real logit_slope(char kind, real s, const ct_ref_circle *o) {
  real m = o->m, gamma = o->gamma;
  if (kind == POSITIVE) {
    real alpha = fmaxl(1 + m - s, 0);
    if (!o->through_alpha) return -gamma * alpha;
    return alpha > 0 ? 2 * gamma * (s - 1) : 0;
  }
  real alpha = fmaxl(s + m, 0);
  if (!o->through_alpha) return gamma * alpha;
  return alpha > 0 ? 2 * gamma * s : 0;
}

/* log(sum(exp(logit))) over the pairs of one kind; *some says whether there is any. */
static real log_sum_exp(const real *s, const char *kind, char which, int64_t count,
                        const ct_ref_circle *o, bool *some) {
  real most = 0, sum = 0;
  *some = false;
  for (int64_t j = 0; j < count; j++) {
    if (kind[j] != which) continue;
    real l = logit(which, s[j], o);
    most = *some ? fmaxl(most, l) : l;
    *some = true;
  }
  for (int64_t j = 0; j < count; j++)
    if (kind[j] == which) sum += expl(logit(which, s[j], o) - most);
  return *some ? most + logl(sum) : 0;
}

/* The loss softplus(LSE(l_n) + LSE(l_p)) of `count` pairs, and its gradient in g: with
 * Z = 1 - exp(-loss), d loss / d s = Z * softmax(logit) * slope. */
static real one_term(real *g, const real *s, const char *kind, int64_t count,
                     const ct_ref_circle *o) {
  bool positive, negative;
  real lse_p = log_sum_exp(s, kind, POSITIVE, count, o, &positive);
  real lse_n = log_sum_exp(s, kind, NEGATIVE, count, o, &negative);
  for (int64_t j = 0; j < count; j++) g[j] = 0;
  if (!positive || !negative) return 0;
  real z = lse_n + lse_p, small = expl(-fabsl(z));
  real loss = fmaxl(z, 0) + log1pl(small);
  real Z = z > 0 ? 1 / (1 + small) : small / (1 + small);
  for (int64_t j = 0; j < count; j++) {
    if (kind[j] == NO_PAIR) continue;
    real lse = kind[j] == POSITIVE ? lse_p : lse_n;
    g[j] = Z * expl(logit(kind[j], s[j], o) - lse) * logit_slope(kind[j], s[j], o);
  }
  return loss;
}

/* From similarities and kinds to the loss and d loss / d s. */
static void loss_of_pairs(ct_ref_facts *facts, double *anchor_loss, pairs *p, bool same_set,
                          const ct_ref_circle *o) {
  int64_t terms = p->B, count = p->R;
  real share = 1, sum = 0, weight = 0;
  count_pairs(facts, p);
  if (o->batch) {
    terms = 1;
    count = p->B * p->R;
    for (int64_t i = 0; same_set && i < p->B; i++)
      for (int64_t j = 0; j <= i; j++) p->kind[i * p->R + j] = NO_PAIR;
  } else if (o->reduction == CT_REF_MEAN) {
    share = facts->n_valid ? 1 / (real)facts->n_valid : 0;
  } else if (o->reduction == CT_REF_MEAN_ALL) {
    share = p->B ? 1 / (real)p->B : 0;
  }
  for (int64_t i = 0; i < terms; i++) {
    real *g = p->g + i * count;
    real loss = one_term(g, p->s + i * count, p->kind + i * count, count, o);
    if (anchor_loss) anchor_loss[i] = (double)loss;
    sum += loss;
    for (int64_t j = 0; j < count; j++) {
      g[j] *= share;
      weight += fabsl(g[j]);
    }
  }
  facts->loss = (double)(sum * share);
  facts->loss_scale = (double)weight;
}

ct_status ct_ref_circle_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_circle *options, ct_error *error) {
  rows anchors = {0}, references = {0}, *y = refs ? &references : &anchors;
  pairs p = {0};
  ct_status status = rows_new(&anchors, x, B, D, options->similarity, error);
  if (status == CT_OK && refs)
    status = rows_new(&references, refs, R, D, options->similarity, error);
  if (status == CT_OK) status = pairs_new(&p, B, y->count, error);
  if (status == CT_OK) {
    pair_up(&p, &anchors, y, labels, refs ? ref_labels : labels, options->similarity);
    loss_of_pairs(facts, anchor_loss, &p, !refs, options);
    add_pairs(&p, &anchors, y, options->similarity);
    facts->scale_x = rows_gradient(grad_x, &anchors, options->similarity);
    if (refs) facts->scale_refs = rows_gradient(grad_refs, &references, options->similarity);
  }
  pairs_free(&p);
  rows_free(&anchors);
  rows_free(&references);
  return status;
}

ct_status ct_ref_circle_similarity_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_p,
                                        double *grad_n, const double *s_p, const double *s_n,
                                        int64_t B, int64_t K, int64_t L,
                                        const ct_ref_circle *options, ct_error *error) {
  pairs p = {0};
  ct_status status = pairs_new(&p, B, K + L, error);
  for (int64_t i = 0; i < B && status == CT_OK; i++)
    for (int64_t j = 0; j < K + L; j++) {
      p.s[i * p.R + j] = j < K ? s_p[i * K + j] : s_n[i * L + j - K];
      p.kind[i * p.R + j] = j < K ? POSITIVE : NEGATIVE;
    }
  if (status == CT_OK) loss_of_pairs(facts, anchor_loss, &p, false, options);
  for (int64_t i = 0; i < B && status == CT_OK; i++) {
    for (int64_t j = 0; j < K; j++) grad_p[i * K + j] = (double)p.g[i * p.R + j];
    for (int64_t j = 0; j < L; j++) grad_n[i * L + j] = (double)p.g[i * p.R + K + j];
  }
  pairs_free(&p);
  return status;
}
