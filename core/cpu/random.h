/* Random numbers in bulk: draws 2*i and 2*i + 1 of a stream come from block first + i. The same
 * bits as the single draws of base/random.h. */
#ifndef CIRCLET_CPU_RANDOM_H
#define CIRCLET_CPU_RANDOM_H

#include <stdint.h>
#include "cpu/isa.h"

typedef struct ct_random_kernels {
  /* out: 2*blocks numbers */
  void (*uniform)(double *out, uint64_t seed, uint64_t first, int64_t blocks); /* [0, 1) */
  void (*normal)(double *out, uint64_t seed, uint64_t first, int64_t blocks);
  void (*bits)(uint64_t *out, uint64_t seed, uint64_t first, int64_t blocks); /* all 64 of them */
} ct_random_kernels;

CT_ISA_DECLARE(ct_random_kernels, ct_random_kernels);

#endif
