// Element types on the GPU, and a call of a template by a tensor's type.
#ifndef CIRCLET_CUDA_TYPES_CUH
#define CIRCLET_CUDA_TYPES_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <type_traits>
#include <utility>
#include "cuda/launch.cuh"

// What arithmetic on elements of T is done in.
template <class T> struct ct_wide { typedef T type; };
template <> struct ct_wide<__half> { typedef float type; };
template <> struct ct_wide<__nv_bfloat16> { typedef float type; };

// What single elements are computed in: integers in 64 bits.
template <class T> struct ct_computed {
  typedef std::conditional_t<std::is_integral_v<T>, int64_t, typename ct_wide<T>::type> type;
};

// What sums of elements are held in.
template <class T> struct ct_summed {
  typedef std::conditional_t<std::is_integral_v<T>, int64_t, double> type;
};

// Conversions: real to integer truncates towards zero, as in C.
template <class To, class From> __host__ __device__ __forceinline__ To ct_as(From x) {
  return (To)x;
}
template <> __host__ __device__ __forceinline__ __half ct_as<__half, float>(float x) {
  return __float2half_rn(x);
}
template <> __host__ __device__ __forceinline__ __half ct_as<__half, double>(double x) {
  return __double2half(x);
}
template <> __host__ __device__ __forceinline__ __nv_bfloat16 ct_as<__nv_bfloat16, float>(float x) {
  return __float2bfloat16_rn(x);
}
template <>
__host__ __device__ __forceinline__ __nv_bfloat16 ct_as<__nv_bfloat16, double>(double x) {
  return __double2bfloat16(x);
}
template <> __host__ __device__ __forceinline__ float ct_as<float, __half>(__half x) {
  return __half2float(x);
}
template <> __host__ __device__ __forceinline__ float ct_as<float, __nv_bfloat16>(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

// Of any pair: through the wide type where one side is narrow.
template <class To, class From> __host__ __device__ __forceinline__ To ct_convert(From x) {
  typedef typename ct_wide<To>::type wide_to;
  typedef typename ct_wide<From>::type wide_from;
  wide_from w = ct_as<wide_from, From>(x);
  if constexpr (std::is_same<To, __half>::value || std::is_same<To, __nv_bfloat16>::value) {
    if constexpr (std::is_same<wide_from, double>::value)
      return ct_as<To, double>(w); // one rounding
    else
      return ct_as<To, wide_to>((wide_to)w);
  } else {
    return (To)w;
  }
}

// Calls f.template operator()<T>() with the type of `dtype`; f is a generic lambda with an explicit
// template parameter and returns a ct_status.
template <class F> ct_status ct_with_type(ct_dtype dtype, F &&f) {
  switch (dtype) {
  case CT_CUDA_FLOAT: return f.template operator()<float>();
  case CT_CUDA_DOUBLE: return f.template operator()<double>();
  case CT_CUDA_HALF: return f.template operator()<__half>();
  case CT_CUDA_BFLOAT16: return f.template operator()<__nv_bfloat16>();
  case CT_CUDA_LONG: return f.template operator()<int64_t>();
  case CT_CUDA_INT: return f.template operator()<int32_t>();
  case CT_CUDA_BYTE: return f.template operator()<uint8_t>();
  default: return CT_EINVALID;
  }
}

#endif
