/* What the nn operations share: argument checks that name the module, tensors that release
 * themselves at the end of a block, and results written in place whatever their layout. */
#ifndef CIRCLET_OPS_NN_CHECK_H
#define CIRCLET_OPS_NN_CHECK_H

#include "tensor/tensor.h"

/* A local tensor that gives its reference back when the block ends, however it ends. */
#define CT_SCOPED_TENSOR __attribute__((cleanup(ct_tensor_release))) ct_tensor

/* Modules and optimisers compute in these types, on the CPU and on a GPU. */
static inline bool ct_nn_has_dtype(ct_dtype dtype) {
  return dtype == CT_FLOAT || dtype == CT_DOUBLE || dtype == CT_CUDA_FLOAT ||
         dtype == CT_CUDA_DOUBLE;
}

/* "nn.Linear: gradOutput must be a Float tensor as the weight is, got Double". Real types only. */
ct_status ct_nn_check_dtype(const char *who, const char *what, const ct_tensor *t, ct_dtype dtype,
                            ct_error *error);

/* "nn.ReLU: gradOutput must be 2x3, got 3x2", and the type check above. */
ct_status ct_nn_check_like(const char *who, const char *what, const ct_tensor *t,
                           const ct_tensor *like, ct_error *error);

/* *t is made contiguous in *view: the tensor itself, or a copy that ct_nn_write_back() returns. */
ct_status ct_nn_writable(ct_tensor *view, const ct_tensor *t, ct_error *error);
ct_status ct_nn_write_back(ct_tensor *t, const ct_tensor *view, ct_error *error);

/* Resizes a result that a module owns; it must end up contiguous and of type `dtype`. */
ct_status ct_nn_result(const char *who, ct_tensor *out, ct_dtype dtype, int dims,
                       const int64_t *size, ct_error *error);

#endif
