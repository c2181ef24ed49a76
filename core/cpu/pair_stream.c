/* The streaming driver.
 *
 * Rows are cut into blocks; a tile is one block of rows against one block of columns. Tiles come in
 * rounds, as in a tournament: within a round no two tiles share a block, and every block meets the
 * same partners in the same order whatever the number of threads. So tiles run in parallel on the
 * same sums and gradients, and the bits depend on sizes alone. No thread waits for a round to end:
 * a tile waits for the earlier tiles of its own two blocks. Of one set against itself, each
 * unordered pair of blocks meets once and serves both ends, which halves the work of the
 * similarities.
 *
 * Of a tile, similarities come by one packed product; each row's similarities fall into at most
 * four runs (negatives before, positives up to itself, positives after itself, negatives behind),
 * because both sides are sorted by label; the runs go to the loss's inner loops. */
#include "cpu/pair.h"
#include <omp.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/tile.h"

/* A tile's similarities and the chunks of rows that make them (tile.h) share a second-level cache
 * of half a megabyte or more. */
enum { BLOCK_BYTES = 1024, STEP = 64, LARGEST_BLOCK = BLOCK_BYTES / sizeof(float) };

/* Twelve blocks where there are rows for them: six tiles at a time for as many threads, more for
 * larger sets. */
static int64_t block_rows(int64_t rows, ct_dtype dtype) {
  int64_t block = (rows / 12 + STEP - 1) / STEP * STEP;
  int64_t largest = BLOCK_BYTES / (int64_t)ct_dtype_size(dtype);
  return block < STEP ? STEP : block > largest ? largest : block;
}

typedef struct schedule {
  int64_t row_blocks, column_blocks; /* column_blocks = 0: one set against itself */
  int64_t players;                   /* blocks of a side with those that only fill up the rounds */
  int64_t slots;                     /* tiles of all rounds, fillers included */
} schedule;

static schedule make_schedule(int64_t row_blocks, int64_t column_blocks) {
  if (column_blocks) {
    int64_t most = row_blocks > column_blocks ? row_blocks : column_blocks;
    return (schedule){row_blocks, column_blocks, most, most * most};
  }
  int64_t even = row_blocks + row_blocks % 2;
  return (schedule){row_blocks, 0, even, even * (even + 1) / 2};
}

typedef struct meeting {
  int64_t round, row, column;
  bool real; /* both blocks exist */
} meeting;

/* Two sets: shifted diagonals. One set: the diagonal, then the circle method, in which the last
 * player stays and the others turn. */
