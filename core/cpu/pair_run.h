/* The inner loops of the pair-wise driver for one loss and one compute type. Include with REAL,
 * NAME(x) and LOSS(x) defined, after the loss's maths: LOSS(x) is the loss's x of that type, and
 * LOSS_OF(x) that of its anchors.
 *
 * A pair's logit to base 2 is split into an integer n and a rest f, so that its exponential is
 * 2^f * 2^n. Both ends take theirs from the same 2^f: relative to an anchor's reference, itself an
 * integer, it is 2^f * 2^(n - reference), and raising a reference rescales sums exactly.
 * Of an extreme, the reference is the largest coordinate itself, and the sum counts the pairs that
 * reach it.
 *
 * The loops are written for the vectoriser: no branch depends on an element, and what does not
 * change inside a call (kind, variant, which ends are anchors, which statistics the loss keeps) is
 * a constant after inlining. */

#define CT_INLINED static inline __attribute__((always_inline))

CT_INLINED bool LOSS(has)(bool positive, int statistic) {
  return (LOSS_OF(statistics)(positive) & statistic) != 0;
}

/* A logit's scale, divided by ln 2, in two parts. */
typedef struct LOSS(factor) {
  REAL high, low;
} LOSS(factor);

CT_INLINED LOSS(factor) LOSS(factor_of)(bool positive, const double *parameters) {
  double scale = LOSS_OF(scale)(positive, parameters) * 0x1.71547652b82fep+0;
  return (LOSS(factor)){(REAL)scale, (REAL)(scale - (double)(REAL)scale)};
}

CT_INLINED NAME(parameters) LOSS(parameters_of)(const double *parameters) {
  NAME(parameters) k;
  for (int i = 0; i < CT_LOSS_PARAMETERS; i++) k.p[i] = (REAL)parameters[i];
  return k;
}

/* The integer n and 2^f of a coordinate. Logits beyond the integers of REAL only occur in double:
 * whatever is left of them then says nothing, and must only stay finite. */
CT_INLINED void LOSS(split)(REAL v, LOSS(factor) scale, REAL *n, REAL *power) {
  REAL high, low;
  LOSS(logit)(v, scale.high, scale.low, &high, &low);
  REAL whole = NAME(ct_round)(high), f = (high - whole) + low;
  if (sizeof(REAL) == sizeof(double)) f = f < -1 ? -1 : f > 1 ? 1 : f;
  *n = whole;
  *power = NAME(ct_exp2_near)(f);
}

CT_INLINED void LOSS(reach_as)(const ct_pair_run *run, bool positive, int variant, bool columns) {
  if (!LOSS(has)(positive, CT_LSE | CT_EXTREME)) return;
  REAL *restrict column_reach = run->column_reach;
  const NAME(parameters) k = LOSS(parameters_of)(run->parameters);
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    REAL largest = ((const REAL *)run->row_reach)[i];
#pragma omp simd reduction(max : largest)
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], k);
      largest = v > largest ? v : largest;
      if (columns) column_reach[j] = v > column_reach[j] ? v : column_reach[j];
    }
    ((REAL *)run->row_reach)[i] = largest;
  }
}

CT_INLINED void LOSS(raise_as)(bool positive, int64_t n, const double *parameters,
                               const void *reach, void *reference, double *sum) {
  const REAL *restrict v = reach;
  REAL *restrict known = reference;
  const LOSS(factor) scale = LOSS(factor_of)(positive, parameters);
  for (int64_t i = 0; i < n; i++) {
    REAL high = v[i], low;
    if (LOSS(has)(positive, CT_EXTREME)) {
      if (!(high > known[i])) continue;
      sum[i] = 0;
      known[i] = high;
    } else {
      LOSS(logit)(v[i], scale.high, scale.low, &high, &low);
      REAL whole = NAME(ct_round)(high);
      if (!(whole > known[i])) continue;
      sum[i] *= ct_power_f64((double)known[i] - (double)whole);
      known[i] = whole;
    }
  }
}

static void LOSS(raise)(int kind, int64_t n, const double *parameters, const void *reach,
                        void *reference, double *sum) {
  kind == CT_POSITIVE ? LOSS(raise_as)(true, n, parameters, reach, reference, sum)
                      : LOSS(raise_as)(false, n, parameters, reach, reference, sum);
}

/* Where references and reaches begin: below those of any pair. */
static double LOSS(start)(int kind, bool of_reference) {
  REAL lowest = LOSS(lowest)();
  if (lowest < 0 && of_reference && !LOSS(has)(kind == CT_POSITIVE, CT_EXTREME))
    return sizeof(REAL) == sizeof(float) ? -0x1p21 : -0x1p50;
  return (double)lowest;
}

CT_INLINED void LOSS(add_as)(const ct_pair_run *run, bool positive, int variant, bool columns) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const REAL *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  REAL *restrict column_term = run->column_term, *restrict column_count = run->column_count;
  const NAME(parameters) k = LOSS(parameters_of)(run->parameters);
  const LOSS(factor) scale = LOSS(factor_of)(positive, run->parameters);
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    const REAL reference = lse || extreme ? ((const REAL *)run->row_reference)[i] : 0;
    REAL total = 0, plain = 0, terms = 0, count = 0;
