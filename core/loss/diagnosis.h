/* What a loss notes about its pairs when it is asked to: options.diagnostics. */
#ifndef CIRCLET_LOSS_DIAGNOSIS_H
#define CIRCLET_LOSS_DIAGNOSIS_H

#include "cpu/pair.h"
#include "loss/loss.h"

/* Room for `rows` anchors, at first as if there were no pair; an earlier one is given back. */
ct_status ct_diagnosis_start(ct_pair_diagnosis *d, int64_t rows, const ct_loss_options *options,
                             ct_error *error);
void ct_diagnosis_free(ct_pair_diagnosis *d); /* leaves an empty one */

/* Forgets the weights of an earlier backward. */
void ct_diagnosis_forget_weights(ct_pair_diagnosis *d);

/* What it comes to. own: the anchors' parameters [rows, CT_LOSS_PARAMETERS]; NULL: all share those
 * of the options. How many pairs share an anchor's gradient (effective) is (sum |w|)^2 / sum w^2
 * over their weights w = dL/ds, in the mean over anchors that have any; NaN when none has. */
void ct_diagnosis_tell(ct_loss_diagnosis *out, const ct_pair_diagnosis *d,
                       const ct_loss_options *options, const double *own,
                       const ct_loss_facts *facts);

#endif
