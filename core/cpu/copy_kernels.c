/* One copy loop per pair of element types, one fill per type. Real to integer truncates towards
 * zero, as in C. The unit-stride case is written out so that the compiler vectorises it. */
#include "cpu/copy.h"
#include <string.h>

#define COPY(name, To, From)                                                                       \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    (void)context;                                                                                 \
    if (s[0] == (int64_t)sizeof(To) && s[1] == (int64_t)sizeof(From)) {                            \
      To *restrict to = (To *)p[0];                                                                \
      const From *restrict from = (const From *)p[1];                                              \
      for (int64_t i = 0; i < n; i++) to[i] = (To)from[i];                                         \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++)                                                                \
      *(To *)(p[0] + i * s[0]) = (To) * (const From *)(p[1] + i * s[1]);                           \
  }

#define FILL(name, To)                                                                             \
  static void name(const void *context, int64_t n, char *const *p, const int64_t *s) {             \
    To value = *(const To *)context;                                                               \
    if (s[0] == (int64_t)sizeof(To))                                                               \
      for (int64_t i = 0; i < n; i++) ((To *)p[0])[i] = value;                                     \
    else                                                                                           \
      for (int64_t i = 0; i < n; i++) *(To *)(p[0] + i * s[0]) = value;                            \
  }

#define COPIES_TO(suffix, To)                                                                      \
  COPY(copy_##suffix##_f32, To, float)                                                             \
  COPY(copy_##suffix##_f64, To, double)                                                            \
  COPY(copy_##suffix##_i64, To, int64_t)                                                           \
  COPY(copy_##suffix##_i32, To, int32_t)                                                           \
  COPY(copy_##suffix##_u8, To, uint8_t)                                                            \
  COPY(copy_##suffix##_i16, To, int16_t)                                                           \
  COPY(copy_##suffix##_i8, To, int8_t)                                                             \
  FILL(fill_##suffix, To)

COPIES_TO(f32, float)
COPIES_TO(f64, double)
COPIES_TO(i64, int64_t)
COPIES_TO(i32, int32_t)
COPIES_TO(u8, uint8_t)
COPIES_TO(i16, int16_t)
COPIES_TO(i8, int8_t)

#define ROW(suffix)                                                                                \
  {                                                                                                \
    copy_##suffix##_f32, copy_##suffix##_f64, copy_##suffix##_i64, copy_##suffix##_i32,            \
        copy_##suffix##_u8, copy_##suffix##_i16, copy_##suffix##_i8                                \
  }

const ct_copy_kernels CT_ISA_NAME(ct_copy_kernels) = {
    .copy = {ROW(f32), ROW(f64), ROW(i64), ROW(i32), ROW(u8), ROW(i16), ROW(i8)},
    .fill = {fill_f32, fill_f64, fill_i64, fill_i32, fill_u8, fill_i16, fill_i8},
};
