// Statistics of a part in registers.
//
// Mostly one reference does for all of a warp's pairs: a pair then takes one exponential, which its
// row and its column add up. It does where every row and every column has a pair that is not lost
// below that reference, which their sums tell. Otherwise, and where not every pair of the part
// counts or both kinds are there, each row and column gets a reference of its own, and a pair two
// exponentials.
#ifndef CIRCLET_CUDA_PAIR_FUSED_SUMS_CUH
#define CIRCLET_CUDA_PAIR_FUSED_SUMS_CUH

#include "cuda/pair_fused_part.cuh"

// Sums below this are not trusted: pairs beyond 2^-126 are lost, and 128 of them come to less than
// 2^-24 of such a sum.
constexpr float CT_LEAST_SUM = 0x1p-95f;

// From one row of column sums in a warp's memory to the next: 8 rows of it lie in different banks.
enum { CT_SUMS_PITCH = CT_PART + 8 };
static_assert(8 * CT_SUMS_PITCH * sizeof(float) <= CT_WARP_BYTES, "eight rows fit");

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

__device__ __forceinline__ int64_t ct_part_index(const ct_fused_part &part) {
  return (int64_t)part.row * part.columns + part.column;
}

// The part's similarities of a kind, summed; after a barrier, by one thread.
__device__ __forceinline__ void ct_fused_put_total(const ct_fused_group *group,
                                                   const ct_tile<float> &t,
                                                   const ct_fused_part &part, int kind) {
  double all = 0;
  for (int w = 0; w < CT_GROUP_WARPS; w++) all += group->total[w];
  t.part_s[CT_KINDS * ct_part_index(part) + kind] = t.both ? 2 * all : all;
}

__device__ __forceinline__ void ct_fused_put_row(const ct_tile<float> &t, const ct_fused_part &part,
                                                 int kind, int row, float reference, float sum) {
  const int64_t at = (int64_t)part.column * t.part_pitch + part.row * CT_PART + row;
  t.row_reference[kind][at] = reference, t.row_sum[kind][at] = sum;
}

__device__ __forceinline__ int64_t ct_fused_column_at(const ct_tile<float> &t,
                                                      const ct_fused_part &part) {
  return (int64_t)part.row * t.part_pitch + part.column * CT_PART + ct_group_thread();
}

// One reference for each warp. Says no, and has put nothing, where it would not do.
template <class Maths, bool exact, bool positive>
__device__ __forceinline__ bool
ct_fused_sums_together(ct_fused_group *group, const ct_tile<float> &t, const ct_fused_part &part,
                       const float (&d)[64]) {
  constexpr int kind = positive;
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int warp = ct_group_warp(), lane = threadIdx.x % 32, own_column = ct_group_thread();
  const float scale = t.scale[kind], low_scale = t.low_scale[kind];
  float *const memory = reinterpret_cast<float *>(group->warp[warp]);
  float *const own = memory + lane / 4 * CT_SUMS_PITCH + lane % 4 * 2;
  float end = d[0], total = 0, row_sum[2] = {0, 0};
#pragma unroll
  for (int i = 0; i < 64; i++) end = positive ? fminf(end, d[i]) : fmaxf(end, d[i]), total += d[i];
  total = ct_warp_sum(total);
  // Coordinates are largest at an end of the similarities: at that which pulls, or, which says
  // little, at the end of all that there are.
  const float far = positive ? t.largest_s : -t.largest_s;
  const float most = fmaxf(Maths::coordinate(positive, t.variant, end, k),
                           Maths::coordinate(positive, t.variant, far, k));
  const float reference = ct_reference_of<Maths>(t, kind, ct_warp_max(most));
#pragma unroll
  for (int j = 0; j < 16; j++) {
    float power[4];
#pragma unroll
    for (int at = 0; at < 4; at++) {
      const float v = Maths::coordinate(positive, t.variant, d[4 * j + at], k);
      power[at] = ct_exp2_of(Maths::above(v, scale, low_scale, reference, exact));
    }
    row_sum[0] += power[0] + power[1], row_sum[1] += power[2] + power[3];
    if (t.both)
      *reinterpret_cast<float2 *>(own + 8 * j) =
          make_float2(power[0] + power[2], power[1] + power[3]);
  }
  bool lost = false;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    row_sum[i] = ct_quad_sum(row_sum[i]);
    lost = lost || row_sum[i] < CT_LEAST_SUM;
  }
  if (lane == 0) group->most[warp] = reference, group->total[warp] = total;
  float column_reference = 0, column_sum = 0;
  if (t.both) {
    __syncwarp();
    float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
    for (int r = 0; r < 8; r++) {
      const float4 v = *reinterpret_cast<const float4 *>(memory + r * CT_SUMS_PITCH + 4 * lane);
      sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
    }
    *reinterpret_cast<float4 *>(&group->by_warp[warp][4 * lane]) = sum;
    ct_group_sync();
    column_reference = group->most[0];
#pragma unroll
    for (int w = 1; w < CT_GROUP_WARPS; w++)
      column_reference = fmaxf(column_reference, group->most[w]);
    const bool there = own_column < CT_PART;
#pragma unroll
    for (int w = 0; w < CT_GROUP_WARPS && there; w++)
      column_sum += group->by_warp[w][own_column] * ct_power_of(group->most[w] - column_reference);
    lost = lost || (there && column_sum < CT_LEAST_SUM);
  }
  if (ct_group_or(lost)) return false;
