// What becomes of a tile's similarities in forward, for one loss: statistics.
//
// A block of threads takes a part of 128 x 128: each of its warps a row at a time, every eighth,
// and each lane four neighbouring columns, which it keeps through all rows. A row is reduced by
// shuffles; what a column adds up to is kept in registers, relative to the largest so far, and
// joined over warps at the end.
//
// Rows and columns are sorted by label: most parts hold negatives alone, and take a way without
// tests. Of a tile that meets itself, statistics look at pairs right of the diagonal, once for both
// ends.
#ifndef CIRCLET_CUDA_PAIR_TILE_CUH
#define CIRCLET_CUDA_PAIR_TILE_CUH

#include "cuda/pair.cuh"

enum { CT_WARPS = CT_PART_THREADS / 32, CT_LANE_COLUMNS = 4 };

// Which kinds of pairs a part can hold.
struct ct_part_kinds {
  bool present[CT_KINDS];
  bool whole; // every pair of the part counts
  __device__ bool none() const { return !present[CT_NEGATIVE] && !present[CT_POSITIVE]; }
  __device__ bool only(int kind) const { return whole && !present[1 - kind]; }
};

template <class Real>
__device__ __forceinline__ ct_part_kinds ct_kinds_of(const ct_tile<Real> &t, int part_row,
                                                     int part_column, bool half) {
  ct_part_kinds k = {};
  const int r0 = part_row * CT_PART, c0 = part_column * CT_PART;
  if (half && t.diagonal && part_column < part_row) return k;
  const int r1 = min(r0 + CT_PART, t.rows), c1 = min(c0 + CT_PART, t.columns);
  if (r0 >= r1 || c0 >= c1) return k;
  const int low = t.column + c0, high = t.column + c1; // columns low..high-1
  const bool some = t.first[t.row + r0] < high && t.last[t.row + r1 - 1] > low;
  const bool all = t.first[t.row + r1 - 1] <= low && t.last[t.row + r0] >= high;
  const bool on_diagonal = t.diagonal && part_row == part_column;
  k.present[CT_POSITIVE] = some;
  k.present[CT_NEGATIVE] = !all;
  k.whole = r1 - r0 == CT_PART && c1 - c0 == CT_PART && !on_diagonal;
  return k;
}

template <class Real>
__device__ __forceinline__ void ct_load_four(const Real *from, Real to[CT_LANE_COLUMNS]) {
  if constexpr (sizeof(Real) == sizeof(float)) {
    const float4 v = *reinterpret_cast<const float4 *>(from);
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
  } else {
    const double2 a = reinterpret_cast<const double2 *>(from)[0];
    const double2 b = reinterpret_cast<const double2 *>(from)[1];
    to[0] = a.x, to[1] = a.y, to[2] = b.x, to[3] = b.y;
  }
}

// A lane's columns of a part: where they begin within the tile, and what is added to them.
template <class Real> struct ct_lane {
  int column;
  Real half[CT_LANE_COLUMNS];
  bool adds;
};

template <class Real>
__device__ __forceinline__ ct_lane<Real> ct_lane_of(const ct_tile<Real> &t, int c0) {
  ct_lane<Real> lane;
  lane.column = c0 + threadIdx.x % 32 * CT_LANE_COLUMNS;
  lane.adds = t.column_half != nullptr;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++)
    lane.half[c] = lane.adds && lane.column + c < t.columns
                       ? t.column_half[t.column + lane.column + c]
                       : (Real)0;
  return lane;
}

// The lane's similarities in row `row` of the tile.
template <class Real>
__device__ __forceinline__ void ct_load_row(const ct_tile<Real> &t, const ct_lane<Real> &lane,
                                            int row, Real s[CT_LANE_COLUMNS]) {
  ct_load_four(t.s + (int64_t)row * t.pitch + lane.column, s);
  if (!lane.adds) return;
  const Real own = t.row_half && row < t.rows ? t.row_half[t.row + row] : (Real)0;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) s[c] += own + lane.half[c];
}

// Whether row and column `at` of the tile are a pair. half: one set's pairs once.
template <class Real>
__device__ __forceinline__ bool ct_is_pair(const ct_tile<Real> &t, int row, int at, bool half) {
  return row < t.rows && at < t.columns && !(t.diagonal && (half ? at <= row : at == row));
}

