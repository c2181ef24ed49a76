/* Circle Loss as anybody would write it in float32: normalise, all similarities, logits, a shifted
 * log-sum-exp, the gradient of every pair, two products. Nothing is done for accuracy beyond the
 * shift, so its error against circle_ref says what float32 itself costs on given data: the measure
 * for data on which no float32 code can reach the usual tolerance. */
#ifndef CIRCLET_REF_CIRCLE_PLAIN_H
#define CIRCLET_REF_CIRCLE_PLAIN_H

#include "ref/circle_ref.h"

/* As ct_ref_circle_loss, whose comment gives the shapes. *loss: the reduced loss. */
ct_status ct_plain_circle_loss_f32(float *loss, float *grad_x, float *grad_refs, const float *x,
                                   const int64_t *labels, const float *refs,
                                   const int64_t *ref_labels, int64_t B, int64_t R, int64_t D,
                                   const ct_ref_circle *options, ct_error *error);

#endif
