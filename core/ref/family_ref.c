/* Pair-wise losses by their definitions, in long double, from the matrix of all similarities.
 *
 * Each loss is one function that fills the losses of all anchors and d loss / d s of all pairs,
 * both before any reduction, and says how many units the mean is over. */
#include "ref/family_ref.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "ref/pairs.h"

typedef struct problem {
  const ct_ref_family *o; /* of all anchors, or the one at hand */
  const ct_ref_family *all;
  ct_ref_family one;
  pairs *p;
  real *often;  /* [B,R] how often each pair counts for its row */
  double *loss; /* [B] */
  bool same_set;
  int64_t valid; /* anchors that have a loss */
  /* What the means divide by. Losses of all pairs have one mean for each kind and a sum each, [1]
   * of positives; the others use [0] alone. */
  bool apart;
  real sum[2], terms[2], nonzero[2];
} problem;

/* Pairs of row i of a kind. */
static int64_t count_of(const pairs *p, int64_t i, char kind) {
  int64_t n = 0;
  for (int64_t j = 0; j < p->R; j++) n += p->kind[i * p->R + j] == kind;
  return n;
}

/* The same, each pair as often as it counts. */
static real mass_of(const problem *w, int64_t i, char kind) {
  real sum = 0;
  for (int64_t e = i * w->p->R; e < (i + 1) * w->p->R; e++)
    if (w->p->kind[e] == kind) sum += w->often[e];
  return sum;
}

/* From here on the options are those of anchor i. */
static void turn_to(problem *w, int64_t i) {
  double *const own[CT_REF_PARAMETERS] = {
      &w->one.m,      &w->one.gamma,      &w->one.alpha,      &w->one.beta,       &w->one.base,
      &w->one.margin, &w->one.pos_margin, &w->one.neg_margin, &w->one.temperature};
  w->one = *w->all;
  for (int q = 0; q < CT_REF_PARAMETERS; q++)
    if (w->all->refine.own[q]) *own[q] = w->all->refine.own[q][i];
  w->o = &w->one;
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
        real z = gamma * (p->s[b] - p->s[a] + m), often = w->often[a] * w->often[b];
        if (pass == 0) most = fmaxl(most, z);
        if (pass == 1) sum += often * expl(z - most);
        real weight = pass == 2 ? gamma * often * expl(z - total) * slope : 0;
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
    return;
  }
  for (int64_t i = 0; i < p->B; i++) {
    turn_to(w, i);
    unified(w, i * p->R, (i + 1) * p->R, &w->loss[i]);
    w->valid += count_of(p, i, POSITIVE) && count_of(p, i, NEGATIVE);
  }
}

/* Circle Loss (Eq. 6): softplus(LSE(l_n) + LSE(l_p)) with l_p = -gamma [1+m-s]_+ (s - (1-m)) and
 * l_n = gamma [s+m]_+ (s - m). */
static void circle_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    real lse[3] = {0, -INFINITY, -INFINITY}, logit, slope;
    w->loss[i] = 0;
    if (!count_of(p, i, POSITIVE) || !count_of(p, i, NEGATIVE)) continue;
    turn_to(w, i);
    w->valid++;
    for (int pass = 0; pass < 2; pass++) {
      real z = lse[POSITIVE] + lse[NEGATIVE], outer = pass ? expl(z - softplus(z)) : 0;
      for (int64_t e = i * p->R; e < (i + 1) * p->R; e++) {
        real s = p->s[e], m = w->o->m, gamma = w->o->gamma;
        bool positive = p->kind[e] == POSITIVE;
        if (p->kind[e] == NO_PAIR) continue;
        real alpha = fmaxl(positive ? 1 + m - s : s + m, 0);
        real away = positive ? 1 - m - s : s - m;
        logit = gamma * alpha * away;
        slope = gamma * (alpha + (w->o->through_alpha && alpha > 0 ? away : 0));
        if (pass == 0)
          lse[(int)p->kind[e]] = log_add(lse[(int)p->kind[e]], logl(w->often[e]) + logit);
        else
          p->g[e] = (positive ? -1 : 1) * outer * w->often[e] * expl(logit - lse[(int)p->kind[e]]) *
                    slope;
      }
      if (pass) w->loss[i] = (double)softplus(z);
    }
  }
}

