// Elementwise kernels over strided tensors of one size: the frame that every elementwise operation
// shares, as core/cpu/loop.h is on the CPU.
//
// Dimensions that lie one behind the other in every operand are merged first, so that contiguous
// tensors are one dimension. A thread takes elements a grid apart; the element's place in each
// operand comes from its number by divisions of 32 bits: what is larger is walked in parts.
#ifndef CIRCLET_CUDA_STRIDED_CUH
#define CIRCLET_CUDA_STRIDED_CUH

#include "cuda/launch.cuh"

enum { CT_CUDA_OPERANDS = 6 };

// The common walk of `operands` tensors: sizes from the innermost dimension outwards; strides, and
// where the walk begins in each tensor, in elements.
template <int operands> struct ct_walk {
  int dims;
  int64_t count;
  int64_t size[CT_MAX_DIMS];
  int64_t stride[operands][CT_MAX_DIMS];
  int64_t base[operands];
};

// A number as an operand has strides of 0: pass NULL for its tensor.
template <int operands> ct_walk<operands> ct_walk_of(const ct_tensor *const *tensor) {
  ct_walk<operands> w = {};
  const ct_tensor *shape = tensor[0];
  w.count = ct_tensor_count(shape);
  for (int d = shape->dims - 1; d >= 0; d--) {
    if (shape->size[d] == 1) continue;
    bool merge = w.dims > 0;
    for (int k = 0; k < operands && merge; k++) {
      int64_t inner = w.stride[k][w.dims - 1] * w.size[w.dims - 1];
      merge = (tensor[k] ? tensor[k]->stride[d] : 0) == inner;
    }
    if (merge) {
      w.size[w.dims - 1] *= shape->size[d];
      continue;
    }
    w.size[w.dims] = shape->size[d];
    for (int k = 0; k < operands; k++) w.stride[k][w.dims] = tensor[k] ? tensor[k]->stride[d] : 0;
    w.dims++;
  }
  return w;
}

// Whether all offsets of the walk, from its base, fit 32 bits.
template <int operands> bool ct_walk_is_small(const ct_walk<operands> &w) {
  for (int k = 0; k < operands; k++) {
    int64_t last = 0;
    for (int d = 0; d < w.dims; d++) last += (w.size[d] - 1) * w.stride[k][d];
    if (last >= INT32_MAX) return false;
  }
  return w.count < INT32_MAX;
}

// Cuts the walk's outermost dimension in two; *w keeps the first half, the second is returned.
template <int operands> ct_walk<operands> ct_walk_halve(ct_walk<operands> *w) {
  ct_walk<operands> rest = *w;
  const int d = w->dims - 1;
  const int64_t kept = w->size[d] / 2, each = w->count / w->size[d];
  for (int k = 0; k < operands; k++) rest.base[k] += kept * w->stride[k][d];
  rest.size[d] -= kept;
  rest.count = rest.size[d] * each;
  w->size[d] = kept;
  w->count = kept * each;
  // A dimension of one element is none: halving goes on inside it.
  if (rest.size[d] == 1) rest.dims--;
  if (kept == 1) w->dims--;
  return rest;
}

template <int operands>
__host__ __device__ __forceinline__ void ct_walk_to(const ct_walk<operands> &w, uint32_t i,
                                                    int64_t offset[operands]) {
  uint32_t from_base[operands] = {};
  for (int d = 0; d < w.dims; d++) {
    uint32_t size = (uint32_t)w.size[d], at = d + 1 < w.dims ? i % size : i;
    for (int k = 0; k < operands; k++) from_base[k] += at * (uint32_t)w.stride[k][d];
    i /= size;
  }
  for (int k = 0; k < operands; k++) offset[k] = w.base[k] + from_base[k];
}

template <int operands, class Body> __global__ void ct_each_kernel(ct_walk<operands> w, Body body) {
  const uint32_t step = gridDim.x * blockDim.x;
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < (uint32_t)w.count; i += step) {
    int64_t offset[operands];
    ct_walk_to<operands>(w, i, offset);
    body(offset);
  }
}

template <class Body> __global__ void ct_range_kernel(int64_t count, Body body) {
  const int64_t step = (int64_t)gridDim.x * blockDim.x;
  for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) body(i);
}

// Calls body(i) for i = 0 .. count - 1. Unordered.
template <class Body>
ct_status ct_for_range(int device, int64_t count, Body body, const char *what, ct_error *error) {
  enum { BLOCK = 256, MOST_BLOCKS = 132 * 16 };
  int64_t blocks = ct_divide_up(count, BLOCK);
  if (blocks <= 0) return CT_OK;
  if (blocks > MOST_BLOCKS) blocks = MOST_BLOCKS;
  ct_on_device on(device);
  ct_range_kernel<Body><<<(unsigned)blocks, BLOCK, 0, ct_cuda_stream(device)>>>(count, body);
  return ct_cuda_status(cudaGetLastError(), what, error);
}

// Calls launch(part) -> ct_status for parts of the walk that are small, which together are all of
// it.
template <int operands, class Launch>
ct_status ct_walk_parts(ct_walk<operands> w, const Launch &launch) {
  if (w.count == 0) return CT_OK;
  while (!ct_walk_is_small<operands>(w)) {
    ct_walk<operands> rest = ct_walk_halve<operands>(&w);
    CT_TRY((ct_walk_parts<operands, Launch>(rest, launch)));
  }
  return launch(w);
}

// Calls body(offset[operands]) for every element of the tensors, which are of one size; offsets are
// in elements from each tensor's first, and body holds the pointers. Unordered.
template <int operands, class Body>
ct_status ct_for_each(int device, const ct_tensor *const *tensor, Body body, const char *what,
                      ct_error *error) {
  enum { BLOCK = 256, MOST_BLOCKS = 132 * 16 };
  ct_on_device on(device);
  return ct_walk_parts<operands>(
      ct_walk_of<operands>(tensor), [&](const ct_walk<operands> &w) -> ct_status {
        int64_t blocks = ct_divide_up(w.count, BLOCK);
        if (blocks > MOST_BLOCKS) blocks = MOST_BLOCKS;
        ct_each_kernel<operands, Body>
            <<<(unsigned)blocks, BLOCK, 0, ct_cuda_stream(device)>>>(w, body);
        return ct_cuda_status(cudaGetLastError(), what, error);
      });
}

#endif
