/* What a pass notes about its pairs for ct_pair_diagnosis. Included once, by pair_stream.c, after
 * `pass`, `tile` and find_runs. A tile has its rows, and the columns that are anchors, to itself
 * while it runs, so sums over an anchor's pairs come in one order whatever the number of threads;
 * what all tiles share are counts. */

/* n elements of the compute type from element `at` on, in double. */
static void load_doubles(double *to, const pass *p, const void *from, int64_t at, int64_t n) {
  if (p->stream->dtype == CT_FLOAT)
    for (int64_t j = 0; j < n; j++) to[j] = (double)((const float *)from)[at + j];
  else
    memcpy(to, (const double *)from + at, (size_t)n * sizeof *to);
}

/* What a run brings, in double: similarities or weights of row i's pairs, and whether they count
 * for the row's anchor and for the columns' (nothing does for columns that are no anchors). */
typedef struct diagnosed {
  double value[LARGEST_BLOCK];
  bool own[LARGEST_BLOCK], other[LARGEST_BLOCK];
} diagnosed;

static void load_diagnosed(diagnosed *to, const pass *p, const tile *t, int64_t i, const run *r,
                           const void *sheet, int64_t stride) {
  const int64_t n = r->to - r->from, at = r->from - t->column;
  double share[LARGEST_BLOCK];
  load_doubles(to->value, p, sheet, i * stride + at, n);
  for (int64_t j = 0; j < n; j++) to->own[j] = true, to->other[j] = t->both;
  if (!p->stream->refinement) return;
  for (int end = 0; end < (t->both ? 2 : 1); end++) {
    bool *counts = end ? to->other : to->own;
    load_doubles(share, p, end ? t->column_share : t->row_share, i * SCRATCH_STRIDE + at, n);
    for (int64_t j = 0; j < n; j++)
      counts[j] = r->kind == CT_POSITIVE ? share[j] > 0 : share[j] < 0;
  }
}

/* m of an anchor. */
static double diagnosed_m(const pass *p, int64_t anchor) {
  const ct_pair_refinement *r = p->stream->refinement;
  return r ? r->own[anchor * CT_LOSS_PARAMETERS + CT_CIRCLE_M] : p->stream->diagnosis->m;
}

static void meet_hardest(double *hardest, bool positive, double s) {
  *hardest = positive ? fmin(*hardest, s) : fmax(*hardest, s);
}

/* Similarities of row i with the columns of a run. */
static void diagnose_run(const pass *p, const tile *t, int64_t i, const run *r,
                         const diagnosed *from, int64_t bins[CT_DIAGNOSIS_BINS]) {
  const ct_pair_diagnosis *d = p->stream->diagnosis;
  bool positive = r->kind == CT_POSITIVE;
  double *hardest = d->hardest[r->kind], m = diagnosed_m(p, t->row + i), alpha = 0;
  for (int64_t j = 0; j < r->to - r->from; j++) {
    const double s = from->value[j];
    bins[ct_bin_of(s)] += from->own[j] + from->other[j];
    if (from->own[j]) {
      alpha += ct_alpha_of(positive, s, m);
      meet_hardest(&hardest[t->row + i], positive, s);
    }
    if (!from->other[j]) continue;
    alpha += ct_alpha_of(positive, s, diagnosed_m(p, r->from + j));
    meet_hardest(&hardest[r->from + j], positive, s);
  }
  d->alpha[r->kind][t->row + i] += alpha;
}

/* s: the tile's similarities. */
static void diagnose_pairs(const pass *p, const tile *t, const void *s, int64_t stride) {
  int64_t bins[CT_KINDS][CT_DIAGNOSIS_BINS] = {{0}};
  diagnosed own;
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int count = find_runs(p->stream, t->row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      load_diagnosed(&own, p, t, i, &runs[k], s, stride);
      diagnose_run(p, t, i, &runs[k], &own, bins[runs[k].kind]);
    }
  }
  for (int kind = 0; kind < CT_KINDS; kind++)
    for (int b = 0; b < CT_DIAGNOSIS_BINS; b++)
      atomic_fetch_add(&p->stream->diagnosis->bins[kind][b], bins[kind][b]);
}

/* s: the tile's weights, dL/ds of each pair. */
static void diagnose_weights(const pass *p, const tile *t, const void *s, int64_t stride) {
  const ct_pair_diagnosis *d = p->stream->diagnosis;
  diagnosed from;
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int count = find_runs(p->stream, t->row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      const run *r = &runs[k];
      double *sum = d->weight[r->kind], *square = d->square[r->kind];
      load_diagnosed(&from, p, t, i, r, s, stride);
      for (int64_t j = 0; j < r->to - r->from; j++) {
        double w = fabs(from.value[j]);
        if (from.own[j]) {
          sum[t->row + i] += w;
          square[t->row + i] += w * w;
        }
        if (!from.other[j]) continue;
        sum[r->from + j] += w;
        square[r->from + j] += w * w;
      }
    }
  }
}
