/* Compositions of views and copies: each part is copied into a view of the result. */
#include "ops/join.h"
#include "base/memory.h"
#include "ops/copy.h"
#include "ops/output.h"

/* t with at least `dims` dimensions, size 1 behind its own; borrowed. */
static ct_tensor extended(const ct_tensor *t, int dims) {
  ct_tensor view = *t;
  for (; view.dims < dims; view.dims++) view.size[view.dims] = view.stride[view.dims] = 1;
  return view;
}

/* Fills `whole` with the size of the joined tensor; dims stays 0 when every part is empty. */
static ct_status joined_size(ct_tensor *whole, const ct_tensor *const *parts, int64_t count,
                             int dim, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  for (int64_t i = 0; i < count; i++) {
    if (parts[i]->dtype != parts[0]->dtype)
      return ct_fail(error, CT_EINVALID, "cat: tensors of one type expected, got %s and %s",
                     ct_dtype_name(parts[0]->dtype), ct_dtype_name(parts[i]->dtype));
    if (parts[i]->dims == 0) continue;
    ct_tensor part = extended(parts[i], dim + 1);
    if (whole->dims == 0) {
      *whole = (ct_tensor){.dims = part.dims};
      for (int d = 0; d < part.dims; d++) whole->size[d] = part.size[d];
      continue;
    }
    bool fits = part.dims == whole->dims;
    for (int d = 0; d < part.dims && fits; d++) fits = d == dim || part.size[d] == whole->size[d];
    if (!fits)
      return ct_fail(error, CT_EINVALID, "cat: size %s cannot follow size %s along dimension %d",
                     ct_shape_text(a, parts[i]->dims, parts[i]->size),
                     ct_shape_text(b, whole->dims, whole->size), dim + 1);
    if (!ct_size_add(whole->size[dim], part.size[dim], &whole->size[dim]))
      return ct_fail(error, CT_EINVALID, "cat: the sizes exceed the address space");
  }
  return CT_OK;
}

static ct_status copy_parts(ct_tensor *to, const ct_tensor *const *parts, int64_t count, int dim,
                            ct_error *error) {
  int64_t at = 0;
  for (int64_t i = 0; i < count; i++) {
    if (parts[i]->dims == 0) continue;
    ct_tensor part = extended(parts[i], dim + 1), place = *to; /* borrowed */
    place.offset += at * to->stride[dim];
    place.size[dim] = part.size[dim];
    CT_TRY(ct_copy(&place, &part, error));
    at += part.size[dim];
  }
  return CT_OK;
}

ct_status ct_cat(ct_tensor *result, const ct_tensor *const *parts, int64_t count, int dim,
                 ct_error *error) {
  if (count == 0) return ct_fail(error, CT_EINVALID, "cat: at least one tensor expected");
  if (result->dtype != parts[0]->dtype)
    return ct_fail(error, CT_EINVALID, "cat: a %s result expected, got %s",
                   ct_dtype_name(parts[0]->dtype), ct_dtype_name(result->dtype));
  for (int64_t i = 0; i < count && dim < 0; i++)
    if (parts[i]->dims > 0) dim = parts[i]->dims - 1;
  if (dim < 0) dim = 0;
  if (dim >= CT_MAX_DIMS)
    return ct_fail(error, CT_EINVALID, "cat: dimension %d is out of range 1..%d", dim + 1,
                   CT_MAX_DIMS);
  CT_TRY(ct_tensor_together("cat", result, (int)count, parts, error));
  ct_tensor whole = {.dims = 0};
  CT_TRY(joined_size(&whole, parts, count, dim, error));
  ct_output output;
  CT_TRY(ct_output_begin(&output, result, whole.dims, whole.size, false, parts, (int)count, error));
  return ct_output_end(&output, copy_parts(&output.target, parts, count, dim, error), error);
}

/* A view of `to` as [times, size] pairs of dimensions would need up to 16 of them, so the copies
 * along each dimension are made one after the other: the first block by the source, each further
 * one from the blocks before it. */
static ct_status repeat_into(ct_tensor *to, const ct_tensor *t, const int64_t *times,
                             ct_error *error) {
  ct_tensor first = *to; /* borrowed: what is filled so far */
  for (int d = 0; d < to->dims; d++) {
    int own = d - (to->dims - t->dims);
    first.size[d] = own < 0 ? 1 : t->size[own];
    if (times[d] == 0) return CT_OK;
  }
  ct_tensor source = first;
  source.storage = t->storage;
  source.offset = t->offset;
  for (int d = 0; d < to->dims; d++) {
    int own = d - (to->dims - t->dims);
    source.stride[d] = own < 0 ? 1 : t->stride[own];
  }
  CT_TRY(ct_copy(&first, &source, error));
  for (int d = to->dims - 1; d >= 0; d--) {
    int64_t length = first.size[d], done = 1;
    while (done < times[d]) { /* doubling */
      int64_t more = done < times[d] - done ? done : times[d] - done;
      ct_tensor from = first, copy = first;
      from.size[d] = copy.size[d] = more * length;
      copy.offset += done * length * to->stride[d];
      if (length > 0) CT_TRY(ct_copy(&copy, &from, error));
      done += more;
    }
    first.size[d] = to->size[d];
  }
  return CT_OK;
}

