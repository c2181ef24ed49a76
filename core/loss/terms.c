/* Options and terms of the family. */
#include "loss/terms.h"
#include <math.h>
#include <stdio.h>

ct_loss_options ct_loss_defaults(const ct_loss_rule *rule) {
  ct_loss_options o = {.rule = rule,
                       .aggregate = CT_PER_ANCHOR,
                       .reduction = rule->reduction,
                       .similarity = CT_COSINE,
                       .memory_budget = CT_BUDGET_LIKE_ROWS};
  for (int i = 0; rule->parameters[i].name; i++) o.parameter[i] = rule->parameters[i].standard;
  return o;
}

double ct_log_sum_exp(const ct_loss_rule *rule, const double *parameters, int kind,
                      double reference, double sum) {
  return reference * 0x1.62e42fefa39efp-1 + log(sum) +
         rule->offset(kind == CT_POSITIVE, parameters);
}

double ct_reduction_weight(ct_reduction reduction, double n_anchors, double n_terms,
                           double n_nonzero) {
  if (n_terms == 0) return 0;
  switch (reduction) {
  case CT_MEAN: return 1 / n_terms;
  case CT_MEAN_ALL: return 1 / n_anchors;
  case CT_MEAN_NONZERO: return n_nonzero > 0 ? 1 / n_nonzero : 0;
  case CT_SUM:
  case CT_NONE: break;
  }
  return 1;
}

bool ct_fits_parameter(const ct_loss_parameter *parameter, double value) {
  bool fits = parameter->range == CT_ABOVE_ZERO  ? value > 0
              : parameter->range == CT_FROM_ZERO ? value >= 0
                                                 : true;
  return fits && isfinite(value);
}

const char *ct_parameter_range(const ct_loss_parameter *parameter) {
  static const char *const range[] = {[CT_FINITE] = "a finite number",
                                      [CT_ABOVE_ZERO] = "a number > 0",
                                      [CT_FROM_ZERO] = "a number >= 0",
                                      [CT_FLAG] = "a boolean"};
  return range[parameter->range];
}

static ct_status check_parameters(const char *function, const ct_loss_options *options,
                                  ct_error *error) {
  for (int i = 0; options->rule->parameters[i].name; i++) {
    const ct_loss_parameter *p = &options->rule->parameters[i];
    if (!ct_fits_parameter(p, options->parameter[i]))
      return ct_fail(error, CT_EINVALID, "%s: %s must be %s, got %g", function, p->name,
                     ct_parameter_range(p), options->parameter[i]);
  }
  return CT_OK;
}

/* What refinements cannot go with. */
static ct_status check_refinements(const char *function, const ct_loss_options *o,
                                   ct_error *error) {
  const char *own = NULL;
  bool two_anchors = o->rule == &ct_loss_rules[ct_loss_lifted];
  for (int i = 0; o->rule->parameters[i].name; i++)
    if (o->own[i].values) own = o->rule->parameters[i].name;
  if (o->hardest_negatives < 0)
    return ct_fail(error, CT_EINVALID, "%s: hardest_negatives must be an integer >= 1, got %lld",
                   function, (long long)o->hardest_negatives);
  if (two_anchors && (own || o->pair_weights))
    return ct_fail(error, CT_EINVALID, "%s: %s must be one for all: a term has two anchors",
                   function, own ? own : "pair_weights");
  if (o->aggregate == CT_PER_BATCH && (own || o->pair_weights || o->hardest_negatives))
    return ct_fail(error, CT_EINVALID, "%s: %s %s one term per anchor", function,
                   own               ? own
                   : o->pair_weights ? "pair_weights"
                                     : "hardest_negatives",
                   own ? "of each anchor needs" : "need");
  if (own && o->positives != CT_EQUAL_LABELS)
    for (int i = 0; o->rule->parameters[i].name; i++)
      if (o->own[i].values && o->own[i].by_label)
        return ct_fail(error, CT_EINVALID, "%s: %s by label needs one label per row", function,
                       o->rule->parameters[i].name);
  return CT_OK;
}

ct_status ct_check_loss_options(const char *function, const ct_loss_options *options,
                                ct_error *error) {
  CT_TRY(check_parameters(function, options, error));
  CT_TRY(check_refinements(function, options, error));
  if (options->aggregate == CT_PER_BATCH && !options->rule->batch)
    return ct_fail(error, CT_EINVALID,
                   "%s: aggregate must be \"anchor\": there is no one term for "
                   "the batch",
                   function);
  if (options->weights && options->aggregate == CT_PER_BATCH)
    return ct_fail(error, CT_EINVALID, "%s: weights need one term per anchor", function);
  if (options->weights && options->rule == &ct_loss_rules[ct_loss_lifted])
    return ct_fail(error, CT_EINVALID, "%s: there are no weights: a term has two anchors",
                   function);
  if (options->aggregate == CT_PER_BATCH && options->reduction == CT_NONE)
    return ct_fail(error, CT_EINVALID, "%s: reduction \"none\" needs one term per anchor",
                   function);
  if (options->rule->measured && options->variant == CT_MEASURE_DISTANCE &&
      options->similarity == CT_DOT)
    return ct_fail(error, CT_EINVALID,
                   "%s: measure \"distance\" needs similarity \"cosine\" or \"euclidean\", got "
                   "\"dot\"",
                   function);
  if (!(options->filter_eps >= 0 && options->filter_eps < 1))
    return ct_fail(error, CT_EINVALID, "%s: filter_eps must be a number >= 0 and < 1, got %g",
                   function, options->filter_eps);
  if (options->memory_budget < CT_BUDGET_LIKE_ROWS)
    return ct_fail(error, CT_EINVALID, "%s: memory_budget must be a number of bytes >= 0",
                   function);
  return CT_OK;
}

ct_status ct_check_loss(const char *function, const ct_loss_options *options, double loss,
                        ct_error *error) {
  if (isfinite(loss)) return CT_OK;
  char text[160] = "";
  size_t at = 0;
  for (int i = 0; options->rule->parameters[i].name && at < sizeof text - 40; i++) {
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? ", " : "",
                           options->rule->parameters[i].name);
    if (!options->own[i].values)
      at += (size_t)snprintf(text + at, sizeof text - at, " %g", options->parameter[i]);
  }
  return ct_fail(error, CT_EINVALID, "%s: similarities are too large for %s: the loss is %g",
                 function, text, loss);
}
