/* Storage life cycle. Fresh memory is zeroed: results of a run must never depend on old heap bytes.
 */
#include "tensor/storage.h"
#include <string.h>
#include "base/memory.h"

ct_status ct_storage_new(ct_storage **out, ct_dtype dtype, int64_t size, ct_error *error) {
  ct_storage *s = NULL;
  CT_TRY(ct_alloc(&s, 1, sizeof *s, "storage", error));
  *s = (ct_storage){.references = 1, .dtype = dtype};
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

ct_status ct_storage_resize(ct_storage *storage, int64_t size, ct_error *error) {
  size_t element = ct_dtype_size(storage->dtype);
  if (size == storage->size && storage->data) return CT_OK;
  if (atomic_load(&storage->pins))
    return ct_fail(error, CT_EINVALID,
                   "resize: the memory is shared through DLPack and cannot become %lld elements",
                   (long long)size);
  if (storage->end)
    CT_TRY(come_home(storage, size, error));
  else
    CT_TRY(ct_realloc(&storage->data, size, element, "storage", error));
  if (size > storage->size)
    memset((char *)storage->data + (size_t)storage->size * element, 0,
           (size_t)(size - storage->size) * element);
  storage->size = size;
  return CT_OK;
}
