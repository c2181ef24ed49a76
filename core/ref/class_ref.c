/* The losses of class vectors by their definitions, in long double: all similarities, then each
 * row's loss and its derivative by every similarity, then the chain rule back to rows and vectors.
 */
#include "ref/class_ref.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"

typedef long double real;

/* Rows as they enter similarities (of length 1 for the cosine), and the derivative by them. */
typedef struct side {
  int64_t count, D;
  real *value, *g; /* [count,D] */
  real *length;    /* [count] for the cosine, otherwise 1 */
  real *scale;     /* [count] sum over pairs of |d loss / d s| * |d s / d value| */
} side;

typedef struct problem {
  int64_t B, C, K, D;
  ct_ref_similarity similarity;
  side x, w;
  real *s, *g;  /* [B,C*K] similarities and derivatives by them */
  real *z, *dz; /* [C] one row's logits and derivatives by them */
  int64_t *at;  /* [C] the nearest vector of each class */
} problem;

static ct_status new_reals(real **out, int64_t rows, int64_t columns, ct_error *error) {
  int64_t count;
  if (!ct_size_mul(rows, columns, &count))
    return ct_fail(error, CT_ENOMEM, "not enough memory for all pairs");
  CT_TRY(ct_alloc(out, count, sizeof **out, "all pairs", error));
  for (int64_t i = 0; i < count; i++) (*out)[i] = 0;
  return CT_OK;
}

static real dot(const real *a, const real *b, int64_t D) {
  real sum = 0;
  for (int64_t d = 0; d < D; d++) sum += a[d] * b[d];
  return sum;
}

/* Divided by the largest magnitude first, so that no square overflows or vanishes. */
static real to_unit(real *value, int64_t D) {
  real most = 0;
  for (int64_t d = 0; d < D; d++) most = fmaxl(most, fabsl(value[d]));
  if (most == 0) return 0;
  for (int64_t d = 0; d < D; d++) value[d] /= most;
  real length = sqrtl(dot(value, value, D));
  for (int64_t d = 0; d < D; d++) value[d] /= length;
  return most * length;
}

static ct_status side_new(side *s, const double *rows, int64_t count, int64_t D,
                          ct_ref_similarity similarity, ct_error *error) {
  *s = (side){.count = count, .D = D};
  CT_TRY(new_reals(&s->value, count, D, error));
  CT_TRY(new_reals(&s->g, count, D, error));
  CT_TRY(new_reals(&s->length, count, 1, error));
  CT_TRY(new_reals(&s->scale, count, 1, error));
  for (int64_t i = 0; i < count; i++) {
    for (int64_t d = 0; d < D; d++) s->value[i * D + d] = rows[i * D + d];
    s->length[i] = similarity == CT_REF_COSINE ? to_unit(s->value + i * D, D) : 1;
  }
  return CT_OK;
}

static void side_free(side *s) {
  ct_free(s->value);
  ct_free(s->g);
  ct_free(s->length);
  ct_free(s->scale);
}

static real similarity_of(const real *a, const real *b, int64_t D, ct_ref_similarity kind) {
  real apart = 0;
  if (kind != CT_REF_EUCLIDEAN) return dot(a, b, D);
  for (int64_t d = 0; d < D; d++) apart += (a[d] - b[d]) * (a[d] - b[d]);
  return 1 - apart / 2;
}

static ct_status problem_new(problem *p, const double *x, const double *w, int64_t B, int64_t C,
                             int64_t K, int64_t D, ct_ref_similarity similarity, ct_error *error) {
  *p = (problem){.B = B, .C = C, .K = K, .D = D, .similarity = similarity};
  CT_TRY(side_new(&p->x, x, B, D, similarity, error));
  CT_TRY(side_new(&p->w, w, C * K, D, similarity, error));
  CT_TRY(new_reals(&p->s, B, C * K, error));
  CT_TRY(new_reals(&p->g, B, C * K, error));
  CT_TRY(new_reals(&p->z, C, 1, error));
  CT_TRY(new_reals(&p->dz, C, 1, error));
  CT_TRY(ct_alloc(&p->at, C, sizeof *p->at, "all pairs", error));
  for (int64_t i = 0; i < B; i++)
    for (int64_t j = 0; j < C * K; j++)
      p->s[i * C * K + j] = similarity_of(p->x.value + i * D, p->w.value + j * D, D, similarity);
  return CT_OK;
}

static void problem_free(problem *p) {
  side_free(&p->x);
  side_free(&p->w);
  ct_free(p->s);
  ct_free(p->g);
  ct_free(p->z);
  ct_free(p->dz);
  ct_free(p->at);
}

