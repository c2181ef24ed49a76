/* The IDX format of MNIST and its relatives: a typed, dense array with big-endian elements. */
#ifndef CIRCLET_IO_IDX_H
#define CIRCLET_IO_IDX_H

#include "tensor/tensor.h"

/* The array in data[0..size) as a fresh contiguous tensor. unsigned byte -> Byte; signed byte,
 * short and int -> Int; float -> Float; double -> Double. CT_EFORMAT unless every byte is accounted
 * for: header, 1 to 8 sizes, and exactly the elements that they promise. */
ct_status ct_idx_parse(const void *data, int64_t size, ct_tensor *out, ct_error *error);

#endif
