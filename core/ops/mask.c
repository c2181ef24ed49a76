/* Masks and nonzero: elements in row-major order on contiguous copies where needed. */
#include "cpu/indexing.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/indexing.h"
#include "ops/output.h"
#include "ops/reduce.h"

/* The sum and the largest of a contiguous mask's elements. */
static ct_status look_through(const ct_tensor *mask, int64_t *ones, int64_t *most,
                              ct_error *error) {
  ct_scalar sum, largest;
  *ones = *most = 0;
  if (ct_dtype_is_cuda(mask->dtype) && ct_tensor_count(mask) > 0) {
    CT_TRY(ct_reduce_all(&sum, CT_REDUCE_SUM, (ct_reduce_options){0}, mask, error));
    CT_TRY(ct_reduce_all(&largest, CT_REDUCE_LARGEST, (ct_reduce_options){0}, mask, error));
    *ones = sum.i, *most = largest.i;
    return CT_OK;
  }
  const uint8_t *m = ct_tensor_data(mask);
  for (int64_t i = 0; i < ct_tensor_count(mask); i++) {
    *ones += m[i];
    *most = m[i] > *most ? m[i] : *most;
  }
  return CT_OK;
}

/* A contiguous mask in *out that fits t, and the number of its ones. It is a copy where `apart` may
 * be written. */
static ct_status take_mask(ct_tensor *out, int64_t *ones, const char *name, const ct_tensor *t,
                           const ct_tensor *mask, const ct_tensor *apart, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  const ct_dtype dtype = ct_dtype_of_masks(t->dtype);
  const ct_tensor *together[2] = {t, mask};
  int64_t most;
  *out = (ct_tensor){.dtype = dtype};
  *ones = 0;
  if (mask->dtype != dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %sTensor as mask expected, got %sTensor", name,
                   ct_dtype_name(dtype), ct_dtype_name(mask->dtype));
  CT_TRY(ct_tensor_together(name, NULL, 2, together, error));
  if (ct_tensor_count(mask) != ct_tensor_count(t))
    return ct_fail(error, CT_EINVALID,
                   "%s: mask %s and tensor %s hold different numbers of elements", name,
                   ct_shape_text(a, mask->dims, mask->size), ct_shape_text(b, t->dims, t->size));
  CT_TRY(ct_tensor_overlaps(mask, apart) ? ct_clone(out, dtype, mask, error)
                                         : ct_contiguous(out, dtype, mask, error));
  ct_status status = look_through(out, ones, &most, error);
  if (status == CT_OK && most <= 1) return CT_OK;
  ct_tensor_release(out);
  if (status != CT_OK) return status;
  return ct_fail(error, CT_EINVALID, "%s: a mask holds 0 and 1, got %d", name, (int)most);
}

/* t's masked elements become those of `source`, in order, or *element for all when that is NULL. */
static ct_status put(const char *name, ct_tensor *t, const ct_tensor *mask, const ct_tensor *source,
                     const ct_element *element, ct_error *error) {
  const void *from = source ? ct_tensor_data(source) : element;
  ct_output output;
  CT_TRY(ct_output_begin(&output, t, t->dims, t->size, true, NULL, 0, error));
  ct_status status = output.apart ? ct_copy(&output.target, t, error) : CT_OK;
  if (status == CT_OK && ct_dtype_is_cuda(t->dtype))
    status = ct_cuda()->mask_put(&output.target, source, element, mask, name, error);
  else if (status == CT_OK)
    ct_mask_put(ct_tensor_data(&output.target), from, !source, ct_tensor_data(mask),
                ct_tensor_count(t), ct_dtype_size(t->dtype));
  return ct_output_end(&output, status, error);
}

ct_status ct_masked_fill(ct_tensor *t, const ct_tensor *mask, ct_scalar value, ct_error *error) {
  ct_tensor checked;
  int64_t ones;
  ct_element element;
  ct_scalar_store(t->dtype, &element, value);
  CT_TRY(take_mask(&checked, &ones, "maskedFill", t, mask, t, error));
  ct_status status = put("maskedFill", t, &checked, NULL, &element, error);
  ct_tensor_release(&checked);
  return status;
}

static ct_status copy_masked(ct_tensor *t, const ct_tensor *mask, int64_t ones,
                             const ct_tensor *source, ct_error *error) {
  if (source->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "maskedCopy: a %sTensor of values expected, got %sTensor",
                   ct_dtype_name(t->dtype), ct_dtype_name(source->dtype));
  if (ct_tensor_count(source) < ones)
    return ct_fail(error, CT_EINVALID, "maskedCopy: %lld values expected, got %lld",
                   (long long)ones, (long long)ct_tensor_count(source));
  const ct_tensor *together[2] = {t, source};
  CT_TRY(ct_tensor_together("maskedCopy", NULL, 2, together, error));
  ct_tensor from = {.dtype = t->dtype};
  CT_TRY(ct_tensor_overlaps(source, t) ? ct_clone(&from, t->dtype, source, error)
                                       : ct_contiguous(&from, t->dtype, source, error));
  ct_status status = put("maskedCopy", t, mask, &from, NULL, error);
  ct_tensor_release(&from);
  return status;
}

