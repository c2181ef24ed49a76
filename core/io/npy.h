/* NumPy's .npy format, versions 1 to 3 (NumPy Enhancement Proposal 1). */
#ifndef CIRCLET_IO_NPY_H
#define CIRCLET_IO_NPY_H

#include "io/mapping.h"
#include "tensor/tensor.h"

/* The array in data[0..size) as a tensor on a fresh storage: f2, f4 -> Float; f8 -> Double; i8, u4
 * -> Long; i1, i2, u2, i4 -> Int; u1, b1 -> Byte, in either byte order. An array in Fortran order
 * becomes a transposed view; one without dimensions has size 1. CT_EFORMAT for other types, more
 * than 8 dimensions, and unless the file is exactly a header and the elements it promises. */
ct_status ct_npy_parse(const void *data, int64_t size, ct_tensor *out, ct_error *error);

/* The same of a mapped file, which becomes the tensor's storage (and is unmapped with it) where its
 * elements are in memory what they are in the file: f4, f8, i8, i4, u1, b1 in this machine's byte
 * order, at an address that is a multiple of their size. Elsewhere, and on failure, it is unmapped
 * before the return. */
ct_status ct_npy_adopt(ct_mapping *mapping, ct_tensor *out, ct_error *error);

/* The header (version 1.0) of a file that holds t's elements in C order and this machine's byte
 * order. Returns its length, a multiple of 64; the elements follow it. */
enum { CT_NPY_HEADER = 320 };
int ct_npy_header(char header[CT_NPY_HEADER], const ct_tensor *t);

#endif
