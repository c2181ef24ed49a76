/* The tile kernels for one type. Include with REAL and NAME(x) defined. */

typedef REAL NAME(vector)
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

enum { NAME(LANES) = VECTOR_BYTES / sizeof(REAL), NAME(WIDTH) = 2 * NAME(LANES) };

static void NAME(pack)(int64_t dim, int64_t pitch, int64_t i, const void *from, void *by_dim,
                       void *by_row) {
  const int64_t width = NAME(WIDTH);
  const REAL *x = from;
  REAL *d = (REAL *)by_dim + i * width, *r = (REAL *)by_row + i / width * dim * width + i % width;
  for (int64_t k = 0; k < dim; k += width, d += pitch * width)
    memcpy(d, x + k, (size_t)(dim - k < width ? dim - k : width) * sizeof *x);
  for (int64_t k = 0; k < dim; k++) r[k * width] = x[k];
}

static void NAME(unpack)(int64_t dim, int64_t pitch, int64_t i, const void *by_dim, void *to) {
  const int64_t width = NAME(WIDTH);
  const REAL *d = (const REAL *)by_dim + i * width;
  REAL *x = to;
  for (int64_t k = 0; k < dim; k += width, d += pitch * width)
    memcpy(x + k, d, (size_t)(dim - k < width ? dim - k : width) * sizeof *x);
}

/* c[HEIGHT][2] += n steps of: HEIGHT broadcasts a[r*stride_r + k*stride_k] times the pair
 * b[k*WIDTH]. Inlined with constant strides, so that c lives in registers. */
static inline __attribute__((always_inline)) void NAME(steps)(int64_t n, const REAL *a,
                                                              int64_t stride_r, int64_t stride_k,
                                                              const REAL *b,
                                                              NAME(vector) c[HEIGHT][2]) {
  for (int64_t k = 0; k < n; k++) {
    const NAME(vector) *pair = (const NAME(vector) *)(b + k * NAME(WIDTH));
    NAME(vector) b0 = pair[0], b1 = pair[1];
#pragma GCC unroll 8
    for (int r = 0; r < HEIGHT; r++) {
      REAL x = a[r * stride_r + k * stride_k];
      c[r][0] += x * b0;
      c[r][1] += x * b1;
    }
  }
}

static inline __attribute__((always_inline)) void NAME(store)(NAME(vector) c[HEIGHT][2], REAL *to,
                                                              int64_t stride) {
#pragma GCC unroll 8
  for (int r = 0; r < HEIGHT; r++) {
    NAME(vector) *pair = (NAME(vector) *)(to + r * stride);
    pair[0] = c[r][0];
    pair[1] = c[r][1];
  }
}

static inline __attribute__((always_inline)) void NAME(load)(NAME(vector) c[HEIGHT][2],
                                                             const REAL *from, int64_t stride) {
#pragma GCC unroll 8
  for (int r = 0; r < HEIGHT; r++) {
    const NAME(vector) *pair = (const NAME(vector) *)(from + r * stride);
    c[r][0] = pair[0];
    c[r][1] = pair[1];
  }
}

static void NAME(similarities)(int64_t m, int64_t n, int64_t dim, const void *a, int64_t first_a,
                               const void *b, int64_t first_b, void *s, int64_t lds) {
  const int64_t width = NAME(WIDTH);
  const REAL *x = (const REAL *)a + first_a * dim, *y = (const REAL *)b + first_b * dim;
  for (int64_t j = 0; j < n; j += width)
    for (int64_t i = 0; i < m; i += HEIGHT) {
      NAME(vector) c[HEIGHT][2];
      memset(c, 0, sizeof c);
      NAME(steps)(dim, x + i / width * width * dim + i % width, 1, width, y + j * dim, c);
      NAME(store)(c, (REAL *)s + i * lds + j, lds);
    }
}

static inline __attribute__((always_inline)) void
NAME(multiply_by)(int64_t m, int64_t n, int64_t dim, const REAL *w, int64_t stride_r,
                  int64_t stride_k, const REAL *x, int64_t pitch_x, int64_t first_x, REAL *g,
                  int64_t pitch_g, int64_t first_g) {
  const int64_t width = NAME(WIDTH);
  for (int64_t d = 0; d < dim; d += width)
    for (int64_t deep = 0; deep < n; deep += DEPTH)
      for (int64_t i = 0; i < m; i += HEIGHT) {
        REAL *to = g + d * pitch_g + (first_g + i) * width;
        NAME(vector) c[HEIGHT][2];
        NAME(load)(c, to, width);
        NAME(steps)
        (n - deep < DEPTH ? n - deep : DEPTH, w + i * stride_r + deep * stride_k, stride_r,
         stride_k, x + d * pitch_x + (first_x + deep) * width, c);
        NAME(store)(c, to, width);
      }
}

static void NAME(multiply)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                           const void *x, int64_t pitch_x, int64_t first_x, void *g,
                           int64_t pitch_g, int64_t first_g) {
  NAME(multiply_by)(m, n, dim, w, ldw, 1, x, pitch_x, first_x, g, pitch_g, first_g);
}

static void NAME(multiply_transposed)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                                      const void *x, int64_t pitch_x, int64_t first_x, void *g,
                                      int64_t pitch_g, int64_t first_g) {
  NAME(multiply_by)(m, n, dim, w, 1, ldw, x, pitch_x, first_x, g, pitch_g, first_g);
}
