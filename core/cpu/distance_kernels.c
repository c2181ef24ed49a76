/* Squared distances in eight lanes of double, so that every instruction set gives the same bits. */
#include "cpu/distance.h"
#include "cpu/lanes.h"

#define DISTANCE(name, T, load)                                                                    \
  static double name(int64_t n, const T *a, const T *b) {                                          \
    ct_lanes sum = {0}, x, y;                                                                      \
    double rest = 0;                                                                               \
    int64_t i = 0;                                                                                 \
    for (; i + 8 <= n; i += 8) {                                                                   \
      load(&x, a + i);                                                                             \
      load(&y, b + i);                                                                             \
      x -= y;                                                                                      \
      sum += x * x;                                                                                \
    }                                                                                              \
    for (; i < n; i++) rest += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);      \
    return ct_lanes_sum(&sum) + rest;                                                              \
  }

DISTANCE(distance_f32, float, ct_lanes_load_f32)
DISTANCE(distance_f64, double, ct_lanes_load_f64)

const ct_distance_kernels CT_ISA_NAME(ct_distance_kernels) = {distance_f32, distance_f64};
