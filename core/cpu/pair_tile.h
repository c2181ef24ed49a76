/* One tile of the streaming driver for one compute type. Include with REAL, NAME(x) and
 * the tables of kernels, TILES and PAIRS, defined. */

#include "cpu/pair_together.h"

/* A tile's similarities or weights, where they are and how far apart its rows, and what forward
 * finds: the largest coordinates of its rows and columns, and the sums of its columns. */
typedef struct NAME(sheet) {
  REAL *s;
  int64_t stride;
  REAL *row_reach[CT_KINDS];    /* [rows] */
  REAL *column_reach[CT_KINDS]; /* [columns] */
  REAL *column_sum[CT_KINDS];   /* [columns] */
  REAL *column_term[CT_KINDS];  /* [columns] */
  REAL *column_count[CT_KINDS]; /* [columns] */
  NAME(shared) shared[CT_KINDS];
} NAME(sheet);

/* The first rows that a product reads: all the rows' first dimensions, as far as products take them
 * at a time, from the layout by row; or their first panel, from the layout by dimension. */
static ct_tile_region NAME(chunk)(const pass *p, const void *by_row, int64_t first, int64_t rows) {
  const int64_t dim = p->stream->dim, width = TILES->width, line = width * (int64_t)sizeof(REAL);
  return (ct_tile_region){.at = (const char *)((const REAL *)by_row + first * dim),
                          .bytes = smaller(dim, CT_TILE_DEPTH) * line,
                          .stride = dim * line,
                          .count = up_to_tile(rows) / width};
}

static ct_tile_region NAME(panel)(const void *by_dim, int64_t first, int64_t rows) {
  const int64_t width = TILES->width;
  return (ct_tile_region){.at = (const char *)((const REAL *)by_dim + first * width),
                          .bytes = up_to_tile(rows) * width * (int64_t)sizeof(REAL),
                          .count = 1};
}

/* What the gradient's products begin with: that of the rows, that of the columns. */
static ct_tile_ahead NAME(ahead_of_rows)(const pass *p, const tile *t) {
  return (ct_tile_ahead){{NAME(panel)(t->y->by_dim, t->first, t->vectors),
                          NAME(panel)(p->gradient->rows, t->row, t->rows)}};
}

static ct_tile_ahead NAME(ahead_of_columns)(const pass *p, const tile *t) {
  return (ct_tile_ahead){{NAME(panel)(p->stream->rows->by_dim, t->row, t->rows),
                          NAME(panel)(t->to_columns, t->first, t->vectors)}};
}

/* What this thread's next tile begins with, if any. */
static ct_tile_ahead NAME(ahead_of_next)(const pass *p, const tile *t) {
  const tile *next = t->next;
  if (!next) return (ct_tile_ahead){0};
  if (p->gradient && next->kept)
    return p->gradient->rows ? NAME(ahead_of_rows)(p, next) : NAME(ahead_of_columns)(p, next);
  return (ct_tile_ahead){{NAME(chunk)(p, p->stream->rows->by_row, next->row, next->rows),
                          NAME(chunk)(p, next->y->by_row, next->first, next->vectors)}};
}

/* The similarities of a block with itself: those right of the diagonal, whole steps at a time, and
 * the others mirrored, which are the same bits. */
static void NAME(compute_diagonal)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  enum { STRIP = CT_TILE_ROWS };
  const ct_pair_side *x = p->stream->rows;
  const int64_t rows = up_to_tile(t->rows), stride = sheet->stride;
  REAL *s = sheet->s;
  for (int64_t i = 0; i < rows; i += STRIP)
    TILES->similarities(STRIP, rows - i, p->stream->dim, x->by_row, t->row + i, x->by_row,
                        t->row + i, s + i * stride + i, stride, NULL);
  for (int64_t i = STRIP; i < rows; i += STRIP)
    for (int64_t j = 0; j < i; j += 16)
      for (int64_t r = i; r < i + STRIP; r++)
        for (int64_t c = j; c < j + 16; c++) s[r * stride + c] = s[c * stride + r];
}

/* Of a sheet of vectors' similarities, those of the nearest vector of each class, in scratch, where
 * the sheet may be already. */
