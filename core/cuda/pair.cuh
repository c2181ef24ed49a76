// The streaming driver of the losses on the GPU: what its files share.
//
// A call's way: pair_call.cu checks and orders labels on the host, pair_rows.cu gathers the rows in
// that order, normalised, as operands of the tensor cores; then, tile by tile, cuBLAS makes
// similarities, and pair_tile.cuh turns them into statistics of rows and columns or pair_weigh.cuh
// into weights, which cuBLAS multiplies with the rows; pair_anchors.cuh makes losses and factors
// out of statistics, and pair_rows.cu takes gradients back to the caller's order and norms. Where
// pairs count more or less than once, pair_refined.cuh stands in for the middle two.
//
// Nothing is added up by atomics: every sum has one order, which depends on sizes alone.
#ifndef CIRCLET_CUDA_PAIR_CUH
#define CIRCLET_CUDA_PAIR_CUH

#include <cuda.h>
#include "cuda/pair_maths.cuh"

// The square parts of a tile that a block of threads takes.
enum { CT_PART = 128, CT_PART_THREADS = 256 };

// Of a loss over triplets: every anchor's list of positives, [start[i], start[i+1]) for columns
// first..last-1, itself included at distance -INFINITY (pair_triplets.cuh).
struct ct_triplet_lists {
  const int64_t *start; // [rows + 1]
  const int64_t
      *column; // [start[rows]] of several labels a row: which columns, ascending; NULL: ranges
  double *far, *slope; // [start[rows]] distances; sums of the slopes of their triplets
  double *share;       // [start[rows]] how often each counts; NULL: once
};

// What makes pairs differ beyond their similarity and kind (pair_shares.cuh); all NULL: nothing
// does.
template <class Real> struct ct_gpu_refinement {
  bool on;
  const double *own;              // [rows, CT_LOSS_PARAMETERS]; NULL: all anchors share theirs
  const double *offset[CT_KINDS]; // [rows] of logits, to base e
  const Real *scale[CT_KINDS];    // [rows, 2] of logits to base 2, in two parts
  // Several labels a row, ascending: set[start[i]..start[i+1]-1].
  const int64_t *row_start, *row_set, *column_start, *column_set;
  bool soft;
  // Weights of pairs, by partner and by the labels of both ends, numbered from 0.
  const double *partner, *by_label;
  const int64_t *row_label, *column_label;
  int64_t labels;
  // Hardest negatives: the last that counts of each anchor. order: NULL: that of the columns.
  const double *last_s;
  const int64_t *last_order, *order;
  // What forward adds up for each anchor: pairs with a share, their shares and similarities.
  int64_t *pairs[CT_KINDS];
  double *mass[CT_KINDS], *sum_s[CT_KINDS];
};

// What passes note about the pairs of each anchor for diagnostics: ct_pair_diagnosis of
// core/cpu/pair.h. [rows] each.
struct ct_gpu_diagnosis {
  double m; // of alpha, where anchors have none of their own
  double *alpha[CT_KINDS], *hardest[CT_KINDS], *weight[CT_KINDS], *square[CT_KINDS];
  unsigned long long *bins; // [CT_KINDS, CT_DIAGNOSIS_BINS]
};

enum { CT_ALL_BINS = (int)CT_KINDS * (int)CT_DIAGNOSIS_BINS };

// What one tile is, for every loss and pass. Rows and columns are counted within their sets; a
// pointer that a pass does not need is NULL.
template <class Real> struct ct_tile {
  int rows, columns; // within the tile
  int row, column;   // where it begins
  bool diagonal;     // the rows are the columns
  bool both;         // columns are anchors too
  bool self;         // one set against itself
  int64_t pitch;     // elements from one row of similarities, or weights, to the next
  const Real *s;     // similarities
  const Real *row_half, *column_half; // [set] added to similarities
  const int *first, *last;            // [set of rows] the columns that are a row's positives
  int variant;
  double parameters[CT_LOSS_PARAMETERS];
  Real scale[CT_KINDS], low_scale[CT_KINDS]; // of logits to base 2, in two parts
  Real start[CT_KINDS];                      // what references begin with

  // Sums: of every row in each part of the tile's columns, and of every column in each part of its
  // rows: [parts, part_pitch] each.
  int part_pitch;
  Real *row_reference[CT_KINDS], *column_reference[CT_KINDS];
  Real *row_sum[CT_KINDS], *column_sum[CT_KINDS];
  Real *row_term[CT_KINDS], *column_term[CT_KINDS];
  Real *row_count[CT_KINDS], *column_count[CT_KINDS];
  uint8_t *part_kinds; // [parts of rows * parts of columns] bits: kinds that the part holds
  double *part_s;      // [parts of rows * parts of columns, CT_KINDS] sums of similarities

  // Weights: what pairs take from their ends, [set] each.
  const Real *reference[CT_KINDS], *factor[CT_KINDS], *linear[CT_KINDS], *cut[CT_KINDS];
  const double *own;         // of coupled losses
  ct_triplet_lists triplets; // of a loss over triplets
  ct_gpu_refinement<Real> refined;
  Real largest_s;            // no similarity is larger
  const float *to_range;     // the power of two that brings weights into the range of 16 bits
  void *weight, *weight_low; // [rows, pitch] half or bfloat16, and what rounding left; or Real
};

