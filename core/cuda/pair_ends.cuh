// Work on the ends of a tile's pairs that no loss has a say in: the hardest negatives, what
// diagnostics note of similarities, and tiles that must be the same on both sides of their
// diagonal.
#ifndef CIRCLET_CUDA_PAIR_ENDS_CUH
#define CIRCLET_CUDA_PAIR_ENDS_CUH

#include "cuda/pair.cuh"

// Of each anchor, a heap of its hardest negatives (loss/hardest.h): [rows, most], [rows].
struct ct_gpu_heaps {
  int64_t most;
  double *s;
  int64_t *order, *count;
};

// Offers the tile's negatives to the heaps of its anchors.
template <class Real>
ct_status ct_offer_negatives(const ct_tile<Real> &tile, const ct_gpu_heaps &heaps,
                             cudaStream_t stream, ct_error *error);

// Leaves of every heap the last that counts: [rows] each.
ct_status ct_close_heaps(const ct_gpu_heaps &heaps, int64_t rows, double *last_s,
                         int64_t *last_order, cudaStream_t stream, ct_error *error);

// Notes the tile's similarities.
template <class Real>
ct_status ct_note_pairs(const ct_tile<Real> &tile, const ct_gpu_diagnosis &to, cudaStream_t stream,
                        ct_error *error);

// Copies what stands right of the diagonal to its left: s [rows, pitch].
template <class Real>
ct_status ct_mirror_tile(Real *s, int rows, int64_t pitch, cudaStream_t stream, ct_error *error);

// Adds the squares of a contiguous tensor's elements to *sum, in one order; waits for them.
ct_status ct_add_squares(const ct_tensor *t, double *sum, ct_error *error);

#endif