/* log(1 + sum_p exp(-alpha (s_p - base))) / alpha + log(1 + sum_n exp(beta (s_n - base))) / beta */
static void multi_similarity_loss(problem *w) {
  pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    turn_to(w, i);
    real alpha = w->o->alpha, beta = w->o->beta, base = w->o->base;
    real total_p = -INFINITY, total_n = -INFINITY;
    const real *s = p->s + i * p->R, *often = w->often + i * p->R;
    const char *kind = p->kind + i * p->R;
    for (int64_t j = 0; j < p->R; j++) {
      if (kind[j] == POSITIVE) total_p = log_add(total_p, logl(often[j]) - alpha * (s[j] - base));
      if (kind[j] == NEGATIVE) total_n = log_add(total_n, logl(often[j]) + beta * (s[j] - base));
    }
    for (int64_t j = 0; j < p->R; j++) {
      real *g = p->g + i * p->R + j;
      if (kind[j] == POSITIVE) *g = -often[j] * expl(-alpha * (s[j] - base) - softplus(total_p));
      if (kind[j] == NEGATIVE) *g = often[j] * expl(beta * (s[j] - base) - softplus(total_n));
    }
    w->loss[i] = (double)(softplus(total_p) / alpha + softplus(total_n) / beta);
    w->valid += count_of(p, i, POSITIVE) || count_of(p, i, NEGATIVE);
  }
}

/* The distance of a pair, or the similarity with its sign turned, and the derivative by s. A
 * distance that rounding may have made of 0 counts as 0. */
static real far(const problem *w, int64_t e, real *slope) {
  real s = w->p->s[e], square = 2 - 2 * s;
  *slope = -1;
  if (w->o->by_measure) return -s;
  *slope = square > 0x1p-46L ? -1 / sqrtl(square) : 0;
  return square > 0x1p-46L ? sqrtl(square) : 0;
}

static real margin_of(const problem *w, real margin) { return w->o->by_measure ? -margin : margin; }

static void contrastive_loss(problem *w) {
  const pairs *p = w->p;
  w->apart = true;
  for (int64_t i = 0; i < p->B; i++) {
    real loss = 0;
    turn_to(w, i);
    for (int64_t e = i * p->R; e < (i + 1) * p->R; e++) {
      real slope, d = far(w, e, &slope), t, often = w->often[e];
      if (p->kind[e] == NO_PAIR) continue;
      bool positive = p->kind[e] == POSITIVE;
      t = positive ? d - margin_of(w, w->o->pos_margin) : margin_of(w, w->o->neg_margin) - d;
      w->terms[positive] += often;
      if (!(t > 0)) continue;
      w->nonzero[positive] += often;
      w->sum[positive] += often * t;
      loss += often * t;
      p->g[e] = often * (positive ? slope : -slope);
    }
    w->loss[i] = (double)loss;
    w->valid += count_of(p, i, POSITIVE) || count_of(p, i, NEGATIVE);
  }
}

/* The value and slope of a triplet's violation z. */
static real violation(const ct_ref_family *o, real z, real *slope) {
  if (o->soft) {
    *slope = expl(z - softplus(z));
    return softplus(z);
  }
  *slope = z > 0;
  return fmaxl(z, 0);
}

/* The farthest pair of a kind in row i (`sign` -1: the nearest). */
static real hardest(const problem *w, int64_t i, char kind, int sign) {
  real most = -INFINITY, slope;
  for (int64_t e = i * w->p->R; e < (i + 1) * w->p->R; e++)
    if (w->p->kind[e] == kind) most = fmaxl(most, sign * far(w, e, &slope));
  return sign * most;
}

/* Pairs of row i that are as far as the hardest share its derivative. */
static void spread(problem *w, int64_t i, char kind, real most, real by) {
  real slope, ties = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t e = i * w->p->R; e < (i + 1) * w->p->R; e++) {
      if (w->p->kind[e] != kind || far(w, e, &slope) != most) continue;
      if (pass == 0)
        ties += w->often[e];
      else
        w->p->g[e] = by * slope * w->often[e] / ties;
    }
}

