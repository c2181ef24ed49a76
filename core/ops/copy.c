/* Copies. Overlap and size differences are settled here, so that kernels see plain equal sizes. */
#include "ops/copy.h"
#include "cpu/copy.h"

static void run_copy(ct_tensor *to, const ct_tensor *from) {
  const ct_tensor *operand[2] = {to, from};
  ct_loop(2, 1, operand, CT_ISA_SELECT(ct_copy_kernels)->copy[to->dtype][from->dtype], NULL);
}

ct_status ct_clone(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error) {
  ct_tensor fresh = {.dtype = dtype};
  CT_TRY(ct_tensor_new(&fresh, dtype, from->dims, from->size, error));
  run_copy(&fresh, from);
  ct_tensor_set(out, &fresh);
  ct_tensor_release(&fresh);
  return CT_OK;
}

ct_status ct_contiguous(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error) {
  if (from->dtype != dtype || !ct_tensor_contiguous(from)) return ct_clone(out, dtype, from, error);
  ct_tensor_set(out, from);
  return CT_OK;
}

/* Elements in order between different sizes: through contiguous versions of both. */
static ct_status copy_reshaped(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  ct_tensor flat = {.dtype = to->dtype}, shaped = {.dtype = to->dtype};
  ct_status status = ct_contiguous(&flat, to->dtype, from, error);
  if (status == CT_OK) status = ct_tensor_view(&shaped, &flat, to->dims, to->size, error);
  if (status == CT_OK) status = ct_copy(to, &shaped, error);
  ct_tensor_release(&shaped);
  ct_tensor_release(&flat);
  return status;
}

ct_status ct_copy(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  if (ct_tensor_count(to) != ct_tensor_count(from))
    return ct_fail(error, CT_EINVALID, "copy: %s and %s hold different numbers of elements",
                   ct_shape_text(a, to->dims, to->size), ct_shape_text(b, from->dims, from->size));
  if (ct_tensor_count(to) == 0 || ct_tensor_same_view(to, from)) return CT_OK;
  if (!ct_tensor_same_size(to, from)) return copy_reshaped(to, from, error);
  if (!ct_tensor_overlaps(to, from)) {
    run_copy(to, from);
    return CT_OK;
  }
  ct_tensor apart = {.dtype = from->dtype};
  CT_TRY(ct_clone(&apart, from->dtype, from, error));
  run_copy(to, &apart);
  ct_tensor_release(&apart);
  return CT_OK;
}

ct_status ct_fill(ct_tensor *t, ct_scalar value, ct_error *error) {
  (void)error;
  ct_element element;
  ct_scalar_store(t->dtype, &element, value);
  const ct_tensor *operand[1] = {t};
  ct_loop(1, 1, operand, CT_ISA_SELECT(ct_copy_kernels)->fill[t->dtype], &element);
  return CT_OK;
}
