/* Reductions: contract and dispatch.
 *
 * Along a dimension, the frame of elementwise kernels walks over the first elements of all slices
 * together with their results, and the kernel runs through each slice. A whole tensor is made
 * contiguous and cut into pieces of PIECE elements, which are reduced as slices into an array of
 * doubles (or 64-bit integers); the pieces' results are then combined in order. */
#include "ops/reduce.h"
#include <math.h>
#include "base/memory.h"
#include "cpu/reduce.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/output.h"

enum { PIECE = 16384 };

static const char *const reduction_name[] = {"sum", "prod", "mean", "var",
                                             "std", "norm", "max",  "min"};

static ct_run_fn kernel_of(ct_reduce_kind what, ct_dtype dtype) {
  const ct_reduce_kernels *kernels = CT_ISA_SELECT(ct_reduce_kernels);
  switch (what) {
  case CT_REDUCE_SUM:
  case CT_REDUCE_MEAN: return kernels->sum[dtype];
  case CT_REDUCE_PROD: return kernels->prod[dtype];
  case CT_REDUCE_VAR:
  case CT_REDUCE_STD: return kernels->variance[dtype];
  case CT_REDUCE_NORM: return kernels->norm[dtype];
  case CT_REDUCE_LARGEST: return kernels->largest[dtype];
  case CT_REDUCE_SMALLEST: return kernels->smallest[dtype];
  }
  return NULL;
}

static ct_status check_real(const char *name, const ct_tensor *t, ct_error *error) {
  if (ct_dtype_is_real(t->dtype)) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: a Float or Double tensor expected, got %s (convert it first)", name,
                 ct_dtype_name(t->dtype));
}

static bool wants_real(ct_reduce_kind what) {
  return what >= CT_REDUCE_MEAN && what <= CT_REDUCE_NORM;
}
static bool wants_elements(ct_reduce_kind what) {
  return what == CT_REDUCE_MEAN || what == CT_REDUCE_VAR || what == CT_REDUCE_STD ||
         what >= CT_REDUCE_LARGEST;
}

static double divisor_of(ct_reduce_kind what, ct_reduce_options options, int64_t n) {
  if (what == CT_REDUCE_SUM) return 1;
  return (double)(what == CT_REDUCE_MEAN || options.biased ? n : n - 1);
}

static ct_status check_dim(const char *name, const ct_tensor *t, int dim, ct_error *error) {
  if (dim >= 0 && dim < t->dims) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: dimension %d is out of range, the tensor has %d", name,
                 dim + 1, t->dims);
}

/* The first elements of t's slices along dim: a borrowed view with that dimension of size 1. */
static ct_tensor heads(const ct_tensor *t, int dim) {
  ct_tensor view = *t;
  view.size[dim] = 1;
  return view;
}

/* How many slices one thread takes at a time: a block of neighbours where they interleave. */
static int64_t slices_at_once(const ct_tensor *t, int dim) {
  int64_t length = t->size[dim] ? t->size[dim] : 1, least = t->stride[dim] == 1 ? 1 : 64;
  return PIECE / length > least ? PIECE / length : least;
}

static ct_slices slices_along(const ct_tensor *t, int dim) {
  return (ct_slices){.length = t->size[dim],
                     .stride = t->stride[dim] * (int64_t)ct_dtype_size(t->dtype),
                     .divisor = 1};
}

static ct_reduce_kind core_of(ct_reduce_kind what) { /* what is left but for the last steps */
  return what == CT_REDUCE_MEAN ? CT_REDUCE_SUM : what == CT_REDUCE_STD ? CT_REDUCE_VAR : what;
}

/* The same on a GPU: `to` has a result for each slice of t along dim, which starts at `first`. */
static ct_cuda_slices cuda_slices(const char *name, ct_reduce_kind what, const ct_tensor *t,
                                  int dim) {
  return (ct_cuda_slices){.name = name,
                          .what = core_of(what),
                          .length = t->size[dim],
                          .stride = t->stride[dim],
                          .divisor = 1,
                          .root = what == CT_REDUCE_STD};
}

