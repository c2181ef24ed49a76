/* Elementwise operations. Inputs have one size (no broadcasting: expand first) and one type, the
 * result has that type and is resized. The result may be an input, or overlap it in any way. Errors
 * name the operation and both sizes or types.
 *
 * Integer types compute in integers and wrap around as C's unsigned types do; a number that meets
 * them must be an integer; division by zero is an error, and nothing has been written then. */
#ifndef CIRCLET_OPS_ELEMENTWISE_H
#define CIRCLET_OPS_ELEMENTWISE_H

#include "cpu/elementwise.h"

ct_status ct_elementwise_unary(const char *name, ct_unary op, ct_tensor *r, const ct_tensor *a,
                               ct_error *error);

ct_status ct_elementwise_binary(const char *name, ct_binary op, ct_tensor *r, const ct_tensor *a,
                                const ct_tensor *b, ct_error *error);

/* r = a op number, or number op a when `number_first`. MAX and MIN accept any integer or infinity
 * for integer types, DIV, POW, FMOD and REMAINDER only what the type can hold. */
ct_status ct_elementwise_number(const char *name, ct_binary op, ct_tensor *r, const ct_tensor *a,
                                ct_scalar number, bool number_first, ct_error *error);

/* input: a [, b [, c]], as many as `op` takes. */
ct_status ct_elementwise_scaled(const char *name, ct_scaled op, ct_tensor *r,
                                const ct_tensor *const *input, ct_scalar v, ct_scalar w,
                                ct_error *error);

/* r becomes 0 or 1. r is a ByteTensor or of the inputs' type. */
ct_status ct_elementwise_compare(const char *name, ct_compare op, ct_tensor *r, const ct_tensor *a,
                                 const ct_tensor *b, ct_error *error);

/* Any number is compared exactly with integers: fractions, infinities, values out of range. */
ct_status ct_elementwise_compare_number(const char *name, ct_compare op, ct_tensor *r,
                                        const ct_tensor *a, ct_scalar number, ct_error *error);

#endif
