// What translated CUDA sources see of the emulated GPU: included before all else.
//
// A kernel's blocks run one after another on the calling thread, the threads of a block as fibers
// that take turns where they wait for each other; which warps run on is drawn, the same on every
// run. Copies of the copy engine arrive late, products are made as late as they may be
// (instead/cuda/hopper.cuh). Shared memory is static. Nothing runs in parallel, so that races
// within what a warp does between two waits go unseen; indices, sums and results do not.
#ifndef CIRCLET_EMULATOR_H
#define CIRCLET_EMULATOR_H

#include <cuda_runtime.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <algorithm>
#include <cmath>
#include <functional>

using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;

struct ct_emulated_place {
  uint3 thread, block;
  dim3 grid, threads;
};
extern ct_emulated_place ct_here;

#define threadIdx ct_here.thread
#define blockIdx  ct_here.block
#define blockDim  ct_here.threads
#define gridDim   ct_here.grid
#define warpSize  32
#undef __noinline__
#define __noinline__
#undef __shared__
#define __shared__ static
#undef __grid_constant__
#define __grid_constant__
#undef __launch_bounds__
#define __launch_bounds__(...)

void ct_emulate(const std::function<void()> &thread, dim3 grid, dim3 block, size_t shared = 0,
                cudaStream_t stream = nullptr);
void *ct_emulated_shared();
void __syncthreads();
int __syncthreads_or(int predicate);
// Lets others run, to look again for what they do.
void ct_emulated_yield();
// Has the copy engine do something, at some time.
void ct_emulated_later(const std::function<void()> &copy);
void __syncwarp(unsigned mask = 0xffffffffu);
// Gives `value` to the warp and returns what `lane` gave.
uint64_t ct_emulated_exchange(uint64_t value, int lane);
int ct_emulated_lane();

// How an operand lies, in the place of what the driver makes of it (CUtensorMap).
struct ct_emulated_map {
  const void *data;
  int64_t size[2], pitch; // numbers
  int box[2];
};

template <class T> T ct_shuffle(T value, int lane) {
  static_assert(sizeof(T) <= 8, "shuffles move up to 8 bytes");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = ct_emulated_exchange(bits, lane);
  memcpy(&value, &bits, sizeof value);
  return value;
}
template <class T> T __shfl_xor_sync(unsigned, T v, int mask, int = 32) {
  return ct_shuffle(v, ct_emulated_lane() ^ mask);
}
template <class T> T __shfl_down_sync(unsigned, T v, int distance, int = 32) {
  const int lane = ct_emulated_lane() + distance;
  return ct_shuffle(v, lane < 32 ? lane : ct_emulated_lane());
}
template <class T> T __shfl_up_sync(unsigned, T v, int distance, int = 32) {
  const int lane = ct_emulated_lane() - distance;
  return ct_shuffle(v, lane >= 0 ? lane : ct_emulated_lane());
}
template <class T> T __shfl_sync(unsigned, T v, int lane, int = 32) { return ct_shuffle(v, lane); }
inline unsigned __ballot_sync(unsigned, int predicate) {
  unsigned mask = 0;
  for (int lane = 0; lane < 32; lane++) mask |= ct_shuffle(predicate ? 1u : 0u, lane) << lane;
  return mask;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }

template <class T> T __ldg(const T *p) { return *p; }
template <class T> T atomicAdd(T *p, T v) {
  T old = *p;
  *p = old + v;
  return old;
}
template <class T> T atomicMin(T *p, T v) {
  T old = *p;
  if (v < old) *p = v;
  return old;
}
template <class T> T atomicMax(T *p, T v) {
  T old = *p;
  if (v > old) *p = v;
  return old;
}
template <class T> T atomicExch(T *p, T v) {
  T old = *p;
  *p = v;
  return old;
}
template <class T> T atomicOr(T *p, T v) {
  T old = *p;
  *p = old | v;
  return old;
}
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __clz(int v) { return v ? __builtin_clz((unsigned)v) : 32; }
inline void __threadfence() {}
inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __int_as_float(int i) {
  float f;
  memcpy(&f, &i, 4);
  return f;
}
inline int __float_as_int(float f) {
  int i;
  memcpy(&i, &f, 4);
  return i;
}
inline unsigned __float_as_uint(float f) {
  unsigned i;
  memcpy(&i, &f, 4);
  return i;
}
inline float __uint_as_float(unsigned i) {
  float f;
  memcpy(&f, &i, 4);
  return f;
}
inline double __longlong_as_double(long long i) {
  double f;
  memcpy(&f, &i, 8);
  return f;
}
inline long long __double_as_longlong(double f) {
  long long i;
  memcpy(&i, &f, 8);
  return i;
}
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((uint64_t)a * b >> 32); }

#endif
