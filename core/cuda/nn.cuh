// What the kernels of modules share: a call by real type, sums over the threads of a block, and the
// parts of ct_cuda_nn, each filled by the file that has its functions.
#ifndef CIRCLET_CUDA_NN_CUH
#define CIRCLET_CUDA_NN_CUH

#include "cuda/launch.cuh"
#include "cuda/nn.h"

void ct_cuda_fill_nn_elementwise(ct_cuda_nn *nn);
void ct_cuda_fill_nn_optim(ct_cuda_nn *nn);
void ct_cuda_fill_nn_rows(ct_cuda_nn *nn);
void ct_cuda_fill_nn_channels(ct_cuda_nn *nn);
void ct_cuda_fill_nn_norm(ct_cuda_nn *nn);
void ct_cuda_fill_nn_pool(ct_cuda_nn *nn);
void ct_cuda_fill_nn_conv(ct_cuda_nn *nn);

// As ct_with_type (cuda/types.cuh), for the types of modules: Cuda and CudaDouble.
template <class F> ct_status ct_with_real(ct_dtype dtype, F &&f) {
  if (dtype == CT_CUDA_FLOAT) return f.template operator()<float>();
  return f.template operator()<double>();
}

template <class T> static inline T *ct_data(const ct_tensor *t) { return (T *)ct_tensor_data(t); }

// The device of a result, which has memory.
static inline int ct_device_of(const ct_tensor *t) { return t->storage ? t->storage->device : 0; }

// Blocks of `threads` for `count` pieces of work, of which a thread takes those a grid apart.
static inline unsigned ct_blocks_for(int64_t count, int threads) {
  const int64_t most = 132 * 16, blocks = ct_divide_up(count, threads);
  return (unsigned)(blocks < most ? blocks : most);
}

// Calls body(i) for i in [0, count); i is of 32 bits, whose divisions are quick, where that holds
// them all.
template <class Index, class Body> __global__ void ct_each_index_kernel(Index count, Body body) {
  const Index step = (Index)gridDim.x * blockDim.x;
  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) body(i);
}

template <class Body>
ct_status ct_each_index(int device, int64_t count, Body body, const char *what, ct_error *error) {
  enum { BLOCK = 256 };
  if (count == 0) return CT_OK;
  ct_on_device on(device);
  cudaStream_t stream = ct_cuda_stream(device);
  const unsigned blocks = ct_blocks_for(count, BLOCK);
  if (count < INT32_MAX) // i stays below 2^32 in its last step, too
    ct_each_index_kernel<uint32_t><<<blocks, BLOCK, 0, stream>>>((uint32_t)count, body);
  else
    ct_each_index_kernel<uint64_t><<<blocks, BLOCK, 0, stream>>>((uint64_t)count, body);
  return ct_cuda_status(cudaGetLastError(), what, error);
}

// The sum of v over the warp, in every lane: both halves of an exchange add the same two numbers,
// so all lanes hold the same bits.
__device__ __forceinline__ double ct_warp_sum(double v) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2)
    v += __shfl_xor_sync(0xffffffffu, v, distance);
  return v;
}

// Over a block of `threads`, in every thread. All of them must call it.
template <int threads> __device__ __forceinline__ double ct_block_sum(double v) {
  __shared__ double part[threads / 32];
  v = ct_warp_sum(v);
  __syncthreads(); // the sum before this one has been read
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
  __syncthreads();
  double sum = 0;
#pragma unroll
  for (int w = 0; w < threads / 32; w++) sum += part[w];
  return sum;
}

// The greater of two; NaN when either is.
template <class T> __device__ __forceinline__ T ct_greater(T a, T b) {
  return b > a || b != b ? b : a;
}

#endif
