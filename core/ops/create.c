/* Tensors with regular contents: each element is computed from its index, never from its neighbour,
 * so that rounding does not pile up. */
#include "ops/create.h"
#include <math.h>
#include "cuda/cuda.h"
#include "ops/copy.h"

/* The i-th element of a tensor of one dimension. */
static void *element(const ct_tensor *r, int64_t i) {
  return (char *)ct_tensor_data(r) + (size_t)(i * r->stride[0]) * ct_dtype_size(r->dtype);
}

static bool is_integer(ct_scalar number) { return (double)number.i == number.d; }

ct_status ct_range(ct_tensor *r, ct_scalar from, ct_scalar to, ct_scalar step, ct_error *error) {
  bool real = ct_dtype_is_real(r->dtype);
  double steps = (to.d - from.d) / step.d;
  if (!(steps >= 0 && isfinite(steps) && step.d != 0))
    return ct_fail(error, CT_EINVALID, "range: no steps of %.14g lead from %.14g to %.14g", step.d,
                   from.d, to.d);
  if (!real && !(is_integer(from) && is_integer(step)))
    return ct_fail(error, CT_EINVALID,
                   "range: a %sTensor needs integers, got %.14g and a step of "
                   "%.14g",
                   ct_dtype_name(r->dtype), from.d, step.d);
  if (steps >= 0x1p62)
    return ct_fail(error, CT_ENOMEM, "range: %.14g elements exceed the address space", steps);
  uint64_t exact = (uint64_t)steps;
  if (!real && is_integer(to)) /* doubles cannot tell large integers apart */
    exact = step.i > 0 ? ((uint64_t)to.i - (uint64_t)from.i) / (uint64_t)step.i
                       : ((uint64_t)from.i - (uint64_t)to.i) / (0 - (uint64_t)step.i);
  int64_t n = (int64_t)exact + 1;
  CT_TRY(ct_tensor_resize(r, 1, &n, error));
  if (ct_dtype_is_cuda(r->dtype)) {
    ct_cuda_steps regular = {.from = from, .step = step, .last = -1};
    return ct_cuda()->steps("range", r, &regular, error);
  }
  for (int64_t i = 0; i < n; i++) {
    uint64_t integer = (uint64_t)from.i + (uint64_t)i * (uint64_t)step.i;
    ct_scalar_store(r->dtype, element(r, i),
                    (ct_scalar){from.d + (double)i * step.d, (int64_t)integer});
  }
  return CT_OK;
}

ct_status ct_linspace(ct_tensor *r, double a, double b, int64_t n, bool logarithmic,
                      ct_error *error) {
  const char *name = logarithmic ? "logspace" : "linspace";
  if (!ct_dtype_is_real(r->dtype))
    return ct_fail(error, CT_EINVALID, "%s: not defined for %sTensor", name,
                   ct_dtype_name(r->dtype));
  if (n < 1)
    return ct_fail(error, CT_EINVALID, "%s: at least one element expected, got %lld", name,
                   (long long)n);
  CT_TRY(ct_tensor_resize(r, 1, &n, error));
  if (ct_dtype_is_cuda(r->dtype)) {
    ct_cuda_steps regular = {.from = ct_scalar_of(a),
                             .step = ct_scalar_of(n > 1 ? (b - a) / (double)(n - 1) : 0),
                             .end = n > 1 ? b : a,
                             .base = logarithmic ? 10 : 0,
                             .last = n - 1};
    return ct_cuda()->steps(name, r, &regular, error);
  }
  for (int64_t i = 0; i < n; i++) {
    double x = a;
    if (n > 1) x = i == n - 1 ? b : a + (double)i * ((b - a) / (double)(n - 1));
    ct_scalar_store(r->dtype, element(r, i), ct_scalar_of(logarithmic ? pow(10, x) : x));
  }
  return CT_OK;
}

ct_status ct_eye(ct_tensor *r, int64_t rows, int64_t columns, ct_error *error) {
  int64_t size[2] = {rows, columns};
  if (rows < 1 || columns < 1)
    return ct_fail(error, CT_EINVALID, "eye: positive sizes expected, got %lld and %lld",
                   (long long)rows, (long long)columns);
  CT_TRY(ct_tensor_resize(r, 2, size, error));
  CT_TRY(ct_fill(r, ct_scalar_of(0), error));
  ct_tensor diagonal = *r; /* borrowed */
  diagonal.dims = 1;
  diagonal.size[0] = rows < columns ? rows : columns;
  diagonal.stride[0] = r->stride[0] + r->stride[1];
  return ct_fill(&diagonal, ct_scalar_of(1), error);
}
