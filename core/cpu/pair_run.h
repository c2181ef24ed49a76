/* The inner loops of the pair-wise driver for one compute type. Include with REAL, NAME(x) and
 * EXP(x) defined, after the loss's maths.
 *
 * The loops are written for the vectoriser: no branch depends on an element, and what does not
 * change inside a call (kind, gradient mode, which ends are anchors) is a constant after inlining.
 */

#define CT_INLINED static inline __attribute__((always_inline))

CT_INLINED void NAME(reach_as)(const ct_pair_run *run, bool positive, bool columns) {
  const REAL *restrict s = run->s;
  REAL *restrict column_reference = run->column_reference;
  const REAL m = (REAL)run->m;
  REAL largest = *(REAL *)run->row_reference;
#pragma omp simd reduction(max : largest)
  for (int64_t j = 0; j < run->n; j++) {
    REAL v = NAME(circle_coordinate)(positive ? 1 - s[j] : s[j], m);
    largest = v > largest ? v : largest;
    if (columns) column_reference[j] = v > column_reference[j] ? v : column_reference[j];
  }
  *(REAL *)run->row_reference = largest;
}

static void NAME(reach)(const ct_pair_run *run) {
  if (run->kind == CT_POSITIVE)
    run->column_reference ? NAME(reach_as)(run, true, true) : NAME(reach_as)(run, true, false);
  else
    run->column_reference ? NAME(reach_as)(run, false, true) : NAME(reach_as)(run, false, false);
}

static void NAME(rescale)(int64_t n, double gamma, const void *from, const void *to, double *sum) {
  const REAL *restrict low = from, *restrict high = to;
  const REAL scale = (REAL)gamma;
#pragma omp simd
  for (int64_t i = 0; i < n; i++)
    sum[i] *= (double)EXP(NAME(circle_gap)(low[i], high[i], scale)); /* exp(0) is exactly 1 */
}

CT_INLINED void NAME(add_as)(const ct_pair_run *run, bool positive, bool columns) {
  const REAL *restrict s = run->s, *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  const REAL m = (REAL)run->m, gamma = (REAL)run->gamma, largest = *(REAL *)run->row_reference;
  REAL total = 0, plain = 0;
#pragma omp simd reduction(+ : total, plain)
  for (int64_t j = 0; j < run->n; j++) {
    REAL v = NAME(circle_coordinate)(positive ? 1 - s[j] : s[j], m);
    total += EXP(NAME(circle_gap)(v, largest, gamma));
    plain += s[j];
    if (columns) column_sum[j] += EXP(NAME(circle_gap)(v, column_reference[j], gamma));
  }
  *run->row_sum += (double)total;
  *run->row_sum_s +=
      (columns ? 2 : 1) * (double)plain; /* a pair that serves both ends counts twice */
}

static void NAME(add)(const ct_pair_run *run) {
  if (run->kind == CT_POSITIVE)
    run->column_sum ? NAME(add_as)(run, true, true) : NAME(add_as)(run, true, false);
  else
    run->column_sum ? NAME(add_as)(run, false, true) : NAME(add_as)(run, false, false);
}

CT_INLINED void NAME(weigh_as)(const ct_pair_run *run, bool positive, bool through, bool columns) {
  REAL *restrict s = run->s;
  const REAL *restrict column_reference = run->column_reference;
  const REAL *restrict column_factor = run->column_factor;
  const REAL m = (REAL)run->m, gamma = (REAL)run->gamma;
  const REAL row_reference = *(const REAL *)run->row_reference;
  const REAL row_factor = *(const REAL *)run->row_factor;
#pragma omp simd
  for (int64_t j = 0; j < run->n; j++) {
    REAL d = positive ? 1 - s[j] : s[j], v = NAME(circle_coordinate)(d, m);
    REAL weight = row_factor * EXP(NAME(circle_gap)(v, row_reference, gamma));
    if (columns) weight += column_factor[j] * EXP(NAME(circle_gap)(v, column_reference[j], gamma));
    REAL slope =
        through ? NAME(circle_slope_through)(d, m, gamma) : NAME(circle_slope_held)(d, m, gamma);
    s[j] = weight * (positive ? -slope : slope);
  }
}

CT_INLINED void NAME(weigh_ends)(const ct_pair_run *run, bool positive, bool through) {
  run->column_factor ? NAME(weigh_as)(run, positive, through, true)
                     : NAME(weigh_as)(run, positive, through, false);
}

static void NAME(weigh)(const ct_pair_run *run) {
  if (run->kind == CT_POSITIVE)
    run->through_alpha ? NAME(weigh_ends)(run, true, true) : NAME(weigh_ends)(run, true, false);
  else
    run->through_alpha ? NAME(weigh_ends)(run, false, true) : NAME(weigh_ends)(run, false, false);
}

#undef CT_INLINED
