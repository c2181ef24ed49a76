/* Fused parameter updates: one pass over the parameters, the gradient and the optimiser's state. */
#ifndef CIRCLET_CPU_OPTIM_H
#define CIRCLET_CPU_OPTIM_H

#include "cpu/isa.h"
#include "cpu/loop.h"
#include "cpu/optim_factors.h"

typedef struct ct_optim_kernels {
  ct_run_fn sgd, adam;
} ct_optim_kernels;

CT_ISA_DECLARE(ct_optim_kernels, ct_optim_kernels_f32);
CT_ISA_DECLARE(ct_optim_kernels, ct_optim_kernels_f64);

#endif
