/* Pair-wise losses by their definitions, in long double, from the matrix of all similarities.
 *
 * Each loss is one function that fills the losses of all anchors and d loss / d s of all pairs,
 * both before any reduction, and says how many units the mean is over. */
#include "ref/family_ref.h"
#include <math.h>
#include <string.h>
#include "ref/pairs.h"

typedef struct problem {
  const ct_ref_family *o;
  pairs *p;
  double *loss; /* [B] */
  bool same_set;
  int64_t valid; /* anchors that have a loss */
  real units;    /* what "mean" divides by */
} problem;

/* Pairs of row i of a kind. */
static int64_t count_of(const pairs *p, int64_t i, char kind) {
  int64_t n = 0;
  for (int64_t j = 0; j < p->R; j++) n += p->kind[i * p->R + j] == kind;
  return n;
}

/* log(e^a + e^b) without overflow. */
static real log_add(real a, real b) {
  real most = fmaxl(a, b);
  return isinf(most) ? most : most + logl(expl(a - most) + expl(b - most));
}

/* log(1 + e^z) */
static real softplus(real z) { return fmaxl(z, 0) + log1pl(expl(-fabsl(z))); }

/* The unified loss: log(1 + sum over n, p of exp(gamma * (s_n - s_p + m))), by the double sum. */
static void unified(problem *w, int64_t first, int64_t last, double *loss) {
  const pairs *p = w->p;
  real gamma = w->o->gamma, m = w->o->m, most = -INFINITY, sum = 0, total = -INFINITY;
  for (int pass = 0; pass < 3; pass++) {
    if (pass == 2) total = most + logl(sum); /* log of the sum without the 1 */
    real slope = expl(total - softplus(total));
    for (int64_t a = first; a < last; a++)
      for (int64_t b = first; b < last && p->kind[a] == POSITIVE; b++) {
        if (p->kind[b] != NEGATIVE) continue;
        real z = gamma * (p->s[b] - p->s[a] + m);
        if (pass == 0) most = fmaxl(most, z);
        if (pass == 1) sum += expl(z - most);
        real weight = pass == 2 ? gamma * expl(z - total) * slope : 0;
        p->g[a] -= weight;
        p->g[b] += weight;
      }
  }
  *loss = sum > 0 ? (double)softplus(total) : 0;
}

static void unified_loss(problem *w) {
  pairs *p = w->p;
  if (w->o->batch) {
    for (int64_t i = 0; w->same_set && i < p->B; i++)
      for (int64_t j = 0; j <= i; j++) p->kind[i * p->R + j] = NO_PAIR;
    unified(w, 0, p->B * p->R, w->loss);
    w->units = 1;
    return;
  }
  for (int64_t i = 0; i < p->B; i++) {
    unified(w, i * p->R, (i + 1) * p->R, &w->loss[i]);
    w->valid += count_of(p, i, POSITIVE) && count_of(p, i, NEGATIVE);
  }
  w->units = w->valid;
}

/* log(1 + sum_p exp(-alpha (s_p - base))) / alpha + log(1 + sum_n exp(beta (s_n - base))) / beta */
static void multi_similarity_loss(problem *w) {
  pairs *p = w->p;
  real alpha = w->o->alpha, beta = w->o->beta, base = w->o->base;
  for (int64_t i = 0; i < p->B; i++) {
    real total_p = -INFINITY, total_n = -INFINITY;
    const real *s = p->s + i * p->R;
    const char *kind = p->kind + i * p->R;
    for (int64_t j = 0; j < p->R; j++) {
      if (kind[j] == POSITIVE) total_p = log_add(total_p, -alpha * (s[j] - base));
      if (kind[j] == NEGATIVE) total_n = log_add(total_n, beta * (s[j] - base));
    }
    for (int64_t j = 0; j < p->R; j++) {
      real *g = p->g + i * p->R + j;
      if (kind[j] == POSITIVE) *g = -expl(-alpha * (s[j] - base) - softplus(total_p));
      if (kind[j] == NEGATIVE) *g = expl(beta * (s[j] - base) - softplus(total_n));
    }
    w->loss[i] = (double)(softplus(total_p) / alpha + softplus(total_n) / beta);
    w->valid += count_of(p, i, POSITIVE) || count_of(p, i, NEGATIVE);
  }
  w->units = w->valid;
}

static void run_loss(problem *w) {
  const char *name = w->o->name;
  if (strcmp(name, "unified") == 0) unified_loss(w);
  if (strcmp(name, "multi_similarity") == 0) multi_similarity_loss(w);
}

static void reduce(ct_ref_facts *facts, problem *w) {
  const pairs *p = w->p;
  real share = 1, sum = 0, weight = 0;
  if (w->o->reduction == CT_REF_FAMILY_MEAN) share = w->units > 0 ? 1 / w->units : 0;
  if (w->o->reduction == CT_REF_FAMILY_MEAN_ALL) share = p->B ? 1 / (real)p->B : 0;
  if (w->o->batch) share = 1;
  for (int64_t i = 0; i < (w->o->batch ? 1 : p->B); i++) sum += w->loss[i];
  for (int64_t e = 0; e < p->B * p->R; e++) {
    p->g[e] *= share;
    weight += fabsl(p->g[e]);
  }
  facts->loss = (double)(sum * share);
  facts->loss_scale = (double)weight;
  facts->n_valid = w->o->batch ? facts->n_valid : w->valid;
}

ct_status ct_ref_family_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_family *options, ct_error *error) {
  rows anchors = {0}, references = {0}, *y = refs ? &references : &anchors;
  pairs p = {0};
  ct_ref_similarity kind = options->similarity;
  ct_status status = rows_new(&anchors, x, B, D, kind, error);
  if (status == CT_OK && refs) status = rows_new(&references, refs, R, D, kind, error);
  if (status == CT_OK) status = pairs_new(&p, B, y->count, error);
  if (status == CT_OK) {
    problem w = {.o = options, .p = &p, .loss = anchor_loss, .same_set = !refs};
    pair_up(&p, &anchors, y, labels, refs ? ref_labels : labels, kind);
    count_pairs(facts, &p);
    for (int64_t e = 0; e < p.B * p.R; e++) p.g[e] = 0;
    run_loss(&w);
    reduce(facts, &w);
    add_pairs(&p, &anchors, y, kind);
    facts->scale_x = rows_gradient(grad_x, &anchors, kind);
    if (refs) facts->scale_refs = rows_gradient(grad_refs, &references, kind);
  }
  pairs_free(&p);
  rows_free(&anchors);
  rows_free(&references);
  return status;
}
