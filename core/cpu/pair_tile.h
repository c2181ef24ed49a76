/* One tile of the streaming driver for one compute type. Include with REAL, NAME(x) and KERNEL(set)
 * defined. */

/* A strip's similarities: where they are and how far apart its rows. */
typedef struct NAME(strip) {
  REAL *s;
  int64_t stride;
  /* Forward: references raised by the strip, and the sums of its columns. */
  REAL *row_reference[CT_KINDS];    /* [STRIP] */
  REAL *column_reference[CT_KINDS]; /* [columns] */
  REAL *column_sum[CT_KINDS];       /* [columns] */
} NAME(strip);

/* Computes similarities of `rows` rows from `row` with the tile's columns: kept where there is
 * room, otherwise in scratch. */
static NAME(strip) NAME(compute_strip)(const pass *p, const tile *t, int64_t row, int64_t rows) {
  const ct_pair_side *x = p->stream->rows, *y = p->columns;
  NAME(strip) strip = {.s = (REAL *)(void *)t->scratch, .stride = LARGEST_BLOCK};
  if (t->kept) {
    strip.s = (REAL *)(void *)t->kept + (row - t->row) * t->kept_stride;
    strip.stride = t->kept_stride;
  }
  KERNEL(ct_tile_kernels)
      ->similarities(up_to_tile(rows), up_to_tile(t->columns), p->stream->dim, x->by_row, row,
                     y->by_row, t->column, strip.s, strip.stride);
  if (!x->half) return strip;
  const REAL *x_half = (const REAL *)x->half + row, *y_half = (const REAL *)y->half + t->column;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < t->columns; j++) strip.s[i * strip.stride + j] += x_half[i] + y_half[j];
  return strip;
}

/* The same similarities, to be overwritten by weights: copied from where forward kept them. */
static NAME(strip) NAME(recall_strip)(const pass *p, const tile *t, int64_t row, int64_t rows) {
  if (!t->kept) return NAME(compute_strip)(p, t, row, rows);
  NAME(strip) strip = {.s = (REAL *)(void *)t->scratch, .stride = LARGEST_BLOCK};
  const REAL *kept = (const REAL *)(const void *)t->kept + (row - t->row) * t->kept_stride;
  for (int64_t i = 0; i < up_to_tile(rows); i++)
    memcpy(strip.s + i * strip.stride, kept + i * t->kept_stride,
           (size_t)up_to_tile(t->columns) * sizeof(REAL));
  return strip;
}

static ct_pair_run NAME(run_of)(const pass *p, const tile *t, const NAME(strip) * strip,
                                int64_t strip_row, const run *r) {
  return (ct_pair_run){.n = r->to - r->from,
                       .kind = r->kind,
                       .through_alpha = p->stream->through_alpha,
                       .m = p->stream->m,
                       .gamma = p->stream->gamma,
                       .s = strip->s + strip_row * strip->stride + (r->from - t->column)};
}

static void NAME(start_sums)(const pass *p, const tile *t, NAME(strip) * strip, int64_t row,
                             int64_t rows) {
  REAL *scratch = (REAL *)(void *)t->scratch, *reference = scratch + SCRATCH_REFERENCES;
  for (int kind = 0; kind < CT_KINDS; kind++) {
    const REAL *known = p->sums[kind].reference;
    strip->row_reference[kind] = reference + kind * (STRIP + LARGEST_BLOCK);
    strip->column_reference[kind] = strip->row_reference[kind] + STRIP;
    strip->column_sum[kind] = scratch + SCRATCH_SUMS + kind * LARGEST_BLOCK;
    memcpy(strip->row_reference[kind], known + row, (size_t)rows * sizeof(REAL));
    if (!t->both) continue;
    memcpy(strip->column_reference[kind], known + t->column, (size_t)t->columns * sizeof(REAL));
    memset(strip->column_sum[kind], 0, (size_t)t->columns * sizeof(REAL));
  }
}

static void NAME(raise_references)(const pass *p, const REAL *raised, int kind, int64_t from,
                                   int64_t n) {
  REAL *known = (REAL *)p->sums[kind].reference + from;
  KERNEL(ct_circle_kernels)->rescale(n, p->stream->gamma, known, raised, p->sums[kind].sum + from);
  memcpy(known, raised, (size_t)n * sizeof(REAL));
}

