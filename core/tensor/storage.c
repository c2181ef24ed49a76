/* Storage life cycle. Fresh memory is zeroed, unless it is about to be written as a whole: results
 * of a run must never depend on old heap bytes. */
#include "tensor/storage.h"
#include <string.h>
#include "base/memory.h"
#include "cuda/cuda.h"

ct_status ct_storage_new(ct_storage **out, ct_dtype dtype, int64_t size, ct_error *error) {
  return ct_storage_new_on(out, dtype, -1, size, error);
}

ct_status ct_storage_new_on(ct_storage **out, ct_dtype dtype, int device, int64_t size,
                            ct_error *error) {
  ct_storage *s = NULL;
  if (ct_dtype_is_cuda(dtype)) CT_TRY(ct_cuda_require(error));
  CT_TRY(ct_alloc(&s, 1, sizeof *s, "storage", error));
  *s = (ct_storage){.references = 1, .dtype = dtype};
  if (ct_dtype_is_cuda(dtype)) s->device = device < 0 ? ct_cuda()->current() : device;
  ct_status status = ct_storage_resize(s, size, error);
  if (status != CT_OK) {
    ct_storage_release(s);
    return status;
  }
  *out = s;
  return CT_OK;
}

ct_storage *ct_storage_retain(ct_storage *storage) {
  if (storage) atomic_fetch_add(&storage->references, 1);
  return storage;
}

void ct_storage_release(ct_storage *storage) {
  if (!storage || atomic_fetch_sub(&storage->references, 1) != 1) return;
  if (storage->end)
    storage->end(storage->memory, storage->bytes);
  else if (ct_dtype_is_cuda(storage->dtype))
    ct_cuda()->release(storage->device, storage->data);
  else
    ct_free(storage->data);
  ct_free(storage);
}

ct_status ct_storage_adopt(ct_storage **out, ct_dtype dtype, int64_t size, void *data, void *memory,
                           int64_t bytes, ct_storage_end *end, ct_error *error) {
  ct_storage *s = NULL;
  CT_TRY(ct_alloc(&s, 1, sizeof *s, "storage", error));
  *s = (ct_storage){.references = 1,
                    .dtype = dtype,
                    .size = size,
                    .data = data,
                    .end = end,
                    .memory = memory,
                    .bytes = bytes};
  *out = s;
  return CT_OK;
}

/* On a GPU: a block of the new size, with the elements that are kept and zeros. */
static ct_status resize_on_cuda(ct_storage *s, int64_t size, ct_error *error) {
  const ct_cuda_table *cuda = ct_cuda();
  int64_t element = (int64_t)ct_dtype_size(s->dtype), kept = size < s->size ? size : s->size;
  int64_t bytes;
  void *block = NULL;
  if (!ct_size_mul(size, element, &bytes))
    return ct_fail(error, CT_ENOMEM, "storage: %lld elements exceed the address space",
                   (long long)size);
  CT_TRY(cuda->allocate(s->device, &block, bytes, "storage", error));
  ct_status status = cuda->copy(s->device, block, s->data, kept * element, error);
  if (status == CT_OK)
    status = cuda->zero(s->device, (char *)block + kept * element, (size - kept) * element, error);
  if (status != CT_OK) {
    cuda->release(s->device, block);
    return status;
  }
  if (s->end)
    s->end(s->memory, s->bytes);
  else
    cuda->release(s->device, s->data);
  s->data = block, s->size = size, s->end = NULL, s->memory = NULL, s->bytes = 0;
  return CT_OK;
}

/* The elements in a block of their own, the first `size` of them at least. */
static ct_status come_home(ct_storage *s, int64_t size, ct_error *error) {
  void *own = NULL;
  int64_t kept = size < s->size ? size : s->size;
  size_t element = ct_dtype_size(s->dtype);
  CT_TRY(ct_alloc(&own, size, element, "storage", error));
  memcpy(own, s->data, (size_t)kept * element);
  s->end(s->memory, s->bytes);
  s->data = own, s->size = kept, s->end = NULL, s->memory = NULL, s->bytes = 0;
  return CT_OK;
}

ct_status ct_storage_resize_unset(ct_storage *storage, int64_t size, ct_error *error) {
  if (size == storage->size && storage->data) return CT_OK;
  if (atomic_load(&storage->pins))
    return ct_fail(error, CT_EINVALID,
                   "resize: the memory is shared through DLPack and cannot become %lld elements",
                   (long long)size);
  if (ct_dtype_is_cuda(storage->dtype)) return resize_on_cuda(storage, size, error);
  if (storage->end)
    CT_TRY(come_home(storage, size, error));
  else
    CT_TRY(ct_realloc(&storage->data, size, ct_dtype_size(storage->dtype), "storage", error));
  storage->size = size;
  return CT_OK;
}

ct_status ct_storage_resize(ct_storage *storage, int64_t size, ct_error *error) {
  const size_t element = ct_dtype_size(storage->dtype);
  const int64_t before = storage->size;
  CT_TRY(ct_storage_resize_unset(storage, size, error));
  if (size > before && !ct_dtype_is_cuda(storage->dtype))
    memset((char *)storage->data + (size_t)before * element, 0, (size_t)(size - before) * element);
  return CT_OK;
}

ct_status ct_storage_get(const ct_storage *s, int64_t index, ct_scalar *value, ct_error *error) {
  size_t each = ct_dtype_size(s->dtype);
  const char *at = (const char *)s->data + (size_t)index * each;
  ct_element element;
  if (ct_dtype_is_cuda(s->dtype)) {
    CT_TRY(ct_cuda()->download(s->device, &element, at, (int64_t)each, error));
    at = (const char *)&element;
  }
  *value = ct_scalar_load(s->dtype, at);
  return CT_OK;
}

ct_status ct_storage_put(ct_storage *s, int64_t index, ct_scalar value, ct_error *error) {
  size_t each = ct_dtype_size(s->dtype);
  char *at = (char *)s->data + (size_t)index * each;
  ct_element element;
  ct_scalar_store(s->dtype, ct_dtype_is_cuda(s->dtype) ? (void *)&element : at, value);
  if (!ct_dtype_is_cuda(s->dtype)) return CT_OK;
  return ct_cuda()->upload(s->device, at, &element, (int64_t)each, error);
}
