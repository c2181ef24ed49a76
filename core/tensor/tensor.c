/* Strided views: pure index arithmetic. The invariant that every function keeps: each element a
 * tensor can reach lies inside its storage. */
#include "tensor/tensor.h"
#include <stdio.h>
#include <string.h>
#include "base/memory.h"

int64_t ct_tensor_count(const ct_tensor *t) {
  if (t->dims == 0) return 0;
  int64_t count = 1;
  for (int d = 0; d < t->dims; d++) count *= t->size[d];
  return count;
}

bool ct_tensor_contiguous(const ct_tensor *t) {
  int64_t expected = 1;
  for (int d = t->dims - 1; d >= 0; d--) {
    if (t->size[d] != 1 && t->stride[d] != expected) return ct_tensor_count(t) == 0;
    expected *= t->size[d];
  }
  return true;
}

bool ct_tensor_same_size(const ct_tensor *a, const ct_tensor *b) {
  return a->dims == b->dims && !memcmp(a->size, b->size, (size_t)a->dims * sizeof a->size[0]);
}

bool ct_tensor_same_view(const ct_tensor *a, const ct_tensor *b) {
  return a->storage == b->storage && a->offset == b->offset && ct_tensor_same_size(a, b) &&
         !memcmp(a->stride, b->stride, (size_t)a->dims * sizeof a->stride[0]);
}

/* The offsets of the first and last element that t can reach; strides are never negative. */
static void reach(const ct_tensor *t, int64_t *first, int64_t *last) {
  *first = *last = t->offset;
  for (int d = 0; d < t->dims; d++) *last += (t->size[d] - 1) * t->stride[d];
}

bool ct_tensor_overlaps(const ct_tensor *a, const ct_tensor *b) {
  if (!a->storage || a->storage != b->storage || !ct_tensor_count(a) || !ct_tensor_count(b))
    return false;
  int64_t a0, a1, b0, b1;
  reach(a, &a0, &a1);
  reach(b, &b0, &b1);
  return a0 <= b1 && b0 <= a1;
}

char *ct_shape_text(char buffer[CT_SHAPE_TEXT], int dims, const int64_t *size) {
  int n = snprintf(buffer, CT_SHAPE_TEXT, dims ? "" : "empty");
  for (int d = 0; d < dims; d++)
    n += snprintf(buffer + n, CT_SHAPE_TEXT - (size_t)n, d ? "x%lld" : "%lld", (long long)size[d]);
  return buffer;
}

void ct_tensor_release(ct_tensor *t) {
  ct_storage_release(t->storage);
  *t = (ct_tensor){.dtype = t->dtype};
}

void ct_tensor_set(ct_tensor *t, const ct_tensor *source) {
  ct_tensor copy = *source;
  ct_storage_retain(copy.storage);
  ct_storage_release(t->storage);
  *t = copy;
}

/* Fills *count with the product of the sizes; sizes must be >= 0 and the product must fit. */
static ct_status check_size(int dims, const int64_t *size, int64_t *count, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  if (dims < 0 || dims > CT_MAX_DIMS)
    return ct_fail(error, CT_EINVALID, "a tensor has at most %d dimensions, got %d", CT_MAX_DIMS,
                   dims);
  int64_t product = dims ? 1 : 0;
  bool zero = dims == 0;
  for (int d = 0; d < dims; d++) {
    if (size[d] < 0)
      return ct_fail(error, CT_EINVALID, "a size must be >= 0, got %s",
                     ct_shape_text(text, dims, size));
    zero = zero || size[d] == 0;
  }
  for (int d = 0; d < dims; d++) /* sizes of 0 aside: strides must fit in an empty tensor too */
    if (!ct_size_mul(product, size[d] ? size[d] : 1, &product))
      return ct_fail(error, CT_EINVALID, "%s elements exceed the address space",
                     ct_shape_text(text, dims, size));
  *count = zero ? 0 : product;
  return CT_OK;
}

