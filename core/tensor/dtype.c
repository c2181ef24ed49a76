/* Element types: size, name, and one element moved to and from a ct_scalar. */
#include "tensor/dtype.h"
#include <string.h>

size_t ct_dtype_size(ct_dtype dtype) {
  static const size_t size[CT_DTYPES] = {4, 8, 8, 4, 1, 2, 1};
  return size[dtype];
}

const char *ct_dtype_name(ct_dtype dtype) {
  static const char *const name[CT_DTYPES] = {"Float", "Double", "Long", "Int",
                                              "Byte",  "Short",  "Char"};
  return name[dtype];
}

int64_t ct_dtype_least(ct_dtype dtype) {
  static const int64_t least[CT_DTYPES] = {
      [CT_LONG] = INT64_MIN, [CT_INT] = INT32_MIN, [CT_SHORT] = INT16_MIN, [CT_CHAR] = INT8_MIN};
  return least[dtype];
}

int64_t ct_dtype_greatest(ct_dtype dtype) {
  static const int64_t greatest[CT_DTYPES] = {[CT_LONG] = INT64_MAX,
                                              [CT_INT] = INT32_MAX,
                                              [CT_BYTE] = UINT8_MAX,
                                              [CT_SHORT] = INT16_MAX,
                                              [CT_CHAR] = INT8_MAX};
  return greatest[dtype];
}

int64_t ct_dtype_exact(ct_dtype dtype) {
  return dtype == CT_FLOAT    ? INT64_C(1) << 24
         : dtype == CT_DOUBLE ? INT64_C(1) << 53
                              : ct_dtype_greatest(dtype);
}

ct_scalar ct_scalar_load(ct_dtype dtype, const void *from) {
  ct_element e;
  memcpy(&e, from, ct_dtype_size(dtype));
  int64_t i = 0;
  switch (dtype) {
  case CT_FLOAT: return ct_scalar_of((double)e.f32);
  case CT_DOUBLE: return ct_scalar_of(e.f64);
  case CT_LONG: i = e.i64; break;
  case CT_INT: i = e.i32; break;
  case CT_BYTE: i = e.u8; break;
  case CT_SHORT: i = e.i16; break;
  case CT_CHAR: i = e.i8; break;
  case CT_DTYPES: break;
  }
  return (ct_scalar){(double)i, i};
}

void ct_scalar_store(ct_dtype dtype, void *to, ct_scalar value) {
  ct_element e = {.i64 = 0};
  switch (dtype) {
  case CT_FLOAT: e.f32 = (float)value.d; break;
  case CT_DOUBLE: e.f64 = value.d; break;
  case CT_LONG: e.i64 = value.i; break;
  case CT_INT: e.i32 = (int32_t)value.i; break;
  case CT_BYTE: e.u8 = (uint8_t)value.i; break;
  case CT_SHORT: e.i16 = (int16_t)value.i; break;
  case CT_CHAR: e.i8 = (int8_t)value.i; break;
  case CT_DTYPES: break;
  }
  memcpy(to, &e, ct_dtype_size(dtype));
}
