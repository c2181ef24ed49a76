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

static int bin_of(double s) {
  double place = (s + 1) * (CT_DIAGNOSIS_BINS / 2);
  return place < 0 ? 0 : place < CT_DIAGNOSIS_BINS ? (int)place : CT_DIAGNOSIS_BINS - 1;
}

/* Similarities of row i with the columns of a run. */
static void diagnose_run(const pass *p, const tile *t, int64_t i, const run *r, const double *s,
                         int64_t bins[CT_DIAGNOSIS_BINS]) {
  const ct_pair_diagnosis *d = p->stream->diagnosis;
  bool positive = r->kind == CT_POSITIVE;
  double *hardest = d->hardest[r->kind], worst = hardest[t->row + i], alpha = 0;
  for (int64_t j = 0; j < r->to - r->from; j++) {
    double a = positive ? 1 + d->m - s[j] : s[j] + d->m;
    bins[bin_of(s[j])]++;
    alpha += a > 0 ? a : 0;
    worst = positive ? fmin(worst, s[j]) : fmax(worst, s[j]);
    if (!t->both) continue;
    double *other = &hardest[r->from + j];
    *other = positive ? fmin(*other, s[j]) : fmax(*other, s[j]);
  }
  hardest[t->row + i] = worst;
  d->alpha[r->kind][t->row + i] += t->both ? 2 * alpha : alpha;
}

/* s: the tile's similarities. */
static void diagnose_pairs(const pass *p, const tile *t, const void *s, int64_t stride) {
  int64_t bins[CT_KINDS][CT_DIAGNOSIS_BINS] = {{0}};
  double own[LARGEST_BLOCK];
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int count = find_runs(p->stream, t->row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      load_doubles(own, p, s, i * stride + (runs[k].from - t->column), runs[k].to - runs[k].from);
      diagnose_run(p, t, i, &runs[k], own, bins[runs[k].kind]);
    }
  }
  for (int kind = 0; kind < CT_KINDS; kind++)
    for (int b = 0; b < CT_DIAGNOSIS_BINS; b++)
      atomic_fetch_add(&p->stream->diagnosis->bins[kind][b],
                       t->both ? 2 * bins[kind][b] : bins[kind][b]);
}

/* s: the tile's weights, dL/ds of each pair. */
static void diagnose_weights(const pass *p, const tile *t, const void *s, int64_t stride) {
  const ct_pair_diagnosis *d = p->stream->diagnosis;
  double own[LARGEST_BLOCK];
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int count = find_runs(p->stream, t->row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      const run *r = &runs[k];
      double *sum = d->weight[r->kind], *square = d->square[r->kind];
      load_doubles(own, p, s, i * stride + (r->from - t->column), r->to - r->from);
      for (int64_t j = 0; j < r->to - r->from; j++) {
        double w = fabs(own[j]);
        sum[t->row + i] += w;
        square[t->row + i] += w * w;
        if (!t->both) continue;
        sum[r->from + j] += w;
        square[r->from + j] += w * w;
      }
    }
  }
}
