/* Philox4x32-10 and the distributions on top of it.
 *
 * Every block of four 32-bit words serves two draws of 53 bits: words 0,1 and words 2,3. A pair of
 * normals is made from one block by Box-Muller. The file is compiled without contraction of a*b+c
 * (-ffp-contract=off) so that log and cosine below round alike everywhere. */
#include "base/random.h"
#include <math.h>
#include <string.h>

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
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = 0, c3 = 0;
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ key0;
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ key1;
    c3 = (uint32_t)a;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

static double unit53(uint32_t high, uint32_t low) {
  uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
  return (double)bits * 0x1p-53;
}

/* ln(x) for x in (0, 1]: x = 2^e * f with f in [sqrt(1/2), sqrt(2)), ln f = 2 atanh((f-1)/(f+1)).
 * The odd series in z, |z| <= 0.1716, is cut at z^21: the rest is below 2e-18. */
static double portable_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1022;
  bits = (bits & 0x000FFFFFFFFFFFFFull) | 0x3FE0000000000000ull;
  double f;
  memcpy(&f, &bits, sizeof f);
  if (f < 0.70710678118654752) {
    f *= 2;
    exponent--;
  }
  double z = (f - 1) / (f + 1), z2 = z * z, sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * z2 + 1.0 / k;
  return 2 * z * sum + exponent * 0.69314718055994531;
}

/* cos and sin of 2 pi u for u in [0, 1): the nearest quarter turn is taken off exactly, the Taylor
 * series on the rest, |a| <= pi/4, is cut where its terms fall below 1e-17. */
static void portable_cos_sin(double u, double *cosine, double *sine) {
  int quarter = (int)(u * 4 + 0.5);
  double a = (u - quarter * 0.25) * 6.2831853071795865, a2 = a * a, c = 0, s = 0;
  for (int k = 18; k >= 2; k -= 2) c = (1 + c) * (-a2 / (k * (k - 1)));
  for (int k = 19; k >= 3; k -= 2) s = (1 + s) * (-a2 / (k * (k - 1)));
  c = 1 + c;
  s = a * (1 + s);
  switch (quarter & 3) {
  case 0: *cosine = c, *sine = s; break;
  case 1: *cosine = -s, *sine = c; break;
  case 2: *cosine = -c, *sine = -s; break;
  default: *cosine = s, *sine = -c; break;
  }
}

double ct_random_uniform_at(uint64_t seed, uint64_t first, uint64_t index) {
  uint32_t w[4];
  ct_philox(seed, first + index / 2, w);
  return index % 2 ? unit53(w[2], w[3]) : unit53(w[0], w[1]);
}

double ct_random_normal_at(uint64_t seed, uint64_t first, uint64_t index) {
  uint32_t w[4];
  ct_philox(seed, first + index / 2, w);
  double radius = sqrt(-2 * portable_log(1 - unit53(w[0], w[1]))), cosine, sine;
  portable_cos_sin(unit53(w[2], w[3]), &cosine, &sine);
  return radius * (index % 2 ? sine : cosine);
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
