/* Refinements of a pair-wise loss: parameters of the anchors' own, positives by labels in common,
 * weights of pairs, hardest negatives. What the driver needs of them (ct_pair_refinement) is
 * gathered here from the caller's tensors; it takes O(rows (parameters + hardest) + labels), and
 * the memory of pair weights by label, beyond the rows. */
#ifndef CIRCLET_LOSS_REFINE_H
#define CIRCLET_LOSS_REFINE_H

#include "loss/rows.h"

typedef struct ct_refinement {
  bool on; /* the options ask for any; otherwise `pair` says nothing */
  ct_pair_refinement pair;
  void *owned[20];
  int count;
} ct_refinement;

/* The name of the first refinement that options ask for, for a driver that has none; NULL: they ask
 * for none. */
const char *ct_refinement_asked(const ct_loss_options *options);

/* Gathers what options ask for, of ordered queries and, unless one set, references. parameters: of
 * ct_refinement_parameters, NULL where all share theirs; they must live as long as *out.
 * CT_EINVALID: tensors of wrong sizes or types, values out of range. */
ct_status ct_refinement_start(ct_refinement *out, const char *function,
                              const ct_loss_options *options, const double *parameters,
                              const ct_sorted_rows *queries, const ct_sorted_rows *references,
                              ct_error *error);

/* What the CPU's driver needs besides: parameters and scales in its compute type, heaps of the
 * hardest negatives, and sums of shares. */
ct_status ct_refinement_make_room(ct_refinement *refinement, const ct_loss_options *options,
                                  const ct_sorted_rows *queries, ct_error *error);

void ct_refinement_free(ct_refinement *refinement);

/* Of rows with several labels: every row's positives, and perhaps itself, as columns, ascending, in
 * (*column)[start[i]..start[i+1]-1]; sets start [rows + 1] and *column, which the caller frees. */
ct_status ct_refinement_list(const ct_refinement *refinement, int64_t *start, int64_t **column,
                             int64_t rows, int64_t columns, ct_error *error);

/* The weights of the anchors, [rows], into *out, which the caller frees, also after a failure; left
 * as it is where `weights` is NULL. */
ct_status ct_anchor_weights(double **out, const char *function, const ct_tensor *weights,
                            const ct_sorted_rows *queries, ct_error *error);

/* The parameters of each anchor, [rows, CT_LOSS_PARAMETERS], into *out, which the caller frees;
 * NULL where all share those of the options. Needs the rows' labels and places alone. */
ct_status ct_refinement_parameters(double **out, const char *function,
                                   const ct_loss_options *options, const ct_sorted_rows *queries,
                                   ct_error *error);

#endif
