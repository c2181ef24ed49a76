// Similarities and what becomes of them in one kernel, on Hopper: a tile's products never leave the
// registers. For losses whose two statistics are log-sum-exps, of unit rows or dot products.
//
// Two groups of 128 threads have a part of 128 x 128 similarities in registers, half of its rows
// each. The copy engine brings 64 numbers of every row and column at a time through a ring of
// buffers; two blocks share a multiprocessor, so that one's products run beside the other's maths.
// Parts that hold other pairs than negatives, or are not whole, write their similarities down and
// are left to the kernels of pair_tile.cuh; so are the sums over parts, which lie as theirs do.
#ifndef CIRCLET_CUDA_PAIR_FUSED_CUH
#define CIRCLET_CUDA_PAIR_FUSED_CUH

#include "cuda/hopper.cuh"
#include "cuda/operand_map.cuh"
#include "cuda/pair_launch.cuh"

constexpr int CT_STEP = CT_FUSED_STEP, CT_STAGES = 3, CT_BOX_BYTES = CT_PART * CT_STEP * 2;
static_assert((int)CT_FUSED_ROWS == (int)CT_PART, "a box holds a part");

// Dynamic shared memory of a block.
struct ct_fused_room {
  alignas(1024) uint8_t a[CT_STAGES][CT_BOX_BYTES];
  alignas(1024) uint8_t b[CT_STAGES][CT_BOX_BYTES];
  float by_warp[CT_WARPS][CT_PART]; // columns
  float reference[CT_PART], factor[CT_PART];
  float total[CT_WARPS];
  uint64_t full[CT_STAGES], empty[CT_STAGES];
};
enum { CT_FUSED_BYTES = sizeof(struct ct_fused_room) + 1024 };

// The products of rows a_row.. and b_row.., `steps` steps of CT_STEP numbers from a_column and
// b_column on.
template <bool bfloat16>
__device__ __forceinline__ void ct_fused_products(ct_fused_room *room, const CUtensorMap *a_map,
                                                  const CUtensorMap *b_map, int a_row, int b_row,
                                                  const ct_fused_product &p, float (&d)[64]) {
  const int warp = threadIdx.x / 32, half = threadIdx.x / 128;
  if (threadIdx.x == 0) {
    for (int s = 0; s < CT_STAGES; s++)
      ct_barrier_init(&room->full[s], 1), ct_barrier_init(&room->empty[s], CT_WARPS);
    ct_barrier_fence();
  }
  __syncthreads();
  auto load = [&](int step) {
    const int s = step % CT_STAGES;
    ct_barrier_expect(&room->full[s], 2 * CT_BOX_BYTES);
    ct_copy_box(room->a[s], a_map, p.a_column + step * CT_STEP, a_row, &room->full[s]);
    ct_copy_box(room->b[s], b_map, p.b_column + step * CT_STEP, b_row, &room->full[s]);
  };
  if (threadIdx.x == 0)
    for (int step = 0; step < CT_STAGES && step < p.steps; step++) load(step);
#pragma unroll
  for (int i = 0; i < 64; i++) d[i] = 0;
  for (int step = 0; step < p.steps; step++) {
    const int s = step % CT_STAGES;
    ct_barrier_wait(&room->full[s], step / CT_STAGES & 1);
    const uint64_t a = ct_operand_at(room->a[s] + half * 64 * CT_STEP * 2);
    const uint64_t b = ct_operand_at(room->b[s]);
    ct_tensor_fence();
#pragma unroll
    for (int k = 0; k < CT_STEP / 16; k++)
      ct_multiply<bfloat16>(d, a + 2 * k, b + 2 * k, step > 0 || k > 0);
    ct_tensor_commit();
    if (step == 0) continue;
    ct_tensor_wait<1>(); // the step before this one has been read
    const int before = (step - 1) % CT_STAGES;
    if (threadIdx.x % 32 == 0) ct_barrier_arrive(&room->empty[before]);
    if (threadIdx.x == 0 && step - 1 + CT_STAGES < p.steps) {
      ct_barrier_wait(&room->empty[before], (step - 1) / CT_STAGES & 1);
      load(step - 1 + CT_STAGES);
    }
    __syncwarp();
  }
  ct_tensor_wait<0>();
  (void)warp;
#pragma unroll
  for (int i = 0; i < 64; i++) d[i] *= p.alpha;
}

