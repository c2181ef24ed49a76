/* The inner loops of the pair-wise driver for one loss and one compute type. Include with REAL,
 * NAME(x) and LOSS(x) defined, after the loss's maths: LOSS(x) is the loss's x of that type, and
 * LOSS_OF(x) that of its anchors.
 *
 * A pair's logit to base 2 is split into an integer n and a rest f, so that its exponential is
 * 2^f * 2^n. Both ends take theirs from the same 2^f: relative to an anchor's reference, itself an
 * integer, it is 2^f * 2^(n - reference), and raising a reference rescales sums exactly.
 * Where references of a tile's anchors are near each other, one stands for all of them, and both
 * ends take the same power: `together`.
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
CT_INLINED REAL LOSS(relative)(REAL n, REAL reference) {
  REAL above = n - reference;
  return NAME(ct_power)(above > 0 ? 0 : above);
}

/* 2^f, what is left of a coordinate's logit beyond the integer n next to it. Logits beyond the
 * integers of REAL only occur in double: whatever is left of them then says nothing, and must only
 * stay finite. */
CT_INLINED REAL LOSS(power_beyond)(REAL v, LOSS(factor) scale, REAL n) {
  REAL f = LOSS(above)(v, scale.high, scale.low, n, true);
  if (sizeof(REAL) == sizeof(double)) f = f < -1 ? -1 : f > 1 ? 1 : f;
  return NAME(ct_exp2_near)(f);
}

/* The integer n and 2^f of a coordinate. */
CT_INLINED void LOSS(split)(REAL v, LOSS(factor) scale, REAL *n, REAL *power) {
  *n = NAME(ct_round)(LOSS(above)(v, scale.high, scale.low, 0, false));
  *power = LOSS(power_beyond)(v, scale, *n);
}

/* A shared reference, and the least n that counts for any anchor of it. */
typedef struct LOSS(shared) {
  REAL zero; /* what is added to it has the bits of a power relative to the reference */
  REAL least;
} LOSS(shared);

CT_INLINED LOSS(shared) LOSS(shared_of)(const ct_pair_run *run) {
  const REAL zero = NAME(ct_power_zero)() - (REAL)run->shared;
  return (LOSS(shared)){zero, zero + (REAL)run->least};
}

/* n, and 2^f * 2^(n - shared). */
typedef struct LOSS(power) {
  REAL n, power;
} LOSS(power);

CT_INLINED LOSS(power) LOSS(power_of)(REAL v, LOSS(factor) scale, LOSS(shared) shared) {
  REAL shifted = LOSS(above)(v, scale.high, scale.low, -shared.zero, false);
  REAL n = shifted - shared.zero, far = NAME(ct_power_from)(shifted, shared.least);
  return (LOSS(power)){n, LOSS(power_beyond)(v, scale, n) * far};
}

/* Up to four rows go side by side. Of their columns, whole vectors come first; those that are left,
 * and those among which the rows' own elements are, come as corners: blocks of LANES columns, of
 * which only the pairs are taken. What a corner computes besides is read from the same rows, or
 * beyond their ends (ct_pair_run). */
enum { LOSS(LANES) = 64 / sizeof(REAL), LOSS(ABREAST) = 4 };

typedef struct LOSS(rows) {
  int64_t at[LOSS(ABREAST)]; /* fewer rows: the last one again */
  int count;
  int64_t vectors; /* columns before the first corner */
} LOSS(rows);

CT_INLINED LOSS(rows) LOSS(rows_at)(const ct_pair_run *run, int64_t i) {
  LOSS(rows) rows = {.count = (int)(run->rows - i < LOSS(ABREAST) ? run->rows - i : LOSS(ABREAST))};
  for (int r = 0; r < LOSS(ABREAST); r++) rows.at[r] = i + (r < rows.count ? r : rows.count - 1);
  if (rows.count == LOSS(ABREAST) && !run->meets_self)
    rows.vectors = run->n / LOSS(LANES) * LOSS(LANES);
  return rows;
}

