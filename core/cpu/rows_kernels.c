/* Rows in and out of a loss. All sums are in double, whatever the types at both ends. */
#include "cpu/rows.h"
#include <math.h>

/* 2^-e with 2^e about the largest magnitude; e stays within +-1000 so that the power is a normal or
 * exactly representable number, which leaves scaled squares far from the ends of the range. */
static double scale_for(double largest) {
  int exponent;
  frexp(largest, &exponent);
  if (exponent < -1000) exponent = -1000;
  if (exponent > 1000) exponent = 1000;
  return ldexp(1, -exponent);
}

#define OUTER   float
#define REAL    float
#define NAME(x) x##_f32_f32
#include "cpu/rows_pair.h"
#undef REAL
#undef NAME

#define REAL    double
#define NAME(x) x##_f32_f64
#include "cpu/rows_pair.h"
#undef OUTER
#undef NAME

#define OUTER   double
#define NAME(x) x##_f64_f64
#include "cpu/rows_pair.h"

#define TABLE(types)                                                                               \
  { normalise_##types, load_##types, project_##types, subtract_##types, store_##types }

const ct_row_kernel_set CT_ISA_NAME(ct_row_kernels) = {
    .f32_f32 = TABLE(f32_f32),
    .f32_f64 = TABLE(f32_f64),
    .f64_f64 = TABLE(f64_f64),
};
