/* The tile kernels for one type. Include with REAL and NAME(x) defined. */

typedef REAL NAME(vector)
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

typedef INDEX NAME(index) __attribute__((vector_size(VECTOR_BYTES)));

enum { NAME(LANES) = VECTOR_BYTES / sizeof(REAL), NAME(WIDTH) = 2 * NAME(LANES) };

static void NAME(pack)(int64_t dim, int64_t pitch, int64_t i, const void *from, void *by_dim) {
  const int64_t width = NAME(WIDTH);
  const REAL *x = from;
  REAL *d = (REAL *)by_dim + i * width;
  for (int64_t k = 0; k < dim; k += width, d += pitch * width)
    memcpy(d, x + k, (size_t)(dim - k < width ? dim - k : width) * sizeof *x);
}

/* Of 2*LANES elements, those of a before those of b. Compilers make one instruction of it: gcc has
 * its own word for indices in a variable, clang sees through a loop. */
static inline __attribute__((always_inline)) NAME(vector)
    NAME(shuffle)(NAME(vector) a, NAME(vector) b, NAME(index) at) {
#if defined(__clang__)
  NAME(vector) to;
  for (int l = 0; l < NAME(LANES); l++)
    to[l] = at[l] < NAME(LANES) ? a[at[l]] : b[at[l] - NAME(LANES)];
  return to;
#else
  return __builtin_shuffle(a, b, at);
#endif
}

/* to[c*width + r] = from[r*width + c] for a square of a vector's side: halves, quarters and so on
 * down to single elements change places across the diagonal. */
