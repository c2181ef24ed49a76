/* Blocks are computed LANES at a time, first the words of all, then the numbers, so that both loops
 * run in vector registers. */
#include "cpu/random.h"
#include "base/philox.h"

enum { LANES = 64 };

typedef struct words {
  uint32_t w0[LANES], w1[LANES], w2[LANES], w3[LANES];
} words;

static void make_words(words *w, uint64_t seed, uint64_t first) {
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
#pragma omp simd
  for (uint32_t i = 0; i < LANES; i++) {
    uint64_t counter = first + i;
    uint32_t c[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    ct_philox_rounds(c, key0, key1);
    w->w0[i] = c[0], w->w1[i] = c[1], w->w2[i] = c[2], w->w3[i] = c[3];
  }
}

static int64_t lanes_of(int64_t blocks) { return blocks < LANES ? blocks : LANES; }

static void uniform(double *out, uint64_t seed, uint64_t first, int64_t blocks) {
  words w;
  for (; blocks > 0; blocks -= LANES, first += LANES, out += 2 * LANES) {
    make_words(&w, seed, first);
    for (int64_t i = 0; i < lanes_of(blocks); i++) {
      out[2 * i] = ct_unit53(w.w0[i], w.w1[i]);
      out[2 * i + 1] = ct_unit53(w.w2[i], w.w3[i]);
    }
  }
}

static void normal(double *out, uint64_t seed, uint64_t first, int64_t blocks) {
  words w;
  double a[LANES], b[LANES];
  for (; blocks > 0; blocks -= LANES, first += LANES, out += 2 * LANES) {
    make_words(&w, seed, first);
#pragma omp simd
    for (int i = 0; i < LANES; i++)
      ct_normal_pair(w.w0[i], w.w1[i], w.w2[i], w.w3[i], &a[i], &b[i]);
    for (int64_t i = 0; i < lanes_of(blocks); i++) out[2 * i] = a[i], out[2 * i + 1] = b[i];
  }
}

static void bits(uint64_t *out, uint64_t seed, uint64_t first, int64_t blocks) {
  words w;
  for (; blocks > 0; blocks -= LANES, first += LANES, out += 2 * LANES) {
    make_words(&w, seed, first);
    for (int64_t i = 0; i < lanes_of(blocks); i++) {
      out[2 * i] = (uint64_t)w.w0[i] << 32 | w.w1[i];
      out[2 * i + 1] = (uint64_t)w.w2[i] << 32 | w.w3[i];
    }
  }
}

const ct_random_kernels CT_ISA_NAME(ct_random_kernels) = {uniform, normal, bits};