static ct_status check_range(const char *name, ct_dtype dtype, bool out_of_range, ct_error *error) {
  if (!out_of_range) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: a result does not fit the %s tensor that holds it (use :long() first)", name,
                 ct_dtype_name(dtype));
}

ct_status ct_reduce_dim(ct_tensor *result, ct_reduce_kind what, ct_reduce_options options,
                        const ct_tensor *t, int dim, ct_error *error) {
  const char *name = reduction_name[what];
  CT_TRY(check_dim(name, t, dim, error));
  if (wants_real(what)) CT_TRY(check_real(name, t, error));
  if (wants_elements(what) && t->size[dim] == 0)
    return ct_fail(error, CT_EINVALID, "%s: dimension %d is empty", name, dim + 1);
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %s result expected, got %s", name,
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together(name, result, 1, &t, error));
  ct_tensor first = heads(t, dim);
  ct_output output;
  CT_TRY(ct_output_begin(&output, result, t->dims, first.size, false, &t, 1, error));
  if (ct_dtype_is_cuda(t->dtype)) {
    bool beyond = false;
    ct_cuda_slices there = cuda_slices(name, what, t, dim);
    there.divisor = divisor_of(what, options, t->size[dim]);
    there.power = options.power;
    ct_status status = ct_cuda()->reduce(&there, &output.target, &first, NULL, &beyond, error);
    if (status == CT_OK) status = check_range(name, t->dtype, beyond, error);
    return ct_output_end(&output, status, error);
  }
  _Atomic bool out_of_range = false;
  ct_slices slices = slices_along(t, dim);
  slices.divisor = divisor_of(what, options, t->size[dim]);
  slices.root = what == CT_REDUCE_STD;
  slices.power = options.power;
  slices.out_of_range = &out_of_range;
  const ct_tensor *operand[2] = {&output.target, &first};
  ct_loop_pieces(2, 1, operand, slices_at_once(t, dim), t->size[dim], kernel_of(what, t->dtype),
                 &slices);
  return ct_output_end(&output, check_range(name, t->dtype, out_of_range, error), error);
}

/* Pieces of a contiguous tensor */

/* The pieces of a tensor on a GPU, of `flat` or of the products flat*other, reduced there and
 * brought here. */
static ct_status reduce_pieces_on_cuda(ct_tensor *part, const ct_tensor *flat,
                                       const ct_tensor *other, ct_reduce_kind what,
                                       ct_slices slices, const char *name, ct_error *error) {
  const int64_t count = ct_tensor_count(flat), whole = count / PIECE, tail = count % PIECE;
  const ct_dtype wide = ct_dtype_is_real(flat->dtype) ? CT_CUDA_DOUBLE : CT_CUDA_LONG;
  ct_tensor there = {.dtype = wide}, from = *flat, second = other ? *other : *flat;
  bool ignored;
  ct_cuda_slices s = {.name = name,
                      .what = core_of(what),
                      .length = PIECE,
                      .stride = 1,
                      .other_stride = 1,
                      .wide = true,
                      .shift = slices.shift,
                      .power = slices.power};
  ct_status status = ct_tensor_new_on(&there, wide, ct_tensor_device(flat), 1,
                                      &(int64_t){whole + (tail > 0)}, error);
  ct_tensor to = there;
  from.dims = second.dims = 1;
  from.stride[0] = second.stride[0] = PIECE;
  from.size[0] = second.size[0] = to.size[0] = whole;
  if (status == CT_OK && whole)
    status = ct_cuda()->reduce(&s, &to, &from, other ? &second : NULL, &ignored, error);
  s.length = tail;
  from.size[0] = second.size[0] = to.size[0] = 1;
  from.offset += whole * PIECE, second.offset += whole * PIECE, to.offset += whole;
  if (status == CT_OK && tail)
    status = ct_cuda()->reduce(&s, &to, &from, other ? &second : NULL, &ignored, error);
  if (status == CT_OK) status = ct_clone(part, ct_dtype_on_cpu(wide), &there, error);
  ct_tensor_release(&there);
  return status;
}

