/* Verification kernels for double; the algorithms stand in cpu/verification_template.h. */
#include "cpu/verification.h"
#include <float.h>
#include <stdbool.h>
#include <string.h>
#include "base/interrupt.h"

typedef double real;
#define real_max DBL_MAX
#include "cpu/verification_template.h"

const ct_verification_kernels CT_ISA_NAME(ct_verification_kernels_f64) = {sort, distinct, spread,
                                                                          count};