static void triplet_hard_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    w->loss[i] = 0;
    if (!count_of(p, i, POSITIVE) || !count_of(p, i, NEGATIVE)) continue;
    turn_to(w, i);
    real d_p = hardest(w, i, POSITIVE, 1), d_n = hardest(w, i, NEGATIVE, -1), slope;
    w->loss[i] = (double)violation(w->o, d_p - d_n + w->o->margin, &slope);
    w->valid++;
    spread(w, i, POSITIVE, d_p, slope);
    spread(w, i, NEGATIVE, d_n, -slope);
  }
}

static void triplet_all_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    real loss = 0;
    turn_to(w, i);
    for (int64_t a = i * p->R; a < (i + 1) * p->R; a++)
      for (int64_t n = i * p->R; n < (i + 1) * p->R && p->kind[a] == POSITIVE; n++) {
        real slope_p, slope_n, slope, d_p = far(w, a, &slope_p), d_n = far(w, n, &slope_n);
        if (p->kind[n] != NEGATIVE) continue;
        real value = violation(w->o, d_p - d_n + w->o->margin, &slope);
        real often = w->often[a] * w->often[n];
        loss += often * value;
        p->g[a] += often * slope * slope_p;
        p->g[n] -= often * slope * slope_n;
        w->terms[0] += often;
        w->nonzero[0] += value != 0 ? often : 0;
      }
    w->loss[i] = (double)loss;
    w->valid += count_of(p, i, POSITIVE) && count_of(p, i, NEGATIVE);
  }
}

/* log sum e^(sign * (d - margin)) over row i's pairs of a kind, or of all kinds. */
static real lse_of(const problem *w, int64_t i, char kind, int sign, real margin) {
  real total = -INFINITY, slope;
  for (int64_t e = i * w->p->R; e < (i + 1) * w->p->R; e++)
    if (w->p->kind[e] == kind)
      total = log_add(total, logl(w->often[e]) + sign * (far(w, e, &slope) - margin_of(w, margin)));
  return total;
}

static void generalized_lifted_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    w->loss[i] = 0;
    if (!count_of(p, i, POSITIVE) || !count_of(p, i, NEGATIVE)) continue;
    turn_to(w, i);
    real lse_p = lse_of(w, i, POSITIVE, 1, w->o->pos_margin);
    real lse_n = lse_of(w, i, NEGATIVE, -1, w->o->neg_margin);
    w->valid++;
    if (!(lse_p + lse_n > 0)) continue;
    w->loss[i] = (double)(lse_p + lse_n);
    for (int64_t e = i * p->R; e < (i + 1) * p->R; e++) {
      real slope, d = far(w, e, &slope);
      if (p->kind[e] == POSITIVE)
        p->g[e] = w->often[e] * expl(d - margin_of(w, w->o->pos_margin) - lse_p) * slope;
      if (p->kind[e] == NEGATIVE)
        p->g[e] = -w->often[e] * expl(margin_of(w, w->o->neg_margin) - d - lse_n) * slope;
    }
  }
}

/* One term for each positive pair (i,j); the negatives of j count where j is an anchor. */
static void lifted_loss(problem *w) {
  const pairs *p = w->p;
  real slope;
  for (int64_t i = 0; i < p->B; i++) {
    real loss = 0;
    w->valid += count_of(p, i, POSITIVE) && count_of(p, i, NEGATIVE);
    for (int64_t j = 0; j < p->R; j++) {
      int64_t e = i * p->R + j;
      if (p->kind[e] != POSITIVE || !count_of(p, i, NEGATIVE)) continue;
      real near = lse_of(w, i, NEGATIVE, -1, w->o->neg_margin);
      if (w->same_set) near = log_add(near, lse_of(w, j, NEGATIVE, -1, w->o->neg_margin));
      real J = near + far(w, e, &slope) - margin_of(w, w->o->pos_margin);
      w->terms[0] += w->often[e];
      if (!(J > 0)) continue;
      w->nonzero[0] += w->often[e];
      loss += w->often[e] * J * J / 2;
      p->g[e] += w->often[e] * J * slope;
      for (int64_t row = i, end = 0; end < (w->same_set ? 2 : 1); end++, row = j)
        for (int64_t n = row * p->R; n < (row + 1) * p->R; n++)
          if (p->kind[n] == NEGATIVE) {
            real d = far(w, n, &slope);
            p->g[n] -= w->often[e] * J * w->often[n] *
                       expl(margin_of(w, w->o->neg_margin) - d - near) * slope;
          }
    }
    w->loss[i] = (double)loss;
  }
}

