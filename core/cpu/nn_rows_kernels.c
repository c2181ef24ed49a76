/* Row kernels for both real types: the template is written once, with REAL and NAMED() filled in
 * here. */
#include "cpu/nn_rows.h"
#include <math.h>
#include <string.h>

enum { COLUMNS = 64, LANES = 16 }; /* columns summed together; partial sums along a row */

#define REAL            float
#define REAL_EXP        expf
#define NAMED(function) function##_f32
#include "cpu/nn_rows_template.h"
#undef REAL
#undef REAL_EXP
#undef NAMED

#define REAL            double
#define REAL_EXP        exp
#define NAMED(function) function##_f64
#include "cpu/nn_rows_template.h"

const ct_nn_rows_kernels CT_ISA_NAME(ct_nn_rows_kernels) = {
    .log_softmax = {log_softmax_f32, log_softmax_f64},
    .log_softmax_backward = {log_softmax_backward_f32, log_softmax_backward_f64},
    .normalize = {normalize_f32, normalize_f64},
    .normalize_backward = {normalize_backward_f32, normalize_backward_f64},
    .fill_rows = {fill_rows_f32, fill_rows_f64},
    .add_column_sums = {add_column_sums_f32, add_column_sums_f64},
};
