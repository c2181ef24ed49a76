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

/* What one end of a pair brings: its anchor's parameters and scale, those of all anchors where
 * there is no refinement, and how often the pair counts for it. */
typedef struct LOSS(end) {
  NAME(parameters) k;
  LOSS(factor) scale;
  REAL share;
} LOSS(end);

CT_INLINED LOSS(end) LOSS(common_end)(const ct_pair_run *run, bool positive) {
  return (LOSS(end)){LOSS(parameters_of)(run->parameters),
                     LOSS(factor_of)(positive, run->parameters), 1};
}

/* The end of anchor `i` of the run's rows, or of its columns. */
CT_INLINED LOSS(end) LOSS(own_end)(const REAL *own, const REAL *scale, int64_t pitch, int64_t i) {
  LOSS(end) end = {.scale = {scale[i], scale[pitch + i]}, .share = 1};
  for (int q = 0; q < CT_LOSS_PARAMETERS; q++) end.k.p[q] = own[q * pitch + i];
  return end;
}

/* How often a pair of the kind counts: shares of negatives stand below 0. */
CT_INLINED REAL LOSS(share_of)(bool positive, REAL share) {
  REAL own = positive ? share : -share;
  return own > 0 ? own : 0;
}

/* What a term counts for relative to the reference; pairs without a share may lie above it. */
CT_INLINED REAL LOSS(relative)(bool refined, REAL n, REAL reference) {
  REAL above = n - reference;
  return NAME(ct_power)(refined && above > 0 ? 0 : above);
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

CT_INLINED void LOSS(reach_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                               bool refined) {
  if (!LOSS(has)(positive, CT_LSE | CT_EXTREME)) return;
  REAL *restrict column_reach = run->column_reach;
  const REAL lowest = LOSS(lowest)();
  const ct_pair_ends none = {0}, *ends = refined ? run->ends : &none;
  const int64_t pitch = ends->pitch;
  LOSS(end) row = LOSS(common_end)(run, positive), column = row;
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    const REAL *row_share = refined ? (const REAL *)ends->row_share + i * ends->share_stride : NULL;
    const REAL *column_share =
        refined && columns ? (const REAL *)ends->column_share + i * ends->share_stride : NULL;
    REAL largest = ((const REAL *)run->row_reach)[i];
    if (refined) row = LOSS(own_end)(ends->row_own, ends->row_scale, pitch, i);
#pragma omp simd reduction(max : largest)
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], row.k), other = v;
      if (refined) v = LOSS(share_of)(positive, row_share[j]) > 0 ? v : lowest;
      largest = v > largest ? v : largest;
      if (refined && columns) {
        column = LOSS(own_end)(ends->column_own, ends->column_scale, pitch, j);
        other = LOSS(coordinate)(positive, variant, s[j], column.k);
        other = LOSS(share_of)(positive, column_share[j]) > 0 ? other : lowest;
      }
      if (columns) column_reach[j] = other > column_reach[j] ? other : column_reach[j];
    }
    ((REAL *)run->row_reach)[i] = largest;
  }
}

CT_INLINED void LOSS(raise_as)(bool positive, int64_t n, const double *parameters, const REAL *own,
                               int64_t pitch, const void *reach, void *reference, double *sum) {
  const REAL *restrict v = reach;
  REAL *restrict known = reference;
  LOSS(factor) scale = LOSS(factor_of)(positive, parameters);
  for (int64_t i = 0; i < n; i++) {
    REAL high = v[i], low;
    if (LOSS(has)(positive, CT_EXTREME)) {
      if (!(high > known[i])) continue;
      sum[i] = 0;
      known[i] = high;
    } else {
      if (own) scale = (LOSS(factor)){own[i], own[pitch + i]};
      LOSS(logit)(v[i], scale.high, scale.low, &high, &low);
      REAL whole = NAME(ct_round)(high);
      if (!(whole > known[i])) continue;
      sum[i] *= ct_power_f64((double)known[i] - (double)whole);
      known[i] = whole;
    }
  }
}

