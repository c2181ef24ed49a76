/* What a loss notes about its pairs when it is asked to: options.diagnostics. */
#ifndef CIRCLET_LOSS_DIAGNOSIS_H
#define CIRCLET_LOSS_DIAGNOSIS_H

#include "cpu/pair.h"

/* Room for `rows` anchors, at first as if there were no pair; an earlier one is given back. `m`:
 * what alpha is counted with, 0 where a loss has none. */
ct_status ct_diagnosis_start(ct_pair_diagnosis *d, int64_t rows, double m, ct_error *error);
void ct_diagnosis_free(ct_pair_diagnosis *d); /* leaves an empty one */

/* Forgets the weights of an earlier backward. */
void ct_diagnosis_forget_weights(ct_pair_diagnosis *d);

/* How many pairs share an anchor's gradient, (sum |w|)^2 / sum w^2 over their weights w = dL/ds, in
 * the mean over anchors that have any; NaN when none has. */
double ct_diagnosis_effective(const ct_pair_diagnosis *d, int kind);

/* Whether an anchor's hardest pairs, of similarities s_p and s_n, lie within the boundary that its
 * loss draws, where the two logits add up to 0: Circle Loss and the unified loss. `has` tells
 * whether `rule` draws one. */
bool ct_has_boundary(const ct_loss_rule *rule);
bool ct_past_boundary(const ct_loss_rule *rule, const double *parameters, double s_p, double s_n);

#endif
