/* One block of the streaming driver for one compute type. Include with REAL, NAME(x), GEMM and
 * KERNELS(set) defined. */

/* Similarities of the block's rows to columns b->column.. of the other side. */
static void NAME(fill_tile)(const ct_pair_stream *stream, const block *b) {
  const int64_t dim = stream->dim;
  const REAL *x = (const REAL *)stream->rows->x + b->row * dim;
  const REAL *y = (const REAL *)stream->columns->x + b->column * dim;
  REAL *tile = b->tile;
  GEMM(false, true, b->rows, b->columns, dim, 1, x, dim, y, dim, 0, tile, TILE_COLUMNS);
  if (!stream->rows->half) return;
  const REAL *row_half = (const REAL *)stream->rows->half + b->row;
  const REAL *column_half = (const REAL *)stream->columns->half + b->column;
  for (int64_t i = 0; i < b->rows; i++)
    for (int64_t j = 0; j < b->columns; j++)
      tile[i * TILE_COLUMNS + j] += row_half[i] + column_half[j];
}

/* The next tile's columns; false after the last. Start with b->columns = 0, b->column = 0. */
static bool NAME(next_tile)(const ct_pair_stream *stream, block *b) {
  int64_t total = stream->columns->rows;
  b->column += b->columns;
  b->columns = total - b->column < TILE_COLUMNS ? total - b->column : TILE_COLUMNS;
  if (b->columns <= 0 || ct_interrupted()) return false;
  NAME(fill_tile)(stream, b);
  return true;
}

static ct_pair_row NAME(row_of)(const ct_pair_stream *stream, const block *b, int64_t i,
                                const run *r) {
  return (ct_pair_row){.n = r->to - r->from,
                       .kind = r->kind,
                       .through_alpha = stream->through_alpha,
                       .m = stream->m,
                       .gamma = stream->gamma,
                       .s = (REAL *)b->tile + i * TILE_COLUMNS + (r->from - b->column)};
}

static void NAME(block_sums)(const ct_pair_stream *stream, block *b, const ct_pair_sums *sums) {
  const ct_pair_kernels *kernels = KERNELS(CT_ISA_SELECT(ct_circle_kernels));
  run runs[4];
  while (NAME(next_tile)(stream, b))
    for (int64_t i = 0; i < b->rows; i++) {
      int64_t at = b->row + i;
      int count = find_runs(stream, at, b->column, b->column + b->columns, runs);
      for (int r = 0; r < count; r++) {
        const ct_pair_sums *to = &sums[runs[r].kind];
        ct_pair_row row = NAME(row_of)(stream, b, i, &runs[r]);
        kernels->accumulate(&row, (REAL *)to->reference + at, to->sum + at, to->sum_s + at);
      }
    }
}

static void NAME(set_factors)(ct_pair_row *row, const ct_pair_factors *rows, int64_t at,
                              const ct_pair_factors *columns, int64_t from) {
  if (rows) {
    row->row_reference = (const REAL *)rows->reference[row->kind] + at;
    row->row_factor = (const REAL *)rows->factor[row->kind] + at;
  }
  if (columns) {
    row->column_reference = (const REAL *)columns->reference[row->kind] + from;
    row->column_factor = (const REAL *)columns->factor[row->kind] + from;
  }
}

/* The euclidean similarity's gradient pulls along x_j - x_i: the -x_i part of this tile. */
static void NAME(subtract_own)(const ct_pair_stream *stream, const block *b, int64_t i) {
  const REAL *weight = (const REAL *)b->tile + i * TILE_COLUMNS;
  const REAL *x = (const REAL *)stream->rows->x + (b->row + i) * stream->dim;
  REAL *g = (REAL *)b->gradient + i * stream->dim;
  double total = 0;
  for (int64_t j = 0; j < b->columns; j++) total += (double)weight[j];
  for (int64_t d = 0; d < stream->dim; d++) g[d] -= (REAL)total * x[d];
}

static void NAME(block_gradient)(const ct_pair_stream *stream, block *b,
                                 const ct_pair_factors *row_factors,
                                 const ct_pair_factors *column_factors) {
  const ct_pair_kernels *kernels = KERNELS(CT_ISA_SELECT(ct_circle_kernels));
  const int64_t dim = stream->dim;
  REAL *tile = b->tile, *g = b->gradient;
  run runs[4];
  memset(g, 0, (size_t)(b->rows * dim) * sizeof *g);
  while (NAME(next_tile)(stream, b)) {
    for (int64_t i = 0; i < b->rows; i++) {
      int64_t at = b->row + i;
      int count = find_runs(stream, at, b->column, b->column + b->columns, runs);
      for (int r = 0; r < count; r++) {
        ct_pair_row row = NAME(row_of)(stream, b, i, &runs[r]);
        NAME(set_factors)(&row, row_factors, at, column_factors, runs[r].from);
        kernels->weigh(&row);
      }
      if (stream->self && at >= b->column && at < b->column + b->columns)
        tile[i * TILE_COLUMNS + (at - b->column)] = 0;
      if (stream->rows->half) NAME(subtract_own)(stream, b, i);
    }
    const REAL *y = (const REAL *)stream->columns->x + b->column * dim;
    GEMM(false, false, b->rows, dim, b->columns, 1, tile, TILE_COLUMNS, y, dim, 1, g, dim);
  }
}