static inline __attribute__((always_inline)) void NAME(transpose)(const REAL *from, REAL *to) {
  enum { LANES = NAME(LANES), WIDTH = NAME(WIDTH) };
  NAME(vector) v[LANES];
#pragma GCC unroll 16
  for (int r = 0; r < LANES; r++) v[r] = *(const NAME(vector) *)(from + r * WIDTH);
#pragma GCC unroll 4
  for (int half = LANES / 2; half > 0; half /= 2) {
    NAME(index) low, high;
#pragma GCC unroll 16
    for (int l = 0; l < LANES; l++) {
      low[l] = l & half ? LANES + l - half : l;
      high[l] = l & half ? LANES + l : l + half;
    }
#pragma GCC unroll 16
    for (int r = 0; r < LANES; r++) {
      if (r & half) continue;
      const NAME(vector) a = v[r], b = v[r + half];
      v[r] = NAME(shuffle)(a, b, low);
      v[r + half] = NAME(shuffle)(a, b, high);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < LANES; r++) *(NAME(vector) *)(to + r * WIDTH) = v[r];
}

static void NAME(interleave)(int64_t dim, int64_t pitch, int64_t first, const void *by_dim,
                             void *by_row) {
  enum { LANES = NAME(LANES), WIDTH = NAME(WIDTH) };
  const REAL *d = (const REAL *)by_dim + first * WIDTH;
  REAL *r = (REAL *)by_row + first * dim;
  int64_t k = 0;
  for (; k + WIDTH <= dim; k += WIDTH, d += pitch * WIDTH, r += WIDTH * WIDTH)
    for (int row = 0; row < WIDTH; row += LANES)
      for (int c = 0; c < WIDTH; c += LANES)
        NAME(transpose)(d + row * WIDTH + c, r + c * WIDTH + row);
  for (int64_t c = 0; c < dim - k; c++, r += WIDTH)
    for (int64_t i = 0; i < WIDTH; i++) r[i] = d[i * WIDTH + c];
}

static void NAME(unpack)(int64_t dim, int64_t pitch, int64_t i, const void *by_dim, void *to) {
  const int64_t width = NAME(WIDTH);
  const REAL *d = (const REAL *)by_dim + i * width;
  REAL *x = to;
  for (int64_t k = 0; k < dim; k += width, d += pitch * width)
    memcpy(x + k, d, (size_t)(dim - k < width ? dim - k : width) * sizeof *x);
}

static inline __attribute__((always_inline)) void
NAME(step)(const REAL *a, int64_t stride_r, const REAL *b, NAME(vector) c[HEIGHT][2]) {
  const NAME(vector) *pair = (const NAME(vector) *)b;
  NAME(vector) b0 = pair[0], b1 = pair[1];
#pragma GCC unroll 8
  for (int r = 0; r < HEIGHT; r++) {
    REAL x = a[r * stride_r];
    c[r][0] += x * b0;
    c[r][1] += x * b1;
  }
}

/* c[HEIGHT][2] += n steps of: HEIGHT broadcasts a[r*stride_r + k*stride_k] times the pair
 * b[k*WIDTH], with a fetch on each beat. Inlined with constant strides, so that c lives in
 * registers. */
static inline __attribute__((always_inline)) void NAME(steps)(int64_t n, const REAL *a,
                                                              int64_t stride_r, int64_t stride_k,
                                                              const REAL *b, fetcher *ahead,
                                                              NAME(vector) c[HEIGHT][2]) {
  int64_t k = 0;
  for (; k + BEAT <= n; k += BEAT) {
    fetch(ahead);
#pragma GCC unroll 16
    for (int64_t e = 0; e < BEAT; e++)
      NAME(step)(a + (k + e) * stride_k, stride_r, b + (k + e) * NAME(WIDTH), c);
  }
  for (; k < n; k++) NAME(step)(a + k * stride_k, stride_r, b + k * NAME(WIDTH), c);
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

/* By itself: memset() of them has compilers put them into memory. */
static inline __attribute__((always_inline)) void NAME(clear)(NAME(vector) c[HEIGHT][2]) {
#pragma GCC unroll 8
  for (int r = 0; r < HEIGHT; r++) c[r][0] = c[r][1] = (NAME(vector)){0};
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
                               const void *b, int64_t first_b, void *s, int64_t lds,
                               const ct_tile_ahead *ahead) {
  const int64_t width = NAME(WIDTH), panel = dim * 2 * VECTOR_BYTES;
  const REAL *x = (const REAL *)a + first_a * dim, *y = (const REAL *)b + first_b * dim;
  for (int64_t deep = 0; deep < dim; deep += DEPTH) {
    const int64_t depth = smaller(dim - deep, DEPTH), next = smaller(dim - deep - depth, DEPTH);
    const REAL *next_x = x + (deep + depth) * width, *next_y = y + (deep + depth) * width;
    const ct_tile_ahead chunks = {
        {{(const char *)next_x, next * 2 * VECTOR_BYTES, panel, m / width},
         {(const char *)next_y, next * 2 * VECTOR_BYTES, panel, n / width}}};
    fetcher f = fetcher_of(next ? &chunks : ahead, m / HEIGHT * (n / width), depth);
    for (int64_t j = 0; j < n; j += width)
      for (int64_t i = 0; i < m; i += HEIGHT) {
        const REAL *of_x = x + i / width * width * dim + deep * width,
                   *of_y = y + j * dim + deep * width;
        REAL *to = (REAL *)s + i * lds + j;
        NAME(vector) c[HEIGHT][2];
        if (deep)
          NAME(load)(c, to, lds);
        else
          NAME(clear)(c);
        NAME(steps)(depth, of_x + i % width, 1, width, of_y, &f, c);
        NAME(store)(c, to, lds);
      }
  }
}

static inline __attribute__((always_inline)) void
NAME(multiply_by)(int64_t m, int64_t n, int64_t dim, const REAL *w, int64_t stride_r,
                  int64_t stride_k, const REAL *x, int64_t pitch_x, int64_t first_x, REAL *g,
                  int64_t pitch_g, int64_t first_g, bool fresh, const ct_tile_ahead *ahead) {
  const int64_t width = NAME(WIDTH);
  for (int64_t d = 0; d < dim; d += width) {
    const REAL *of_x = x + d * pitch_x + first_x * width;
    REAL *of_g = g + d * pitch_g + first_g * width;
    const REAL *next_x = of_x + pitch_x * width, *next_g = of_g + pitch_g * width;
    const ct_tile_ahead panels = {{{(const char *)next_x, n * 2 * VECTOR_BYTES, 0, 1},
                                   {(const char *)next_g, m * 2 * VECTOR_BYTES, 0, 1}}};
    fetcher f = fetcher_of(d + width < dim ? &panels : ahead, m / HEIGHT, n);
    for (int64_t deep = 0; deep < n; deep += DEPTH)
      for (int64_t i = 0; i < m; i += HEIGHT) {
        REAL *to = of_g + i * width;
        NAME(vector) c[HEIGHT][2];
        if (deep || !fresh)
          NAME(load)(c, to, width);
        else
          NAME(clear)(c);
        NAME(steps)
        (smaller(n - deep, DEPTH), w + i * stride_r + deep * stride_k, stride_r, stride_k,
         of_x + deep * width, &f, c);
        NAME(store)(c, to, width);
      }
  }
}

static void NAME(multiply)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                           const void *x, int64_t pitch_x, int64_t first_x, void *g,
                           int64_t pitch_g, int64_t first_g, bool fresh,
                           const ct_tile_ahead *ahead) {
  NAME(multiply_by)(m, n, dim, w, ldw, 1, x, pitch_x, first_x, g, pitch_g, first_g, fresh, ahead);
}

static void NAME(multiply_transposed)(int64_t m, int64_t n, int64_t dim, const void *w, int64_t ldw,
                                      const void *x, int64_t pitch_x, int64_t first_x, void *g,
                                      int64_t pitch_g, int64_t first_g, bool fresh,
                                      const ct_tile_ahead *ahead) {
  NAME(multiply_by)(m, n, dim, w, 1, ldw, x, pitch_x, first_x, g, pitch_g, first_g, fresh, ahead);
}

/* `panels` panels at a time: more sums side by side hide more of the multiply-adds' latency. */
static inline __attribute__((always_inline)) void
NAME(add_listed)(int panels, int64_t m, const int32_t *start, const int32_t *index,
                 const REAL *value, const REAL *x, int64_t panel_x, REAL *g, int64_t panel_g) {
  const int64_t width = NAME(WIDTH);
  for (int64_t r = 0; r < m; r++) {
    NAME(vector) c[2][2];
    if (start[r] == start[r + 1]) continue;
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
      const NAME(vector) *pair = (const NAME(vector) *)(g + p * panel_g + r * width);
      c[p][0] = pair[0];
      c[p][1] = pair[1];
    }
    for (int32_t e = start[r]; e < start[r + 1]; e++)
#pragma GCC unroll 2
      for (int p = 0; p < panels; p++) {
        const NAME(vector) *pair = (const NAME(vector) *)(x + p * panel_x + index[e] * width);
        c[p][0] += value[e] * pair[0];
        c[p][1] += value[e] * pair[1];
      }
#pragma GCC unroll 2
    for (int p = 0; p < panels; p++) {
      NAME(vector) *pair = (NAME(vector) *)(g + p * panel_g + r * width);
      pair[0] = c[p][0];
      pair[1] = c[p][1];
    }
  }
}