static void LOSS(raise)(int kind, int64_t n, const double *parameters, const void *scale,
                        int64_t pitch, const void *reach, void *reference, double *sum) {
  kind == CT_POSITIVE ? LOSS(raise_as)(true, n, parameters, scale, pitch, reach, reference, sum)
                      : LOSS(raise_as)(false, n, parameters, scale, pitch, reach, reference, sum);
}

/* Where references and reaches begin: below those of any pair. */
static double LOSS(start)(int kind, bool of_reference) {
  REAL lowest = LOSS(lowest)();
  if (lowest < 0 && of_reference && !LOSS(has)(kind == CT_POSITIVE, CT_EXTREME))
    return sizeof(REAL) == sizeof(float) ? -0x1p21 : -0x1p50;
  return (double)lowest;
}

CT_INLINED void LOSS(add_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                             bool refined) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const REAL *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  REAL *restrict column_term = run->column_term, *restrict column_count = run->column_count;
  const ct_pair_ends none = {0}, *ends = refined ? run->ends : &none;
  const int64_t pitch = ends->pitch;
  LOSS(end) row = LOSS(common_end)(run, positive), column = row;
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    const REAL *row_share = refined ? (const REAL *)ends->row_share + i * ends->share_stride : NULL;
    const REAL *column_share =
        refined && columns ? (const REAL *)ends->column_share + i * ends->share_stride : NULL;
    const REAL reference = lse || extreme ? ((const REAL *)run->row_reference)[i] : 0;
    REAL total = 0, plain = 0, terms = 0, count = 0;
    if (refined) row = LOSS(own_end)(ends->row_own, ends->row_scale, pitch, i);
#pragma omp simd reduction(+ : total, plain, terms, count)
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], row.k), u = v;
      REAL mine = 1, other = 1;
      if (refined) mine = LOSS(share_of)(positive, row_share[j]);
      if (refined && columns) {
        column = LOSS(own_end)(ends->column_own, ends->column_scale, pitch, j);
        other = LOSS(share_of)(positive, column_share[j]);
        u = LOSS(coordinate)(positive, variant, s[j], column.k);
      }
      if (lse) {
        REAL n, power;
        LOSS(split)(v, row.scale, &n, &power);
        REAL own = power * LOSS(relative)(refined, n, reference);
        total += refined ? mine * own : own;
        if (refined && columns) LOSS(split)(u, column.scale, &n, &power);
        if (columns) {
          own = power * LOSS(relative)(refined, n, column_reference[j]);
          column_sum[j] += refined ? other * own : own;
        }
      }
      if (extreme) {
        total += v == reference ? mine : (REAL)0;
        if (columns) column_sum[j] += u == column_reference[j] ? other : (REAL)0;
      }
      if (term) {
        REAL t = LOSS(term)(positive, variant, s[j], row.k), one = t != 0 ? (REAL)1 : (REAL)0;
        terms += refined ? mine * t : t;
        count += refined ? mine * one : one;
        if (refined && columns) {
          t = LOSS(term)(positive, variant, s[j], column.k);
          one = t != 0 ? (REAL)1 : (REAL)0;
          t *= other, one *= other;
        }
        if (columns) column_term[j] += t, column_count[j] += one;
      }
      if (refined) {
        plain += mine > 0 ? s[j] : 0;
        if (columns) plain += other > 0 ? s[j] : 0;
      } else {
        plain += s[j];
      }
    }
    if (lse || extreme) run->row_sum[i] += (double)total;
    if (term) run->row_term[i] += (double)terms, run->row_count[i] += (double)count;
    /* a pair that serves both ends counts twice */
    run->row_sum_s[i] += (columns && !refined ? 2 : 1) * (double)plain;
  }
}

