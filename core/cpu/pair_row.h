/* The inner loops of the pair-wise driver for one compute type. Include with REAL, NAME(x) and
 * EXP(x) defined, after the loss's maths.
 *
 * The loops are written for the vectoriser: no branch depends on an element, and what does not
 * change inside a call (kind, gradient mode, which sides are anchors) is a constant after inlining.
 */

static void NAME(accumulate)(const ct_pair_row *row, void *reference, double *sum, double *sum_s) {
  const REAL *restrict s = row->s;
  const REAL m = (REAL)row->m, gamma = (REAL)row->gamma;
  const REAL sign = row->kind == CT_POSITIVE ? -1 : 1, shift = row->kind == CT_POSITIVE ? 1 : 0;
  REAL largest = *(REAL *)reference, total = 0, plain = 0;
#pragma omp simd reduction(max : largest)
  for (int64_t j = 0; j < row->n; j++) {
    REAL v = NAME(circle_coordinate)(shift + sign * s[j], m);
    largest = v > largest ? v : largest;
  }
  if (largest > *(REAL *)reference) {
    *sum *= exp((double)NAME(circle_gap)(*(REAL *)reference, largest, gamma));
    *(REAL *)reference = largest;
  }
#pragma omp simd reduction(+ : total, plain)
  for (int64_t j = 0; j < row->n; j++) {
    REAL v = NAME(circle_coordinate)(shift + sign * s[j], m);
    total += EXP(NAME(circle_gap)(v, largest, gamma));
    plain += s[j];
  }
  *sum += (double)total;
  *sum_s += (double)plain;
}

static inline __attribute__((always_inline)) void
NAME(weigh_as)(const ct_pair_row *row, bool positive, bool through, bool by_row, bool by_column) {
  REAL *restrict s = row->s;
  const REAL *restrict column_reference = row->column_reference;
  const REAL *restrict column_factor = row->column_factor;
  const REAL m = (REAL)row->m, gamma = (REAL)row->gamma;
  const REAL row_reference = by_row ? *(const REAL *)row->row_reference : 0;
  const REAL row_factor = by_row ? *(const REAL *)row->row_factor : 0;
#pragma omp simd
  for (int64_t j = 0; j < row->n; j++) {
    REAL d = positive ? 1 - s[j] : s[j], v = NAME(circle_coordinate)(d, m), weight = 0;
    if (by_row) weight += row_factor * EXP(NAME(circle_gap)(v, row_reference, gamma));
    if (by_column)
      weight += column_factor[j] * EXP(NAME(circle_gap)(v, column_reference[j], gamma));
    REAL slope =
        through ? NAME(circle_slope_through)(d, m, gamma) : NAME(circle_slope_held)(d, m, gamma);
    s[j] = weight * (positive ? -slope : slope);
  }
}

static inline __attribute__((always_inline)) void NAME(weigh_sides)(const ct_pair_row *row,
                                                                    bool positive, bool through) {
  if (row->row_factor && row->column_factor)
    NAME(weigh_as)(row, positive, through, true, true);
  else if (row->row_factor)
    NAME(weigh_as)(row, positive, through, true, false);
  else
    NAME(weigh_as)(row, positive, through, false, true);
}

static void NAME(weigh)(const ct_pair_row *row) {
  if (row->kind == CT_POSITIVE)
    row->through_alpha ? NAME(weigh_sides)(row, true, true) : NAME(weigh_sides)(row, true, false);
  else
    row->through_alpha ? NAME(weigh_sides)(row, false, true) : NAME(weigh_sides)(row, false, false);
}
