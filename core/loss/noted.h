/* What diagnostics note of one pair, for the CPU and the GPU alike. */
#ifndef CIRCLET_LOSS_NOTED_H
#define CIRCLET_LOSS_NOTED_H

#include <stdbool.h>

enum { CT_DIAGNOSIS_BINS = 40 };

/* The bin of a similarity, in equal steps from -1 to 1; what lies beyond counts at the ends. */
static inline int ct_bin_of(double s) {
  const int bins = CT_DIAGNOSIS_BINS;
  const double place = (s + 1) * (bins / 2);
  return place >= 0 ? place < (double)bins ? (int)place : bins - 1 : 0;
}

/* [1 + m - s]_+ of a positive and [s + m]_+ of a negative. */
static inline double ct_alpha_of(bool positive, double s, double m) {
  double a = positive ? 1 + m - s : s + m;
  return a > 0 ? a : 0;
}

#endif
