/* Tensors with regular contents. The result is resized and keeps its type. */
#ifndef CIRCLET_OPS_CREATE_H
#define CIRCLET_OPS_CREATE_H

#include "tensor/tensor.h"

/* from, from + step, ... up to and including `to`. Integer types need integers. */
ct_status ct_range(ct_tensor *r, ct_scalar from, ct_scalar to, ct_scalar step, ct_error *error);

/* n >= 1 numbers from a to b in equal steps (both ends exact; n = 1 gives a); with `logarithmic`
 * their powers of ten. Float and Double only. */
ct_status ct_linspace(ct_tensor *r, double a, double b, int64_t n, bool logarithmic,
                      ct_error *error);

/* [rows, columns]: ones on the main diagonal, zeros elsewhere. */
ct_status ct_eye(ct_tensor *r, int64_t rows, int64_t columns, ct_error *error);

#endif