ct_status ct_masked_copy(ct_tensor *t, const ct_tensor *mask, const ct_tensor *source,
                         ct_error *error) {
  ct_tensor checked;
  int64_t ones;
  CT_TRY(take_mask(&checked, &ones, "maskedCopy", t, mask, t, error));
  ct_status status = copy_masked(t, &checked, ones, source, error);
  ct_tensor_release(&checked);
  return status;
}

static ct_status select_masked(ct_tensor *result, const ct_tensor *t, const ct_tensor *mask,
                               int64_t ones, ct_error *error) {
  ct_tensor from = {.dtype = t->dtype};
  ct_output output;
  CT_TRY(ct_contiguous(&from, t->dtype, t, error));
  ct_status status = ct_output_begin(&output, result, ones ? 1 : 0, &ones, true, &t, 1, error);
  if (status == CT_OK) {
    if (ct_dtype_is_cuda(t->dtype))
      status = ct_cuda()->mask_take(&output.target, &from, mask, "maskedSelect", error);
    else
      ct_mask_take(ct_tensor_data(&output.target), ct_tensor_data(&from), ct_tensor_data(mask),
                   ct_tensor_count(t), ct_dtype_size(t->dtype));
    status = ct_output_end(&output, status, error);
  }
  ct_tensor_release(&from);
  return status;
}

ct_status ct_masked_select(ct_tensor *result, const ct_tensor *t, const ct_tensor *mask,
                           ct_error *error) {
  ct_tensor checked;
  int64_t ones;
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "maskedSelect: a %s result expected, got %s",
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together("maskedSelect", result, 1, &t, error));
  ct_tensor storage = *result; /* a resized result may reach all of its storage */
  storage.dims = result->storage ? 1 : 0;
  storage.offset = 0;
  storage.size[0] = result->storage ? result->storage->size : 0;
  storage.stride[0] = 1;
  CT_TRY(take_mask(&checked, &ones, "maskedSelect", t, mask, &storage, error));
  ct_status status = select_masked(result, t, &checked, ones, error);
  ct_tensor_release(&checked);
  return status;
}

static bool is_zero(ct_dtype dtype, const void *data, int64_t i) {
  switch (dtype) {
  case CT_FLOAT: return ((const float *)data)[i] == 0;
  case CT_DOUBLE: return ((const double *)data)[i] == 0;
  case CT_LONG: return ((const int64_t *)data)[i] == 0;
  case CT_INT: return ((const int32_t *)data)[i] == 0;
  case CT_SHORT: return ((const int16_t *)data)[i] == 0;
  default: return ((const uint8_t *)data)[i] == 0; /* Byte, Char */
  }
}

static void write_positions(int64_t *to, const ct_tensor *t, const void *data) {
  for (int64_t i = 0; i < ct_tensor_count(t); i++) {
    if (is_zero(t->dtype, data, i)) continue;
    int64_t rest = i;
    for (int d = t->dims - 1; d >= 0; d--) {
      to[d] = rest % t->size[d] + 1;
      rest /= t->size[d];
    }
    to += t->dims;
  }
}

static ct_status nonzero_on_cuda(ct_tensor *result, const ct_tensor *t, ct_error *error) {
  ct_tensor mask = {.dtype = CT_CUDA_BYTE};
  ct_scalar count = ct_scalar_of(0);
  ct_output output;
  CT_TRY(ct_tensor_together("nonzero", result, 1, &t, error));
  if (ct_tensor_count(t) == 0) return ct_tensor_resize(result, 0, t->size, error);
  ct_status status =
      ct_elementwise_compare_number("nonzero", CT_NE, &mask, t, ct_scalar_of(0), error);
  if (status == CT_OK)
    status = ct_reduce_all(&count, CT_REDUCE_SUM, (ct_reduce_options){0}, &mask, error);
  if (status == CT_OK)
    status = ct_output_begin(&output, result, count.i ? 2 : 0, (int64_t[]){count.i, t->dims}, true,
                             &t, 1, error);
  if (status == CT_OK) {
    if (count.i) status = ct_cuda()->locate(&output.target, &mask, "nonzero", error);
    status = ct_output_end(&output, status, error);
  }
  ct_tensor_release(&mask);
  return status;
}

ct_status ct_nonzero(ct_tensor *result, const ct_tensor *t, ct_error *error) {
  const ct_dtype index = ct_dtype_of_indices(t->dtype);
  if (result->dtype != index)
    return ct_fail(error, CT_EINVALID, "nonzero: a %s result expected, got %s",
                   ct_dtype_name(index), ct_dtype_name(result->dtype));
  if (ct_dtype_is_cuda(t->dtype)) return nonzero_on_cuda(result, t, error);
  ct_tensor from = {.dtype = t->dtype}, shape = *t;
  CT_TRY(ct_contiguous(&from, t->dtype, t, error));
  int64_t count = 0;
  for (int64_t i = 0; i < ct_tensor_count(t); i++)
    count += !is_zero(t->dtype, ct_tensor_data(&from), i);
  ct_output output;
  ct_status status = ct_output_begin(&output, result, count ? 2 : 0, (int64_t[]){count, shape.dims},
                                     true, &t, 1, error);
  if (status == CT_OK) {
    if (count) write_positions(ct_tensor_data(&output.target), &shape, ct_tensor_data(&from));
    status = ct_output_end(&output, CT_OK, error);
  }
  ct_tensor_release(&from);
  return status;
}
