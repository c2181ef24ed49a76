/* Batch normalisation: checks, per-channel coefficients in double, and the two passes over memory
 * that the kernels make (statistics, then the affine map). */
#include "ops/nn_norm.h"
#include <math.h>
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/nn_norm.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_nn_norm_kernels)

/* Scratch of one call: six vectors of C doubles and 2*B*C partial sums. */
typedef struct scratch {
  double *mean, *scale, *a, *b, *c, *d, *partial;
} scratch;

static ct_status get_scratch(scratch *s, ct_nn_norm_shape shape, ct_error *error) {
  int64_t partial = shape.S > 1 ? 2 * shape.B * shape.C : 0;
  CT_TRY(ct_alloc(&s->mean, 6 * shape.C + partial, sizeof *s->mean, "batch normalisation", error));
  s->scale = s->mean + shape.C;
  s->a = s->scale + shape.C;
  s->b = s->a + shape.C;
  s->c = s->b + shape.C;
  s->d = s->c + shape.C;
  s->partial = s->d + shape.C;
  return CT_OK;
}

static double get(const ct_tensor *t, int64_t i) {
  const char *data = ct_tensor_data(t);
  return ct_scalar_load(t->dtype, data + (size_t)(i * t->stride[0]) * ct_dtype_size(t->dtype)).d;
}

static void put(ct_tensor *t, int64_t i, double value) {
  char *data = ct_tensor_data(t);
  ct_scalar_store(t->dtype, data + (size_t)(i * t->stride[0]) * ct_dtype_size(t->dtype),
                  (ct_scalar){.d = value});
}

static ct_status check_vector(const ct_nn_norm *n, const char *what, const ct_tensor *t, int64_t C,
                              ct_dtype dtype, ct_error *error) {
  char got[CT_SHAPE_TEXT];
  if (!t) return CT_OK;
  CT_TRY(ct_nn_check_dtype(n->who, what, t, dtype, error));
  if (t->dims == 1 && t->size[0] == C) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must have %lld elements, got %s", n->who, what,
                 (long long)C, ct_shape_text(got, t->dims, t->size));
}

static ct_status check(ct_nn_norm_shape *s, const ct_nn_norm *n, const ct_tensor *x,
                       ct_error *error) {
  char got[CT_SHAPE_TEXT];
  int64_t C = ct_tensor_count(n->running_mean);
  ct_dtype dtype = n->running_mean->dtype;
  CT_TRY(ct_nn_check_dtype(n->who, "input", x, dtype, error));
  if (x->dims < 2 || x->size[1] != C)
    return ct_fail(error, CT_EINVALID, "%s: %lld channels expected in dimension 2, got %s", n->who,
                   (long long)C, ct_shape_text(got, x->dims, x->size));
  CT_TRY(check_vector(n, "running_mean", n->running_mean, C, dtype, error));
  CT_TRY(check_vector(n, "running_var", n->running_var, C, dtype, error));
  CT_TRY(check_vector(n, "weight", n->weight, C, dtype, error));
  CT_TRY(check_vector(n, "bias", n->bias, C, dtype, error));
  const ct_tensor *input[] = {x, n->running_mean, n->running_var, n->weight, n->bias};
  CT_TRY(ct_tensor_together(n->who, NULL, 5, input, error));
  *s = (ct_nn_norm_shape){x->size[0], C, 1};
  for (int d = 2; d < x->dims; d++) s->S *= x->size[d];
  return CT_OK;
}

/* Batch statistics into s.mean and s.scale (1/std), the saved and the running tensors. */
static void learn(const ct_nn_norm *n, const scratch *s, const ct_tensor *flat,
                  ct_nn_norm_shape shape, int threads) {
  double count = (double)(shape.B * shape.S);
  KERNELS->moments[flat->dtype](s->mean, s->a, s->partial, ct_tensor_data(flat), shape, threads);
  for (int64_t c = 0; c < shape.C; c++) {
    s->scale[c] = 1 / sqrt(s->a[c] / count + n->eps);
    put(n->save_mean, c, s->mean[c]);
    put(n->save_std, c, s->scale[c]);
    put(n->running_mean, c, (1 - n->momentum) * get(n->running_mean, c) + n->momentum * s->mean[c]);
    put(n->running_var, c,
        (1 - n->momentum) * get(n->running_var, c) + n->momentum * s->a[c] / (count - 1));
  }
}

static void recall(const ct_nn_norm *n, const scratch *s, int64_t C) {
  for (int64_t c = 0; c < C; c++) {
    s->mean[c] = get(n->running_mean, c);
    s->scale[c] = 1 / sqrt(get(n->running_var, c) + n->eps);
  }
}

static ct_cuda_channels channels_of(ct_nn_norm_shape s) {
  return (ct_cuda_channels){s.B, s.C, s.S};
}

static ct_cuda_norm norm_on_cuda(const ct_nn_norm *n) {
  return (ct_cuda_norm){.weight = n->weight,
                        .bias = n->bias,
                        .running_mean = n->running_mean,
                        .running_var = n->running_var,
                        .save_mean = n->save_mean,
                        .save_std = n->save_std,
                        .eps = n->eps,
                        .momentum = n->momentum,
                        .train = n->train};
}

