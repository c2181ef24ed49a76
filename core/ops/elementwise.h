/* Elementwise operations. Inputs have one size (no broadcasting: expand first) and one type, the
 * result has that type and is resized. The result may be an input, or overlap it in any way. Errors
 * name the operation and both sizes or types. */
#ifndef CIRCLET_OPS_ELEMENTWISE_H
#define CIRCLET_OPS_ELEMENTWISE_H

#include "cpu/elementwise.h"

ct_status ct_elementwise_unary(const char *name, ct_unary op, ct_tensor *r, const ct_tensor *a,
                               ct_error *error);

#endif
