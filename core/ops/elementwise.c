/* The contract of elementwise operations: types, sizes, the result's size, overlap. Everything here
 * ends in run(), which computes into memory of its own when the result lies across an input. */
#include "ops/elementwise.h"
#include <math.h>
#include <stdatomic.h>
#include "base/interrupt.h"
#include "cuda/cuda.h"
#include "ops/copy.h"

enum { MAX_INPUTS = 3 };

static const ct_elementwise_kernels *kernels(void) { return CT_ISA_SELECT(ct_elementwise_kernels); }

static ct_status undefined(const char *name, ct_dtype dtype, ct_error *error) {
  return ct_fail(error, CT_EINVALID, "%s: not defined for %sTensor", name, ct_dtype_name(dtype));
}

static ct_status check_inputs(const char *name, int inputs, const ct_tensor *const *input,
                              ct_error *error) {
  char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
  for (int k = 1; k < inputs; k++) {
    if (input[k]->dtype != input[0]->dtype)
      return ct_fail(error, CT_EINVALID,
                     "%s: tensors of one type expected, got %sTensor and %sTensor", name,
                     ct_dtype_name(input[0]->dtype), ct_dtype_name(input[k]->dtype));
    if (!ct_tensor_same_size(input[0], input[k]))
      return ct_fail(error, CT_EINVALID, "%s: tensors of one size expected, got %s and %s", name,
                     ct_shape_text(a, input[0]->dims, input[0]->size),
                     ct_shape_text(b, input[k]->dims, input[k]->size));
  }
  return CT_OK;
}

/* Whether an operation is defined for a type. On a GPU it is where it is on the CPU. */
static bool defined_for(const ct_run_fn kernel[CT_DTYPES], ct_dtype dtype) {
  return kernel[ct_dtype_on_cpu(dtype)] != NULL;
}

static ct_status check_result(const char *name, const ct_tensor *r, ct_dtype dtype,
                              ct_error *error) {
  if (r->dtype == dtype) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: the result must be a %sTensor, got a %sTensor", name,
                 ct_dtype_name(dtype), ct_dtype_name(r->dtype));
}

static ct_run_fn kernel_of(const ct_elementwise_call *call, ct_dtype dtype) {
  switch (call->family) {
  case CT_UNARY: return kernels()->unary[call->op][dtype];
  case CT_BINARY: return kernels()->binary[call->op][dtype];
  case CT_COMPARE: return kernels()->compare[call->op][dtype];
  case CT_SCALED: return kernels()->scaled[call->op][dtype];
  }
  return NULL;
}

/* Whether elements take so long that a large tensor keeps somebody waiting who pressed Ctrl-C. The
 * others are over soon, and all of a tensor is written or nothing. */
static bool is_slow(const ct_elementwise_call *call) {
  if (call->family == CT_UNARY) return call->op >= CT_EXP;
  return call->family == CT_BINARY && (call->op == CT_POW || call->op >= CT_FMOD);
}

typedef struct watched {
  ct_run_fn run;
  const void *context;
} watched;

static void run_watched(const void *context, int64_t count, char *const *pointer,
                        const int64_t *stride) {
  const watched *w = context;
  if (!ct_interrupted()) w->run(w->context, count, pointer, stride);
}

/* The result lies apart from an input or exactly on it. */
static ct_status compute(const ct_elementwise_call *call, int inputs,
                         const ct_tensor *const *operand, ct_error *error) {
  ct_dtype dtype = operand[1]->dtype;
  if (!ct_dtype_is_cuda(dtype)) {
    watched w = {kernel_of(call, dtype), &call->numbers};
    if (!is_slow(call)) {
      ct_loop(1 + inputs, 1, operand, w.run, w.context);
      return CT_OK;
    }
    ct_loop(1 + inputs, 1, operand, run_watched, &w);
    return ct_interrupted() ? CT_EINTERRUPTED : CT_OK;
  }
  const ct_tensor *there[1 + MAX_INPUTS] = {0};
  for (int k = 0; k <= inputs; k++)
    if (k == 0 || k != call->number_at) there[k] = operand[k];
  return ct_cuda()->elementwise(call, there, error);
}

