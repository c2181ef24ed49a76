/* What an optimiser step takes beside its operands, the same for all elements. */
#ifndef CIRCLET_CPU_OPTIM_FACTORS_H
#define CIRCLET_CPU_OPTIM_FACTORS_H

#include <stdbool.h>

/* Operands: x, velocity (written when `momentum` is set), gradient, rates, decays. An operand that
 * is not used may be any tensor of the size. */
typedef struct ct_sgd_context {
  double rate, decay, momentum, dampening;
  bool has_momentum, first, nesterov; /* first: the velocity becomes the gradient */
  bool has_rates, has_decays;
} ct_sgd_context;

/* Operands: x, m, v, gradient. x becomes shrink * x - rate * m / (sqrt(v) * root + epsilon). */
typedef struct ct_adam_context {
  double rate, beta1, beta2, root, epsilon;
  double decay;  /* added to the gradient times x */
  double shrink; /* decoupled weight decay */
} ct_adam_context;

#endif
