// Rows on their way into the driver and gradients on their way out.
//
// A row becomes an operand of the tensor cores. In the accurate form it is split into two numbers
// of 16 bits, high + low, 22 bits together, and stored as [high | low | high | high], `segment`
// numbers each: the product of elements 0..3*segment-1 of one row with segment..4*segment-1 of
// another is low*high + high*low + high*high of either order, in one product. A power of two brings
// all of a set's rows into range. Where sums of weights are wanted (euclidean similarity, biases),
// a column of ones behind the first segment's rows makes them out of the gradient's product.
#ifndef CIRCLET_CUDA_PAIR_ROWS_CUH
#define CIRCLET_CUDA_PAIR_ROWS_CUH

#include "cuda/launch.cuh"
extern "C" {
#include "loss/loss.h"
}

enum ct_operand_form { CT_OPERAND_SPLIT, CT_OPERAND_HALF, CT_OPERAND_BFLOAT16, CT_OPERAND_DOUBLE };

static inline int64_t ct_operand_size(ct_operand_form form) {
  return form == CT_OPERAND_DOUBLE ? 8 : 2;
}

// A set of rows as its caller gave it, in sorted order.
struct ct_gpu_rows {
  int device;
  int64_t rows, dim;
  ct_dtype dtype;
  const void *x;
  int64_t stride, step;  // elements from one row, and from one column, to the next
  const int64_t *origin; // [rows] where each row stands at the caller's; NULL: in order
  ct_similarity similarity;
  ct_operand_form form;
  int exponent;       // rows are multiplied with 2^exponent
  bool ones;          // a column of 2^exponent behind the columns
  const double *lift; // [rows / centres] added to similarities; NULL: nothing is
  int64_t centres;
};

static inline int64_t ct_segment(const ct_gpu_rows *r) {
  return ct_divide_up(r->dim + (r->ones ? 1 : 0), 8) * 8;
}

static inline int64_t ct_operand_pitch(const ct_gpu_rows *r) {
  return ct_segment(r) * (r->form == CT_OPERAND_SPLIT ? 4 : 1);
}

// What gradients have a column for each of: of the split form, two.
static inline int64_t ct_gradient_pitch(const ct_gpu_rows *r) {
  return ct_segment(r) * (r->form == CT_OPERAND_SPLIT ? 2 : 1);
}

// Rows from..from+count-1 in the forms that a pass reads.
struct ct_loaded_rows {
  void *operand;        // [count, pitch]
  double *inverse_norm; // [count] for the cosine
  void *half;           // [count] float or double (form DOUBLE); NULL: nothing is added
};

// Loads rows. *bad (the caller's row numbers) is lowered to the first row that is not finite.
ct_status ct_load_rows(const ct_gpu_rows *r, int64_t from, int64_t count, const ct_loaded_rows *to,
                       unsigned long long *bad, ct_error *error);

// Norms: *largest is raised to the bits of the largest |x|^2 and *least lowered to those of the
// least that is not 0.
ct_status ct_measure_rows(const ct_gpu_rows *r, unsigned long long *largest,
                          unsigned long long *least, ct_error *error);

// Takes rows from..from+count-1 of a gradient back through their norms to `to` [given, dim]
// contiguous of the rows' type, or, of classes, their weights to to_lift [rows / centres]; NULL:
// not wanted. gradient: [count, ct_gradient_pitch] of Real; it is multiplied with `scale` and with
// *inverse_range (NULL: 1).
struct ct_gradient_out {
  void *to;
  double *to_lift;
  double scale;
  const float *inverse_range;
  unsigned long long *bad; // lowered to the first row (the caller's) that is not finite
};
ct_status ct_unload_rows(const ct_gpu_rows *r, int64_t from, int64_t count,
                         const ct_loaded_rows *loaded, const void *gradient,
                         const ct_gradient_out *out, ct_error *error);

// Each query's similarity and angle to the nearest vector of its class, in double.
ct_status ct_find_targets(ct_target *to, const ct_gpu_rows *queries, const int *own_class,
                          const ct_gpu_rows *classes, ct_error *error);

// Of similarities to vectors, [rows, pitch], those of the nearest vector of each of n classes of
// `centres` columns each, the first of equals: best [rows, pitch] and which one [rows, pitch]. half
// [n * centres] is added first, own [rows] too (NULL: nothing). Of Real float or double.
template <class Real>
ct_status ct_take_nearest(int device, int rows, int64_t n, int64_t centres, int64_t pitch,
                          const Real *s, const Real *half, const Real *own, Real *best,
                          uint8_t *which, ct_error *error);

// Weights of n classes back to their vectors, 0 but for the nearest: [rows, pitch] both, elements
// of `size` bytes.
ct_status ct_spread_weights(int device, int rows, int64_t n, int64_t centres, int64_t pitch,
                            int64_t size, const void *from, const uint8_t *which, void *to,
                            ct_error *error);

#endif
