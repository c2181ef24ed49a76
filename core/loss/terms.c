/* Loss terms. softplus and its derivative are written so that neither overflows nor loses digits
 * for any z; a loss of exp(-1000) is 0 and its anchor still valid. */
#include "loss/terms.h"
#include <math.h>

#define CT_LOSS_INLINE static inline __attribute__((unused))
#define REAL           double
#define NAME(x)        x##_f64
#define REST(a, b, p)  fma(a, b, -(p))
#include "loss/circle.h"

ct_loss_options ct_loss_defaults(void) {
  return (ct_loss_options){.m = 0.25,
                           .gamma = 256,
                           .aggregate = CT_PER_ANCHOR,
                           .reduction = CT_MEAN,
                           .similarity = CT_COSINE,
                           .through_alpha = false,
                           .memory_budget = CT_BUDGET_LIKE_ROWS};
}

double ct_log_sum_exp(double reference, double sum, double m, double gamma) {
  return reference * 0x1.62e42fefa39efp-1 + log(sum) + circle_logit_offset_f64(m, gamma);
}

ct_term ct_softplus_term(double z) {
  double tail = exp(-fabs(z));
  return (ct_term){.loss = (z > 0 ? z : 0) + log1p(tail),
                   .weight = (z > 0 ? 1 : tail) / (1 + tail)};
}

double ct_reduction_weight(ct_reduction reduction, int64_t n_anchors, int64_t n_valid) {
  if (n_valid == 0) return 0;
  switch (reduction) {
  case CT_MEAN: return 1 / (double)n_valid;
  case CT_MEAN_ALL: return 1 / (double)n_anchors;
  case CT_SUM:
  case CT_NONE: break;
  }
  return 1;
}

ct_status ct_check_loss_options(const char *function, const ct_loss_options *options,
                                ct_error *error) {
  if (!(options->gamma > 0) || !isfinite(options->gamma))
    return ct_fail(error, CT_EINVALID, "%s: gamma must be a number > 0, got %g", function,
                   options->gamma);
  if (!isfinite(options->m))
    return ct_fail(error, CT_EINVALID, "%s: m must be a finite number, got %g", function,
                   options->m);
  if (options->aggregate == CT_PER_BATCH && options->reduction == CT_NONE)
    return ct_fail(error, CT_EINVALID, "%s: reduction \"none\" needs one term per anchor",
                   function);
  if (!(options->filter_eps >= 0 && options->filter_eps < 1))
    return ct_fail(error, CT_EINVALID, "%s: filter_eps must be a number >= 0 and < 1, got %g",
                   function, options->filter_eps);
  if (options->memory_budget < CT_BUDGET_LIKE_ROWS)
    return ct_fail(error, CT_EINVALID, "%s: memory_budget must be a number of bytes >= 0",
                   function);
  return CT_OK;
}
