/* Element types: size, name, and one element moved to and from a ct_scalar. */
#include "tensor/dtype.h"
#include <math.h>
#include <string.h>

size_t ct_dtype_size(ct_dtype dtype) {
  static const size_t size[CT_DTYPES] = {4, 8, 8, 4, 1, 2, 1, 4, 8, 2, 2, 8, 4, 1};
  return size[dtype];
}

const char *ct_dtype_name(ct_dtype dtype) {
  static const char *const name[CT_DTYPES] = {
      "Float", "Double",     "Long",     "Int",          "Byte",     "Short",   "Char",
      "Cuda",  "CudaDouble", "CudaHalf", "CudaBFloat16", "CudaLong", "CudaInt", "CudaByte"};
  return name[dtype];
}

ct_dtype ct_dtype_on_cpu(ct_dtype dtype) {
  switch (dtype) {
  case CT_CUDA_FLOAT:
  case CT_CUDA_HALF:
  case CT_CUDA_BFLOAT16: return CT_FLOAT;
  case CT_CUDA_DOUBLE: return CT_DOUBLE;
  case CT_CUDA_LONG: return CT_LONG;
  case CT_CUDA_INT: return CT_INT;
  case CT_CUDA_BYTE: return CT_BYTE;
  default: return dtype;
  }
}

bool ct_dtype_on_cuda(ct_dtype dtype, ct_dtype *out) {
  static const ct_dtype types[] = {[CT_FLOAT] = CT_CUDA_FLOAT,
                                   [CT_DOUBLE] = CT_CUDA_DOUBLE,
                                   [CT_LONG] = CT_CUDA_LONG,
                                   [CT_INT] = CT_CUDA_INT,
                                   [CT_BYTE] = CT_CUDA_BYTE};
  if (dtype == CT_SHORT || dtype == CT_CHAR) return false;
  *out = ct_dtype_is_cuda(dtype) ? dtype : types[dtype];
  return true;
}

int64_t ct_dtype_least(ct_dtype dtype) {
  static const int64_t least[CT_DTYPES] = {
      [CT_LONG] = INT64_MIN, [CT_INT] = INT32_MIN,       [CT_SHORT] = INT16_MIN,
      [CT_CHAR] = INT8_MIN,  [CT_CUDA_LONG] = INT64_MIN, [CT_CUDA_INT] = INT32_MIN};
  return least[dtype];
}

int64_t ct_dtype_greatest(ct_dtype dtype) {
  static const int64_t greatest[CT_DTYPES] = {
      [CT_LONG] = INT64_MAX,     [CT_INT] = INT32_MAX,      [CT_BYTE] = UINT8_MAX,
      [CT_SHORT] = INT16_MAX,    [CT_CHAR] = INT8_MAX,      [CT_CUDA_LONG] = INT64_MAX,
      [CT_CUDA_INT] = INT32_MAX, [CT_CUDA_BYTE] = UINT8_MAX};
  return greatest[dtype];
}

int64_t ct_dtype_exact(ct_dtype dtype) {
  switch (dtype) {
  case CT_FLOAT:
  case CT_CUDA_FLOAT: return INT64_C(1) << 24;
  case CT_DOUBLE:
  case CT_CUDA_DOUBLE: return INT64_C(1) << 53;
  case CT_CUDA_HALF: return INT64_C(1) << 11;
  case CT_CUDA_BFLOAT16: return INT64_C(1) << 8;
  default: return ct_dtype_greatest(dtype);
  }
}

/* The floats of 16 bits: `mantissa` of them after the point, `bias` of the exponent. Every one of
 * them is a float, and its bits are those of a float scaled by a power of two. */
static double narrow_load(uint16_t bits, int mantissa, int bias) {
  int exponent = (bits & 0x7fff) >> mantissa;
  int rest = bits & ((1 << mantissa) - 1), largest = (1 << (15 - mantissa)) - 1;
  double value =
      ldexp(exponent ? rest + (1 << mantissa) : rest, (exponent ? exponent : 1) - bias - mantissa);
  if (exponent == largest) value = rest ? NAN : INFINITY;
  return bits & 0x8000 ? -value : value;
}

