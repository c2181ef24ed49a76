/* Rows and their pairs by definition: no tiles, no symmetry, one loop over all pairs each. */
#include "ref/pairs.h"
#include <math.h>
#include "base/memory.h"

ct_status pairs_new(pairs *p, int64_t B, int64_t R, ct_error *error) {
  int64_t count;
  *p = (pairs){.B = B, .R = R};
  if (!ct_size_mul(B, R, &count))
    return ct_fail(error, CT_ENOMEM, "not enough memory for all pairs");
  ct_status status = ct_alloc(&p->s, count, sizeof *p->s, "all similarities", error);
  if (status == CT_OK) status = ct_alloc(&p->g, count, sizeof *p->g, "pair gradients", error);
  if (status == CT_OK) status = ct_alloc(&p->kind, count, 1, "pair kinds", error);
  return status;
}

void pairs_free(pairs *p) {
  ct_free(p->s);
  ct_free(p->g);
  ct_free(p->kind);
}

void count_pairs(ct_ref_facts *facts, const pairs *p) {
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

void rows_free(rows *r) {
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

ct_status rows_new(rows *r, const double *x, int64_t count, int64_t D, ct_ref_similarity kind,
                   ct_error *error) {
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
    if (kind == CT_REF_COSINE)
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

double rows_gradient(double *grad, const rows *r, ct_ref_similarity kind) {
  real scale = 0;
  for (int64_t i = 0; i < r->count; i++) {
    const real *u = r->value + i * r->D, *g = r->g + i * r->D;
    real along = 0, length = r->length[i];
    for (int64_t d = 0; d < r->D && kind == CT_REF_COSINE; d++) along += g[d] * u[d];
    for (int64_t d = 0; d < r->D; d++)
      grad[i * r->D + d] = length > 0 ? (double)((g[d] - along * u[d]) / length) : 0;
    if (length > 0) scale += (r->scale[i] / length) * (r->scale[i] / length);
  }
  return (double)sqrtl(scale);
}

void pair_up(pairs *p, const rows *x, const rows *y, const int64_t *labels,
             const int64_t *ref_labels, ct_ref_similarity kind) {
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < p->R; j++) {
      p->s[i * p->R + j] = similarity(x->value + i * x->D, y->value + j * x->D, x->D, kind);
      p->kind[i * p->R + j] = labels[i] == ref_labels[j] ? POSITIVE : NEGATIVE;
      if (x == y && i == j) p->kind[i * p->R + j] = NO_PAIR;
    }
}

void add_pairs(const pairs *p, rows *x, rows *y, ct_ref_similarity kind) {
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < p->R; j++) {
      real g = p->g[i * p->R + j];
      if (g != 0) add_pair(x, i, y, j, g, p->s[i * p->R + j], kind);
    }
}
