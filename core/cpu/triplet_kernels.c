/* All triplets of an anchor, vectorised over its negatives. The softplus of many values needs one
 * logarithm: sum log(1+e) = log prod(1+e), each factor at most 2, 512 of them a double's range. */
#include "cpu/triplet.h"
#include <math.h>
#include "cpu/exp.h"

enum { FACTORS = 512 };

static void add_hard(int64_t n, const double *near, double far, double *value, double *count) {
  double total = 0, some = 0;
#pragma omp simd reduction(+ : total, some)
  for (int64_t j = 0; j < n; j++) {
    double z = near[j] + far;
    total += z > 0 ? z : 0;
    some += z > 0 ? 1.0 : 0.0;
  }
  *value += total;
  *count += some;
}

/* `slope` and `count` apart: a value that underflows is 0. */
static void add_soft(int64_t n, const double *near, double far, double *value, double *count,
                     double *slope) {
  double total = 0, some = 0, product = 1, slopes = 0;
#pragma omp simd reduction(+ : total, some, slopes) reduction(* : product)
  for (int64_t j = 0; j < n; j++) {
    double z = near[j] + far, tail = ct_exp_f64(z > 0 ? -z : z);
    total += z > 0 ? z : 0;
    some += z > 0 || tail > 0 ? 1.0 : 0.0;
    slopes += (z > 0 ? 1 : tail) / (1 + tail);
    product *= 1 + tail;
  }
  *value += total + log(product);
  *count += some;
  *slope += slopes;
}

static void add(int64_t n, const double *near, int64_t positives, const double *far, bool soft,
                double *value, double *count, double *slope) {
  for (int64_t k = 0; k < positives; k++) {
    if (!soft) {
      double active = 0;
      add_hard(n, near, far[k], value, &active);
      *count += active;
      slope[k] += active;
      continue;
    }
    for (int64_t from = 0; from < n; from += FACTORS)
      add_soft(n - from < FACTORS ? n - from : FACTORS, near + from, far[k], value, count,
               &slope[k]);
  }
}

static void weigh(int64_t n, const double *near, int64_t positives, const double *far, bool soft,
                  double *weight) {
  for (int64_t j = 0; j < n; j++) weight[j] = 0;
  for (int64_t k = 0; k < positives; k++) {
    const double own = far[k];
    if (soft) {
#pragma omp simd
      for (int64_t j = 0; j < n; j++) {
        double z = near[j] + own, tail = ct_exp_f64(z > 0 ? -z : z);
        weight[j] += (z > 0 ? 1 : tail) / (1 + tail);
      }
    } else {
#pragma omp simd
      for (int64_t j = 0; j < n; j++) weight[j] += near[j] + own > 0 ? 1.0 : 0.0;
    }
  }
}

const ct_triplet_kernels CT_ISA_NAME(ct_triplet_kernels) = {add, weigh};
