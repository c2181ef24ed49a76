/* Optimiser steps: the argument contract, and the factors that are the same for all elements, in
 * double. The rest is one pass of ct_loop over the operands. */
#include "ops/optim.h"
#include <math.h>
#include "cpu/optim.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

static const ct_optim_kernels *kernels_for(ct_dtype dtype) {
  return dtype == CT_FLOAT ? CT_ISA_SELECT(ct_optim_kernels_f32)
                           : CT_ISA_SELECT(ct_optim_kernels_f64);
}

static ct_status check_parameters(const char *name, const ct_tensor *x, ct_error *error) {
  if (ct_nn_has_dtype(x->dtype)) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: x must be a Float or Double tensor, got %s", name,
                 ct_dtype_name(x->dtype));
}

/* NULL is allowed. */
static ct_status check_like(const char *name, const ct_tensor *x, const ct_tensor *t,
                            const char *what, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  if (!t) return CT_OK;
  if (t->dtype != x->dtype)
    return ct_fail(error, CT_EINVALID, "%s: x is %s but %s is %s", name, ct_dtype_name(x->dtype),
                   what, ct_dtype_name(t->dtype));
  if (!ct_tensor_same_size(x, t))
    return ct_fail(error, CT_EINVALID, "%s: x has size %s but %s has size %s", name,
                   ct_shape_text(a, x->dims, x->size), what, ct_shape_text(b, t->dims, t->size));
  return CT_OK;
}

static ct_status check_state(const char *name, const ct_tensor *x, const ct_tensor *t,
                             const char *what, ct_error *error) {
  CT_TRY(check_like(name, x, t, what, error));
  if (t && ct_tensor_overlaps(x, t))
    return ct_fail(error, CT_EINVALID, "%s: %s shares memory with x", name, what);
  return CT_OK;
}

/* *out: `t`, or a copy of it when writing one of the `written` operands could change what is yet to
 * be read. The caller releases it. */
static ct_status apart(ct_tensor *out, const ct_tensor *t, int written,
                       const ct_tensor *const *operand, ct_error *error) {
  for (int k = 0; k < written; k++)
    if (operand[k] && ct_tensor_overlaps(t, operand[k]) && !ct_tensor_same_view(t, operand[k]))
      return ct_clone(out, t->dtype, t, error);
  ct_tensor_set(out, t);
  return CT_OK;
}

ct_status ct_sgd_step(ct_tensor *x, ct_tensor *velocity, const ct_tensor *gradient,
                      const ct_tensor *rates, const ct_tensor *decays, const ct_sgd *how,
                      ct_error *error) {
  CT_TRY(check_parameters("sgd", x, error));
  CT_TRY(check_like("sgd", x, gradient, "the gradient", error));
  CT_TRY(check_state("sgd", x, velocity, "state.dfdx", error));
  CT_TRY(check_state("sgd", x, rates, "learningRates", error));
  CT_TRY(check_state("sgd", x, decays, "weightDecays", error));
  const ct_tensor *input[] = {velocity, gradient, rates, decays};
  CT_TRY(ct_tensor_together("sgd", x, 4, input, error));
  ct_sgd_context context = {.rate = how->rate,
                            .decay = how->decay,
                            .momentum = how->momentum,
                            .dampening = how->dampening,
                            .has_momentum = velocity != NULL,
                            .first = how->first,
                            .nesterov = how->nesterov,
                            .has_rates = rates != NULL,
                            .has_decays = decays != NULL};
  const ct_tensor *written[2] = {x, velocity};
  ct_tensor g = {.dtype = x->dtype};
  CT_TRY(apart(&g, gradient, 2, written, error));
  ct_status status = CT_OK;
  if (ct_dtype_is_cuda(x->dtype)) {
    const ct_tensor *operand[5] = {x, velocity, &g, rates, decays};
    status = ct_cuda()->nn->sgd(operand, &context, error);
  } else {
    const ct_tensor *operand[5] = {x, velocity ? velocity : &g, &g, rates ? rates : &g,
                                   decays ? decays : &g};
    ct_loop(5, velocity ? 2 : 1, operand, kernels_for(x->dtype)->sgd, &context);
  }
  ct_tensor_release(&g);
  return status;
}

ct_status ct_adam_step(ct_tensor *x, ct_tensor *m, ct_tensor *v, const ct_tensor *gradient,
                       const ct_adam *how, ct_error *error) {
  const char *name = how->decoupled ? "adamw" : "adam";
  CT_TRY(check_parameters(name, x, error));
  CT_TRY(check_like(name, x, gradient, "the gradient", error));
  CT_TRY(check_state(name, x, m, "state.m", error));
  CT_TRY(check_state(name, x, v, "state.v", error));
  if (ct_tensor_overlaps(m, v))
    return ct_fail(error, CT_EINVALID, "%s: state.m shares memory with state.v", name);
  const ct_tensor *input[] = {m, v, gradient};
  CT_TRY(ct_tensor_together(name, x, 3, input, error));
  double correction1 = 1 - pow(how->beta1, (double)how->t);
  double correction2 = 1 - pow(how->beta2, (double)how->t);
  ct_adam_context context = {.rate = how->rate / correction1,
                             .beta1 = how->beta1,
                             .beta2 = how->beta2,
                             .root = 1 / sqrt(correction2),
                             .epsilon = how->epsilon,
                             .decay = how->decoupled ? 0 : how->decay,
                             .shrink = how->decoupled ? 1 - how->rate * how->decay : 1};
  const ct_tensor *written[3] = {x, m, v};
  ct_tensor g = {.dtype = x->dtype};
  CT_TRY(apart(&g, gradient, 3, written, error));
  const ct_tensor *operand[4] = {x, m, v, &g};
  ct_status status = CT_OK;
  if (ct_dtype_is_cuda(x->dtype))
    status = ct_cuda()->nn->adam(operand, &context, error);
  else
    ct_loop(4, 3, operand, kernels_for(x->dtype)->adam, &context);
  ct_tensor_release(&g);
  return status;
}
