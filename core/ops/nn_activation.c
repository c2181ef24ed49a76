/* Dispatch of the elementwise modules. */
#include "ops/nn_activation.h"
#include "base/threads.h"
#include "cpu/nn_elementwise.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_nn_elementwise_kernels)

/* Checks a and b, which gx is made from, and gives gx their size. */
static ct_status check_three(const char *who, ct_tensor *gx, const char *a_name, const ct_tensor *a,
                             const char *b_name, const ct_tensor *b, ct_error *error) {
  const ct_tensor *input[] = {a, b};
  CT_TRY(ct_nn_check_dtype(who, a_name, a, a->dtype, error));
  CT_TRY(ct_nn_check_like(who, b_name, b, a, error));
  CT_TRY(ct_nn_check_dtype(who, "gradInput", gx, a->dtype, error));
  CT_TRY(ct_tensor_together(who, gx, 2, input, error));
  return ct_tensor_resize(gx, a->dims, a->size, error);
}

static ct_status run_three(ct_tensor *gx, const ct_tensor *a, const ct_tensor *b,
                           const ct_run_fn run[2], const void *context) {
  const ct_tensor *operand[3] = {gx, a, b};
  ct_loop(3, 1, operand, run[a->dtype], context);
  return CT_OK;
}

ct_status ct_nn_relu(ct_tensor *y, const ct_tensor *x, ct_error *error) {
  CT_TRY(ct_nn_check_dtype("nn.ReLU", "input", x, x->dtype, error));
  CT_TRY(ct_nn_check_dtype("nn.ReLU", "input", x, y->dtype, error));
  CT_TRY(ct_tensor_together("nn.ReLU", y, 1, &x, error));
  CT_TRY(ct_tensor_resize(y, x->dims, x->size, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->relu(y, x, error);
  const ct_tensor *operand[2] = {y, x};
  ct_loop(2, 1, operand, KERNELS->relu[x->dtype], NULL);
  return CT_OK;
}

ct_status ct_nn_relu_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                              ct_error *error) {
  CT_TRY(check_three("nn.ReLU", gx, "input", x, "gradOutput", gy, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->relu_backward(gx, x, gy, error);
  return run_three(gx, x, gy, KERNELS->relu_backward, NULL);
}

ct_status ct_nn_tanh_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                              ct_error *error) {
  CT_TRY(check_three("nn.Tanh", gx, "output", y, "gradOutput", gy, error));
  if (ct_dtype_is_cuda(y->dtype)) return ct_cuda()->nn->tanh_backward(gx, y, gy, error);
  return run_three(gx, y, gy, KERNELS->tanh_backward, NULL);
}

ct_status ct_nn_dropout(ct_tensor *y, ct_tensor *noise, const ct_tensor *x, double p,
                        ct_random *random, ct_error *error) {
  const char *who = "nn.Dropout";
  CT_SCOPED_TENSOR flat = {.dtype = x->dtype};
  CT_TRY(ct_nn_check_dtype(who, "input", x, y->dtype, error));
  if (!(p >= 0 && p < 1))
    return ct_fail(error, CT_EINVALID, "%s: the probability must be in [0, 1), got %g", who, p);
  CT_TRY(ct_contiguous(&flat, x->dtype, x, error));
  CT_TRY(ct_tensor_together(who, noise, 1, &x, error));
  CT_TRY(ct_tensor_together(who, y, 1, &x, error));
  CT_TRY(ct_nn_result(who, noise, x->dtype, x->dims, x->size, error));
  CT_TRY(ct_nn_result(who, y, x->dtype, x->dims, x->size, error));
  int64_t count = ct_tensor_count(x);
  uint64_t first = ct_random_reserve(random, ct_random_blocks((uint64_t)count));
  if (ct_dtype_is_cuda(x->dtype))
    return ct_cuda()->nn->dropout(y, noise, &flat, 1 - p, random->seed, first, error);
  KERNELS->dropout[x->dtype](ct_tensor_data(y), ct_tensor_data(noise), ct_tensor_data(&flat), count,
                             1 - p, random->seed, first, ct_threads_for(16 * count));
  return CT_OK;
}

ct_status ct_nn_squared_error(double *sum, const ct_tensor *x, const ct_tensor *target,
                              ct_error *error) {
  const char *who = "nn.MSECriterion";
  const ct_tensor *input[] = {x, target};
  CT_SCOPED_TENSOR a = {.dtype = x->dtype};
  CT_SCOPED_TENSOR b = {.dtype = x->dtype};
  CT_TRY(ct_nn_check_dtype(who, "input", x, x->dtype, error));
  CT_TRY(ct_nn_check_like(who, "target", target, x, error));
  CT_TRY(ct_tensor_together(who, NULL, 2, input, error));
  CT_TRY(ct_contiguous(&a, x->dtype, x, error));
  CT_TRY(ct_contiguous(&b, x->dtype, target, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->squared_distance(sum, &a, &b, error);
  *sum = KERNELS->squared_distance[x->dtype](ct_tensor_data(&a), ct_tensor_data(&b),
                                             ct_tensor_count(x));
  return CT_OK;
}

ct_status ct_nn_squared_error_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *target,
                                       double scale, ct_error *error) {
  CT_TRY(check_three("nn.MSECriterion", gx, "input", x, "target", target, error));
  if (ct_dtype_is_cuda(x->dtype)) return ct_cuda()->nn->difference(gx, x, target, scale, error);
  return run_three(gx, x, target, KERNELS->difference, &scale);
}
