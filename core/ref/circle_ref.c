/* Circle Loss by its definition, in long double: similarities of all pairs, then the terms, then
 * the gradient of every pair, then the chain rule back to the rows. No tiles, no symmetry, no
 * online sums: each step is one loop over all pairs, written to be compared with the formula. */
#include "ref/circle_ref.h"
#include <math.h>
#include "base/memory.h"

typedef long double real;

enum { NO_PAIR = 0, POSITIVE = 1, NEGATIVE = 2 };

typedef struct pairs {
  int64_t B, R;
  real *s;    /* [B,R] similarities */
  real *g;    /* [B,R] d loss / d s */
  char *kind; /* [B,R] */
} pairs;

static ct_status pairs_new(pairs *p, int64_t B, int64_t R, ct_error *error) {
  int64_t count;
  *p = (pairs){.B = B, .R = R};
  if (!ct_size_mul(B, R, &count))
    return ct_fail(error, CT_ENOMEM, "not enough memory for all pairs");
  ct_status status = ct_alloc(&p->s, count, sizeof *p->s, "all similarities", error);
  if (status == CT_OK) status = ct_alloc(&p->g, count, sizeof *p->g, "pair gradients", error);
  if (status == CT_OK) status = ct_alloc(&p->kind, count, 1, "pair kinds", error);
  return status;
}

static void pairs_free(pairs *p) {
  ct_free(p->s);
  ct_free(p->g);
  ct_free(p->kind);
}

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

