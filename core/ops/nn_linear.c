/* Linear on top of the matrix product. The bias is laid into the output first and the product added
 * to it, so the output is written once more but read back from cache. */
#include "ops/nn_linear.h"
#include "base/interrupt.h"
#include "base/threads.h"
#include "cpu/gemm.h"
#include "cpu/nn_rows.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_nn_rows_kernels)

static const char who[] = "nn.Linear";

typedef struct linear_shape {
  int64_t B, D, N;
} linear_shape;

static ct_status check_input(linear_shape *s, const ct_tensor *x, const ct_tensor *weight,
                             ct_error *error) {
  char got[CT_SHAPE_TEXT];
  if (weight->dims != 2)
    return ct_fail(error, CT_EINVALID, "%s: weight must be [N, D], got %s", who,
                   ct_shape_text(got, weight->dims, weight->size));
  s->N = weight->size[0], s->D = weight->size[1];
  CT_TRY(ct_nn_check_dtype(who, "input", x, weight->dtype, error));
  if (x->dims < 1 || x->dims > 2 || x->size[x->dims - 1] != s->D)
    return ct_fail(error, CT_EINVALID, "%s: input must be [B, %lld] or [%lld], got %s", who,
                   (long long)s->D, (long long)s->D, ct_shape_text(got, x->dims, x->size));
  s->B = x->dims == 2 ? x->size[0] : 1;
  return CT_OK;
}

static ct_status check_bias(const ct_tensor *bias, const ct_tensor *weight, ct_error *error) {
  char got[CT_SHAPE_TEXT];
  if (!bias) return CT_OK;
  CT_TRY(ct_nn_check_dtype(who, "bias", bias, weight->dtype, error));
  if (ct_tensor_count(bias) == weight->size[0]) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: bias must be [%lld], got %s", who,
                 (long long)weight->size[0], ct_shape_text(got, bias->dims, bias->size));
}

/* gradOutput: [B,N], or [N] when the input is [D] */
static ct_status check_grad_output(const linear_shape *s, const ct_tensor *x, const ct_tensor *gy,
                                   ct_error *error) {
  ct_tensor expected = {.dtype = x->dtype, .dims = x->dims, .size = {s->N}};
  if (x->dims == 2) expected.size[0] = s->B, expected.size[1] = s->N;
  return ct_nn_check_like(who, "gradOutput", gy, &expected, error);
}

/* c [m,n] = beta * c + alpha * op(a) op(b), all contiguous and not empty. */
static ct_status product(bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha,
                         const ct_tensor *a, const ct_tensor *b, double beta, ct_tensor *c,
                         ct_error *error) {
  int64_t lda = ta ? m : k, ldb = tb ? k : n;
  if (m == 0 || n == 0 || k == 0) return CT_OK;
  if (ct_dtype_is_cuda(c->dtype)) {
    ct_cuda_product p = {.dtype = c->dtype,
                         .result = c->dtype,
                         .precision = ct_cuda()->get_precision(),
                         .transpose_a = ta,
                         .transpose_b = tb,
                         .m = m,
                         .n = n,
                         .k = k,
                         .batch = 1,
                         .alpha = alpha,
                         .beta = beta,
                         .a = ct_tensor_data(a),
                         .lda = lda,
                         .b = ct_tensor_data(b),
                         .ldb = ldb,
                         .c = ct_tensor_data(c),
                         .ldc = n};
    return ct_cuda()->gemm(c->storage->device, &p, who, error);
  }
  if (c->dtype == CT_FLOAT)
    ct_gemm_f32(ta, tb, m, n, k, (float)alpha, ct_tensor_data(a), lda, ct_tensor_data(b), ldb,
                (float)beta, ct_tensor_data(c), n);
  else
    ct_gemm_f64(ta, tb, m, n, k, alpha, ct_tensor_data(a), lda, ct_tensor_data(b), ldb, beta,
                ct_tensor_data(c), n);
  return ct_interrupted() ? CT_EINTERRUPTED : CT_OK;
}

/* y = bias, or zeros, in every row. */
static ct_status lay_bias(ct_tensor *y, const ct_tensor *bias, const linear_shape *s,
                          ct_error *error) {
  if (ct_dtype_is_cuda(y->dtype))
    return ct_cuda()->nn->fill_channels(y, bias, (ct_cuda_channels){s->B, s->N, 1}, error);
  KERNELS->fill_rows[y->dtype](ct_tensor_data(y), bias ? ct_tensor_data(bias) : NULL, s->B, s->N,
                               ct_threads_for(s->B * s->N));
  return CT_OK;
}