static NAME(sheet) NAME(take_nearest)(const pass *p, const tile *t, NAME(sheet) from) {
  NAME(sheet) to = {.s = (REAL *)(void *)t->scratch, .stride = SCRATCH_STRIDE};
  for (int64_t i = 0; i < t->rows; i++)
    TILES->nearest(t->columns, p->stream->centres, from.s + i * from.stride, to.s + i * to.stride,
                   t->nearest + i * LARGEST_BLOCK);
  return to;
}

/* The tile's similarities: kept where there is room, otherwise in scratch; computed unless they are
 * `known` to be kept. */
static NAME(sheet) NAME(compute)(const pass *p, const tile *t, bool known) {
  const ct_pair_side *x = p->stream->rows, *y = t->y;
  NAME(sheet)
  sheet = {.s = (REAL *)(void *)(t->kept ? t->kept : t->scratch),
           .stride = t->kept ? t->kept_stride : SCRATCH_STRIDE};
  const REAL *x_half = x->half, *y_half = y->half;
  const ct_tile_ahead ahead = p->gradient && p->gradient->rows ? NAME(ahead_of_rows)(p, t)
                              : p->gradient && t->to_columns   ? NAME(ahead_of_columns)(p, t)
                                                               : NAME(ahead_of_next)(p, t);
  if (!known && is_diagonal(p, t))
    NAME(compute_diagonal)(p, t, &sheet);
  else if (!known)
    TILES->similarities(up_to_tile(t->rows), up_to_tile(t->vectors), p->stream->dim, x->by_row,
                        t->row, y->by_row, t->first, sheet.s, sheet.stride, &ahead);
  for (int64_t i = 0; i < t->rows && !known && y_half; i++) {
    const REAL own = x_half ? x_half[t->row + i] : 0;
    for (int64_t j = 0; j < t->vectors; j++)
      sheet.s[i * sheet.stride + j] += own + y_half[t->first + j];
  }
  if (p->stream->centres > 1) sheet = NAME(take_nearest)(p, t, sheet);
  ct_pair_turn(t->clock, CT_WORK_SIMILARITIES);
  return sheet;
}

static ct_pair_run NAME(run_of)(const pass *p, const tile *t, const NAME(sheet) * sheet,
                                int64_t row, int64_t rows, const run *r) {
  return (ct_pair_run){.rows = rows,
                       .n = r->to - r->from,
                       .stride = sheet->stride,
                       .kind = r->kind,
                       .variant = p->stream->variant,
                       .parameters = p->stream->parameters,
                       .s = sheet->s + row * sheet->stride + (r->from - t->column)};
}

/* Of a refinement: shares of a run's pairs, and what its ends have of their own, into *ends. */
static void NAME(refine_run)(const pass *p, const tile *t, int64_t row, const run *r,
                             ct_pair_run *to, ct_pair_ends *ends) {
  const ct_pair_refinement *own = p->stream->refinement;
  const int64_t at = row * SCRATCH_STRIDE + (r->from - t->column);
  if (!own) return;
  *ends = (ct_pair_ends){.share_stride = SCRATCH_STRIDE,
                         .pitch = p->stream->rows->rows,
                         .row_share = (const REAL *)(const void *)t->row_share + at,
                         .row_own = (const REAL *)own->parameters + t->row + row,
                         .row_scale = (const REAL *)own->scale[r->kind] + t->row + row};
  to->ends = ends;
  if (p->stream->columns) return;
  ends->column_share = (const REAL *)(const void *)t->column_share + at;
  ends->column_own = (const REAL *)own->parameters + r->from;
  ends->column_scale = (const REAL *)own->scale[r->kind] + r->from;
}

static void NAME(start_sums)(const pass *p, const tile *t, NAME(sheet) * sheet) {
  REAL *scratch = (REAL *)(void *)t->scratch;
  for (int kind = 0; kind < kinds_of(p, t); kind++) {
    sheet->row_reach[kind] = scratch + SCRATCH_REACH + 2 * kind * LARGEST_BLOCK;
    sheet->column_reach[kind] = sheet->row_reach[kind] + LARGEST_BLOCK;
    sheet->column_sum[kind] = scratch + SCRATCH_SUMS + 3 * kind * LARGEST_BLOCK;
    sheet->column_term[kind] = sheet->column_sum[kind] + LARGEST_BLOCK;
    sheet->column_count[kind] = sheet->column_term[kind] + LARGEST_BLOCK;
    const REAL lowest = (REAL)PAIRS->start(kind, false);
    for (int64_t i = 0; i < t->rows; i++) sheet->row_reach[kind][i] = lowest;
    for (int64_t j = 0; j < t->columns; j++) sheet->column_reach[kind][j] = lowest;
  }
}