// Bits of those of the lane's pairs in a row that are of the kind; plain parts do not ask.
template <class Real>
__device__ __forceinline__ unsigned ct_counted(const ct_tile<Real> &t, int row, int column,
                                               bool positive, bool half) {
  if (row >= t.rows) return 0;
  const int first = t.first[t.row + row], last = t.last[t.row + row];
  unsigned bits = 0;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) {
    const int at = column + c, j = t.column + at;
    if (ct_is_pair(t, row, at, half) && (j >= first && j < last) == positive) bits |= 1u << c;
  }
  return bits;
}

template <class T> __device__ __forceinline__ T ct_larger(T a, T b) { return a > b ? a : b; }

template <class T> __device__ __forceinline__ T ct_warp_max(T v) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) v = ct_larger(v, __shfl_xor_sync(~0u, v, step));
  return v;
}

template <class T> __device__ __forceinline__ T ct_warp_sum(T v) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(~0u, v, step);
  return v;
}

template <class Maths, class Real>
__device__ __forceinline__ typename Maths::parameters ct_parameters_of(const ct_tile<Real> &t) {
  typename Maths::parameters k;
#pragma unroll
  for (int i = 0; i < CT_LOSS_PARAMETERS; i++) k.p[i] = (Real)t.parameters[i];
  return k;
}

// Joins a sum relative to one reference with another's: of log-sum-exps, or of extremes, where it
// counts the pairs that reach the largest.
template <class Real, class Sum>
__device__ __forceinline__ void ct_join(bool extreme, Real reference, Sum sum, Real *to_reference,
                                        Sum *to_sum) {
  const Real most = ct_larger(reference, *to_reference);
  if (extreme) {
    *to_sum = (*to_reference == most ? *to_sum : (Sum)0) + (reference == most ? sum : (Sum)0);
  } else {
    *to_sum = *to_sum * ct_power_of((Sum)(*to_reference - most)) +
              sum * ct_power_of((Sum)(reference - most));
  }
  *to_reference = most;
}

// What warps leave of their columns for the block.
template <class Real> struct ct_part_room {
  Real reference[CT_WARPS][CT_PART], sum[CT_WARPS][CT_PART];
  double s[CT_WARPS];
};

// Sums of the block's columns, over warps in their order.
template <class Real>
__device__ __forceinline__ void ct_flush_columns(ct_part_room<Real> &room, const Real *mine,
                                                 Real *to) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) room.sum[warp][lane * CT_LANE_COLUMNS + c] = mine[c];
  __syncthreads();
  if (threadIdx.x < CT_PART) {
    Real v = room.sum[0][threadIdx.x];
#pragma unroll
    for (int w = 1; w < CT_WARPS; w++) v += room.sum[w][threadIdx.x];
    to[threadIdx.x] = v;
  }
  __syncthreads();
}

// Beyond this many powers of two above its reference, a column's sum is brought to a higher one.
enum { CT_COLUMN_LAG = 64 };

// Adds a row's pairs to the lane's columns. References of log-sum-exps may lag behind the largest
// logit, as long as sums stay far from the end of float's range: the first row sets them, and few
// others move them. `fresh`: this is the warp's first row.
template <class Real>
__device__ __forceinline__ void
ct_rank_columns(bool extreme, const ct_logit<Real> l[CT_LANE_COLUMNS], unsigned counted, bool fresh,
                Real none, Real reference[CT_LANE_COLUMNS], Real sum[CT_LANE_COLUMNS]) {
  bool beyond = fresh;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++)
    beyond =
        beyond || (extreme ? l[c].rank >= reference[c] : l[c].rank > reference[c] + CT_COLUMN_LAG);
  if (__any_sync(~0u, beyond)) {
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) {
      const bool in = counted >> c & 1;
      const Real own = extreme ? l[c].rank : ct_whole(l[c]);
      ct_join(extreme, in ? own : none, in ? (extreme ? (Real)1 : ct_relative(l[c], own)) : (Real)0,
              &reference[c], &sum[c]);
    }
  } else if (!extreme) {
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++)
      sum[c] += counted >> c & 1 ? ct_relative(l[c], reference[c]) : (Real)0;
  }
}

