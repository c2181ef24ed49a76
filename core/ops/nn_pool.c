/* Pooling: window arithmetic and dispatch. */
#include "ops/nn_pool.h"
#include "base/threads.h"
#include "cpu/nn_pool.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_nn_pool_kernels)

/* Windows along one axis. With ceil the last one must still start on the plane or its left pad. */
static int64_t windows(int64_t n, int64_t k, int64_t d, int64_t pad, bool ceil_mode) {
  int64_t room = n - k + 2 * pad;
  if (n < 1 || room < 0) return 0;
  int64_t count = (ceil_mode ? (room + d - 1) / d : room / d) + 1;
  if ((count - 1) * d >= n + pad) count--;
  return count;
}

static ct_status check(ct_nn_pool_shape *s, int64_t size[4], const ct_nn_pool *p,
                       const ct_tensor *x, ct_error *error) {
  char got[CT_SHAPE_TEXT];
  CT_TRY(ct_nn_check_dtype(p->who, "input", x, x->dtype, error));
  if (x->dims != 3 && x->dims != 4)
    return ct_fail(error, CT_EINVALID, "%s: input must be [B, C, H, W] or [C, H, W], got %s",
                   p->who, ct_shape_text(got, x->dims, x->size));
  if (p->kH < 1 || p->kW < 1 || p->dH < 1 || p->dW < 1 || p->padH < 0 || p->padW < 0 ||
      p->padH > p->kH / 2 || p->padW > p->kW / 2)
    return ct_fail(error, CT_EINVALID,
                   "%s: windows and steps must be >= 1 and padding from 0 to half the window",
                   p->who);
  *s = (ct_nn_pool_shape){.H = x->size[x->dims - 2], .W = x->size[x->dims - 1]};
  s->kH = p->kH, s->kW = p->kW, s->dH = p->dH, s->dW = p->dW, s->padH = p->padH, s->padW = p->padW;
  s->count_pad = p->count_include_pad, s->divide = p->divide;
  s->out_h = windows(s->H, s->kH, s->dH, s->padH, p->ceil_mode);
  s->out_w = windows(s->W, s->kW, s->dW, s->padW, p->ceil_mode);
  if (s->out_h < 1 || s->out_w < 1 || s->H > INT32_MAX / s->W)
    return ct_fail(error, CT_EINVALID, "%s: no window of %lldx%lld fits an input of %s", p->who,
                   (long long)s->kW, (long long)s->kH, ct_shape_text(got, x->dims, x->size));
  s->planes = 1;
  for (int d = 0; d < x->dims - 2; d++) s->planes *= size[d] = x->size[d];
  size[x->dims - 2] = s->out_h, size[x->dims - 1] = s->out_w;
  return CT_OK;
}

static ct_status check_grad_output(const ct_nn_pool *p, const ct_tensor *x, const int64_t *size,
                                   const ct_tensor *gy, ct_error *error) {
  ct_tensor expected = {.dtype = x->dtype, .dims = x->dims};
  for (int d = 0; d < x->dims; d++) expected.size[d] = size[d];
  return ct_nn_check_like(p->who, "gradOutput", gy, &expected, error);
}

static int threads_for(const ct_nn_pool_shape *s) {
  return ct_threads_for(s->planes * s->H * s->W);
}

/* Positions stand where the input does. */
static ct_dtype index_type(const ct_tensor *x) {
  return ct_dtype_is_cuda(x->dtype) ? CT_CUDA_INT : CT_INT;
}

ct_status ct_nn_max_pool(ct_tensor *y, ct_tensor *index, const ct_tensor *x, const ct_nn_pool *pool,
                         ct_error *error) {
  int64_t size[4];
  ct_nn_pool_shape s;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check(&s, size, pool, x, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(pool->who, y, 1, &x, error));
  CT_TRY(ct_nn_result(pool->who, y, x->dtype, x->dims, size, error));
  if (index->dtype != index_type(x))
    return ct_fail(error, CT_EINVALID, "%s: indices must be of type %s", pool->who,
                   ct_dtype_name(index_type(x)));
  CT_TRY(ct_tensor_together(pool->who, index, 1, &x, error));
  CT_TRY(ct_tensor_resize(index, x->dims, size, error));
  if (!ct_tensor_contiguous(index))
    return ct_fail(error, CT_EINVALID, "%s: indices must be contiguous", pool->who);
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->max_pool(y, index, &flat, &s, error);
  KERNELS->max[x->dtype](ct_tensor_data(y), ct_tensor_data(index), ct_tensor_data(&flat), &s,
                         threads_for(&s));
  return CT_OK;
}

ct_status ct_nn_max_pool_backward(ct_tensor *gx, const ct_tensor *index, const ct_tensor *x,
                                  const ct_tensor *gy, const ct_nn_pool *pool, ct_error *error) {
  int64_t size[4];
  ct_nn_pool_shape s;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check(&s, size, pool, x, error));
  CT_TRY(check_grad_output(pool, x, size, gy, error));
  if (index->dtype != index_type(x) || !ct_tensor_same_size(index, gy) ||
      !ct_tensor_contiguous(index))
    return ct_fail(error, CT_EINVALID, "%s: forward comes before backward", pool->who);
  const ct_tensor *input[] = {x, gy, index};
  CT_TRY(ct_tensor_together(pool->who, gx, 3, input, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, gy, error));
  CT_TRY(ct_nn_result(pool->who, gx, x->dtype, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype))
    return ct_cuda()->nn->max_pool_backward(gx, index, &flat, &s, error);
  KERNELS->max_backward[x->dtype](ct_tensor_data(gx), ct_tensor_data(index), ct_tensor_data(&flat),
                                  &s, threads_for(&s));
  return CT_OK;
}

ct_status ct_nn_average_pool(ct_tensor *y, const ct_tensor *x, const ct_nn_pool *pool,
                             ct_error *error) {
  int64_t size[4];
  ct_nn_pool_shape s;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check(&s, size, pool, x, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(pool->who, y, 1, &x, error));
  CT_TRY(ct_nn_result(pool->who, y, x->dtype, x->dims, size, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->average_pool(y, &flat, &s, error);
  KERNELS->average[x->dtype](ct_tensor_data(y), ct_tensor_data(&flat), &s, threads_for(&s));
  return CT_OK;
}

ct_status ct_nn_average_pool_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                      const ct_nn_pool *pool, ct_error *error) {
  int64_t size[4];
  ct_nn_pool_shape s;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check(&s, size, pool, x, error));
  CT_TRY(check_grad_output(pool, x, size, gy, error));
  const ct_tensor *input[] = {x, gy};
  CT_TRY(ct_tensor_together(pool->who, gx, 2, input, error));
  CT_TRY(ct_contiguous(&flat, x->dtype, gy, error));
  CT_TRY(ct_nn_result(pool->who, gx, x->dtype, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->average_pool_backward(gx, &flat, &s, error);
  KERNELS->average_backward[x->dtype](ct_tensor_data(gx), ct_tensor_data(&flat), &s,
                                      threads_for(&s));
  return CT_OK;
}