CT_INLINED void LOSS(weigh_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                               bool drop) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const REAL *column_reference = run->column_reference;
  const REAL *column_factor = run->column_factor, *column_cut = run->column_cut;
  const REAL *column_linear = run->column_linear;
  const LOSS(end) both = LOSS(common_end)(run, positive);
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *s = (const REAL *)run->s + i * run->stride;
    REAL *to = (REAL *)run->weight + i * run->weight_stride;
    const REAL reference = lse || extreme ? ((const REAL *)run->row_reference)[i] : 0;
    const REAL factor = lse || extreme ? ((const REAL *)run->row_factor)[i] : 0;
    const REAL linear = term ? ((const REAL *)run->row_linear)[i] : 0;
    const REAL cut = drop ? ((const REAL *)run->row_cut)[i] : 0;
#pragma omp simd
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], both.k), weight = 0;
      if (lse) {
        REAL n, power, lowest = cut;
        LOSS(split)(v, both.scale, &n, &power);
        weight = factor * NAME(ct_power)(n - reference);
        if (columns) weight += column_factor[j] * NAME(ct_power)(n - column_reference[j]);
        weight *= power * LOSS(slope)(positive, variant, s[j], both.k);
        if (drop && columns) lowest = column_cut[j] < cut ? column_cut[j] : cut;
        weight = drop && n < lowest ? 0 : weight;
      }
      if (extreme) {
        weight = v == reference ? factor : 0;
        if (columns) weight += v == column_reference[j] ? column_factor[j] : 0;
        weight *= LOSS(slope)(positive, variant, s[j], both.k);
      }
      if (term) {
        REAL sum = columns ? linear + column_linear[j] : linear;
        weight += sum * LOSS(term_slope)(positive, variant, s[j], both.k);
      }
      to[j] = weight;
    }
  }
}

/* Of one end of a pair, all that it takes from its anchor. */
typedef struct LOSS(anchor) {
  REAL reference, factor, linear, cut;
} LOSS(anchor);

/* The part of a pair's weight that one of its ends brings: of its logit or extreme, which `counts`
 * where it is not below the cut, and of its term. */
typedef struct LOSS(part) {
  REAL sum, term, counts;
} LOSS(part);

CT_INLINED LOSS(part)
    LOSS(part_of)(bool positive, int variant, REAL s, LOSS(end) end, LOSS(anchor) anchor) {
  REAL v = LOSS(coordinate)(positive, variant, s, end.k);
  LOSS(part) part = {0, 0, end.share > 0 ? (REAL)1 : (REAL)0};
  if (LOSS(has)(positive, CT_LSE)) {
    REAL n, power;
    LOSS(split)(v, end.scale, &n, &power);
    part.sum = end.share * anchor.factor * power * LOSS(relative)(true, n, anchor.reference) *
               LOSS(slope)(positive, variant, s, end.k);
    part.counts = n < anchor.cut ? 0 : part.counts;
  }
  if (LOSS(has)(positive, CT_EXTREME)) {
    REAL weight = end.share * anchor.factor * LOSS(slope)(positive, variant, s, end.k);
    part.sum = v == anchor.reference ? weight : 0;
  }
  if (LOSS(has)(positive, CT_TERM))
    part.term = end.share * anchor.linear * LOSS(term_slope)(positive, variant, s, end.k);
  return part;
}

/* Of a refinement: each end has a say of its own, and a pair is dropped where both say so. Only
 * pairs with a share of this kind are written: others in the run may be of the other kind. */