static void NAME(raise_references)(const pass *p, const REAL *reach, int kind, int64_t from,
                                   int64_t n) {
  const ct_pair_refinement *own = p->stream->refinement;
  const REAL *scale = own ? (const REAL *)own->scale[kind] + from : NULL;
  PAIRS->raise(kind, n, p->stream->parameters, scale, p->stream->rows->rows, reach,
               (REAL *)p->sums[kind].reference + from, p->sums[kind].sum + from);
}

/* Whether a kept tile has slopes of the kind in place of similarities, once it is summed. */
static bool NAME(has_slopes)(const tile *t, int kind) {
  return t->kept && t->note && t->note[kind].is;
}

/* What is done with the runs of a tile in forward. */
typedef struct NAME(summing) {
  const NAME(sheet) * sheet;
  void (*kernel)(const ct_pair_run *);
} NAME(summing);

static void NAME(sum_run)(const pass *p, const tile *t, int64_t row, int64_t rows, const run *of,
                          void *context) {
  const NAME(summing) *summing = context;
  const NAME(sheet) *sheet = summing->sheet;
  const ct_pair_sums *sums = &p->sums[of->kind];
  int64_t offset = of->from - t->column;
  ct_pair_run r = NAME(run_of)(p, t, sheet, row, rows, of);
  ct_pair_ends ends;
  NAME(refine_run)(p, t, row, of, &r, &ends);
  /* of a refinement, it has no share */
  r.meets_self = is_diagonal(p, t) && of->kind == CT_POSITIVE && !p->stream->refinement;
  r.self = t->row + row - of->from;
  r.row_reach = sheet->row_reach[of->kind] + row;
  r.row_reference = (const REAL *)sums->reference + t->row + row;
  r.together = sheet->shared[of->kind].is;
  r.shared = (double)sheet->shared[of->kind].reference;
  r.least = (double)sheet->shared[of->kind].least;
  r.row_lift = sheet->shared[of->kind].row_lift + row;
  r.slopes = r.together && NAME(has_slopes)(t, of->kind); /* not yet, of reaches */
  r.row_sum = sums->sum + t->row + row;
  r.row_sum_s = sums->sum_s + t->row + row;
  if (sums->term) {
    r.row_term = sums->term + t->row + row;
    r.row_count = sums->count + t->row + row;
  }
  if (t->both) {
    r.column_reach = sheet->column_reach[of->kind] + offset;
    r.column_reference = (const REAL *)sums->reference + of->from;
    r.column_sum = sheet->column_sum[of->kind] + offset;
    r.column_term = sheet->column_term[of->kind] + offset;
    r.column_count = sheet->column_count[of->kind] + offset;
  }
  summing->kernel(&r);
}

/* Columns add up in the compute type, a few rows at a time. */
static void NAME(clear_columns)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  for (int kind = 0; kind < kinds_of(p, t); kind++) {
    memset(sheet->column_sum[kind], 0, (size_t)t->columns * sizeof(REAL));
    if (!p->sums[kind].term) continue;
    memset(sheet->column_term[kind], 0, (size_t)t->columns * sizeof(REAL));
    memset(sheet->column_count[kind], 0, (size_t)t->columns * sizeof(REAL));
  }
}

static void NAME(flush_columns)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  for (int kind = 0; kind < kinds_of(p, t); kind++) {
    const ct_pair_sums *to = &p->sums[kind];
    const NAME(shared) *shared = &sheet->shared[kind];
    for (int64_t j = 0; j < t->columns; j++) {
      const REAL lift = shared->is ? shared->column_lift[j] : 1;
      to->sum[t->column + j] += (double)sheet->column_sum[kind][j] * (double)lift;
    }
    if (!to->term) continue;
    for (int64_t j = 0; j < t->columns; j++) {
      to->term[t->column + j] += (double)sheet->column_term[kind][j];
      to->count[t->column + j] += (double)sheet->column_count[kind][j];
    }
  }
}

