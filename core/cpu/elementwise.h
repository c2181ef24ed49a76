/* Kernels that treat elements one by one. Operands of every kernel: the result, then its inputs.
 * The context of a scaled kernel is ct_numbers, of find an _Atomic bool. */
#ifndef CIRCLET_CPU_ELEMENTWISE_H
#define CIRCLET_CPU_ELEMENTWISE_H

#include "cpu/isa.h"
#include "cpu/loop.h"
#include "tensor/operation.h"

/* NULL where an operation is not defined for a type. */
typedef struct ct_elementwise_kernels {
  ct_run_fn unary[CT_UNARIES][CT_DTYPES];    /* r, a */
  ct_run_fn binary[CT_BINARIES][CT_DTYPES];  /* r, a, b; a number is an input of stride 0 */
  ct_run_fn compare[CT_COMPARES][CT_DTYPES]; /* r (Byte), a, b */
  ct_run_fn scaled[CT_SCALEDS][CT_DTYPES];   /* r, a [, b [, c]] */
  ct_run_fn find[CT_FINDS][CT_DTYPES];       /* a; context: an _Atomic bool, set when found */
} ct_elementwise_kernels;

CT_ISA_DECLARE(ct_elementwise_kernels, ct_elementwise_kernels);

#endif