CT_INLINED REAL *LOSS(row_of)(const ct_pair_run *run, const LOSS(rows) * rows, int r) {
  return (REAL *)run->s + rows->at[r] * run->stride;
}

/* How many columns of the corner at j are in the run, and which of them is row r's own element. */
CT_INLINED int64_t LOSS(width_of)(const ct_pair_run *run, int64_t j) {
  return run->n - j < LOSS(LANES) ? run->n - j : LOSS(LANES);
}

CT_INLINED int64_t LOSS(self_of)(const ct_pair_run *run, const LOSS(rows) * rows, int r,
                                 int64_t j) {
  return run->meets_self ? run->self + rows->at[r] - j : -1;
}

CT_INLINED void LOSS(reach_corner)(const ct_pair_run *run, bool positive, int variant, bool columns,
                                   const LOSS(rows) * rows, int64_t j, REAL *reach) {
  const NAME(parameters) k = LOSS(parameters_of)(run->parameters);
  const int64_t width = LOSS(width_of)(run, j);
  for (int r = 0; r < rows->count; r++) {
    const REAL *s = LOSS(row_of)(run, rows, r) + j;
    const int64_t self = LOSS(self_of)(run, rows, r, j);
    REAL v[LOSS(LANES)];
#pragma omp simd
    for (int64_t l = 0; l < LOSS(LANES); l++) v[l] = LOSS(coordinate)(positive, variant, s[l], k);
    if (self >= 0 && self < width) v[self] = LOSS(lowest)();
    for (int64_t l = 0; l < width; l++) reach[r] = LARGER(v[l], reach[r]);
    REAL *column = columns ? (REAL *)run->column_reach + j : NULL;
    for (int64_t l = 0; l < width && columns; l++) column[l] = LARGER(v[l], column[l]);
  }
}

CT_INLINED void LOSS(reach_plain)(const ct_pair_run *run, bool positive, int variant,
                                  bool columns) {
  const NAME(parameters) k = LOSS(parameters_of)(run->parameters);
  REAL *restrict column_reach = run->column_reach;
  for (int64_t i = 0; i < run->rows; i += LOSS(ABREAST)) {
    const LOSS(rows) rows = LOSS(rows_at)(run, i);
    const REAL *s0 = LOSS(row_of)(run, &rows, 0), *s1 = LOSS(row_of)(run, &rows, 1);
    const REAL *s2 = LOSS(row_of)(run, &rows, 2), *s3 = LOSS(row_of)(run, &rows, 3);
    REAL *known = (REAL *)run->row_reach + i;
    REAL a = known[0], b = known[rows.at[1] - i], c = known[rows.at[2] - i],
         d = known[rows.at[3] - i];
#pragma omp simd reduction(max : a, b, c, d)
    for (int64_t j = 0; j < rows.vectors; j++) {
      REAL of_a = LOSS(coordinate)(positive, variant, s0[j], k);
      REAL of_b = LOSS(coordinate)(positive, variant, s1[j], k);
      REAL of_c = LOSS(coordinate)(positive, variant, s2[j], k);
      REAL of_d = LOSS(coordinate)(positive, variant, s3[j], k);
      a = LARGER(of_a, a), b = LARGER(of_b, b), c = LARGER(of_c, c), d = LARGER(of_d, d);
      of_a = LARGER(of_a, of_b), of_c = LARGER(of_c, of_d);
      of_a = LARGER(of_a, of_c);
      if (columns) column_reach[j] = LARGER(of_a, column_reach[j]);
    }
    REAL reach[LOSS(ABREAST)] = {a, b, c, d};
    for (int64_t j = rows.vectors; j < run->n; j += LOSS(LANES))
      LOSS(reach_corner)(run, positive, variant, columns, &rows, j, reach);
    for (int r = 0; r < rows.count; r++) known[r] = reach[r];
  }
}