/* To the nearest, ties to even, in one rounding; beyond the range, infinite. */
static uint16_t narrow_store(double value, int mantissa, int bias) {
  const uint16_t sign = signbit(value) ? 0x8000 : 0;
  const int largest = (1 << (15 - mantissa)) - 1;
  if (isnan(value)) return (uint16_t)(sign | largest << mantissa | 1 << (mantissa - 1));
  int exponent;
  double size = fabs(value);
  if (size == 0) return sign;
  if (isinf(size)) return (uint16_t)(sign | largest << mantissa);
  frexp(size, &exponent); /* size = f * 2^exponent, 1/2 <= f < 1 */
  if (exponent - 1 < 1 - bias) exponent = 2 - bias;
  int64_t steps = (int64_t)nearbyint(ldexp(size, mantissa + 1 - exponent));
  int64_t bits = ((int64_t)(exponent - 1 + bias - 1) << mantissa) + steps;
  if (bits > (int64_t)largest << mantissa) bits = (int64_t)largest << mantissa;
  return (uint16_t)(sign | bits);
}

enum { HALF_MANTISSA = 10, HALF_BIAS = 15, BFLOAT16_MANTISSA = 7, BFLOAT16_BIAS = 127 };

ct_scalar ct_scalar_load(ct_dtype dtype, const void *from) {
  ct_element e;
  memcpy(&e, from, ct_dtype_size(dtype));
  int64_t i = 0;
  switch (dtype) {
  case CT_FLOAT:
  case CT_CUDA_FLOAT: return ct_scalar_of((double)e.f32);
  case CT_DOUBLE:
  case CT_CUDA_DOUBLE: return ct_scalar_of(e.f64);
  case CT_CUDA_HALF: return ct_scalar_of(narrow_load(e.bits, HALF_MANTISSA, HALF_BIAS));
  case CT_CUDA_BFLOAT16: return ct_scalar_of(narrow_load(e.bits, BFLOAT16_MANTISSA, BFLOAT16_BIAS));
  case CT_LONG:
  case CT_CUDA_LONG: i = e.i64; break;
  case CT_INT:
  case CT_CUDA_INT: i = e.i32; break;
  case CT_BYTE:
  case CT_CUDA_BYTE: i = e.u8; break;
  case CT_SHORT: i = e.i16; break;
  case CT_CHAR: i = e.i8; break;
  case CT_DTYPES: break;
  }
  return (ct_scalar){(double)i, i};
}

void ct_scalar_store(ct_dtype dtype, void *to, ct_scalar value) {
  ct_element e = {.i64 = 0};
  switch (dtype) {
  case CT_FLOAT:
  case CT_CUDA_FLOAT: e.f32 = (float)value.d; break;
  case CT_DOUBLE:
  case CT_CUDA_DOUBLE: e.f64 = value.d; break;
  case CT_CUDA_HALF: e.bits = narrow_store(value.d, HALF_MANTISSA, HALF_BIAS); break;
  case CT_CUDA_BFLOAT16: e.bits = narrow_store(value.d, BFLOAT16_MANTISSA, BFLOAT16_BIAS); break;
  case CT_LONG:
  case CT_CUDA_LONG: e.i64 = value.i; break;
  case CT_INT:
  case CT_CUDA_INT: e.i32 = (int32_t)value.i; break;
  case CT_BYTE:
  case CT_CUDA_BYTE: e.u8 = (uint8_t)value.i; break;
  case CT_SHORT: e.i16 = (int16_t)value.i; break;
  case CT_CHAR: e.i8 = (int8_t)value.i; break;
  case CT_DTYPES: break;
  }
  memcpy(to, &e, ct_dtype_size(dtype));
}