static void set_contiguous(ct_tensor *t, int dims, const int64_t *size) {
  int64_t stride = 1;
  int64_t sizes[CT_MAX_DIMS] = {0}; /* size may point into t */
  if (dims) memcpy(sizes, size, (size_t)dims * sizeof *size);
  t->dims = dims;
  for (int d = dims - 1; d >= 0; d--) {
    t->size[d] = sizes[d];
    t->stride[d] = stride;
    stride *= sizes[d] ? sizes[d] : 1;
  }
}

ct_status ct_tensor_new(ct_tensor *out, ct_dtype dtype, int dims, const int64_t *size,
                        ct_error *error) {
  return ct_tensor_new_on(out, dtype, CT_CURRENT_DEVICE, dims, size, error);
}

ct_status ct_tensor_new_on(ct_tensor *out, ct_dtype dtype, int device, int dims,
                           const int64_t *size, ct_error *error) {
  int64_t count;
  CT_TRY(check_size(dims, size, &count, error));
  ct_storage *storage = NULL;
  CT_TRY(ct_storage_new_on(&storage, dtype, device, count, error));
  ct_storage_release(out->storage);
  *out = (ct_tensor){.storage = storage, .dtype = dtype};
  set_contiguous(out, dims, size);
  return CT_OK;
}

ct_status ct_tensor_together(const char *name, ct_tensor *result, int count,
                             const ct_tensor *const *input, ct_error *error) {
  int device = CT_CURRENT_DEVICE, other = device;
  for (int k = -1; k < count; k++) {
    const ct_tensor *t = k < 0 ? result : input[k];
    if (!t || !ct_dtype_is_cuda(t->dtype) || !t->storage) continue;
    if (device == CT_CURRENT_DEVICE) device = t->storage->device;
    if (t->storage->device != device) other = t->storage->device;
  }
  if (other != CT_CURRENT_DEVICE)
    return ct_fail(error, CT_EINVALID, "%s: tensors on one GPU expected, got GPU %d and GPU %d",
                   name, device + 1, other + 1);
  if (result && ct_dtype_is_cuda(result->dtype) && !result->storage && device >= 0)
    return ct_storage_new_on(&result->storage, result->dtype, device, 0, error);
  return CT_OK;
}

static ct_status resize_by(ct_status resize(ct_storage *, int64_t, ct_error *), ct_tensor *t,
                           int dims, const int64_t *size, ct_error *error) {
  if (t->storage && t->dims == dims && !memcmp(t->size, size, (size_t)dims * sizeof *size))
    return CT_OK;
  int64_t count, end;
  CT_TRY(check_size(dims, size, &count, error));
  if (!ct_size_add(t->offset, count, &end))
    return ct_fail(error, CT_EINVALID, "resize: the storage would exceed the address space");
  if (!t->storage) CT_TRY(ct_storage_new(&t->storage, t->dtype, 0, error));
  if (t->storage->size < end) CT_TRY(resize(t->storage, end, error));
  set_contiguous(t, dims, size);
  return CT_OK;
}

ct_status ct_tensor_resize(ct_tensor *t, int dims, const int64_t *size, ct_error *error) {
  return resize_by(ct_storage_resize, t, dims, size, error);
}

ct_status ct_tensor_resize_unset(ct_tensor *t, int dims, const int64_t *size, ct_error *error) {
  return resize_by(ct_storage_resize_unset, t, dims, size, error);
}

