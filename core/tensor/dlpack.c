/* DLPack both ways. What comes from outside is believed as far as pointers go, and checked in all
 * else: version, device, type, number and size of dimensions, strides, alignment, overflow. */
#include "tensor/dlpack.h"
#include "base/memory.h"
#include "cuda/cuda.h"

/* What a description of ours consists of. */
typedef struct exported {
  ct_managed managed;
  ct_storage *storage;
  int64_t shape[CT_MAX_DIMS], strides[CT_MAX_DIMS];
} exported;

static const struct {
  uint8_t code, bits;
} types[CT_DTYPES] = {
    [CT_FLOAT] = {CT_DLPACK_FLOAT, 32},
    [CT_DOUBLE] = {CT_DLPACK_FLOAT, 64},
    [CT_LONG] = {CT_DLPACK_INT, 64},
    [CT_INT] = {CT_DLPACK_INT, 32},
    [CT_BYTE] = {CT_DLPACK_UINT, 8},
    [CT_SHORT] = {CT_DLPACK_INT, 16},
    [CT_CHAR] = {CT_DLPACK_INT, 8},
    [CT_CUDA_FLOAT] = {CT_DLPACK_FLOAT, 32},
    [CT_CUDA_DOUBLE] = {CT_DLPACK_FLOAT, 64},
    [CT_CUDA_HALF] = {CT_DLPACK_FLOAT, 16},
    [CT_CUDA_BFLOAT16] = {CT_DLPACK_BFLOAT, 16},
    [CT_CUDA_LONG] = {CT_DLPACK_INT, 64},
    [CT_CUDA_INT] = {CT_DLPACK_INT, 32},
    [CT_CUDA_BYTE] = {CT_DLPACK_UINT, 8},
};

static void end_export(ct_managed *managed) {
  exported *e = managed->manager_ctx;
  ct_storage *storage = e->storage;
  ct_free(e);
  atomic_fetch_sub(&storage->pins, 1);
  ct_storage_release(storage);
}

ct_status ct_dlpack_export(ct_managed **out, const ct_tensor *t, const char *function,
                           ct_error *error) {
  exported *e = NULL;
  CT_TRY(ct_alloc(&e, 1, sizeof *e, function, error));
  ct_storage *storage = ct_storage_retain(t->storage);
  if (!storage) {
    ct_status status = ct_storage_new(&storage, t->dtype, 0, error);
    if (status != CT_OK) {
      ct_free(e);
      return status;
    }
  }
  const bool there = ct_dtype_is_cuda(t->dtype);
  ct_status status = there ? ct_cuda()->synchronize(storage->device, error) : CT_OK;
  if (status != CT_OK) {
    ct_storage_release(storage);
    ct_free(e);
    return status;
  }
  *e = (exported){.storage = storage};
  atomic_fetch_add(&storage->pins, 1);
  int dims = t->dims ? t->dims : 1;
  e->strides[0] = 1;
  for (int d = 0; d < t->dims; d++) e->shape[d] = t->size[d], e->strides[d] = t->stride[d];
  e->managed = (ct_managed){
      .major = CT_DLPACK_MAJOR,
      .minor = CT_DLPACK_MINOR,
      .manager_ctx = e,
      .deleter = end_export,
      .tensor = {.data = (char *)storage->data + (size_t)t->offset * ct_dtype_size(t->dtype),
                 .device_type = there ? CT_DLPACK_CUDA : CT_DLPACK_CPU,
                 .device_id = there ? storage->device : 0,
                 .ndim = dims,
                 .code = types[t->dtype].code,
                 .bits = types[t->dtype].bits,
                 .lanes = 1,
                 .shape = e->shape,
                 .strides = e->strides}};
  *out = &e->managed;
  return CT_OK;
}

static ct_status find_type(ct_dtype *dtype, const ct_dlpack *x, const char *function,
                           ct_error *error) {
  const bool there = x->device_type == CT_DLPACK_CUDA;
  for (int i = 0; i < CT_DTYPES; i++)
    if (ct_dtype_is_cuda((ct_dtype)i) == there && x->code == types[i].code &&
        x->bits == types[i].bits && x->lanes == 1) {
      *dtype = (ct_dtype)i;
      return CT_OK;
    }
  return ct_fail(error, CT_EINVALID,
                 "%s: elements of type code %d, %d bits, %d lanes are none that tensors have",
                 function, x->code, x->bits, x->lanes);
}

