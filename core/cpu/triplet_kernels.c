/* All triplets of an anchor, vectorised over its negatives. The softplus of many values needs one
 * logarithm: sum log(1+e) = log prod(1+e), each factor at most 2, 512 of them a double's range. */
#include "cpu/triplet.h"
#include <math.h>
#include "cpu/exp.h"

enum { FACTORS = 512 };

/* One positive against n negatives: sums over them. */
typedef struct sums {
  double value, count, slope;
} sums;

static inline __attribute__((always_inline)) sums hard_sums(int64_t n, const double *near,
                                                            const double *share, double far) {
  double value = 0, count = 0;
#pragma omp simd reduction(+ : value, count)
  for (int64_t j = 0; j < n; j++) {
    double z = near[j] + far, often = share ? share[j] : 1;
    value += z > 0 ? often * z : 0;
    count += z > 0 ? often : 0;
  }
  return (sums){value, count, count};
}

/* `slope` and `count` apart: a value that underflows is 0. */
static sums soft_sums(int64_t n, const double *near, double far) {
  double value = 0, count = 0, product = 1, slope = 0;
#pragma omp simd reduction(+ : value, count, slope) reduction(* : product)
  for (int64_t j = 0; j < n; j++) {
    double z = near[j] + far, tail = ct_exp_f64(z > 0 ? -z : z);
    value += z > 0 ? z : 0;
    count += z > 0 || tail > 0 ? 1.0 : 0.0;
    slope += (z > 0 ? 1 : tail) / (1 + tail);
    product *= 1 + tail;
  }
  return (sums){value + log(product), count, slope};
}

static sums soft_shared_sums(int64_t n, const double *near, const double *share, double far) {
  sums s = {0};
  for (int64_t j = 0; j < n; j++) {
    double z = near[j] + far, tail = ct_exp_f64(z > 0 ? -z : z);
    s.value += share[j] * ((z > 0 ? z : 0) + log1p(tail));
    s.count += z > 0 || tail > 0 ? share[j] : 0;
    s.slope += share[j] * (z > 0 ? 1 : tail) / (1 + tail);
  }
  return s;
}

static void add_hard(const ct_triplet_side *near, const ct_triplet_side *far, double *value,
                     double *count, double *slope) {
  const double *v = near->value, *share = near->share;
  double total = 0, some = 0;
  for (int64_t k = 0; k < far->n; k++) {
    sums s = share ? hard_sums(near->n, v, share, far->value[k])
                   : hard_sums(near->n, v, NULL, far->value[k]);
    double often = far->share ? far->share[k] : 1;
    total += often * s.value;
    some += often * s.count;
    slope[k] += s.slope;
  }
  *value += total;
  *count += some;
}

static void add_soft(const ct_triplet_side *near, const ct_triplet_side *far, double *value,
                     double *count, double *slope) {
  for (int64_t k = 0; k < far->n; k++)
    for (int64_t from = 0; from < near->n; from += FACTORS) {
      int64_t n = near->n - from < FACTORS ? near->n - from : FACTORS;
      const double *v = near->value + from;
      sums s = near->share ? soft_shared_sums(n, v, near->share + from, far->value[k])
                           : soft_sums(n, v, far->value[k]);
      double often = far->share ? far->share[k] : 1;
      *value += often * s.value;
      *count += often * s.count;
      slope[k] += s.slope;
    }
}

static void add(const ct_triplet_side *near, const ct_triplet_side *far, bool soft, double *value,
                double *count, double *slope) {
  soft ? add_soft(near, far, value, count, slope) : add_hard(near, far, value, count, slope);
}

static void weigh(const ct_triplet_side *near, const ct_triplet_side *far, bool soft,
                  double *weight) {
  const int64_t n = near->n;
  for (int64_t j = 0; j < n; j++) weight[j] = 0;
  for (int64_t k = 0; k < far->n; k++) {
    const double own = far->value[k], often = far->share ? far->share[k] : 1;
    if (soft) {
#pragma omp simd
      for (int64_t j = 0; j < n; j++) {
        double z = near->value[j] + own, tail = ct_exp_f64(z > 0 ? -z : z);
        weight[j] += often * (z > 0 ? 1 : tail) / (1 + tail);
      }
    } else {
#pragma omp simd
      for (int64_t j = 0; j < n; j++) weight[j] += near->value[j] + own > 0 ? often : 0.0;
    }
  }
  for (int64_t j = 0; j < n && near->share; j++) weight[j] *= near->share[j];
}

const ct_triplet_kernels CT_ISA_NAME(ct_triplet_kernels) = {add, weigh};
