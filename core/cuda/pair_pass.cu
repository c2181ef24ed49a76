// Contexts of losses on a GPU, and the functions that core/loss/pair.c calls.
//
// Invariant: a context holds a call exactly when its forward pass was finished.
#include <memory>
#include <new>
#include "cuda/pair_backward.cuh"
#include "cuda/pair_forward.cuh"

namespace {

// What a context of core/loss/pair.c holds for a GPU.
struct gpu_context {
  std::unique_ptr<ct_any_pass> pass;
};

// A pass of the type that the call's range asks for, with the call moved into it.
ct_status new_pass(std::unique_ptr<ct_any_pass> *out, const char *function,
                   const ct_loss_rows *queries, const ct_loss_rows *references,
                   const ct_loss_options *options, bool wide, ct_error *error) {
  std::unique_ptr<ct_any_pass> pass;
  if (wide)
    pass.reset(new ct_pass<double>());
  else
    pass.reset(new ct_pass<float>());
  ct_gpu_call *c = &pass->c;
  c->function = function;
  c->options = *options;
  c->self = !references;
  ct_on_device on(queries->x->storage ? queries->x->storage->device : ct_cuda()->current());
  CT_TRY(ct_begin_call(c, queries, references, error));
  CT_TRY(ct_find_range(c, &pass->range, error));
  *out = std::move(pass);
  return CT_OK;
}

ct_status pair_forward(void **context, const char *function, const ct_loss_rows *queries,
                       const ct_loss_rows *references, const ct_loss_options *options,
                       ct_tensor *losses, ct_loss_facts *facts, ct_error *error) try {
  CT_TRY(ct_cuda_require(error));
  if (!*context) *context = new gpu_context();
  gpu_context *g = (gpu_context *)*context;
  g->pass.reset();
  std::unique_ptr<ct_any_pass> pass;
  CT_TRY(new_pass(&pass, function, queries, references, options, false, error));
  if (pass->range.wide)
    CT_TRY(new_pass(&pass, function, queries, references, options, true, error));
  ct_on_device on(pass->c.device);
  CT_TRY(pass->forward(losses, error));
  pass->c.options.weights = nullptr;
  *facts = pass->c.facts;
  g->pass = std::move(pass);
  return CT_OK;
} catch (const std::bad_alloc &) {
  return ct_fail(error, CT_ENOMEM, "%s: not enough memory", function);
}

ct_status pair_backward(void *context, const char *function, double scale, ct_tensor *grad_queries,
                        ct_tensor *grad_references, ct_tensor *grad_bias, ct_error *error) try {
  gpu_context *g = (gpu_context *)context;
  if (!g || !g->pass)
    return ct_fail(error, CT_EINVALID, "%s: backward needs a forward pass first", function);
  ct_any_pass *pass = g->pass.get();
  pass->c.function = function;
  ct_on_device on(pass->c.device);
  return pass->backward(scale, grad_queries, grad_references, grad_bias, error);
} catch (const std::bad_alloc &) {
  return ct_fail(error, CT_ENOMEM, "%s: not enough memory", function);
}

bool pair_diagnosis(void *context, ct_loss_diagnosis *out) {
  const ct_any_pass *pass = ((gpu_context *)context)->pass.get();
  if (!pass || !pass->c.options.diagnostics) return false;
  ct_diagnosis_tell(out, &pass->noted, &pass->c.options, pass->c.own_parameters, &pass->c.facts);
  return true;
}

void pair_free(void *context) { delete (gpu_context *)context; }

} // namespace

void ct_cuda_fill_pair(ct_cuda_table *table) {
  table->pair_forward = pair_forward;
  table->pair_backward = pair_backward;
  table->pair_diagnosis = pair_diagnosis;
  table->pair_free = pair_free;
}
