/* The pair-wise driver's inner loops, compiled for each loss of the family, both compute types and
 * every instruction set. */
#include "cpu/pair.h"
#include <math.h>
#include "cpu/exp.h"

#define CT_LOSS_INLINE static inline __attribute__((always_inline))

#define REAL          float
#define NAME(x)       x##_f32
#define REST(a, b, p) ct_rest_f32(a, b, p)
#include "loss/circle.h"
#include "cpu/pair_run.h"
#undef REAL
#undef NAME
#undef REST

#define REAL          double
#define NAME(x)       x##_f64
#define REST(a, b, p) ct_rest_f64(a, b, p)
#include "loss/circle.h"
#include "cpu/pair_run.h"

const ct_pair_kernel_set CT_ISA_NAME(ct_circle_kernels) = {
    .f32 = {reach_f32, raise_f32, add_f32, weigh_f32},
    .f64 = {reach_f64, raise_f64, add_f64, weigh_f64},
};
