/* Body of nn_rows_kernels.c for one type: REAL, its exponential REAL_EXP, and NAMED(function) that
 * appends the type's suffix. */

static void NAMED(log_softmax)(void *py, const void *px, int64_t B, int64_t n, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < B; r++) {
    const REAL *x = (const REAL *)px + r * n;
    REAL *y = (REAL *)py + r * n;
    REAL most = x[0];
    for (int64_t j = 1; j < n; j++) most = x[j] > most || x[j] != x[j] ? x[j] : most;
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += (double)REAL_EXP(x[j] - most);
    REAL log_sum = (REAL)log(sum);
    for (int64_t j = 0; j < n; j++) y[j] = x[j] - most - log_sum;
  }
}

static void NAMED(log_softmax_backward)(void *pgx, const void *py, const void *pgy, int64_t B,
                                        int64_t n, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < B; r++) {
    const REAL *y = (const REAL *)py + r * n, *gy = (const REAL *)pgy + r * n;
    REAL *gx = (REAL *)pgx + r * n;
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += (double)gy[j];
    for (int64_t j = 0; j < n; j++) gx[j] = (REAL)((double)gy[j] - (double)REAL_EXP(y[j]) * sum);
  }
}

/* sum of scale^2 * a[j] * b[j]; the scale keeps products of extreme rows in range */
static double NAMED(dot)(const REAL *a, const REAL *b, int64_t n, double scale) {
  double lane[LANES] = {0}, sum = 0;
  int64_t j = 0;
  for (; j + LANES <= n; j += LANES)
    for (int l = 0; l < LANES; l++)
      lane[l] += (double)a[j + l] * scale * ((double)b[j + l] * scale);
  for (; j < n; j++) sum += (double)a[j] * scale * ((double)b[j] * scale);
  for (int l = 0; l < LANES; l++) sum += lane[l];
  return sum;
}

/* 1 / sqrt(|x|^2 + eps). Double rows whose squares leave the range of double are scaled first. */
static double NAMED(inverse_norm)(const REAL *x, int64_t n, double eps) {
  double square = NAMED(dot)(x, x, n, 1) + eps;
  if (square >= 1e-280 && square <= 1e300) return 1 / sqrt(square);
  double scale = square > 1 ? 0x1p-600 : 0x1p600;
  return scale / sqrt(NAMED(dot)(x, x, n, scale) + eps * scale * scale);
}

static void NAMED(normalize)(void *py, const void *px, int64_t B, int64_t n, double eps,
                             int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < B; r++) {
    const REAL *x = (const REAL *)px + r * n;
    REAL *y = (REAL *)py + r * n;
    double inverse = NAMED(inverse_norm)(x, n, eps);
    for (int64_t j = 0; j < n; j++) y[j] = (REAL)((double)x[j] * inverse);
  }
}

static void NAMED(normalize_backward)(void *pgx, const void *px, const void *pgy, int64_t B,
                                      int64_t n, double eps, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < B; r++) {
    const REAL *x = (const REAL *)px + r * n, *gy = (const REAL *)pgy + r * n;
    REAL *gx = (REAL *)pgx + r * n;
    double inverse = NAMED(inverse_norm)(x, n, eps), along = 0;
    for (int64_t j = 0; j < n; j++) along += (double)x[j] * inverse * (double)gy[j];
    for (int64_t j = 0; j < n; j++)
      gx[j] = (REAL)(inverse * ((double)gy[j] - (double)x[j] * inverse * along));
  }
}

static void NAMED(fill_rows)(void *py, const void *bias, int64_t B, int64_t n, int threads) {
  size_t bytes = (size_t)n * sizeof(REAL);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < B; r++) {
    REAL *y = (REAL *)py + r * n;
    if (bias)
      memcpy(y, bias, bytes);
    else
      memset(y, 0, bytes);
  }
}

static void NAMED(add_column_sums)(void *pg, const void *px, int64_t B, int64_t n, double scale,
                                   int threads) {
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t from = 0; from < n; from += COLUMNS) {
    int64_t columns = n - from < COLUMNS ? n - from : COLUMNS;
    const REAL *x = (const REAL *)px + from;
    REAL *g = (REAL *)pg + from;
    double sum[COLUMNS] = {0};
    for (int64_t r = 0; r < B; r++)
      for (int64_t j = 0; j < columns; j++) sum[j] += (double)x[r * n + j];
    for (int64_t j = 0; j < columns; j++) g[j] = (REAL)((double)g[j] + scale * sum[j]);
  }
}
