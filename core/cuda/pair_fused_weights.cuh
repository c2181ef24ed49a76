// Weights of a part in registers, dL/ds, stored in the form that their product takes.
//
// A pair weighs slope * (f_i 2^(l - r_i) + f_j 2^(l - r_j)), with the factors and references of its
// ends. Mostly the references of a part's ends are near each other: with one in their middle, that
// is slope * 2^(l - r) * (f_i 2^(r - r_i) + f_j 2^(r - r_j)), one exponential a pair. Where they
// are not, where not every pair counts or both kinds are there, a pair takes both.
#ifndef CIRCLET_CUDA_PAIR_FUSED_WEIGHTS_CUH
#define CIRCLET_CUDA_PAIR_FUSED_WEIGHTS_CUH

#include "cuda/pair_fused_part.cuh"

// How far apart references may be. No logit is more than 1 above the lower of its ends' references,
// so that a power is at most 2^61 and a factor is multiplied with 2^60 at most; pairs that are lost
// below 2^-126 weigh less than 2^-64 of what their rows' weigh together.
constexpr float CT_NEAR_REFERENCES = 120;

// From one row of weights in a warp's memory to the next, bytes: 8 rows lie in different banks.
enum { CT_WEIGHTS_PITCH = 2 * CT_PART + 16 };
static_assert(16 * CT_WEIGHTS_PITCH <= CT_WARP_BYTES, "sixteen rows of weights fit");

template <ct_weight_form form> __device__ __forceinline__ uint32_t ct_pack_two(float x, float y) {
  uint32_t bits;
  if constexpr (form == CT_WEIGHT_BFLOAT16) {
    const __nv_bfloat162 two = __floats2bfloat162_rn(x, y);
    memcpy(&bits, &two, sizeof bits);
  } else {
    const __half2 two = __floats2half2_rn(x, y);
    memcpy(&bits, &two, sizeof bits);
  }
  return bits;
}

// What rounding left of two numbers.
__device__ __forceinline__ uint32_t ct_pack_rest(uint32_t high, float x, float y) {
  __half2 two;
  memcpy(&two, &high, sizeof two);
  const float2 whole = __half22float2(two);
  return ct_pack_two<CT_WEIGHT_HALF>(x - whole.x, y - whole.y);
}

// Sixteen rows of a warp, from its memory to the tile's.
__device__ __forceinline__ void
ct_copy_weights(const uint8_t *from, void *to, const ct_tile<float> &t, const ct_fused_part &part) {
  const int lane = threadIdx.x % 32, row = part.row * CT_PART + ct_group_warp() * 16;
  uint8_t *first = (uint8_t *)to + (row * t.pitch + part.column * CT_PART) * 2;
#pragma unroll
  for (int k = 0; k < 8; k++) {
    const int r = 2 * k + lane / 16, at = lane % 16 * 16;
    *reinterpret_cast<uint4 *>(first + r * t.pitch * 2 + at) =
        *reinterpret_cast<const uint4 *>(from + r * CT_WEIGHTS_PITCH + at);
  }
}

// Stores weight(i, j, e) of all pairs.
template <ct_weight_form form, class Weight>
__device__ __forceinline__ void ct_fused_put_weights(ct_fused_group *group, const ct_tile<float> &t,
                                                     const ct_fused_part &part, Weight weight) {
  constexpr bool split = form == CT_WEIGHT_SPLIT_HALF;
  const int lane = threadIdx.x % 32;
  uint8_t *const memory = group->warp[ct_group_warp()];
  uint8_t *const own = memory + (lane / 8 % 2 * 8 + lane % 8) * CT_WEIGHTS_PITCH + lane / 16 * 16;
  uint32_t low[8][4];
#pragma unroll
  for (int jj = 0; jj < 8; jj++) {
    uint32_t high[4];
#pragma unroll
    for (int q = 0; q < 4; q++) {
      const int j = 2 * jj + q / 2;
      const float x = weight(q % 2, j, 0), y = weight(q % 2, j, 1);
      high[q] = ct_pack_two<form>(x, y);
      if (split) low[jj][q] = ct_pack_rest(high[q], x, y);
    }
    ct_store_matrices(own + jj * 32, high);
  }
  __syncwarp();
  ct_copy_weights(memory, t.weight, t, part);
  __syncwarp();
  if constexpr (split) {
#pragma unroll
    for (int jj = 0; jj < 8; jj++) ct_store_matrices(own + jj * 32, low[jj]);
    __syncwarp();
    ct_copy_weights(memory, t.weight_low, t, part);
    __syncwarp();
  }
}

// What a thread knows of a row and a column of the part before its similarities are there, of the
// kind that is alone in it.
struct ct_fused_ends {
  float row_reference, row_factor, column_reference, column_factor;
};

__device__ __forceinline__ ct_fused_ends ct_fused_ends_of(const ct_tile<float> &t,
                                                          const ct_fused_part &part) {
  const int kind = part.kinds.only(CT_POSITIVE), own = ct_group_thread() % CT_PART;
  const int row = t.row + min(part.row * CT_PART + own, t.rows - 1);
  const int column = t.column + min(part.column * CT_PART + own, t.columns - 1);
  const float range = *t.to_range;
  ct_fused_ends e;
  e.row_reference = t.reference[kind][row], e.row_factor = t.factor[kind][row] * range;
  e.column_reference = t.self ? t.reference[kind][column] : e.row_reference;
  e.column_factor = t.self ? t.factor[kind][column] * range : 0;
  return e;
}

