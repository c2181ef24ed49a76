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

#endif
