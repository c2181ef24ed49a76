/* Pooling for both real types: the template is written once, with REAL and NAMED() filled in here.
 */
#include "cpu/nn_pool.h"
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { ROOM = 2048 }; /* elements that tiling windows keep between their two steps */

#define REAL            float
#define NAMED(function) function##_f32
#include "cpu/nn_pool_template.h"
#undef REAL
#undef NAMED

#define REAL            double
#define NAMED(function) function##_f64
#include "cpu/nn_pool_template.h"

const ct_nn_pool_kernels CT_ISA_NAME(ct_nn_pool_kernels) = {
    .max = {max_f32, max_f64},
    .max_backward = {max_backward_f32, max_backward_f64},
    .average = {average_f32, average_f64},
    .average_backward = {average_backward_f32, average_backward_f64},
};
