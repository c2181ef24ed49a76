/* The names of the operations that every backend has, and how a call of one is described. */
#ifndef CIRCLET_TENSOR_OPERATION_H
#define CIRCLET_TENSOR_OPERATION_H

#include "tensor/dtype.h"

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

/* Operations that take numbers besides tensors. */
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

/* A call of an elementwise operation on operands: a result, then inputs. One of two inputs may be a
 * number. */
typedef enum ct_elementwise_family {
  CT_UNARY,
  CT_BINARY,
  CT_COMPARE,
  CT_SCALED
} ct_elementwise_family;

typedef struct ct_elementwise_call {
  const char *name; /* for errors */
  ct_elementwise_family family;
  int op;             /* of the family's type */
  int number_at;      /* the operand that is the number v (1 or 2), or 0 */
  ct_numbers numbers; /* of a scaled operation, or v is the number among the inputs */
} ct_elementwise_call;

typedef enum ct_reduce_kind {
  CT_REDUCE_SUM,
  CT_REDUCE_PROD,
  CT_REDUCE_MEAN, /* this and the next three: Float and Double only */
  CT_REDUCE_VAR,  /* divided by n - 1, or by n when `biased` */
  CT_REDUCE_STD,
  CT_REDUCE_NORM, /* (sum |x|^power)^(1/power); power 0 counts what is not 0, infinity: max |x| */
  CT_REDUCE_LARGEST, /* this and the next: of a whole tensor only */
  CT_REDUCE_SMALLEST,
} ct_reduce_kind;

typedef enum ct_find { CT_FIND_ZERO, CT_FIND_NEGATIVE, CT_FINDS } ct_find;

#endif
