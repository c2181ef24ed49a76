/* Element types. Names follow Torch7: Float, Double, Long (64 bits), Int (32 bits), Byte (8 bits,
 * unsigned), Short (16 bits), Char (8 bits, signed). What lies on a GPU has types of its own, as in
 * cutorch: Cuda (float), CudaDouble, CudaHalf (IEEE 16 bits), CudaBFloat16, CudaLong, CudaInt,
 * CudaByte. A table of kernels for the CPU holds NULL at those. */
#ifndef CIRCLET_TENSOR_DTYPE_H
#define CIRCLET_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ct_dtype {
  CT_FLOAT,
  CT_DOUBLE,
  CT_LONG,
  CT_INT,
  CT_BYTE,
  CT_SHORT,
  CT_CHAR,
  CT_CUDA_FLOAT,
  CT_CUDA_DOUBLE,
  CT_CUDA_HALF,
  CT_CUDA_BFLOAT16,
  CT_CUDA_LONG,
  CT_CUDA_INT,
  CT_CUDA_BYTE,
  CT_DTYPES
} ct_dtype;

static inline bool ct_dtype_is_cuda(ct_dtype dtype) { return dtype >= CT_CUDA_FLOAT; }

/* The type on the CPU that holds every value of this one, and the type on a GPU with the same
 * elements; false where there is none (Short, Char). */
ct_dtype ct_dtype_on_cpu(ct_dtype dtype);
bool ct_dtype_on_cuda(ct_dtype dtype, ct_dtype *out);

/* The types of indices and of masks beside tensors of a type: Long and Byte, or CudaLong and
 * CudaByte. */
static inline ct_dtype ct_dtype_of_indices(ct_dtype beside) {
  return ct_dtype_is_cuda(beside) ? CT_CUDA_LONG : CT_LONG;
}
static inline ct_dtype ct_dtype_of_masks(ct_dtype beside) {
  return ct_dtype_is_cuda(beside) ? CT_CUDA_BYTE : CT_BYTE;
}

size_t ct_dtype_size(ct_dtype dtype);
const char *ct_dtype_name(ct_dtype dtype); /* "Float", "Double", ..., "Cuda", "CudaDouble", ... */
static inline bool ct_dtype_is_real(ct_dtype dtype) {
  return dtype <= CT_DOUBLE || (dtype >= CT_CUDA_FLOAT && dtype <= CT_CUDA_BFLOAT16);
}

/* The range of an integer type. */
int64_t ct_dtype_least(ct_dtype dtype);
int64_t ct_dtype_greatest(ct_dtype dtype);

/* The integers from 0 that a type holds exactly end here. */
int64_t ct_dtype_exact(ct_dtype dtype);

/* A number on its way into a tensor or out of one: `i` counts for integer types, `d` for the rest.
 */
typedef struct ct_scalar {
  double d;
  int64_t i;
} ct_scalar;

/* Room for one element of any type. */
typedef union ct_element {
  float f32;
  double f64;
  int64_t i64;
  int32_t i32;
  uint8_t u8;
  int16_t i16;
  int8_t i8;
  uint16_t bits; /* of Half and BFloat16 */
} ct_element;

/* The integer part is 0 where the number has none in range (NaN included). */
static inline ct_scalar ct_scalar_of(double d) {
  return (ct_scalar){d, d >= -0x1p63 && d < 0x1p63 ? (int64_t)d : 0};
}

ct_scalar ct_scalar_load(ct_dtype dtype, const void *from);
void ct_scalar_store(ct_dtype dtype, void *to, ct_scalar value);

/* Element i of an array of CT_FLOAT or CT_DOUBLE. */
static inline double ct_real_at(ct_dtype dtype, const void *from, int64_t i) {
  return dtype == CT_FLOAT ? (double)((const float *)from)[i] : ((const double *)from)[i];
}

static inline void ct_real_put(ct_dtype dtype, void *to, int64_t i, double value) {
  if (dtype == CT_FLOAT)
    ((float *)to)[i] = (float)value;
  else
    ((double *)to)[i] = value;
}

#endif
