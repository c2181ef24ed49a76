/* The float32 version without care: three passes over whole matrices, every sum in float32. The one
 * precaution kept is the one no working version can do without, the shift inside log-sum-exp (and
 * rows are divided by their largest magnitude, since squares of 1e30 do not exist in float32). */
#include "ref/circle_plain.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"

typedef struct plain {
  const ct_ref_circle *options;
  int64_t B, R, D;
  bool same_set;
  const int64_t *labels, *ref_labels;
  float *s, *g;      /* [B,R] */
  float *x, *refs;   /* [B,D] [R,D] rows of length 1 for the cosine; refs is x in one set */
  float *dx, *drefs; /* the same shapes: d loss / d those rows */
  float *lx, *lrefs; /* [B] [R] lengths */
} plain;

/* 1 positive, -1 negative, 0 not a pair of term `i`. */
static int kind_of(const plain *p, int64_t i, int64_t j) {
  if (p->same_set && (i == j || (p->options->batch && j < i))) return 0;
  return p->labels[i] == p->ref_labels[j] ? 1 : -1;
}

static float logit(const plain *p, int kind, float s, float *slope) {
  float m = (float)p->options->m, gamma = (float)p->options->gamma;
  float alpha = fmaxf(kind > 0 ? 1 + m - s : s + m, 0);
  float sign = kind > 0 ? -gamma : gamma, from = kind > 0 ? 1 - m : m;
  *slope = sign * alpha;
  if (p->options->through_alpha) *slope = alpha > 0 ? 2 * gamma * (kind > 0 ? s - 1 : s) : 0;
  return sign * alpha * (s - from);
}

/* One term over the anchors [first, last); false when it lacks positives or negatives. */
static bool term(plain *p, int64_t first, int64_t last, float *loss) {
  float most[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0}, slope;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = first; i < last; i++)
      for (int64_t j = 0; j < p->R; j++) {
        int kind = kind_of(p, i, j), k = kind > 0;
        if (!kind) continue;
        float l = logit(p, kind, p->s[i * p->R + j], &slope);
        if (pass == 0)
          most[k] = fmaxf(most[k], l);
        else
          sum[k] += expf(l - most[k]);
      }
  *loss = 0;
  if (most[0] == -INFINITY || most[1] == -INFINITY) return false;
  float lse[2] = {most[0] + logf(sum[0]), most[1] + logf(sum[1])}, z = lse[0] + lse[1];
  float small = expf(-fabsf(z)), Z = z > 0 ? 1 / (1 + small) : small / (1 + small);
  *loss = fmaxf(z, 0) + log1pf(small);
  for (int64_t i = first; i < last; i++)
    for (int64_t j = 0; j < p->R; j++) {
      int kind = kind_of(p, i, j);
      if (!kind) continue;
      float l = logit(p, kind, p->s[i * p->R + j], &slope);
      p->g[i * p->R + j] = Z * expf(l - lse[kind > 0]) * slope;
    }
  return true;
}

static void normalise(float *to, float *length, const float *from, int64_t count, int64_t D,
                      bool cosine) {
  for (int64_t i = 0; i < count; i++, to += D, from += D) {
    float most = 0, square = 0;
    for (int64_t d = 0; d < D; d++) most = fmaxf(most, fabsf(from[d]));
    for (int64_t d = 0; d < D && most > 0; d++) square += (from[d] / most) * (from[d] / most);
    length[i] = cosine ? most : 1;
    for (int64_t d = 0; d < D; d++)
      to[d] = !cosine ? from[d] : most > 0 ? (from[d] / most) / sqrtf(square) : 0;
    if (cosine) length[i] *= sqrtf(square);
  }
}

static void through_normalise(float *grad, const float *g, const float *u, const float *length,
                              int64_t count, int64_t D, bool cosine) {
  for (int64_t i = 0; i < count; i++, grad += D, g += D, u += D) {
    float along = 0;
    for (int64_t d = 0; d < D && cosine; d++) along += g[d] * u[d];
    for (int64_t d = 0; d < D; d++) grad[d] = length[i] > 0 ? (g[d] - along * u[d]) / length[i] : 0;
  }
}