static void NAME(multiply_listed)(int64_t m, int64_t dim, const int32_t *start,
                                  const int32_t *index, const void *value, const void *x,
                                  int64_t pitch_x, int64_t first_x, void *g, int64_t pitch_g,
                                  int64_t first_g) {
  const int64_t width = NAME(WIDTH), panel_x = pitch_x * width, panel_g = pitch_g * width;
  const REAL *from = (const REAL *)x + first_x * width;
  REAL *to = (REAL *)g + first_g * width;
  int64_t d = 0;
  for (; d + width < dim; d += 2 * width, from += 2 * panel_x, to += 2 * panel_g)
    NAME(add_listed)(2, m, start, index, value, from, panel_x, to, panel_g);
  if (d < dim) NAME(add_listed)(1, m, start, index, value, from, panel_x, to, panel_g);
}

static void NAME(nearest)(int64_t n, int64_t centres, const void *from, void *to, int32_t *at) {
  const REAL *s = from;
  REAL *best = to;
  if (best != s) memcpy(best, s, (size_t)n * sizeof(REAL));
  memset(at, 0, (size_t)n * sizeof *at);
  for (int32_t k = 1; k < centres; k++) {
    s += n;
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const REAL other = s[j], known = best[j];
      const int32_t was = at[j];
      best[j] = other > known ? other : known;
      at[j] = other > known ? k : was;
    }
  }
}

static void NAME(spread)(int64_t n, int64_t centres, const int32_t *at, void *weights) {
  REAL *w = weights;
  for (int32_t k = (int32_t)centres - 1; k >= 0; k--) { /* the last first: w itself is the first */
    REAL *to = w + k * n;
#pragma omp simd
    for (int64_t j = 0; j < n; j++) {
      const REAL weight = w[j];
      to[j] = at[j] == k ? weight : 0;
    }
  }
}