// One exponential for each pair. Says no, and has stored nothing, where references are too far
// apart.
template <class Maths, ct_weight_form form, int variant, bool positive>
__device__ __forceinline__ bool
ct_fused_weights_together(ct_fused_group *group, const ct_tile<float> &t, const ct_fused_part &part,
                          const ct_fused_ends &ends, const float (&d)[64]) {
  constexpr int kind = positive;
  constexpr bool exact = form == CT_WEIGHT_SPLIT_HALF;
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int warp = ct_group_warp(), lane = threadIdx.x % 32, own = ct_group_thread();
  const float scale = t.scale[kind], low_scale = t.low_scale[kind];
  float most = ct_warp_max(fmaxf(ends.row_reference, ends.column_reference));
  float least = -ct_warp_max(-fminf(ends.row_reference, ends.column_reference));
  if (lane == 0) group->most[warp] = most, group->least[warp] = least;
  ct_group_sync();
#pragma unroll
  for (int w = 0; w < CT_GROUP_WARPS; w++)
    most = fmaxf(most, group->most[w]), least = fminf(least, group->least[w]);
  if (!(most - least <= CT_NEAR_REFERENCES)) return false;
  const float reference = ct_round_of(0.5f * (most + least));
  if (own < CT_PART) {
    group->row[own] = ends.row_factor * ct_power_of(reference - ends.row_reference);
    group->factor[kind][own] = ends.column_factor * ct_power_of(reference - ends.column_reference);
  }
  ct_group_sync();
  const float row[2] = {group->row[ct_fused_row(0)], group->row[ct_fused_row(1)]};
  ct_fused_put_weights<form>(group, t, part, [&](int i, int j, int e) {
    const float s = d[4 * j + 2 * i + e];
    const float v = Maths::coordinate(positive, variant, s, k);
    const float power = ct_exp2_of(Maths::above(v, scale, low_scale, reference, exact));
    const float both = row[i] + group->factor[kind][ct_fused_column(j) + e];
    return power * both * Maths::slope(positive, variant, s, k);
  });
  ct_group_sync();
  return true;
}

// What a pair weighs with an exponential for each end.
template <class Maths, bool positive>
__device__ __forceinline__ float
ct_weigh_apart(const ct_fused_group *group, const ct_tile<float> &t,
               const typename Maths::parameters &k, float s, int row, int column, float range) {
  constexpr int kind = positive;
  const float v = Maths::coordinate(positive, t.variant, s, k);
  const ct_logit<float> l = ct_logit_of<Maths>(v, t.scale[kind], t.low_scale[kind]);
  float w = t.factor[kind][row] * range * ct_relative(l, t.reference[kind][row]);
  if (t.self) w += group->factor[kind][column] * ct_relative(l, group->reference[kind][column]);
  if (t.cut[kind] && ct_whole(l) < fminf(t.cut[kind][row], group->cut[kind][column])) return 0;
  return w * Maths::slope(positive, t.variant, s, k);
}

template <class Maths, ct_weight_form form>
__device__ __noinline__ void ct_fused_weights_apart(ct_fused_group *group, const ct_tile<float> &t,
                                                    const ct_fused_part &part,
                                                    const float (&d)[64]) {
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const float range = *t.to_range;
  const int own = ct_group_thread();
  const int column_end = t.column + min(part.column * CT_PART + own, t.columns - 1);
  const ct_labelled_row end[2] = {ct_labelled_row_of(t, part, 0), ct_labelled_row_of(t, part, 1)};
  for (int kind = 0; kind < CT_KINDS && own < CT_PART; kind++) {
    group->reference[kind][own] = t.self ? t.reference[kind][column_end] : 0;
    group->factor[kind][own] = t.self ? t.factor[kind][column_end] * range : 0;
    group->cut[kind][own] = t.self && t.cut[kind] ? t.cut[kind][column_end] : INFINITY;
  }
  ct_group_sync();
  ct_fused_put_weights<form>(group, t, part, [&](int i, int j, int e) {
    const int column = ct_fused_column(j) + e, at = part.column * CT_PART + column;
    const float s = d[4 * j + 2 * i + e];
    const ct_labelled_row &row = end[i];
    if (!ct_is_pair(t, row.row, at, false)) return 0.0f;
    return ct_is_positive(row, at)
               ? ct_weigh_apart<Maths, true>(group, t, k, s, t.row + row.row, column, range)
               : ct_weigh_apart<Maths, false>(group, t, k, s, t.row + row.row, column, range);
  });
  ct_group_sync();
}

template <class Maths, ct_weight_form form, int variant>
__device__ __forceinline__ void ct_fused_weights(ct_fused_group *group, const ct_tile<float> &t,
                                                 const ct_fused_part &part,
                                                 const ct_fused_ends &ends, const float (&d)[64]) {
  const bool drops = t.cut[CT_NEGATIVE] != nullptr;
  if (!drops && part.kinds.only(CT_NEGATIVE)) {
    if (ct_fused_weights_together<Maths, form, variant, false>(group, t, part, ends, d)) return;
  } else if (!drops && part.kinds.only(CT_POSITIVE)) {
    if (ct_fused_weights_together<Maths, form, variant, true>(group, t, part, ends, d)) return;
  }
  const ct_fused_copy copy(d);
  ct_fused_weights_apart<Maths, form>(group, t, part, copy.d);
}

#endif