// Rows of this thread within the part, and its first column of the j-th group of eight.
__device__ __forceinline__ int ct_fused_row(int i) {
  return threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + 8 * i;
}
__device__ __forceinline__ int ct_fused_column(int j) { return 8 * j + threadIdx.x % 4 * 2; }

// One number for each of eight columns of the eight threads that share them becomes one column's
// result for each thread: v[2 * jj + e], of columns ct_fused_column(first + jj) + e. Returns the
// result and its column.
template <class Join>
__device__ __forceinline__ float ct_scatter_columns(const float (&v)[8], int first, Join join,
                                                    int *column) {
  const int lane = threadIdx.x % 32;
  const bool high = lane & 16, middle = lane & 8, low = lane & 4;
  float four[4], two[2];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const float keep = high ? v[4 + i] : v[i], send = high ? v[i] : v[4 + i];
    four[i] = join(keep, __shfl_xor_sync(~0u, send, 16));
  }
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const float keep = middle ? four[2 + i] : four[i], send = middle ? four[i] : four[2 + i];
    two[i] = join(keep, __shfl_xor_sync(~0u, send, 8));
  }
  const float keep = low ? two[1] : two[0], send = low ? two[0] : two[1];
  const int index = (high ? 4 : 0) + (middle ? 2 : 0) + (low ? 1 : 0);
  *column = ct_fused_column(first + index / 2) + index % 2;
  return join(keep, __shfl_xor_sync(~0u, send, 4));
}

__device__ __forceinline__ float ct_quad_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(~0u, v, 1));
  return fmaxf(v, __shfl_xor_sync(~0u, v, 2));
}

__device__ __forceinline__ float ct_quad_sum(float v) {
  v += __shfl_xor_sync(~0u, v, 1);
  return v + __shfl_xor_sync(~0u, v, 2);
}

// The reference of a largest coordinate: its logit, rounded.
template <class Maths>
__device__ __forceinline__ float ct_reference_of(const ct_tile<float> &t, float v) {
  float high, low;
  Maths::logit(v, t.scale[CT_NEGATIVE], t.low_scale[CT_NEGATIVE], &high, &low);
  return ct_round_of(high);
}

// The part's similarities, written down for the kernels of pair_tile.cuh.
__device__ __forceinline__ void ct_fused_store(const ct_tile<float> &t, int r0, int c0,
                                               const float (&d)[64]) {
#pragma unroll
  for (int i = 0; i < 2; i++)
#pragma unroll
    for (int j = 0; j < 16; j++)
      *reinterpret_cast<float2 *>(
          const_cast<float *>(t.s) + (int64_t)(r0 + ct_fused_row(i)) * t.pitch + c0 +
          ct_fused_column(j)) = make_float2(d[4 * j + 2 * i], d[4 * j + 2 * i + 1]);
}

template <class Maths>
__device__ __forceinline__ void ct_fused_sums(ct_fused_room *room, const ct_tile<float> &t,
                                              int part_row, int part_column, const float (&d)[64]) {
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, r0 = part_row * CT_PART;
  const int64_t part = (int64_t)part_row * gridDim.x + part_column;
  float reach[2] = {Maths::lowest(), Maths::lowest()}, total = 0;
#pragma unroll
  for (int first = 0; first < 16; first += 4) {
    float columns[8];
#pragma unroll
    for (int jj = 0; jj < 4; jj++)
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const int at = 4 * (first + jj) + e;
        const float u = Maths::coordinate(false, t.variant, d[at], k);
        const float v = Maths::coordinate(false, t.variant, d[at + 2], k);
        reach[0] = fmaxf(reach[0], u), reach[1] = fmaxf(reach[1], v);
        columns[2 * jj + e] = fmaxf(u, v);
        total += d[at] + d[at + 2];
      }
    if (!t.both) continue;
    int column;
    const float most = ct_scatter_columns(
        columns, first, [](float a, float b) { return fmaxf(a, b); }, &column);
    room->by_warp[warp][column] = most;
  }
  total = ct_warp_sum(total);
  if (lane == 0) room->total[warp] = total;
  __syncthreads();
  const int64_t to = (int64_t)part_row * CT_TILE_MOST + part_column * CT_PART;
  if (t.both && threadIdx.x < CT_PART) {
    float v = room->by_warp[0][threadIdx.x];
#pragma unroll
    for (int w = 1; w < CT_WARPS; w++) v = fmaxf(v, room->by_warp[w][threadIdx.x]);
    v = ct_reference_of<Maths>(t, v);
    room->reference[threadIdx.x] = v;
    t.column_reference[CT_NEGATIVE][to + threadIdx.x] = v;
  }
  if (threadIdx.x == 0) {
    double all = 0;
    for (int w = 0; w < CT_WARPS; w++) all += room->total[w];
    t.part_s[CT_KINDS * part + CT_NEGATIVE] = t.both ? 2 * all : all;
    t.part_s[CT_KINDS * part + CT_POSITIVE] = 0;
    t.part_kinds[part] = 1 << CT_NEGATIVE;
  }
  __syncthreads();
  float row_reference[2], row_sum[2] = {0, 0};