/* Counts and means of the facts. */
static void count_pairs(ct_ref_facts *facts, const pairs *p) {
  real sum[3] = {0};
  int64_t number[3] = {0};
  *facts = (ct_ref_facts){.n_anchors = p->B};
  for (int64_t i = 0; i < p->B; i++) {
    int64_t mine[3] = {0};
    for (int64_t j = 0; j < p->R; j++) {
      char kind = p->kind[i * p->R + j];
      sum[(int)kind] += p->s[i * p->R + j];
      mine[(int)kind]++;
    }
    number[POSITIVE] += mine[POSITIVE];
    number[NEGATIVE] += mine[NEGATIVE];
    facts->n_valid += mine[POSITIVE] && mine[NEGATIVE];
  }
  facts->mean_sp = number[POSITIVE] ? (double)(sum[POSITIVE] / (real)number[POSITIVE]) : NAN;
  facts->mean_sn = number[NEGATIVE] ? (double)(sum[NEGATIVE] / (real)number[NEGATIVE]) : NAN;
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

/* Rows */

typedef struct rows {
  int64_t count, D;
  real *value;  /* [count,D] what similarities are made of: for the cosine, rows of length 1 */
  real *length; /* [count] 0 for a zero row; 1 when the similarity is not the cosine */
  real *g;      /* [count,D] d loss / d value */
  real *size;   /* [count] length of value */
  real *scale;  /* [count] sum over pairs of |d loss / d s| * |d s / d value| */
} rows;

static void rows_free(rows *r) {
  ct_free(r->value);
  ct_free(r->length);
  ct_free(r->g);
  ct_free(r->size);
  ct_free(r->scale);
}

/* Divides by the largest magnitude first, so that no square overflows or vanishes. */
static real make_unit(real *value, const double *x, int64_t D) {
  real most = 0, square = 0;
  for (int64_t d = 0; d < D; d++) most = fmaxl(most, fabsl((real)x[d]));
  for (int64_t d = 0; d < D; d++) {
    value[d] = most > 0 ? x[d] / most : 0;
    square += value[d] * value[d];
  }
  real length = sqrtl(square);
  for (int64_t d = 0; d < D; d++) value[d] = length > 0 ? value[d] / length : 0;
  return most * length;
}

static ct_status rows_new(rows *r, const double *x, int64_t count, int64_t D,
                          const ct_ref_circle *o, ct_error *error) {
  int64_t elements;
  *r = (rows){.count = count, .D = D};
  if (!ct_size_mul(count, D, &elements))
    return ct_fail(error, CT_ENOMEM, "not enough memory for the rows");
  CT_TRY(ct_alloc(&r->value, elements, sizeof *r->value, "rows", error));
  CT_TRY(ct_alloc(&r->length, count, sizeof *r->length, "lengths", error));
  CT_TRY(ct_alloc(&r->g, elements, sizeof *r->g, "row gradients", error));
  CT_TRY(ct_alloc(&r->size, count, sizeof *r->size, "row sizes", error));
  CT_TRY(ct_alloc(&r->scale, count, sizeof *r->scale, "row scales", error));
  for (int64_t i = 0; i < count; i++) {
    r->length[i] = 1;
    r->scale[i] = 0;
    if (o->similarity == CT_REF_COSINE)
      r->length[i] = make_unit(r->value + i * D, x + i * D, D);
    else
      for (int64_t d = 0; d < D; d++) r->value[i * D + d] = x[i * D + d];
    real square = 0;
    for (int64_t d = 0; d < D; d++) square += r->value[i * D + d] * r->value[i * D + d];
    for (int64_t d = 0; d < D; d++) r->g[i * D + d] = 0;
    r->size[i] = sqrtl(square);
  }
  return CT_OK;
}

static real similarity(const real *x, const real *y, int64_t D, ct_ref_similarity kind) {
  real sum = 0;
  for (int64_t d = 0; d < D; d++)
    sum += kind == CT_REF_EUCLIDEAN ? (x[d] - y[d]) * (x[d] - y[d]) : x[d] * y[d];
  return kind == CT_REF_EUCLIDEAN ? 1 - sum / 2 : sum;
}

/* Adds the d loss / d value of pair (i,j), whose similarity is s, to both of its rows. */
static void add_pair(rows *x, int64_t i, rows *y, int64_t j, real g, real s,
                     ct_ref_similarity kind) {
  int64_t D = x->D;
  const real *a = x->value + i * D, *b = y->value + j * D;
  real *ga = x->g + i * D, *gb = y->g + j * D;
  for (int64_t d = 0; d < D; d++) {
    ga[d] += g * (kind == CT_REF_EUCLIDEAN ? b[d] - a[d] : b[d]);
    gb[d] += g * (kind == CT_REF_EUCLIDEAN ? a[d] - b[d] : a[d]);
  }
  real apart = sqrtl(fmaxl(2 - 2 * s, 0)); /* |a-b| by the definition of s, when euclidean */
  x->scale[i] += fabsl(g) * (kind == CT_REF_EUCLIDEAN ? apart : y->size[j]);
  y->scale[j] += fabsl(g) * (kind == CT_REF_EUCLIDEAN ? apart : x->size[i]);
}

/* Through the normalisation: g_x = (g - (g.u) u) / |x| for u = x/|x|. Returns the scale. */
static double rows_gradient(double *grad, const rows *r, const ct_ref_circle *o) {
  real scale = 0;
  for (int64_t i = 0; i < r->count; i++) {
    const real *u = r->value + i * r->D, *g = r->g + i * r->D;
    real along = 0, length = r->length[i];
    for (int64_t d = 0; d < r->D && o->similarity == CT_REF_COSINE; d++) along += g[d] * u[d];
    for (int64_t d = 0; d < r->D; d++)
      grad[i * r->D + d] = length > 0 ? (double)((g[d] - along * u[d]) / length) : 0;
    if (length > 0) scale += (r->scale[i] / length) * (r->scale[i] / length);
  }
  return (double)sqrtl(scale);
}

static void pair_up(pairs *p, const rows *x, const rows *y, const int64_t *labels,
                    const int64_t *ref_labels, const ct_ref_circle *o) {
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < p->R; j++) {
      p->s[i * p->R + j] =
          similarity(x->value + i * x->D, y->value + j * x->D, x->D, o->similarity);
      p->kind[i * p->R + j] = labels[i] == ref_labels[j] ? POSITIVE : NEGATIVE;
      if (x == y && i == j) p->kind[i * p->R + j] = NO_PAIR;
    }
}

ct_status ct_ref_circle_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_circle *options, ct_error *error) {
  rows anchors = {0}, references = {0}, *y = refs ? &references : &anchors;
  pairs p = {0};
  ct_status status = rows_new(&anchors, x, B, D, options, error);
  if (status == CT_OK && refs) status = rows_new(&references, refs, R, D, options, error);
  if (status == CT_OK) status = pairs_new(&p, B, y->count, error);
  if (status == CT_OK) {
    pair_up(&p, &anchors, y, labels, refs ? ref_labels : labels, options);
    loss_of_pairs(facts, anchor_loss, &p, !refs, options);
    for (int64_t i = 0; i < p.B; i++)
      for (int64_t j = 0; j < p.R; j++) {
        real g = p.g[i * p.R + j];
        if (g != 0) add_pair(&anchors, i, y, j, g, p.s[i * p.R + j], options->similarity);
      }
    facts->scale_x = rows_gradient(grad_x, &anchors, options);
    if (refs) facts->scale_refs = rows_gradient(grad_refs, &references, options);
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
