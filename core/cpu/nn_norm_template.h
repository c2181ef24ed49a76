/* Body of nn_norm_kernels.c for one type: REAL, and NAMED(function) that appends its suffix. */

static double NAMED(plane_sum)(const REAL *x, int64_t n) {
  double lane[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int l = 0; l < LANES; l++) lane[l] += (double)x[i + l];
  for (; i < n; i++) sum += (double)x[i];
  for (int l = 0; l < LANES; l++) sum += lane[l];
  return sum;
}

/* sum of (x - mean) * (y - center) */
static double NAMED(plane_dot)(const REAL *x, double mean, const REAL *y, double center,
                               int64_t n) {
  double lane[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (int l = 0; l < LANES; l++)
      lane[l] += ((double)x[i + l] - mean) * ((double)y[i + l] - center);
  for (; i < n; i++) sum += ((double)x[i] - mean) * ((double)y[i] - center);
  for (int l = 0; l < LANES; l++) sum += lane[l];
  return sum;
}

/* Columns [from, from+count) of x: [B,C]: two passes down the rows. */
static void NAMED(column_moments)(double *mean, double *m2, const REAL *x, int64_t B, int64_t C,
                                  int64_t count) {
  double sum[COLUMNS] = {0}, square[COLUMNS] = {0};
  for (int64_t b = 0; b < B; b++)
    for (int64_t j = 0; j < count; j++) sum[j] += (double)x[b * C + j];
  for (int64_t j = 0; j < count; j++) mean[j] = sum[j] / (double)B;
  for (int64_t b = 0; b < B; b++)
    for (int64_t j = 0; j < count; j++) {
      double d = (double)x[b * C + j] - mean[j];
      square[j] += d * d;
    }
  for (int64_t j = 0; j < count; j++) m2[j] = square[j];
}

/* All planes of a channel have S elements, so the channel's mean is the mean of the plane means,
 * and its squares are those inside the planes plus S times those between the plane means. */
static void NAMED(moments)(double *mean, double *m2, double *work, const void *px,
                           ct_nn_norm_shape s, int threads) {
  const REAL *x = px;
  if (s.S == 1) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t c = 0; c < s.C; c += COLUMNS) NAMED(column_moments)
    (mean + c, m2 + c, x + c, s.B, s.C, s.C - c < COLUMNS ? s.C - c : COLUMNS);
    return;
  }
  double *plane_mean = work, *plane_m2 = work + s.B * s.C;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s.B * s.C; p++) {
    plane_mean[p] = NAMED(plane_sum)(x + p * s.S, s.S) / (double)s.S;
    plane_m2[p] = NAMED(plane_dot)(x + p * s.S, plane_mean[p], x + p * s.S, plane_mean[p], s.S);
  }
  for (int64_t c = 0; c < s.C; c++) mean[c] = m2[c] = 0;
  for (int64_t p = 0; p < s.B * s.C; p++) mean[p % s.C] += plane_mean[p];
  for (int64_t c = 0; c < s.C; c++) mean[c] /= (double)s.B;
  for (int64_t p = 0; p < s.B * s.C; p++) {
    double d = plane_mean[p] - mean[p % s.C];
    m2[p % s.C] += plane_m2[p] + (double)s.S * d * d;
  }
}

static void NAMED(apply)(void *py, const void *px, ct_nn_norm_apply by, ct_nn_norm_shape s,
                         int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t b = 0; b < s.B; b++) {
    const REAL *x = (const REAL *)px + b * s.C * s.S;
    REAL *y = (REAL *)py + b * s.C * s.S;
    if (s.S == 1) {
      for (int64_t c = 0; c < s.C; c++)
        y[c] = (REAL)(((double)x[c] - by.mean[c]) * by.scale[c] + by.shift[c]);
      continue;
    }
    for (int64_t c = 0; c < s.C; c++, x += s.S, y += s.S) {
      REAL mean = (REAL)by.mean[c], scale = (REAL)by.scale[c], shift = (REAL)by.shift[c];
      for (int64_t i = 0; i < s.S; i++) y[i] = (x[i] - mean) * scale + shift;
    }
  }
}

static void NAMED(backward_sums)(double *sum, double *dot, double *work, const void *px,
                                 const void *pgy, const double *mean, ct_nn_norm_shape s,
                                 int threads) {
  const REAL *x = px, *gy = pgy;
  if (s.S == 1) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t from = 0; from < s.C; from += COLUMNS) {
      int64_t to = s.C - from < COLUMNS ? s.C : from + COLUMNS;
      for (int64_t c = from; c < to; c++) sum[c] = dot[c] = 0;
      for (int64_t b = 0; b < s.B; b++)
        for (int64_t c = from; c < to; c++) {
          sum[c] += (double)gy[b * s.C + c];
          dot[c] += (double)gy[b * s.C + c] * ((double)x[b * s.C + c] - mean[c]);
        }
    }
    return;
  }
  double *plane_sums = work, *plane_dots = work + s.B * s.C;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t p = 0; p < s.B * s.C; p++) {
    plane_sums[p] = NAMED(plane_sum)(gy + p * s.S, s.S);
    plane_dots[p] = NAMED(plane_dot)(x + p * s.S, mean[p % s.C], gy + p * s.S, 0, s.S);
  }
  for (int64_t c = 0; c < s.C; c++) sum[c] = dot[c] = 0;
  for (int64_t p = 0; p < s.B * s.C; p++) {
    sum[p % s.C] += plane_sums[p];
    dot[p % s.C] += plane_dots[p];
  }
}

static void NAMED(apply_backward)(void *pgx, const void *px, const void *pgy,
                                  ct_nn_norm_apply_backward by, ct_nn_norm_shape s, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t b = 0; b < s.B; b++) {
    const REAL *x = (const REAL *)px + b * s.C * s.S, *gy = (const REAL *)pgy + b * s.C * s.S;
    REAL *gx = (REAL *)pgx + b * s.C * s.S;
    if (s.S == 1) {
      for (int64_t c = 0; c < s.C; c++) {
        double centered = (double)gy[c] - by.grad_mean[c];
        gx[c] = (REAL)((centered - ((double)x[c] - by.mean[c]) * by.slope[c]) * by.scale[c]);
      }
      continue;
    }
    for (int64_t c = 0; c < s.C; c++, x += s.S, gy += s.S, gx += s.S) {
      REAL mean = (REAL)by.mean[c], scale = (REAL)by.scale[c];
      REAL grad_mean = (REAL)by.grad_mean[c], slope = (REAL)by.slope[c];
      for (int64_t i = 0; i < s.S; i++)
        gx[i] = ((gy[i] - grad_mean) - (x[i] - mean) * slope) * scale;
    }
  }
}