/* Calls `visit` for every run of the strip. */
static void NAME(each_run)(const pass *p, const tile *t, int64_t row, int64_t rows,
                           const NAME(strip) * strip, void (*visit)(const ct_pair_run *)) {
  run runs[4];
  for (int64_t i = 0; i < rows; i++) {
    int count = find_runs(p->stream, row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      int kind = runs[k].kind;
      int64_t offset = runs[k].from - t->column;
      ct_pair_run r = NAME(run_of)(p, t, strip, i, &runs[k]);
      r.row_reference = strip->row_reference[kind] + i;
      r.row_sum = p->sums[kind].sum + row + i;
      r.row_sum_s = p->sums[kind].sum_s + row + i;
      if (t->both) {
        r.column_reference = strip->column_reference[kind] + offset;
        r.column_sum = strip->column_sum[kind] + offset;
      }
      visit(&r);
    }
  }
}

static void NAME(tile_sums)(const pass *p, const tile *t) {
  const ct_pair_kernels *kernels = KERNEL(ct_circle_kernels);
  for (int64_t row = t->row; row < t->row + t->rows; row += STRIP) {
    int64_t rows = t->row + t->rows - row < STRIP ? t->row + t->rows - row : STRIP;
    NAME(strip) strip = NAME(compute_strip)(p, t, row, rows);
    NAME(start_sums)(p, t, &strip, row, rows);
    NAME(each_run)(p, t, row, rows, &strip, kernels->reach);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      NAME(raise_references)(p, strip.row_reference[kind], kind, row, rows);
      if (t->both)
        NAME(raise_references)(p, strip.column_reference[kind], kind, t->column, t->columns);
    }
    NAME(each_run)(p, t, row, rows, &strip, kernels->add);
    for (int kind = 0; kind < CT_KINDS && t->both; kind++)
      for (int64_t j = 0; j < t->columns; j++)
        p->sums[kind].sum[t->column + j] += (double)strip.column_sum[kind][j];
  }
}

/* Turns the strip's similarities into the weights of its pairs. */
static void NAME(weigh_strip)(const pass *p, const tile *t, const NAME(strip) * strip, int64_t row,
                              int64_t rows) {
  const ct_pair_kernels *kernels = KERNEL(ct_circle_kernels);
  const ct_pair_factors *f = p->factors;
  run runs[4];
  for (int64_t i = 0; i < rows; i++) {
    int count = find_runs(p->stream, row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      int kind = runs[k].kind;
      ct_pair_run r = NAME(run_of)(p, t, strip, i, &runs[k]);
      r.row_reference = (REAL *)f->reference[kind] + row + i;
      r.row_factor = (const REAL *)f->factor[kind] + row + i;
      if (!p->stream->columns) {
        r.column_reference = (REAL *)f->reference[kind] + runs[k].from;
        r.column_factor = (const REAL *)f->factor[kind] + runs[k].from;
      }
      kernels->weigh(&r);
    }
    if (!p->stream->columns && !t->both) strip->s[i * strip->stride + (row + i - t->column)] = 0;
  }
}

/* Adds up the weights of the strip's rows and of its columns. */
static void NAME(add_weights)(const pass *p, const tile *t, const NAME(strip) * strip, int64_t row,
                              int64_t rows) {
  double *to_rows = p->gradient->rows_weight;
  double *to_columns = t->both ? to_rows : p->gradient->columns_weight;
  if (to_rows)
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < t->columns; j++)
        to_rows[row + i] += (double)strip->s[i * strip->stride + j];
  if (to_columns)
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < t->columns; j++)
        to_columns[t->column + j] += (double)strip->s[i * strip->stride + j];
}

/* Rows beyond the data are zero, so what their weights are does not matter. */
static void NAME(tile_gradient)(const pass *p, const tile *t) {
  const ct_tile_kernels *kernels = KERNEL(ct_tile_kernels);
  const ct_pair_side *x = p->stream->rows, *y = p->columns;
  const int64_t dim = p->stream->dim, columns = up_to_tile(t->columns);
  void *to_columns = t->both ? p->gradient->rows : p->gradient->columns;
  for (int64_t row = t->row; row < t->row + t->rows; row += STRIP) {
    int64_t rows = t->row + t->rows - row < STRIP ? t->row + t->rows - row : STRIP;
    NAME(strip) strip = NAME(recall_strip)(p, t, row, rows);
    NAME(weigh_strip)(p, t, &strip, row, rows);
    NAME(add_weights)(p, t, &strip, row, rows);
    if (p->gradient->rows)
      kernels->multiply(up_to_tile(rows), columns, dim, strip.s, strip.stride, y->by_dim, y->pitch,
                        t->column, p->gradient->rows, x->pitch, row);
    if (to_columns)
      kernels->multiply_transposed(columns, up_to_tile(rows), dim, strip.s, strip.stride, x->by_dim,
                                   x->pitch, row, to_columns, y->pitch, t->column);
  }
}