ct_status ct_tensor_set_storage(ct_tensor *t, ct_storage *storage, int64_t offset, int dims,
                                const int64_t *size, const int64_t *stride, ct_error *error) {
  int64_t count;
  CT_TRY(check_size(dims, size, &count, error));
  ct_tensor view = {.storage = storage, .dtype = storage->dtype, .offset = offset};
  set_contiguous(&view, dims, size);
  int64_t last = offset;
  for (int d = 0; d < dims && count; d++) {
    int64_t step;
    if (stride) view.stride[d] = stride[d];
    if (!ct_size_mul(view.size[d] - 1, view.stride[d], &step) || !ct_size_add(last, step, &last))
      return ct_fail(error, CT_EINVALID, "set: strides must be >= 0 and stay in the storage");
  }
  if (offset < 0 || (count && last >= storage->size) || offset > storage->size)
    return ct_fail(error, CT_EINVALID,
                   "set: the view reaches element %lld of a storage of %lld elements",
                   (long long)last + 1, (long long)storage->size);
  ct_tensor_set(t, &view);
  return CT_OK;
}

static ct_status check_dim(const ct_tensor *t, int dim, const char *name, ct_error *error) {
  if (dim >= 0 && dim < t->dims) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: dimension %d is out of range, the tensor has %d", name,
                 dim + 1, t->dims);
}

ct_status ct_tensor_narrow(ct_tensor *out, const ct_tensor *t, int dim, int64_t start,
                           int64_t length, ct_error *error) {
  CT_TRY(check_dim(t, dim, "narrow", error));
  if (start < 0 || length < 0 || start > t->size[dim] || length > t->size[dim] - start)
    return ct_fail(error, CT_EINVALID,
                   "narrow: %lld elements from index %lld exceed dimension %d of size %lld",
                   (long long)length, (long long)start + 1, dim + 1, (long long)t->size[dim]);
  ct_tensor view = *t;
  if (length) view.offset += start * t->stride[dim];
  view.size[dim] = length;
  ct_tensor_set(out, &view);
  return CT_OK;
}

static void remove_dim(ct_tensor *t, int dim) {
  for (int d = dim + 1; d < t->dims; d++) {
    t->size[d - 1] = t->size[d];
    t->stride[d - 1] = t->stride[d];
  }
  t->dims--;
}