static void supcon_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    real all = -INFINITY, loss = 0, positives = mass_of(w, i, POSITIVE);
    turn_to(w, i);
    real t = w->o->temperature;
    w->loss[i] = 0;
    if (count_of(p, i, POSITIVE) == 0) continue;
    w->valid++;
    for (int64_t e = i * p->R; e < (i + 1) * p->R; e++)
      if (p->kind[e] != NO_PAIR) all = log_add(all, logl(w->often[e]) + p->s[e] / t);
    for (int64_t e = i * p->R; e < (i + 1) * p->R; e++) {
      if (p->kind[e] == NO_PAIR) continue;
      p->g[e] = w->often[e] * expl(p->s[e] / t - all) / t;
      if (p->kind[e] != POSITIVE) continue;
      loss += w->often[e] * (all - p->s[e] / t) / positives;
      p->g[e] -= w->often[e] / (t * positives);
    }
    w->loss[i] = (double)loss;
  }
}

static void nt_xent_loss(problem *w) {
  const pairs *p = w->p;
  for (int64_t i = 0; i < p->B; i++) {
    real loss = 0;
    turn_to(w, i);
    real t = w->o->temperature;
    w->valid += count_of(p, i, POSITIVE) > 0;
    for (int64_t a = i * p->R; a < (i + 1) * p->R; a++) {
      if (p->kind[a] != POSITIVE) continue;
      real all = p->s[a] / t, term = -INFINITY;
      for (int64_t e = i * p->R; e < (i + 1) * p->R; e++)
        if (p->kind[e] == NEGATIVE)
          term = log_add(term, logl(w->often[e]) + p->s[e] / t - p->s[a] / t);
      term = softplus(term);
      all += term;
      for (int64_t e = i * p->R; e < (i + 1) * p->R; e++)
        if (p->kind[e] == NEGATIVE) {
          real often = w->often[a] * w->often[e];
          p->g[e] += often * expl(p->s[e] / t - all) / t;
          p->g[a] -= often * expl(p->s[e] / t - all) / t;
        }
      w->terms[0] += w->often[a];
      w->nonzero[0] += term != 0 ? w->often[a] : 0;
      loss += w->often[a] * term;
    }
    w->loss[i] = (double)loss;
  }
}

typedef struct entry {
  const char *name;
  void (*run)(problem *);
} entry;

static void run_loss(problem *w) {
  static const entry all[] = {
      {"circle", circle_loss},
      {"unified", unified_loss},
      {"multi_similarity", multi_similarity_loss},
      {"contrastive", contrastive_loss},
      {"triplet_hard", triplet_hard_loss},
      {"triplet_all", triplet_all_loss},
      {"lifted", lifted_loss},
      {"generalized_lifted", generalized_lifted_loss},
      {"supcon", supcon_loss},
      {"nt_xent", nt_xent_loss},
  };
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    if (strcmp(w->o->name, all[k].name) == 0) all[k].run(w);
}

/* Where a loss has counted no terms of its own, they are the anchors that have a loss. */
static void count_anchors(problem *w) {
  if (w->apart || w->terms[0] > 0) return;
  w->terms[0] = w->valid;
  for (int64_t i = 0; i < w->p->B; i++) w->nonzero[0] += w->loss[i] != 0;
}

/* How many of a's labels (0: none; each once) b has too; b == NULL: how many a has. */
static int64_t in_common(const int64_t *a, int64_t a_size, const int64_t *b, int64_t b_size) {
  int64_t common = 0;
  for (int64_t k = 0; k < a_size; k++) {
    bool known = a[k] == 0, found = b == NULL;
    for (int64_t before = 0; before < k; before++) known |= a[before] == a[k];
    for (int64_t j = 0; j < b_size && b; j++) found |= a[k] == b[j];
    common += !known && found;
  }
  return common;
}

/* Kinds by labels in common. */
static void share_labels(problem *w) {
  const ct_ref_refinement *r = &w->all->refine;
  const int64_t *others = w->same_set ? r->sets : r->ref_sets, H = w->same_set ? r->G : r->H;
  for (int64_t i = 0; i < w->p->B && r->sets; i++)
    for (int64_t j = 0; j < w->p->R; j++) {
      const int64_t *a = r->sets + i * r->G, *b = others + j * H, e = i * w->p->R + j;
      int64_t common = in_common(a, r->G, b, H);
      int64_t either = in_common(a, r->G, NULL, 0) + in_common(b, H, NULL, 0) - common;
      if (w->same_set && i == j) continue;
      w->p->kind[e] = common > 0 ? POSITIVE : NEGATIVE;
      if (r->soft && common > 0) w->often[e] = (real)common / (real)either;
    }
}

