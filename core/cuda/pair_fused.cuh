// Similarities and what becomes of them in one kernel, on Hopper: a tile's products never leave the
// registers. For losses whose two statistics are log-sum-exps, of unit rows or dot products.
//
// One block lives on each multiprocessor and works through parts of 128 x 128. One thread has the
// copy engine bring 64 numbers of every row and column at a time through a ring of buffers; two
// groups of 256 take parts in turns, each with all of its part's similarities in registers: one's
// products run on the tensor cores while the other does its maths
// (pair_fused_sums.cuh, pair_fused_weights.cuh). Sums of parts lie as those of pair_tile.cuh do,
// and are merged by its kernel.
#ifndef CIRCLET_CUDA_PAIR_FUSED_CUH
#define CIRCLET_CUDA_PAIR_FUSED_CUH

#include "cuda/pair_fused_sums.cuh"
#include "cuda/pair_fused_weights.cuh"

// A tile's parts in their order: of each CT_BAND rows of parts, column by column, so that blocks
// that run together share rows and columns; of one set's statistics, those right of the diagonal.
struct ct_fused_order {
  int rows, columns, count; // parts
  bool upper;

  __device__ __forceinline__ ct_fused_order(const ct_tile<float> &t, bool half)
      : rows((t.rows + CT_PART - 1) / CT_PART), columns((t.columns + CT_PART - 1) / CT_PART),
        upper(half && t.diagonal) {
    count = upper ? rows * (rows + 1) / 2 : rows * columns;
  }

  // Row r together with row rows - 1 - r, of an odd number of rows rows - r, is as long as any such
  // two: the triangle becomes a rectangle.
  __device__ __forceinline__ void triangle(int at, int *row, int *column) const {
    const int width = rows | 1, folded = at / width, within = at - folded * width;
    const int first = rows - folded; // how many parts row `folded` has
    *row = within < first ? folded : rows - 1 - folded + (rows & 1);
    *column = within < first ? folded + within : *row + within - first;
  }

  __device__ __forceinline__ void part(int at, int *row, int *column) const {
    if (upper) return triangle(at, row, column);
    const int band = at / (CT_BAND * columns), within = at - band * CT_BAND * columns;
    const int high = min((int)CT_BAND, rows - band * CT_BAND);
    *row = band * CT_BAND + within % high, *column = within / high;
  }
};

// Where the k-th part of a block stands in the order.
__device__ __forceinline__ int ct_fused_at(int k) { return blockIdx.x + k * gridDim.x; }

// Brings what parts are made of: rows a_row.. and b_row.., `steps` steps of CT_STEP numbers from
// a_column and b_column on.
static __device__ __forceinline__ void ct_fused_load(ct_fused_room *room, const CUtensorMap *a_map,
                                                     const CUtensorMap *b_map,
                                                     const ct_fused_product &p,
                                                     const ct_fused_order &order) {
  unsigned n = 0;
  for (int k = 0; ct_fused_at(k) < order.count; k++) {
    int row, column;
    order.part(ct_fused_at(k), &row, &column);
    for (int step = 0; step < p.steps; step++, n++) {
      const unsigned s = n % CT_STAGES;
      ct_barrier_wait(&room->empty[s], (n / CT_STAGES & 1) ^ 1);
      ct_barrier_expect(&room->full[s], 2 * CT_BOX_BYTES);
      ct_copy_box(room->a[s], a_map, p.a_column + step * CT_STEP, p.a_row + row * CT_PART,
                  &room->full[s]);
      ct_copy_box(room->b[s], b_map, p.b_column + step * CT_STEP, p.b_row + column * CT_PART,
                  &room->full[s]);
    }
  }
}

// The products of the block's k-th part, for group `group`; `half`: which rows these 128 threads
// have.
template <bool bfloat16>
__device__ __forceinline__ void ct_fused_products(ct_fused_room *room, const ct_fused_product &p,
                                                  int k, int group, int half, float (&d)[64]) {
#pragma unroll
  for (int i = 0; i < 64; i++) d[i] = 0;
  unsigned n = (unsigned)(k * p.steps), before = 0;
  // The other group has seen everything before this part arrive: barriers cannot tell one round of
  // the ring from the next but one.
  if (k > 0) ct_barrier_wait(&room->turn[group], (k - 1) / 2 & 1);
  for (int step = 0; step < p.steps; step++, n++) {
    const unsigned s = n % CT_STAGES;
    ct_barrier_wait(&room->full[s], n / CT_STAGES & 1);
    const ct_operand a = ct_operand_at(room->a[s] + half * 64 * CT_STEP * 2);
    const ct_operand b = ct_operand_at(room->b[s]);
    ct_tensor_fence();
#pragma unroll
    for (int k16 = 0; k16 < CT_STEP / 16; k16++)
      ct_multiply<bfloat16>(d, a + 2 * k16, b + 2 * k16, step > 0 || k16 > 0);
    ct_tensor_commit();
    if (step > 0) {
      ct_tensor_wait<1>(); // the step before this one has been read
      if (threadIdx.x % 32 == 0) ct_barrier_arrive(&room->empty[before]);
    }
    before = s;
  }
  if (threadIdx.x % 32 == 0) ct_barrier_arrive(&room->turn[1 - group]);
  ct_tensor_wait<0>();
  if (threadIdx.x % 32 == 0) ct_barrier_arrive(&room->empty[before]);
  if (p.alpha == 1) return;
#pragma unroll
  for (int i = 0; i < 64; i++) d[i] *= p.alpha;
}