#pragma unroll
  for (int i = 0; i < 2; i++) row_reference[i] = ct_reference_of<Maths>(t, ct_quad_max(reach[i]));
#pragma unroll
  for (int first = 0; first < 16; first += 4) {
    float columns[8];
#pragma unroll
    for (int jj = 0; jj < 4; jj++) {
      const int j = first + jj;
      const float2 reference =
          t.both ? *reinterpret_cast<const float2 *>(&room->reference[ct_fused_column(j)])
                 : make_float2(0, 0);
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const float other = e ? reference.y : reference.x;
        columns[2 * jj + e] = 0;
#pragma unroll
        for (int i = 0; i < 2; i++) {
          const ct_logit<float> l =
              ct_logit_of<Maths>(Maths::coordinate(false, t.variant, d[4 * j + 2 * i + e], k),
                                 t.scale[CT_NEGATIVE], t.low_scale[CT_NEGATIVE]);
          row_sum[i] += ct_relative(l, row_reference[i]);
          if (t.both) columns[2 * jj + e] += ct_relative(l, other);
        }
      }
    }
    if (!t.both) continue;
    int column;
    const float sum = ct_scatter_columns(
        columns, first, [](float a, float b) { return a + b; }, &column);
    room->by_warp[warp][column] = sum;
  }
#pragma unroll
  for (int i = 0; i < 2; i++) {
    row_sum[i] = ct_quad_sum(row_sum[i]);
    const int64_t at = (int64_t)part_column * CT_TILE_MOST + r0 + ct_fused_row(i);
    if (lane % 4 == 0)
      t.row_reference[CT_NEGATIVE][at] = row_reference[i], t.row_sum[CT_NEGATIVE][at] = row_sum[i];
  }
  if (!t.both) return;
  __syncthreads();
  if (threadIdx.x < CT_PART) {
    float v = room->by_warp[0][threadIdx.x];
#pragma unroll
    for (int w = 1; w < CT_WARPS; w++) v += room->by_warp[w][threadIdx.x];
    t.column_sum[CT_NEGATIVE][to + threadIdx.x] = v;
  }
}

template <class Narrow>
__device__ __forceinline__ void ct_store_two(void *to, int64_t at, float x, float y) {
  alignas(4) Narrow two[2] = {ct_narrow_of<Narrow>(x), ct_narrow_of<Narrow>(y)};
  *reinterpret_cast<uint32_t *>((Narrow *)to + at) = *reinterpret_cast<const uint32_t *>(two);
}

template <class Maths, bool bfloat16>
__device__ __forceinline__ void ct_fused_weights(ct_fused_room *room, const ct_tile<float> &t,
                                                 ct_weight_form form, int part_row, int part_column,
                                                 const float (&d)[64]) {
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int r0 = part_row * CT_PART, c0 = part_column * CT_PART;
  const float range = *t.to_range;
  const bool drop = t.cut[CT_NEGATIVE] != nullptr;
  if (threadIdx.x < CT_PART) {
    const int at = t.column + c0 + threadIdx.x;
    room->reference[threadIdx.x] = t.self ? t.reference[CT_NEGATIVE][at] : 0;
    room->factor[threadIdx.x] = t.self ? t.factor[CT_NEGATIVE][at] * range : 0;
    room->by_warp[0][threadIdx.x] = t.self && drop ? t.cut[CT_NEGATIVE][at] : INFINITY;
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const int row = r0 + ct_fused_row(i);
    const float reference = t.reference[CT_NEGATIVE][t.row + row];
    const float factor = t.factor[CT_NEGATIVE][t.row + row] * range;
    const float cut = drop ? t.cut[CT_NEGATIVE][t.row + row] : 0;
#pragma unroll
    for (int j = 0; j < 16; j++) {
      const int column = ct_fused_column(j);
      float w[2];
#pragma unroll
      for (int e = 0; e < 2; e++) {
        const float s = d[4 * j + 2 * i + e];
        const ct_logit<float> l =
            ct_logit_of<Maths>(Maths::coordinate(false, t.variant, s, k), t.scale[CT_NEGATIVE],
                               t.low_scale[CT_NEGATIVE]);
        w[e] = factor * ct_relative(l, reference);
        if (t.self)
          w[e] = fmaf(room->factor[column + e], ct_relative(l, room->reference[column + e]), w[e]);
        w[e] *= Maths::slope(false, t.variant, s, k);
        if (drop && ct_whole(l) < fminf(cut, room->by_warp[0][column + e])) w[e] = 0;
      }
      const int64_t at = (int64_t)row * t.pitch + c0 + column;
      if constexpr (bfloat16) {
        ct_store_two<__nv_bfloat16>(t.weight, at, w[0], w[1]);
      } else {
        ct_store_two<__half>(t.weight, at, w[0], w[1]);
        if (form == CT_WEIGHT_SPLIT_HALF)
          ct_store_two<__half>(t.weight_low, at, w[0] - __half2float(__float2half_rn(w[0])),
                               w[1] - __half2float(__float2half_rn(w[1])));
      }
    }
  }
}