/* Takes the negatives of row i out that have as many harder ones as may count. */
static ct_status keep_hardest(problem *w, int64_t i, ct_error *error) {
  const pairs *p = w->p;
  const int64_t from = i * p->R;
  char *kind;
  CT_TRY(ct_alloc(&kind, p->R, sizeof *kind, "pair kinds", error));
  for (int64_t j = 0; j < p->R; j++) {
    int64_t harder = 0;
    for (int64_t k = 0; k < p->R; k++)
      harder += p->kind[from + k] == NEGATIVE &&
                (p->s[from + k] > p->s[from + j] || (p->s[from + k] == p->s[from + j] && k < j));
    bool out = p->kind[from + j] == NEGATIVE && harder >= w->all->refine.hardest;
    kind[j] = out ? NO_PAIR : p->kind[from + j];
  }
  for (int64_t j = 0; j < p->R; j++) p->kind[from + j] = kind[j];
  ct_free(kind);
  return CT_OK;
}

/* Which pairs there are, and how often each counts. */
static ct_status refine(problem *w, ct_error *error) {
  const ct_ref_refinement *r = &w->all->refine;
  const pairs *p = w->p;
  for (int64_t e = 0; e < p->B * p->R; e++) w->often[e] = 1;
  share_labels(w);
  for (int64_t e = 0; e < p->B * p->R && r->weight; e++) {
    w->often[e] *= r->weight[e];
    if (r->weight[e] == 0) p->kind[e] = NO_PAIR;
  }
  for (int64_t i = 0; i < p->B && r->hardest; i++) CT_TRY(keep_hardest(w, i, error));
  return CT_OK;
}

static void reduce(ct_ref_facts *facts, problem *w) {
  const pairs *p = w->p;
  real share[2] = {1, 1}, weight = 0, loss = 0;
  bool batch = w->o->batch;
  if (!batch) count_anchors(w);
  for (int64_t i = 0; i < (batch ? 1 : p->B) && !w->apart; i++) w->sum[0] += w->loss[i];
  for (int k = 0; k < 2 && !batch; k++) {
    real over = 1;
    if (w->o->reduction == CT_REF_FAMILY_MEAN) over = w->terms[k];
    if (w->o->reduction == CT_REF_FAMILY_MEAN_NONZERO) over = w->nonzero[k];
    if (w->o->reduction == CT_REF_FAMILY_MEAN_ALL) over = p->B;
    share[k] = over > 0 ? 1 / over : 0;
  }
  for (int64_t e = 0; e < p->B * p->R; e++) {
    p->g[e] *= share[w->apart && p->kind[e] == POSITIVE];
    weight += fabsl(p->g[e]);
  }
  for (int k = 0; k < 2; k++) loss += w->sum[k] * share[k];
  facts->loss = (double)loss;
  facts->loss_scale = (double)weight;
  facts->n_valid = batch ? facts->n_valid : w->valid;
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
  problem w = {.o = options, .all = options, .p = &p, .loss = anchor_loss, .same_set = !refs};
  if (status == CT_OK) status = ct_alloc(&w.often, B * p.R, sizeof *w.often, "pair weights", error);
  if (status == CT_OK) {
    pair_up(&p, &anchors, y, labels, refs ? ref_labels : labels, kind);
    status = refine(&w, error);
  }
  if (status == CT_OK) {
    count_pairs(facts, &p);
    for (int64_t e = 0; e < p.B * p.R; e++) p.g[e] = 0;
    run_loss(&w);
    reduce(facts, &w);
    add_pairs(&p, &anchors, y, kind);
    facts->scale_x = rows_gradient(grad_x, &anchors, kind);
    if (refs) facts->scale_refs = rows_gradient(grad_refs, &references, kind);
  }
  ct_free(w.often);
  pairs_free(&p);
  rows_free(&anchors);
  rows_free(&references);
  return status;
}