// backward: weights instead of statistics.
template <class Maths, ct_weight_form form, int variant, bool backward>
__global__ void __launch_bounds__(CT_FUSED_THREADS, 1)
    ct_fused_kernel(const __grid_constant__ CUtensorMap a_map,
                    const __grid_constant__ CUtensorMap b_map,
                    const __grid_constant__ ct_fused_product p,
                    const __grid_constant__ ct_tile<float> t) {
#ifdef CT_HOPPER // what is compiled for other devices is never queued
  extern __shared__ uint8_t memory[];
  ct_fused_room *room =
      reinterpret_cast<ct_fused_room *>(memory + (1024 - ct_shared_address(memory) % 1024) % 1024);
  const ct_fused_order order(t, !backward);
  // of all threads of a warp the same, which the compiler cannot know
  const int warpgroup = __shfl_sync(~0u, (int)threadIdx.x / 128, 0);
  const int group = warpgroup / CT_GROUP_WARPGROUPS, half = warpgroup % CT_GROUP_WARPGROUPS;
  if (threadIdx.x == 0) {
    for (int s = 0; s < CT_STAGES; s++)
      ct_barrier_init(&room->full[s], 1), ct_barrier_init(&room->empty[s], CT_GROUP_WARPS);
    for (int g = 0; g < CT_FUSED_GROUPS; g++) ct_barrier_init(&room->turn[g], CT_GROUP_WARPS);
    ct_barrier_fence();
  }
  __syncthreads();
  if (group == CT_FUSED_GROUPS) {
    ct_give_registers<24>();
    if (threadIdx.x % 128 == 0) ct_fused_load(room, &a_map, &b_map, p, order);
  } else {
    ct_take_registers<112>();
    for (int k = group; ct_fused_at(k) < order.count; k += CT_FUSED_GROUPS) {
      ct_fused_part part;
      part.columns = order.columns;
      order.part(ct_fused_at(k), &part.row, &part.column);
      part.kinds = ct_kinds_of(t, part.row, part.column, !backward);
      ct_fused_ends ends = {};
      float d[64];
      if constexpr (backward) ends = ct_fused_ends_of(t, part); // while the products are made
      ct_fused_products<form == CT_WEIGHT_BFLOAT16>(room, p, k, group, half, d);
      if constexpr (backward)
        ct_fused_weights<Maths, form, variant>(&room->group[group], t, part, ends, d);
      else
        ct_fused_sums<Maths, form == CT_WEIGHT_SPLIT_HALF>(&room->group[group], t, part, d);
    }
  }
#endif
}

// Queues the kernel of one loss. More than 48 KiB of shared memory must be asked for, on each
// device.
template <class Maths, ct_weight_form form, int variant, bool backward>
static cudaError_t ct_fused_queue(const ct_fused_call &call, const ct_tile<float> &t,
                                  cudaStream_t stream) {
  auto kernel = ct_fused_kernel<Maths, form, variant, backward>;
  const cudaError_t ready = cudaFuncSetAttribute(
      (const void *)kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, CT_FUSED_BYTES);
  if (ready != cudaSuccess) return ready;
  const int64_t parts = ct_divide_up(t.columns, CT_PART) * ct_divide_up(t.rows, CT_PART);
  const unsigned blocks = (unsigned)(parts < call.blocks ? parts : call.blocks);
  kernel<<<blocks, CT_FUSED_THREADS, CT_FUSED_BYTES, stream>>>(call.a_map, call.b_map, call.product,
                                                               t);
  return cudaGetLastError();
}

template <class Maths, ct_weight_form form>
static cudaError_t ct_fused_queue_form(const ct_fused_call &call, const ct_tile<float> &t,
                                       bool backward, cudaStream_t stream) {
  if (!backward) return ct_fused_queue<Maths, form, 0, false>(call, t, stream);
  return t.variant ? ct_fused_queue<Maths, form, 1, true>(call, t, stream)
                   : ct_fused_queue<Maths, form, 0, true>(call, t, stream);
}

template <class Maths>
static cudaError_t ct_fused_launch(const ct_fused_call &call, const ct_tile<float> &t,
                                   ct_weight_form form, bool backward, cudaStream_t stream) {
  if (form == CT_WEIGHT_SPLIT_HALF)
    return ct_fused_queue_form<Maths, CT_WEIGHT_SPLIT_HALF>(call, t, backward, stream);
  if (form == CT_WEIGHT_HALF)
    return ct_fused_queue_form<Maths, CT_WEIGHT_HALF>(call, t, backward, stream);
  return ct_fused_queue_form<Maths, CT_WEIGHT_BFLOAT16>(call, t, backward, stream);
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
