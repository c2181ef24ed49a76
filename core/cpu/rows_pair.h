/* Row kernels for one pair of types: OUTER is the caller's, REAL the compute type. Include with
 * both and NAME(x) defined. */

/* x - x is 0 for finite x and NaN otherwise; one flag for the row keeps the loop vectorised. */
static bool NAME(finite)(int64_t dim, const void *from) {
  const OUTER *x = from;
  OUTER zero = 0;
#pragma omp simd reduction(+ : zero)
  for (int64_t d = 0; d < dim; d++) zero += x[d] - x[d];
  return zero == 0;
}

/* Squares of floats are far from both ends of double's range; those of doubles are brought there by
 * a power of two, which changes no digit. */
static double NAME(normalise)(int64_t dim, const void *from, void *into) {
  const OUTER *x = from;
  REAL *to = into;
  double scale = 1, sum = 0;
  if (sizeof(OUTER) == sizeof(double)) {
    double largest = 0;
    if (!NAME(finite)(dim, from)) return NAN;
#pragma omp simd reduction(max : largest)
    for (int64_t d = 0; d < dim; d++) {
      double magnitude = fabs((double)x[d]);
      largest = magnitude > largest ? magnitude : largest;
    }
    scale = largest > 0 ? scale_for(largest) : 0;
  }
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < dim; d++) {
    double scaled = (double)x[d] * scale;
    sum += scaled * scaled;
  }
  if (!isfinite(sum)) return NAN;
  double root = sqrt(sum), inverse = sum > 0 ? scale / root : 0;
  for (int64_t d = 0; d < dim; d++)
    to[d] = sizeof(REAL) == sizeof(double) && sum > 0 ? (REAL)((double)x[d] * scale / root)
                                                      : (REAL)((double)x[d] * inverse);
  return inverse;
}

static double NAME(load)(int64_t dim, const void *from, void *into) {
  const OUTER *x = from;
  REAL *to = into;
  double sum = 0;
  if (sizeof(OUTER) == sizeof(double) && !NAME(finite)(dim, from)) return NAN;
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < dim; d++) {
    to[d] = (REAL)x[d];
    sum += (double)x[d] * (double)x[d];
  }
  return sizeof(OUTER) == sizeof(double) || isfinite(sum) ? sum : NAN;
}

/* u is a unit row up to rounding, so the component along it is taken by u.u, not by 1: the result
 * is orthogonal to u as stored. */
static bool NAME(project)(int64_t dim, const void *gradient, const void *unit, double inverse_norm,
                          void *into) {
  const REAL *g = gradient, *u = unit;
  OUTER *to = into;
  double gu = 0, uu = 0;
#pragma omp simd reduction(+ : gu, uu)
  for (int64_t d = 0; d < dim; d++) {
    gu += (double)g[d] * (double)u[d];
    uu += (double)u[d] * (double)u[d];
  }
  double along = uu > 0 ? gu / uu : 0;
  for (int64_t d = 0; d < dim; d++)
    to[d] = (OUTER)(((double)g[d] - along * (double)u[d]) * inverse_norm);
  return NAME(finite)(dim, to);
}

static bool NAME(subtract)(int64_t dim, const void *gradient, const void *row, double weight,
                           void *into) {
  const REAL *g = gradient, *x = row;
  OUTER *to = into;
  for (int64_t d = 0; d < dim; d++) to[d] = (OUTER)((double)g[d] - weight * (double)x[d]);
  return NAME(finite)(dim, to);
}

static bool NAME(store)(int64_t dim, const void *gradient, void *into) {
  const REAL *g = gradient;
  OUTER *to = into;
  for (int64_t d = 0; d < dim; d++) to[d] = (OUTER)g[d];
  return NAME(finite)(dim, to);
}