#pragma omp simd reduction(+ : total, plain, terms, count)
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], k);
      if (lse) {
        REAL n, power;
        LOSS(split)(v, scale, &n, &power);
        total += power * NAME(ct_power)(n - reference);
        if (columns) column_sum[j] += power * NAME(ct_power)(n - column_reference[j]);
      }
      if (extreme) {
        total += v == reference ? (REAL)1 : (REAL)0;
        if (columns) column_sum[j] += v == column_reference[j] ? (REAL)1 : (REAL)0;
      }
      if (term) {
        REAL t = LOSS(term)(positive, variant, s[j], k), one = t != 0 ? (REAL)1 : (REAL)0;
        terms += t;
        count += one;
        if (columns) column_term[j] += t, column_count[j] += one;
      }
      plain += s[j];
    }
    if (lse || extreme) run->row_sum[i] += (double)total;
    if (term) run->row_term[i] += (double)terms, run->row_count[i] += (double)count;
    run->row_sum_s[i] +=
        (columns ? 2 : 1) * (double)plain; /* a pair that serves both ends counts twice */
  }
}

CT_INLINED void LOSS(weigh_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                               bool drop) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const REAL *column_reference = run->column_reference;
  const REAL *column_factor = run->column_factor, *column_cut = run->column_cut;
  const REAL *column_linear = run->column_linear;
  const NAME(parameters) k = LOSS(parameters_of)(run->parameters);
  const LOSS(factor) scale = LOSS(factor_of)(positive, run->parameters);
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *s = (const REAL *)run->s + i * run->stride;
    REAL *to = (REAL *)run->weight + i * run->weight_stride;
    const REAL reference = lse || extreme ? ((const REAL *)run->row_reference)[i] : 0;
    const REAL factor = lse || extreme ? ((const REAL *)run->row_factor)[i] : 0;
    const REAL linear = term ? ((const REAL *)run->row_linear)[i] : 0;
    const REAL cut = drop ? ((const REAL *)run->row_cut)[i] : 0;
#pragma omp simd
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], k), weight = 0;
      if (lse) {
        REAL n, power, lowest = cut;
        LOSS(split)(v, scale, &n, &power);
        weight = factor * NAME(ct_power)(n - reference);
        if (columns) weight += column_factor[j] * NAME(ct_power)(n - column_reference[j]);
        weight *= power * LOSS(slope)(positive, variant, s[j], k);
        if (drop && columns) lowest = column_cut[j] < cut ? column_cut[j] : cut;
        weight = drop && n < lowest ? 0 : weight;
      }
      if (extreme) {
        weight = v == reference ? factor : 0;
        if (columns) weight += v == column_reference[j] ? column_factor[j] : 0;
        weight *= LOSS(slope)(positive, variant, s[j], k);
      }
      if (term) {
        REAL both = columns ? linear + column_linear[j] : linear;
        weight += both * LOSS(term_slope)(positive, variant, s[j], k);
      }
      to[j] = weight;
    }
  }
}

/* One loop for each combination that can occur. */
CT_INLINED void LOSS(reach_kind)(const ct_pair_run *run, bool positive, int variant) {
  run->column_reach ? LOSS(reach_as)(run, positive, variant, true)
                    : LOSS(reach_as)(run, positive, variant, false);
}

CT_INLINED void LOSS(add_kind)(const ct_pair_run *run, bool positive, int variant) {
  run->column_sum ? LOSS(add_as)(run, positive, variant, true)
                  : LOSS(add_as)(run, positive, variant, false);
}

CT_INLINED void LOSS(weigh_ends)(const ct_pair_run *run, bool positive, int variant, bool drop) {
  run->column_factor ? LOSS(weigh_as)(run, positive, variant, true, drop)
                     : LOSS(weigh_as)(run, positive, variant, false, drop);
}

CT_INLINED void LOSS(weigh_kind)(const ct_pair_run *run, bool positive, int variant) {
  run->row_cut ? LOSS(weigh_ends)(run, positive, variant, true)
               : LOSS(weigh_ends)(run, positive, variant, false);
}

static void LOSS(reach)(const ct_pair_run *run) {
  switch (2 * run->variant + (run->kind == CT_POSITIVE)) {
  case 0: LOSS(reach_kind)(run, false, 0); break;
  case 1: LOSS(reach_kind)(run, true, 0); break;
#if LOSS_VARIANTS > 1
  case 2: LOSS(reach_kind)(run, false, 1); break;
  case 3: LOSS(reach_kind)(run, true, 1); break;
#endif
  }
}

static void LOSS(add)(const ct_pair_run *run) {
  switch (2 * run->variant + (run->kind == CT_POSITIVE)) {
  case 0: LOSS(add_kind)(run, false, 0); break;
  case 1: LOSS(add_kind)(run, true, 0); break;
#if LOSS_VARIANTS > 1
  case 2: LOSS(add_kind)(run, false, 1); break;
  case 3: LOSS(add_kind)(run, true, 1); break;
#endif
  }
}

static void LOSS(weigh)(const ct_pair_run *run) {
  switch (2 * run->variant + (run->kind == CT_POSITIVE)) {
  case 0: LOSS(weigh_kind)(run, false, 0); break;
  case 1: LOSS(weigh_kind)(run, true, 0); break;
#if LOSS_VARIANTS > 1
  case 2: LOSS(weigh_kind)(run, false, 1); break;
  case 3: LOSS(weigh_kind)(run, true, 1); break;
#endif
  }
}

#undef CT_INLINED
