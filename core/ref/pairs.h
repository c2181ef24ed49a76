/* What the oracles share among themselves: rows, all their pairs in memory, and the chain rule from
 * d loss / d s of every pair back to the rows, in long double. */
#ifndef CIRCLET_REF_PAIRS_H
#define CIRCLET_REF_PAIRS_H

#include "ref/circle_ref.h"

typedef long double real;

enum { NO_PAIR = 0, POSITIVE = 1, NEGATIVE = 2 };

typedef struct pairs {
  int64_t B, R;
  real *s;    /* [B,R] similarities */
  real *g;    /* [B,R] d loss / d s */
  char *kind; /* [B,R] */
} pairs;

typedef struct rows {
  int64_t count, D;
  real *value;  /* [count,D] what similarities are made of: for the cosine, rows of length 1 */
  real *length; /* [count] 0 for a zero row; 1 when the similarity is not the cosine */
  real *g;      /* [count,D] d loss / d value */
  real *size;   /* [count] length of value */
  real *scale;  /* [count] sum over pairs of |d loss / d s| * |d s / d value| */
} rows;

ct_status pairs_new(pairs *p, int64_t B, int64_t R, ct_error *error);
void pairs_free(pairs *p);
/* Counts and means of the facts. */
void count_pairs(ct_ref_facts *facts, const pairs *p);

ct_status rows_new(rows *r, const double *x, int64_t count, int64_t D, ct_ref_similarity kind,
                   ct_error *error);
void rows_free(rows *r);
/* Similarities and kinds of all pairs; x == y: one set, no row is paired with itself. */
void pair_up(pairs *p, const rows *x, const rows *y, const int64_t *labels,
             const int64_t *ref_labels, ct_ref_similarity kind);
/* Adds the d loss / d s of all pairs to both of their rows. */
void add_pairs(const pairs *p, rows *x, rows *y, ct_ref_similarity kind);
/* Through the normalisation: g_x = (g - (g.u) u) / |x| for u = x/|x|. Returns the scale. */
double rows_gradient(double *grad, const rows *r, ct_ref_similarity kind);

#endif
