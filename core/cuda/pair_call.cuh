// One call of a loss on the GPU, checked, ordered and uploaded: what the passes work on.
#ifndef CIRCLET_CUDA_PAIR_CALL_CUH
#define CIRCLET_CUDA_PAIR_CALL_CUH

#include <vector>
#include "cuda/pair.cuh"
#include "cuda/pair_rows.cuh"
extern "C" {
#include "loss/diagnosis.h"
#include "loss/refine.h"
#include "loss/rows.h"
}

// A tensor's reference, for the time of a context.
struct ct_held_tensor {
  ct_tensor t = {};
  ~ct_held_tensor() { ct_tensor_release(&t); }
};

// Allocates a block for `count` values of the host, and copies them there.
template <class T>
ct_status ct_put(ct_device_block<T> *block, int device, const T *values, int64_t count,
                 const char *what, ct_error *error) {
  CT_TRY(block->allocate(device, count, what, error));
  return ct_cuda()->upload(device, block->get(), values, count * (int64_t)sizeof(T), error);
}

// One side on its way: order and labels on the host, the rest on the GPU.
struct ct_gpu_side {
  ct_sorted_rows order =
      {}; // labels, origins, ranges of positives; of classes without labels: none
  ct_held_tensor x;
  ct_gpu_rows rows = {};
  ct_device_block<int64_t> origin;
  ct_device_block<double> lift;
  int64_t given = 0;

  ~ct_gpu_side() { ct_rows_free(&order); }
  int64_t count() const { return rows.rows; }
  int64_t units() const { return rows.rows / rows.centres; } // rows, or classes of several
};

// What the host reads once after a pass.
struct ct_pass_results {
  unsigned long long bad_row[2], largest[2], least[2]; // of queries, of references
  double sum_s[CT_KINDS];
  double common_reference[CT_KINDS], common_sum[CT_KINDS];
};

// What both compute types share: the call.
struct ct_gpu_call {
  const char *function;
  ct_loss_options options;
  int device;
  bool self;
  ct_gpu_side queries, references;
  ct_held_tensor held[CT_LOSS_PARAMETERS + 2]; // options' tensors that lay on a GPU
  double *own_parameters = nullptr; // [queries, CT_LOSS_PARAMETERS]; NULL: all share theirs
  ct_refinement refinement = {};
  std::vector<uint8_t> valid; // [queries] has the pairs that the loss needs
  ct_device_block<uint8_t> valid_there;
  int64_t with_positive = 0;
  ct_loss_facts facts = {};
  ct_device_block<int> first, last;
  ct_device_block<double> weights;
  ct_device_block<ct_pass_results> results;
  char x_name[2][64];

  ~ct_gpu_call();
  ct_gpu_rows &columns() { return self ? queries.rows : references.rows; }
  int64_t column_units() { return self ? queries.count() : references.units(); }
};

// Which of the two compute types a call takes, as on the CPU: double for double rows, for distances
// (whose digits 1 - s has lost in float), for coupled terms and triplets, and for few anchors,
// where the rounding of float would be seen in the loss. Of rows with lengths of their own, float
// must hold all logits, and 22 bits of the longest row be enough for the shortest.
struct ct_gpu_range {
  bool wide;
  double largest_s;  // no similarity is larger
  double longest[2]; // rows of queries and references
};

// Checks, orders and uploads what the caller gave; function, options and self are set. Of the
// options' tensors nothing is read later.
ct_status ct_begin_call(ct_gpu_call *c, const ct_loss_rows *queries, const ct_loss_rows *references,
                        ct_error *error);
ct_status ct_find_range(ct_gpu_call *c, ct_gpu_range *out, ct_error *error);

// Sets how both sides' rows become operands (pair_rows.cuh); wide: in double.
void ct_choose_operands(ct_gpu_call *c, const ct_gpu_range &range, bool wide);

// CT_EINVALID naming the caller's row, counted from 0; which: 0 the queries, 1 the references.
ct_status ct_bad_row(const ct_gpu_call *c, int which, unsigned long long row, ct_error *error);
ct_status ct_bad_gradient_row(const ct_gpu_call *c, unsigned long long row, ct_error *error);

#endif
