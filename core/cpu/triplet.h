/* The inner loops of losses over all triplets: one anchor, negatives against its positives. */
#ifndef CIRCLET_CPU_TRIPLET_H
#define CIRCLET_CPU_TRIPLET_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

/* An anchor's positives or negatives: what they bring to a violation, and how often each counts;
 * share NULL: once. -INFINITY: not at all. */
typedef struct ct_triplet_side {
  int64_t n;
  const double *value, *share;
} ct_triplet_side;

/* A triplet's violation is z = near + far, of a negative and of a positive; its value [z]_+, or
 * softplus(z) where `soft`, has the slope 1 where z > 0, or sigmoid(z). It counts as often as the
 * product of the shares of both says. */
typedef struct ct_triplet_kernels {
  /* Adds the values of all triplets to *value, how many are not 0 to *count, and each positive's
   * slopes, its own share left out, to slope [far->n]. */
  void (*add)(const ct_triplet_side *near, const ct_triplet_side *far, bool soft, double *value,
              double *count, double *slope);
  /* weight [near->n]: each negative's slopes. */
  void (*weigh)(const ct_triplet_side *near, const ct_triplet_side *far, bool soft, double *weight);
} ct_triplet_kernels;

CT_ISA_DECLARE(ct_triplet_kernels, ct_triplet_kernels);

#endif
