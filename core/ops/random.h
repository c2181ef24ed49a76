/* Filling tensors with random numbers. Element i, counted row by row, gets draw i of the
 * generator's stream, whatever the tensor's layout, the machine and the number of threads; a fill
 * of n elements takes ct_random_blocks(n) blocks. */
#ifndef CIRCLET_OPS_RANDOM_H
#define CIRCLET_OPS_RANDOM_H

#include "base/random.h"
#include "tensor/tensor.h"

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