#include "cpu/pair_shares.h"

/* How often the pair of a tile's row i and column j counts as a positive for one of its ends. */
static double NAME(positive_share)(const pass *p, const tile *t, int64_t i, int64_t j,
                                   bool of_column) {
  const char *sheet = of_column ? t->column_share : t->row_share;
  if (!p->stream->refinement) return 1;
  REAL share = ((const REAL *)(const void *)sheet)[i * SCRATCH_STRIDE + j];
  return share > 0 ? (double)share : 0;
}

#include "cpu/pair_triplets.h"

/* Whether the first pass, which keeps similarities, has met this tile. */
static bool NAME(is_known)(const pass *p, const tile *t) {
  return t->kept && p->stream->refinement && p->stream->refinement->chosen;
}

static void NAME(tile_choose)(const pass *p, const tile *t) {
  NAME(sheet) sheet = NAME(compute)(p, t, false);
  NAME(find_shares)(p, t, &sheet, false);
  NAME(offer_negatives)(p, t, &sheet);
}

static void NAME(tile_list)(const pass *p, const tile *t) {
  NAME(sheet) sheet = NAME(compute)(p, t, NAME(is_known)(p, t));
  NAME(find_shares)(p, t, &sheet, true);
  NAME(list_positives)(p, t, &sheet);
}

static void NAME(tile_sums)(const pass *p, const tile *t) {
  NAME(sheet) sheet = NAME(compute)(p, t, NAME(is_known)(p, t));
  NAME(find_shares)(p, t, &sheet, true);
  if (p->stream->diagnosis) diagnose_pairs(p, t, sheet.s, sheet.stride);
  NAME(summing) reach = {&sheet, PAIRS->reach}, add = {&sheet, PAIRS->add};
  NAME(start_sums)(p, t, &sheet);
  each_run(p, t, 0, t->rows, NAME(sum_run), &reach);
  for (int kind = 0; kind < kinds_of(p, t); kind++) {
    NAME(raise_references)(p, sheet.row_reach[kind], kind, t->row, t->rows);
    if (t->both) NAME(raise_references)(p, sheet.column_reach[kind], kind, t->column, t->columns);
    /* In place of the reaches, which have done their part. */
    sheet.shared[kind] =
        NAME(share_reference)(p, t, kind, p->sums[kind].reference, t->both, sheet.row_reach[kind]);
    if (t->note) t->note[kind] = NAME(note_of)(p, kind, &sheet.shared[kind]);
  }
  const unsigned underflow = ct_underflow_to_zero(t->note != NULL);
  for (int64_t from = 0; from < t->rows; from += STEP) {
    if (t->both) NAME(clear_columns)(p, t, &sheet);
    each_run(p, t, from, smaller(from + STEP, t->rows), NAME(sum_run), &add);
    if (t->both) NAME(flush_columns)(p, t, &sheet);
  }
  ct_underflow_as(underflow);
  if (p->stream->triplets) each_run(p, t, 0, t->rows, NAME(add_triplets), &sheet);
}

/* What positives of a coupled loss have at the ends of a pair: the row's when `column` is false.
 * The partner's negatives count where it is an anchor too. */
static ct_coupled NAME(couple)(const pass *p, const double *own, REAL s, int64_t row,
                               int64_t column, bool of_column) {
  const ct_pair_stream *stream = p->stream;
  const double other = stream->columns ? -INFINITY : own[of_column ? row : column];
  const int64_t anchor = of_column ? column : row;
  const double *parameters = stream->parameters;
  if (stream->refinement) parameters = stream->refinement->own + anchor * CT_LOSS_PARAMETERS;
  return stream->rule->couple((double)s, own[anchor], other, stream->variant, parameters);
}

static void NAME(add_coupled)(const ct_pair_coupling *to, int64_t i, ct_coupled c, double share) {
  to->term[i] += share * c.term;
  to->count[i] += c.term != 0 ? share : 0;
  to->by_own[i] += share * c.by_own;
}

