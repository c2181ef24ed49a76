/* The contract of elementwise operations: types, sizes, the result's size, overlap. Everything here
 * ends in run(), which computes into memory of its own when the result lies across an input. */
#include "ops/elementwise.h"
#include "ops/copy.h"

enum { MAX_INPUTS = 3 };

static ct_status undefined(const char *name, ct_dtype dtype, ct_error *error) {
  return ct_fail(error, CT_EINVALID, "%s: not defined for %sTensor", name, ct_dtype_name(dtype));
}

/* r = kernel(inputs), the inputs checked already. */
static ct_status run(const char *name, ct_tensor *r, ct_dtype result_dtype, int inputs,
                     const ct_tensor *const *input, ct_run_fn kernel, const void *context,
                     ct_error *error) {
  if (r->dtype != result_dtype)
    return ct_fail(error, CT_EINVALID, "%s: the result must be a %sTensor, got a %sTensor", name,
                   ct_dtype_name(result_dtype), ct_dtype_name(r->dtype));
  CT_TRY(ct_tensor_resize(r, input[0]->dims, input[0]->size, error));
  bool apart = true;
  for (int k = 0; k < inputs; k++)
    if (!ct_tensor_same_view(r, input[k]) && ct_tensor_overlaps(r, input[k])) apart = false;
  ct_tensor scratch = {.dtype = r->dtype};
  if (!apart) CT_TRY(ct_tensor_new(&scratch, r->dtype, r->dims, r->size, error));
  const ct_tensor *operand[1 + MAX_INPUTS] = {apart ? r : &scratch};
  for (int k = 0; k < inputs; k++) operand[1 + k] = input[k];
  ct_loop(1 + inputs, 1, operand, kernel, context);
  if (apart) return CT_OK;
  ct_status status = ct_copy(r, &scratch, error);
  ct_tensor_release(&scratch);
  return status;
}

ct_status ct_elementwise_unary(const char *name, ct_unary op, ct_tensor *r, const ct_tensor *a,
                               ct_error *error) {
  ct_run_fn kernel = CT_ISA_SELECT(ct_elementwise_kernels)->unary[op][a->dtype];
  if (!kernel) return undefined(name, a->dtype, error);
  return run(name, r, a->dtype, 1, &a, kernel, NULL, error);
}
