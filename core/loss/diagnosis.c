/* Room of a diagnosis, and what its sums mean. The pass fills it (core/cpu/pair_diagnose.h). */
#include "loss/diagnosis.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "loss/circle.h"
#include "loss/unified.h"

void ct_diagnosis_free(ct_pair_diagnosis *d) {
  ct_free(d->room);
  memset(d, 0, sizeof *d);
}

static bool is_circle(const ct_loss_rule *rule) { return rule == &ct_loss_rules[ct_loss_circle]; }

ct_status ct_diagnosis_start(ct_pair_diagnosis *d, int64_t rows, const ct_loss_options *options,
                             ct_error *error) {
  enum { ARRAYS = 4 * CT_KINDS };
  ct_diagnosis_free(d);
  CT_TRY(ct_alloc(&d->room, rows, ARRAYS * sizeof(double) + 1, "diagnostics", error));
  memset(d->room, 0, (size_t)rows * (ARRAYS * sizeof(double) + 1));
  d->m = is_circle(options->rule) ? options->parameter[CT_CIRCLE_M] : 0;
  d->rows = rows;
  d->gradient_square = NAN;
  double *at = d->room;
  for (int kind = 0; kind < CT_KINDS; kind++) {
    d->alpha[kind] = at, d->hardest[kind] = at + rows;
    d->weight[kind] = at + 2 * rows, d->square[kind] = at + 3 * rows;
    at += 4 * rows;
    for (int64_t i = 0; i < rows; i++)
      d->hardest[kind][i] = kind == CT_POSITIVE ? INFINITY : -INFINITY;
  }
  d->valid = (uint8_t *)at;
  return CT_OK;
}

void ct_diagnosis_forget_weights(ct_pair_diagnosis *d) {
  for (int kind = 0; kind < CT_KINDS; kind++) {
    memset(d->weight[kind], 0, (size_t)d->rows * sizeof(double));
    memset(d->square[kind], 0, (size_t)d->rows * sizeof(double));
  }
}

static double effective(const ct_pair_diagnosis *d, int kind) {
  double total = 0, anchors = 0;
  for (int64_t i = 0; i < d->rows; i++) {
    double sum = d->weight[kind][i], square = d->square[kind][i];
    if (!(square > 0)) continue;
    total += sum / square * sum;
    anchors++;
  }
  return total / anchors; /* 0/0: no anchor has a gradient */
}

/* Losses that draw a boundary, where the two logits add up to 0. */
static bool has_boundary(const ct_loss_rule *rule) {
  return rule == &ct_loss_rules[ct_loss_circle] || rule == &ct_loss_rules[ct_loss_unified];
}

/* The coordinate of core/loss/circle.h, in double. */
static double circle_coordinate(double d, double m) { return d > -m ? fabs(d) : fabs(m); }

/* Whether an anchor's hardest pairs, of similarities s_p and s_n, lie within the boundary. */
static bool is_past(const ct_loss_rule *rule, const double *parameters, double s_p, double s_n) {
  if (rule == &ct_loss_rules[ct_loss_unified]) return s_n - s_p + parameters[CT_UNIFIED_M] <= 0;
  double m = parameters[CT_CIRCLE_M];
  double p = circle_coordinate(1 - s_p, m), n = circle_coordinate(s_n, m);
  return n * n + p * p <= 2 * m * m;
}

void ct_diagnosis_tell(ct_loss_diagnosis *out, const ct_pair_diagnosis *d,
                       const ct_loss_options *options, const double *own,
                       const ct_loss_facts *facts) {
  const ct_loss_rule *rule = options->rule;
  int64_t past = 0;
  for (int kind = 0; kind < CT_KINDS; kind++) {
    double alpha = 0;
    for (int b = 0; b < CT_DIAGNOSIS_BINS; b++) out->bins[kind][b] = d->bins[kind][b];
    for (int64_t i = 0; i < d->rows; i++) alpha += d->alpha[kind][i];
    int64_t pairs = kind == CT_POSITIVE ? facts->n_positive : facts->n_negative;
    out->mean_alpha[kind] = is_circle(rule) ? alpha / (double)pairs : NAN;
    out->effective[kind] = effective(d, kind);
  }
  for (int64_t i = 0; i < d->rows; i++)
    past += d->valid[i] && is_past(rule, own ? own + i * CT_LOSS_PARAMETERS : options->parameter,
                                   d->hardest[CT_POSITIVE][i], d->hardest[CT_NEGATIVE][i]);
  out->past_boundary = has_boundary(rule) ? (double)past / (double)facts->n_valid : NAN;
  out->gradient_norm = sqrt(d->gradient_square);
}
