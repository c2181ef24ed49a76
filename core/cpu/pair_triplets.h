/* Losses over all triplets of a tile's anchors, for one compute type. Include with REAL and NAME(x)
 * defined, before the tile.
 *
 * Every anchor has a list of its positives' distances (ct_pair_triplets), filled by a pass over the
 * tiles that hold positives. Each run of negatives is then met with that list; the list's slopes
 * are what positives weigh. Of one set, a run serves the lists of its rows and of its columns.
 * Pairs that a refinement leaves out stand at -INFINITY on both sides. */

/* Where column j stands in the lists: among the positives of anchor i. */
static int64_t NAME(place_of)(const pass *p, int64_t i, int64_t j) {
  const ct_pair_triplets *l = p->stream->triplets;
  if (l->column) return first_not_below(l->column, l->start[i], l->start[i + 1], j);
  return l->start[i] + j - p->stream->rows->first[i];
}

/* Notes the distance of a pair in the list of one of its ends. */
static void NAME(list_pair)(const pass *p, const tile *t, int64_t i, int64_t j, REAL s,
                            bool of_column) {
  const ct_pair_triplets *to = p->stream->triplets;
  const double share = NAME(positive_share)(p, t, i, j, of_column);
  const int64_t row = t->row + i, column = t->column + j;
  if (!(share > 0)) return;
  int64_t at = of_column ? NAME(place_of)(p, column, row) : NAME(place_of)(p, row, column);
  to->far[at] = triplet_far(p, (double)s);
  if (to->share) to->share[at] = share;
}

static void NAME(list_positives)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int count = find_runs(p->stream, t->row + i, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++)
      for (int64_t j = runs[k].from; j < runs[k].to && runs[k].kind == CT_POSITIVE; j++) {
        REAL s = sheet->s[i * sheet->stride + (j - t->column)];
        NAME(list_pair)(p, t, i, j - t->column, s, false);
        if (t->both) NAME(list_pair)(p, t, i, j - t->column, s, true);
      }
  }
}

/* What some negatives bring to the triplets of one anchor: margin - distance, and their shares. */
typedef struct NAME(near) {
  double value[LARGEST_BLOCK], share[LARGEST_BLOCK];
} NAME(near);

/* `n` pairs that are `step` apart: their similarities, and of a refinement their shares for the
 * anchor, share_step apart. */
static ct_triplet_side NAME(load_near)(const pass *p, int64_t anchor, const REAL *s, int64_t n,
                                       int64_t step, const REAL *share, int64_t share_step,
                                       NAME(near) * near) {
  const ct_pair_refinement *r = p->stream->refinement;
  const double margin = r ? r->own[anchor * CT_LOSS_PARAMETERS] : p->stream->triplets->margin;
  for (int64_t j = 0; j < n; j++) near->value[j] = margin - triplet_far(p, (double)s[j * step]);
  for (int64_t j = 0; j < n && r; j++) {
    const double own = -(double)share[j * share_step];
    near->share[j] = own > 0 ? own : 0;
    if (!(own > 0)) near->value[j] = -INFINITY;
  }
  return (ct_triplet_side){n, near->value, p->stream->triplets->share ? near->share : NULL};
}

/* The negatives of a run for row i of the tile, or for its column j, over `rows` rows. */
static ct_triplet_side NAME(near_row)(const pass *p, const tile *t, const NAME(sheet) * sheet,
                                      int64_t i, int64_t from, int64_t n, NAME(near) * near) {
  const REAL *share = (const REAL *)(const void *)t->row_share;
  const int64_t j = from - t->column;
  return NAME(load_near)(p, t->row + i, sheet->s + i * sheet->stride + j, n, 1,
                         share + i * SCRATCH_STRIDE + j, 1, near);
}

static ct_triplet_side NAME(near_column)(const pass *p, const tile *t, const NAME(sheet) * sheet,
                                         int64_t j, int64_t row, int64_t rows, NAME(near) * near) {
  const REAL *share = (const REAL *)(const void *)t->column_share;
  return NAME(load_near)(p, t->column + j, sheet->s + row * sheet->stride + j, rows, sheet->stride,
                         share + row * SCRATCH_STRIDE + j, SCRATCH_STRIDE, near);
}

/* The positives of an anchor. */
static ct_triplet_side NAME(far_of)(const pass *p, int64_t anchor) {
  const ct_pair_triplets *l = p->stream->triplets;
  const int64_t list = l->start[anchor];
  return (ct_triplet_side){l->start[anchor + 1] - list, l->far + list,
                           l->share ? l->share + list : NULL};
}

