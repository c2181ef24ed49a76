/* Moving elements: copy with conversion, fill, a contiguous version of a tensor. */
#ifndef CIRCLET_OPS_COPY_H
#define CIRCLET_OPS_COPY_H

#include "tensor/tensor.h"

/* to's elements become from's, in order, converted to to's type. Sizes may differ, the number of
 * elements may not. `to` and `from` may overlap. */
ct_status ct_copy(ct_tensor *to, const ct_tensor *from, ct_error *error);

ct_status ct_fill(ct_tensor *t, ct_scalar value, ct_error *error);

/* *out: a fresh contiguous tensor of type `dtype` with from's size and elements. */
ct_status ct_clone(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error);

/* *out: a view of `from` when it is contiguous and of type `dtype`, otherwise ct_clone. The caller
 * releases it either way. */
ct_status ct_contiguous(ct_tensor *out, ct_dtype dtype, const ct_tensor *from, ct_error *error);

#endif
