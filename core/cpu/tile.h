/* Products of tiles of rows with each other, for streaming drivers: rows are packed once and every
 * product of the pass reads the packed form, which OpenBLAS, packing anew in each call, cannot.
 *
 * Two layouts, both of panels `width` elements wide (two SIMD vectors; depends on the instruction
 * set): by dimension  [ceil(dim/width)][rows][width]   rows of a panel contiguous; also gradients'
 * layout by row        [ceil(rows/width)][dim][width]   `width` rows interleaved, one dimension
 * after other `rows` is a multiple of CT_TILE_ROWS; rows and dimensions beyond the data are zero.
 */
#ifndef CIRCLET_CPU_TILE_H
#define CIRCLET_CPU_TILE_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

enum {
  CT_TILE_ROWS = 32, /* a multiple of every instruction set's width and height */
  /* Similarities take so many dimensions at a time: of a panel of doubles, AVX-512's widest, they
   * are 128 x 16 x 8 bytes, half of a 32 KiB cache. */
  CT_TILE_DEPTH = 128
};

static inline int64_t ct_tile_pitch(int64_t padded_rows) { return padded_rows + 2; }

/* What will be read once a product is through: it asks for it while its last rows are under way.
 * `count` pieces of `bytes` each, whole cache lines, begin `stride` bytes apart. */
typedef struct ct_tile_region {
  const char *at;
  int64_t bytes, stride, count;
} ct_tile_region;

typedef struct ct_tile_ahead {
  ct_tile_region region[2];
} ct_tile_ahead;

typedef struct ct_tile_kernels {
  int64_t width;
  /* Row `i` to and from the layout by dimension; x: [dim] contiguous. */
  void (*pack)(int64_t dim, int64_t pitch, int64_t i, const void *x, void *by_dim);
  void (*unpack)(int64_t dim, int64_t pitch, int64_t i, const void *by_dim, void *x);
  /* `width` rows from `first` on, a multiple of it, from the layout by dimension to that by row. */
  void (*interleave)(int64_t dim, int64_t pitch, int64_t first, const void *by_dim, void *by_row);
  /* s[r*lds + c] = row (first_a + r) of a . row (first_b + c) of b, for m x n; a and b by row. m,
   * n, first_a, first_b: multiples of CT_TILE_ROWS. `ahead`, here and below, may be NULL. */
  void (*similarities)(int64_t m, int64_t n, int64_t dim, const void *a, int64_t first_a,
                       const void *b, int64_t first_b, void *s, int64_t lds,
                       const ct_tile_ahead *ahead);
  /* g row (first_g + r) += sum over k of w(r,k) * row (first_x + k) of x, for m rows and n terms;
   * w(r,k) = w[r*ldw + k], or w[k*ldw + r] for the transposed form. x and g by dimension. Of a
   * `fresh` g, nothing is known: = instead of +=. */
  void (*multiply)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw, const void *x,
                   int64_t pitch_x, int64_t first_x, void *g, int64_t pitch_g, int64_t first_g,
                   bool fresh, const ct_tile_ahead *ahead);
  void (*multiply_transposed)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                              const void *x, int64_t pitch_x, int64_t first_x, void *g,
                              int64_t pitch_g, int64_t first_g, bool fresh,
                              const ct_tile_ahead *ahead);
  /* The same for m rows of which each names its terms: g row (first_g + r) += value[e] * row
   * (first_x + index[e]) of x for e in start[r]..start[r+1]-1. */
  void (*multiply_listed)(int64_t m, int64_t dim, const int32_t *start, const int32_t *index,
                          const void *value, const void *x, int64_t pitch_x, int64_t first_x,
                          void *g, int64_t pitch_g, int64_t first_g);
  /* n classes of `centres` elements each, the first ones of all classes, then the second ones, and
   * so on. Of s to best: the largest of each class, the first of equals, and which it is; best may
   * be s. In place in w: from n weights to one for each element, 0 but for that one. */
  void (*nearest)(int64_t n, int64_t centres, const void *s, void *best, int32_t *at);
  void (*spread)(int64_t n, int64_t centres, const int32_t *at, void *w);
} ct_tile_kernels;

typedef struct ct_tile_kernel_set {
  ct_tile_kernels f32, f64;
} ct_tile_kernel_set;

CT_ISA_DECLARE(ct_tile_kernel_set, ct_tile_kernels);

#endif
