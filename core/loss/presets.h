/* Margin softmax by name: the defaults of its named members, in their one place. */
#ifndef CIRCLET_LOSS_PRESETS_H
#define CIRCLET_LOSS_PRESETS_H

#include "loss/loss.h"

/* scale: 64 and 30 as in the papers of CosFace, ArcFace and AM-Softmax. NormFace learns its scale
 * and SphereFace has the lengths of its rows; 20 and 30 stand for those. */
typedef struct ct_margin_preset {
  const char *name;
  double parameter[4]; /* scale, m1, m2, m3 */
  int margin;          /* the parameter that is the preset's margin; -1: it has none */
  ct_similarity similarity;
} ct_margin_preset;

extern const char *const ct_margin_preset_names[]; /* NULL-terminated, in the presets' order */
const ct_margin_preset *ct_margin_preset_at(int index);

/* CT_EINVALID for options of margin softmax that mean nothing together. parameters: those of all
 * anchors or of one. */
ct_status ct_margin_check(const char *function, const ct_loss_options *options,
                          const double *parameters, ct_error *error);

#endif
