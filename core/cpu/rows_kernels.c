/* Rows in and out of a loss. All sums are in double, whatever the types at both ends. */
#include "cpu/rows.h"
#include <math.h>
#include <string.h>
#include "cpu/lanes.h"

/* Sums take a block at a time: several lanes side by side hide an addition's latency. */
enum { LANES = sizeof(ct_lanes) / sizeof(double), ABREAST = 4, BLOCK = ABREAST * LANES };

/* The block at `from`; of `left` elements that are fewer, a copy in `room` with zeros behind. */
static inline const void *block_of(const void *from, int64_t left, size_t element, void *room) {
  if (left >= BLOCK) return from;
  memset(room, 0, BLOCK * element);
  return memcpy(room, from, (size_t)left * element);
}

static inline double total(const ct_lanes sums[ABREAST]) {
  const ct_lanes sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return ct_lanes_sum(&sum);
}

/* 2^-e with 2^e about the largest magnitude; e stays within +-1000 so that the power is a normal or
 * exactly representable number, which leaves scaled squares far from the ends of the range. */
static double scale_for(double largest) {
  int exponent;
  frexp(largest, &exponent);
  if (exponent < -1000) exponent = -1000;
  if (exponent > 1000) exponent = 1000;
  return ldexp(1, -exponent);
}

#define OUTER       float
#define LOAD_OUTER  ct_lanes_load_f32
#define STORE_OUTER ct_lanes_store_f32
#define REAL        float
#define LOAD_REAL   ct_lanes_load_f32
#define STORE_REAL  ct_lanes_store_f32
#define NAME(x)     x##_f32_f32
#include "cpu/rows_pair.h"
#undef REAL
#undef LOAD_REAL
#undef STORE_REAL
#undef NAME

#define REAL       double
#define LOAD_REAL  ct_lanes_load_f64
#define STORE_REAL ct_lanes_store_f64
#define NAME(x)    x##_f32_f64
#include "cpu/rows_pair.h"
#undef OUTER
#undef LOAD_OUTER
#undef STORE_OUTER
#undef NAME

#define OUTER       double
#define LOAD_OUTER  ct_lanes_load_f64
#define STORE_OUTER ct_lanes_store_f64
#define NAME(x)     x##_f64_f64
#include "cpu/rows_pair.h"

#define TABLE(types)                                                                               \
  { normalise_##types, load_##types, project_##types, subtract_##types, store_##types }

const ct_row_kernel_set CT_ISA_NAME(ct_row_kernels) = {
    .f32_f32 = TABLE(f32_f32),
    .f32_f64 = TABLE(f32_f64),
    .f64_f64 = TABLE(f64_f64),
};
