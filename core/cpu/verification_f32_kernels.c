/* Verification kernels for float; the algorithms stand in cpu/verification_template.h. */
#include "cpu/verification.h"
#include <float.h>
#include <stdbool.h>
#include <string.h>
#include "base/interrupt.h"

typedef float real;
#define real_max FLT_MAX
#include "cpu/verification_template.h"

const ct_verification_kernels CT_ISA_NAME(ct_verification_kernels_f32) = {sort, distinct, spread,
                                                                          count};