/* Of a refinement: a pair counts for the ends that it has a share of. */
CT_INLINED void LOSS(reach_refined)(const ct_pair_run *run, bool positive, int variant,
                                    bool columns) {
  REAL *restrict column_reach = run->column_reach;
  const REAL lowest = LOSS(lowest)();
  const ct_pair_ends *ends = run->ends;
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    const REAL *row_share = (const REAL *)ends->row_share + i * ends->share_stride;
    const REAL *column_share =
        columns ? (const REAL *)ends->column_share + i * ends->share_stride : NULL;
    const LOSS(end) row = LOSS(own_end)(ends->row_own, ends->row_scale, ends->pitch, i);
    REAL largest = ((const REAL *)run->row_reach)[i];
#pragma omp simd reduction(max : largest)
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], row.k);
      v = LOSS(share_of)(positive, row_share[j]) > 0 ? v : lowest;
      largest = LARGER(v, largest);
      if (columns) {
        const LOSS(end) column =
            LOSS(own_end)(ends->column_own, ends->column_scale, ends->pitch, j);
        v = LOSS(coordinate)(positive, variant, s[j], column.k);
        v = LOSS(share_of)(positive, column_share[j]) > 0 ? v : lowest;
        column_reach[j] = LARGER(v, column_reach[j]);
      }
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
    if (LOSS(has)(positive, CT_EXTREME)) {
      if (!(v[i] > known[i])) continue;
      sum[i] = 0;
      known[i] = v[i];
    } else {
      if (own) scale = (LOSS(factor)){own[i], own[pitch + i]};
      REAL whole = NAME(ct_round)(LOSS(above)(v[i], scale.high, scale.low, 0, false));
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

/* What a pair adds to the sums of its row and of its column. */
typedef struct LOSS(parts) {
  REAL row, column;
} LOSS(parts);

CT_INLINED LOSS(parts)
    LOSS(parts_of)(bool positive, int variant, bool together, bool columns, REAL s, LOSS(end) end,
                   LOSS(shared) shared, REAL reference, REAL column_reference) {
  const REAL v = LOSS(coordinate)(positive, variant, s, end.k);
  REAL n, power;
  if (together) {
    power = LOSS(power_of)(v, end.scale, shared).power;
    return (LOSS(parts)){power, power};
  }
  LOSS(split)(v, end.scale, &n, &power);
  return (LOSS(parts)){power * NAME(ct_power)(n - reference),
                       columns ? power * NAME(ct_power)(n - column_reference) : 0};
}

/* What ct_pair_run.slopes speaks of. */
CT_INLINED REAL LOSS(slope_by)(REAL power, bool positive, int variant, REAL s, LOSS(end) end) {
  return power * LOSS(slope)(positive, variant, s, end.k);
}

CT_INLINED void LOSS(add_corner)(const ct_pair_run *run, bool positive, int variant, bool columns,
                                 bool together, bool slopes, const LOSS(rows) * rows, int64_t j,
                                 REAL *sum, REAL *plain) {
  const LOSS(end) end = LOSS(common_end)(run, positive);
  const LOSS(shared) shared = LOSS(shared_of)(run);
  const int64_t width = LOSS(width_of)(run, j);
  REAL of[LOSS(LANES)] = {0};
  if (columns && !together)
    memcpy(of, (const REAL *)run->column_reference + j, (size_t)width * sizeof *of);
  for (int r = 0; r < rows->count; r++) {
    REAL *s = LOSS(row_of)(run, rows, r) + j;
    const REAL reference = together ? 0 : ((const REAL *)run->row_reference)[rows->at[r]];
    const int64_t self = LOSS(self_of)(run, rows, r, j);
    REAL power[LOSS(LANES)], of_column[LOSS(LANES)], taken[LOSS(LANES)], slope[LOSS(LANES)];
#pragma omp simd
    for (int64_t l = 0; l < LOSS(LANES); l++) {
      const LOSS(parts) p =
          LOSS(parts_of)(positive, variant, together, columns, s[l], end, shared, reference, of[l]);
      power[l] = p.row, of_column[l] = p.column, taken[l] = s[l];
      slope[l] = slopes ? LOSS(slope_by)(p.row, positive, variant, s[l], end) : 0;
    }
    for (int64_t l = 0; l < width && slopes; l++)
      if (l != self) s[l] = slope[l];
    if (self >= 0 && self < width) power[self] = of_column[self] = taken[self] = 0;
    for (int64_t l = 0; l < width; l++) sum[r] += power[l], *plain += taken[l];
    REAL *column = columns ? (REAL *)run->column_sum + j : NULL;
    for (int64_t l = 0; l < width && columns; l++) column[l] += of_column[l];
  }
}

/* Of log-sum-exps alone, where every pair counts once. */
CT_INLINED void LOSS(add_plain)(const ct_pair_run *run, bool positive, int variant, bool columns,
                                bool together, bool slopes) {
  const LOSS(end) end = LOSS(common_end)(run, positive);
  const LOSS(shared) shared = LOSS(shared_of)(run);
  const REAL *reference = run->row_reference, *lift = run->row_lift;
  const REAL *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  for (int64_t i = 0; i < run->rows; i += LOSS(ABREAST)) {
    const LOSS(rows) rows = LOSS(rows_at)(run, i);
    REAL *s0 = LOSS(row_of)(run, &rows, 0), *s1 = LOSS(row_of)(run, &rows, 1);
    REAL *s2 = LOSS(row_of)(run, &rows, 2), *s3 = LOSS(row_of)(run, &rows, 3);
    const REAL r0 = together ? 0 : reference[rows.at[0]], r1 = together ? 0 : reference[rows.at[1]];
    const REAL r2 = together ? 0 : reference[rows.at[2]], r3 = together ? 0 : reference[rows.at[3]];
    REAL sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0, plain = 0;
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3, plain)
    for (int64_t j = 0; j < rows.vectors; j++) {
      const REAL of = columns && !together ? column_reference[j] : 0;
#define PARTS(s, r) LOSS(parts_of)(positive, variant, together, columns, s, end, shared, r, of)
      const LOSS(parts) p0 = PARTS(s0[j], r0), p1 = PARTS(s1[j], r1);
      const LOSS(parts) p2 = PARTS(s2[j], r2), p3 = PARTS(s3[j], r3);
#undef PARTS
      const REAL of_all = (s0[j] + s1[j]) + (s2[j] + s3[j]);
#define SLOPE(s, p) LOSS(slope_by)(p.row, positive, variant, s, end)
      if (slopes) {
        s0[j] = SLOPE(s0[j], p0), s1[j] = SLOPE(s1[j], p1);
        s2[j] = SLOPE(s2[j], p2), s3[j] = SLOPE(s3[j], p3);
      }
#undef SLOPE
      sum0 += p0.row, sum1 += p1.row, sum2 += p2.row, sum3 += p3.row;
      if (columns) column_sum[j] += (p0.column + p1.column) + (p2.column + p3.column);
      plain += of_all;
    }
    REAL sum[LOSS(ABREAST)] = {sum0, sum1, sum2, sum3};
    for (int64_t j = rows.vectors; j < run->n; j += LOSS(LANES))
      LOSS(add_corner)(run, positive, variant, columns, together, slopes, &rows, j, sum, &plain);
    for (int r = 0; r < rows.count; r++)
      run->row_sum[i + r] += together ? (double)sum[r] * (double)lift[i + r] : (double)sum[r];
    run->row_sum_s[i] += (columns ? 2 : 1) * (double)plain; /* a pair that serves both ends */
  }
}

