/* Each anchor's similarity to its own class, in double: what a margin at the own class needs. */
#ifndef CIRCLET_LOSS_TARGET_H
#define CIRCLET_LOSS_TARGET_H

#include "loss/rows.h"

/* to: [queries->rows], in their sorted order; x: the rows as the caller gave them; classes: opened,
 * and matched with the queries. Rows that are not finite give what they give. */
ct_status ct_targets(ct_target *to, const ct_sorted_rows *queries, const ct_tensor *x,
                     const ct_sorted_rows *classes, ct_error *error);

#endif
