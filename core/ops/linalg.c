/* Products. Every function here is brought to one form, C_i = beta*C_i + alpha*A_i*B_i over a batch
 * of matrices given as 3-d views (a matrix is a batch of one, a vector a matrix of one row or
 * column).
 *
 * BLAS wants one stride of a matrix to be 1: such views, transposed ones included, go in as they
 * are, others as contiguous copies, made first. The result is written in place when it has such a
 * layout and shares no memory with the factors; otherwise the product is made apart and copied. */
#include "ops/linalg.h"
#include <limits.h>
#include "base/interrupt.h"
#include "cpu/dot.h"
#include "cpu/gemm.h"
#include "cpu/gemm_integer.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/reduce.h"

/* How the last two dimensions of a view look to BLAS. */
typedef struct layout {
  bool transposed;
  int64_t leading;
} layout;

static bool blas_layout(const ct_tensor *t, layout *out) {
  int64_t rows = t->size[1], columns = t->size[2], by_row = t->stride[1], by_column = t->stride[2];
  int64_t at_least_rows = rows > 1 ? rows : 1, at_least_columns = columns > 1 ? columns : 1;
  if ((by_column == 1 || columns <= 1) && (by_row >= at_least_columns || rows <= 1))
    *out = (layout){false, rows <= 1 ? at_least_columns : by_row};
  else if ((by_row == 1 || rows <= 1) && (by_column >= at_least_rows || columns <= 1))
    *out = (layout){true, columns <= 1 ? at_least_rows : by_column};
  else
    return false;
  return out->leading <= INT_MAX;
}

/* A factor in a layout that BLAS takes; *copy holds the memory when that needed one. */
static ct_status take_factor(ct_tensor *view, ct_tensor *copy, ct_error *error) {
  layout ignored;
  if (!ct_dtype_is_real(view->dtype) || blas_layout(view, &ignored)) return CT_OK;
  CT_TRY(ct_clone(copy, view->dtype, view, error));
  *view = *copy;
  return CT_OK;
}

static ct_status multiply_real(const char *name, const ct_tensor *c, layout lc, double beta,
                               double alpha, const ct_tensor *a, layout la, const ct_tensor *b,
                               layout lb, ct_error *error) {
  const bool swapped = lc.transposed;
  if (swapped) { /* C' = B'A' is row-major */
    const ct_tensor *t = a;
    layout l = {!la.transposed, la.leading};
    a = b, b = t;
    la = (layout){!lb.transposed, lb.leading}, lb = l;
  }
  int64_t m = c->size[lc.transposed ? 2 : 1], n = c->size[lc.transposed ? 1 : 2];
  int64_t k = swapped ? a->size[1] : a->size[2];
  if (ct_dtype_is_cuda(c->dtype)) {
    ct_cuda_product product = {.dtype = c->dtype,
                               .result = c->dtype,
                               .precision = ct_cuda()->get_precision(),
                               .transpose_a = la.transposed,
                               .transpose_b = lb.transposed,
                               .m = m,
                               .n = n,
                               .k = k,
                               .batch = c->size[0],
                               .alpha = alpha,
                               .beta = beta,
                               .a = ct_tensor_data(a),
                               .b = ct_tensor_data(b),
                               .c = ct_tensor_data(c),
                               .lda = la.leading,
                               .ldb = lb.leading,
                               .ldc = lc.leading,
                               .stride_a = a->stride[0],
                               .stride_b = b->stride[0],
                               .stride_c = c->stride[0]};
    return ct_cuda()->gemm(c->storage->device, &product, name, error);
  }
  for (int64_t i = 0; i < c->size[0] && !ct_interrupted(); i++) {
    if (c->dtype == CT_FLOAT)
      ct_gemm_f32(la.transposed, lb.transposed, m, n, k, (float)alpha,
                  (const float *)ct_tensor_data(a) + i * a->stride[0], la.leading,
                  (const float *)ct_tensor_data(b) + i * b->stride[0], lb.leading, (float)beta,
                  (float *)ct_tensor_data(c) + i * c->stride[0], lc.leading);
    else
      ct_gemm_f64(la.transposed, lb.transposed, m, n, k, alpha,
                  (const double *)ct_tensor_data(a) + i * a->stride[0], la.leading,
                  (const double *)ct_tensor_data(b) + i * b->stride[0], lb.leading, beta,
                  (double *)ct_tensor_data(c) + i * c->stride[0], lc.leading);
  }
  return ct_interrupted() ? CT_EINTERRUPTED : CT_OK;
}

