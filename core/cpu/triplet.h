/* The inner loops of losses over all triplets: one anchor, negatives against its positives. */
#ifndef CIRCLET_CPU_TRIPLET_H
#define CIRCLET_CPU_TRIPLET_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

/* A triplet's violation is z = near[j] + far[k]; its value [z]_+, or softplus(z) where `soft`, has
 * the slope 1 where z > 0, or sigmoid(z). */
typedef struct ct_triplet_kernels {
  /* Adds the values of all n * positives triplets to *value, how many are not 0 to *count, and each
   * positive's slopes to slope [positives]. */
  void (*add)(int64_t n, const double *near, int64_t positives, const double *far, bool soft,
              double *value, double *count, double *slope);
  /* weight [n]: each negative's slopes. */
  void (*weigh)(int64_t n, const double *near, int64_t positives, const double *far, bool soft,
                double *weight);
} ct_triplet_kernels;

CT_ISA_DECLARE(ct_triplet_kernels, ct_triplet_kernels);

#endif
