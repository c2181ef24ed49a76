/* Filling tensors with random numbers. Element i, counted row by row, gets draw i of the
 * generator's stream, whatever the tensor's layout, the machine and the number of threads; a fill
 * of n elements takes ct_random_blocks(n) blocks. */
#ifndef CIRCLET_OPS_RANDOM_H
#define CIRCLET_OPS_RANDOM_H

#include "base/random.h"
#include "tensor/tensor.h"

typedef enum ct_distribution {
  CT_UNIFORM,     /* [p, q), p <= q; just p when they are equal */
  CT_NORMAL,      /* mean p, standard deviation q >= 0 */
  CT_EXPONENTIAL, /* rate p > 0: density p e^(-p x) */
  CT_CAUCHY,      /* median p, scale q > 0 */
  CT_LOG_NORMAL,  /* e^(normal with mean p and standard deviation q > 0) */
  CT_BERNOULLI,   /* 1 with probability p in [0, 1], otherwise 0 */
  CT_GEOMETRIC,   /* k = 1, 2, ... with probability (1-p) p^(k-1), 0 < p < 1 */
  CT_INTEGERS,    /* each integer of from..to alike, up to a bias of (to-from+1) 2^-64 */
  CT_DISTRIBUTIONS
} ct_distribution;

typedef struct ct_draw {
  ct_distribution distribution;
  double p, q;
  int64_t from, to;
} ct_draw;

/* The distributions up to CT_LOG_NORMAL need Float or Double; counts beyond the range of an integer
 * type become its greatest number. */
ct_status ct_random_fill(const char *name, ct_tensor *t, const ct_draw *draw, ct_random *random,
                         ct_error *error);

/* One number, the first that a fill of a DoubleTensor (CT_INTEGERS: LongTensor) would have held. */
ct_status ct_random_number(const char *name, ct_scalar *out, const ct_draw *draw, ct_random *random,
                           ct_error *error);

/* t's elements become 1 with the probabilities in p: as many elements, Float or Double, any size.
 */
ct_status ct_random_bernoulli(ct_tensor *t, const ct_tensor *p, ct_random *random, ct_error *error);

/* t: the numbers 1..n in random order, each order as likely (Fisher and Yates). */
ct_status ct_random_permutation(ct_tensor *t, int64_t n, ct_random *random, ct_error *error);

#endif
