/* Dispatch of the modules that work on rows. */
#include "ops/nn_rows.h"
#include "base/threads.h"
#include "cpu/nn_rows.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_nn_rows_kernels)

enum { COST = 16 }; /* scalar operations an element takes, roughly */

static ct_status check_rows(const char *who, const ct_tensor *x, int64_t *B, int64_t *n,
                            ct_error *error) {
  char got[CT_SHAPE_TEXT];
  CT_TRY(ct_nn_check_dtype(who, "input", x, x->dtype, error));
  if (x->dims < 1 || x->dims > 2 || x->size[x->dims - 1] == 0)
    return ct_fail(error, CT_EINVALID, "%s: input must be [B, n] or [n] with n >= 1, got %s", who,
                   ct_shape_text(got, x->dims, x->size));
  *B = x->dims == 2 ? x->size[0] : 1;
  *n = x->size[x->dims - 1];
  return CT_OK;
}

ct_status ct_nn_log_softmax(ct_tensor *y, const ct_tensor *x, ct_error *error) {
  const char *who = "nn.LogSoftMax";
  int64_t B = 0, n = 0;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check_rows(who, x, &B, &n, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(who, y, 1, &x, error));
  CT_TRY(ct_nn_result(who, y, x->dtype, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->log_softmax(y, &flat, B, n, error);
  KERNELS->log_softmax[x->dtype](ct_tensor_data(y), ct_tensor_data(&flat), B, n,
                                 ct_threads_for(COST * B * n));
  return CT_OK;
}

ct_status ct_nn_log_softmax_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                                     ct_error *error) {
  const char *who = "nn.LogSoftMax";
  int64_t B = 0, n = 0;
  CT_SCOPED_TENSOR flat_y = {.dtype = y->dtype};
  CT_SCOPED_TENSOR flat_gy = {.dtype = y->dtype};
  CT_TRY(check_rows(who, y, &B, &n, error));
  CT_TRY(ct_nn_check_like(who, "gradOutput", gy, y, error));
  const ct_tensor *input[] = {y, gy};
  CT_TRY(ct_tensor_together(who, gx, 2, input, error));
  CT_TRY(ct_contiguous(&flat_y, y->dtype, y, error));
  CT_TRY(ct_contiguous(&flat_gy, y->dtype, gy, error));
  CT_TRY(ct_nn_result(who, gx, y->dtype, y->dims, y->size, error));
  if (ct_dtype_is_cuda(y->dtype))
    return ct_cuda()->nn->log_softmax_backward(gx, &flat_y, &flat_gy, B, n, error);
  KERNELS->log_softmax_backward[y->dtype](ct_tensor_data(gx), ct_tensor_data(&flat_y),
                                          ct_tensor_data(&flat_gy), B, n,
                                          ct_threads_for(COST * B * n));
  return CT_OK;
}

ct_status ct_nn_normalize(ct_tensor *y, const ct_tensor *x, double eps, ct_error *error) {
  const char *who = "nn.Normalize";
  int64_t B = 0, n = 0;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check_rows(who, x, &B, &n, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(who, y, 1, &x, error));
  CT_TRY(ct_nn_result(who, y, x->dtype, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->normalize(y, &flat, B, n, eps, error);
  KERNELS->normalize[x->dtype](ct_tensor_data(y), ct_tensor_data(&flat), B, n, eps,
                               ct_threads_for(B * n));
  return CT_OK;
}

ct_status ct_nn_normalize_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                   double eps, ct_error *error) {
  const char *who = "nn.Normalize";
  int64_t B = 0, n = 0;
  CT_SCOPED_TENSOR flat_x = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_gy = {.dtype = x->dtype};
  CT_TRY(check_rows(who, x, &B, &n, error));
  CT_TRY(ct_nn_check_like(who, "gradOutput", gy, x, error));
  const ct_tensor *input[] = {x, gy};
  CT_TRY(ct_tensor_together(who, gx, 2, input, error));
  CT_TRY(ct_contiguous(&flat_x, x->dtype, x, error));
  CT_TRY(ct_contiguous(&flat_gy, x->dtype, gy, error));
  CT_TRY(ct_nn_result(who, gx, x->dtype, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype))
    return ct_cuda()->nn->normalize_backward(gx, &flat_x, &flat_gy, B, n, eps, error);
  KERNELS->normalize_backward[x->dtype](ct_tensor_data(gx), ct_tensor_data(&flat_x),
                                        ct_tensor_data(&flat_gy), B, n, eps, ct_threads_for(B * n));
  return CT_OK;
}
