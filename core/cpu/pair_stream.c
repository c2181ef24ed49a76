/* The streaming driver.
 *
 * Rows are cut into blocks; a tile is one block of rows against one block of columns. Tiles are run
 * in rounds, as in a tournament: within a round no two tiles share a block, so they run in parallel
 * on the same sums and gradients without locks, and between rounds every block has met the same
 * partners in the same order whatever the number of threads. Blocks depend on sizes alone: the same
 * bits for every number of threads. Of one set against itself, each unordered pair of blocks meets
 * once and serves both ends, which halves the work of the similarities.
 *
 * A tile is walked in strips of STRIP rows, so that the strip's similarities stay in the cache:
 * similarities by one packed product; each row's similarities fall into at most four runs
 * (negatives before, positives up to itself, positives after itself, negatives behind), because
 * both sides are sorted by label; the runs go to the loss's inner loops. */
#include "cpu/pair.h"
#include <omp.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/tile.h"

enum { STRIP = 64, LARGEST_BLOCK = 256 };

/* Sixteen blocks where there are rows for them: enough tiles in a round for eight threads. */
static int64_t block_rows(int64_t rows) {
  int64_t block = (rows / 16 + STRIP - 1) / STRIP * STRIP;
  return block < STRIP ? STRIP : block > LARGEST_BLOCK ? LARGEST_BLOCK : block;
}

typedef struct schedule {
  int64_t row_blocks, column_blocks; /* column_blocks = 0: one set against itself */
  int64_t rounds, tiles;             /* tiles: slots of a round, some of them empty */
} schedule;

static schedule make_schedule(int64_t row_blocks, int64_t column_blocks) {
  if (column_blocks) {
    int64_t most = row_blocks > column_blocks ? row_blocks : column_blocks;
    return (schedule){row_blocks, column_blocks, most, most};
  }
  return (schedule){row_blocks, 0, row_blocks + row_blocks % 2, row_blocks};
}

/* Blocks of slot `k` of a round; false for an empty slot. One set: round 0 is the diagonal, then
 * the circle method with an idle partner for an odd number of blocks. Two sets: shifted diagonals.
 */
static bool find_tile(const schedule *s, int64_t round, int64_t k, int64_t *row, int64_t *column) {
  if (s->column_blocks) {
    *row = k;
    *column = (k + round) % s->rounds;
    return *row < s->row_blocks && *column < s->column_blocks;
  }
  if (round == 0) {
    *row = *column = k;
    return true;
  }
  int64_t players = s->rounds, wheel = players - 1, turn = round - 1;
  if (k >= players / 2) return false;
  int64_t a = k == 0 ? wheel : (turn + k) % wheel, b = (turn - k + wheel) % wheel;
  *row = a < b ? a : b;
  *column = a < b ? b : a;
  return *column < s->row_blocks;
}

typedef struct run {
  int64_t from, to; /* columns */
  int kind;
} run;

static int add_run(run *runs, int count, int64_t from, int64_t to, int64_t low, int64_t high,
                   int kind) {
  if (from < low) from = low;
  if (to > high) to = high;
  if (from >= to) return count;
  runs[count] = (run){from, to, kind};
  return count + 1;
}

/* The runs of row i within columns low..high-1. */
static int find_runs(const ct_pair_stream *stream, int64_t i, int64_t low, int64_t high,
                     run runs[4]) {
  int64_t first = stream->rows->first[i], last = stream->rows->last[i];
  int64_t split = stream->columns ? last : i, rest = stream->columns ? last : i + 1;
  int count = add_run(runs, 0, 0, first, low, high, CT_NEGATIVE);
  count = add_run(runs, count, first, split, low, high, CT_POSITIVE);
  count = add_run(runs, count, rest, last, low, high, CT_POSITIVE);
  return add_run(runs, count, last, INT64_MAX, low, high, CT_NEGATIVE);
}

/* One pass over all tiles: forward when `gradient` is NULL. */
typedef struct pass {
  const ct_pair_stream *stream;
  const ct_pair_side *columns; /* the other side, or the rows themselves */
  const ct_pair_sums *sums;
  const ct_pair_factors *factors;
  const ct_pair_gradient *gradient;
} pass;

typedef struct tile {
  int64_t row, rows, column, columns; /* real rows and columns */
  bool both;                          /* columns are anchors too: off the diagonal of one set */
  char *scratch;                      /* SCRATCH elements of the compute type, this thread's */
  char *kept;                         /* [rows, kept_stride] similarities to keep, or NULL */
  int64_t kept_stride;
} tile;

