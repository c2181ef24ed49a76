/* The result of an operation may be any tensor, its inputs included. A result of the right size is
 * compared with the inputs by address ranges; one that must be resized counts as shared as soon as
 * it lives in the same storage, since its new extent is another one. */
#include "ops/output.h"
#include "ops/copy.h"

static bool shares(const ct_tensor *result, bool fits, const ct_tensor *input) {
  if (!input || !result->storage) return false;
  return fits ? ct_tensor_overlaps(result, input) : result->storage == input->storage;
}

ct_status ct_output_begin(ct_output *output, ct_tensor *result, int dims, const int64_t *size,
                          bool contiguous, const ct_tensor *const *inputs, int count,
                          ct_error *error) {
  ct_tensor wanted = {.dims = dims};
  for (int d = 0; d < dims; d++) wanted.size[d] = size[d];
  bool fits = result->storage && ct_tensor_same_size(result, &wanted);
  *output = (ct_output){.result = result, .target = {.dtype = result->dtype}};
  output->apart = fits && contiguous && !ct_tensor_contiguous(result);
  for (int i = 0; i < count; i++) output->apart = output->apart || shares(result, fits, inputs[i]);
  if (output->apart)
    return ct_tensor_new_on(&output->target, result->dtype, ct_tensor_device(result), dims,
                            wanted.size, error);
  CT_TRY(ct_tensor_resize(result, dims, wanted.size, error));
  ct_tensor_set(&output->target, result);
  return CT_OK;
}

ct_status ct_output_end(ct_output *output, ct_status status, ct_error *error) {
  if (status == CT_OK && output->apart) {
    status = ct_tensor_resize(output->result, output->target.dims, output->target.size, error);
    if (status == CT_OK) status = ct_copy(output->result, &output->target, error);
  }
  ct_tensor_release(&output->target);
  return status;
}
