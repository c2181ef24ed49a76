/* Modules and optimisers on a GPU: what ops/nn_*.c and ops/optim.c dispatch to, as ct_cuda()->nn.
 *
 * Common contract. ops/ has checked types and sizes: all tensors of a call are Cuda or all are
 * CudaDouble, lie on one device and, unless said otherwise, are contiguous. Sums are taken in
 * double and in an order that follows from sizes alone, and no result depends on which thread comes
 * first: the same inputs give the same bits. Work is queued; only functions that return numbers
 * wait. */
#ifndef CIRCLET_CUDA_NN_H
#define CIRCLET_CUDA_NN_H

#ifdef __cplusplus
extern "C" {
#endif

#include "cpu/nn_window.h"
#include "cpu/optim_factors.h"
#include "tensor/tensor.h"

/* [B,C,S]: C channels of S elements in each of B examples; S = 1 for plain features. */
typedef struct ct_cuda_channels {
  int64_t B, C, S;
} ct_cuda_channels;

/* Vectors [C] of any stride; weight, bias and the two gradients may be NULL (ops/nn_norm.h). */
typedef struct ct_cuda_norm {
  const ct_tensor *weight, *bias;
  const ct_tensor *running_mean, *running_var, *save_mean, *save_std;
  double eps, momentum;
  bool train;
} ct_cuda_norm;

typedef struct ct_cuda_conv {
  int64_t B, C, H, W, O, kH, kW, oH, oW, dH, dW, padH, padW;
} ct_cuda_conv;

typedef struct ct_cuda_nn {
  /* Elementwise, tensors of one size and any strides; a result may be one of its inputs. */
  ct_status (*relu)(ct_tensor *y, const ct_tensor *x, ct_error *error);
  ct_status (*relu_backward)(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                             ct_error *error);
  ct_status (*tanh_backward)(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                             ct_error *error);
  /* gx = scale * (x - t) */
  ct_status (*difference)(ct_tensor *gx, const ct_tensor *x, const ct_tensor *t, double scale,
                          ct_error *error);
  /* Operands as cpu/optim.h has them; NULL for those that play no part. */
  ct_status (*sgd)(const ct_tensor *const operand[5], const ct_sgd_context *how, ct_error *error);
  ct_status (*adam)(const ct_tensor *const operand[4], const ct_adam_context *how, ct_error *error);

  /* noise[i] = draw i of the stream < keep ? 1/keep : 0, y = x * noise */
  ct_status (*dropout)(ct_tensor *y, ct_tensor *noise, const ct_tensor *x, double keep,
                       uint64_t seed, uint64_t first, ct_error *error);
  /* *sum of (x - t)^2 */
  ct_status (*squared_distance)(double *sum, const ct_tensor *x, const ct_tensor *t,
                                ct_error *error);

  /* B rows of n elements */
  ct_status (*log_softmax)(ct_tensor *y, const ct_tensor *x, int64_t B, int64_t n, ct_error *error);
  ct_status (*log_softmax_backward)(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                                    int64_t B, int64_t n, ct_error *error);
  ct_status (*normalize)(ct_tensor *y, const ct_tensor *x, int64_t B, int64_t n, double eps,
                         ct_error *error);
  ct_status (*normalize_backward)(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy, int64_t B,
                                  int64_t n, double eps, ct_error *error);

  /* Negative log-likelihood of x: [B,C] of any strides. target: [B], CudaDouble; weights: [C] of
   * any stride, or NULL. out: the sum, the total weight, and the place of the first target that is
   * no class of 1..C, B when all are. The gradient of such a row is zero. */
  ct_status (*nll)(double out[3], const ct_tensor *x, int64_t B, int64_t C, const ct_tensor *target,
                   const ct_tensor *weights, ct_error *error);
  ct_status (*nll_backward)(ct_tensor *gx, int64_t B, int64_t C, const ct_tensor *target,
                            const ct_tensor *weights, double scale, ct_error *error);

  /* y = bias[c], or 0 where bias is NULL; g[c] += scale * (sum of x over examples and elements) */
  ct_status (*fill_channels)(ct_tensor *y, const ct_tensor *bias, ct_cuda_channels shape,
                             ct_error *error);
  ct_status (*add_channel_sums)(ct_tensor *g, const ct_tensor *x, ct_cuda_channels shape,
                                double scale, ct_error *error);

  /* gx, gw and gb may be NULL (ops/nn_norm.h). */
  ct_status (*batch_norm)(ct_tensor *y, const ct_tensor *x, const ct_cuda_norm *norm,
                          ct_cuda_channels shape, ct_error *error);
  ct_status (*batch_norm_backward)(ct_tensor *gx, ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                   const ct_tensor *gy, double scale, const ct_cuda_norm *norm,
                                   ct_cuda_channels shape, ct_error *error);

  /* index: CudaInt, as cpu/nn_pool.h has it */
  ct_status (*max_pool)(ct_tensor *y, ct_tensor *index, const ct_tensor *x,
                        const ct_nn_pool_shape *shape, ct_error *error);
  ct_status (*max_pool_backward)(ct_tensor *gx, const ct_tensor *index, const ct_tensor *gy,
                                 const ct_nn_pool_shape *shape, ct_error *error);
  ct_status (*average_pool)(ct_tensor *y, const ct_tensor *x, const ct_nn_pool_shape *shape,
                            ct_error *error);
  ct_status (*average_pool_backward)(ct_tensor *gx, const ct_tensor *gy,
                                     const ct_nn_pool_shape *shape, ct_error *error);

  /* Shapes as ops/nn_conv.h has them; bias may be NULL. Through cuDNN where it is found, else (and
   * with CIRCLET_CUDNN=0) through columns and products. */
  ct_status (*conv)(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight,
                    const ct_tensor *bias, const ct_cuda_conv *shape, ct_error *error);
  ct_status (*conv_backward)(ct_tensor *gx, const ct_tensor *gy, const ct_tensor *weight,
                             const ct_cuda_conv *shape, ct_error *error);
  ct_status (*conv_accumulate)(ct_tensor *gw, const ct_tensor *x, const ct_tensor *gy, double scale,
                               const ct_cuda_conv *shape, ct_error *error);
  /* The version of cuDNN that the calling thread's convolutions run on (90100 is 9.1), 0 when they
   * do not; and whether they may. */
  int64_t (*cudnn_version)(void);
  void (*use_cudnn)(bool on);
} ct_cuda_nn;

#ifdef __cplusplus
}
#endif

#endif
