/* Measures of whole tensors that are built on the reductions: distance, trace, renorm, equality. */
#include "base/memory.h"
#include "cpu/loop.h"
#include "ops/copy.h"
#include "ops/elementwise.h"
#include "ops/output.h"
#include "ops/reduce.h"

ct_status ct_dist(double *out, const ct_tensor *a, const ct_tensor *b, double power,
                  ct_error *error) {
  char x[CT_SHAPE_TEXT], y[CT_SHAPE_TEXT];
  if (!ct_dtype_is_real(a->dtype) || a->dtype != b->dtype)
    return ct_fail(error, CT_EINVALID,
                   "dist: two Float or two Double tensors expected, got %s and %s",
                   ct_dtype_name(a->dtype), ct_dtype_name(b->dtype));
  if (ct_tensor_count(a) != ct_tensor_count(b))
    return ct_fail(error, CT_EINVALID, "dist: %s and %s hold different numbers of elements",
                   ct_shape_text(x, a->dims, a->size), ct_shape_text(y, b->dims, b->size));
  ct_tensor difference = {.dtype = a->dtype}, other = {.dtype = a->dtype};
  ct_scalar norm = ct_scalar_of(0);
  ct_status status = ct_contiguous(&other, a->dtype, b, error);
  if (status == CT_OK) status = ct_tensor_view(&other, &other, a->dims, a->size, error);
  if (status == CT_OK)
    status = ct_elementwise_binary("dist", CT_SUB, &difference, a, &other, error);
  if (status == CT_OK)
    status = ct_reduce_all(&norm, CT_REDUCE_NORM, (ct_reduce_options){.power = power}, &difference,
                           error);
  ct_tensor_release(&difference);
  ct_tensor_release(&other);
  *out = norm.d;
  return status;
}

ct_status ct_trace(ct_scalar *out, const ct_tensor *t, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  if (t->dims != 2)
    return ct_fail(error, CT_EINVALID, "trace: a matrix expected, got size %s",
                   ct_shape_text(text, t->dims, t->size));
  ct_tensor diagonal = *t; /* borrowed */
  diagonal.dims = 1;
  diagonal.size[0] = t->size[0] < t->size[1] ? t->size[0] : t->size[1];
  diagonal.stride[0] = t->stride[0] + t->stride[1];
  return ct_reduce_all(out, CT_REDUCE_SUM, (ct_reduce_options){0}, &diagonal, error);
}

static void scale_f32(const void *context, int64_t n, char *const *p, const int64_t *s) {
  double factor = *(const double *)context;
  for (int64_t i = 0; i < n; i++) {
    float *to = (float *)(p[0] + i * s[0]);
    *to = (float)((double)*to * factor);
  }
}

static void scale_f64(const void *context, int64_t n, char *const *p, const int64_t *s) {
  double factor = *(const double *)context;
  for (int64_t i = 0; i < n; i++) *(double *)(p[0] + i * s[0]) *= factor;
}

/* What each slice along dim is to be multiplied with. */
static ct_status renorm_factors(double *factor, const ct_tensor *t, double power, int dim,
                                double most, ct_error *error) {
  ct_status status = CT_OK;
  for (int64_t i = 0; i < t->size[dim] && status == CT_OK; i++) {
    ct_tensor slice = {.dtype = t->dtype};
    ct_scalar norm = ct_scalar_of(0);
    status = ct_tensor_select(&slice, t, dim, i, error);
    if (status == CT_OK)
      status =
          ct_reduce_all(&norm, CT_REDUCE_NORM, (ct_reduce_options){.power = power}, &slice, error);
    factor[i] = norm.d > most ? most / (norm.d + 1e-7) : 1;
    ct_tensor_release(&slice);
  }
  return status;
}

/* On the CPU in double; on a GPU as its elements are multiplied there. */
static ct_status scale(ct_tensor *slice, const double *factor, ct_error *error) {
  const ct_tensor *operand[1] = {slice};
  if (ct_dtype_is_cuda(slice->dtype))
    return ct_elementwise_number("renorm", CT_MUL, slice, slice, ct_scalar_of(*factor), false,
                                 error);
  ct_loop(1, 1, operand, slice->dtype == CT_FLOAT ? scale_f32 : scale_f64, factor);
  return CT_OK;
}

