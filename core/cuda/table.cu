// The table of the CUDA backend.
#include "cuda/device.cuh"
#include "cuda/nn.cuh"

static const ct_cuda_nn *nn_table(void) {
  static const ct_cuda_nn table = [] {
    ct_cuda_nn t = {};
    ct_cuda_fill_nn_elementwise(&t);
    ct_cuda_fill_nn_optim(&t);
    ct_cuda_fill_nn_rows(&t);
    ct_cuda_fill_nn_channels(&t);
    ct_cuda_fill_nn_norm(&t);
    ct_cuda_fill_nn_pool(&t);
    ct_cuda_fill_nn_conv(&t);
    return t;
  }();
  return &table;
}

const ct_cuda_table *ct_cuda(void) {
  static const ct_cuda_table table = [] {
    ct_cuda_table t = {};
    ct_cuda_fill_device(&t);
    ct_cuda_fill_copy(&t);
    ct_cuda_fill_blas(&t);
    ct_cuda_fill_elementwise(&t);
    ct_cuda_fill_pair(&t);
    t.nn = nn_table();
    ct_cuda_fill_reduce(&t);
    ct_cuda_fill_indexing(&t);
    ct_cuda_fill_order(&t);
    ct_cuda_fill_random(&t);
    return t;
  }();
  return &table;
}