/* From d loss / d s of all pairs to both gradients; the facts that rounding is measured by. */
static void add_up(problem *p, ct_ref_facts *facts) {
  bool euclidean = p->similarity == CT_REF_EUCLIDEAN;
  int64_t D = p->D, all = p->C * p->K;
  real weight = 0;
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < all; j++) {
      real g = p->g[i * all + j], apart = 0;
      const real *a = p->x.value + i * D, *b = p->w.value + j * D;
      for (int64_t d = 0; d < D; d++) {
        p->x.g[i * D + d] += g * (euclidean ? b[d] - a[d] : b[d]);
        p->w.g[j * D + d] += g * (euclidean ? a[d] - b[d] : a[d]);
        apart += (a[d] - b[d]) * (a[d] - b[d]);
      }
      p->x.scale[i] += fabsl(g) * (euclidean ? sqrtl(apart) : sqrtl(dot(b, b, D)));
      p->w.scale[j] += fabsl(g) * (euclidean ? sqrtl(apart) : sqrtl(dot(a, a, D)));
      weight += fabsl(g);
    }
  facts->loss_scale = (double)weight;
}

static double finish(double *grad, const side *s, ct_ref_similarity similarity) {
  real scale = 0;
  for (int64_t i = 0; i < s->count; i++) {
    const real *u = s->value + i * s->D, *g = s->g + i * s->D;
    real length = s->length[i], along = similarity == CT_REF_COSINE ? dot(g, u, s->D) : 0;
    for (int64_t d = 0; d < s->D; d++)
      grad[i * s->D + d] = length > 0 ? (double)((g[d] - along * u[d]) / length) : 0;
    if (length > 0) scale += (s->scale[i] / length) * (s->scale[i] / length);
  }
  return (double)sqrtl(scale);
}

/* The angle between unit rows, without the loss of digits that acos has near 0 and pi. */
static real angle(const real *a, const real *b, int64_t D) {
  real apart = 0, together = 0;
  for (int64_t d = 0; d < D; d++) {
    apart += (a[d] - b[d]) * (a[d] - b[d]);
    together += (a[d] + b[d]) * (a[d] + b[d]);
  }
  return 2 * atan2l(sqrtl(apart), sqrtl(together));
}

/* sin(theta) / sin(least angle) cut as CT_REF_LEAST_ANGLE says: d cos(m1 theta + m2) / d
 * cos(theta). Near a pole the part of it that stays finite there keeps its own sine. */
static real margin_slope(real theta, real m1, real m2) {
  const real pi = acosl(-1.0L);
  bool upper = theta > pi / 2;
  real t = upper ? pi - theta : theta; /* from the pole */
  if (t >= CT_REF_LEAST_ANGLE) return m1 * sinl(m1 * theta + m2) / sinl(theta);
  real pole = upper ? m1 * pi + m2 : m2, sign = upper ? -1 : 1;
  real ratio = t > 0 ? sinl(m1 * t) / sinl(t) : m1;
  return m1 * (sinl(pole) * cosl(m1 * t) / sinl(CT_REF_LEAST_ANGLE) + sign * cosl(pole) * ratio);
}

/* psi and its derivative by the cosine. */
static real margin_cosine(real theta, const ct_ref_margin *o, real *slope) {
  const real pi = acosl(-1.0L);
  real m1 = o->m1, m2 = o->m2, m3 = o->m3, p = m1 * theta + m2;
  *slope = 1;
  if (o->easy && cosl(theta) <= 0) return cosl(theta) - m3;
  if (o->monotone && m1 == 1 && p > pi) return cosl(theta) - m2 * sinl(m2) - m3;
  *slope = margin_slope(theta, m1, m2);
  if (!o->monotone || m1 == 1) return cosl(p) - m3;
  real k = floorl(p / pi), sign = fmodl(k, 2) == 0 ? 1 : -1;
  *slope *= sign;
  return sign * cosl(p) - 2 * k - m3;
}

/* Row i's loss and, in p->g, its derivatives by the similarities. */
static real margin_row(problem *p, int64_t i, int64_t y, const double *b, const ct_ref_margin *o) {
  int64_t C = p->C, K = p->K;
  real most = -INFINITY, sum = 0, loss = 0, slope = 1;
  for (int64_t c = 0; c < C; c++) {
    const real *s = p->s + i * C * K + c * K;
    int64_t best = 0;
    for (int64_t k = 1; k < K; k++)
      if (s[k] > s[best]) best = k;
    p->at[c] = c * K + best;
    real psi = s[best];
    if (c == y && p->similarity == CT_REF_COSINE) {
      const real *u = p->x.value + i * p->D, *v = p->w.value + p->at[c] * p->D;
      if (p->x.length[i] > 0 && p->w.length[p->at[c]] > 0)
        psi = margin_cosine(angle(u, v, p->D), o, &slope);
      else
        psi = margin_cosine(acosl(0), o, &slope);
    } else if (c == y) {
      psi -= o->m3;
    }
    p->z[c] = o->scale * psi + (b ? b[c] : 0);
    most = fmaxl(most, p->z[c]);
  }
  for (int64_t c = 0; c < C; c++) sum += expl(p->z[c] - most);
  loss = most + logl(sum);
  for (int64_t c = 0; c < C; c++) {
    real target = o->smoothing / (real)C + (c == y ? 1 - o->smoothing : 0);
    loss -= target * p->z[c];
    p->dz[c] = expl(p->z[c] - most) / sum - target;
    p->g[i * C * K + p->at[c]] = p->dz[c] * o->scale * (c == y ? slope : 1);
  }
  return C > 1 ? loss : 0;
}