static ct_status renorm_scale(ct_tensor *result, const ct_tensor *t, int dim, const double *factor,
                              ct_error *error) {
  ct_output output;
  const ct_tensor *input = ct_tensor_same_view(result, t) ? NULL : t;
  CT_TRY(ct_output_begin(&output, result, t->dims, t->size, false, &input, 1, error));
  ct_status status = ct_copy(&output.target, t, error);
  for (int64_t i = 0; i < t->size[dim] && status == CT_OK; i++) {
    if (factor[i] == 1) continue;
    ct_tensor slice = {.dtype = t->dtype};
    status = ct_tensor_select(&slice, &output.target, dim, i, error);
    if (status == CT_OK) status = scale(&slice, &factor[i], error);
    ct_tensor_release(&slice);
  }
  return ct_output_end(&output, status, error);
}

/* All norms come first, since finding one may fail: then nothing has changed yet. */
ct_status ct_renorm(ct_tensor *result, const ct_tensor *t, double power, int dim, double most,
                    ct_error *error) {
  if (!ct_dtype_is_real(t->dtype) || result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "renorm: Float or Double tensors expected, got %s",
                   ct_dtype_name(t->dtype));
  if (dim < 0 || dim >= t->dims || t->dims < 2)
    return ct_fail(error, CT_EINVALID,
                   "renorm: a tensor of two or more dimensions and one of them expected, got "
                   "dimension %d of %d",
                   dim + 1, t->dims);
  if (!(power > 0) || !(most >= 0))
    return ct_fail(error, CT_EINVALID,
                   "renorm: a power > 0 and a largest norm >= 0 expected, got %g and %g", power,
                   most);
  CT_TRY(ct_tensor_together("renorm", result, 1, &t, error));
  int64_t slices = t->size[dim];
  double *factor = NULL;
  CT_TRY(ct_alloc(&factor, slices, sizeof *factor, "renorm", error));
  ct_status status = renorm_factors(factor, t, power, dim, most, error);
  if (status == CT_OK) status = renorm_scale(result, t, dim, factor, error);
  ct_free(factor);
  return status;
}

typedef struct comparison {
  ct_dtype dtype;
  _Atomic bool *differ;
} comparison;

#define DIFFER(T)                                                                                  \
  for (int64_t i = 0; i < n; i++)                                                                  \
  differ |= *(const T *)(p[0] + i * s[0]) != *(const T *)(p[1] + i * s[1])

static void compare(const void *context, int64_t n, char *const *p, const int64_t *s) {
  const comparison *c = context;
  bool differ = false;
  if (*c->differ) return;
  switch (c->dtype) {
  case CT_FLOAT: DIFFER(float); break;
  case CT_DOUBLE: DIFFER(double); break;
  case CT_LONG: DIFFER(int64_t); break;
  case CT_INT: DIFFER(int32_t); break;
  case CT_BYTE: DIFFER(uint8_t); break;
  case CT_SHORT: DIFFER(int16_t); break;
  case CT_CHAR: DIFFER(int8_t); break;
  default: break; /* what lies on a GPU never comes here */
  }
  if (differ) *c->differ = true;
}

ct_status ct_equal(bool *out, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  if (a->dtype != b->dtype)
    return ct_fail(error, CT_EINVALID, "equal: tensors of one type expected, got %s and %s",
                   ct_dtype_name(a->dtype), ct_dtype_name(b->dtype));
  if (ct_dtype_is_cuda(a->dtype) && ct_tensor_same_size(a, b)) {
    ct_tensor differs = {.dtype = CT_CUDA_BYTE};
    ct_status status = ct_elementwise_compare("equal", CT_NE, &differs, a, b, error);
    if (status == CT_OK) status = ct_logical(out, false, &differs, error);
    *out = !*out;
    ct_tensor_release(&differs);
    return status;
  }
  _Atomic bool differ = !ct_tensor_same_size(a, b);
  comparison c = {a->dtype, &differ};
  const ct_tensor *operand[2] = {a, b};
  if (!differ) ct_loop(2, 0, operand, compare, &c);
  *out = !differ;
  return CT_OK;
}

ct_status ct_logical(bool *out, bool all, const ct_tensor *t, ct_error *error) {
  if (t->dtype != CT_BYTE && t->dtype != CT_CUDA_BYTE)
    return ct_fail(error, CT_EINVALID, "%s: a Byte tensor expected, got %s", all ? "all" : "any",
                   ct_dtype_name(t->dtype));
  *out = all;
  if (ct_tensor_count(t) == 0) return CT_OK;
  ct_scalar extreme;
  CT_TRY(ct_reduce_all(&extreme, all ? CT_REDUCE_SMALLEST : CT_REDUCE_LARGEST,
                       (ct_reduce_options){0}, t, error));
  *out = extreme.i != 0;
  return CT_OK;
}