/* r = operation(inputs); types and sizes of the inputs are checked already. When r is an input
 * itself, its size is right and resizing leaves it alone. */
static ct_status run(const ct_elementwise_call *call, ct_tensor *r, int inputs,
                     const ct_tensor *const *input, ct_error *error) {
  CT_TRY(ct_tensor_together(call->name, r, inputs, input, error));
  CT_TRY(ct_tensor_resize(r, input[0]->dims, input[0]->size, error));
  const ct_tensor *operand[1 + MAX_INPUTS] = {r};
  bool apart = true;
  for (int k = 0; k < inputs; k++) {
    operand[1 + k] = input[k];
    if (!ct_tensor_same_view(r, input[k]) && ct_tensor_overlaps(r, input[k])) apart = false;
  }
  if (apart) return compute(call, inputs, operand, error);
  ct_tensor scratch = {.dtype = r->dtype};
  CT_TRY(ct_tensor_new_on(&scratch, r->dtype, ct_tensor_device(r), r->dims, r->size, error));
  operand[0] = &scratch;
  ct_status status = compute(call, inputs, operand, error);
  if (status == CT_OK) status = ct_copy(r, &scratch, error);
  ct_tensor_release(&scratch);
  return status;
}

ct_status ct_elementwise_unary(const char *name, ct_unary op, ct_tensor *r, const ct_tensor *a,
                               ct_error *error) {
  if (!defined_for(kernels()->unary[op], a->dtype)) return undefined(name, a->dtype, error);
  CT_TRY(check_result(name, r, a->dtype, error));
  ct_elementwise_call call = {.name = name, .family = CT_UNARY, .op = (int)op};
  return run(&call, r, 1, &a, error);
}

static bool divides(ct_binary op) { return op == CT_DIV || op == CT_FMOD || op == CT_REMAINDER; }

static ct_status refuse_operand(const char *name, ct_binary op, ct_dtype dtype, ct_error *error) {
  return ct_fail(error, CT_EINVALID,
                 divides(op) ? "%s: %sTensor divided by zero"
                             : "%s: %sTensor raised to a negative power",
                 name, ct_dtype_name(dtype));
}

/* Integer divisors and exponents are looked through before anything is written. */
static ct_status check_operand(const char *name, ct_binary op, const ct_tensor *b,
                               ct_error *error) {
  if ((!divides(op) && op != CT_POW) || ct_dtype_is_real(b->dtype)) return CT_OK;
  const ct_find what = divides(op) ? CT_FIND_ZERO : CT_FIND_NEGATIVE;
  ct_run_fn look = kernels()->find[what][b->dtype];
  _Atomic bool found = false;
  if (ct_dtype_is_cuda(b->dtype)) {
    bool there = false;
    CT_TRY(ct_cuda()->find(what, b, &there, name, error));
    found = there;
  } else if (look) {
    ct_loop(1, 0, &b, look, &found);
  }
  return found ? refuse_operand(name, op, b->dtype, error) : CT_OK;
}

static ct_status check_number(const char *name, ct_binary op, ct_dtype dtype, ct_scalar b,
                              ct_error *error) {
  if (ct_dtype_is_real(dtype)) return CT_OK;
  bool bad = (divides(op) && b.i == 0) || (op == CT_POW && b.i < 0);
  return bad ? refuse_operand(name, op, dtype, error) : CT_OK;
}

ct_status ct_elementwise_binary(const char *name, ct_binary op, ct_tensor *r, const ct_tensor *a,
                                const ct_tensor *b, ct_error *error) {
  const ct_tensor *input[] = {a, b};
  if (!defined_for(kernels()->binary[op], a->dtype)) return undefined(name, a->dtype, error);
  CT_TRY(check_inputs(name, 2, input, error));
  CT_TRY(check_result(name, r, a->dtype, error));
  CT_TRY(check_operand(name, op, b, error));
  ct_elementwise_call call = {.name = name, .family = CT_BINARY, .op = (int)op};
  return run(&call, r, 2, input, error);
}

