// How often a pair counts for the anchor at either of its ends, and what that anchor has of its
// own: ct_pair_refinement of core/cpu/pair.h on the GPU.
//
// The CPU makes sheets of shares beside a tile's similarities. Here a share is a function of two
// rows and their similarity, which every kernel calls where it needs it: above 0 for a positive
// pair, below 0 for a negative one, 0 for no pair.
#ifndef CIRCLET_CUDA_PAIR_SHARES_CUH
#define CIRCLET_CUDA_PAIR_SHARES_CUH

#include "cuda/pair.cuh"

// Blocks of the kernels that look at one end of a tile's pairs: 32 x 8 threads. The rows as anchors
// are taken a warp each, whose lanes share the columns; the columns as anchors by eight threads
// each, which share the rows, so that memory is read along the tile's rows in both.
enum { CT_END_LANES = 32, CT_END_GROUPS = 8 };

// An anchor at one end of a tile, and which partners a thread takes: from, from + step, ... below
// `others`.
struct ct_one_end {
  bool columns, there;
  int at, anchor;   // within the tile, and its set
  int base, others; // partners: the first of them in its set, how many
  int from, step;
};

template <class Real>
__device__ __forceinline__ ct_one_end ct_end_here(const ct_tile<Real> &t, bool columns) {
  ct_one_end e;
  e.columns = columns;
  e.at =
      columns ? blockIdx.x * CT_END_LANES + threadIdx.x : blockIdx.x * CT_END_GROUPS + threadIdx.y;
  e.there = e.at < (columns ? t.columns : t.rows);
  e.anchor = (columns ? t.column : t.row) + e.at;
  e.base = columns ? t.row : t.column;
  e.others = columns ? t.rows : t.columns;
  e.from = columns ? threadIdx.y : threadIdx.x;
  e.step = columns ? CT_END_GROUPS : CT_END_LANES;
  return e;
}

// Blocks for all anchors of one end of a tile.
template <class Real> static inline unsigned ct_end_blocks(const ct_tile<Real> &t, bool columns) {
  return (unsigned)(columns ? ct_divide_up(t.columns, CT_END_LANES)
                            : ct_divide_up(t.rows, CT_END_GROUPS));
}

// Calls queue(columns) for the rows of a tile as anchors and, of one set, for its columns; a tile
// that meets itself has both in its rows.
template <class Real, class Queue>
static inline void ct_each_end(const ct_tile<Real> &t, const Queue &queue) {
  queue(false);
  if (t.both && !t.diagonal) queue(true);
}

// What the threads of an anchor found, joined by one of them in their order: join(a, b) adds b to
// a. Returns whether this thread holds the result. All threads of the block must call it.
template <class T, class Join>
__device__ __forceinline__ bool ct_join_end(const ct_one_end &e,
                                            T (&room)[CT_END_GROUPS][CT_END_LANES], T *mine,
                                            const Join &join) {
  room[threadIdx.y][threadIdx.x] = *mine;
  __syncthreads();
  const bool first = e.there && e.from == 0;
  for (int k = 1; first && k < e.step; k++)
    join(*mine, e.columns ? room[k][threadIdx.x] : room[threadIdx.y][k]);
  __syncthreads();
  return first;
}

// The similarity of a tile's element.
template <class Real>
__device__ __forceinline__ Real ct_element_of(const ct_tile<Real> &t, int row, int column) {
  Real s = t.s[(int64_t)row * t.pitch + column];
  if (t.column_half)
    s += (t.row_half ? t.row_half[t.row + row] : (Real)0) + t.column_half[t.column + column];
  return s;
}

// That of an anchor with its j-th partner in the tile.
template <class Real>
__device__ __forceinline__ Real ct_element_at(const ct_tile<Real> &t, const ct_one_end &e, int j) {
  return e.columns ? ct_element_of(t, j, e.at) : ct_element_of(t, e.at, j);
}

// Labels that two rows have in common, each ascending and distinct.
__device__ __forceinline__ int ct_common_labels(const int64_t *a, int64_t a_end, int64_t i,
                                                const int64_t *b, int64_t b_end, int64_t j) {
  int common = 0;
  while (i < a_end && j < b_end) {
    const int64_t x = a[i], y = b[j];
    common += x == y;
    i += x <= y;
    j += y <= x;
  }
  return common;
}

// The share that labels alone give, the same for both ends.
template <class Real>
__device__ __forceinline__ double ct_share_of_labels(const ct_tile<Real> &t, int anchor,
                                                     int other) {
  const ct_gpu_refinement<Real> &r = t.refined;
  if (!r.row_start) return other >= t.first[anchor] && other < t.last[anchor] ? 1 : -1;
  const int64_t i = r.row_start[anchor], i_end = r.row_start[anchor + 1];
  const int64_t j = r.column_start[other], j_end = r.column_start[other + 1];
  const int common = ct_common_labels(r.row_set, i_end, i, r.column_set, j_end, j);
  if (common == 0) return -1;
  return r.soft ? (double)common / (double)(i_end - i + j_end - j - common) : 1;
}

// How often the pair counts for `anchor`; `other` is counted within the partners' set.
template <class Real>
__device__ __forceinline__ double ct_share_of(const ct_tile<Real> &t, int anchor, int other,
                                              Real s) {
  const ct_gpu_refinement<Real> &r = t.refined;
  if (t.self && anchor == other) return 0;
  double share = ct_share_of_labels(t, anchor, other);
  if (r.partner) share *= r.partner[other];
  if (r.by_label) share *= r.by_label[r.row_label[anchor] * r.labels + r.column_label[other]];
  const int64_t order = r.order ? r.order[other] : other;
  if (share < 0 && r.last_s &&
      ct_comes_after((double)s, order, r.last_s[anchor], r.last_order[anchor]))
    share = 0;
  return share;
}

// Which partners of the tile can be positives of an anchor: from, from + step, ... below `to`.
struct ct_positives_of {
  int from, to;
};

template <class Real>
__device__ __forceinline__ ct_positives_of ct_positives_here(const ct_tile<Real> &t,
                                                             const ct_one_end &e) {
  if (!e.there) return ct_positives_of{0, 0};
  return ct_positives_of{max(t.first[e.anchor] - e.base, 0) + e.from,
                         min(t.last[e.anchor] - e.base, e.others)};
}

// The parameters of an anchor, and its logits' scales.
__device__ __forceinline__ const double *ct_own_parameters(const double *own, const double *all,
                                                           int anchor) {
  return own ? own + (int64_t)anchor * CT_LOSS_PARAMETERS : all;
}

template <class Maths, class Real> struct ct_own {
  typename Maths::parameters k;
  Real scale[CT_KINDS], low_scale[CT_KINDS];
};

template <class Maths, class Real>
__device__ __forceinline__ ct_own<Maths, Real> ct_own_of(const ct_tile<Real> &t, int anchor) {
  const ct_gpu_refinement<Real> &r = t.refined;
  const double *p = ct_own_parameters(r.own, t.parameters, anchor);
  ct_own<Maths, Real> own;
  for (int q = 0; q < CT_LOSS_PARAMETERS; q++) own.k.p[q] = (Real)p[q];
  for (int kind = 0; kind < CT_KINDS; kind++) {
    own.scale[kind] = r.own ? r.scale[kind][2 * (int64_t)anchor] : t.scale[kind];
    own.low_scale[kind] = r.own ? r.scale[kind][2 * (int64_t)anchor + 1] : t.low_scale[kind];
  }
  return own;
}

#endif
