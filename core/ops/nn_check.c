/* Checks shared by the nn operations. */
#include "ops/nn_check.h"
#include "ops/copy.h"

ct_status ct_nn_check_dtype(const char *who, const char *what, const ct_tensor *t, ct_dtype dtype,
                            ct_error *error) {
  if (!ct_nn_has_dtype(dtype))
    return ct_fail(error, CT_EINVALID, "%s: Float or Double tensors expected, got %s", who,
                   ct_dtype_name(dtype));
  if (t->dtype == dtype) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must be a %s tensor, got %s", who, what,
                 ct_dtype_name(dtype), ct_dtype_name(t->dtype));
}

ct_status ct_nn_check_like(const char *who, const char *what, const ct_tensor *t,
                           const ct_tensor *like, ct_error *error) {
  char expected[CT_SHAPE_TEXT], got[CT_SHAPE_TEXT];
  CT_TRY(ct_nn_check_dtype(who, what, t, like->dtype, error));
  if (ct_tensor_same_size(t, like)) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must be %s, got %s", who, what,
                 ct_shape_text(expected, like->dims, like->size),
                 ct_shape_text(got, t->dims, t->size));
}

ct_status ct_nn_writable(ct_tensor *view, const ct_tensor *t, ct_error *error) {
  return ct_contiguous(view, t->dtype, t, error);
}

ct_status ct_nn_write_back(ct_tensor *t, const ct_tensor *view, ct_error *error) {
  return ct_copy(t, view, error); /* nothing to do when view is t itself */
}

ct_status ct_nn_result(const char *who, ct_tensor *out, ct_dtype dtype, int dims,
                       const int64_t *size, ct_error *error) {
  CT_TRY(ct_nn_check_dtype(who, "the result", out, dtype, error));
  CT_TRY(ct_tensor_resize(out, dims, size, error));
  if (ct_tensor_contiguous(out)) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: the result must be contiguous", who);
}
