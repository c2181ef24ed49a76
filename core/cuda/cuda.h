/* What the CUDA backend offers to the rest of the core: one table of functions, in C.
 *
 * ct_cuda() is NULL in a build without nvcc (none.c); a build with it has the table (table.cu) also
 * on a machine without a GPU, where ct_cuda_require() says why nothing can run. A tensor whose type
 * lies on a GPU has memory only where both hold, so that what handles one may take the table as
 * given.
 *
 * Work is queued in the calling thread's stream of the device and not waited for, except by
 * download() and synchronize(). A kernel that fails is reported by a later call: CUDA says so. */
#ifndef CIRCLET_CUDA_CUDA_H
#define CIRCLET_CUDA_CUDA_H

#ifdef __cplusplus
extern "C" {
#endif

#include "cuda/nn.h"
#include "base/random.h"
#include "tensor/operation.h"
#include "tensor/tensor.h"

/* Facts of a device. */
typedef struct ct_cuda_device {
  char name[256];
  int major, minor; /* compute capability */
  int multiprocessors;
  int64_t total_bytes, free_bytes;
} ct_cuda_device;

/* Bytes of a device's pool of memory: in live blocks and held from the driver, now and at most. */
typedef struct ct_cuda_memory {
  int64_t used, used_peak, reserved, reserved_peak;
} ct_cuda_memory;

/* How products of float matrices are computed: in float, or on tensor cores from factors rounded to
 * 10 (TF32) or 7 (bfloat16) bits after the point, with sums in float. */
typedef enum ct_cuda_precision { CT_CUDA_FP32, CT_CUDA_TF32, CT_CUDA_BF16 } ct_cuda_precision;

/* C = beta*C + alpha*op(A)*op(B), all row-major: op(A) is [m,k], op(B) is [k,n], C is [m,n].
 * `transpose_a`: A is stored as [k,m]. lda, ldb, ldc: elements from one stored row to the next, at
 * least its length. Over a batch, the matrices lie stride_a, stride_b, stride_c elements apart.
 * With beta = 0, C is not read; with alpha = 0 or k = 0, A and B are not. */
typedef struct ct_cuda_product {
  ct_dtype dtype;              /* of A and B: Cuda, CudaDouble, CudaHalf or CudaBFloat16 */
  ct_dtype result;             /* of C: the same, or Cuda for the two narrow types */
  ct_cuda_precision precision; /* of Cuda; narrow types are always summed in float */
  bool transpose_a, transpose_b;
  int64_t m, n, k, batch;
  double alpha, beta;
  const void *a, *b;
  void *c;
  int64_t lda, ldb, ldc;
  int64_t stride_a, stride_b, stride_c; /* not read when batch is 1 */
} ct_cuda_product;
struct ct_loss_rows;
struct ct_loss_options;
struct ct_loss_facts;
struct ct_loss_diagnosis;

/* A reduction of slices: `length` elements, `stride` elements apart. What is `wide` is left
 * unfinished, for the caller to combine: a double or int64_t for each slice, of variances the sum
 * of (x - shift)^2, of norms the sum of |x|^power or max |x|. */
typedef struct ct_cuda_slices {
  const char *name;
  ct_reduce_kind what;
  int64_t length, stride;
  int64_t other_stride; /* of scans: the result's; of inner products: the second source's */
  bool wide;
  double divisor; /* of sums and variances */
  double shift;
  double power;
  bool root; /* of variances: the standard deviation */
} ct_cuda_slices;

/* Contiguous rows seen along one dimension: a tensor is [outer, n, inner], its indices and what
 * they select [count] or [outer, count, inner]. */
typedef struct ct_cuda_rows {
  const char *name;
  int64_t outer, n, count, inner;
} ct_cuda_rows;

/* An ordering of slices of `length` elements, strides apart in elements. */
typedef struct ct_cuda_order {
  const char *name;
  int64_t length;
  int64_t stride, value_stride, index_stride;
  int64_t first, kept; /* results: sorted elements first .. first + kept - 1; or, for first = -1 and
                          kept = 1, the most frequent element, of equals the first in order */
  bool descending;
} ct_cuda_order;

/* from + i*step, or (for base > 0) base to that power; `end` in place of element `last`. */
typedef struct ct_cuda_steps {
  ct_scalar from, step;
  double end, base;
  int64_t last; /* -1: none */
} ct_cuda_steps;

typedef struct ct_cuda_table {
  /* Devices, counted from 0. The current one and its stream belong to the calling thread. */
  int (*devices)(void);
  int (*current)(void);
  ct_status (*select)(int device, ct_error *error);
  ct_status (*describe)(int device, ct_cuda_device *out, ct_error *error);
  ct_status (*versions)(int *driver, int *runtime, ct_error *error);
  /* Waits for all work of the device and reports what failed. */
  ct_status (*synchronize)(int device, ct_error *error);

  /* Streams of the current device. Number 0 is the thread's own; others are made by new_stream and
   * live as long as the process. Work in one stream is not ordered with that in others, except
   * through wait_stream(a, b): what is queued in a from now on begins after what b holds now. */
  ct_status (*new_stream)(int *number, ct_error *error);
  ct_status (*set_stream)(int number, ct_error *error);
  int (*get_stream)(void);
  ct_status (*wait_stream)(int number, int other, ct_error *error);

  /* Memory. A released block is used again, in the order of the streams that may use it; CT_ENOMEM
   * says how much was asked for and leaves everything usable. */
  ct_status (*allocate)(int device, void **out, int64_t bytes, const char *what, ct_error *error);
  void (*release)(int device, void *block); /* NULL is allowed */
  ct_status (*memory)(int device, ct_cuda_memory *out, bool reset_peak, ct_error *error);
  ct_status (*empty_cache)(int device, ct_error *error);
  int64_t (*live)(void); /* bytes in live blocks of all devices */

  ct_status (*zero)(int device, void *to, int64_t bytes, ct_error *error);
  ct_status (*copy)(int device, void *to, const void *from, int64_t bytes, ct_error *error);
  ct_status (*upload)(int device, void *to, const void *from, int64_t bytes, ct_error *error);
  ct_status (*download)(int device, void *to, const void *from, int64_t bytes, ct_error *error);

  /* Tensors of one size on one device, of any type on a GPU and any strides, that do not overlap.
   */
  ct_status (*convert)(ct_tensor *to, const ct_tensor *from, ct_error *error);
  ct_status (*fill)(ct_tensor *to, ct_scalar value, ct_error *error);
  /* The same bytes from one device to another: both contiguous. */
  ct_status (*across)(ct_tensor *to, const ct_tensor *from, ct_error *error);

  /* operand: the result, then the inputs, of one size on one device; the result is apart from an
   * input or exactly on it. Inputs have one type and so has the result, which is a CudaByteTensor
   * where they are compared. An operand that is a number is NULL. */
  ct_status (*elementwise)(const ct_elementwise_call *call, const ct_tensor *const *operand,
                           ct_error *error);
  /* Whether integers hold a zero, or a negative number; waits for the answer. */
  ct_status (*find)(ct_find what, const ct_tensor *a, bool *found, const char *name,
                    ct_error *error);

  /* to: a result for each slice, a CudaDouble or CudaLong tensor where it is wide; first: the first
   * elements of the slices, as many. second: with `what` CT_REDUCE_SUM, first elements of a second
   * source whose products with the first are summed (or NULL). *out_of_range: whether an integer
   * result did not fit; for Int and Byte results this waits. */
  ct_status (*reduce)(const ct_cuda_slices *slices, const ct_tensor *to, const ct_tensor *first,
                      const ct_tensor *second, bool *out_of_range, ct_error *error);
  /* The largest (CT_REDUCE_LARGEST) or smallest of each slice and its index, from 1: the first of
   * equal ones, the first NaN before all. */
  ct_status (*extreme)(const ct_cuda_slices *slices, const ct_tensor *values,
                       const ct_tensor *indices, const ct_tensor *first, ct_error *error);
  /* Running sums (CT_REDUCE_SUM) or products; to: the first results of the slices. In place is
   * fine. */
  ct_status (*scan)(const ct_cuda_slices *slices, const ct_tensor *to, const ct_tensor *first,
                    bool *out_of_range, ct_error *error);

  /* Places (ops/indexing.h). All tensors are contiguous; indices are CudaLong, 1-based and, but for
   * check_indices, within range. Of several that go to one place the last one counts, or, to `add`,
   * they are added in order. An `element` has the tensor's type and lies in the CPU's memory. */
  ct_status (*check_indices)(const ct_tensor *index, int64_t n, int64_t *bad, const char *name,
                             ct_error *error); /* *bad: the first beyond 1..n, or -1; waits */
  ct_status (*rows_take)(const ct_cuda_rows *rows, const ct_tensor *to, const ct_tensor *from,
                         const ct_tensor *index, int64_t outer_stride, int64_t row_stride,
                         ct_error *error); /* rows of `from` lie these strides apart, in elements */
  ct_status (*rows_put)(const ct_cuda_rows *rows, bool add, const ct_tensor *to,
                        const ct_tensor *from, const ct_tensor *index, ct_error *error);
  ct_status (*rows_fill)(const ct_cuda_rows *rows, const ct_tensor *to, const void *element,
                         const ct_tensor *index, ct_error *error);
  ct_status (*gather)(const ct_cuda_rows *rows, const ct_tensor *to, const ct_tensor *from,
                      const ct_tensor *index, ct_error *error);
  ct_status (*scatter)(const ct_cuda_rows *rows, const ct_tensor *to, const ct_tensor *from,
                       const void *element, const ct_tensor *index, ct_error *error);
  /* Masks are CudaByte; what is not 0 counts. */
  ct_status (*mask_take)(const ct_tensor *to, const ct_tensor *from, const ct_tensor *mask,
                         const char *name, ct_error *error);
  ct_status (*mask_put)(const ct_tensor *to, const ct_tensor *from, const void *element,
                        const ct_tensor *mask, const char *name, ct_error *error);
  /* to: CudaLong [ones, mask.dims], the 1-based positions of the ones. */
  ct_status (*locate)(const ct_tensor *to, const ct_tensor *mask, const char *name,
                      ct_error *error);

  /* values, indices (CudaLong, 1-based), first: the first elements of slices. NaN is above all
   * numbers; equal elements keep their order. */
  ct_status (*order)(const ct_cuda_order *order, const ct_tensor *values, const ct_tensor *indices,
                     const ct_tensor *first, ct_error *error);

  /* The draws of the stream that starts at block `first`, element by element; t is contiguous. */
  ct_status (*random)(const char *name, const ct_tensor *t, const ct_draw *draw, uint64_t seed,
                      uint64_t first, ct_error *error);
  ct_status (*steps)(const char *name, const ct_tensor *t, const ct_cuda_steps *steps,
                     ct_error *error); /* t has one dimension */

  /* Products by cuBLAS, which is looked up when first needed; `what` names the caller in errors.
   * The precision of tensors' products belongs to the calling thread. */
  ct_status (*gemm)(int device, const ct_cuda_product *product, const char *what, ct_error *error);
  /* Of integers, which wrap: batches as 3-d views of any strides; c overlaps neither a nor b. */
  ct_status (*gemm_integer)(const ct_tensor *c, int64_t beta, int64_t alpha, const ct_tensor *a,
                            const ct_tensor *b, ct_error *error);
  ct_cuda_precision (*get_precision)(void);
  void (*set_precision)(ct_cuda_precision precision);
  /* Losses of rows on a GPU: the contract of ct_pair_forward, ct_pair_backward and
   * ct_pair_diagnosis_of (loss/loss.h).
   * *context is NULL at first and ends with pair_free. */
  ct_status (*pair_forward)(void **context, const char *function,
                            const struct ct_loss_rows *queries,
                            const struct ct_loss_rows *references,
                            const struct ct_loss_options *options, ct_tensor *losses,
                            struct ct_loss_facts *facts, ct_error *error);
  ct_status (*pair_backward)(void *context, const char *function, double scale,
                             ct_tensor *grad_queries, ct_tensor *grad_references,
                             ct_tensor *grad_bias, ct_error *error);
  bool (*pair_diagnosis)(void *context, struct ct_loss_diagnosis *out);
  void (*pair_free)(void *context);

  const ct_cuda_nn *nn; /* modules and optimisers */
} ct_cuda_table;

const ct_cuda_table *ct_cuda(void);

/* CT_OK when there is a GPU to run on; otherwise CT_EIO with CUDA's own words. */
ct_status ct_cuda_require(ct_error *error);

#ifdef __cplusplus
}
#endif

#endif