/* gb += scale * the sum over rows of gy. */
static ct_status add_bias_gradient(ct_tensor *gb, const ct_tensor *gy, const linear_shape *s,
                                   double scale, ct_error *error) {
  if (ct_dtype_is_cuda(gb->dtype))
    return ct_cuda()->nn->add_channel_sums(gb, gy, (ct_cuda_channels){s->B, s->N, 1}, scale, error);
  KERNELS->add_column_sums[gb->dtype](ct_tensor_data(gb), ct_tensor_data(gy), s->B, s->N, scale,
                                      ct_threads_for(s->B * s->N));
  return CT_OK;
}

ct_status ct_nn_linear(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight,
                       const ct_tensor *bias, ct_error *error) {
  linear_shape s;
  ct_dtype dtype = weight->dtype;
  CT_SCOPED_TENSOR flat_x = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_w = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_b = {.dtype = dtype};
  CT_TRY(check_input(&s, x, weight, error));
  CT_TRY(check_bias(bias, weight, error));
  const ct_tensor *input[] = {x, weight, bias};
  CT_TRY(ct_tensor_together(who, y, 3, input, error));
  CT_TRY(ct_contiguous(&flat_x, dtype, x, error));
  CT_TRY(ct_contiguous(&flat_w, dtype, weight, error));
  if (bias) CT_TRY(ct_contiguous(&flat_b, dtype, bias, error));
  int64_t size[2] = {s.B, s.N};
  CT_TRY(ct_nn_result(who, y, dtype, x->dims, size + (x->dims == 1), error));
  CT_TRY(lay_bias(y, bias ? &flat_b : NULL, &s, error));
  return product(false, true, s.B, s.N, s.D, 1, &flat_x, &flat_w, 1, y, error);
}

ct_status ct_nn_linear_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                const ct_tensor *weight, ct_error *error) {
  linear_shape s = {0};
  ct_dtype dtype = weight->dtype;
  CT_SCOPED_TENSOR flat_gy = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_w = {.dtype = dtype};
  CT_TRY(check_input(&s, x, weight, error));
  CT_TRY(check_grad_output(&s, x, gy, error));
  const ct_tensor *input[] = {x, gy, weight};
  CT_TRY(ct_tensor_together(who, gx, 3, input, error));
  CT_TRY(ct_contiguous(&flat_gy, dtype, gy, error));
  CT_TRY(ct_contiguous(&flat_w, dtype, weight, error));
  CT_TRY(ct_nn_result(who, gx, dtype, x->dims, x->size, error));
  if (s.N == 0) return ct_fill(gx, ct_scalar_of(0), error);
  return product(false, false, s.B, s.D, s.N, 1, &flat_gy, &flat_w, 0, gx, error);
}

ct_status ct_nn_linear_accumulate(ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                  const ct_tensor *gy, double scale, ct_error *error) {
  linear_shape s;
  ct_dtype dtype = gw->dtype;
  CT_SCOPED_TENSOR flat_x = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_gy = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_gw = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_gb = {.dtype = dtype};
  CT_TRY(check_input(&s, x, gw, error));
  CT_TRY(check_grad_output(&s, x, gy, error));
  CT_TRY(check_bias(gb, gw, error));
  const ct_tensor *input[] = {x, gy, gb};
  CT_TRY(ct_tensor_together(who, gw, 3, input, error));
  CT_TRY(ct_contiguous(&flat_x, dtype, x, error));
  CT_TRY(ct_contiguous(&flat_gy, dtype, gy, error));
  CT_TRY(ct_nn_writable(&flat_gw, gw, error));
  CT_TRY(product(true, false, s.N, s.D, s.B, scale, &flat_gy, &flat_x, 1, &flat_gw, error));
  CT_TRY(ct_nn_write_back(gw, &flat_gw, error));
  if (!gb) return CT_OK;
  CT_TRY(ct_nn_writable(&flat_gb, gb, error));
  CT_TRY(add_bias_gradient(&flat_gb, &flat_gy, &s, scale, error));
  return ct_nn_write_back(gb, &flat_gb, error);
}
