/* Indexing: contract and dispatch.
 *
 * Seen along one dimension, a contiguous tensor is [outer, n, inner]; kernels work on that form.
 * Indices are checked first, into a contiguous copy where needed, so a bad one leaves everything
 * as it was. What is not contiguous is worked on in a contiguous copy and copied back. */
#include "ops/indexing.h"
#include "cpu/indexing.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/output.h"

typedef struct geometry {
  int64_t outer, n, inner;
} geometry;

static geometry along(const ct_tensor *t, int dim) {
  geometry g = {1, t->size[dim], 1};
  for (int d = 0; d < dim; d++) g.outer *= t->size[d];
  for (int d = dim + 1; d < t->dims; d++) g.inner *= t->size[d];
  return g;
}

static ct_status check_dim(const char *name, const ct_tensor *t, int dim, ct_error *error) {
  if (dim >= 0 && dim < t->dims) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: dimension %d is out of range, the tensor has %d", name,
                 dim + 1, t->dims);
}

/* The position of the first of contiguous indices that is not within 1..n, or -1. */
static ct_status find_bad(int64_t *bad, const ct_tensor *index, int64_t n, const char *name,
                          ct_error *error) {
  *bad = -1;
  if (ct_dtype_is_cuda(index->dtype))
    return ct_tensor_count(index) ? ct_cuda()->check_indices(index, n, bad, name, error) : CT_OK;
  const int64_t *i = ct_tensor_data(index);
  for (int64_t k = 0; k < ct_tensor_count(index) && *bad < 0; k++)
    if (i[k] < 1 || i[k] > n) *bad = k;
  return CT_OK;
}

/* Contiguous indices for t in *out, each within 1..n. They are a copy where `apart` may be written.
 */
static ct_status take_indices(ct_tensor *out, const char *name, const ct_tensor *t,
                              const ct_tensor *index, int dim, const ct_tensor *apart,
                              ct_error *error) {
  const ct_dtype dtype = ct_dtype_of_indices(t->dtype);
  const ct_tensor *together[2] = {t, index};
  const int64_t n = t->size[dim];
  int64_t bad;
  ct_scalar value;
  *out = (ct_tensor){.dtype = dtype};
  if (index->dtype != dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %sTensor of indices expected, got %sTensor", name,
                   ct_dtype_name(dtype), ct_dtype_name(index->dtype));
  CT_TRY(ct_tensor_together(name, NULL, 2, together, error));
  CT_TRY(apart && ct_tensor_overlaps(index, apart) ? ct_clone(out, dtype, index, error)
                                                   : ct_contiguous(out, dtype, index, error));
  ct_status status = find_bad(&bad, out, n, name, error);
  if (status == CT_OK && bad < 0) return CT_OK;
  if (status == CT_OK) status = ct_storage_get(out->storage, out->offset + bad, &value, error);
  if (status == CT_OK)
    status = ct_fail(error, CT_EINVALID,
                     "%s: index %lld at position %lld is out of range 1..%lld of dimension %d",
                     name, (long long)value.i, (long long)bad + 1, (long long)n, dim + 1);
  ct_tensor_release(out);
  return status;
}

static ct_cuda_rows cuda_rows(const char *name, geometry g, int64_t count) {
  return (ct_cuda_rows){.name = name, .outer = g.outer, .n = g.n, .count = count, .inner = g.inner};
}

/* A contiguous source in *out, copied when it overlaps what is written. */
static ct_status take_source(ct_tensor *out, const char *name, const ct_tensor *source,
                             const ct_tensor *written, ct_error *error) {
  *out = (ct_tensor){.dtype = source->dtype};
  if (source->dtype != written->dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %sTensor of values expected, got %sTensor", name,
                   ct_dtype_name(written->dtype), ct_dtype_name(source->dtype));
  const ct_tensor *together[2] = {source, written};
  CT_TRY(ct_tensor_together(name, NULL, 2, together, error));
  return ct_tensor_overlaps(source, written) ? ct_clone(out, source->dtype, source, error)
                                             : ct_contiguous(out, source->dtype, source, error);
}

/* An output that starts with t's elements: t itself when it is contiguous. */
static ct_status begin_in_place(ct_output *output, ct_tensor *t, ct_error *error) {
  CT_TRY(ct_output_begin(output, t, t->dims, t->size, true, NULL, 0, error));
  if (!output->apart) return CT_OK;
  ct_status status = ct_copy(&output->target, t, error);
  if (status != CT_OK) ct_output_end(output, status, error);
  return status;
}

static ct_status vector_of_indices(const char *name, const ct_tensor *index, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  if (index->dims <= 1) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: a vector of indices expected, got size %s", name,
                 ct_shape_text(text, index->dims, index->size));
}