// The log-sum-exps, or extremes, of the lane's pairs in one row, added to its columns. Returns the
// row's, complete in every lane.
template <class Maths, class Real, bool positive>
__device__ __forceinline__ void
ct_rank_row(const ct_tile<Real> &t, const typename Maths::parameters &k, unsigned counted,
            bool fresh, const Real s[CT_LANE_COLUMNS], Real *row_reference, Real *row_sum,
            Real column_reference[CT_LANE_COLUMNS], Real column_sum[CT_LANE_COLUMNS]) {
  const bool extreme = Maths::has(positive, CT_EXTREME);
  const Real none = extreme ? Maths::lowest() : t.start[positive];
  ct_logit<Real> l[CT_LANE_COLUMNS];
  Real most = none;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) {
    const Real v = Maths::coordinate(positive, t.variant, s[c], k);
    l[c] = extreme ? ct_logit<Real>{v, 0}
                   : ct_logit_of<Maths>(v, t.scale[positive], t.low_scale[positive]);
    l[c].rank = counted >> c & 1 ? l[c].rank : none;
    most = ct_larger(most, l[c].rank);
  }
  most = ct_warp_max(most);
  if (!extreme) most = ct_round_of(most);
  Real sum = 0;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) {
    const Real one = l[c].rank == most ? (Real)1 : (Real)0;
    sum += counted >> c & 1 ? (extreme ? one : ct_relative(l[c], most)) : (Real)0;
  }
  if (t.both) ct_rank_columns(extreme, l, counted, fresh, none, column_reference, column_sum);
  *row_reference = most;
  *row_sum = ct_warp_sum(sum);
}

// Statistics of the part's pairs of one kind.
template <class Maths, class Real, bool positive, bool plain>
__device__ __forceinline__ void ct_sum_kind(const ct_tile<Real> &t, int part_row, int part_column,
                                            ct_part_room<Real> &room) {
  const bool ranked = Maths::has(positive, CT_LSE | CT_EXTREME);
  const bool extreme = Maths::has(positive, CT_EXTREME), term = Maths::has(positive, CT_TERM);
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const int warp = threadIdx.x / 32, kind = positive, r0 = part_row * CT_PART;
  const ct_lane<Real> lane = ct_lane_of(t, part_column * CT_PART);
  const Real none = extreme ? Maths::lowest() : t.start[positive];
  Real column_reference[CT_LANE_COLUMNS], column_sum[CT_LANE_COLUMNS] = {0};
  Real column_term[CT_LANE_COLUMNS] = {0}, column_count[CT_LANE_COLUMNS] = {0};
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) column_reference[c] = none;
  double total_s = 0;
