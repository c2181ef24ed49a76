/* Class vectors on one side of a loss: what their labels, centres and biases must be. */
#ifndef CIRCLET_LOSS_CLASSES_H
#define CIRCLET_LOSS_CLASSES_H

#include "loss/rows.h"

/* Class vectors stand for 1..classes; a label beyond them would silently have no positive. */
ct_status ct_classes_check(const ct_sorted_rows *rows, const char *function, const ct_loss_rows *in,
                           int64_t classes, ct_error *error);

/* What two sides must be to each other, before either is loaded: of one type, and what classes can
 * go with. */
ct_status ct_classes_check_sides(const char *function, const ct_loss_options *options,
                                 const ct_loss_rows *queries, const ct_loss_rows *references,
                                 ct_error *error);

/* Sets the lift of opened class vectors from in->bias, if there is one: a bias b of a logit scale*s
 * + b lifts the similarity by b/scale. */
ct_status ct_classes_bias(ct_sorted_rows *rows, const char *function, const ct_loss_rows *in,
                          double scale, ct_error *error);

/* From the derivatives by lifts to those by biases: to is resized to [classes]. */
ct_status ct_classes_bias_gradient(ct_tensor *to, const double *lift, int64_t classes, double scale,
                                   ct_error *error);

#endif