/* Numbers */

/* A number on its way to integers must be one. */
static ct_status check_integer(const char *name, ct_dtype dtype, ct_scalar number,
                               ct_error *error) {
  if (ct_dtype_is_real(dtype) || (double)number.i == number.d) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: a %sTensor needs an integer, got %.14g", name,
                 ct_dtype_name(dtype), number.d);
}

/* A bound of max, min or clamp: the nearest number of the type's range. */
static ct_status saturate(const char *name, ct_dtype dtype, ct_scalar *number, ct_error *error) {
  if (ct_dtype_is_real(dtype)) return CT_OK;
  if (number->d >= 0x1p63 && number->i <= 0)
    number->i = INT64_MAX;
  else if (number->d < -0x1p63)
    number->i = INT64_MIN;
  else
    CT_TRY(check_integer(name, dtype, *number, error));
  if (number->i < ct_dtype_least(dtype)) number->i = ct_dtype_least(dtype);
  if (number->i > ct_dtype_greatest(dtype)) number->i = ct_dtype_greatest(dtype);
  number->d = (double)number->i;
  return CT_OK;
}

static ct_status convert_number(const char *name, ct_binary op, ct_dtype dtype, ct_scalar *number,
                                ct_error *error) {
  if (op == CT_MAX || op == CT_MIN) return saturate(name, dtype, number, error);
  CT_TRY(check_integer(name, dtype, *number, error));
  bool wraps = op == CT_ADD || op == CT_SUB || op == CT_MUL || ct_dtype_is_real(dtype);
  if (wraps || (number->i >= ct_dtype_least(dtype) && number->i <= ct_dtype_greatest(dtype)))
    return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %lld is out of the range of a %sTensor", name,
                 (long long)number->i, ct_dtype_name(dtype));
}

/* A number in the shape of a tensor: every stride is 0. Nobody owns it; it ends with its scope. It
 * lies in the CPU's memory also where tensors do not, who are given the number itself. */
typedef struct number_view {
  ct_element element;
  ct_storage storage;
  ct_tensor tensor;
} number_view;

static const ct_tensor *view_number(number_view *v, ct_scalar number, const ct_tensor *like) {
  ct_scalar_store(like->dtype, &v->element, number);
  v->storage.dtype = like->dtype;
  v->storage.device = ct_tensor_device(like);
  v->storage.size = 1;
  v->storage.data = &v->element;
  v->tensor = (ct_tensor){.storage = &v->storage, .dtype = like->dtype, .dims = like->dims};
  for (int d = 0; d < like->dims; d++) v->tensor.size[d] = like->size[d];
  return &v->tensor;
}

ct_status ct_elementwise_number(const char *name, ct_binary op, ct_tensor *r, const ct_tensor *a,
                                ct_scalar number, bool number_first, ct_error *error) {
  if (!defined_for(kernels()->binary[op], a->dtype)) return undefined(name, a->dtype, error);
  CT_TRY(check_result(name, r, a->dtype, error));
  CT_TRY(convert_number(name, op, a->dtype, &number, error));
  if (op == CT_POW && !number_first && number.d == 2) { /* exact, and many times faster than pow */
    const ct_tensor *square[] = {a, a};
    ct_elementwise_call call = {.name = name, .family = CT_BINARY, .op = CT_MUL};
    return run(&call, r, 2, square, error);
  }
  number_view v;
  const ct_tensor *constant = view_number(&v, number, a);
  const ct_tensor *input[] = {number_first ? constant : a, number_first ? a : constant};
  if (number_first)
    CT_TRY(check_operand(name, op, a, error));
  else
    CT_TRY(check_number(name, op, a->dtype, number, error));
  ct_elementwise_call call = {.name = name,
                              .family = CT_BINARY,
                              .op = (int)op,
                              .number_at = number_first ? 1 : 2,
                              .numbers = {number, number}};
  return run(&call, r, 2, input, error);
}

