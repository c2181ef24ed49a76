/* Orderings: contract and dispatch. Slices are independent and shared out to threads. */
#include "ops/order.h"
#include "base/interrupt.h"
#include "cpu/order.h"
#include "cuda/cuda.h"
#include "ops/output.h"

enum { PIECE = 4096 }; /* elements that one thread takes at a time */

static ct_status check_order(const char *name, ct_tensor *values, ct_tensor *indices,
                             const ct_tensor *t, int dim, ct_error *error) {
  if (dim < 0 || dim >= t->dims)
    return ct_fail(error, CT_EINVALID, "%s: dimension %d is out of range, the tensor has %d", name,
                   dim + 1, t->dims);
  const ct_dtype index = ct_dtype_of_indices(t->dtype);
  if (values->dtype != t->dtype || indices->dtype != index)
    return ct_fail(error, CT_EINVALID, "%s: %s values and %s indices expected, got %s and %s", name,
                   ct_dtype_name(t->dtype), ct_dtype_name(index), ct_dtype_name(values->dtype),
                   ct_dtype_name(indices->dtype));
  CT_TRY(ct_tensor_together(name, values, 1, &t, error));
  return ct_tensor_together(name, indices, 1, &t, error);
}

static ct_status run(ct_order *order, ct_tensor values, ct_tensor indices, ct_tensor t, int dim,
                     ct_error *error) {
  _Atomic bool out_of_memory = false;
  order->dtype = t.dtype;
  order->length = t.size[dim];
  order->stride = t.stride[dim] * (int64_t)ct_dtype_size(t.dtype);
  order->value_stride = values.stride[dim] * (int64_t)ct_dtype_size(t.dtype);
  order->index_stride = indices.stride[dim] * (int64_t)sizeof(int64_t);
  order->out_of_memory = &out_of_memory;
  values.size[dim] = indices.size[dim] = t.size[dim] = 1; /* the first elements of slices */
  const ct_tensor *operand[3] = {&values, &indices, &t};
  int64_t piece = PIECE / order->length;
  if (order->length > 0 && ct_tensor_count(&t) > 0)
    ct_loop_pieces(3, 2, operand, piece ? piece : 1, 16 * order->length, ct_order_run, order);
  if (out_of_memory)
    return ct_fail(error, CT_ENOMEM, "order: not enough memory to sort %lld elements",
                   (long long)order->length);
  return ct_interrupted() ? CT_EINTERRUPTED : CT_OK;
}

static ct_status run_on_cuda(const char *name, const ct_order *order, ct_tensor values,
                             ct_tensor indices, ct_tensor t, int dim, ct_error *error) {
  const bool sort = order->kind == CT_ORDER_SORT;
  ct_cuda_order there = {.name = name,
                         .length = t.size[dim],
                         .stride = t.stride[dim],
                         .value_stride = values.stride[dim],
                         .index_stride = indices.stride[dim],
                         .first = sort                          ? 0
                                  : order->kind == CT_ORDER_KTH ? order->kept - 1
                                                                : -1,
                         .kept = sort ? order->kept : 1,
                         .descending = order->descending};
  values.size[dim] = indices.size[dim] = t.size[dim] = 1;
  return ct_cuda()->order(&there, &values, &indices, &t, error);
}

static ct_status order_along(const char *name, ct_order order, int64_t results, ct_tensor *values,
                             ct_tensor *indices, const ct_tensor *t, int dim, ct_error *error) {
  ct_tensor wanted = *t;
  wanted.size[dim] = results;
  ct_output v, i;
  const ct_tensor *inputs[2] = {t, indices};
  CT_TRY(ct_output_begin(&v, values, t->dims, wanted.size, false, inputs, 2, error));
  ct_status status = ct_output_begin(&i, indices, t->dims, wanted.size, false, &t, 1, error);
  if (status != CT_OK) return ct_output_end(&v, status, error);
  if (results > 0 && ct_dtype_is_cuda(t->dtype))
    status = run_on_cuda(name, &order, v.target, i.target, *t, dim, error);
  else if (results > 0)
    status = run(&order, v.target, i.target, *t, dim, error);
  status = ct_output_end(&i, status, error);
  return ct_output_end(&v, status, error);
}

ct_status ct_sort(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                  bool descending, ct_error *error) {
  CT_TRY(check_order("sort", values, indices, t, dim, error));
  ct_order order = {.kind = CT_ORDER_SORT, .descending = descending, .kept = t->size[dim]};
  return order_along("sort", order, t->size[dim], values, indices, t, dim, error);
}

static ct_status check_k(const char *name, int64_t k, const ct_tensor *t, int dim,
                         ct_error *error) {
  if (k >= 1 && k <= t->size[dim]) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: k must be within 1..%lld, the size of dimension %d, got "
                 "%lld",
                 name, (long long)t->size[dim], dim + 1, (long long)k);
}

ct_status ct_topk(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int64_t k, int dim,
                  bool largest, ct_error *error) {
  CT_TRY(check_order("topk", values, indices, t, dim, error));
  CT_TRY(check_k("topk", k, t, dim, error));
  ct_order order = {.kind = CT_ORDER_SORT, .descending = largest, .kept = k};
  return order_along("topk", order, k, values, indices, t, dim, error);
}

ct_status ct_kthvalue(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int64_t k, int dim,
                      ct_error *error) {
  CT_TRY(check_order("kthvalue", values, indices, t, dim, error));
  CT_TRY(check_k("kthvalue", k, t, dim, error));
  ct_order order = {.kind = CT_ORDER_KTH, .kept = k};
  return order_along("kthvalue", order, 1, values, indices, t, dim, error);
}

static ct_status check_some(const char *name, const ct_tensor *t, int dim, ct_error *error) {
  if (t->size[dim] > 0) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: dimension %d is empty", name, dim + 1);
}

ct_status ct_median(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                    ct_error *error) {
  CT_TRY(check_order("median", values, indices, t, dim, error));
  CT_TRY(check_some("median", t, dim, error));
  ct_order order = {.kind = CT_ORDER_KTH, .kept = (t->size[dim] + 1) / 2};
  return order_along("median", order, 1, values, indices, t, dim, error);
}

ct_status ct_mode(ct_tensor *values, ct_tensor *indices, const ct_tensor *t, int dim,
                  ct_error *error) {
  CT_TRY(check_order("mode", values, indices, t, dim, error));
  CT_TRY(check_some("mode", t, dim, error));
  ct_order order = {.kind = CT_ORDER_MODE};
  return order_along("mode", order, 1, values, indices, t, dim, error);
}
