/* Body of nn_pool_kernels.c for one type: REAL, and NAMED(function) that appends its suffix. */

/* Windows of 2x2 that tile the plane, the common case, without branches: the greater of two rows
 * first, then the greater of two columns. Whole blocks of `lanes` are handled; the last one is
 * moved back to end with the row, so some elements are simply done twice. */

ALWAYS_INLINE void NAMED(max_down)(int lanes, REAL *best, int32_t *at, const REAL *top,
                                   const REAL *bottom, int32_t first, int32_t below) {
#pragma GCC unroll 1 // peeled loops are not vectorised
  for (int l = 0; l < lanes; l++) {
    REAL a = top[l], b = bottom[l];
    bool down = (b > a) | (b != b);
    best[l] = down ? b : a;
    at[l] = first + l + (down ? below : 0);
  }
}

/* Of equal ones the first in the order of memory: smaller `at`. */
ALWAYS_INLINE void NAMED(max_across)(int lanes, REAL *y, int32_t *index, const REAL *best,
                                     const int32_t *at) {
#pragma GCC unroll 1 // peeled loops are not vectorised
  for (int l = 0; l < lanes; l++) {
    REAL a = best[2 * l], b = best[2 * l + 1];
    int32_t at_a = at[2 * l], at_b = at[2 * l + 1];
    bool right = (b > a) | (b != b) | ((b == a) & (at_b < at_a));
    y[l] = right ? b : a;
    index[l] = right ? at_b : at_a;
  }
}

/* `rows` rows of windows, 2*rows*out_w <= ROOM; y and index: [rows, out_w]. */
static void NAMED(max_rows_2x2)(REAL *y, int32_t *index, const REAL *x, int64_t W, int64_t out_w,
                                int64_t rows, int32_t first) {
  REAL best[ROOM];
  int32_t at[ROOM], below = (int32_t)W;
  int64_t width = 2 * out_w, count = rows * out_w;
  for (int64_t i = 0; i < rows; i++) {
    const REAL *top = x + 2 * i * W, *bottom = top + W;
    REAL *b = best + i * width;
    int32_t *a = at + i * width, from = first + (int32_t)(2 * i * W);
    if (width < 8) NAMED(max_down)((int)width, b, a, top, bottom, from, below);
    for (int64_t next = 0; width >= 8 && width < 16 && next < width; next += 8) {
      int64_t k = next + 8 <= width ? next : width - 8;
      NAMED(max_down)(8, b + k, a + k, top + k, bottom + k, from + (int32_t)k, below);
    }
    for (int64_t next = 0; width >= 16 && next < width; next += 16) {
      int64_t k = next + 16 <= width ? next : width - 16;
      NAMED(max_down)(16, b + k, a + k, top + k, bottom + k, from + (int32_t)k, below);
    }
  }
  if (count < 16) NAMED(max_across)((int)count, y, index, best, at);
  for (int64_t next = 0; count >= 16 && next < count; next += 16) {
    int64_t k = next + 16 <= count ? next : count - 16;
    NAMED(max_across)(16, y + k, index + k, best + 2 * k, at + 2 * k);
  }
}

static void NAMED(max_plane)(REAL *y, int32_t *index, const REAL *x, const ct_nn_pool_shape *s) {
  for (int64_t i = 0; i < s->out_h; i++) {
    ct_nn_window rows = ct_nn_window_at(i, s->dH, s->kH, s->padH, s->H);
    for (int64_t j = 0; j < s->out_w; j++) {
      ct_nn_window columns = ct_nn_window_at(j, s->dW, s->kW, s->padW, s->W);
      int64_t at = rows.from * s->W + columns.from;
      REAL best = x[at];
      for (int64_t r = rows.from; r < rows.to; r++)
        for (int64_t c = columns.from; c < columns.to; c++) {
          REAL value = x[r * s->W + c];
          if (value > best || value != value) best = value, at = r * s->W + c;
        }
      y[i * s->out_w + j] = best;
      index[i * s->out_w + j] = (int32_t)at + 1;
    }
  }
}