static void NAME(tile_couple)(const pass *p, const tile *t) {
  const ct_pair_coupling *to = p->coupling;
  NAME(sheet) sheet = NAME(compute)(p, t, t->kept != NULL);
  NAME(find_shares)(p, t, &sheet, true);
  run runs[4];
  for (int64_t i = 0; i < t->rows; i++) {
    int64_t row = t->row + i;
    int count = find_runs(p->stream, row, t->column, t->column + t->columns, runs);
    for (int k = 0; k < count; k++) {
      for (int64_t j = runs[k].from; j < runs[k].to && runs[k].kind == CT_POSITIVE; j++) {
        REAL s = sheet.s[i * sheet.stride + (j - t->column)];
        double share = NAME(positive_share)(p, t, i, j - t->column, false);
        if (share > 0)
          NAME(add_coupled)(to, row, NAME(couple)(p, to->own, s, row, j, false), share);
        if (!t->both) continue;
        share = NAME(positive_share)(p, t, i, j - t->column, true);
        if (share > 0) NAME(add_coupled)(to, j, NAME(couple)(p, to->own, s, row, j, true), share);
      }
    }
  }
}

/* What pads the weights to whole tiles meets rows of zeros and must only be finite. */
static void NAME(pad_weights)(const tile *t, const NAME(sheet) * weights) {
  int64_t columns = up_to_tile(t->vectors);
  for (int64_t i = 0; i < up_to_tile(t->rows); i++) {
    int64_t from = i < t->rows ? t->vectors : 0;
    memset(weights->s + i * weights->stride + from, 0, (size_t)(columns - from) * sizeof(REAL));
  }
}

/* A tile's similarities and where their weights go. */
typedef struct NAME(weighing) {
  NAME(sheet) from, to;
} NAME(weighing);

/* Whether a reference is shared in backward; the lifts then become factors relative to it. */
static NAME(shared) NAME(share_factors)(const pass *p, const tile *t, int kind) {
  const bool columns = !p->stream->columns;
  REAL *room = (REAL *)(void *)t->scratch + SCRATCH_REACH + 2 * kind * LARGEST_BLOCK;
  const REAL *factor = p->factors->factor[kind];
  if (!factor) return (NAME(shared)){0};
  NAME(shared)
  shared = t->note && t->note[kind].is
               ? NAME(share_noted)(t, kind, p->factors->reference[kind], columns, room)
               : NAME(share_reference)(p, t, kind, p->factors->reference[kind], columns, room);
  for (int64_t i = 0; i < t->rows && shared.is; i++) shared.row_lift[i] *= factor[t->row + i];
  for (int64_t j = 0; j < t->columns && shared.is && columns; j++)
    shared.column_lift[j] *= factor[t->column + j];
  return shared;
}

/* Weights of positives of a coupled loss, from linear parts of their ends. */
static void NAME(weigh_coupled)(const pass *p, const tile *t, int64_t row, int64_t rows,
                                const run *of, const NAME(weighing) * sheets) {
  const double *own = p->factors->own;
  const REAL *linear = p->factors->linear[CT_POSITIVE];
  for (int64_t i = row; i < row + rows; i++)
    for (int64_t j = of->from; j < of->to; j++) {
      REAL s = sheets->from.s[i * sheets->from.stride + (j - t->column)];
      double share = NAME(positive_share)(p, t, i, j - t->column, false), w = 0;
      if (share > 0)
        w = share * (double)linear[t->row + i] * NAME(couple)(p, own, s, t->row + i, j, false).by_s;
      double other = p->stream->columns ? 0 : NAME(positive_share)(p, t, i, j - t->column, true);
      if (other > 0)
        w += other * (double)linear[j] * NAME(couple)(p, own, s, t->row + i, j, true).by_s;
      if (is_mixed(p->stream) && !(share > 0) && !(other > 0)) continue; /* a negative's place */
      sheets->to.s[i * sheets->to.stride + (j - t->column)] = (REAL)w;
    }
}

