/* A strided view of a storage. Several tensors may share one storage; a change through one is seen
 * through all. A tensor without dimensions is empty (Torch7's convention: there are no 0-d
 * tensors).
 *
 * Ownership: a ct_tensor holds one reference to its storage. Functions that write a ct_tensor take
 * an initialised one ({0} is enough) and leave it owning its reference; ct_tensor_release() ends
 * that. All indices and dimensions here are 0-based; the Lua border translates. */
#ifndef CIRCLET_TENSOR_TENSOR_H
#define CIRCLET_TENSOR_TENSOR_H

#include "tensor/storage.h"

enum { CT_MAX_DIMS = 8 };

typedef struct ct_tensor {
  ct_storage *storage; /* NULL until the first resize */
  ct_dtype dtype;
  int dims;
  int64_t offset; /* elements from the start of the storage */
  int64_t size[CT_MAX_DIMS];
  int64_t stride[CT_MAX_DIMS];
} ct_tensor;

static inline void *ct_tensor_data(const ct_tensor *t) {
  return t->storage ? (char *)t->storage->data + (size_t)t->offset * ct_dtype_size(t->dtype) : NULL;
}

int64_t ct_tensor_count(const ct_tensor *t); /* number of elements */
bool ct_tensor_contiguous(const ct_tensor *t);
bool ct_tensor_same_size(const ct_tensor *a, const ct_tensor *b);
bool ct_tensor_same_view(const ct_tensor *a, const ct_tensor *b); /* same memory, size and stride */

/* Whether writing one may change what the other reads (a conservative answer from address ranges).
 */
bool ct_tensor_overlaps(const ct_tensor *a, const ct_tensor *b);

/* "2x3" into a caller's buffer, for messages. Returns the buffer. */
enum { CT_SHAPE_TEXT = 168 };
char *ct_shape_text(char buffer[CT_SHAPE_TEXT], int dims, const int64_t *size);

void ct_tensor_release(ct_tensor *t); /* leaves an empty tensor of the same type */
void ct_tensor_set(ct_tensor *t,
                   const ct_tensor *source); /* t becomes a view of source's elements */

/* A fresh contiguous tensor of zeros in *out, whatever it was before. */
ct_status ct_tensor_new(ct_tensor *out, ct_dtype dtype, int dims, const int64_t *size,
                        ct_error *error);

/* The same on a GPU that is named: of a type on a GPU, device from 0 or CT_CURRENT_DEVICE; of other
 * types `device` plays no part. */
enum { CT_CURRENT_DEVICE = -1 };
ct_status ct_tensor_new_on(ct_tensor *out, ct_dtype dtype, int device, int dims,
                           const int64_t *size, ct_error *error);

/* Where t lies: its GPU, from 0; CT_CURRENT_DEVICE of a tensor without memory. */
static inline int ct_tensor_device(const ct_tensor *t) {
  return t->storage ? t->storage->device : CT_CURRENT_DEVICE;
}

/* For operation `name`: the inputs (NULL entries are skipped) and the result, where they have
 * memory on GPUs, have it on one. A result (or NULL) on a GPU without memory is given its place
 * beside the inputs. Types are checked by the operation. */
ct_status ct_tensor_together(const char *name, ct_tensor *result, int count,
                             const ct_tensor *const *input, ct_error *error);

/* Torch7's resize: unchanged when the size is right already, otherwise contiguous; the storage is
 * kept and grows when needed, in place for every view of it. */
ct_status ct_tensor_resize(ct_tensor *t, int dims, const int64_t *size, ct_error *error);

/* The same for a result that is written as a whole before anybody reads it. */
ct_status ct_tensor_resize_unset(ct_tensor *t, int dims, const int64_t *size, ct_error *error);

/* A view of `storage` with explicit geometry, checked against the storage's bounds. stride NULL
 * means contiguous. */
ct_status ct_tensor_set_storage(ct_tensor *t, ct_storage *storage, int64_t offset, int dims,
                                const int64_t *size, const int64_t *stride, ct_error *error);

/* Views. `out` may be `t` itself. */
ct_status ct_tensor_narrow(ct_tensor *out, const ct_tensor *t, int dim, int64_t start,
                           int64_t length, ct_error *error);
ct_status ct_tensor_select(ct_tensor *out, const ct_tensor *t, int dim, int64_t index,
                           ct_error *error);
ct_status ct_tensor_transpose(ct_tensor *out, const ct_tensor *t, int a, int b, ct_error *error);
ct_status ct_tensor_permute(ct_tensor *out, const ct_tensor *t, const int *order, ct_error *error);
ct_status ct_tensor_unfold(ct_tensor *out, const ct_tensor *t, int dim, int64_t length,
                           int64_t step, ct_error *error);
ct_status ct_tensor_expand(ct_tensor *out, const ct_tensor *t, int dims, const int64_t *size,
                           ct_error *error);
ct_status ct_tensor_squeeze(ct_tensor *out, const ct_tensor *t, int dim,
                            ct_error *error); /* -1: all */
ct_status ct_tensor_unsqueeze(ct_tensor *out, const ct_tensor *t, int dim, ct_error *error);

/* t's elements under another size; t must be contiguous; one size may be -1 (inferred). */
ct_status ct_tensor_view(ct_tensor *out, const ct_tensor *t, int dims, const int64_t *size,
                         ct_error *error);

#endif
