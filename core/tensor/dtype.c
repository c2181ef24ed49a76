/* Element types: size, name, and one element moved to and from a ct_scalar. */
#include "tensor/dtype.h"
#include <string.h>

size_t ct_dtype_size(ct_dtype dtype) {
  static const size_t size[CT_DTYPES] = {4, 8, 8, 4, 1};
  return size[dtype];
}

const char *ct_dtype_name(ct_dtype dtype) {
  static const char *const name[CT_DTYPES] = {"Float", "Double", "Long", "Int", "Byte"};
  return name[dtype];
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
  case CT_DTYPES: break;
  }
  memcpy(to, &e, ct_dtype_size(dtype));
}