static void NAME(weigh_run)(const pass *p, const tile *t, int64_t row, int64_t rows, const run *of,
                            void *context) {
  const NAME(weighing) *sheets = context;
  const ct_pair_factors *f = p->factors;
  const int kind = of->kind;
  if (p->stream->triplets) {
    NAME(weigh_triplets)(p, t, row, rows, of, &sheets->from, &sheets->to);
    return;
  }
  if (kind == CT_POSITIVE && p->stream->rule->couple) {
    NAME(weigh_coupled)(p, t, row, rows, of, sheets);
    return;
  }
  ct_pair_run r = NAME(run_of)(p, t, &sheets->from, row, rows, of);
  ct_pair_ends ends;
  NAME(refine_run)(p, t, row, of, &r, &ends);
  r.weight = sheets->to.s + row * sheets->to.stride + (of->from - t->column);
  r.weight_stride = sheets->to.stride;
  r.row_reference = (const REAL *)f->reference[kind] + t->row + row;
  const NAME(shared) *shared = &sheets->from.shared[kind];
  r.together = shared->is;
  r.shared = (double)shared->reference;
  r.least = (double)shared->least;
  r.slopes = NAME(has_slopes)(t, kind);
  r.row_factor = shared->is ? shared->row_lift + row : (const REAL *)f->factor[kind] + t->row + row;
  if (f->linear[kind]) r.row_linear = (const REAL *)f->linear[kind] + t->row + row;
  if (f->cut[kind]) r.row_cut = (const REAL *)f->cut[kind] + t->row + row;
  if (!p->stream->columns) {
    r.column_reference = (const REAL *)f->reference[kind] + of->from;
    r.column_factor = shared->is ? shared->column_lift + (of->from - t->column)
                                 : (const REAL *)f->factor[kind] + of->from;
    if (f->linear[kind]) r.column_linear = (const REAL *)f->linear[kind] + of->from;
    if (f->cut[kind]) r.column_cut = (const REAL *)f->cut[kind] + of->from;
  }
  PAIRS->weigh(&r);
}

/* Of a refinement: the loops write pairs that have a share. */
static void NAME(clear_shareless)(const pass *p, const tile *t, const NAME(sheet) * weights) {
  const REAL *row = (const REAL *)(const void *)t->row_share;
  const REAL *column = (const REAL *)(const void *)t->column_share;
  for (int64_t i = 0; i < t->rows; i++)
    for (int64_t j = 0; j < t->columns; j++) {
      const int64_t at = i * SCRATCH_STRIDE + j;
      const bool none = row[at] == 0 && (p->stream->columns || column[at] == 0);
      if (none) weights->s[i * weights->stride + j] = 0;
    }
}

/* The weights of the tile's pairs from their similarities, in place or, where those were kept, in
 * scratch. */
static NAME(sheet) NAME(weigh_tile)(const pass *p, const tile *t) {
  NAME(weighing)
  sheets = {.from = NAME(compute)(p, t, t->kept != NULL),
            .to = {.s = (REAL *)(void *)t->scratch, .stride = SCRATCH_STRIDE}};
  NAME(find_shares)(p, t, &sheets.from, true);
  for (int kind = 0; kind < kinds_of(p, t); kind++)
    sheets.from.shared[kind] = NAME(share_factors)(p, t, kind);
  if (p->stream->refinement) NAME(clear_shareless)(p, t, &sheets.to);
  const unsigned underflow = ct_underflow_to_zero(t->note != NULL);
  each_run(p, t, 0, t->rows, NAME(weigh_run), &sheets);
  ct_underflow_as(underflow);
  for (int64_t i = 0; i < t->rows && is_diagonal(p, t); i++)
    sheets.to.s[i * sheets.to.stride + i] = 0;
  if (p->stream->diagnosis) diagnose_weights(p, t, sheets.to.s, sheets.to.stride);
  for (int64_t i = 0; i < t->rows && p->stream->centres > 1; i++)
    TILES->spread(t->columns, p->stream->centres, t->nearest + i * LARGEST_BLOCK,
                  sheets.to.s + i * sheets.to.stride);
  NAME(pad_weights)(t, &sheets.to);
  return sheets.to;
}

/* Adds up the weights of the tile's rows and of its columns. */
static void NAME(add_weights)(const pass *p, const tile *t, const NAME(sheet) * sheet) {
  double *to_rows = p->gradient->rows_weight;
  double *to_columns = t->to_columns_weight;
  if (to_rows)
    for (int64_t i = 0; i < t->rows; i++)
      for (int64_t j = 0; j < t->vectors; j++)
        to_rows[t->row + i] += (double)sheet->s[i * sheet->stride + j];
  if (to_columns)
    for (int64_t i = 0; i < t->rows; i++)
      for (int64_t j = 0; j < t->vectors; j++)
        to_columns[t->first + j] += (double)sheet->s[i * sheet->stride + j];
}