static void NAME(add_to_anchor)(const pass *p, int64_t anchor, const ct_triplet_side *near) {
  const ct_pair_triplets *l = p->stream->triplets;
  const ct_pair_sums *to = &p->sums[CT_NEGATIVE];
  ct_triplet_side far = NAME(far_of)(p, anchor);
  TRIPLETS->add(near, &far, l->soft, &to->term[anchor], &to->count[anchor],
                l->slope + l->start[anchor]);
}

static void NAME(add_triplets)(const pass *p, const tile *t, int64_t row, int64_t rows,
                               const run *of, void *context) {
  const NAME(sheet) *sheet = context;
  const int64_t n = of->to - of->from;
  NAME(near) near;
  if (of->kind != CT_NEGATIVE) return;
  for (int64_t i = row; i < row + rows; i++) {
    ct_triplet_side side = NAME(near_row)(p, t, sheet, i, of->from, n, &near);
    NAME(add_to_anchor)(p, t->row + i, &side);
  }
  for (int64_t j = of->from - t->column; j < of->to - t->column && t->both; j++) {
    ct_triplet_side side = NAME(near_column)(p, t, sheet, j, row, rows, &near);
    NAME(add_to_anchor)(p, t->column + j, &side);
  }
}

/* Weights of columns from..from+n-1 (STRIP at most) of some rows into w [rows, STRIP]; similarities
 * and weights may be one. */
enum { NAME(STRIP) = 32 };

static void NAME(weigh_negatives)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                  int64_t from, int64_t n, const NAME(sheet) * sheet, double *w) {
  const ct_pair_triplets *l = p->stream->triplets;
  const REAL *linear = p->factors->linear[CT_NEGATIVE];
  double own[LARGEST_BLOCK];
  NAME(near) near;
  for (int64_t i = 0; i < rows; i++) {
    int64_t at = t->row + row + i;
    ct_triplet_side side = NAME(near_row)(p, t, sheet, row + i, from, n, &near);
    ct_triplet_side far = NAME(far_of)(p, at);
    TRIPLETS->weigh(&side, &far, l->soft, own);
    for (int64_t j = 0; j < n; j++) w[i * NAME(STRIP) + j] = (double)linear[at] * own[j];
  }
  for (int64_t j = 0; j < n && !p->stream->columns; j++) {
    int64_t at = from + j;
    ct_triplet_side side = NAME(near_column)(p, t, sheet, at - t->column, row, rows, &near);
    ct_triplet_side far = NAME(far_of)(p, at);
    TRIPLETS->weigh(&side, &far, l->soft, own);
    for (int64_t i = 0; i < rows; i++) w[i * NAME(STRIP) + j] += (double)linear[at] * own[i];
  }
}

/* What the positive pair of a tile's row i and column j weighs for one of its ends. */
static double NAME(weight_of_positive)(const pass *p, const tile *t, int64_t i, int64_t j,
                                       bool of_column) {
  const REAL *linear = p->factors->linear[CT_NEGATIVE];
  const int64_t row = t->row + i, column = t->column + j, anchor = of_column ? column : row;
  const double share = NAME(positive_share)(p, t, i, j, of_column);
  if (!(share > 0)) return 0;
  const int64_t at = NAME(place_of)(p, anchor, of_column ? row : column);
  return share * (double)linear[anchor] * p->stream->triplets->slope[at];
}

static void NAME(weigh_positives)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                  int64_t from, int64_t n, double *w) {
  for (int64_t i = row; i < row + rows; i++)
    for (int64_t j = 0; j < n; j++) {
      int64_t column = from - t->column + j;
      double both = NAME(weight_of_positive)(p, t, i, column, false);
      if (!p->stream->columns) both += NAME(weight_of_positive)(p, t, i, column, true);
      w[(i - row) * NAME(STRIP) + j] = both;
    }
}

/* Whether the pair of row i and column j is of the kind that a run is of. */
static bool NAME(is_of_kind)(const pass *p, const tile *t, int64_t i, int64_t j, int kind) {
  if (!is_mixed(p->stream)) return true;
  const int64_t at = i * SCRATCH_STRIDE + j;
  double own = (double)((const REAL *)(const void *)t->row_share)[at];
  if (!p->stream->columns && own == 0)
    own = (double)((const REAL *)(const void *)t->column_share)[at];
  return kind == CT_POSITIVE ? own > 0 : own < 0;
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
        if (!NAME(is_of_kind)(p, t, row + i, column - t->column + j, of->kind)) continue;
        double slope = triplet_slope(p, (double)from->s[at + i * from->stride + j]);
        to->s[(row + i) * to->stride + column - t->column + j] =
            (REAL)(w[i * NAME(STRIP) + j] * (of->kind == CT_POSITIVE ? slope : -slope));
      }
  }
}