#pragma unroll
  for (int i = 0; i < 2; i++)
    if (lane % 4 == 0) ct_fused_put_row(t, part, kind, ct_fused_row(i), reference, row_sum[i]);
  if (t.both && own_column < CT_PART) {
    const int64_t at = ct_fused_column_at(t, part);
    t.column_reference[kind][at] = column_reference, t.column_sum[kind][at] = column_sum;
  }
  if (own_column == 0) ct_fused_put_total(group, t, part, kind);
  ct_group_sync();
  return true;
}

// A reference for each row and column, of the pairs of the kind that count.
template <class Maths, bool positive>
__device__ __noinline__ void ct_fused_sums_apart(ct_fused_group *group, const ct_tile<float> &t,
                                                 const ct_fused_part &part, const float (&d)[64]) {
  constexpr int kind = positive;
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int warp = ct_group_warp(), lane = threadIdx.x % 32;
  const float none = t.start[kind];
  ct_labelled_row end[2];
  float reach[2], row_reference[2], row_sum[2] = {0, 0}, total = 0;
#pragma unroll
  for (int i = 0; i < 2; i++) end[i] = ct_labelled_row_of(t, part, i), reach[i] = Maths::lowest();
  // Calls visit(c, i, s) for the similarities that count in row i, column
  // ct_fused_column(first + c / 2) + c % 2.
  auto each = [&](int first, auto visit) {
#pragma unroll
    for (int c = 0; c < 8; c++) {
      const int j = first + c / 2, e = c % 2, at = part.column * CT_PART + ct_fused_column(j) + e;
#pragma unroll
      for (int i = 0; i < 2; i++)
        if (ct_is_pair(t, end[i].row, at, true) && ct_is_positive(end[i], at) == positive)
          visit(c, i, d[4 * j + 2 * i + e]);
    }
  };
#pragma unroll 1
  for (int first = 0; first < 16; first += 4) {
    float columns[8];
#pragma unroll
    for (int c = 0; c < 8; c++) columns[c] = Maths::lowest();
    each(first, [&](int c, int i, float s) {
      const float v = Maths::coordinate(positive, t.variant, s, k);
      reach[i] = fmaxf(reach[i], v), columns[c] = fmaxf(columns[c], v);
      total += s;
    });
    int column;
    const float most = ct_scatter_columns(
        columns, first, [](float a, float b) { return fmaxf(a, b); }, &column);
    group->by_warp[warp][column] = most;
  }
  total = ct_warp_sum(total);
  if (lane == 0) group->total[warp] = total;
  ct_group_sync();
  const int own = ct_group_thread();
  const int64_t to = ct_fused_column_at(t, part);
  if (own < CT_PART) {
    float most = group->by_warp[0][own];
#pragma unroll
    for (int w = 1; w < CT_GROUP_WARPS; w++) most = fmaxf(most, group->by_warp[w][own]);
    most = fmaxf(ct_reference_of<Maths>(t, kind, most), none);
    group->reference[0][own] = most;
    if (t.both) t.column_reference[kind][to] = most;
  }
  if (own == 0) ct_fused_put_total(group, t, part, kind);
  ct_group_sync();
#pragma unroll
  for (int i = 0; i < 2; i++)
    row_reference[i] = fmaxf(ct_reference_of<Maths>(t, kind, ct_quad_max(reach[i])), none);
#pragma unroll 1
  for (int first = 0; first < 16; first += 4) {
    float columns[8];
#pragma unroll
    for (int c = 0; c < 8; c++) columns[c] = 0;
    each(first, [&](int c, int i, float s) {
      const ct_logit<float> l = ct_logit_of<Maths>(Maths::coordinate(positive, t.variant, s, k),
                                                   t.scale[kind], t.low_scale[kind]);
      const float other = group->reference[0][ct_fused_column(first + c / 2) + c % 2];
      row_sum[i] += ct_relative(l, row_reference[i]), columns[c] += ct_relative(l, other);
    });
    int column;
    const float sum = ct_scatter_columns(
        columns, first, [](float a, float b) { return a + b; }, &column);
    group->by_warp[warp][column] = sum;
  }
#pragma unroll
  for (int i = 0; i < 2; i++) {
    row_sum[i] = ct_quad_sum(row_sum[i]);
    if (lane % 4 == 0)
      ct_fused_put_row(t, part, kind, ct_fused_row(i), row_reference[i], row_sum[i]);
  }
  ct_group_sync();
  if (t.both && own < CT_PART) {
    float sum = group->by_warp[0][own];
#pragma unroll
    for (int w = 1; w < CT_GROUP_WARPS; w++) sum += group->by_warp[w][own];
    t.column_sum[kind][to] = sum;
  }
  ct_group_sync();
}

template <class Maths, bool exact>
__device__ __forceinline__ void ct_fused_sums(ct_fused_group *group, const ct_tile<float> &t,
                                              const ct_fused_part &part, const float (&d)[64]) {
  const bool *present = part.kinds.present;
  ct_note_kinds(t, part.kinds, ct_part_index(part), ct_group_thread());
  if (part.kinds.only(CT_NEGATIVE)) {
    if (ct_fused_sums_together<Maths, exact, false>(group, t, part, d)) return;
  } else if (part.kinds.only(CT_POSITIVE)) {
    if (ct_fused_sums_together<Maths, exact, true>(group, t, part, d)) return;
  }
  const ct_fused_copy copy(d);
  if (present[CT_NEGATIVE]) ct_fused_sums_apart<Maths, false>(group, t, part, copy.d);
  if (present[CT_POSITIVE]) ct_fused_sums_apart<Maths, true>(group, t, part, copy.d);
}

#endif
