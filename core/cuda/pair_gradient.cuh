// Gradients on their way to the caller's tensors.
#ifndef CIRCLET_CUDA_PAIR_GRADIENT_CUH
#define CIRCLET_CUDA_PAIR_GRADIENT_CUH

#include "cuda/pair_call.cuh"
extern "C" {
#include "ops/copy.h"
}

// Where a gradient goes: the caller's tensor, or one in its place that is contiguous.
struct ct_gpu_gradient {
  ct_tensor *wanted = nullptr;
  ct_held_tensor to;

  ct_status start(ct_tensor *tensor, const ct_gpu_side *side, const char *function,
                  ct_error *error) {
    const int64_t size[2] = {side->given, side->rows.dim};
    wanted = tensor;
    if (!tensor) return CT_OK;
    if (tensor->dtype != side->rows.dtype)
      return ct_fail(error, CT_EINVALID, "%s: the gradient must have the type of its rows, %s",
                     function, ct_dtype_name(side->rows.dtype));
    if (!tensor->storage)
      CT_TRY(ct_tensor_new_on(tensor, tensor->dtype, side->rows.device, 2, size, error));
    CT_TRY(ct_tensor_resize(tensor, 2, size, error));
    if (tensor->storage->device != side->rows.device)
      return ct_fail(error, CT_EINVALID, "%s: the gradient lies on GPU %d, its rows on GPU %d",
                     function, tensor->storage->device + 1, side->rows.device + 1);
    to.t.dtype = tensor->dtype;
    if (ct_tensor_contiguous(tensor))
      ct_tensor_set(&to.t, tensor);
    else
      CT_TRY(ct_tensor_new_on(&to.t, tensor->dtype, side->rows.device, 2, size, error));
    return side->given > side->rows.rows ? ct_fill(&to.t, ct_scalar_of(0), error) : CT_OK;
  }
  ct_status finish(ct_error *error) { return wanted ? ct_copy(wanted, &to.t, error) : CT_OK; }
};

#endif
