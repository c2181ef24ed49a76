/* In place of the CUDA backend, in a build without nvcc. */
#include "cuda/cuda.h"

const ct_cuda_table *ct_cuda(void) { return NULL; }

ct_status ct_cuda_require(ct_error *error) {
  return ct_fail(error, CT_EIO, "CUDA: this circlet was built without nvcc (make CUDA=1)");
}
