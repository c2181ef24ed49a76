/* Row kernels for one pair of types: OUTER is the caller's, REAL the compute type. Include with
 * both, NAME(x), and the lanes' loads and stores of both defined. */

/* x - x is 0 for finite x and NaN otherwise; one flag for the row keeps the loop vectorised. */
static bool NAME(finite)(int64_t dim, const void *from) {
  const OUTER *x = from;
  OUTER zero = 0;
#pragma omp simd reduction(+ : zero)
  for (int64_t d = 0; d < dim; d++) zero += x[d] - x[d];
  return zero == 0;
}

/* The sum of (x*scale)^2. */
static double NAME(squares)(int64_t dim, const OUTER *x, double scale) {
  ct_lanes sum[ABREAST] = {{0}}, v;
  OUTER room[BLOCK];
  for (int64_t d = 0; d < dim; d += BLOCK) {
    const OUTER *block = block_of(x + d, dim - d, sizeof *x, room);
    for (int k = 0; k < ABREAST; k++) {
      LOAD_OUTER(&v, block + k * LANES);
      v *= scale;
      sum[k] += v * v;
    }
  }
  return total(sum);
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
  sum = NAME(squares)(dim, x, scale);
  if (!isfinite(sum)) return NAN;
  double root = sqrt(sum), inverse = sum > 0 ? scale / root : 0;
  if (sizeof(REAL) == sizeof(double) && sum > 0) {
    for (int64_t d = 0; d < dim; d++) to[d] = (REAL)((double)x[d] * scale / root);
    return inverse;
  }
  int64_t d = 0;
  for (ct_lanes v; d + LANES <= dim; d += LANES) {
    LOAD_OUTER(&v, x + d);
    v *= inverse;
    STORE_REAL(to + d, &v);
  }
  for (; d < dim; d++) to[d] = (REAL)((double)x[d] * inverse);
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
  ct_lanes gu[ABREAST] = {{0}}, uu[ABREAST] = {{0}}, of_g, of_u;
  REAL room[2][BLOCK];
  int64_t d;
  for (d = 0; d < dim; d += BLOCK) {
    const REAL *block_g = block_of(g + d, dim - d, sizeof *g, room[0]);
    const REAL *block_u = block_of(u + d, dim - d, sizeof *u, room[1]);
    for (int k = 0; k < ABREAST; k++) {
      LOAD_REAL(&of_g, block_g + k * LANES);
      LOAD_REAL(&of_u, block_u + k * LANES);
      gu[k] += of_g * of_u;
      uu[k] += of_u * of_u;
    }
  }
  const double square = total(uu), along = square > 0 ? total(gu) / square : 0;
  for (d = 0; d + LANES <= dim; d += LANES) {
    LOAD_REAL(&of_g, g + d);
    LOAD_REAL(&of_u, u + d);
    of_g = (of_g - along * of_u) * inverse_norm;
    STORE_OUTER(to + d, &of_g);
  }
  for (; d < dim; d++) to[d] = (OUTER)(((double)g[d] - along * (double)u[d]) * inverse_norm);
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