#pragma unroll 2
  for (int row = r0 + warp; row < r0 + CT_PART; row += CT_WARPS) {
    Real s[CT_LANE_COLUMNS], plain_s = 0;
    ct_load_row(t, lane, row, s);
    const unsigned counted = plain ? ~0u : ct_counted(t, row, lane.column, positive, true);
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) plain_s += counted >> c & 1 ? s[c] : (Real)0;
    total_s += plain_s;
    const int64_t at = (int64_t)part_column * t.part_pitch + row;
    if (ranked) {
      Real reference, sum;
      ct_rank_row<Maths, Real, positive>(t, k, counted, row < r0 + CT_WARPS, s, &reference, &sum,
                                         column_reference, column_sum);
      if (threadIdx.x % 32 == 0) t.row_reference[kind][at] = reference, t.row_sum[kind][at] = sum;
    }
    if (term) {
      Real terms = 0, count = 0;
#pragma unroll
      for (int c = 0; c < CT_LANE_COLUMNS; c++) {
        const Real v = counted >> c & 1 ? Maths::term(positive, t.variant, s[c], k) : (Real)0;
        const Real one = v != 0 ? (Real)1 : (Real)0;
        terms += v, count += one;
        column_term[c] += v, column_count[c] += one;
      }
      terms = ct_warp_sum(terms), count = ct_warp_sum(count);
      if (threadIdx.x % 32 == 0) t.row_term[kind][at] = terms, t.row_count[kind][at] = count;
    }
  }
  total_s = ct_warp_sum(total_s);
  if (threadIdx.x % 32 == 0) room.s[warp] = total_s;
  const int64_t to = (int64_t)part_row * t.part_pitch + part_column * CT_PART;
  if (ranked && t.both) {
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) {
      const int column = threadIdx.x % 32 * CT_LANE_COLUMNS + c;
      room.reference[warp][column] = column_reference[c], room.sum[warp][column] = column_sum[c];
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    double all = 0;
    for (int w = 0; w < CT_WARPS; w++) all += room.s[w];
    t.part_s[CT_KINDS * ((int64_t)part_row * gridDim.x + part_column) + kind] =
        t.both ? 2 * all : all;
  }
  if (ranked && t.both && threadIdx.x < CT_PART) {
    Real reference = room.reference[0][threadIdx.x], sum = room.sum[0][threadIdx.x];
#pragma unroll
    for (int w = 1; w < CT_WARPS; w++)
      ct_join(extreme, room.reference[w][threadIdx.x], room.sum[w][threadIdx.x], &reference, &sum);
    t.column_reference[kind][to + threadIdx.x] = reference;
    t.column_sum[kind][to + threadIdx.x] = sum;
  }
  __syncthreads();
  if (term && t.both) {
    ct_flush_columns(room, column_term, t.column_term[kind] + to);
    ct_flush_columns(room, column_count, t.column_count[kind] + to);
  }
}

// Notes which kinds a part holds, and that of the others there is nothing; by some of its threads.
template <class Real>
__device__ __forceinline__ void ct_note_kinds(const ct_tile<Real> &t, const ct_part_kinds &kinds,
                                              int64_t part, int thread) {
  if (thread < CT_KINDS && !kinds.present[thread]) t.part_s[CT_KINDS * part + thread] = 0;
  if (thread == 0) t.part_kinds[part] = (uint8_t)(kinds.present[0] | kinds.present[1] << 1);
}

template <class Maths, class Real>
__global__ void __launch_bounds__(CT_PART_THREADS, sizeof(Real) == 4 ? 4 : 2)
    ct_sums_kernel(ct_tile<Real> t) {
  __shared__ ct_part_room<Real> room;
  const int part_row = blockIdx.y, part_column = blockIdx.x;
  const ct_part_kinds kinds = ct_kinds_of(t, part_row, part_column, true);
  const int64_t part = (int64_t)part_row * gridDim.x + part_column;
  if (kinds.none()) return;
  ct_note_kinds(t, kinds, part, threadIdx.x);
  if (kinds.only(CT_NEGATIVE)) {
    ct_sum_kind<Maths, Real, false, true>(t, part_row, part_column, room);
  } else {
    if (kinds.present[CT_NEGATIVE])
      ct_sum_kind<Maths, Real, false, false>(t, part_row, part_column, room);
    if (kinds.present[CT_POSITIVE])
      ct_sum_kind<Maths, Real, true, false>(t, part_row, part_column, room);
  }
}

// Blocks of 32 anchors by CT_MERGE_GROUPS groups of parts.
enum { CT_MERGE_GROUPS = 8 };

// Brings a sum below 1 to at least 1, by a lower reference: one that several anchors shared may be
// far above this one's pairs, and what bounds weights would say nothing.
__device__ __forceinline__ void ct_lower_reference(double *reference, double *sum) {
  int exponent;
  if (!(*sum > 0 && *sum < 1)) return;
  *sum = 2 * frexp(*sum, &exponent);
  *reference += exponent - 1;
}

// What a group of parts, or an anchor, has of one kind.
struct ct_merged {
  double reference, sum, terms, count;
};

