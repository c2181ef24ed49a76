/* Rows of one set ranked against each other, each pair of them met once; goes with
 * retrieval_template.h, whose order of similarities this keeps.
 *
 * A pair counts for an end where it is better than the last level of that end that matters. Where
 * only the first R ranks do, levels drop out as soon as so many rows lie before them that their
 * rank is beyond R, so nearly all pairs are settled by one comparison for either end. */

static void level(ct_rank_levels *l, int64_t row, const void *similarity, const ct_ranking *g,
                  const ct_rank_room *room) {
  const real *s = similarity;
  int64_t at = l->at[row], relevant = l->at[row + 1] - at - 1, first = g->skip - g->begin;
  ct_rank_room own = {.value = (real *)l->value + at,
                      .value_spare = room->value_spare,
                      .place = l->place + at,
                      .place_spare = room->place_spare,
                      .start = l->start + 4 * at};
  memset(l->ahead + at, 0, (size_t)(relevant + 1) * sizeof *l->ahead);
  l->alive[row] = (int32_t)relevant, l->recent[row] = 0;
  ((real *)l->best)[row] = ((real *)l->scale)[row] = ((real *)l->limit)[row] = 0;
  ((real *)l->least)[row] = real_max; /* beyond every similarity */
  if (relevant == 0) return;
  memcpy(own.value_spare, s, (size_t)first * sizeof *s);
  memcpy((real *)own.value_spare + first, s + (g->skip_end - g->begin),
         (size_t)(relevant - first) * sizeof *s);
  quantiser z = sort_relevant(&own, g, relevant);
  ((real *)l->best)[row] = z.best, ((real *)l->scale)[row] = z.scale;
  ((real *)l->limit)[row] = z.limit;
  ((real *)l->least)[row] = ((const real *)own.value)[relevant - 1];
}

/* Lets levels of a row drop out. The first one's rank is always wanted. */
static void settle(ct_rank_levels *l, int64_t row, int64_t relevant) {
  const int32_t *ahead = l->ahead + l->at[row];
  int64_t before = ahead[0];
  l->recent[row] = 0;
  for (int32_t k = 1; k < l->alive[row]; k++) {
    before += ahead[k];
    if (k + 1 + before <= relevant) continue;
    l->alive[row] = k;
    ((real *)l->least)[row] = ((const real *)l->value)[l->at[row] + k - 1];
  }
}

/* Some similarities, and what they count for: kept[k], the index of the k-th that does, and the
 * bucket of each. */
enum { CHUNK = 64 };
typedef struct counted {
  int64_t n;
  int32_t kept[CHUNK], bucket[CHUNK];
} counted;

static void count_for_row(ct_rank_levels *l, const real *s, int64_t row, int64_t column,
                          const counted *k) {
  int64_t at = l->at[row], relevant = l->at[row + 1] - at - 1;
  const real *value = (const real *)l->value + at;
  const int32_t *place = l->place + at, *start = l->start + 4 * at;
  int32_t *ahead = l->ahead + at;
  for (int64_t i = 0; i < k->n; i++) {
    int32_t c = k->kept[i];
    ahead[levels_before(value, place, start, k->bucket[c], s[c], l->position[column + c])]++;
  }
  l->recent[row] += (int32_t)k->n;
  if (!l->full && l->recent[row] > relevant / 8 + 4) settle(l, row, relevant);
}

static void count_for_columns(ct_rank_levels *l, const real *s, int64_t row, int64_t column,
                              const counted *k) {
  int32_t p = l->position[row];
  for (int64_t i = 0; i < k->n; i++) {
    int32_t c = k->kept[i];
    int64_t at = l->at[column + c], relevant = l->at[column + c + 1] - at - 1;
    l->ahead[at + levels_before((const real *)l->value + at, l->place + at, l->start + 4 * at,
                                k->bucket[c], s[c], p)]++;
    if (!l->full && ++l->recent[column + c] > relevant / 8 + 4) settle(l, column + c, relevant);
  }
}

/* Row `row` with n <= CHUNK columns from `column` on, none of its label. */
static void meet_chunk(ct_rank_levels *l, const real *s, int64_t row, int64_t column, int64_t n) {
  const real *least = (const real *)l->least + column, *best = (const real *)l->best + column;
  const real *scale = (const real *)l->scale + column, *limit = (const real *)l->limit + column;
  real own = ((const real *)l->least)[row];
  quantiser z = {((const real *)l->best)[row], ((const real *)l->scale)[row],
                 ((const real *)l->limit)[row]};
  int some = 0;
  for (int64_t c = 0; c < n; c++) some |= (s[c] >= own) | (s[c] >= least[c]);
  if (!some) return;
  counted k;
  k.n = 0;
  for (int64_t c = 0; c < n; c++) k.kept[k.n] = (int32_t)c, k.n += s[c] >= own;
  if (k.n) {
    quantise(k.bucket, s, n, z);
    count_for_row(l, s, row, column, &k);
  }
  k.n = 0;
  for (int64_t c = 0; c < n; c++) k.kept[k.n] = (int32_t)c, k.n += s[c] >= least[c];
  if (k.n) {
    for (int64_t c = 0; c < n; c++) k.bucket[c] = bucket_of(s[c], best[c], scale[c], limit[c]);
    count_for_columns(l, s, row, column, &k);
  }
}

static void meet_columns(ct_rank_levels *l, const real *s, int64_t row, int64_t column, int64_t n) {
  for (int64_t c = 0; c < n; c += CHUNK)
    meet_chunk(l, s + c, row, column + c, n - c < CHUNK ? n - c : CHUNK);
}

static void meet(ct_rank_levels *l, const ct_rank_tile *t, const ct_ranking *ranking) {
  for (int64_t r = 0; r < t->rows; r++) {
    const real *s = (const real *)t->s + r * t->stride;
    int64_t low = ranking[t->row + r].begin - t->column, high = ranking[t->row + r].end - t->column;
    low = low < 0 ? 0 : low < t->columns ? low : t->columns;
    high = high < 0 ? 0 : high < t->columns ? high : t->columns;
    if (t->row != t->column) meet_columns(l, s, t->row + r, t->column, low);
    meet_columns(l, s + high, t->row + r, t->column + high, t->columns - high);
  }
}