ct_status ct_repeat(ct_tensor *result, const ct_tensor *t, int dims, const int64_t *times,
                    ct_error *error) {
  char text[CT_SHAPE_TEXT];
  int64_t size[CT_MAX_DIMS];
  if (t->dims == 0 || dims < t->dims || dims > CT_MAX_DIMS)
    return ct_fail(error, CT_EINVALID,
                   "repeatTensor: a repetition for each dimension of size %s (and at most %d) "
                   "expected, got %d",
                   ct_shape_text(text, t->dims, t->size), CT_MAX_DIMS, dims);
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "repeatTensor: a %s result expected, got %s",
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together("repeatTensor", result, 1, &t, error));
  for (int d = 0; d < dims; d++) {
    int own = d - (dims - t->dims);
    if (times[d] < 0 || !ct_size_mul(times[d], own < 0 ? 1 : t->size[own], &size[d]))
      return ct_fail(error, CT_EINVALID, "repeatTensor: %lld repetitions are out of range",
                     (long long)times[d]);
  }
  ct_output output;
  CT_TRY(ct_output_begin(&output, result, dims, size, false, &t, 1, error));
  return ct_output_end(&output, repeat_into(&output.target, t, times, error), error);
}

/* The k-th diagonal of a matrix as a borrowed vector; without elements when it misses. */
static ct_tensor diagonal_of(const ct_tensor *matrix, int64_t k) {
  ct_tensor view = *matrix;
  int64_t rows = matrix->size[0] + (k < 0 ? k : 0), columns = matrix->size[1] - (k > 0 ? k : 0);
  view.dims = 1;
  view.size[0] = rows < columns ? rows : columns;
  if (view.size[0] < 0) view.size[0] = 0;
  view.stride[0] = matrix->stride[0] + matrix->stride[1];
  if (view.size[0] > 0) view.offset += k > 0 ? k * matrix->stride[1] : -k * matrix->stride[0];
  return view;
}

ct_status ct_diag(ct_tensor *result, const ct_tensor *t, int64_t k, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  if (t->dims != 1 && t->dims != 2)
    return ct_fail(error, CT_EINVALID, "diag: a vector or a matrix expected, got size %s",
                   ct_shape_text(text, t->dims, t->size));
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "diag: a %s result expected, got %s",
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  if (k < -INT64_C(0x7fffffff) || k > 0x7fffffff ||
      (t->dims == 2 && (k <= -t->size[0] || k >= t->size[1])))
    return ct_fail(error, CT_EINVALID, "diag: there is no diagonal %lld of size %s", (long long)k,
                   ct_shape_text(text, t->dims, t->size));
  CT_TRY(ct_tensor_together("diag", result, 1, &t, error));
  ct_output output;
  if (t->dims == 2) {
    ct_tensor diagonal = diagonal_of(t, k);
    CT_TRY(ct_output_begin(&output, result, 1, diagonal.size, false, &t, 1, error));
    return ct_output_end(&output, ct_copy(&output.target, &diagonal, error), error);
  }
  int64_t n = t->size[0] + (k < 0 ? -k : k), size[2] = {n, n};
  CT_TRY(ct_output_begin(&output, result, 2, size, false, &t, 1, error));
  ct_status status = ct_fill(&output.target, ct_scalar_of(0), error);
  ct_tensor diagonal = diagonal_of(&output.target, k);
  if (status == CT_OK) status = ct_copy(&diagonal, t, error);
  return ct_output_end(&output, status, error);
}

ct_status ct_triangle(ct_tensor *result, const ct_tensor *t, int64_t k, bool upper,
                      ct_error *error) {
  char text[CT_SHAPE_TEXT];
  const char *name = upper ? "triu" : "tril";
  if (t->dims != 2)
    return ct_fail(error, CT_EINVALID, "%s: a matrix expected, got size %s", name,
                   ct_shape_text(text, t->dims, t->size));
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %s result expected, got %s", name,
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together(name, result, 1, &t, error));
  ct_output output;
  const ct_tensor *input = ct_tensor_same_view(result, t) ? NULL : t;
  CT_TRY(ct_output_begin(&output, result, 2, t->size, false, &input, 1, error));
  ct_status status = ct_copy(&output.target, t, error);
  int64_t columns = output.target.size[1];
  for (int64_t i = 0; i < output.target.size[0] && status == CT_OK; i++) {
    /* columns below `edge` belong to the lower side; k is clamped so that i + k cannot overflow */
    int64_t edge = k > columns ? columns : k < -i - 1 ? 0 : i + k + (upper ? 0 : 1);
    edge = edge < 0 ? 0 : edge > columns ? columns : edge;
    ct_tensor row = output.target; /* borrowed */
    row.dims = 1;
    row.offset += i * row.stride[0] + (upper ? 0 : edge) * row.stride[1];
    row.size[0] = upper ? edge : columns - edge;
    row.stride[0] = row.stride[1];
    if (row.size[0] > 0) status = ct_fill(&row, ct_scalar_of(0), error);
  }
  return ct_output_end(&output, status, error);
}
