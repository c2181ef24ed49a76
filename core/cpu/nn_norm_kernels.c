/* Batch normalisation for both real types: the template is written once, with REAL and NAMED()
 * filled in here. */
#include "cpu/nn_norm.h"

enum { LANES = 16, COLUMNS = 64 }; /* partial sums along a plane; columns handled together */

#define REAL            float
#define NAMED(function) function##_f32
#include "cpu/nn_norm_template.h"
#undef REAL
#undef NAMED

#define REAL            double
#define NAMED(function) function##_f64
#include "cpu/nn_norm_template.h"

const ct_nn_norm_kernels CT_ISA_NAME(ct_nn_norm_kernels) = {
    .moments = {moments_f32, moments_f64},
    .apply = {apply_f32, apply_f64},
    .backward_sums = {backward_sums_f32, backward_sums_f64},
    .apply_backward = {apply_backward_f32, apply_backward_f64},
};