// The most rows or columns of a tile: a multiple of CT_PART. Emulated, tiles are small, so that
// specs meet many (spec/emulated/emulated.mk).
#ifndef CT_TILE_MOST_HERE
#define CT_TILE_MOST_HERE 4096
#endif
enum { CT_TILE_MOST = CT_TILE_MOST_HERE, CT_FUSED_TILE_MOST = 2 * CT_TILE_MOST };

// Statistics of the anchors: [set of rows] each.
template <class Real> struct ct_anchor_sums {
  Real *reference[CT_KINDS];
  double *sum[CT_KINDS], *term[CT_KINDS], *count[CT_KINDS];
  double *sum_s; // [CT_KINDS] over all anchors
};

// How weights are stored.
enum ct_weight_form { CT_WEIGHT_SPLIT_HALF, CT_WEIGHT_HALF, CT_WEIGHT_BFLOAT16, CT_WEIGHT_REAL };

// What anchors are made of, and what becomes of them.
template <class Real> struct ct_anchors {
  int rows;
  int64_t columns; // rows or classes that they meet
  bool self, batch;
  const int *first, *last;
  const uint8_t *valid; // [rows]
  ct_gpu_refinement<Real> refined;
  double most_share; // no pair counts more often
  ct_anchor_sums<Real> sums;
  const double *by_own;     // of coupled losses
  const ct_target *targets; // of rules that read them
  const double *weights;    // NULL: 1 each
  int64_t with_positive;
  double parameters[CT_LOSS_PARAMETERS];
  double offset[CT_KINDS];

  // Terms: sums over anchors, one row for each block of threads.
  double *parts; // [blocks, CT_ANCHOR_PARTS]
  double *loss;  // [rows] by its weight; NULL: not wanted

  // Factors of backward.
  double scale, share[CT_KINDS], filter_eps;
  double common_reference[CT_KINDS], common_weight[CT_KINDS]; // of one term for the batch
  Real *reference[CT_KINDS], *factor[CT_KINDS], *linear[CT_KINDS], *cut[CT_KINDS];
  int variant;
  double largest_s;       // no similarity is larger
  unsigned *largest_bits; // the bits of a float that no weight exceeds
};

enum ct_anchor_part {
  CT_PART_ANCHORS,
  CT_PART_LOSS,
  CT_PART_TERMS = CT_PART_LOSS + CT_KINDS,
  CT_PART_NONZERO = CT_PART_TERMS + CT_KINDS,
  CT_PART_COUNT = CT_PART_NONZERO + CT_KINDS,
  CT_ANCHOR_PARTS
};

// A tile's product for the fused kernel (pair_fused.cuh): rows and columns of the operands where it
// begins, steps of CT_STEP numbers, and what similarities are multiplied with.
struct ct_fused_product {
  int a_row, b_row, a_column, b_column, steps;
  float alpha;
};

// The same with the operands, as the copy engine sees them.
struct ct_fused_call {
  CUtensorMap a_map, b_map;
  ct_fused_product product;
  int blocks; // that the device runs at once
};

// The kernels of one loss in one compute type, each queued in a stream.
template <class Real> struct ct_pair_launches {
  void (*sums)(const ct_tile<Real> &tile, cudaStream_t stream);
  void (*merge)(const ct_tile<Real> &tile, const ct_anchor_sums<Real> &to, cudaStream_t stream);
  void (*weights)(const ct_tile<Real> &tile, ct_weight_form form, cudaStream_t stream);
  void (*couple)(const ct_tile<Real> &tile, const double *own, double *term, double *count,
                 double *by_own, cudaStream_t stream); // NULL where nothing is coupled
  // Lists of positives, and the triplets of all negatives; NULL where there are none.
  void (*list)(const ct_tile<Real> &tile, cudaStream_t stream);
  void (*triplets)(const ct_tile<Real> &tile, double *term, double *count, cudaStream_t stream);
  // Of a refinement, in place of `sums` with `merge`, and of `weights`.
  void (*refined_sums)(const ct_tile<Real> &tile, const ct_anchor_sums<Real> &to,
                       cudaStream_t stream);
  void (*refined_weights)(const ct_tile<Real> &tile, ct_weight_form form, cudaStream_t stream);
  // Notes what pairs weigh; before `weights`, which may write over the similarities.
  void (*note_weights)(const ct_tile<Real> &tile, const ct_gpu_diagnosis &to, cudaStream_t stream);
  void (*terms)(const ct_anchors<Real> &anchors, int blocks, cudaStream_t stream);
  void (*factors)(const ct_anchors<Real> &anchors, int blocks, cudaStream_t stream);
  // Similarities with statistics, or weights; NULL where there is no fused kernel.
  cudaError_t (*fused)(const ct_fused_call &call, const ct_tile<Real> &tile, ct_weight_form form,
                       bool backward, cudaStream_t stream);
  Real start[CT_KINDS]; // what references begin with
  bool keeps_terms[CT_KINDS];
};

template <class Real> const ct_pair_launches<Real> *ct_pair_launches_of(const ct_loss_rule *rule);

enum { CT_ANCHOR_THREADS = 128 };

#endif
