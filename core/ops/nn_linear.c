/* Linear on top of the matrix product. The bias is laid into the output first and the product added
 * to it, so the output is written once more but read back from cache. */
#include "ops/nn_linear.h"
#include "base/threads.h"
#include "cpu/gemm.h"
#include "cpu/nn_rows.h"
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

static void product(ct_dtype dtype, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha,
                    const void *a, int64_t lda, const void *b, int64_t ldb, double beta, void *c) {
  if (m == 0 || n == 0 || k == 0) return;
  if (dtype == CT_FLOAT)
    ct_gemm_f32(ta, tb, m, n, k, (float)alpha, a, lda, b, ldb, (float)beta, c, n);
  else
    ct_gemm_f64(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, n);
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
  CT_TRY(ct_contiguous(&flat_x, dtype, x, error));
  CT_TRY(ct_contiguous(&flat_w, dtype, weight, error));
  if (bias) CT_TRY(ct_contiguous(&flat_b, dtype, bias, error));
  int64_t size[2] = {s.B, s.N};
  CT_TRY(ct_nn_result(who, y, dtype, x->dims, size + (x->dims == 1), error));
  KERNELS->fill_rows[dtype](ct_tensor_data(y), bias ? ct_tensor_data(&flat_b) : NULL, s.B, s.N,
                            ct_threads_for(s.B * s.N));
  product(dtype, false, true, s.B, s.N, s.D, 1, ct_tensor_data(&flat_x), s.D,
          ct_tensor_data(&flat_w), s.D, 1, ct_tensor_data(y));
  return CT_OK;
}

ct_status ct_nn_linear_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                const ct_tensor *weight, ct_error *error) {
  linear_shape s = {0};
  ct_dtype dtype = weight->dtype;
  CT_SCOPED_TENSOR flat_gy = {.dtype = dtype};
  CT_SCOPED_TENSOR flat_w = {.dtype = dtype};
  CT_TRY(check_input(&s, x, weight, error));
  CT_TRY(check_grad_output(&s, x, gy, error));
  CT_TRY(ct_contiguous(&flat_gy, dtype, gy, error));
  CT_TRY(ct_contiguous(&flat_w, dtype, weight, error));
  CT_TRY(ct_nn_result(who, gx, dtype, x->dims, x->size, error));
  if (s.N == 0) return ct_fill(gx, ct_scalar_of(0), error);
  product(dtype, false, false, s.B, s.D, s.N, 1, ct_tensor_data(&flat_gy), s.N,
          ct_tensor_data(&flat_w), s.D, 0, ct_tensor_data(gx));
  return CT_OK;
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
  CT_TRY(ct_contiguous(&flat_x, dtype, x, error));
  CT_TRY(ct_contiguous(&flat_gy, dtype, gy, error));
  CT_TRY(ct_nn_writable(&flat_gw, gw, error));
  product(dtype, true, false, s.N, s.D, s.B, scale, ct_tensor_data(&flat_gy), s.N,
          ct_tensor_data(&flat_x), s.D, 1, ct_tensor_data(&flat_gw));
  CT_TRY(ct_nn_write_back(gw, &flat_gw, error));
  if (!gb) return CT_OK;
  CT_TRY(ct_nn_writable(&flat_gb, gb, error));
  KERNELS->add_column_sums[dtype](ct_tensor_data(&flat_gb), ct_tensor_data(&flat_gy), s.B, s.N,
                                  scale, ct_threads_for(s.B * s.N));
  return ct_nn_write_back(gb, &flat_gb, error);
}