ct_status ct_tensor_select(ct_tensor *out, const ct_tensor *t, int dim, int64_t index,
                           ct_error *error) {
  CT_TRY(check_dim(t, dim, "select", error));
  if (t->dims == 1)
    return ct_fail(error, CT_EINVALID, "select: a tensor of one dimension has elements, no slices");
  if (index < 0 || index >= t->size[dim])
    return ct_fail(error, CT_EINVALID, "select: index %lld is out of range 1..%lld",
                   (long long)index + 1, (long long)t->size[dim]);
  ct_tensor view = *t;
  view.offset += index * t->stride[dim];
  remove_dim(&view, dim);
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_transpose(ct_tensor *out, const ct_tensor *t, int a, int b, ct_error *error) {
  CT_TRY(check_dim(t, a, "transpose", error));
  CT_TRY(check_dim(t, b, "transpose", error));
  int order[CT_MAX_DIMS];
  for (int d = 0; d < t->dims; d++) order[d] = d == a ? b : d == b ? a : d;
  return ct_tensor_permute(out, t, order, error);
}

ct_status ct_tensor_permute(ct_tensor *out, const ct_tensor *t, const int *order, ct_error *error) {
  ct_tensor view = *t;
  unsigned seen = 0;
  for (int d = 0; d < t->dims; d++) {
    CT_TRY(check_dim(t, order[d], "permute", error));
    seen |= 1u << order[d];
    view.size[d] = t->size[order[d]];
    view.stride[d] = t->stride[order[d]];
  }
  if (seen != (1u << t->dims) - 1)
    return ct_fail(error, CT_EINVALID, "permute: each dimension must be named once");
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_unfold(ct_tensor *out, const ct_tensor *t, int dim, int64_t length,
                           int64_t step, ct_error *error) {
  CT_TRY(check_dim(t, dim, "unfold", error));
  if (t->dims == CT_MAX_DIMS || step < 1 || length < 1 || length > t->size[dim])
    return ct_fail(error, CT_EINVALID, "unfold: length %lld and step %lld do not fit size %lld",
                   (long long)length, (long long)step, (long long)t->size[dim]);
  ct_tensor view = *t;
  view.size[dim] = (t->size[dim] - length) / step + 1;
  view.stride[dim] = view.size[dim] > 1 ? step * t->stride[dim] : t->stride[dim];
  view.size[t->dims] = length;
  view.stride[t->dims] = t->stride[dim];
  view.dims++;
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_expand(ct_tensor *out, const ct_tensor *t, int dims, const int64_t *size,
                           ct_error *error) {
  char from[CT_SHAPE_TEXT], to[CT_SHAPE_TEXT];
  int64_t count;
  CT_TRY(check_size(dims, size, &count, error));
  int added = dims - t->dims;
  bool fits = added >= 0 && t->dims > 0;
  ct_tensor view = *t;
  view.dims = dims;
  for (int d = 0; d < dims && fits; d++) {
    int64_t from_size = d < added ? 1 : t->size[d - added];
    view.size[d] = size[d];
    view.stride[d] = d < added || from_size != size[d] ? 0 : t->stride[d - added];
    fits = from_size == size[d] || from_size == 1;
  }
  if (!fits)
    return ct_fail(error, CT_EINVALID, "expand: size %s cannot become %s",
                   ct_shape_text(from, t->dims, t->size), ct_shape_text(to, dims, size));
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_squeeze(ct_tensor *out, const ct_tensor *t, int dim, ct_error *error) {
  if (dim >= 0) CT_TRY(check_dim(t, dim, "squeeze", error));
  ct_tensor view = *t;
  for (int d = t->dims - 1; d >= 0; d--)
    if ((dim < 0 || d == dim) && view.size[d] == 1 && view.dims > 1) remove_dim(&view, d);
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_unsqueeze(ct_tensor *out, const ct_tensor *t, int dim, ct_error *error) {
  if (dim < 0 || dim > t->dims || t->dims == 0 || t->dims == CT_MAX_DIMS)
    return ct_fail(error, CT_EINVALID, "unsqueeze: dimension %d cannot be added to %d dimensions",
                   dim + 1, t->dims);
  ct_tensor view = *t;
  for (int d = t->dims; d > dim; d--) {
    view.size[d] = t->size[d - 1];
    view.stride[d] = t->stride[d - 1];
  }
  view.size[dim] = 1;
  view.stride[dim] = dim < t->dims ? t->size[dim] * t->stride[dim] : 1;
  view.dims++;
  ct_tensor_set(out, &view);
  return CT_OK;
}

ct_status ct_tensor_view(ct_tensor *out, const ct_tensor *t, int dims, const int64_t *size,
                         ct_error *error) {
  char from[CT_SHAPE_TEXT], to[CT_SHAPE_TEXT];
  int64_t sizes[CT_MAX_DIMS], known = 1, count = ct_tensor_count(t);
  int inferred = -1;
  if (!ct_tensor_contiguous(t))
    return ct_fail(error, CT_EINVALID,
                   "view: the tensor is not contiguous; use contiguous() first");
  for (int d = 0; d < dims && d < CT_MAX_DIMS; d++) {
    sizes[d] = size[d];
    if (size[d] == -1 && inferred < 0)
      inferred = d;
    else if (!ct_size_mul(known, size[d], &known))
      known = -1;
  }
  if (inferred >= 0 && known > 0) sizes[inferred] = count / known;
  int64_t total = -1;
  if (known >= 0) CT_TRY(check_size(dims, sizes, &total, error));
  if (total != count)
    return ct_fail(error, CT_EINVALID, "view: size %s does not hold the %lld elements of %s",
                   ct_shape_text(to, dims < CT_MAX_DIMS ? dims : CT_MAX_DIMS, size),
                   (long long)count, ct_shape_text(from, t->dims, t->size));
  ct_tensor view = *t;
  set_contiguous(&view, dims, sizes);
  ct_tensor_set(out, &view);
  return CT_OK;
}
