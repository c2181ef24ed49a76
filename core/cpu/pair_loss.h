/* The inner loops of one loss for both compute types, and their table. Include with LOSS_HEADER,
 * the file of its maths, and LOSS_NAME, the name that all of that file's functions begin
 * with; LOSS_VARIANTS, 2 where the loss has two, 1 when it is not defined. */
#ifndef LOSS_VARIANTS
#define LOSS_VARIANTS 1
#endif

#define ABS(x)       ((x) < 0 ? -(x) : (x))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))

#define REAL           float
#define NAME(x)        x##_f32
#define REST(a, b, p)  ct_rest_f32(a, b, p)
#define FUSED(a, b, c) CT_FMAF(a, b, c)
#define LOSS(x)        CT_LOSS_PASTE(LOSS_NAME, x, f32)
#define LOSS_OF(x)     CT_LOSS_PASTE_TWO(LOSS_NAME, x)
#include LOSS_HEADER
#include "cpu/pair_run.h"
#undef REAL
#undef NAME
#undef REST
#undef FUSED
#undef LOSS

#define REAL           double
#define NAME(x)        x##_f64
#define REST(a, b, p)  ct_rest_f64(a, b, p)
#define FUSED(a, b, c) CT_FMA(a, b, c)
#define LOSS(x)        CT_LOSS_PASTE(LOSS_NAME, x, f64)
#include LOSS_HEADER
#include "cpu/pair_run.h"
#undef REAL
#undef NAME
#undef REST
#undef FUSED
#undef LOSS

#define ROW(type)                                                                                  \
  {                                                                                                \
    CT_LOSS_PASTE(LOSS_NAME, start, type), CT_LOSS_PASTE(LOSS_NAME, reach, type),                  \
        CT_LOSS_PASTE(LOSS_NAME, raise, type), CT_LOSS_PASTE(LOSS_NAME, add, type),                \
        CT_LOSS_PASTE(LOSS_NAME, weigh, type)                                                      \
  }
const ct_pair_kernel_set CT_ISA_NAME(CT_LOSS_PASTE(ct, LOSS_NAME, kernels)) = {.f32 = ROW(f32),
                                                                               .f64 = ROW(f64)};
#undef ROW
#undef LOSS_OF
#undef LOSS_NAME
#undef LOSS_HEADER
#undef LOSS_VARIANTS
#undef ABS
#undef LARGER