static meeting find_meeting(const schedule *s, int64_t slot) {
  int64_t n = s->players;
  meeting m;
  if (s->column_blocks) {
    m.round = slot / n;
    m.row = slot % n;
    m.column = (m.row + m.round) % n;
    m.real = m.row < s->row_blocks && m.column < s->column_blocks;
    return m;
  }
  if (slot < n) {
    m.round = 0;
    m.row = m.column = slot;
  } else {
    int64_t k = (slot - n) % (n / 2), turn = (slot - n) / (n / 2), wheel = n - 1;
    int64_t a = k == 0 ? wheel : (turn + k) % wheel, b = (turn - k + wheel) % wheel;
    m.round = turn + 1;
    m.row = a < b ? a : b;
    m.column = a < b ? b : a;
  }
  m.real = m.column < s->row_blocks;
  return m;
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

/* The weights that are left when pairs are dropped: value[e] at index[e] of the other side for e in
 * start[r]..start[r+1]-1. More than MOST_LISTED are no gain over the products of a whole tile. */
enum { MOST_LISTED = LARGEST_BLOCK * LARGEST_BLOCK / 3 };

typedef struct weight_list {
  int32_t *start, *index; /* [LARGEST_BLOCK + 1], [MOST_LISTED + 1]; NULL: no pair is dropped */
  void *value;            /* [MOST_LISTED + 1] of the compute type */
} weight_list;

typedef struct tile {
  int64_t row, rows, column, columns; /* real rows and columns */
  bool both;                          /* columns are anchors too: off the diagonal of one set */
  char *scratch;                      /* SCRATCH elements of the compute type, this thread's */
  weight_list lists[2];               /* of rows and of columns, this thread's */
  char *kept;                         /* [rows, kept_stride] similarities to keep, or NULL */
  int64_t kept_stride;
} tile;

/* The tiles' numbers in the room for kept similarities. */
static int64_t tile_number(const schedule *s, int64_t row, int64_t column) {
  if (s->column_blocks) return row * s->column_blocks + column;
  return row * s->row_blocks - row * (row - 1) / 2 + (column - row);
}

/* Scratch: the tile's similarities or weights; per kind the rows' and the columns' raised
 * references; per kind the columns' sums. A row is a cache line longer than the block: rows a power
 * of two apart would share few sets of a cache. */
enum {
  SCRATCH_STRIDE = LARGEST_BLOCK + 16,
  SCRATCH_REACH = LARGEST_BLOCK * SCRATCH_STRIDE,
  SCRATCH_SUMS = SCRATCH_REACH + CT_KINDS * 2 * LARGEST_BLOCK,
  SCRATCH = SCRATCH_SUMS + CT_KINDS * LARGEST_BLOCK
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

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

static schedule schedule_of(const ct_pair_stream *stream) {
  int64_t rows = stream->rows->rows, height = block_rows(rows, stream->dtype);
  int64_t columns = stream->columns ? stream->columns->rows : 0;
  int64_t width = block_rows(columns, stream->dtype);
  return make_schedule((rows + height - 1) / height, (columns + width - 1) / width);
}

void ct_pair_stream_tiles(const ct_pair_stream *stream, int64_t *tiles, int64_t *elements) {
  schedule s = schedule_of(stream);
  const ct_pair_side *columns = stream->columns ? stream->columns : stream->rows;
  *tiles = s.column_blocks ? s.row_blocks * s.column_blocks : s.row_blocks * (s.row_blocks + 1) / 2;
  *elements =
      block_rows(stream->rows->rows, stream->dtype) * block_rows(columns->rows, stream->dtype);
}

/* What the threads of a pass share: the next slot to take, and how many rounds each block of rows
 * and of columns is through with. Slots are taken in order, so the first that is not done never
 * waits. */
typedef struct progress {
  _Atomic int64_t next;
  _Atomic int64_t *rows, *columns; /* one and the same for one set */
} progress;

static void await(const _Atomic int64_t *done, int64_t round) {
  enum { PATIENCE = 1000 };
  for (int tries = 0; atomic_load_explicit(done, memory_order_acquire) < round; tries++)
    if (tries > PATIENCE) sched_yield(); /* the thread waited for may need this core */
}

/* A thread's room: scratch, then, where pairs are dropped, the lists. */
static size_t room_each(const pass *p) {
  size_t real = ct_dtype_size(p->stream->dtype), integers = LARGEST_BLOCK + MOST_LISTED + 2;
  size_t lists = 2 * ((MOST_LISTED + 1) * real + integers * sizeof(int32_t));
  bool drops = p->factors && p->factors->cut[0];
  return (SCRATCH * real + (drops ? lists : 0) + 63) / 64 * 64;
}

static void place_lists(const pass *p, tile *t) {
  size_t real = ct_dtype_size(p->stream->dtype);
  char *at = t->scratch + SCRATCH * real;
  if (!p->factors || !p->factors->cut[0]) return;
  for (int k = 0; k < 2; k++, at += (MOST_LISTED + 1) * real) t->lists[k].value = at;
  for (int k = 0; k < 2; k++, at += (LARGEST_BLOCK + MOST_LISTED + 2) * sizeof(int32_t)) {
    t->lists[k].start = (int32_t *)(void *)at;
    t->lists[k].index = t->lists[k].start + LARGEST_BLOCK + 1;
  }
}

static void run_meeting(const pass *p, const schedule *s, const meeting *m, char *scratch) {
  int64_t rows = p->stream->rows->rows, columns = p->columns->rows;
  int64_t height = block_rows(rows, p->stream->dtype),
          width = block_rows(columns, p->stream->dtype);
  tile t = {.row = m->row * height,
            .column = m->column * width,
            .both = !p->stream->columns && m->row != m->column,
            .scratch = scratch};
  place_lists(p, &t);
  t.rows = smaller(rows - t.row, height);
  t.columns = smaller(columns - t.column, width);
  int64_t number = tile_number(s, m->row, m->column);
  if (number < p->stream->kept_tiles) {
    t.kept = (char *)p->stream->kept +
             (size_t)(number * height * width) * ct_dtype_size(p->stream->dtype);
    t.kept_stride = width;
  }
  run_tile(p, &t);
}

static void run_slots(const pass *p, const schedule *s, progress *at, char *scratch) {
  for (;;) {
    int64_t slot = atomic_fetch_add_explicit(&at->next, 1, memory_order_relaxed);
    if (slot >= s->slots) return;
    meeting m = find_meeting(s, slot);
    await(&at->rows[m.row], m.round);
    await(&at->columns[m.column], m.round);
    if (m.real && !ct_interrupted()) run_meeting(p, s, &m, scratch);
    atomic_store_explicit(&at->rows[m.row], m.round + 1, memory_order_release);
    atomic_store_explicit(&at->columns[m.column], m.round + 1, memory_order_release);
  }
}

static ct_status run_pass(const pass *p, const char *what, ct_error *error) {
  int64_t rows = p->stream->rows->rows, columns = p->columns->rows, work;
  if (rows == 0 || columns == 0) return CT_OK;
  schedule s = schedule_of(p->stream);
  if (!ct_size_mul(rows, columns, &work)) work = INT64_MAX;
  int64_t abreast = s.column_blocks ? s.players : (s.row_blocks + 1) / 2;
  int threads = abreast == 1 ? 1 : ct_threads_for(work);
  if (threads > abreast) threads = (int)abreast;
  char *scratch = NULL;
  progress at = {0};
  size_t each = room_each(p);
  CT_TRY(ct_alloc(&at.rows, 2 * s.players, sizeof *at.rows, what, error));
  ct_status status = ct_alloc(&scratch, threads, each, what, error);
  if (status == CT_OK) {
    memset((void *)at.rows, 0, (size_t)(2 * s.players) * sizeof *at.rows);
    at.columns = s.column_blocks ? at.rows + s.players : at.rows;
#pragma omp parallel num_threads(threads) if (threads > 1)
    run_slots(p, &s, &at, scratch + each * (size_t)omp_get_thread_num());
    if (ct_interrupted()) status = ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", what);
  }
  ct_free(scratch);
  ct_free((void *)at.rows);
  return status;
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
