/* Copies between element types, and fills. */
#ifndef CIRCLET_CPU_COPY_H
#define CIRCLET_CPU_COPY_H

#include "cpu/isa.h"
#include "cpu/loop.h"

typedef struct ct_copy_kernels {
  ct_run_fn copy[CT_DTYPES][CT_DTYPES]; /* [to][from]; operands: to, from */
  ct_run_fn fill[CT_DTYPES];            /* operand: to; context: one element of its type */
} ct_copy_kernels;

CT_ISA_DECLARE(ct_copy_kernels, ct_copy_kernels);

#endif