ct_status ct_nn_batch_norm(ct_tensor *y, const ct_tensor *x, const ct_nn_norm *n, ct_error *error) {
  scratch s = {0};
  ct_nn_norm_shape shape;
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(check(&shape, n, x, error));
  if (n->train && shape.B * shape.S < 2)
    return ct_fail(error, CT_EINVALID,
                   "%s: training needs at least 2 values a channel, got %lld; use evaluate()",
                   n->who, (long long)(shape.B * shape.S));
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(n->who, y, 1, &x, error));
  CT_TRY(ct_tensor_together(n->who, n->save_mean, 1, &x, error));
  CT_TRY(ct_tensor_together(n->who, n->save_std, 1, &x, error));
  CT_TRY(ct_nn_result(n->who, y, x->dtype, x->dims, x->size, error));
  CT_TRY(ct_nn_result(n->who, n->save_mean, x->dtype, 1, &shape.C, error));
  CT_TRY(ct_nn_result(n->who, n->save_std, x->dtype, 1, &shape.C, error));
  if (ct_dtype_is_cuda(x->dtype)) {
    const ct_cuda_norm norm = norm_on_cuda(n);
    return ct_cuda()->nn->batch_norm(y, &flat, &norm, channels_of(shape), error);
  }
  CT_TRY(get_scratch(&s, shape, error));
  int threads = ct_threads_for(2 * ct_tensor_count(x));
  if (n->train)
    learn(n, &s, &flat, shape, threads);
  else
    recall(n, &s, shape.C);
  for (int64_t c = 0; c < shape.C; c++) {
    if (n->weight) s.scale[c] *= get(n->weight, c);
    s.a[c] = n->bias ? get(n->bias, c) : 0;
  }
  KERNELS->apply[x->dtype](ct_tensor_data(y), ct_tensor_data(&flat),
                           (ct_nn_norm_apply){s.mean, s.scale, s.a}, shape, threads);
  ct_free(s.mean);
  return CT_OK;
}

/* With d = x - mean, r = 1/std and N values a channel:
 *   dw = r sum(gy d), db = sum(gy), gx = (gy - db/N - d r^2 sum(gy d)/N) r w.
 * In evaluation mean and r are constants: gx = gy r w. */
static void coefficients(const ct_nn_norm *n, const scratch *s, ct_nn_norm_shape shape) {
  double count = (double)(shape.B * shape.S);
  for (int64_t c = 0; c < shape.C; c++) {
    double r = s->scale[c];
    s->c[c] = n->train ? s->a[c] / count : 0;
    s->d[c] = n->train ? r * r * s->b[c] / count : 0;
    if (n->weight) s->scale[c] = r * get(n->weight, c);
    s->b[c] *= r;
  }
}

static ct_status check_backward(ct_nn_norm_shape *shape, const ct_nn_norm *n, ct_tensor *gw,
                                ct_tensor *gb, const ct_tensor *x, const ct_tensor *gy,
                                ct_error *error) {
  CT_TRY(check(shape, n, x, error));
  CT_TRY(ct_nn_check_like(n->who, "gradOutput", gy, x, error));
  CT_TRY(check_vector(n, "gradWeight", gw, shape->C, x->dtype, error));
  CT_TRY(check_vector(n, "gradBias", gb, shape->C, x->dtype, error));
  if (n->train && (ct_tensor_count(n->save_mean) != shape->C || n->save_mean->dtype != x->dtype ||
                   ct_tensor_count(n->save_std) != shape->C || n->save_std->dtype != x->dtype))
    return ct_fail(error, CT_EINVALID, "%s: forward comes before backward", n->who);
  return CT_OK;
}

ct_status ct_nn_batch_norm_backward(ct_tensor *gx, ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                    const ct_tensor *gy, double scale, const ct_nn_norm *n,
                                    ct_error *error) {
  scratch s = {0};
  ct_nn_norm_shape shape;
  CT_SCOPED_TENSOR flat_x = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_gy = {.dtype = x->dtype};
  CT_TRY(check_backward(&shape, n, gw, gb, x, gy, error));
  const ct_tensor *input[] = {
      x, gy, gw, gb, n->train ? n->save_mean : NULL, n->train ? n->save_std : NULL};
  CT_TRY(ct_tensor_together(n->who, gx, 6, input, error));
  CT_TRY(ct_contiguous(&flat_x, x->dtype, x, error));
  CT_TRY(ct_contiguous(&flat_gy, x->dtype, gy, error));
  if (gx) CT_TRY(ct_nn_result(n->who, gx, x->dtype, x->dims, x->size, error));
  if (ct_tensor_count(x) == 0) return CT_OK;
  if (ct_dtype_is_cuda(x->dtype)) {
    const ct_cuda_norm norm = norm_on_cuda(n);
    return ct_cuda()->nn->batch_norm_backward(gx, gw, gb, &flat_x, &flat_gy, scale, &norm,
                                              channels_of(shape), error);
  }
  CT_TRY(get_scratch(&s, shape, error));
  recall(n, &s, shape.C);
  for (int64_t c = 0; n->train && c < shape.C; c++) {
    s.mean[c] = get(n->save_mean, c);
    s.scale[c] = get(n->save_std, c);
  }
  int threads = ct_threads_for(2 * ct_tensor_count(x));
  KERNELS->backward_sums[x->dtype](s.a, s.b, s.partial, ct_tensor_data(&flat_x),
                                   ct_tensor_data(&flat_gy), s.mean, shape, threads);
  coefficients(n, &s, shape);
  for (int64_t c = 0; c < shape.C; c++) {
    if (gw) put(gw, c, get(gw, c) + scale * s.b[c]);
    if (gb) put(gb, c, get(gb, c) + scale * s.a[c]);
  }
  if (gx)
    KERNELS->apply_backward[x->dtype](
        ct_tensor_data(gx), ct_tensor_data(&flat_x), ct_tensor_data(&flat_gy),
        (ct_nn_norm_apply_backward){s.mean, s.scale, s.c, s.d}, shape, threads);
  ct_free(s.mean);
  return CT_OK;
}
