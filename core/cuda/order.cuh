// Sorting of (key, position) pairs on the GPU, for whoever needs equal keys side by side and in
// order.
#ifndef CIRCLET_CUDA_ORDER_CUH
#define CIRCLET_CUDA_ORDER_CUH

#include "cuda/launch.cuh"

// Ordered by key, then by position: a total order, so that a sorted slice is unique.
struct ct_item {
  uint64_t key;
  int64_t at;
};

// Sorts each of `slices` runs of `length` items. items and scratch have room for all of them;
// *sorted is whichever of the two holds the result.
ct_status ct_cuda_sort_items(int device, ct_item *items, ct_item *scratch, int64_t slices,
                             int64_t length, ct_item **sorted, const char *what, ct_error *error);

#endif
