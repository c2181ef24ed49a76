/* A caller's rows, checked, sorted by label and normalised: the form that the driver streams. */
#ifndef CIRCLET_LOSS_ROWS_H
#define CIRCLET_LOSS_ROWS_H

#include <stdatomic.h>
#include "cpu/pair.h"
#include "loss/loss.h"

typedef struct ct_sorted_rows {
  int64_t rows, dim;
  ct_dtype outer, compute;
  ct_similarity similarity;
  int64_t *label;       /* [rows] ascending; equal labels keep the caller's order */
  int64_t *origin;      /* [rows] where each sorted row stands at the caller's */
  double *inverse_norm; /* [rows] for the cosine */
  ct_pair_side side;
} ct_sorted_rows;

/* Fills *out (which may hold an earlier load: its memory is freed). On failure *out is empty. */
ct_status ct_rows_load(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                       ct_dtype compute, ct_similarity similarity, ct_error *error);
void ct_rows_free(ct_sorted_rows *rows);

/* Sets side.first and side.last of `rows` to the range of equal labels in `others`. */
void ct_rows_match(ct_sorted_rows *rows, const ct_sorted_rows *others);

/* Takes gradients of sorted rows back to the caller's order and norms; a ct_pair_emit whose sink is
 * a ct_rows_gradient. `to` is contiguous [rows, dim] of the outer type. */
typedef struct ct_rows_gradient {
  const ct_sorted_rows *rows;
  void *to;
  _Atomic int64_t
      overflowed; /* first row of the caller's whose gradient is not finite; INT64_MAX: none */
} ct_rows_gradient;
void ct_rows_emit(void *sink, int64_t first, int64_t count, const void *g);

#endif
