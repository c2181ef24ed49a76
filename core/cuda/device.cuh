// The parts of the table, each filled by the file that has its functions.
#ifndef CIRCLET_CUDA_DEVICE_CUH
#define CIRCLET_CUDA_DEVICE_CUH

#include "cuda/launch.cuh"

void ct_cuda_fill_device(ct_cuda_table *table);
void ct_cuda_fill_copy(ct_cuda_table *table);
void ct_cuda_fill_blas(ct_cuda_table *table);
void ct_cuda_fill_elementwise(ct_cuda_table *table);
void ct_cuda_fill_pair(ct_cuda_table *table);
void ct_cuda_fill_reduce(ct_cuda_table *table);
void ct_cuda_fill_indexing(ct_cuda_table *table);
void ct_cuda_fill_order(ct_cuda_table *table);
void ct_cuda_fill_random(ct_cuda_table *table);

#endif