CT_INLINED void LOSS(add_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                             bool refined, bool together) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const LOSS(shared) shared = LOSS(shared_of)(run);
  const REAL *restrict column_reference = run->column_reference;
  REAL *restrict column_sum = run->column_sum;
  REAL *restrict column_term = run->column_term, *restrict column_count = run->column_count;
  const ct_pair_ends none = {0}, *ends = refined ? run->ends : &none;
  const int64_t pitch = ends->pitch;
  LOSS(end) row = LOSS(common_end)(run, positive), column = row;
  if (!refined && LOSS_OF(statistics)(positive) == CT_LSE) {
    together && run->slopes ? LOSS(add_plain)(run, positive, variant, columns, together, true)
                            : LOSS(add_plain)(run, positive, variant, columns, together, false);
    return;
  }
  for (int64_t i = 0; i < run->rows; i++) {
    const int64_t self = run->meets_self ? run->self + i : -1;
    const REAL *restrict s = (const REAL *)run->s + i * run->stride;
    const REAL *row_share = refined ? (const REAL *)ends->row_share + i * ends->share_stride : NULL;
    const REAL *column_share =
        refined && columns ? (const REAL *)ends->column_share + i * ends->share_stride : NULL;
    const REAL reference =
        (lse || extreme) && !together ? ((const REAL *)run->row_reference)[i] : 0;
    REAL total = 0, plain = 0, terms = 0, count = 0;
    if (refined) row = LOSS(own_end)(ends->row_own, ends->row_scale, pitch, i);
    for (int64_t from = 0, to; from < run->n; from = to + 1) { /* the row's own element between */
      to = self >= from && self < run->n ? self : run->n;
#pragma omp simd reduction(+ : total, plain, terms, count)
      for (int64_t j = from; j < to; j++) {
        REAL v = LOSS(coordinate)(positive, variant, s[j], row.k), u = v;
        REAL mine = 1, other = 1;
        if (refined) mine = LOSS(share_of)(positive, row_share[j]);
        if (refined && columns) {
          column = LOSS(own_end)(ends->column_own, ends->column_scale, pitch, j);
          other = LOSS(share_of)(positive, column_share[j]);
          u = LOSS(coordinate)(positive, variant, s[j], column.k);
        }
        if (lse && !refined) {
          const REAL of = columns && !together ? column_reference[j] : 0;
          LOSS(parts)
          p = LOSS(parts_of)(positive, variant, together, columns, s[j], row, shared, reference,
                             of);
          total += p.row;
          if (columns) column_sum[j] += p.column;
        } else if (lse) {
          REAL n, power;
          LOSS(split)(v, row.scale, &n, &power);
          total += mine * (power * LOSS(relative)(n, reference));
          if (columns) {
            LOSS(split)(u, column.scale, &n, &power);
            column_sum[j] += other * (power * LOSS(relative)(n, column_reference[j]));
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
    }
    const REAL lift = together ? ((const REAL *)run->row_lift)[i] : 1;
    if (lse || extreme) run->row_sum[i] += (double)total * (double)lift;
    if (term) run->row_term[i] += (double)terms, run->row_count[i] += (double)count;
    /* a pair that serves both ends counts twice */
    run->row_sum_s[i] += (columns && !refined ? 2 : 1) * (double)plain;
  }
}

CT_INLINED void LOSS(weigh_slopes)(const ct_pair_run *run, bool columns) {
  const REAL *column_factor = run->column_factor;
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *s = (const REAL *)run->s + i * run->stride;
    REAL *to = (REAL *)run->weight + i * run->weight_stride;
    const REAL factor = ((const REAL *)run->row_factor)[i];
#pragma omp simd
    for (int64_t j = 0; j < run->n; j++)
      to[j] = (columns ? factor + column_factor[j] : factor) * s[j];
  }
}

CT_INLINED void LOSS(weigh_as)(const ct_pair_run *run, bool positive, int variant, bool columns,
                               bool drop, bool together) {
  const bool lse = LOSS(has)(positive, CT_LSE), extreme = LOSS(has)(positive, CT_EXTREME);
  const bool term = LOSS(has)(positive, CT_TERM);
  const REAL *column_reference = run->column_reference;
  const REAL *column_factor = run->column_factor, *column_cut = run->column_cut;
  const REAL *column_linear = run->column_linear;
  const LOSS(shared) shared = LOSS(shared_of)(run);
  const LOSS(end) both = LOSS(common_end)(run, positive);
  for (int64_t i = 0; i < run->rows; i++) {
    const REAL *s = (const REAL *)run->s + i * run->stride;
    REAL *to = (REAL *)run->weight + i * run->weight_stride;
    const REAL reference =
        (lse || extreme) && !together ? ((const REAL *)run->row_reference)[i] : 0;
    const REAL factor = lse || extreme ? ((const REAL *)run->row_factor)[i] : 0;
    const REAL linear = term ? ((const REAL *)run->row_linear)[i] : 0;
    const REAL cut = drop ? ((const REAL *)run->row_cut)[i] : 0;
#pragma omp simd
    for (int64_t j = 0; j < run->n; j++) {
      REAL v = LOSS(coordinate)(positive, variant, s[j], both.k), weight = 0;
      if (lse) {
        REAL n, power, lowest = cut;
        if (together) {
          LOSS(power) of = LOSS(power_of)(v, both.scale, shared);
          n = of.n, power = of.power;
          weight = columns ? factor + column_factor[j] : factor;
        } else {
          LOSS(split)(v, both.scale, &n, &power);
          weight = factor * NAME(ct_power)(n - reference);
          if (columns) weight += column_factor[j] * NAME(ct_power)(n - column_reference[j]);
        }
        weight *= LOSS(slope_by)(power, positive, variant, s[j], both);
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
    part.sum = end.share * anchor.factor * power * LOSS(relative)(n, anchor.reference) *
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
  const REAL none = (REAL)-0x1p100; /* a cut below all logits */
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
    mine = {sum ? reference[i] : 0, sum ? factor[i] : 0, term ? linear[i] : 0, none};
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
        theirs.cut = drop ? theirs.cut : none;
        other = LOSS(part_of)(positive, variant, s[j], column, theirs);
      }
      REAL weight = own.counts + other.counts > 0 ? own.sum + other.sum : 0;
      to[j] = row.share + column.share > 0 ? weight + (own.term + other.term) : to[j];
    }
  }
}

/* One loop for each combination that can occur. */
CT_INLINED void LOSS(reach_kind)(const ct_pair_run *run, bool positive, int variant) {
  if (!LOSS(has)(positive, CT_LSE | CT_EXTREME)) return;
  if (run->ends)
    run->column_reach ? LOSS(reach_refined)(run, positive, variant, true)
                      : LOSS(reach_refined)(run, positive, variant, false);
  else
    run->column_reach ? LOSS(reach_plain)(run, positive, variant, true)
                      : LOSS(reach_plain)(run, positive, variant, false);
}

CT_INLINED void LOSS(add_ends)(const ct_pair_run *run, bool positive, int variant, bool refined,
                               bool together) {
  run->column_sum ? LOSS(add_as)(run, positive, variant, true, refined, together)
                  : LOSS(add_as)(run, positive, variant, false, refined, together);
}

CT_INLINED void LOSS(add_kind)(const ct_pair_run *run, bool positive, int variant) {
  if (run->ends)
    LOSS(add_ends)(run, positive, variant, true, false);
  else
    run->together &&LOSS(has)(positive, CT_LSE)
        ? LOSS(add_ends)(run, positive, variant, false, true)
        : LOSS(add_ends)(run, positive, variant, false, false);
}

CT_INLINED void LOSS(weigh_ends)(const ct_pair_run *run, bool positive, int variant, bool drop,
                                 bool together) {
  run->column_factor ? LOSS(weigh_as)(run, positive, variant, true, drop, together)
                     : LOSS(weigh_as)(run, positive, variant, false, drop, together);
}

CT_INLINED void LOSS(weigh_plain)(const ct_pair_run *run, bool positive, int variant, bool drop) {
  run->together &&LOSS(has)(positive, CT_LSE)
      ? LOSS(weigh_ends)(run, positive, variant, drop, true)
      : LOSS(weigh_ends)(run, positive, variant, drop, false);
}

CT_INLINED void LOSS(weigh_kind)(const ct_pair_run *run, bool positive, int variant) {
  if (run->slopes)
    run->column_factor ? LOSS(weigh_slopes)(run, true) : LOSS(weigh_slopes)(run, false);
  else if (run->ends)
    run->column_factor ? LOSS(weigh_refined)(run, positive, variant, true)
                       : LOSS(weigh_refined)(run, positive, variant, false);
  else
    run->row_cut ? LOSS(weigh_plain)(run, positive, variant, true)
                 : LOSS(weigh_plain)(run, positive, variant, false);
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