static ct_status take_rows(const ct_output *output, const ct_tensor *t, int dim, geometry g,
                           const ct_tensor *index, ct_error *error) {
  int64_t element = (int64_t)ct_dtype_size(t->dtype), inner = g.inner * element;
  ct_tensor from = {.dtype = t->dtype}, row = *t;
  for (int d = 1; d < t->dims; d++) row.size[d - 1] = t->size[d], row.stride[d - 1] = t->stride[d];
  row.dims = t->dims - 1;
  bool whole_rows = dim == 0 && (row.dims == 0 || ct_tensor_contiguous(&row));
  if (whole_rows)
    ct_tensor_set(&from, t);
  else
    CT_TRY(ct_contiguous(&from, t->dtype, t, error));
  ct_status status = CT_OK;
  ct_cuda_rows rows = cuda_rows("index", g, ct_tensor_count(index));
  if (ct_tensor_count(&output->target) > 0 && ct_dtype_is_cuda(t->dtype))
    status = ct_cuda()->rows_take(&rows, &output->target, &from, index, g.n * g.inner,
                                  whole_rows ? t->stride[0] : g.inner, error);
  else if (ct_tensor_count(&output->target) > 0)
    ct_rows_take(ct_tensor_data(&output->target), ct_tensor_data(&from), ct_tensor_data(index),
                 g.outer, ct_tensor_count(index), inner, g.n * inner,
                 whole_rows ? t->stride[0] * element : inner);
  ct_tensor_release(&from);
  return status;
}

ct_status ct_index(ct_tensor *result, const ct_tensor *t, int dim, const ct_tensor *index,
                   ct_error *error) {
  CT_TRY(check_dim("index", t, dim, error));
  CT_TRY(vector_of_indices("index", index, error));
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "index: a %s result expected, got %s",
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together("index", result, 1, &t, error));
  geometry g = along(t, dim);
  ct_tensor rows;
  CT_TRY(take_indices(&rows, "index", t, index, dim, NULL, error));
  ct_tensor wanted = *t;
  wanted.size[dim] = ct_tensor_count(index);
  ct_output output;
  const ct_tensor *inputs[2] = {t, index};
  ct_status status = ct_output_begin(&output, result, t->dims, wanted.size, true, inputs, 2, error);
  if (status == CT_OK)
    status = ct_output_end(&output, take_rows(&output, t, dim, g, &rows, error), error);
  ct_tensor_release(&rows);
  return status;
}

typedef enum placing { PLACE_COPY, PLACE_ADD, PLACE_FILL } placing;

static ct_status place_rows(const char *name, placing how, const ct_tensor *to, geometry g,
                            const ct_tensor *rows, const ct_tensor *source, ct_scalar value,
                            ct_error *error) {
  if (ct_dtype_is_cuda(to->dtype)) {
    ct_element element;
    ct_cuda_rows r = cuda_rows(name, g, ct_tensor_count(rows));
    ct_scalar_store(to->dtype, &element, value);
    return how == PLACE_FILL ? ct_cuda()->rows_fill(&r, to, &element, rows, error)
                             : ct_cuda()->rows_put(&r, how == PLACE_ADD, to, source, rows, error);
  }
  const void *from = ct_tensor_data(source);
  int64_t count = ct_tensor_count(rows), inner = g.inner * (int64_t)ct_dtype_size(to->dtype);
  if (how == PLACE_ADD)
    ct_rows_add(to->dtype, ct_tensor_data(to), from, ct_tensor_data(rows), g.outer, g.n, count,
                g.inner);
  else
    ct_rows_put(ct_tensor_data(to), from, ct_tensor_data(rows), g.outer, g.n, count, inner,
                how == PLACE_FILL ? 0 : inner);
  return CT_OK;
}

/* Places `source` (contiguous, checked) or, for PLACE_FILL, `value`, of which source is one row. */
static ct_status place(const char *name, placing how, ct_tensor *t, int dim, const ct_tensor *index,
                       const ct_tensor *source, ct_scalar value, ct_error *error) {
  ct_tensor rows;
  geometry g = along(t, dim);
  CT_TRY(take_indices(&rows, name, t, index, dim, t, error));
  ct_output output;
  ct_status status = begin_in_place(&output, t, error);
  if (status == CT_OK) {
    if (ct_tensor_count(t) > 0 && ct_tensor_count(&rows) > 0)
      status = place_rows(name, how, &output.target, g, &rows, source, value, error);
    status = ct_output_end(&output, status, error);
  }
  ct_tensor_release(&rows);
  return status;
}

static ct_status place_source(const char *name, placing how, ct_tensor *t, int dim,
                              const ct_tensor *index, const ct_tensor *source, ct_error *error) {
  char got[CT_SHAPE_TEXT], want[CT_SHAPE_TEXT];
  CT_TRY(check_dim(name, t, dim, error));
  CT_TRY(vector_of_indices(name, index, error));
  ct_tensor expected = *t, from;
  expected.size[dim] = ct_tensor_count(index);
  if (!ct_tensor_same_size(&expected, source))
    return ct_fail(error, CT_EINVALID, "%s: values of size %s expected, got %s", name,
                   ct_shape_text(want, expected.dims, expected.size),
                   ct_shape_text(got, source->dims, source->size));
  CT_TRY(take_source(&from, name, source, t, error));
  ct_status status = place(name, how, t, dim, index, &from, ct_scalar_of(0), error);
  ct_tensor_release(&from);
  return status;
}

