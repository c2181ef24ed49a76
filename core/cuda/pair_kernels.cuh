// Small kernels of the driver that no loss has a say in.
#ifndef CIRCLET_CUDA_PAIR_KERNELS_CUH
#define CIRCLET_CUDA_PAIR_KERNELS_CUH

#include "cuda/pair_anchors.cuh"
#include "cuda/types.cuh"

enum { CT_COMMON_THREADS = 1024 };

// One number for all anchors: the largest reference and the sum relative to it. One block.
template <class Real>
__global__ void ct_common_kernel(int rows, const Real *reference, const double *sum,
                                 double *common_reference, double *common_sum) {
  __shared__ double room[CT_COMMON_THREADS];
  double most = -INFINITY, total = 0;
  for (int i = threadIdx.x; i < rows; i += CT_COMMON_THREADS)
    most = fmax(most, (double)reference[i]);
  room[threadIdx.x] = most;
  __syncthreads();
  for (int step = CT_COMMON_THREADS / 2; step > 0; step /= 2) {
    if ((int)threadIdx.x < step)
      room[threadIdx.x] = fmax(room[threadIdx.x], room[threadIdx.x + step]);
    __syncthreads();
  }
  most = room[0];
  __syncthreads();
  for (int i = threadIdx.x; i < rows; i += CT_COMMON_THREADS)
    total += sum[i] * exp2((double)reference[i] - most);
  room[threadIdx.x] = total;
  __syncthreads();
  for (int step = CT_COMMON_THREADS / 2; step > 0; step /= 2) {
    if ((int)threadIdx.x < step) room[threadIdx.x] += room[threadIdx.x + step];
    __syncthreads();
  }
  if (threadIdx.x == 0) *common_reference = most, *common_sum = room[0];
}

template <class T> __global__ void ct_set_kernel(int64_t count, T *to, T value) {
  const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) to[i] = value;
}

// An anchor's log-sum-exp of negatives, for coupled terms.
template <class Real> __global__ void ct_own_kernel(ct_anchors<Real> a, double *own) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= a.rows) return;
  const double offset = a.refined.own ? a.refined.offset[CT_NEGATIVE][i] : a.offset[CT_NEGATIVE];
  own[i] = ct_pairs_of(a, i, CT_NEGATIVE) > 0
               ? (double)a.sums.reference[CT_NEGATIVE][i] * 0x1.62e42fefa39efp-1 +
                     log(a.sums.sum[CT_NEGATIVE][i]) + offset
               : -INFINITY;
}

// The power of two that brings the largest weight below 2^15, and its inverse.
static __global__ void ct_range_kernel(const unsigned *largest_bits, float *range) {
  const float largest = __uint_as_float(*largest_bits);
  int exponent = 0;
  if (largest > 0 && isfinite(largest)) {
    frexpf(largest, &exponent);
    exponent = min(max(15 - exponent, -100), 100);
  }
  range[0] = ldexpf(1, exponent), range[1] = ldexpf(1, -exponent);
}

template <class T>
__global__ void ct_scatter_kernel(int rows, const double *loss, const int64_t *origin, T *to,
                                  int64_t stride) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < rows) to[origin[i] * stride] = ct_convert<T, double>(loss[i]);
}

static __global__ void ct_bias_kernel(int64_t classes, const double *lift, double scale,
                                      double *to) {
  const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < classes) to[i] = lift[i] / scale;
}

#endif