static ct_status check_header(const ct_managed *from, bool writable, const char *function,
                              ct_error *error) {
  const ct_dlpack *x = &from->tensor;
  if (from->major != CT_DLPACK_MAJOR)
    return ct_fail(error, CT_EINVALID, "%s: version %u of DLPack, 1 expected", function,
                   (unsigned)from->major);
  if (x->device_type == CT_DLPACK_CUDA) {
    CT_TRY(ct_cuda_require(error));
    if (x->device_id < 0 || x->device_id >= ct_cuda()->devices())
      return ct_fail(error, CT_EINVALID, "%s: memory of GPU %d, this machine has %d", function,
                     (int)x->device_id + 1, ct_cuda()->devices());
  } else if (x->device_type != CT_DLPACK_CPU && x->device_type != CT_DLPACK_CUDA_HOST) {
    return ct_fail(error, CT_EINVALID,
                   "%s: memory of device type %d, that of the CPU (1) or of CUDA (2) expected",
                   function, (int)x->device_type);
  }
  if (writable && from->flags & CT_DLPACK_READ_ONLY)
    return ct_fail(error, CT_EINVALID, "%s: the memory is read-only", function);
  if (x->ndim < 0 || x->ndim > CT_MAX_DIMS || (x->ndim && !x->shape))
    return ct_fail(error, CT_EINVALID, "%s: %d dimensions, 0 to %d expected", function,
                   (int)x->ndim, CT_MAX_DIMS);
  return CT_OK;
}

/* Sizes and strides into *t, and the elements from the first to the last that they reach. */
static ct_status load_geometry(ct_tensor *t, int64_t *reach, const ct_dlpack *x,
                               const char *function, ct_error *error) {
  int64_t count = 1;
  t->dims = x->ndim ? x->ndim : 1; /* a scalar is one element */
  t->size[0] = t->stride[0] = 1;
  *reach = 1;
  for (int d = x->ndim - 1; d >= 0; d--) {
    int64_t size = x->shape[d], stride = x->strides ? x->strides[d] : count, span;
    if (size < 0 || (size > 1 && stride < 0))
      return ct_fail(error, CT_EINVALID, "%s: dimension %d has size %lld and stride %lld", function,
                     d + 1, (long long)size, (long long)stride);
    t->size[d] = size, t->stride[d] = size > 1 ? stride : 1;
    if (!ct_size_mul(count, size > 1 ? size : 1, &count) ||
        !ct_size_mul(size > 1 ? size - 1 : 0, size > 1 ? stride : 0, &span) ||
        !ct_size_add(*reach, span, reach) || *reach > INT64_MAX / 16)
      return ct_fail(error, CT_EINVALID, "%s: the tensor is beyond all memory", function);
  }
  for (int d = 0; d < x->ndim; d++)
    if (x->shape[d] == 0) *reach = 0;
  return CT_OK;
}

ct_status ct_dlpack_borrow(ct_tensor *t, ct_storage *storage, const ct_managed *from, bool writable,
                           const char *function, ct_error *error) {
  const ct_dlpack *x = &from->tensor;
  ct_tensor view = {.storage = storage};
  int64_t reach;
  CT_TRY(check_header(from, writable, function, error));
  CT_TRY(find_type(&view.dtype, x, function, error));
  CT_TRY(load_geometry(&view, &reach, x, function, error));
  uintptr_t at = (uintptr_t)x->data + (uintptr_t)x->byte_offset;
  if (reach && (!x->data || at % ct_dtype_size(view.dtype)))
    return ct_fail(error, CT_EINVALID,
                   x->data ? "%s: the data is not aligned to its elements" : "%s: the data is NULL",
                   function);
  atomic_init(&storage->references, 1);
  atomic_init(&storage->pins, 1); /* memory of others is never resized */
  storage->dtype = view.dtype;
  storage->device = ct_dtype_is_cuda(view.dtype) ? x->device_id : 0;
  storage->size = reach;
  storage->data = (void *)at;
  *t = view;
  return CT_OK;
}

static void end_import(void *memory, int64_t bytes) {
  ct_managed *managed = memory;
  (void)bytes;
  if (managed->deleter) managed->deleter(managed);
}

ct_status ct_dlpack_import(ct_tensor *t, ct_managed *from, const char *function, ct_error *error) {
  ct_storage *storage = NULL;
  CT_TRY(ct_alloc(&storage, 1, sizeof *storage, function, error));
  *storage = (ct_storage){.references = 1};
  ct_tensor view;
  ct_status status = ct_dlpack_borrow(&view, storage, from, true, function, error);
  if (status != CT_OK) {
    ct_free(storage);
    return status;
  }
  storage->memory = from;
  storage->end = end_import;
  ct_tensor_release(t);
  *t = view;
  return CT_OK;
}
