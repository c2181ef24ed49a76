// The table of the CUDA backend.
#include "cuda/device.cuh"

const ct_cuda_table *ct_cuda(void) {
  static const ct_cuda_table table = [] {
    ct_cuda_table t = {};
    ct_cuda_fill_device(&t);
    ct_cuda_fill_copy(&t);
    ct_cuda_fill_blas(&t);
    ct_cuda_fill_elementwise(&t);
    ct_cuda_fill_pair(&t);
    return t;
  }();
  return &table;
}