/* Lists the weights that are not zero by row and by column, unless they are so many that products
 * of whole tiles are faster. */
static bool NAME(list_weights)(const tile *t, const NAME(sheet) * sheet, weight_list *by_row,
                               weight_list *by_column) {
  int32_t filled[LARGEST_BLOCK], total = 0;
  for (int64_t i = 0; i < t->rows; i++) {
    const REAL *w = sheet->s + i * sheet->stride;
    int32_t count = 0;
#pragma omp simd reduction(+ : count)
    for (int64_t j = 0; j < t->vectors; j++) count += w[j] != 0;
    filled[i] = count;
    total += count;
  }
  if (total > MOST_LISTED) return false;
  REAL *value = by_row->value, *other = by_column->value;
  int32_t at = 0, next[LARGEST_BLOCK + 1] = {0};
  for (int64_t i = 0; i < t->rows; i++) {
    const REAL *w = sheet->s + i * sheet->stride;
    by_row->start[i] = at;
    for (int32_t j = 0; j < t->vectors && filled[i] > 0; j++) {
      int32_t is = w[j] != 0;
      by_row->index[at] = j;
      value[at] = w[j];
      at += is;
      next[j + 1] += is;
    }
  }
  by_row->start[t->rows] = at;
  for (int64_t j = 0; j < t->vectors; j++) next[j + 1] += next[j];
  memcpy(by_column->start, next, (size_t)(t->vectors + 1) * sizeof *next);
  for (int32_t i = 0; i < t->rows; i++)
    for (int32_t e = by_row->start[i]; e < by_row->start[i + 1]; e++) {
      int32_t to = next[by_row->index[e]]++;
      by_column->index[to] = i;
      other[to] = value[e];
    }
  return true;
}

static void NAME(clear_rows)(const pass *p, void *by_dim, int64_t pitch, int64_t first,
                             int64_t rows) {
  const int64_t width = TILES->width;
  REAL *to = (REAL *)by_dim + first * width;
  for (int64_t d = 0; d < p->stream->dim; d += width, to += pitch * width)
    memset(to, 0, (size_t)(rows * width) * sizeof *to);
}

/* Adds the weighted rows of each side to the gradient of the other. */
static void NAME(tile_gradient)(const pass *p, const tile *t) {
  const ct_tile_kernels *kernels = TILES;
  const ct_pair_side *x = p->stream->rows, *y = t->y;
  const int64_t dim = p->stream->dim, rows = up_to_tile(t->rows), columns = up_to_tile(t->vectors);
  void *to_rows = p->gradient->rows, *to_columns = t->to_columns;
  NAME(sheet) sheet = NAME(weigh_tile)(p, t);
  NAME(add_weights)(p, t, &sheet);
  ct_pair_turn(t->clock, CT_WORK_WEIGHTS);
  weight_list by_row = t->lists[0], by_column = t->lists[1];
  if (by_row.start && NAME(list_weights)(t, &sheet, &by_row, &by_column)) {
    if (to_rows && t->fresh_rows) NAME(clear_rows)(p, to_rows, x->pitch, t->row, rows);
    if (to_columns && t->fresh_columns)
      NAME(clear_rows)(p, to_columns, y->pitch, t->first, columns);
    if (to_rows)
      kernels->multiply_listed(t->rows, dim, by_row.start, by_row.index, by_row.value, y->by_dim,
                               y->pitch, t->first, to_rows, x->pitch, t->row);
    if (to_columns)
      kernels->multiply_listed(t->vectors, dim, by_column.start, by_column.index, by_column.value,
                               x->by_dim, x->pitch, t->row, to_columns, y->pitch, t->first);
    return;
  }
  const ct_tile_ahead next = NAME(ahead_of_next)(p, t);
  const ct_tile_ahead after_rows = to_columns ? NAME(ahead_of_columns)(p, t) : next;
  if (to_rows)
    kernels->multiply(rows, columns, dim, sheet.s, sheet.stride, y->by_dim, y->pitch, t->first,
                      to_rows, x->pitch, t->row, t->fresh_rows, &after_rows);
  if (to_columns)
    kernels->multiply_transposed(columns, rows, dim, sheet.s, sheet.stride, x->by_dim, x->pitch,
                                 t->row, to_columns, y->pitch, t->first, t->fresh_columns, &next);
}
