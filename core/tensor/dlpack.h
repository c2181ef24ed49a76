/* Tensors that share memory with other libraries, by DLPack's protocol (version 1.x): a
 * DLManagedTensorVersioned describes memory and carries a function, its deleter, that whoever holds
 * it calls once when the memory is no longer needed.
 *
 * Going out, the memory stays allocated, and its storage cannot be resized, until the deleter was
 * called, on whichever thread. Memory of a GPU goes out and comes in when all that is queued for it
 * there has been done; whoever works on it in streams of its own puts those in order. Coming in,
 * the storage calls the deleter when its last tensor ends. The structures are laid out as the
 * protocol says; the names of their tags are those of its header, which a program may include
 * beside circlet.h. */
#ifndef CIRCLET_TENSOR_DLPACK_H
#define CIRCLET_TENSOR_DLPACK_H

#include "tensor/tensor.h"

enum { CT_DLPACK_MAJOR = 1, CT_DLPACK_MINOR = 0 };
enum { CT_DLPACK_CPU = 1, CT_DLPACK_CUDA = 2, CT_DLPACK_CUDA_HOST = 3 }; /* device_type */
enum {
  CT_DLPACK_INT = 0,
  CT_DLPACK_UINT = 1,
  CT_DLPACK_FLOAT = 2,
  CT_DLPACK_BFLOAT = 4
};                                /* code */
enum { CT_DLPACK_READ_ONLY = 1 }; /* flags */

typedef struct ct_dlpack {
  void *data;
  int32_t device_type, device_id;
  int32_t ndim;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL: contiguous */
  uint64_t byte_offset;
} ct_dlpack;

typedef struct DLManagedTensorVersioned {
  uint32_t major, minor;
  void *manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned *self); /* may be NULL */
  uint64_t flags;
  ct_dlpack tensor;
} ct_managed;

/* A description of t's memory in *out, which holds a reference to its storage until its deleter is
 * called. An empty tensor is one of size 0. */
ct_status ct_dlpack_export(ct_managed **out, const ct_tensor *t, const char *function,
                           ct_error *error);

/* The view that `from` describes, without taking it over: *t borrows *storage, which the caller
 * provides, ends neither, and keeps until *t is gone. writable: refuse memory that is read-only.
 * CT_EINVALID for another major version, device, type or layout than circlet has. */
ct_status ct_dlpack_borrow(ct_tensor *t, ct_storage *storage, const ct_managed *from, bool writable,
                           const char *function, ct_error *error);

/* The same, taken over: t's storage calls the deleter at its end. When it fails, `from` stays with
 * the caller. */
ct_status ct_dlpack_import(ct_tensor *t, ct_managed *from, const char *function, ct_error *error);

#endif
