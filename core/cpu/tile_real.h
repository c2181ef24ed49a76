/* The tile kernels for one type. Include with REAL and NAME(x) defined. */

typedef REAL NAME(vector)
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

enum { NAME(LANES) = VECTOR_BYTES / sizeof(REAL), NAME(WIDTH) = 2 * NAME(LANES) };

static void NAME(pack)(int64_t dim, int64_t rows, int64_t i, const void *from, void *by_dim,
                       void *by_row) {
  const int64_t width = NAME(WIDTH);
  const REAL *x = from;
  REAL *d = (REAL *)by_dim + i * width, *r = (REAL *)by_row + i / width * dim * width + i % width;
  for (int64_t k = 0; k < dim; k++) {
    d[k / width * rows * width + k % width] = x[k];
    r[k * width] = x[k];
  }
}

static void NAME(unpack)(int64_t dim, int64_t rows, int64_t i, const void *by_dim, void *to) {
  const int64_t width = NAME(WIDTH);
  const REAL *d = (const REAL *)by_dim + i * width;
  REAL *x = to;
  for (int64_t k = 0; k < dim; k++) x[k] = d[k / width * rows * width + k % width];
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

static void NAME(similarities)(int64_t m, int64_t n, int64_t dim, const void *by_dim,
                               int64_t rows_a, int64_t first_a, const void *by_row, int64_t first_b,
                               void *s, int64_t lds) {
  const int64_t width = NAME(WIDTH);
  const REAL *a = (const REAL *)by_dim + first_a * width;
  const REAL *b = (const REAL *)by_row + first_b * dim;
  for (int64_t j = 0; j < n; j += width)
    for (int64_t i = 0; i < m; i += HEIGHT) {
      NAME(vector) c[HEIGHT][2];
      memset(c, 0, sizeof c);
      for (int64_t k = 0; k < dim; k += width) NAME(steps)
      (dim - k < width ? dim - k : width, a + k * rows_a + i * width, width, 1,
       b + (j * dim + k * width), c);
      NAME(store)(c, (REAL *)s + i * lds + j, lds);
    }
}

static inline __attribute__((always_inline)) void
NAME(multiply_by)(int64_t m, int64_t n, int64_t dim, const REAL *w, int64_t stride_r,
                  int64_t stride_k, const REAL *x, int64_t rows_x, int64_t first_x, REAL *g,
                  int64_t rows_g, int64_t first_g) {
  const int64_t width = NAME(WIDTH);
  for (int64_t d = 0; d < dim; d += width)
    for (int64_t i = 0; i < m; i += HEIGHT) {
      REAL *to = g + d * rows_g + (first_g + i) * width;
      NAME(vector) c[HEIGHT][2];
      memcpy(c, to, sizeof c);
      NAME(steps)(n, w + i * stride_r, stride_r, stride_k, x + d * rows_x + first_x * width, c);
      memcpy(to, c, sizeof c);
    }
}

static void NAME(multiply)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                           const void *x, int64_t rows_x, int64_t first_x, void *g, int64_t rows_g,
                           int64_t first_g) {
  NAME(multiply_by)(m, n, dim, w, ldw, 1, x, rows_x, first_x, g, rows_g, first_g);
}

static void NAME(multiply_transposed)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                                      const void *x, int64_t rows_x, int64_t first_x, void *g,
                                      int64_t rows_g, int64_t first_g) {
  NAME(multiply_by)(m, n, dim, w, 1, ldw, x, rows_x, first_x, g, rows_g, first_g);
}
