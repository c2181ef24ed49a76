/* One counter-based generator for every random draw: Philox4x32-10 (Salmon et al., "Parallel Random
 * Numbers: As Easy as 1, 2, 3", SC 2011). A draw is a pure function of (seed, counter), so a stream
 * is the same on every machine, thread count and device, and element i of a fill never depends on
 * who computes it. */
#ifndef CIRCLET_BASE_RANDOM_H
#define CIRCLET_BASE_RANDOM_H

#include <stdint.h>

typedef struct ct_random {
  uint64_t seed;
  uint64_t counter; /* the next block of four 32-bit words */
} ct_random;

void ct_random_seed(ct_random *random, uint64_t seed);

/* Reserves `blocks` blocks and returns the first: fills call it once and then compute in parallel.
 */
uint64_t ct_random_reserve(ct_random *random, uint64_t blocks);

/* The four words of block `counter`. */
void ct_philox(uint64_t seed, uint64_t counter, uint32_t out[4]);

/* Draw `index` (0-based) of the stream that starts at block `first`. 53 bits in [0, 1). */
double ct_random_uniform_at(uint64_t seed, uint64_t first, uint64_t index);

/* Standard normal draw `index` of that stream; at most sqrt(106 ln 2) = 8.57 in size. */
double ct_random_normal_at(uint64_t seed, uint64_t first, uint64_t index);

/* Blocks that `count` draws of either kind take. */
uint64_t ct_random_blocks(uint64_t count);

/* Single draws, which take one block each. */
double ct_random_uniform(ct_random *random);
double ct_random_normal(ct_random *random);
uint64_t ct_random_below(ct_random *random, uint64_t bound); /* uniform in [0, bound), bound >= 1 */

/* What fills draw from. */
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

#endif