static void count_classes(problem *p, ct_ref_facts *facts, const int64_t *labels) {
  real sum[2] = {0};
  int64_t number[2] = {0};
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t c = 0; c < p->C; c++) {
      real best = -INFINITY;
      for (int64_t k = 0; k < p->K; k++) best = fmaxl(best, p->s[(i * p->C + c) * p->K + k]);
      sum[labels[i] == c + 1] += best;
      number[labels[i] == c + 1]++;
    }
  facts->mean_sp = number[1] ? (double)(sum[1] / (real)number[1]) : NAN;
  facts->mean_sn = number[0] ? (double)(sum[0] / (real)number[0]) : NAN;
}

ct_status ct_ref_margin_loss(ct_ref_facts *facts, double *losses, double *grad_x, double *grad_w,
                             double *grad_b, const double *x, const int64_t *labels,
                             const double *w, const double *b, int64_t B, int64_t C, int64_t D,
                             const ct_ref_margin *options, ct_error *error) {
  problem p;
  real share = 1, total = 0;
  *facts = (ct_ref_facts){.n_anchors = B, .n_valid = C > 1 ? B : 0};
  if (options->reduction == CT_REF_MEAN || options->reduction == CT_REF_MEAN_ALL)
    share = B ? 1 / (real)B : 0;
  ct_status status = problem_new(&p, x, w, B, C, options->centres, D, options->similarity, error);
  if (status == CT_OK) {
    for (int64_t c = 0; c < C && b; c++) grad_b[c] = 0;
    for (int64_t i = 0; i < B; i++) {
      real loss = margin_row(&p, i, labels[i] - 1, b, options);
      losses[i] = (double)loss;
      total += loss;
      for (int64_t j = 0; j < C * p.K; j++) p.g[i * C * p.K + j] *= C > 1 ? share : 0;
      for (int64_t c = 0; c < C && b && C > 1; c++) grad_b[c] += (double)(p.dz[c] * share);
    }
    facts->loss = (double)(total * share);
    count_classes(&p, facts, labels);
    add_up(&p, facts);
    facts->scale_x = finish(grad_x, &p.x, p.similarity);
    facts->scale_refs = finish(grad_w, &p.w, p.similarity);
  }
  problem_free(&p);
  return status;
}

/* log(1 + sum of exp(sign*scale*(s - at))) over the rows of one kind; derivatives into p->g. */
static real proxy_term(problem *p, int64_t c, const int64_t *labels, bool own, real sign, real at,
                       real scale, real share) {
  real most = 0, sum = 0; /* the 1 is exp(0) */
  for (int64_t i = 0; i < p->B; i++)
    if ((labels[i] == c + 1) == own) most = fmaxl(most, sign * scale * (p->s[i * p->C + c] - at));
  sum = expl(-most);
  for (int64_t i = 0; i < p->B; i++)
    if ((labels[i] == c + 1) == own) sum += expl(sign * scale * (p->s[i * p->C + c] - at) - most);
  for (int64_t i = 0; i < p->B; i++)
    if ((labels[i] == c + 1) == own)
      p->g[i * p->C + c] =
          share * sign * scale * expl(sign * scale * (p->s[i * p->C + c] - at) - most) / sum;
  return share * (most + logl(sum));
}

ct_status ct_ref_proxy_anchor_loss(ct_ref_facts *facts, double *grad_x, double *grad_w,
                                   const double *x, const int64_t *labels, const double *w,
                                   int64_t B, int64_t C, int64_t D, double margin, double scale,
                                   ct_error *error) {
  problem p;
  real total = 0;
  *facts = (ct_ref_facts){.n_anchors = C};
  ct_status status = problem_new(&p, x, w, B, C, 1, D, CT_REF_COSINE, error);
  if (status == CT_OK) {
    for (int64_t c = 0; c < C; c++) {
      bool some = false;
      for (int64_t i = 0; i < B; i++) some = some || labels[i] == c + 1;
      facts->n_valid += some;
    }
    for (int64_t c = 0; c < C; c++) {
      real with = facts->n_valid ? 1 / (real)facts->n_valid : 0;
      total += proxy_term(&p, c, labels, true, -1, margin, scale, with);
      total += proxy_term(&p, c, labels, false, 1, -margin, scale, 1 / (real)C);
    }
    facts->loss = (double)total;
    count_classes(&p, facts, labels);
    add_up(&p, facts);
    facts->scale_x = finish(grad_x, &p.x, p.similarity);
    facts->scale_refs = finish(grad_w, &p.w, p.similarity);
  }
  problem_free(&p);
  return status;
}
