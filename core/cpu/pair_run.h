/* The inner loops of the pair-wise driver for one compute type. Include with REAL and NAME(x)
 * defined, after the loss's maths.
 *
 * A pair's logit to base 2 is split into an integer n and a rest f, so that its exponential is
 * 2^f * 2^n. Both ends take theirs from the same 2^f: relative to an anchor's reference, itself an
 * integer, it is 2^f * 2^(n - reference), and raising a reference rescales sums exactly.
 *
 * The loops are written for the vectoriser: no branch depends on an element, and what does not
 * change inside a call (kind, gradient mode, which ends are anchors) is a constant after inlining.
 */

#define CT_INLINED static inline __attribute__((always_inline))

/* gamma/ln 2 in two parts. */
typedef struct NAME(scale) {
  REAL high, low;
} NAME(scale);

CT_INLINED NAME(scale) NAME(scale_of)(double gamma) {
  double scale = gamma * 0x1.71547652b82fep+0;
  return (NAME(scale)){(REAL)scale, (REAL)(scale - (double)(REAL)scale)};
}

/* The integer n and 2^f of a coordinate. Logits beyond the integers of REAL only occur in double:
 * whatever is left of them then says nothing, and must only stay finite. */
CT_INLINED void NAME(split)(REAL v, NAME(scale) scale, REAL *n, REAL *power) {
  REAL high, low;
  NAME(circle_logit)(v, scale.high, scale.low, &high, &low);
  REAL whole = NAME(ct_round)(high), f = (high - whole) + low;
  if (sizeof(REAL) == sizeof(double)) f = f < -1 ? -1 : f > 1 ? 1 : f;
  *n = whole;
  *power = NAME(ct_exp2_near)(f);
}

CT_INLINED void NAME(reach_as)(const ct_pair_run *run, bool positive, bool columns) {
  const REAL *restrict s = run->s;
  REAL *restrict column_reach = run->column_reach;
  const REAL m = (REAL)run->m;
  REAL largest = *(REAL *)run->row_reach;
#pragma omp simd reduction(max : largest)
  for (int64_t j = 0; j < run->n; j++) {
    REAL v = NAME(circle_coordinate)(positive ? 1 - s[j] : s[j], m);
    largest = v > largest ? v : largest;
    if (columns) column_reach[j] = v > column_reach[j] ? v : column_reach[j];
  }
  *(REAL *)run->row_reach = largest;
}

static void NAME(reach)(const ct_pair_run *run) {
  if (run->kind == CT_POSITIVE)
    run->column_reach ? NAME(reach_as)(run, true, true) : NAME(reach_as)(run, true, false);
  else
    run->column_reach ? NAME(reach_as)(run, false, true) : NAME(reach_as)(run, false, false);
}

static void NAME(raise)(int64_t n, double gamma, const void *reach, void *reference, double *sum) {
  const REAL *restrict v = reach;
  REAL *restrict known = reference;
  const NAME(scale) scale = NAME(scale_of)(gamma);
  for (int64_t i = 0; i < n; i++) {
    REAL high, low;
    NAME(circle_logit)(v[i], scale.high, scale.low, &high, &low);
    REAL whole = NAME(ct_round)(high);
    if (!(whole > known[i])) continue;
    sum[i] *= ct_power_f64((double)known[i] - (double)whole);
    known[i] = whole;
  }
}

CT_INLINED void NAME(add_as)(const ct_pair_run *run, bool positive, bool columns) {
  const REAL *restrict s = run->s, *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  const REAL m = (REAL)run->m, reference = *(const REAL *)run->row_reference;
  const NAME(scale) scale = NAME(scale_of)(run->gamma);
  REAL total = 0, plain = 0;
#pragma omp simd reduction(+ : total, plain)
  for (int64_t j = 0; j < run->n; j++) {
    REAL n, power;
    NAME(split)(NAME(circle_coordinate)(positive ? 1 - s[j] : s[j], m), scale, &n, &power);
    total += power * NAME(ct_power)(n - reference);
    plain += s[j];
    if (columns) column_sum[j] += power * NAME(ct_power)(n - column_reference[j]);
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

CT_INLINED void NAME(weigh_as)(const ct_pair_run *run, bool positive, bool through, bool columns,
                               bool drop) {
  const REAL *s = run->s, *column_reference = run->column_reference;
  const REAL *column_factor = run->column_factor, *column_cut = run->column_cut;
  REAL *to = run->weight;
  const REAL m = (REAL)run->m, gamma = (REAL)run->gamma;
  const REAL reference = *(const REAL *)run->row_reference;
  const REAL factor = *(const REAL *)run->row_factor;
  const REAL cut = drop ? *(const REAL *)run->row_cut : 0;
  const NAME(scale) scale = NAME(scale_of)(run->gamma);
#pragma omp simd
  for (int64_t j = 0; j < run->n; j++) {
    REAL d = positive ? 1 - s[j] : s[j], n, power, lowest = cut;
    NAME(split)(NAME(circle_coordinate)(d, m), scale, &n, &power);
    REAL weight = factor * NAME(ct_power)(n - reference);
    if (columns) weight += column_factor[j] * NAME(ct_power)(n - column_reference[j]);
    REAL slope =
        through ? NAME(circle_slope_through)(d, m, gamma) : NAME(circle_slope_held)(d, m, gamma);
    weight *= power * (positive ? -slope : slope);
    if (drop && columns) lowest = column_cut[j] < cut ? column_cut[j] : cut;
    to[j] = drop && n < lowest ? 0 : weight;
  }
}

CT_INLINED void NAME(weigh_ends)(const ct_pair_run *run, bool positive, bool through, bool drop) {
  run->column_factor ? NAME(weigh_as)(run, positive, through, true, drop)
                     : NAME(weigh_as)(run, positive, through, false, drop);
}

CT_INLINED void NAME(weigh_kind)(const ct_pair_run *run, bool positive, bool drop) {
  run->through_alpha ? NAME(weigh_ends)(run, positive, true, drop)
                     : NAME(weigh_ends)(run, positive, false, drop);
}

static void NAME(weigh)(const ct_pair_run *run) {
  if (run->kind == CT_POSITIVE)
    run->row_cut ? NAME(weigh_kind)(run, true, true) : NAME(weigh_kind)(run, true, false);
  else
    run->row_cut ? NAME(weigh_kind)(run, false, true) : NAME(weigh_kind)(run, false, false);
}

#undef CT_INLINED