static void multiply_integer(const ct_tensor *c, int64_t beta, int64_t alpha, const ct_tensor *a,
                             const ct_tensor *b) {
  size_t element = ct_dtype_size(c->dtype);
  for (int64_t i = 0; i < c->size[0] && !ct_interrupted(); i++)
    ct_gemm_integer(
        c->dtype, c->size[1], c->size[2], a->size[2], alpha,
        (const char *)ct_tensor_data(a) + (size_t)(i * a->stride[0]) * element, a->stride + 1,
        (const char *)ct_tensor_data(b) + (size_t)(i * b->stride[0]) * element, b->stride + 1, beta,
        (char *)ct_tensor_data(c) + (size_t)(i * c->stride[0]) * element, c->stride + 1);
}

/* C_i = beta*C_i + alpha*A_i*B_i; c, a and b have BLAS layouts and c overlaps neither a nor b. */
static ct_status multiply(const char *name, const ct_tensor *c, ct_scalar beta, ct_scalar alpha,
                          const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  layout la, lb, lc;
  if (ct_dtype_is_real(c->dtype))
    return blas_layout(a, &la) && blas_layout(b, &lb) && blas_layout(c, &lc)
               ? multiply_real(name, c, lc, beta.d, alpha.d, a, la, b, lb, error)
               : CT_OK;
  if (ct_dtype_is_cuda(c->dtype)) return ct_cuda()->gemm_integer(c, beta.i, alpha.i, a, b, error);
  multiply_integer(c, beta.i, alpha.i, a, b);
  return ct_interrupted() ? CT_EINTERRUPTED : CT_OK;
}

/* Borrowed 3-d views (they own no reference). */
static ct_tensor as_batch(const ct_tensor *t, int64_t rows, int64_t columns) {
  ct_tensor view = *t;
  view.dims = 3;
  view.size[0] = t->dims == 3 ? t->size[0] : 1;
  view.stride[0] = t->dims == 3 ? t->stride[0] : 0;
  view.size[1] = rows;
  view.size[2] = columns;
  int row = t->dims - 2, column = t->dims - 1; /* a matrix, or a batch of them */
  if (t->dims == 1) row = columns == 1 ? 0 : -1, column = columns == 1 ? -1 : 0;
  view.stride[1] = row >= 0 ? t->stride[row] : 1;
  view.stride[2] = column >= 0 ? t->stride[column] : 1;
  return view;
}

static bool shares(const ct_tensor *result, bool fits, const ct_tensor *input) {
  return fits ? ct_tensor_overlaps(result, input)
              : result->storage && result->storage == input->storage;
}

typedef struct product {
  const char *name;
  ct_tensor *result;
  int dims;
  int64_t size[3]; /* of the result */
  ct_scalar beta, alpha;
  const ct_tensor *addend;
  ct_tensor a, b; /* as batches */
  int64_t rows, columns;
  bool summed; /* over the batch */
} product;

static ct_status check_product(const product *p, ct_error *error) {
  ct_dtype dtype = p->a.dtype;
  const ct_tensor *others[] = {&p->b, p->result, p->addend ? p->addend : p->result};
  for (int i = 0; i < 3; i++)
    if (others[i]->dtype != dtype)
      return ct_fail(error, CT_EINVALID, "%s: tensors of one type expected, got %s and %s", p->name,
                     ct_dtype_name(dtype), ct_dtype_name(others[i]->dtype));
  if (!ct_dtype_is_real(dtype) &&
      ((p->addend && (double)p->beta.i != p->beta.d) || (double)p->alpha.i != p->alpha.d))
    return ct_fail(error, CT_EINVALID, "%s: a %s tensor wants integer factors, got %g and %g",
                   p->name, ct_dtype_name(dtype), p->beta.d, p->alpha.d);
  char got[CT_SHAPE_TEXT], want[CT_SHAPE_TEXT];
  ct_tensor expected = {.dims = p->dims, .size = {p->size[0], p->size[1], p->size[2]}};
  if (p->addend && !ct_tensor_same_size(p->addend, &expected))
    return ct_fail(error, CT_EINVALID, "%s: what the product is added to must be %s, got %s",
                   p->name, ct_shape_text(want, p->dims, p->size),
                   ct_shape_text(got, p->addend->dims, p->addend->size));
  if (p->rows > INT_MAX || p->columns > INT_MAX || p->a.size[2] > INT_MAX)
    return ct_fail(error, CT_EINVALID, "%s: sizes above %d are not supported", p->name, INT_MAX);
  return CT_OK;
}

