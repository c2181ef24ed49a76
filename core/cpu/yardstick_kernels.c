/* As many independent chains of multiply-adds as keep every unit busy (its latency times the units,
 * at most 10 on current machines) and registers can hold. Contracted to one instruction where the
 * set has it (Makefile); otherwise a multiplication and an addition. */
#include "cpu/yardstick.h"

#if defined(__AVX512F__)
enum { BYTES = 64, CHAINS = 16 };
#elif defined(__AVX2__)
enum { BYTES = 32, CHAINS = 12 };
#else
enum { BYTES = 16, CHAINS = 12 };
#endif
enum { WIDTH = BYTES / sizeof(float) };

typedef float vector __attribute__((vector_size(BYTES)));

static float fma_chains(int64_t iterations, float factor, float term) {
  vector x[CHAINS], factors = {0}, terms = {0};
  factors += factor;
  terms += term;
  for (int c = 0; c < CHAINS; c++) x[c] = terms * (float)c;
  for (int64_t i = 0; i < iterations; i++)
#pragma GCC unroll 16
    for (int c = 0; c < CHAINS; c++) x[c] = x[c] * factors + terms;
  float sum = 0;
  for (int c = 0; c < CHAINS; c++)
    for (int l = 0; l < WIDTH; l++) sum += x[c][l];
  return sum;
}

const ct_yardstick_kernels CT_ISA_NAME(ct_yardstick_kernels) = {.operations = 2 * CHAINS * WIDTH,
                                                                .fma = fma_chains};
