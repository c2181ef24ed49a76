/* Kernels that treat elements one by one. Operands of every kernel: the result, then its inputs. */
#ifndef CIRCLET_CPU_ELEMENTWISE_H
#define CIRCLET_CPU_ELEMENTWISE_H

#include "cpu/isa.h"
#include "cpu/loop.h"

/* ABS, NEG and SIGN are defined for all types, the others for Float and Double. */
typedef enum ct_unary {
  CT_ABS,
  CT_NEG,
  CT_SIGN, /* -1, 0, 1; 0 for NaN */
  CT_CEIL,
  CT_FLOOR,
  CT_ROUND, /* halves away from zero */
  CT_TRUNC,
  CT_FRAC, /* x - trunc(x) */
  CT_SQRT,
  CT_RSQRT,
  CT_CINV, /* 1/x */
  CT_EXP,
  CT_LOG,
  CT_LOG1P,
  CT_SIN,
  CT_COS,
  CT_TAN,
  CT_ASIN,
  CT_ACOS,
  CT_ATAN,
  CT_SINH,
  CT_COSH,
  CT_TANH,
  CT_SIGMOID,
  CT_UNARIES
} ct_unary;

/* Integer types wrap around. */
typedef enum ct_binary {
  CT_ADD,
  CT_SUB,
  CT_MUL,
  CT_DIV, /* integers: towards zero; b is never 0 */
  CT_POW, /* integers: b is never negative */
  CT_MAX, /* NaN when either is NaN, as in MIN */
  CT_MIN,
  CT_FMOD,      /* the sign of a; integers: b is never 0 */
  CT_REMAINDER, /* the sign of b; integers: b is never 0 */
  CT_ATAN2,     /* Float and Double only */
  CT_BINARIES
} ct_binary;

typedef enum ct_compare { CT_LT, CT_LE, CT_GT, CT_GE, CT_EQ, CT_NE, CT_COMPARES } ct_compare;

/* Operations that take numbers besides tensors: the context is ct_numbers. */
typedef enum ct_scaled {
  CT_ADD_SCALED, /* a + v*b; integers wrap around */
  CT_ADDCMUL,    /* a + v*b*c; integers wrap around */
  CT_ADDCDIV,    /* a + v*b/c; integers: c is never 0 */
  CT_LERP,       /* a + v*(b - a); Float and Double only */
  CT_CLAMP,      /* a between v and w, which are in the type's range; NaN stays */
  CT_SCALEDS
} ct_scaled;

typedef struct ct_numbers {
  ct_scalar v, w;
} ct_numbers;

typedef enum ct_find { CT_FIND_ZERO, CT_FIND_NEGATIVE, CT_FINDS } ct_find;

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
