/* What benchmarks measure against; nothing else calls these. They run and time nothing: the clock
 * is the caller's.
 *
 * The product sets the number of threads of OpenBLAS for the whole process while it runs. */
#ifndef CIRCLET_CPU_YARDSTICK_H
#define CIRCLET_CPU_YARDSTICK_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

/* C = op(A)*op(B), row-major without gaps, by one call of OpenBLAS on `threads` threads of its own.
 * op(A): [m,k], op(B): [k,n], C: [m,n], all > 0 and below 2^31. */
void ct_yardstick_gemm_f32(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                           const float *a, const float *b, float *c, int threads);

/* Multiplies and adds in registers on `threads` threads, `iterations` times each, with the widest
 * instructions of the set in use. Returns the number of float operations, a*b + c being two. */
double ct_yardstick_fma(int64_t iterations, int threads);

typedef struct ct_yardstick_kernels {
  int64_t operations; /* of one iteration */
  /* x becomes x*factor + term in every accumulator, `iterations` times; returns their sum. */
  float (*fma)(int64_t iterations, float factor, float term);
} ct_yardstick_kernels;

CT_ISA_DECLARE(ct_yardstick_kernels, ct_yardstick_kernels);

#endif
