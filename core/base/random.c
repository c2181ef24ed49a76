/* Streams of draws on top of the arithmetic in base/philox.h. Every block of four 32-bit words
 * serves two draws of 53 bits, words 0,1 and words 2,3; a pair of normals is made from one block.
 */
#include "base/random.h"
#include "base/philox.h"

void ct_random_seed(ct_random *random, uint64_t seed) {
  random->seed = seed;
  random->counter = 0;
}

uint64_t ct_random_reserve(ct_random *random, uint64_t blocks) {
  uint64_t first = random->counter;
  random->counter += blocks;
  return first;
}

uint64_t ct_random_blocks(uint64_t count) { return count / 2 + count % 2; }

void ct_philox(uint64_t seed, uint64_t counter, uint32_t out[4]) {
  out[0] = (uint32_t)counter, out[1] = (uint32_t)(counter >> 32), out[2] = out[3] = 0;
  ct_philox_rounds(out, (uint32_t)seed, (uint32_t)(seed >> 32));
}

double ct_random_uniform_at(uint64_t seed, uint64_t first, uint64_t index) {
  uint32_t w[4];
  ct_philox(seed, first + index / 2, w);
  return index % 2 ? ct_unit53(w[2], w[3]) : ct_unit53(w[0], w[1]);
}

double ct_random_normal_at(uint64_t seed, uint64_t first, uint64_t index) {
  uint32_t w[4];
  ct_philox(seed, first + index / 2, w);
  double pair[2];
  ct_normal_pair(w[0], w[1], w[2], w[3], &pair[0], &pair[1]);
  return pair[index % 2];
}

double ct_random_uniform(ct_random *random) {
  return ct_random_uniform_at(random->seed, ct_random_reserve(random, 1), 0);
}

double ct_random_normal(ct_random *random) {
  return ct_random_normal_at(random->seed, ct_random_reserve(random, 1), 0);
}

/* Multiply-and-shift with rejection (Lemire 2019): exactly uniform for every bound. */
uint64_t ct_random_below(ct_random *random, uint64_t bound) {
  uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    uint32_t w[4];
    ct_philox(random->seed, ct_random_reserve(random, 1), w);
    uint64_t x = (uint64_t)w[0] << 32 | w[1];
    unsigned __int128 product = (unsigned __int128)x * bound;
    if ((uint64_t)product >= threshold) return (uint64_t)(product >> 64);
  }
}