/* The product into `out`, which overlaps no factor and has the result's size. */
static ct_status run_into(const product *p, const ct_tensor *out, ct_error *error) {
  ct_tensor c = as_batch(out, p->rows, p->columns), target = *out;
  ct_scalar beta = p->addend ? p->beta : ct_scalar_of(0);
  if (p->addend && beta.d != 0 && !ct_tensor_same_view(out, p->addend))
    CT_TRY(ct_copy(&target, p->addend, error));
  if (!p->summed) return multiply(p->name, &c, beta, p->alpha, &p->a, &p->b, error);
  ct_tensor a = p->a, b = p->b;
  a.size[0] = b.size[0] = 1;
  if (p->a.size[0] == 0) { /* an empty sum still scales what it is added to */
    a.size[2] = b.size[1] = 0;
    return multiply(p->name, &c, beta, p->alpha, &a, &b, error);
  }
  for (int64_t i = 0; i < p->a.size[0]; i++) {
    CT_TRY(multiply(p->name, &c, i ? ct_scalar_of(1) : beta, p->alpha, &a, &b, error));
    a.offset += a.stride[0];
    b.offset += b.stride[0];
  }
  return CT_OK;
}

/* The factors are as BLAS wants them: what can fail for want of memory comes before all writing. */
static ct_status run_ready(const product *p, ct_error *error) {
  ct_tensor *result = p->result;
  ct_tensor expected = {.dims = p->dims, .size = {p->size[0], p->size[1], p->size[2]}};
  bool fits = result->storage && ct_tensor_same_size(result, &expected);
  bool in_place = p->addend && ct_tensor_same_view(result, p->addend);
  bool apart = shares(result, fits, &p->a) || shares(result, fits, &p->b) ||
               (p->addend && !in_place && shares(result, fits, p->addend));
  if (fits && !apart) {
    layout ignored;
    ct_tensor c = as_batch(result, p->rows, p->columns);
    apart = !blas_layout(&c, &ignored);
  }
  if (!apart) {
    CT_TRY(ct_tensor_resize(result, p->dims, p->size, error));
    return run_into(p, result, error);
  }
  ct_tensor fresh = {.dtype = result->dtype};
  CT_TRY(ct_tensor_new_on(&fresh, result->dtype, ct_tensor_device(&p->a), p->dims, p->size, error));
  ct_status status = run_into(p, &fresh, error);
  if (status == CT_OK) status = ct_tensor_resize(result, p->dims, p->size, error);
  if (status == CT_OK) status = ct_copy(result, &fresh, error);
  ct_tensor_release(&fresh);
  return status;
}

static ct_status run_product(const product *p, ct_error *error) {
  CT_TRY(check_product(p, error));
  const ct_tensor *input[] = {&p->a, &p->b, p->addend};
  CT_TRY(ct_tensor_together(p->name, p->result, 3, input, error));
  product ready = *p;
  ct_tensor copy_a = {.dtype = p->a.dtype}, copy_b = {.dtype = p->b.dtype};
  ct_status status = take_factor(&ready.a, &copy_a, error);
  if (status == CT_OK) status = take_factor(&ready.b, &copy_b, error);
  if (status == CT_OK) status = run_ready(&ready, error);
  ct_tensor_release(&copy_a);
  ct_tensor_release(&copy_b);
  return status;
}

static ct_status mismatch(const char *name, const char *wanted, const ct_tensor *a,
                          const ct_tensor *b, ct_error *error) {
  char x[CT_SHAPE_TEXT], y[CT_SHAPE_TEXT];
  return ct_fail(error, CT_EINVALID, "%s: %s expected, got %s and %s", name, wanted,
                 ct_shape_text(x, a->dims, a->size), ct_shape_text(y, b->dims, b->size));
}