/* Reduces each piece into part[p]: double for real types, int64_t otherwise. */
static ct_status reduce_pieces(ct_tensor *part, const ct_tensor *flat, ct_run_fn kernel,
                               ct_slices slices, ct_error *error) {
  int64_t count = ct_tensor_count(flat), whole = count / PIECE, tail = count % PIECE;
  ct_dtype wide = ct_dtype_is_real(flat->dtype) ? CT_DOUBLE : CT_LONG;
  *part = (ct_tensor){.dtype = wide};
  CT_TRY(ct_tensor_new(part, wide, 1, &(int64_t){whole + (tail > 0)}, error));
  ct_tensor to = *part, from = *flat;
  from.dims = 1;
  slices.wide = true;
  slices.stride = (int64_t)ct_dtype_size(flat->dtype);
  slices.length = PIECE;
  to.size[0] = from.size[0] = whole;
  from.stride[0] = PIECE;
  const ct_tensor *operand[2] = {&to, &from};
  if (whole) ct_loop_pieces(2, 1, operand, 1, PIECE, kernel, &slices);
  if (tail == 0) return CT_OK;
  slices.length = tail;
  to.size[0] = from.size[0] = 1;
  to.offset += whole;
  from.offset += whole * PIECE;
  ct_loop_pieces(2, 1, operand, 1, PIECE, kernel, &slices);
  return CT_OK;
}

static double combine_real(ct_reduce_kind what, double power, const ct_tensor *part) {
  const double *p = ct_tensor_data(part);
  int64_t n = ct_tensor_count(part);
  bool largest = what == CT_REDUCE_LARGEST || (what == CT_REDUCE_NORM && power == INFINITY);
  double all = what == CT_REDUCE_PROD       ? 1
               : n && largest               ? p[0]
               : what == CT_REDUCE_SMALLEST ? p[0]
                                            : 0;
  for (int64_t i = 0; i < n; i++) {
    if (what == CT_REDUCE_PROD)
      all *= p[i];
    else if (largest)
      all = all >= p[i] || isnan(all) ? all : p[i];
    else if (what == CT_REDUCE_SMALLEST)
      all = all <= p[i] || isnan(all) ? all : p[i];
    else
      all += p[i];
  }
  return all;
}

static int64_t combine_integer(ct_reduce_kind what, const ct_tensor *part) {
  const int64_t *p = ct_tensor_data(part);
  uint64_t all = what == CT_REDUCE_PROD ? 1 : what >= CT_REDUCE_LARGEST ? (uint64_t)p[0] : 0;
  for (int64_t i = 0; i < ct_tensor_count(part); i++) {
    if (what == CT_REDUCE_PROD)
      all *= (uint64_t)p[i];
    else if (what == CT_REDUCE_SUM)
      all += (uint64_t)p[i];
    else if (what == CT_REDUCE_LARGEST ? p[i] > (int64_t)all : p[i] < (int64_t)all)
      all = (uint64_t)p[i];
  }
  return (int64_t)all;
}

static void combine(ct_scalar *out, ct_reduce_kind what, double power, const ct_tensor *part) {
  if (part->dtype == CT_DOUBLE) {
    *out = ct_scalar_of(combine_real(what, power, part));
  } else {
    int64_t all = combine_integer(what, part);
    *out = (ct_scalar){(double)all, all};
  }
}

static ct_status reduce_flat(ct_scalar *out, ct_reduce_kind what, ct_slices slices,
                             const ct_tensor *flat, ct_error *error) {
  ct_tensor part = {.dtype = CT_DOUBLE};
  if (ct_dtype_is_cuda(flat->dtype))
    CT_TRY(reduce_pieces_on_cuda(&part, flat, NULL, what, slices, reduction_name[what], error));
  else
    CT_TRY(reduce_pieces(&part, flat, kernel_of(what, flat->dtype), slices, error));
  combine(out, what, slices.power, &part);
  ct_tensor_release(&part);
  return CT_OK;
}