static void NAMED(max)(void *py, int32_t *indices, const void *px, const ct_nn_pool_shape *s,
                       int threads) {
  int64_t in = s->H * s->W, out = s->out_h * s->out_w;
  bool tiles = s->kH == 2 && s->kW == 2 && s->dH == 2 && s->dW == 2 && s->padH == 0 &&
               s->padW == 0 && 2 * s->out_h <= s->H && 2 * s->out_w <= s->W && 2 * s->out_w <= ROOM;
  int64_t chunk = tiles ? ROOM / (2 * s->out_w) : 1;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s->planes; p++) {
    const REAL *x = (const REAL *)px + p * in;
    REAL *y = (REAL *)py + p * out;
    int32_t *index = indices + p * out;
    if (!tiles) {
      NAMED(max_plane)(y, index, x, s);
      continue;
    }
    for (int64_t i = 0; i < s->out_h; i += chunk) NAMED(max_rows_2x2)
    (y + i * s->out_w, index + i * s->out_w, x + 2 * i * s->W, s->W, s->out_w,
     s->out_h - i < chunk ? s->out_h - i : chunk, (int32_t)(2 * i * s->W) + 1);
  }
}

static void NAMED(max_backward)(void *pgx, const int32_t *indices, const void *pgy,
                                const ct_nn_pool_shape *s, int threads) {
  int64_t in = s->H * s->W, out = s->out_h * s->out_w;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s->planes; p++) {
    const REAL *gy = (const REAL *)pgy + p * out;
    const int32_t *index = indices + p * out;
    REAL *gx = (REAL *)pgx + p * in;
    memset(gx, 0, (size_t)in * sizeof *gx);
    for (int64_t i = 0; i < out; i++)
      if (index[i] >= 1 && index[i] <= in) gx[index[i] - 1] += gy[i];
  }
}

static void NAMED(average)(void *py, const void *px, const ct_nn_pool_shape *s, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s->planes; p++) {
    const REAL *x = (const REAL *)px + p * s->H * s->W;
    REAL *y = (REAL *)py + p * s->out_h * s->out_w;
    for (int64_t i = 0; i < s->out_h; i++) {
      ct_nn_window rows = ct_nn_window_at(i, s->dH, s->kH, s->padH, s->H);
      for (int64_t j = 0; j < s->out_w; j++) {
        ct_nn_window columns = ct_nn_window_at(j, s->dW, s->kW, s->padW, s->W);
        double sum = 0;
        for (int64_t r = rows.from; r < rows.to; r++) {
          double row = 0;
          for (int64_t c = columns.from; c < columns.to; c++) row += (double)x[r * s->W + c];
          sum += row;
        }
        *y++ = (REAL)(sum * ct_nn_window_share(s, rows, columns));
      }
    }
  }
}

static void NAMED(average_backward)(void *pgx, const void *pgy, const ct_nn_pool_shape *s,
                                    int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s->planes; p++) {
    const REAL *gy = (const REAL *)pgy + p * s->out_h * s->out_w;
    REAL *gx = (REAL *)pgx + p * s->H * s->W;
    memset(gx, 0, (size_t)(s->H * s->W) * sizeof *gx);
    for (int64_t i = 0; i < s->out_h; i++) {
      ct_nn_window rows = ct_nn_window_at(i, s->dH, s->kH, s->padH, s->H);
      for (int64_t j = 0; j < s->out_w; j++) {
        ct_nn_window columns = ct_nn_window_at(j, s->dW, s->kW, s->padW, s->W);
        REAL part = (REAL)((double)*gy++ * ct_nn_window_share(s, rows, columns));
        for (int64_t r = rows.from; r < rows.to; r++)
          for (int64_t c = columns.from; c < columns.to; c++) gx[r * s->W + c] += part;
      }
    }
  }
}
