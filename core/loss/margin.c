/* The named members of margin softmax, and what margins cannot go with. */
#include "loss/margin.h"
#include "loss/presets.h"

static const ct_margin_preset presets[] = {
    {"softmax", {1, 1, 0, 0}, -1, CT_DOT},
    {"normface", {20, 1, 0, 0}, -1, CT_COSINE},
    {"cosface", {64, 1, 0, 0.35}, CT_MARGIN_M3, CT_COSINE},
    {"am_softmax", {30, 1, 0, 0.35}, CT_MARGIN_M3, CT_COSINE},
    {"arcface", {64, 1, 0.5, 0}, CT_MARGIN_M2, CT_COSINE},
    {"sphereface", {30, 4, 0, 0}, CT_MARGIN_M1, CT_COSINE},
};

const char *const ct_margin_preset_names[] = {"softmax", "normface",   "cosface", "am_softmax",
                                              "arcface", "sphereface", NULL};

const ct_margin_preset *ct_margin_preset_at(int index) { return &presets[index]; }

ct_status ct_margin_check(const char *function, const ct_loss_options *options,
                          const double *parameters, ct_error *error) {
  const double *p = parameters;
  if (p[CT_MARGIN_SMOOTHING] > 1)
    return ct_fail(error, CT_EINVALID, "%s: label_smoothing must be from 0 to 1, got %g", function,
                   p[CT_MARGIN_SMOOTHING]);
  if (options->similarity != CT_COSINE && (p[CT_MARGIN_M1] != 1 || p[CT_MARGIN_M2] != 0))
    return ct_fail(error, CT_EINVALID,
                   "%s: margins of the angle, m1 and m2, go with similarity \"cosine\"", function);
  return CT_OK;
}