ct_status ct_index_copy(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                        ct_error *error) {
  return place_source("indexCopy", PLACE_COPY, t, dim, index, source, error);
}

ct_status ct_index_add(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                       ct_error *error) {
  return place_source("indexAdd", PLACE_ADD, t, dim, index, source, error);
}

ct_status ct_index_fill(ct_tensor *t, int dim, const ct_tensor *index, ct_scalar value,
                        ct_error *error) {
  CT_TRY(check_dim("indexFill", t, dim, error));
  CT_TRY(vector_of_indices("indexFill", index, error));
  ct_tensor row = {.dtype = t->dtype};
  CT_TRY(ct_tensor_new_on(&row, t->dtype, ct_tensor_device(t), 1, &(int64_t){along(t, dim).inner},
                          error));
  ct_status status = ct_fill(&row, value, error);
  if (status == CT_OK) status = place("indexFill", PLACE_FILL, t, dim, index, &row, value, error);
  ct_tensor_release(&row);
  return status;
}

/* index has t's size but along dim. */
static ct_status check_gather(const char *name, const ct_tensor *t, int dim, const ct_tensor *index,
                              ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  CT_TRY(check_dim(name, t, dim, error));
  bool fits = index->dims == t->dims;
  for (int d = 0; d < t->dims && fits; d++) fits = d == dim || index->size[d] == t->size[d];
  if (fits) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: indices must have the tensor's size %s but along dimension %d, got %s", name,
                 ct_shape_text(a, t->dims, t->size), dim + 1,
                 ct_shape_text(b, index->dims, index->size));
}

ct_status ct_gather(ct_tensor *result, const ct_tensor *t, int dim, const ct_tensor *index,
                    ct_error *error) {
  CT_TRY(check_gather("gather", t, dim, index, error));
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "gather: a %s result expected, got %s",
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together("gather", result, 1, &t, error));
  geometry g = along(t, dim);
  ct_tensor places, from = {.dtype = t->dtype};
  CT_TRY(take_indices(&places, "gather", t, index, dim, result, error));
  ct_status status = ct_contiguous(&from, t->dtype, t, error);
  ct_output output;
  const ct_tensor *inputs[2] = {t, index};
  if (status == CT_OK)
    status = ct_output_begin(&output, result, places.dims, places.size, true, inputs, 2, error);
  if (status == CT_OK) {
    ct_cuda_rows rows = cuda_rows("gather", g, places.size[dim]);
    if (ct_tensor_count(&places) > 0 && ct_dtype_is_cuda(t->dtype))
      status = ct_cuda()->gather(&rows, &output.target, &from, &places, error);
    else if (ct_tensor_count(&places) > 0)
      ct_gather_elements(ct_tensor_data(&output.target), ct_tensor_data(&from),
                         ct_tensor_data(&places), g.outer, g.n, places.size[dim], g.inner,
                         ct_dtype_size(t->dtype));
    status = ct_output_end(&output, status, error);
  }
  ct_tensor_release(&from);
  ct_tensor_release(&places);
  return status;
}

/* source NULL: *element for all. */
static ct_status scatter_from(ct_tensor *t, int dim, const ct_tensor *places,
                              const ct_tensor *source, const ct_element *element, ct_error *error) {
  const void *from = source ? ct_tensor_data(source) : element;
  geometry g = along(t, dim);
  ct_output output;
  CT_TRY(begin_in_place(&output, t, error));
  ct_status status = CT_OK;
  ct_cuda_rows rows = cuda_rows("scatter", g, places->size[dim]);
  if (ct_tensor_count(places) > 0 && ct_dtype_is_cuda(t->dtype))
    status = ct_cuda()->scatter(&rows, &output.target, source, element, places, error);
  else if (ct_tensor_count(places) > 0)
    ct_scatter_elements(ct_tensor_data(&output.target), from, !source, ct_tensor_data(places),
                        g.outer, g.n, places->size[dim], g.inner, ct_dtype_size(t->dtype));
  return ct_output_end(&output, status, error);
}

ct_status ct_scatter(ct_tensor *t, int dim, const ct_tensor *index, const ct_tensor *source,
                     ct_scalar value, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  CT_TRY(check_gather("scatter", t, dim, index, error));
  if (source && !ct_tensor_same_size(source, index))
    return ct_fail(error, CT_EINVALID, "scatter: values of the indices' size %s expected, got %s",
                   ct_shape_text(a, index->dims, index->size),
                   ct_shape_text(b, source->dims, source->size));
  ct_tensor places, from = {.dtype = t->dtype};
  ct_element element;
  ct_scalar_store(t->dtype, &element, value);
  CT_TRY(take_indices(&places, "scatter", t, index, dim, t, error));
  ct_status status = source ? take_source(&from, "scatter", source, t, error) : CT_OK;
  if (status == CT_OK)
    status = scatter_from(t, dim, &places, source ? &from : NULL, &element, error);
  ct_tensor_release(&from);
  ct_tensor_release(&places);
  return status;
}
