/* Parameter updates for double; the formulas stand in cpu/optim_element.h. */
#include <math.h>
#include "cpu/optim.h"

typedef double real;
#define real_sqrt    sqrt
#define FMA(a, b, c) CT_FMA(a, b, c)
#include "cpu/optim_template.h"

const ct_optim_kernels CT_ISA_NAME(ct_optim_kernels_f64) = {sgd, adam};
