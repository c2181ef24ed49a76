/* Copies. Overlap and size differences are settled here, so that kernels see plain equal sizes. */
#include "ops/copy.h"
#include "cpu/copy.h"
#include "cuda/cuda.h"

/* Onto a GPU: elements travel in a type that both sides have, as one block, and are converted and
 * put in place there. */
static ct_status copy_to_cuda(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  ct_dtype there, here = from->dtype;
  if (!ct_dtype_on_cuda(here, &there)) {
    here = ct_dtype_on_cpu(to->dtype);
    ct_dtype_on_cuda(here, &there);
  }
  ct_tensor flat = {.dtype = here}, staged = {.dtype = there};
  const ct_cuda_table *cuda = ct_cuda();
  const int device = to->storage->device;
  int64_t bytes = ct_tensor_count(to) * (int64_t)ct_dtype_size(here);
  bool direct = there == to->dtype && ct_tensor_contiguous(to);
  ct_status status = ct_contiguous(&flat, here, from, error);
  if (status == CT_OK && !direct)
    status = ct_tensor_new_on(&staged, there, device, to->dims, to->size, error);
  if (status == CT_OK)
    status = cuda->upload(device, ct_tensor_data(direct ? to : &staged), ct_tensor_data(&flat),
                          bytes, error);
  if (status == CT_OK && !direct) status = cuda->convert(to, &staged, error);
  ct_tensor_release(&staged);
  ct_tensor_release(&flat);
  return status;
}

static ct_status copy_from_cuda(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  ct_dtype there, here = to->dtype;
  if (!ct_dtype_on_cuda(here, &there)) {
    here = ct_dtype_on_cpu(from->dtype);
    ct_dtype_on_cuda(here, &there);
  }
  ct_tensor flat = {.dtype = here}, staged = {.dtype = there};
  const int device = from->storage->device;
  int64_t bytes = ct_tensor_count(to) * (int64_t)ct_dtype_size(here);
  bool direct = here == to->dtype && ct_tensor_contiguous(to);
  ct_status status = CT_OK;
  if (there == from->dtype && ct_tensor_contiguous(from)) {
    ct_tensor_set(&staged, from);
  } else {
    status = ct_tensor_new_on(&staged, there, device, to->dims, to->size, error);
    if (status == CT_OK) status = ct_cuda()->convert(&staged, from, error);
  }
  if (status == CT_OK && !direct) status = ct_tensor_new(&flat, here, to->dims, to->size, error);
  if (status == CT_OK)
    status = ct_cuda()->download(device, ct_tensor_data(direct ? to : &flat),
                                 ct_tensor_data(&staged), bytes, error);
  if (status == CT_OK && !direct) status = ct_copy(to, &flat, error);
  ct_tensor_release(&staged);
  ct_tensor_release(&flat);
  return status;
}

/* From one GPU to another: as contiguous blocks of one type. */
static ct_status copy_across(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  ct_tensor source = {.dtype = to->dtype}, target = {.dtype = to->dtype};
  ct_status status =
      ct_tensor_new_on(&source, to->dtype, from->storage->device, to->dims, to->size, error);
  if (status == CT_OK) status = ct_cuda()->convert(&source, from, error);
  if (status == CT_OK)
    status = ct_tensor_new_on(&target, to->dtype, to->storage->device, to->dims, to->size, error);
  if (status == CT_OK) status = ct_cuda()->across(&target, &source, error);
  if (status == CT_OK) status = ct_cuda()->convert(to, &target, error);
  ct_tensor_release(&target);
  ct_tensor_release(&source);
  return status;
}

/* Tensors of one size that do not overlap. */
static ct_status run_copy(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  const ct_tensor *operand[2] = {to, from};
  if (ct_tensor_count(to) == 0) return CT_OK;
  if (ct_dtype_is_cuda(to->dtype) && ct_dtype_is_cuda(from->dtype))
    return to->storage->device == from->storage->device ? ct_cuda()->convert(to, from, error)
                                                        : copy_across(to, from, error);
  if (ct_dtype_is_cuda(to->dtype)) return copy_to_cuda(to, from, error);
  if (ct_dtype_is_cuda(from->dtype)) return copy_from_cuda(to, from, error);
  ct_loop(2, 1, operand, CT_ISA_SELECT(ct_copy_kernels)->copy[to->dtype][from->dtype], NULL);
  return CT_OK;
}

ct_status ct_clone(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error) {
  ct_tensor fresh = {.dtype = dtype};
  bool stays = ct_dtype_is_cuda(dtype) && ct_dtype_is_cuda(from->dtype) && from->storage;
  CT_TRY(ct_tensor_new_on(&fresh, dtype, stays ? from->storage->device : CT_CURRENT_DEVICE,
                          from->dims, from->size, error));
  ct_status status = run_copy(&fresh, from, error);
  if (status == CT_OK) ct_tensor_set(out, &fresh);
  ct_tensor_release(&fresh);
  return status;
}

ct_status ct_contiguous(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error) {
  if (from->dtype != dtype || !ct_tensor_contiguous(from)) return ct_clone(out, dtype, from, error);
  ct_tensor_set(out, from);
  return CT_OK;
}

/* Elements in order between different sizes: through contiguous versions of both. */
static ct_status copy_reshaped(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  ct_tensor flat = {.dtype = to->dtype}, shaped = {.dtype = to->dtype};
  ct_status status = ct_contiguous(&flat, to->dtype, from, error);
  if (status == CT_OK) status = ct_tensor_view(&shaped, &flat, to->dims, to->size, error);
  if (status == CT_OK) status = ct_copy(to, &shaped, error);
  ct_tensor_release(&shaped);
  ct_tensor_release(&flat);
  return status;
}

ct_status ct_copy(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  if (ct_tensor_count(to) != ct_tensor_count(from))
    return ct_fail(error, CT_EINVALID, "copy: %s and %s hold different numbers of elements",
                   ct_shape_text(a, to->dims, to->size), ct_shape_text(b, from->dims, from->size));
  if (ct_tensor_count(to) == 0 || ct_tensor_same_view(to, from)) return CT_OK;
  if (!ct_tensor_same_size(to, from)) return copy_reshaped(to, from, error);
  if (!ct_tensor_overlaps(to, from)) return run_copy(to, from, error);
  ct_tensor apart = {.dtype = from->dtype};
  CT_TRY(ct_clone(&apart, from->dtype, from, error));
  ct_status status = run_copy(to, &apart, error);
  ct_tensor_release(&apart);
  return status;
}

ct_status ct_fill(ct_tensor *t, ct_scalar value, ct_error *error) {
  if (ct_dtype_is_cuda(t->dtype))
    return ct_tensor_count(t) ? ct_cuda()->fill(t, value, error) : CT_OK;
  ct_element element;
  ct_scalar_store(t->dtype, &element, value);
  const ct_tensor *operand[1] = {t};
  ct_loop(1, 1, operand, CT_ISA_SELECT(ct_copy_kernels)->fill[t->dtype], &element);
  return CT_OK;
}
