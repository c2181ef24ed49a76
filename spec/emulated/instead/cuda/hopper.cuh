// In place of core/cuda/hopper.cuh on the emulated GPU: what its instructions do, as late as they
// may. Operands are not swizzled, which only the copy engine and the tensor cores would see.
#ifndef CIRCLET_CUDA_HOPPER_CUH
#define CIRCLET_CUDA_HOPPER_CUH

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdint.h>

#define CT_HOPPER 1

inline uint32_t ct_shared_address(const void *p) { return (uint32_t)(uintptr_t)p; }

// Arrivals that a phase takes and still lacks, bytes that it lacks, and which phase it is.
struct ct_emulated_barrier {
  uint8_t expected, lacking, phase;
  int32_t bytes;
};
static_assert(sizeof(ct_emulated_barrier) == 8, "in the place of a barrier");

inline void ct_barrier_change(uint64_t *barrier, int arrivals, int bytes) {
  ct_emulated_barrier b;
  memcpy(&b, barrier, sizeof b);
  b.lacking = (uint8_t)(b.lacking - arrivals), b.bytes += bytes;
  if (b.lacking == 0 && b.bytes == 0) b.phase ^= 1, b.lacking = b.expected;
  memcpy(barrier, &b, sizeof b);
}
inline void ct_barrier_init(uint64_t *barrier, int arrivals) {
  const ct_emulated_barrier b = {(uint8_t)arrivals, (uint8_t)arrivals, 0, 0};
  memcpy(barrier, &b, sizeof b);
}
inline void ct_barrier_fence() {}
inline void ct_barrier_arrive(uint64_t *barrier) { ct_barrier_change(barrier, 1, 0); }
inline void ct_barrier_expect(uint64_t *barrier, int bytes) {
  ct_barrier_change(barrier, 1, bytes);
}
inline void ct_barrier_wait(uint64_t *barrier, int parity) {
  for (;;) {
    ct_emulated_barrier b;
    memcpy(&b, barrier, sizeof b);
    if (b.phase != parity) return;
    ct_emulated_yield();
  }
}

inline void ct_copy_box(void *to, const CUtensorMap *map, int column, int row, uint64_t *barrier) {
  ct_emulated_map m;
  memcpy(&m, map, sizeof m);
  ct_emulated_later([=] {
    for (int r = 0; r < m.box[1]; r++)
      for (int c = 0; c < m.box[0]; c++) {
        const bool inside = row + r < m.size[1] && column + c < m.size[0];
        ((uint16_t *)to)[r * m.box[0] + c] =
            inside ? ((const uint16_t *)m.data)[(row + r) * m.pitch + column + c] : 0;
      }
    ct_barrier_change(barrier, 0, -2 * m.box[0] * m.box[1]);
  });
}

typedef uint64_t ct_operand;
inline ct_operand ct_operand_at(const void *p) { return (uint64_t)(uintptr_t)p >> 4; }
inline void ct_tensor_fence() {}
template <int> void ct_give_registers() {}
template <int> void ct_take_registers() {}

template <int threads> bool ct_any_of_some(int id, bool predicate) {
  static struct {
    int arrived, phase;
    bool any, all;
  } barriers[16];
  auto &b = barriers[id];
  const int phase = b.phase;
  b.any = b.any || predicate;
  if (++b.arrived == threads) {
    b.all = b.any, b.any = false, b.arrived = 0, b.phase = 1 - phase;
    return b.all;
  }
  while (b.phase == phase) ct_emulated_yield();
  return b.all;
}
template <int threads> void ct_sync_some(int id) { ct_any_of_some<threads>(id, false); }

inline void ct_store_matrices(void *row, const uint32_t (&v)[4]) {
  const int lane = ct_emulated_lane();
  for (int q = 0; q < 4; q++) {
    char *to = (char *)(uintptr_t)ct_shuffle((uint64_t)(uintptr_t)row, 8 * q + lane / 4);
    memcpy(to + lane % 4 * 4, &v[q], 4);
  }
}

template <bool bfloat16> void ct_multiply_now(float *d, ct_operand a, ct_operand b, bool add) {
  const uint16_t *x = (const uint16_t *)(uintptr_t)(a << 4), *y = (uint16_t *)(uintptr_t)(b << 4);
  const int t = threadIdx.x % 128, lane = t % 32;
  auto number = [](uint16_t bits) {
    if (bfloat16) return __uint_as_float((unsigned)bits << 16);
    __half_raw h;
    h.x = bits;
    return __half2float(__half(h));
  };
  for (int i = 0; i < 2; i++) {
    float own[16];
    for (int k = 0; k < 16; k++) own[k] = number(x[(t / 32 * 16 + lane / 4 + 8 * i) * 64 + k]);
    for (int j = 0; j < 16; j++)
      for (int e = 0; e < 2; e++) {
        float sum = add ? d[4 * j + 2 * i + e] : 0;
        for (int k = 0; k < 16; k++) sum += own[k] * number(y[(8 * j + lane % 4 * 2 + e) * 64 + k]);
        d[4 * j + 2 * i + e] = sum;
      }
  }
}

// Products that a thread has asked for and not waited for, and the group of each.
struct ct_emulated_product {
  float *d;
  ct_operand a, b;
  bool add, bfloat16;
  int group;
};
struct ct_emulated_products {
  ct_emulated_product queued[64];
  int count, groups;
};
inline ct_emulated_products &ct_own_products() {
  static ct_emulated_products all[1024];
  return all[threadIdx.x];
}

template <bool bfloat16> void ct_multiply(float (&d)[64], ct_operand a, ct_operand b, bool add) {
  ct_emulated_products &own = ct_own_products();
  if (own.count == sizeof own.queued / sizeof *own.queued) abort(); // nobody waits for them
  own.queued[own.count++] = {d, a, b, add, bfloat16, own.groups};
}
inline void ct_tensor_commit() { ct_own_products().groups++; }
template <int pending> void ct_tensor_wait() {
  ct_emulated_products &own = ct_own_products();
  int left = 0;
  for (int k = 0; k < own.count; k++) {
    const ct_emulated_product p = own.queued[k];
    if (p.group >= own.groups - pending)
      own.queued[left++] = p;
    else if (p.bfloat16)
      ct_multiply_now<true>(p.d, p.a, p.b, p.add);
    else
      ct_multiply_now<false>(p.d, p.a, p.b, p.add);
  }
  own.count = left;
}

#endif
