/* How much two labellings of the same rows tell about each other. */
#ifndef CIRCLET_METRIC_INFORMATION_H
#define CIRCLET_METRIC_INFORMATION_H

#include "tensor/tensor.h"

typedef struct ct_information {
  double mutual;        /* nats */
  double expected;      /* its mean over all labellings with groups of the same sizes */
  double first, second; /* entropies, nats */
  double nmi, ami;      /* normalised, and adjusted for chance */
  int64_t groups[2], n;
} ct_information;

/* nmi = mutual / mean entropy; ami = (mutual - expected) / (mean entropy - expected), the mean
 * being the arithmetic one: Vinh, Epps and Bailey, JMLR 2010, whose hypergeometric model `expected`
 * sums exactly. Two labellings of one group each, of one group a row each, or of no rows agree:
 * both are 1. Labels are whole numbers from 1, `a` and `b` as many. Time: for each pair of
 * different group sizes the smaller. */
ct_status ct_mutual_information(ct_information *out, const ct_tensor *a, const ct_tensor *b,
                                const char *function, ct_error *error);

#endif
