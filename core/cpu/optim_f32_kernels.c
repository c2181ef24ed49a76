/* Parameter updates for float; the formulas stand in cpu/optim_element.h. */
#include <math.h>
#include "cpu/optim.h"

typedef float real;
#define real_sqrt    sqrtf
#define FMA(a, b, c) CT_FMAF(a, b, c)
#include "cpu/optim_template.h"

const ct_optim_kernels CT_ISA_NAME(ct_optim_kernels_f32) = {sgd, adam};
