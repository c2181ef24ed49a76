/* Negative log-likelihood: one element a row, so it runs on the calling thread, or on a GPU. */
#include "ops/nn_criterion.h"
#include <math.h>
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

static const char who[] = "nn.ClassNLLCriterion";

typedef struct rows {
  int64_t B, C;
} rows;

static ct_status check(rows *r, const ct_tensor *x, const ct_tensor *target,
                       const ct_tensor *weights, ct_error *error) {
  char got[CT_SHAPE_TEXT];
  CT_TRY(ct_nn_check_dtype(who, "input", x, x->dtype, error));
  if (x->dims < 1 || x->dims > 2 || x->size[x->dims - 1] == 0)
    return ct_fail(error, CT_EINVALID, "%s: input must be [B, C] or [C] with C >= 1, got %s", who,
                   ct_shape_text(got, x->dims, x->size));
  r->B = x->dims == 2 ? x->size[0] : 1;
  r->C = x->size[x->dims - 1];
  if (ct_tensor_count(target) != r->B)
    return ct_fail(error, CT_EINVALID, "%s: target must have %lld elements, got %lld", who,
                   (long long)r->B, (long long)ct_tensor_count(target));
  if (!weights) return CT_OK;
  CT_TRY(ct_nn_check_dtype(who, "weights", weights, x->dtype, error));
  if (weights->dims == 1 && weights->size[0] == r->C) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: weights must be [%lld], got %s", who, (long long)r->C,
                 ct_shape_text(got, weights->dims, weights->size));
}

static const char *element(const ct_tensor *t, int64_t offset) {
  return (const char *)ct_tensor_data(t) + (size_t)offset * ct_dtype_size(t->dtype);
}

static ct_status no_class(int64_t i, int64_t C, double got, ct_error *error) {
  return ct_fail(error, CT_EINVALID,
                 "%s: target %lld must be a whole number from 1 to %lld, got %g", who,
                 (long long)i + 1, (long long)C, got);
}

/* The 0-based class of example i; `flat` is contiguous. */
static ct_status label(int64_t *out, const ct_tensor *flat, int64_t i, int64_t C, ct_error *error) {
  ct_scalar value = ct_scalar_load(flat->dtype, element(flat, i));
  double d = ct_dtype_is_real(flat->dtype) ? value.d : (double)value.i;
  if (!(d >= 1 && d <= (double)C && d == floor(d))) return no_class(i, C, d, error);
  *out = (int64_t)d - 1;
  return CT_OK;
}

static double weight_of(const ct_tensor *weights, int64_t c) {
  return weights ? ct_scalar_load(weights->dtype, element(weights, c * weights->stride[0])).d : 1;
}

/* On a GPU: the sums, and a check of every target, wherever the targets lie. *flat: the targets as
 * the kernels take them. */
static ct_status sum_on_cuda(double found[3], ct_tensor *flat, const rows *r, const ct_tensor *x,
                             const ct_tensor *target, const ct_tensor *weights, ct_error *error) {
  const ct_tensor *input[] = {x, weights};
  found[0] = found[1] = found[2] = 0;
  CT_TRY(ct_tensor_together(who, NULL, 2, input, error));
  if (r->B == 0) return CT_OK;
  CT_TRY(ct_tensor_new_on(flat, CT_CUDA_DOUBLE, ct_tensor_device(x), 1, &r->B, error));
  CT_TRY(ct_copy(flat, target, error));
  CT_TRY(ct_cuda()->nn->nll(found, x, r->B, r->C, flat, weights, error));
  int64_t wrong = (int64_t)found[2];
  if (wrong == r->B) return CT_OK;
  ct_scalar got;
  CT_TRY(ct_storage_get(flat->storage, flat->offset + wrong, &got, error));
  return no_class(wrong, r->C, got.d, error);
}

ct_status ct_nn_nll(double *sum, double *total, const ct_tensor *x, const ct_tensor *target,
                    const ct_tensor *weights, ct_error *error) {
  rows r;
  CT_SCOPED_TENSOR flat = {.dtype = target->dtype};
  CT_TRY(check(&r, x, target, weights, error));
  if (ct_dtype_is_cuda(x->dtype)) {
    double found[3];
    CT_TRY(sum_on_cuda(found, &flat, &r, x, target, weights, error));
    *sum = found[0], *total = found[1];
    return CT_OK;
  }
  CT_TRY(ct_contiguous(&flat, target->dtype, target, error));
  int64_t row = x->dims == 2 ? x->stride[0] : 0, column = x->stride[x->dims - 1];
  double loss = 0, all = 0;
  for (int64_t i = 0; i < r.B; i++) {
    int64_t c = 0;
    CT_TRY(label(&c, &flat, i, r.C, error));
    double w = weight_of(weights, c);
    loss -= w * ct_scalar_load(x->dtype, element(x, i * row + c * column)).d;
    all += w;
  }
  *sum = loss, *total = all;
  return CT_OK;
}

ct_status ct_nn_nll_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *target,
                             const ct_tensor *weights, double scale, ct_error *error) {
  rows r;
  CT_SCOPED_TENSOR flat = {.dtype = target->dtype};
  CT_TRY(check(&r, x, target, weights, error));
  if (ct_dtype_is_cuda(x->dtype)) {
    double found[3];
    CT_TRY(sum_on_cuda(found, &flat, &r, x, target, weights, error));
    CT_TRY(ct_tensor_together(who, gx, 1, &x, error));
    CT_TRY(ct_nn_result(who, gx, x->dtype, x->dims, x->size, error));
    return ct_cuda()->nn->nll_backward(gx, r.B, r.C, &flat, weights, scale, error);
  }
  CT_TRY(ct_contiguous(&flat, target->dtype, target, error));
  CT_TRY(ct_nn_result(who, gx, x->dtype, x->dims, x->size, error));
  CT_TRY(ct_fill(gx, ct_scalar_of(0), error));
  for (int64_t i = 0; i < r.B; i++) {
    int64_t c = 0;
    CT_TRY(label(&c, &flat, i, r.C, error));
    ct_scalar_store(gx->dtype, (char *)element(gx, i * r.C + c),
                    (ct_scalar){.d = -scale * weight_of(weights, c)});
  }
  return CT_OK;
}
