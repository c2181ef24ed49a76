/* A caller's rows, checked, sorted by label and normalised: the form that the driver streams. */
#ifndef CIRCLET_LOSS_ROWS_H
#define CIRCLET_LOSS_ROWS_H

#include "cpu/pair.h"
#include "loss/loss.h"

typedef struct ct_sorted_rows {
  int64_t given; /* rows of the caller's; `rows` of them take part */
  int64_t rows, dim;
  ct_dtype outer, compute;
  ct_similarity similarity;
  int64_t *label;           /* [rows] ascending; equal labels keep the caller's order */
  int64_t *origin;          /* [rows] where each sorted row stands at the caller's */
  int64_t *set_start, *set; /* of several labels a row: its distinct ones, ascending, are
                               set[set_start[i]..set_start[i+1]-1]; `label` then says nothing */
  double *inverse_norm;     /* [rows] for the cosine */
  double largest;           /* |x|^2 of the longest row, for the others */
  int64_t centres;          /* rows that are one class; 1 for rows with labels */
  double *lift; /* [classes] added to the similarities of opened rows, of dot products; NULL:
                   nothing is */
  ct_pair_side side;
  ct_tensor x; /* of rows that are loaded in blocks: the caller's, contiguous */
} ct_sorted_rows;

/* Sorts labels [n] ascending, `origin` [n] along with them; equal labels keep their order. */
ct_status ct_sort_by_label(int64_t n, int64_t *label, int64_t *origin, ct_error *error);

/* The first part of both below, for rows that stay where they are: checks their shape and sorts
 * their labels; *out then has given, rows, dim, centres, label and origin. Values are not looked
 * at.
 */
ct_status ct_rows_begin(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                        ct_dtype compute, ct_similarity similarity, ct_error *error);

/* Room for side.first and side.last, which ct_rows_match sets. */
ct_status ct_rows_ranges(ct_sorted_rows *rows, ct_error *error);

/* Fills *out (which may hold an earlier load: its memory is freed). On failure *out is empty. */
ct_status ct_rows_load(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                       ct_dtype compute, ct_similarity similarity, ct_error *error);

/* The same without packing: the rows are read, in blocks, by each pass over ct_rows_columns, and
 * must be as they were until the last of them. */
ct_status ct_rows_open(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                       ct_dtype compute, ct_similarity similarity, ct_error *error);
void ct_rows_free(ct_sorted_rows *rows);

/* Sets side.first and side.last of `rows` to the range of equal labels in `others`; classes of
 * several rows count once. */
void ct_rows_match(ct_sorted_rows *rows, const ct_sorted_rows *others);

/* Takes a gradient of the sorted rows (by dimension, core/cpu/tile.h) to the caller's order and
 * norms: `to` is contiguous [rows, dim] of the outer type. `weight` [rows]: sums of the weights,
 * for the euclidean similarity. CT_EINVALID names the first row whose gradient is not finite. */
ct_status ct_rows_unload(const ct_sorted_rows *rows, const char *function, const void *gradient,
                         const double *weight, void *to, ct_error *error);

/* A pass over rows that were opened: what the driver takes blocks of, and what came of it. */
typedef struct ct_rows_pass {
  const ct_sorted_rows *rows;
  void *to;           /* contiguous [rows, dim] of the outer type; NULL: no gradient */
  double *to_lift;    /* [classes] zero at first; NULL: no gradient */
  ct_count bad_value; /* the caller's first row that is not finite; given: none */
  ct_count bad_gradient;
} ct_rows_pass;

ct_pair_columns ct_rows_columns(ct_rows_pass *pass, const ct_sorted_rows *rows, void *to,
                                double *to_lift);

/* CT_EINVALID names the first row that is not finite, or whose gradient is not. */
ct_status ct_rows_check(const ct_rows_pass *pass, const char *function, const char *x_name,
                        ct_error *error);

/* Elements of one packed copy of the rows by dimension; INT64_MAX when that overflows. */
int64_t ct_rows_packed(const ct_sorted_rows *rows);

#endif
