// Hopper's tensor cores and copy engine (sm_90a): the few instructions that the fused kernel needs,
// to be used where CT_HOPPER is defined.
// Operands lie in shared memory as rows of 64 numbers of 16 bits, 128 bytes, in the copy engine's
// 128-byte swizzle; a tile of them begins at a multiple of 1024 bytes.
#ifndef CIRCLET_CUDA_HOPPER_CUH
#define CIRCLET_CUDA_HOPPER_CUH

#include <cuda.h>
#include <stdint.h>

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define CT_HOPPER 1
#endif

__device__ __forceinline__ uint32_t ct_shared_address(const void *p) {
  return (uint32_t)__cvta_generic_to_shared(p);
}

__device__ __forceinline__ void ct_barrier_init(uint64_t *barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(ct_shared_address(barrier)),
               "r"(arrivals));
}

__device__ __forceinline__ void ct_barrier_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async;" ::: "memory");
}

__device__ __forceinline__ void ct_barrier_arrive(uint64_t *barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(ct_shared_address(barrier))
               : "memory");
}

__device__ __forceinline__ void ct_barrier_expect(uint64_t *barrier, int bytes) {
  asm volatile(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(ct_shared_address(barrier)),
      "r"(bytes)
      : "memory");
}

__device__ __forceinline__ void ct_barrier_wait(uint64_t *barrier, int parity) {
  asm volatile("{\n"
               ".reg .pred done;\n"
               "again:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
               "@done bra ready;\n"
               "bra again;\n"
               "ready:\n"
               "}\n" ::"r"(ct_shared_address(barrier)),
               "r"(parity)
               : "memory");
}

// A box of the map, whose first element is (column, row), to shared memory.
__device__ __forceinline__ void ct_copy_box(void *to, const CUtensorMap *map, int column, int row,
                                            uint64_t *barrier) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
               "[%0], [%1, {%3, %4}], [%2];" ::"r"(ct_shared_address(to)),
               "l"(map), "r"(ct_shared_address(barrier)), "r"(column), "r"(row)
               : "memory");
}

// What the tensor cores take as the address of an operand: rows 128 bytes apart, groups of eight
// 1024 bytes apart. Sixteen numbers further along the rows are 2 more.
// The upper half of it is the same for all.
typedef uint32_t ct_operand;
__device__ __forceinline__ ct_operand ct_operand_at(const void *p) {
  return (ct_shared_address(p) & 0x3ffff) >> 4 | 1 << 16;
}

// Registers of a group of 128 threads, once: fewer than the kernel began with, or more.
template <int registers> __device__ __forceinline__ void ct_give_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
}
template <int registers> __device__ __forceinline__ void ct_take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
}

// Barrier `id`, 1 or more, among `threads` threads, whole warps.
template <int threads> __device__ __forceinline__ void ct_sync_some(int id) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "n"(threads) : "memory");
}

// The same; whether the predicate of any of them holds.
template <int threads> __device__ __forceinline__ bool ct_any_of_some(int id, bool predicate) {
  int any;
  asm volatile("{\n"
               ".reg .pred own, all;\n"
               "setp.ne.b32 own, %2, 0;\n"
               "bar.red.or.pred all, %1, %3, own;\n"
               "selp.b32 %0, 1, 0, all;\n"
               "}\n"
               : "=r"(any)
               : "r"(id), "r"((int)predicate), "n"(threads)
               : "memory");
  return any != 0;
}

__device__ __forceinline__ void ct_tensor_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void ct_tensor_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most `pending` groups are not finished.
template <int pending> __device__ __forceinline__ void ct_tensor_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

// Stores four matrices of 8 x 8 numbers of 16 bits: `v` of every thread holds two neighbours of row
// lane/4 of each, from column lane%4*2 on; `row` of lanes 8*q..8*q+7 are the rows of the q-th.
__device__ __forceinline__ void ct_store_matrices(void *row, const uint32_t (&v)[4]) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(
                   ct_shared_address(row)),
               "r"(v[0]), "r"(v[1]), "r"(v[2]), "r"(v[3])
               : "memory");
}

#define CT_D16(d, i)                                                                               \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]),      \
      "+f"(d[i + 6]), "+f"(d[i + 7]), "+f"(d[i + 8]), "+f"(d[i + 9]), "+f"(d[i + 10]),             \
      "+f"(d[i + 11]), "+f"(d[i + 12]), "+f"(d[i + 13]), "+f"(d[i + 14]), "+f"(d[i + 15])

#define CT_MULTIPLY(type)                                                                          \
  asm volatile("{\n"                                                                               \
               ".reg .pred add;\n"                                                                 \
               ".reg .b64 a, b;\n"                                                                 \
               "mov.b64 a, {%64, 0x40000040};\n"                                                   \
               "mov.b64 b, {%65, 0x40000040};\n"                                                   \
               "setp.ne.b32 add, %66, 0;\n"                                                        \
               "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " "                    \
               "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "           \
               "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "  \
               "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "  \
               "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, " \
               "a, b, add, 1, 1, 0, 0;\n"                                                          \
               "}\n"                                                                               \
               : CT_D16(d, 0), CT_D16(d, 16), CT_D16(d, 32), CT_D16(d, 48)                         \
               : "r"(a), "r"(b), "r"((int)add))

// d [64, 128] (+)= a [64, 16] b' [128, 16] by a group of 128 threads. Thread t of it has rows
// t/32*16 + t%32/4 + 8*i and columns 8*j + t%4*2 + e as d[4*j + 2*i + e].
template <bool bfloat16>
__device__ __forceinline__ void ct_multiply(float (&d)[64], ct_operand a, ct_operand b, bool add) {
  if constexpr (bfloat16)
    CT_MULTIPLY("bf16");
  else
    CT_MULTIPLY("f16");
}

#endif