CT_INLINED void LOSS(weigh_refined)(const ct_pair_run *run, bool positive, int variant,
                                    bool columns) {
  const bool sum = LOSS(has)(positive, CT_LSE | CT_EXTREME), term = LOSS(has)(positive, CT_TERM);
  const ct_pair_ends *ends = run->ends;
  const bool drop = run->row_cut;
  const REAL *reference = run->row_reference, *column_reference = run->column_reference;
  const REAL *factor = run->row_factor, *column_factor = run->column_factor;
  const REAL *linear = run->row_linear, *column_linear = run->column_linear;
  const REAL *cut = drop ? run->row_cut : reference; /* something to read */
  const REAL *column_cut = drop ? run->column_cut : column_reference;
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *s = (const REAL *)run->s + i * run->stride;
    const REAL *row_share = (const REAL *)ends->row_share + i * ends->share_stride;
    const REAL *column_share =
        columns ? (const REAL *)ends->column_share + i * ends->share_stride : NULL;
    REAL *to = (REAL *)run->weight + i * run->weight_stride;
    LOSS(end) row = LOSS(own_end)(ends->row_own, ends->row_scale, ends->pitch, i), column = row;
    LOSS(anchor)
    mine = {sum ? reference[i] : 0, sum ? factor[i] : 0, term ? linear[i] : 0, -INFINITY};
    if (sum && drop) mine.cut = cut[i];
#pragma omp simd
    for (int64_t j = 0; j < run->n; j++) {
      row.share = LOSS(share_of)(positive, row_share[j]);
      column.share = 0;
      LOSS(part) own = LOSS(part_of)(positive, variant, s[j], row, mine), other = {0, 0, 0};
      if (columns) {
        column = LOSS(own_end)(ends->column_own, ends->column_scale, ends->pitch, j);
        column.share = LOSS(share_of)(positive, column_share[j]);
        LOSS(anchor)
        theirs = {sum ? column_reference[j] : 0, sum ? column_factor[j] : 0,
                  term ? column_linear[j] : 0, sum ? column_cut[j] : 0};
        theirs.cut = drop ? theirs.cut : -INFINITY;
        other = LOSS(part_of)(positive, variant, s[j], column, theirs);
      }
      REAL weight = own.counts + other.counts > 0 ? own.sum + other.sum : 0;
      to[j] = row.share + column.share > 0 ? weight + (own.term + other.term) : to[j];
    }
  }
}

/* One loop for each combination that can occur. */
CT_INLINED void LOSS(reach_ends)(const ct_pair_run *run, bool positive, int variant, bool refined) {
  run->column_reach ? LOSS(reach_as)(run, positive, variant, true, refined)
                    : LOSS(reach_as)(run, positive, variant, false, refined);
}

CT_INLINED void LOSS(reach_kind)(const ct_pair_run *run, bool positive, int variant) {
  run->ends ? LOSS(reach_ends)(run, positive, variant, true)
            : LOSS(reach_ends)(run, positive, variant, false);
}

CT_INLINED void LOSS(add_ends)(const ct_pair_run *run, bool positive, int variant, bool refined) {
  run->column_sum ? LOSS(add_as)(run, positive, variant, true, refined)
                  : LOSS(add_as)(run, positive, variant, false, refined);
}

CT_INLINED void LOSS(add_kind)(const ct_pair_run *run, bool positive, int variant) {
  run->ends ? LOSS(add_ends)(run, positive, variant, true)
            : LOSS(add_ends)(run, positive, variant, false);
}

CT_INLINED void LOSS(weigh_ends)(const ct_pair_run *run, bool positive, int variant, bool drop) {
  run->column_factor ? LOSS(weigh_as)(run, positive, variant, true, drop)
                     : LOSS(weigh_as)(run, positive, variant, false, drop);
}

CT_INLINED void LOSS(weigh_kind)(const ct_pair_run *run, bool positive, int variant) {
  if (run->ends)
    run->column_factor ? LOSS(weigh_refined)(run, positive, variant, true)
                       : LOSS(weigh_refined)(run, positive, variant, false);
  else
    run->row_cut ? LOSS(weigh_ends)(run, positive, variant, true)
                 : LOSS(weigh_ends)(run, positive, variant, false);
}

#define CT_OF_KIND(name)                                                                           \
  static void LOSS(name)(const ct_pair_run *run) {                                                 \
    const bool positive = run->kind == CT_POSITIVE;                                                \
    if (LOSS_VARIANTS > 1 && run->variant == 1)                                                    \
      positive ? LOSS(name##_kind)(run, true, 1) : LOSS(name##_kind)(run, false, 1);               \
    else                                                                                           \
      positive ? LOSS(name##_kind)(run, true, 0) : LOSS(name##_kind)(run, false, 0);               \
  }

CT_OF_KIND(reach)
CT_OF_KIND(add)
CT_OF_KIND(weigh)

#undef CT_OF_KIND
#undef CT_INLINED
