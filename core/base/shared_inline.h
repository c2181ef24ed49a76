/* Small functions that the CPU and the GPU compute with alike: nvcc compiles them for both. */
#ifndef CIRCLET_BASE_SHARED_INLINE_H
#define CIRCLET_BASE_SHARED_INLINE_H

#ifdef __CUDACC__
#define CT_SHARED_INLINE static __host__ __device__ __forceinline__
#else
#define CT_SHARED_INLINE static inline
#endif

#endif