static void similarities(plain *p) {
  bool euclidean = p->options->similarity == CT_REF_EUCLIDEAN;
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < p->R; j++) {
      const float *a = p->x + i * p->D, *b = p->refs + j * p->D;
      float sum = 0;
      for (int64_t d = 0; d < p->D; d++)
        sum += euclidean ? (a[d] - b[d]) * (a[d] - b[d]) : a[d] * b[d];
      p->s[i * p->R + j] = euclidean ? 1 - sum / 2 : sum;
    }
}

static void row_gradients(plain *p) {
  bool euclidean = p->options->similarity == CT_REF_EUCLIDEAN;
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < p->R; j++) {
      const float *a = p->x + i * p->D, *b = p->refs + j * p->D, g = p->g[i * p->R + j];
      for (int64_t d = 0; d < p->D && g != 0; d++) {
        p->dx[i * p->D + d] += g * (euclidean ? b[d] - a[d] : b[d]);
        p->drefs[j * p->D + d] += g * (euclidean ? a[d] - b[d] : a[d]);
      }
    }
}

static float reduce(plain *p) {
  float sum = 0, loss, share = 1;
  int64_t valid = 0, terms = p->options->batch ? 1 : p->B;
  for (int64_t i = 0; i < terms; i++) {
    valid += term(p, i, p->options->batch ? p->B : i + 1, &loss);
    sum += loss;
  }
  if (!p->options->batch && p->options->reduction == CT_REF_MEAN) share = (float)valid;
  if (!p->options->batch && p->options->reduction == CT_REF_MEAN_ALL) share = (float)p->B;
  if (share == 0) share = 1;
  for (int64_t i = 0; i < p->B * p->R; i++) p->g[i] /= share;
  return sum / share;
}

/* All of the scratch memory in one zeroed block, cut up. */
static ct_status cut_up(plain *p, float **block, ct_error *error) {
  int64_t pairs, rows, total, B = p->B, R = p->R, D = p->D;
  if (!ct_size_mul(B, R, &pairs) || !ct_size_mul(B + R, D, &rows) ||
      !ct_size_mul(2, pairs, &pairs) || !ct_size_mul(2, rows, &rows) ||
      !ct_size_add(pairs, rows, &total) || !ct_size_add(total, B + R, &total))
    return ct_fail(error, CT_ENOMEM, "not enough memory for all pairs");
  CT_TRY(ct_alloc(block, total, sizeof **block, "all pairs", error));
  memset(*block, 0, (size_t)total * sizeof **block);
  float *at = *block;
  p->s = at, at += B * R;
  p->g = at, at += B * R;
  p->x = at, at += B * D;
  p->dx = at, at += B * D;
  p->refs = at, at += R * D;
  p->drefs = at, at += R * D;
  p->lx = at, at += B;
  p->lrefs = at;
  return CT_OK;
}

ct_status ct_plain_circle_loss_f32(float *loss, float *grad_x, float *grad_refs, const float *x,
                                   const int64_t *labels, const float *refs,
                                   const int64_t *ref_labels, int64_t B, int64_t R, int64_t D,
                                   const ct_ref_circle *options, ct_error *error) {
  bool cosine = options->similarity == CT_REF_COSINE;
  plain p = {.options = options, .B = B, .R = refs ? R : B, .D = D, .same_set = !refs};
  float *block = NULL;
  p.labels = labels;
  p.ref_labels = refs ? ref_labels : labels;
  CT_TRY(cut_up(&p, &block, error));
  normalise(p.x, p.lx, x, B, D, cosine);
  if (refs) {
    normalise(p.refs, p.lrefs, refs, R, D, cosine);
  } else {
    p.refs = p.x;
    p.drefs = p.dx;
  }
  similarities(&p);
  *loss = reduce(&p);
  row_gradients(&p);
  through_normalise(grad_x, p.dx, p.x, p.lx, B, D, cosine);
  if (refs) through_normalise(grad_refs, p.drefs, p.refs, p.lrefs, R, D, cosine);
  ct_free(block);
  return CT_OK;
}
