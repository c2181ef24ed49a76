/* Body of nn_pool_kernels.c for one type: REAL, and NAMED(function) that appends its suffix. */

/* Windows of 2x2 that tile the plane, the common case, without branches: one output row. */
static void NAMED(max_row_2x2)(REAL *restrict y, int32_t *restrict index, const REAL *restrict top,
                               int64_t W, int64_t count, int32_t first) {
  const REAL *restrict bottom = top + W;
  int32_t down = (int32_t)W;
  for (int64_t j = 0; j < count; j++) {
    REAL best = top[2 * j], b = top[2 * j + 1], c = bottom[2 * j], d = bottom[2 * j + 1];
    int32_t left = first + 2 * (int32_t)j, at = left;
    at = b > best || b != b ? left + 1 : at;
    best = b > best || b != b ? b : best;
    at = c > best || c != c ? left + down : at;
    best = c > best || c != c ? c : best;
    at = d > best || d != d ? left + down + 1 : at;
    best = d > best || d != d ? d : best;
    y[j] = best;
    index[j] = at;
  }
}

static void NAMED(max_plane)(REAL *y, int32_t *index, const REAL *x, const ct_nn_pool_shape *s) {
  for (int64_t i = 0; i < s->out_h; i++) {
    window rows = window_at(i, s->dH, s->kH, s->padH, s->H);
    for (int64_t j = 0; j < s->out_w; j++) {
      window columns = window_at(j, s->dW, s->kW, s->padW, s->W);
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
               s->padW == 0 && 2 * s->out_h <= s->H && 2 * s->out_w <= s->W;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s->planes; p++) {
    const REAL *x = (const REAL *)px + p * in;
    REAL *y = (REAL *)py + p * out;
    int32_t *index = indices + p * out;
    if (!tiles) {
      NAMED(max_plane)(y, index, x, s);
      continue;
    }
    for (int64_t i = 0; i < s->out_h; i++) NAMED(max_row_2x2)
    (y + i * s->out_w, index + i * s->out_w, x + 2 * i * s->W, s->W, s->out_w,
     (int32_t)(2 * i * s->W) + 1);
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
      window rows = window_at(i, s->dH, s->kH, s->padH, s->H);
      for (int64_t j = 0; j < s->out_w; j++) {
        window columns = window_at(j, s->dW, s->kW, s->padW, s->W);
        double sum = 0;
        for (int64_t r = rows.from; r < rows.to; r++) {
          double row = 0;
          for (int64_t c = columns.from; c < columns.to; c++) row += (double)x[r * s->W + c];
          sum += row;
        }
        *y++ = (REAL)(sum * share_of(s, rows, columns));
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
      window rows = window_at(i, s->dH, s->kH, s->padH, s->H);
      for (int64_t j = 0; j < s->out_w; j++) {
        window columns = window_at(j, s->dW, s->kW, s->padW, s->W);
        REAL part = (REAL)((double)*gy++ * share_of(s, rows, columns));
        for (int64_t r = rows.from; r < rows.to; r++)
          for (int64_t c = columns.from; c < columns.to; c++) gx[r * s->W + c] += part;
      }
    }
  }
}
