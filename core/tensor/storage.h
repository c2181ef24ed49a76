/* A reference-counted block of elements of one type: what tensors are views of. */
#ifndef CIRCLET_TENSOR_STORAGE_H
#define CIRCLET_TENSOR_STORAGE_H

#include "base/status.h"
#include "tensor/dtype.h"

#ifdef __cplusplus
typedef int64_t ct_count; /* CUDA code is C++ and counts nothing */
#else
#include <stdatomic.h>
typedef _Atomic int64_t ct_count;
#endif

/* Gives back `memory`, `bytes` long, that a storage had from elsewhere. */
typedef void ct_storage_end(void *memory, int64_t bytes);

typedef struct ct_storage {
  ct_count references;
  ct_dtype dtype;
  int device;   /* of a type on a GPU: which one, from 0 */
  int64_t size; /* elements */
  void *data;   /* may move when the storage is resized: keep offsets, not pointers */
  /* Elements that lie in memory from elsewhere: what to do with it in the end (else NULL). */
  ct_storage_end *end;
  void *memory;
  int64_t bytes;
  ct_count pins; /* > 0: others have the address of data, which cannot be resized */
} ct_storage;

/* A new storage with one reference; its elements are zero. Of a type on a GPU it lies on the
 * calling thread's current one. */
ct_status ct_storage_new(ct_storage **out, ct_dtype dtype, int64_t size, ct_error *error);
ct_status ct_storage_new_on(ct_storage **out, ct_dtype dtype, int device, int64_t size,
                            ct_error *error); /* device < 0: the current one */
ct_storage *ct_storage_retain(ct_storage *storage);
void ct_storage_release(ct_storage *storage); /* NULL is allowed */

/* A storage of `size` elements at `data`, which lie within memory[0..bytes) and may be written to.
 * When the storage ends, and when a resize moves the elements, end(memory, bytes) is called; on
 * failure it is not. */
ct_status ct_storage_adopt(ct_storage **out, ct_dtype dtype, int64_t size, void *data, void *memory,
                           int64_t bytes, ct_storage_end *end, ct_error *error);

/* Keeps the first min(old, new) elements; added elements are zero. CT_EINVALID while the memory is
 * shared with others (tensor/dlpack.h). */
ct_status ct_storage_resize(ct_storage *storage, int64_t size, ct_error *error);

/* The same, but elements added on the CPU may hold anything. */
ct_status ct_storage_resize_unset(ct_storage *storage, int64_t size, ct_error *error);

/* One element, wherever it lies: index within 0..size-1. From a GPU this waits for its stream. */
ct_status ct_storage_get(const ct_storage *storage, int64_t index, ct_scalar *value,
                         ct_error *error);
ct_status ct_storage_put(ct_storage *storage, int64_t index, ct_scalar value, ct_error *error);

#endif
