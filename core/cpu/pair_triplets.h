/* Losses over all triplets of a tile's anchors, for one compute type. Include with REAL and NAME(x)
 * defined, before the tile.
 *
 * Every anchor has a list of its positives' distances (ct_pair_triplets), filled by a pass over the
 * tiles that hold positives. Each run of negatives is then met with that list; the list's slopes
 * are what positives weigh. Of one set, a run serves the lists of its rows and of its columns. */

/* The distance of a pair: of the row's list where columns are no anchors. */
static void NAME(list_positives)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  const ct_pair_triplets *to = p->stream->triplets;
  const ct_pair_side *x = p->stream->rows;
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    const int64_t row = t->row + i;
    int count = find_runs(p->stream, row, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++)
      for (int64_t j = runs[k].from; j < runs[k].to && runs[k].kind == CT_POSITIVE; j++) {
        double far = triplet_far(p, (double)sheet->s[i * sheet->stride + (j - t->column)]);
        to->far[to->start[row] + j - x->first[row]] = far;
        if (t->both) to->far[to->start[j] + row - x->first[j]] = far;
      }
  }
}

/* margin - distance of `n` pairs that are `step` apart. */
static void NAME(load_near)(const pass *p, const REAL *s, int64_t n, int64_t step, double *near) {
  for (int64_t j = 0; j < n; j++)
    near[j] = p->stream->triplets->margin - triplet_far(p, (double)s[j * step]);
}

static void NAME(add_triplets)(const pass *p, const tile *t, int64_t row, int64_t rows,
                               const run *of, void *context) {
  const NAME(sheet) *sheet = context;
  const ct_pair_triplets *l = p->stream->triplets;
  const ct_pair_sums *to = &p->sums[CT_NEGATIVE];
  const REAL *s = sheet->s + row * sheet->stride + (of->from - t->column);
  const int64_t n = of->to - of->from;
  double near[LARGEST_BLOCK];
  if (of->kind != CT_NEGATIVE) return;
  for (int64_t i = 0; i < rows; i++) {
    int64_t at = t->row + row + i, list = l->start[at];
    NAME(load_near)(p, s + i * sheet->stride, n, 1, near);
    TRIPLETS->add(n, near, l->start[at + 1] - list, l->far + list, l->soft, &to->term[at],
                  &to->count[at], l->slope + list);
  }
  for (int64_t j = 0; j < n && t->both; j++) {
    int64_t at = of->from + j, list = l->start[at];
    NAME(load_near)(p, s + j, rows, sheet->stride, near);
    TRIPLETS->add(rows, near, l->start[at + 1] - list, l->far + list, l->soft, &to->term[at],
                  &to->count[at], l->slope + list);
  }
}

/* Weights of columns from..from+n-1 (STRIP at most) of some rows into w [rows, STRIP]; similarities
 * and weights may be one. */
enum { NAME(STRIP) = 32 };

static void NAME(weigh_negatives)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                  int64_t from, int64_t n, const NAME(sheet) * sheet, double *w) {
  const ct_pair_triplets *l = p->stream->triplets;
  const REAL *linear = p->factors->linear[CT_NEGATIVE];
  const REAL *s = sheet->s + row * sheet->stride + (from - t->column);
  double near[LARGEST_BLOCK], own[LARGEST_BLOCK];
  for (int64_t i = 0; i < rows; i++) {
    int64_t at = t->row + row + i, list = l->start[at];
    NAME(load_near)(p, s + i * sheet->stride, n, 1, near);
    TRIPLETS->weigh(n, near, l->start[at + 1] - list, l->far + list, l->soft, own);
    for (int64_t j = 0; j < n; j++) w[i * NAME(STRIP) + j] = (double)linear[at] * own[j];
  }
  for (int64_t j = 0; j < n && !p->stream->columns; j++) {
    int64_t at = from + j, list = l->start[at];
    NAME(load_near)(p, s + j, rows, sheet->stride, near);
    TRIPLETS->weigh(rows, near, l->start[at + 1] - list, l->far + list, l->soft, own);
    for (int64_t i = 0; i < rows; i++) w[i * NAME(STRIP) + j] += (double)linear[at] * own[i];
  }
}

static void NAME(weigh_positives)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                  int64_t from, int64_t n, double *w) {
  const ct_pair_triplets *l = p->stream->triplets;
  const ct_pair_side *x = p->stream->rows;
  const REAL *linear = p->factors->linear[CT_NEGATIVE];
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < n; j++) {
      int64_t a = t->row + row + i, b = from + j;
      double both = (double)linear[a] * l->slope[l->start[a] + b - x->first[a]];
      if (!p->stream->columns) both += (double)linear[b] * l->slope[l->start[b] + a - x->first[b]];
      w[i * NAME(STRIP) + j] = both;
    }
}

/* The weights of a run; `to` may be `from`. */
static void NAME(weigh_triplets)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                 const run *of, const NAME(sheet) * from, const NAME(sheet) * to) {
  double w[LARGEST_BLOCK * NAME(STRIP)];
  for (int64_t column = of->from; column < of->to; column += NAME(STRIP)) {
    int64_t n = smaller(NAME(STRIP), of->to - column), at = row * from->stride + column - t->column;
    if (of->kind == CT_POSITIVE)
      NAME(weigh_positives)(p, t, row, rows, column, n, w);
    else
      NAME(weigh_negatives)(p, t, row, rows, column, n, from, w);
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < n; j++) {
        double slope = triplet_slope(p, (double)from->s[at + i * from->stride + j]);
        to->s[(row + i) * to->stride + column - t->column + j] =
            (REAL)(w[i * NAME(STRIP) + j] * (of->kind == CT_POSITIVE ? slope : -slope));
      }
  }
}