ct_status ct_addmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                   ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  if (a->dims != 2 || b->dims != 2 || a->size[1] != b->size[0])
    return mismatch(name, "matrices m x k and k x n", a, b, error);
  product p = {.name = name,
               .result = result,
               .dims = 2,
               .size = {a->size[0], b->size[1]},
               .beta = beta,
               .alpha = alpha,
               .addend = addend,
               .a = as_batch(a, a->size[0], a->size[1]),
               .b = as_batch(b, b->size[0], b->size[1]),
               .rows = a->size[0],
               .columns = b->size[1]};
  return run_product(&p, error);
}

ct_status ct_addmv(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                   ct_scalar alpha, const ct_tensor *a, const ct_tensor *x, ct_error *error) {
  if (a->dims != 2 || x->dims != 1 || a->size[1] != x->size[0])
    return mismatch(name, "a matrix m x k and a vector of k elements", a, x, error);
  product p = {.name = name,
               .result = result,
               .dims = 1,
               .size = {a->size[0]},
               .beta = beta,
               .alpha = alpha,
               .addend = addend,
               .a = as_batch(a, a->size[0], a->size[1]),
               .b = as_batch(x, x->size[0], 1),
               .rows = a->size[0],
               .columns = 1};
  return run_product(&p, error);
}

ct_status ct_addr(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                  ct_scalar alpha, const ct_tensor *x, const ct_tensor *y, ct_error *error) {
  if (x->dims != 1 || y->dims != 1) return mismatch(name, "two vectors", x, y, error);
  product p = {.name = name,
               .result = result,
               .dims = 2,
               .size = {x->size[0], y->size[0]},
               .beta = beta,
               .alpha = alpha,
               .addend = addend,
               .a = as_batch(x, x->size[0], 1),
               .b = as_batch(y, 1, y->size[0]),
               .rows = x->size[0],
               .columns = y->size[0]};
  return run_product(&p, error);
}

static ct_status batched(bool summed, const char *name, ct_tensor *result, ct_scalar beta,
                         const ct_tensor *addend, ct_scalar alpha, const ct_tensor *a,
                         const ct_tensor *b, ct_error *error) {
  if (a->dims != 3 || b->dims != 3 || a->size[0] != b->size[0] || a->size[2] != b->size[1])
    return mismatch(name, "batches s x m x k and s x k x n", a, b, error);
  product p = {.name = name,
               .result = result,
               .dims = summed ? 2 : 3,
               .size = {a->size[0], a->size[1], b->size[2]},
               .beta = beta,
               .alpha = alpha,
               .addend = addend,
               .a = *a,
               .b = *b,
               .rows = a->size[1],
               .columns = b->size[2],
               .summed = summed};
  if (summed) p.size[0] = p.rows, p.size[1] = p.columns, p.size[2] = 0;
  return run_product(&p, error);
}

ct_status ct_baddbmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                     ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  return batched(false, name, result, beta, addend, alpha, a, b, error);
}

ct_status ct_addbmm(const char *name, ct_tensor *result, ct_scalar beta, const ct_tensor *addend,
                    ct_scalar alpha, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  return batched(true, name, result, beta, addend, alpha, a, b, error);
}

ct_status ct_dot(ct_scalar *out, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  int64_t count = ct_tensor_count(a);
  if (a->dtype != b->dtype)
    return ct_fail(error, CT_EINVALID, "dot: tensors of one type expected, got %s and %s",
                   ct_dtype_name(a->dtype), ct_dtype_name(b->dtype));
  if (count != ct_tensor_count(b))
    return mismatch("dot", "tensors with as many elements", a, b, error);
  const ct_tensor *input[2] = {a, b};
  CT_TRY(ct_tensor_together("dot", NULL, 2, input, error));
  ct_tensor x = {.dtype = a->dtype}, y = {.dtype = a->dtype};
  ct_status status = ct_contiguous(&x, a->dtype, a, error);
  if (status == CT_OK) status = ct_contiguous(&y, a->dtype, b, error);
  if (status == CT_OK && ct_dtype_is_cuda(a->dtype))
    status = ct_dot_on_cuda(out, &x, &y, error);
  else if (status == CT_OK)
    status = ct_dot_contiguous(out, a->dtype, count, ct_tensor_data(&x), ct_tensor_data(&y), error);
  ct_tensor_release(&x);
  ct_tensor_release(&y);
  return status;
}