/* The p-th root of a sum of |x|^p; through max |x| where the sum left the range of double. */
static ct_status finish_norm(ct_scalar *out, double power, const ct_tensor *flat, ct_error *error) {
  bool plain = power == 0 || power == 1 || power == INFINITY;
  if (plain) return CT_OK;
  if (out->d > 1e-280 && out->d < INFINITY) {
    *out = ct_scalar_of(power == 2 ? sqrt(out->d) : pow(out->d, 1 / power));
    return CT_OK;
  }
  ct_tensor one = *flat, norm = {.dtype = flat->dtype}; /* one slice: its kernel scales */
  one.dims = 2;
  one.size[0] = 1, one.size[1] = ct_tensor_count(flat);
  one.stride[0] = 0, one.stride[1] = 1;
  CT_TRY(ct_reduce_dim(&norm, CT_REDUCE_NORM, (ct_reduce_options){.power = power}, &one, 1, error));
  ct_status status = ct_storage_get(norm.storage, norm.offset, out, error);
  ct_tensor_release(&norm);
  return status;
}

static ct_status reduce_contiguous(ct_scalar *out, ct_reduce_kind what, ct_reduce_options options,
                                   const ct_tensor *flat, ct_error *error) {
  ct_slices slices = {.power = options.power, .divisor = 1};
  double count = (double)ct_tensor_count(flat);
  if (what != CT_REDUCE_VAR && what != CT_REDUCE_STD) {
    CT_TRY(reduce_flat(out, what, slices, flat, error));
    if (what == CT_REDUCE_MEAN) *out = ct_scalar_of(out->d / count);
    return what == CT_REDUCE_NORM ? finish_norm(out, options.power, flat, error) : CT_OK;
  }
  CT_TRY(reduce_flat(out, CT_REDUCE_SUM, slices, flat, error));
  slices.shift = out->d / count;
  CT_TRY(reduce_flat(out, CT_REDUCE_VAR, slices, flat, error));
  double variance = out->d / divisor_of(what, options, (int64_t)count);
  *out = ct_scalar_of(what == CT_REDUCE_STD ? sqrt(variance) : variance);
  return CT_OK;
}

ct_status ct_reduce_all(ct_scalar *out, ct_reduce_kind what, ct_reduce_options options,
                        const ct_tensor *t, ct_error *error) {
  const char *name = reduction_name[what];
  if (wants_real(what)) CT_TRY(check_real(name, t, error));
  if (wants_elements(what) && ct_tensor_count(t) == 0)
    return ct_fail(error, CT_EINVALID, "%s: the tensor is empty", name);
  ct_tensor flat = {.dtype = t->dtype};
  CT_TRY(ct_contiguous(&flat, t->dtype, t, error));
  ct_status status = reduce_contiguous(out, what, options, &flat, error);
  ct_tensor_release(&flat);
  return status;
}

ct_status ct_dot_on_cuda(ct_scalar *out, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  ct_tensor part = {.dtype = CT_DOUBLE};
  ct_slices slices = {.divisor = 1};
  CT_TRY(reduce_pieces_on_cuda(&part, a, b, CT_REDUCE_SUM, slices, "dot", error));
  combine(out, CT_REDUCE_SUM, 0, &part);
  ct_tensor_release(&part);
  return CT_OK;
}