ct_status ct_elementwise_scaled(const char *name, ct_scaled op, ct_tensor *r,
                                const ct_tensor *const *input, ct_scalar v, ct_scalar w,
                                ct_error *error) {
  static const int inputs[CT_SCALEDS] = {2, 3, 3, 2, 1};
  ct_dtype dtype = input[0]->dtype;
  if (!defined_for(kernels()->scaled[op], dtype)) return undefined(name, dtype, error);
  CT_TRY(check_inputs(name, inputs[op], input, error));
  CT_TRY(check_result(name, r, dtype, error));
  if (op == CT_CLAMP) {
    CT_TRY(saturate(name, dtype, &v, error));
    CT_TRY(saturate(name, dtype, &w, error));
  }
  CT_TRY(check_integer(name, dtype, v, error));
  if (op == CT_ADDCDIV) CT_TRY(check_operand(name, CT_DIV, input[2], error));
  ct_elementwise_call call = {.name = name, .family = CT_SCALED, .op = (int)op, .numbers = {v, w}};
  return run(&call, r, inputs[op], input, error);
}

/* Comparisons */

static ct_status compare(const ct_elementwise_call *call, ct_tensor *r,
                         const ct_tensor *const *input, ct_error *error) {
  const ct_dtype dtype = input[0]->dtype;
  const ct_dtype byte = ct_dtype_of_masks(dtype);
  if (r->dtype == byte) return run(call, r, 2, input, error);
  CT_TRY(check_result(call->name, r, dtype, error));
  ct_tensor bytes = {.dtype = byte};
  ct_status status = run(call, &bytes, 2, input, error);
  if (status == CT_OK) status = ct_tensor_together(call->name, r, 2, input, error);
  if (status == CT_OK) status = ct_tensor_resize(r, bytes.dims, bytes.size, error);
  if (status == CT_OK) status = ct_copy(r, &bytes, error);
  ct_tensor_release(&bytes);
  return status;
}

ct_status ct_elementwise_compare(const char *name, ct_compare op, ct_tensor *r, const ct_tensor *a,
                                 const ct_tensor *b, ct_error *error) {
  const ct_tensor *input[] = {a, b};
  CT_TRY(check_inputs(name, 2, input, error));
  ct_elementwise_call call = {.name = name, .family = CT_COMPARE, .op = (int)op};
  return compare(&call, r, input, error);
}

/* Moves `number` to an integer of the type that gives the same answers under *op, or to one with
 * which *op is always true or always false. */
static ct_scalar comparable(ct_compare *op, ct_dtype dtype, ct_scalar number) {
  int64_t low = ct_dtype_least(dtype), high = ct_dtype_greatest(dtype);
  bool integral = (double)number.i == number.d;
  double d = number.d;
  if (isnan(d) || (!integral && (*op == CT_EQ || *op == CT_NE))) {
    *op = *op == CT_NE ? CT_GE : CT_LT; /* x >= low is always true, x < low never */
    return (ct_scalar){0, low};
  }
  if (!integral && fabs(d) < 0x1p63) { /* x < 2.5 and x >= 2.5 round up, the others down */
    d = *op == CT_LT || *op == CT_GE ? ceil(d) : floor(d);
    number = ct_scalar_of(d);
    integral = true;
  }
  bool above = integral ? number.i > high : d > 0, below = integral ? number.i < low : d < 0;
  if (!above && !below) return number;
  bool always =
      *op == CT_NE || (above ? *op == CT_LT || *op == CT_LE : *op == CT_GT || *op == CT_GE);
  *op = always ? CT_GE : CT_LT;
  return (ct_scalar){0, low};
}

ct_status ct_elementwise_compare_number(const char *name, ct_compare op, ct_tensor *r,
                                        const ct_tensor *a, ct_scalar number, ct_error *error) {
  if (!ct_dtype_is_real(a->dtype)) number = comparable(&op, a->dtype, number);
  number_view v;
  const ct_tensor *input[] = {a, view_number(&v, number, a)};
  ct_elementwise_call call = {.name = name,
                              .family = CT_COMPARE,
                              .op = (int)op,
                              .number_at = 2,
                              .numbers = {number, number}};
  return compare(&call, r, input, error);
}