/* The tiles' numbers in the room for kept similarities. */
static int64_t tile_number(const schedule *s, int64_t row, int64_t column) {
  if (s->column_blocks) return row * s->column_blocks + column;
  return row * s->row_blocks - row * (row - 1) / 2 + (column - row);
}

/* Scratch: the strip's similarities; per kind the strip's and the columns' raised references; per
 * kind the columns' sums. */
enum {
  SCRATCH_REFERENCES = STRIP * LARGEST_BLOCK,
  SCRATCH_SUMS = SCRATCH_REFERENCES + CT_KINDS * (STRIP + LARGEST_BLOCK),
  SCRATCH = SCRATCH_SUMS + CT_KINDS * LARGEST_BLOCK
};

static int64_t up_to_tile(int64_t rows) {
  return (rows + CT_TILE_ROWS - 1) / CT_TILE_ROWS * CT_TILE_ROWS;
}

#define REAL        float
#define NAME(x)     x##_f32
#define KERNEL(set) (&CT_ISA_SELECT(set)->f32)
#include "cpu/pair_tile.h"
#undef REAL
#undef NAME
#undef KERNEL

#define REAL        double
#define NAME(x)     x##_f64
#define KERNEL(set) (&CT_ISA_SELECT(set)->f64)
#include "cpu/pair_tile.h"

static void run_tile(const pass *p, const tile *t) {
  if (p->stream->dtype == CT_FLOAT)
    p->gradient ? tile_gradient_f32(p, t) : tile_sums_f32(p, t);
  else
    p->gradient ? tile_gradient_f64(p, t) : tile_sums_f64(p, t);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static schedule schedule_of(const ct_pair_stream *stream) {
  int64_t rows = stream->rows->rows, height = block_rows(rows);
  int64_t columns = stream->columns ? stream->columns->rows : 0, width = block_rows(columns);
  return make_schedule((rows + height - 1) / height, (columns + width - 1) / width);
}

void ct_pair_stream_tiles(const ct_pair_stream *stream, int64_t *tiles, int64_t *elements) {
  schedule s = schedule_of(stream);
  const ct_pair_side *columns = stream->columns ? stream->columns : stream->rows;
  *tiles = s.column_blocks ? s.row_blocks * s.column_blocks : s.row_blocks * (s.row_blocks + 1) / 2;
  *elements = block_rows(stream->rows->rows) * block_rows(columns->rows);
}

static ct_status run_pass(const pass *p, const char *what, ct_error *error) {
  int64_t rows = p->stream->rows->rows, columns = p->columns->rows, work;
  int64_t height = block_rows(rows), width = block_rows(columns);
  if (rows == 0 || columns == 0) return CT_OK;
  schedule s = schedule_of(p->stream);
  if (!ct_size_mul(rows, columns, &work)) work = INT64_MAX;
  int threads = s.tiles == 1 ? 1 : ct_threads_for(work);
  if (threads > s.tiles) threads = (int)s.tiles;
  char *scratch = NULL;
  size_t real = ct_dtype_size(p->stream->dtype), each = SCRATCH * real;
  CT_TRY(ct_alloc(&scratch, threads, each, what, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  for (int64_t round = 0; round < s.rounds; round++) {
#pragma omp for schedule(dynamic)
    for (int64_t k = 0; k < s.tiles; k++) {
      int64_t row, column;
      if (ct_interrupted() || !find_tile(&s, round, k, &row, &column)) continue;
      tile t = {.row = row * height,
                .column = column * width,
                .both = !p->stream->columns && row != column,
                .scratch = scratch + each * (size_t)omp_get_thread_num()};
      t.rows = smaller(rows - t.row, height);
      t.columns = smaller(columns - t.column, width);
      int64_t number = tile_number(&s, row, column);
      if (number < p->stream->kept_tiles) {
        t.kept = (char *)p->stream->kept + (size_t)(number * height * width) * real;
        t.kept_stride = width;
      }
      run_tile(p, &t);
    }
  }
  ct_free(scratch);
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", what) : CT_OK;
}

ct_status ct_pair_stream_sums(const ct_pair_stream *stream, const ct_pair_sums sums[CT_KINDS],
                              ct_error *error) {
  pass p = {
      .stream = stream, .columns = stream->columns ? stream->columns : stream->rows, .sums = sums};
  return run_pass(&p, "pair-wise loss", error);
}

ct_status ct_pair_stream_gradient(const ct_pair_stream *stream, const ct_pair_factors *factors,
                                  const ct_pair_gradient *gradient, ct_error *error) {
  pass p = {.stream = stream,
            .columns = stream->columns ? stream->columns : stream->rows,
            .factors = factors,
            .gradient = gradient};
  return run_pass(&p, "gradient of the pair-wise loss", error);
}
