/* Of a refinement (ct_pair_refinement): how often the pairs of a tile count for the anchors at
 * their ends, for one compute type. Include with REAL and NAME(x) defined, before the tile.
 *
 * One sheet for the rows' anchors and, of one set, one for the columns': the share of a positive
 * pair stands above 0, that of a negative one below, and 0 is no pair. Which negatives are the
 * hardest is found by a pass before all others, in which every anchor has a heap; what they are
 * does not depend on the order of tiles, since no two negatives of an anchor are equal. */

/* Shares by labels alone: one range of positives in each row. */
static void NAME(share_by_range)(const pass *p, const tile *t, int64_t row, REAL *own) {
  const int64_t first = p->stream->rows->first[row] - t->column;
  const int64_t last = p->stream->rows->last[row] - t->column;
  for (int64_t j = 0; j < t->columns; j++) own[j] = j >= first && j < last ? (REAL)1 : (REAL)-1;
}

/* Shares by several labels a row: of each label, the columns that carry it. */
static void NAME(share_by_set)(const pass *p, const tile *t, int64_t row, REAL *own) {
  const ct_pair_refinement *r = p->stream->refinement;
  const int64_t from = r->set_start[row], to = r->set_start[row + 1];
  for (int64_t j = 0; j < t->columns; j++) own[j] = 0;
  for (int64_t e = from; e < to; e++) {
    int64_t c = r->carrier_start[r->set[e]], end = r->carrier_start[r->set[e] + 1];
    for (c = first_not_below(r->carrier, c, end, t->column);
         c < end && r->carrier[c] < t->column + t->columns; c++)
      own[r->carrier[c] - t->column] += 1;
  }
  for (int64_t j = 0; j < t->columns; j++) {
    const REAL common = own[j];
    REAL either = (REAL)(to - from + r->column_labels[t->column + j]) - common;
    own[j] = common > 0 ? (r->soft ? common / either : 1) : (REAL)-1;
  }
}

/* Applies the weights of pairs to the shares of one row. */
static void NAME(weigh_shares)(const pass *p, const tile *t, int64_t row, REAL *own, REAL *other) {
  const ct_pair_refinement *r = p->stream->refinement;
  for (int64_t j = 0; j < t->columns && r->partner; j++) {
    own[j] *= (REAL)r->partner[t->column + j];
    if (other) other[j] *= (REAL)r->partner[row];
  }
  if (!r->by_label) return;
  const int64_t label = r->row_label[row];
  for (int64_t j = 0; j < t->columns; j++) {
    const int64_t with = r->column_label[t->column + j];
    own[j] *= (REAL)r->by_label[label * r->labels + with];
    if (other) other[j] *= (REAL)r->by_label[with * r->labels + label];
  }
}

/* Takes negatives out that are not among the hardest of their anchor. */
static void NAME(keep_hardest)(const pass *p, const tile *t, int64_t row, const REAL *s, REAL *own,
                               REAL *other) {
  const ct_pair_refinement *r = p->stream->refinement;
  for (int64_t j = 0; j < t->columns; j++) {
    const int64_t column = t->column + j;
    const double similarity = (double)s[j];
    if (own[j] < 0 && is_behind(r, row, similarity, order_of(r, column))) own[j] = 0;
    if (other && other[j] < 0 && is_behind(r, column, similarity, order_of(r, row))) other[j] = 0;
  }
}

static void NAME(count_shares)(const pass *p, const tile *t, int64_t row, const REAL *own,
                               const REAL *other) {
  const ct_pair_refinement *r = p->stream->refinement;
  for (int64_t j = 0; j < t->columns; j++) {
    const int kind = own[j] > 0 ? CT_POSITIVE : CT_NEGATIVE;
    r->pairs[kind][row] += own[j] != 0;
    r->mass[kind][row] += fabs((double)own[j]);
    if (!t->both) continue;
    const int of_column = other[j] > 0 ? CT_POSITIVE : CT_NEGATIVE;
    r->pairs[of_column][t->column + j] += other[j] != 0;
    r->mass[of_column][t->column + j] += fabs((double)other[j]);
  }
}

/* The shares of all pairs of the tile, into the thread's room. `chosen`: of the hardest negatives
 * alone. */
static void NAME(find_shares)(const pass *p, const tile *t, const NAME(sheet) * sheet,
                              bool chosen) {
  const ct_pair_refinement *r = p->stream->refinement;
  if (!r) return;
  for (int64_t i = 0; i < t->rows; i++) {
    const int64_t row = t->row + i;
    REAL *own = (REAL *)t->row_share + i * SCRATCH_STRIDE;
    REAL *other = p->stream->columns ? NULL : (REAL *)t->column_share + i * SCRATCH_STRIDE;
    if (r->set)
      NAME(share_by_set)(p, t, row, own);
    else
      NAME(share_by_range)(p, t, row, own);
    if (is_diagonal(p, t)) own[i] = 0;
    if (other) memcpy(other, own, (size_t)t->columns * sizeof *own);
    NAME(weigh_shares)(p, t, row, own, other);
    if (chosen && r->hardest)
      NAME(keep_hardest)(p, t, row, sheet->s + i * sheet->stride, own, other);
    if (p->sums) NAME(count_shares)(p, t, row, own, other);
  }
}

/* Offers every negative to the heaps of its anchors. */
static void NAME(offer_negatives)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  const ct_pair_refinement *r = p->stream->refinement;
  for (int64_t i = 0; i < t->rows; i++) {
    const int64_t row = t->row + i;
    const REAL *s = sheet->s + i * sheet->stride;
    const REAL *own = (const REAL *)t->row_share + i * SCRATCH_STRIDE;
    const REAL *other = (const REAL *)t->column_share + i * SCRATCH_STRIDE;
    for (int64_t j = 0; j < t->columns; j++) {
      const int64_t column = t->column + j;
      if (own[j] < 0) offer(r, row, (double)s[j], order_of(r, column));
      if (t->both && other[j] < 0) offer(r, column, (double)s[j], order_of(r, row));
    }
  }
}
