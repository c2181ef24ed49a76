/* One step of an optimiser: parameters and state are updated in place from a gradient. All tensors
 * of a call are Float or all are Double, and have the size of x. A gradient that shares memory with
 * x in another layout is copied first; state must not share memory with x or with each other. */
#ifndef CIRCLET_OPS_OPTIM_H
#define CIRCLET_OPS_OPTIM_H

#include "tensor/tensor.h"

/* d = gradient + decay * x                       (decays: a factor for each element instead)
 * velocity = momentum * velocity + (1 - dampening) * d     (the first time: velocity = d)
 * d = velocity, or with Nesterov's momentum d + momentum * velocity
 * x = x - rate * d                               (rates: times a factor for each element)
 * velocity NULL: no momentum. For the first time it must hold zeros. */
typedef struct ct_sgd {
  double rate, decay, momentum, dampening;
  bool nesterov, first;
} ct_sgd;
ct_status ct_sgd_step(ct_tensor *x, ct_tensor *velocity, const ct_tensor *gradient,
                      const ct_tensor *rates, const ct_tensor *decays, const ct_sgd *how,
                      ct_error *error);

/* Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; step t counts from 1:
 * d = gradient + decay * x                       (decoupled: x = x - rate * decay * x instead,
 *                                                 Loshchilov and Hutter, ICLR 2019)
 * m = beta1 * m + (1 - beta1) * d,  v = beta2 * v + (1 - beta2) * d^2
 * x = x - rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) */
typedef struct ct_adam {
  double rate, beta1, beta2, epsilon, decay;
  bool decoupled;
  int64_t t;
} ct_adam;
ct_status ct_adam_step(ct_tensor *x, ct_tensor *m, ct_tensor *v, const ct_tensor *gradient,
                       const ct_adam *how, ct_error *error);

#endif
