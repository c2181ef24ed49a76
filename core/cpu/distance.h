/* Squared Euclidean distances of contiguous vectors, summed in double: 0 for equal vectors, and the
 * same bits with either one first. */
#ifndef CIRCLET_CPU_DISTANCE_H
#define CIRCLET_CPU_DISTANCE_H

#include <stdint.h>
#include "cpu/isa.h"

typedef struct ct_distance_kernels {
  double (*f32)(int64_t n, const float *a, const float *b);
  double (*f64)(int64_t n, const double *a, const double *b);
} ct_distance_kernels;

CT_ISA_DECLARE(ct_distance_kernels, ct_distance_kernels);

#endif