// backward: weights instead of statistics.
template <class Maths, bool bfloat16, bool backward>
__global__ void __launch_bounds__(CT_PART_THREADS, 2)
    ct_fused_kernel(const __grid_constant__ CUtensorMap a_map,
                    const __grid_constant__ CUtensorMap b_map, ct_fused_product p, ct_tile<float> t,
                    ct_weight_form form) {
#ifdef CT_HOPPER // what is compiled for other devices is never queued
  extern __shared__ uint8_t memory[];
  ct_fused_room *room =
      reinterpret_cast<ct_fused_room *>(memory + (1024 - ct_shared_address(memory) % 1024) % 1024);
  const int part_row = blockIdx.y, part_column = blockIdx.x;
  const ct_part_kinds kinds = ct_kinds_of(t, part_row, part_column, !backward);
  if (!kinds.present[CT_NEGATIVE] && !kinds.present[CT_POSITIVE]) return;
  float d[64];
  ct_fused_products<bfloat16>(room, &a_map, &b_map, p.a_row + part_row * CT_PART,
                              p.b_row + part_column * CT_PART, p, d);
  if (!kinds.plain)
    ct_fused_store(t, part_row * CT_PART, part_column * CT_PART, d);
  else if constexpr (backward)
    ct_fused_weights<Maths, bfloat16>(room, t, form, part_row, part_column, d);
  else
    ct_fused_sums<Maths>(room, t, part_row, part_column, d);
#endif
}

// Queues the kernel of one loss. More than 48 KiB of shared memory must be asked for, on each
// device.
template <class Maths, bool bfloat16, bool backward>
static cudaError_t ct_fused_queue(const ct_fused_call &call, const ct_tile<float> &t,
                                  ct_weight_form form, cudaStream_t stream) {
  auto kernel = ct_fused_kernel<Maths, bfloat16, backward>;
  const cudaError_t ready =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, CT_FUSED_BYTES);
  if (ready != cudaSuccess) return ready;
  const dim3 parts((unsigned)ct_divide_up(t.columns, CT_PART),
                   (unsigned)ct_divide_up(t.rows, CT_PART));
  kernel<<<parts, CT_PART_THREADS, CT_FUSED_BYTES, stream>>>(call.a_map, call.b_map, call.product,
                                                             t, form);
  return cudaGetLastError();
}

template <class Maths>
static cudaError_t ct_fused_launch(const ct_fused_call &call, const ct_tile<float> &t,
                                   ct_weight_form form, bool backward, cudaStream_t stream) {
  if (call.bfloat16)
    return backward ? ct_fused_queue<Maths, true, true>(call, t, form, stream)
                    : ct_fused_queue<Maths, true, false>(call, t, form, stream);
  return backward ? ct_fused_queue<Maths, false, true>(call, t, form, stream)
                  : ct_fused_queue<Maths, false, false>(call, t, form, stream);
}

// The table of a loss with fused kernels.
#define CT_PAIR_LAUNCHES_FUSED(loss)                                                               \
  extern const ct_pair_launches<float> ct_pair_##loss##_f32;                                       \
  const ct_pair_launches<float> ct_pair_##loss##_f32 = [] {                                        \
    ct_pair_launches<float> t = ct_pair_of<ct_loss_##loss, float>::table();                        \
    t.fused = ct_fused_launch<ct_maths<ct_loss_##loss, float>>;                                    \
    return t;                                                                                      \
  }();

#endif