ct_status ct_extreme_dim(ct_tensor *values, ct_tensor *indices, bool largest, const ct_tensor *t,
                         int dim, ct_error *error) {
  const char *name = largest ? "max" : "min";
  CT_TRY(check_dim(name, t, dim, error));
  if (t->size[dim] == 0)
    return ct_fail(error, CT_EINVALID, "%s: dimension %d is empty", name, dim + 1);
  const ct_dtype index = ct_dtype_of_indices(t->dtype);
  if (values->dtype != t->dtype || indices->dtype != index)
    return ct_fail(error, CT_EINVALID, "%s: %s values and %s indices expected, got %s and %s", name,
                   ct_dtype_name(t->dtype), ct_dtype_name(index), ct_dtype_name(values->dtype),
                   ct_dtype_name(indices->dtype));
  CT_TRY(ct_tensor_together(name, values, 1, &t, error));
  CT_TRY(ct_tensor_together(name, indices, 1, &t, error));
  ct_tensor first = heads(t, dim);
  ct_output v, i;
  const ct_tensor *inputs[2] = {t, indices};
  CT_TRY(ct_output_begin(&v, values, t->dims, first.size, false, inputs, 2, error));
  ct_status status = ct_output_begin(&i, indices, t->dims, first.size, false, &t, 1, error);
  if (status != CT_OK) return ct_output_end(&v, status, error);
  if (ct_dtype_is_cuda(t->dtype)) {
    ct_cuda_slices there =
        cuda_slices(name, largest ? CT_REDUCE_LARGEST : CT_REDUCE_SMALLEST, t, dim);
    status = ct_cuda()->extreme(&there, &v.target, &i.target, &first, error);
  } else {
    const ct_reduce_kernels *kernels = CT_ISA_SELECT(ct_reduce_kernels);
    ct_slices slices = slices_along(t, dim);
    const ct_tensor *operand[3] = {&v.target, &i.target, &first};
    ct_loop_pieces(3, 2, operand, slices_at_once(t, dim), t->size[dim],
                   (largest ? kernels->max : kernels->min)[t->dtype], &slices);
  }
  status = ct_output_end(&i, status, error);
  return ct_output_end(&v, status, error);
}

ct_status ct_scan(ct_tensor *result, bool product, const ct_tensor *t, int dim, ct_error *error) {
  const char *name = product ? "cumprod" : "cumsum";
  if (t->dims == 0) return ct_tensor_resize(result, 0, t->size, error);
  CT_TRY(check_dim(name, t, dim, error));
  if (result->dtype != t->dtype)
    return ct_fail(error, CT_EINVALID, "%s: a %s result expected, got %s", name,
                   ct_dtype_name(t->dtype), ct_dtype_name(result->dtype));
  CT_TRY(ct_tensor_together(name, result, 1, &t, error));
  ct_output output;
  const ct_tensor *input = ct_tensor_same_view(result, t) ? NULL : t; /* in place is fine */
  CT_TRY(ct_output_begin(&output, result, t->dims, t->size, false, &input, 1, error));
  if (ct_dtype_is_cuda(t->dtype) && t->size[dim] > 0) {
    bool beyond = false;
    ct_cuda_slices there = cuda_slices(name, product ? CT_REDUCE_PROD : CT_REDUCE_SUM, t, dim);
    ct_tensor first = heads(t, dim), first_out = heads(&output.target, dim);
    there.other_stride = output.target.stride[dim];
    ct_status status = ct_cuda()->scan(&there, &first_out, &first, &beyond, error);
    if (status == CT_OK) status = check_range(name, t->dtype, beyond, error);
    return ct_output_end(&output, status, error);
  }
  if (t->size[dim] > 0) {
    _Atomic bool out_of_range = false;
    const ct_reduce_kernels *kernels = CT_ISA_SELECT(ct_reduce_kernels);
    ct_slices slices = slices_along(t, dim);
    slices.out_stride = output.target.stride[dim] * (int64_t)ct_dtype_size(t->dtype);
    slices.out_of_range = &out_of_range;
    ct_tensor first = heads(t, dim), first_out = heads(&output.target, dim);
    const ct_tensor *operand[2] = {&first_out, &first};
    ct_loop_pieces(2, 1, operand, slices_at_once(t, dim), t->size[dim],
                   (product ? kernels->cumprod : kernels->cumsum)[t->dtype], &slices);
    return ct_output_end(&output, check_range(name, t->dtype, out_of_range, error), error);
  }
  return ct_output_end(&output, CT_OK, error);
}