// Adds up the parts of one row of the tile, or column: those of each group in their order, then the
// groups; the result is the first group's.
template <class Maths, class Real, bool positive>
__device__ __forceinline__ void ct_merge_kind(const ct_tile<Real> &t,
                                              const ct_anchor_sums<Real> &to, int i, bool columns,
                                              ct_merged (&room)[CT_MERGE_GROUPS][32]) {
  const bool ranked = Maths::has(positive, CT_LSE | CT_EXTREME);
  const bool extreme = Maths::has(positive, CT_EXTREME), term = Maths::has(positive, CT_TERM);
  const int part_rows = (t.rows + CT_PART - 1) / CT_PART;
  const int part_columns = (t.columns + CT_PART - 1) / CT_PART;
  const bool there = i < (columns ? t.columns : t.rows);
  const int anchor = (columns ? t.column : t.row) + i, mine = i / CT_PART, kind = positive;
  const int parts = there ? columns ? part_rows : part_columns : 0;
  const uint8_t *kinds = t.part_kinds + (columns ? mine : mine * part_columns);
  const int step = columns ? part_columns : 1;
  const Real *references = (columns ? t.column_reference : t.row_reference)[kind];
  const Real *sums = (columns ? t.column_sum : t.row_sum)[kind];
  if (!ranked && !term) return;
  ct_merged m = {ranked ? (double)t.start[kind] : 0, 0, 0, 0};
  if (extreme) m.reference = (double)Maths::lowest();
#pragma unroll 4
  for (int p = threadIdx.y; p < parts; p += CT_MERGE_GROUPS) {
    const int64_t at = (int64_t)p * t.part_pitch + i;
    const bool left = t.diagonal && (columns ? p > mine : p < mine); // such parts were not visited
    if (left || !(kinds[p * step] >> kind & 1)) continue;
    if (ranked) ct_join(extreme, (double)references[at], (double)sums[at], &m.reference, &m.sum);
    if (term) {
      m.terms += (double)(columns ? t.column_term : t.row_term)[kind][at];
      m.count += (double)(columns ? t.column_count : t.row_count)[kind][at];
    }
  }
  room[threadIdx.y][threadIdx.x] = m;
  __syncthreads();
  if (threadIdx.y == 0 && there) {
    double reference = ranked ? (double)to.reference[kind][anchor] : 0;
    double sum = ranked ? to.sum[kind][anchor] : 0, terms = 0, count = 0;
    for (int g = 0; g < CT_MERGE_GROUPS; g++) {
      const ct_merged &own = room[g][threadIdx.x];
      if (ranked) ct_join(extreme, own.reference, own.sum, &reference, &sum);
      terms += own.terms, count += own.count;
    }
    if (ranked && !extreme) ct_lower_reference(&reference, &sum);
    if (ranked) to.reference[kind][anchor] = (Real)reference, to.sum[kind][anchor] = sum;
    if (term) to.term[kind][anchor] += terms, to.count[kind][anchor] += count;
  }
  __syncthreads();
}

// Blocks (.., 0): the rows of the tile; (.., 1): its columns. Where the tile meets itself, a block
// has both, rows first. One more block adds up the similarities.
template <class Maths, class Real>
__global__ void __launch_bounds__(32 * CT_MERGE_GROUPS)
    ct_merge_kernel(ct_tile<Real> t, ct_anchor_sums<Real> to) {
  __shared__ ct_merged room[CT_MERGE_GROUPS][32];
  const int part_rows = (t.rows + CT_PART - 1) / CT_PART;
  const int part_columns = (t.columns + CT_PART - 1) / CT_PART;
  const bool columns = blockIdx.y == 1;
  if (blockIdx.x == gridDim.x - 1) {
    double total = 0;
    if (columns || threadIdx.y >= CT_KINDS) return; // a warp for each kind
    for (int p = threadIdx.x; p < part_rows * part_columns; p += 32)
      if (!(t.diagonal && p / part_columns > p % part_columns))
        total += t.part_s[CT_KINDS * p + threadIdx.y];
    total = ct_warp_sum(total);
    if (threadIdx.x == 0) to.sum_s[threadIdx.y] += total;
    return;
  }
  const int i = blockIdx.x * 32 + threadIdx.x;
  ct_merge_kind<Maths, Real, false>(t, to, i, columns, room);
  ct_merge_kind<Maths, Real, true>(t, to, i, columns, room);
  if (!t.diagonal) return;
  ct_merge_kind<Maths, Real, false>(t, to, i, true, room);
  ct_merge_kind<Maths, Real, true>(t, to, i, true, room);
}

#endif
