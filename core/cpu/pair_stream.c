/* The streaming driver.
 *
 * Rows are cut into blocks; a tile is one block of rows against one block of columns. Every block
 * meets its partners in one order whatever the number of threads (pair_schedule.h), so tiles run in
 * parallel on the same sums and gradients, and the bits depend on sizes alone. Of one set against
 * itself, each unordered pair of blocks meets once and serves both ends, which halves the work of
 * the similarities. References, of which there may be many, are loaded a block at a time by the
 * thread that meets it with all rows, and their gradient is finished with it.
 *
 * Of a tile, similarities come by one packed product; each row's similarities fall into at most
 * four runs (negatives before, positives up to itself, positives after itself, negatives behind),
 * because both sides are sorted by label; the runs go to the loss's inner loops. Classes of several
 * vectors are first narrowed to the nearest of each, and their weights spread out again.
 *
 * Where pairs count more or less than once (ct_pair_refinement), sheets of shares stand beside the
 * similarities, and the same loops read them (pair_shares.h). */
#include "cpu/pair.h"
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/exp.h"
#include "cpu/pair_clock.h"
#include "cpu/pair_schedule.h"
#include "cpu/tile.h"
#include "cpu/triplet.h"
#include "cpu/underflow.h"
#include "loss/circle.h"
#include "loss/hardest.h"

/* A tile's similarities and the chunks of rows that make them (tile.h) share a second-level cache
 * of half a megabyte or more. */
enum { BLOCK_BYTES = 1024, STEP = 64, LARGEST_BLOCK = BLOCK_BYTES / sizeof(float) };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t up_to(int64_t step, int64_t n) { return (n + step - 1) / step * step; }

static int64_t within(int64_t n, int64_t least, int64_t most) {
  return n < least ? least : smaller(n, most);
}

/* Sides of a tile. Of one set, twelve blocks where there are rows for them: six tiles at a time for
 * as many threads, more for larger sets. Of two sets, eight blocks of rows, and as many columns as
 * leave the second-level cache room for a block's two layouts and its gradient. */
typedef struct shape {
  int64_t height, width, row_blocks, column_blocks;
  int64_t step; /* columns from one block to the next: at most the width, and whole classes */
} shape;

static shape shape_of(const ct_pair_stream *stream) {
  enum { ROOM = 768 * 1024 };
  int64_t rows = stream->rows->rows, real = (int64_t)ct_dtype_size(stream->dtype);
  int64_t most = BLOCK_BYTES / real;
  shape s;
  if (stream->columns) {
    int64_t columns = stream->columns->rows, fit = ROOM / (3 * stream->dim * real);
    s.height = within(up_to(CT_TILE_ROWS, (rows + 7) / 8), CT_TILE_ROWS, most);
    s.width = within(fit / CT_TILE_ROWS * CT_TILE_ROWS, CT_TILE_ROWS, most);
    s.width = smaller(s.width, within(up_to(CT_TILE_ROWS, (columns + 7) / 8), CT_TILE_ROWS, most));
    if (s.width < stream->centres) s.width = up_to(CT_TILE_ROWS, stream->centres);
    s.step = s.width / stream->centres * stream->centres;
    s.column_blocks = (columns + s.step - 1) / s.step;
  } else {
    s.step = s.height = s.width = within(up_to(STEP, rows / 12), STEP, most);
    s.column_blocks = 0;
  }
  s.row_blocks = (rows + s.height - 1) / s.height;
  return s;
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

/* Whether kinds are told by shares alone: a row's positives are no range of columns. */
static bool is_mixed(const ct_pair_stream *stream) {
  return stream->refinement && stream->refinement->set;
}

/* The runs of row i within columns low..high-1, those from..to-1 left out. Where kinds are mixed,
 * all columns once for either kind. */
static int runs_without(const ct_pair_stream *stream, int64_t i, int64_t from, int64_t to,
                        int64_t low, int64_t high, run runs[4]) {
  int64_t first = stream->rows->first[i], last = stream->rows->last[i];
  if (is_mixed(stream)) {
    for (int kind = 0; kind < CT_KINDS; kind++) runs[kind] = (run){low, high, kind};
    return CT_KINDS;
  }
  int count = add_run(runs, 0, 0, first, low, high, CT_NEGATIVE);
  count = add_run(runs, count, first, from, low, high, CT_POSITIVE);
  count = add_run(runs, count, to, last, low, high, CT_POSITIVE);
  return add_run(runs, count, last, INT64_MAX, low, high, CT_NEGATIVE);
}

/* The runs of row i within columns low..high-1. */
static int find_runs(const ct_pair_stream *stream, int64_t i, int64_t low, int64_t high,
                     run runs[4]) {
  if (!stream->columns) return runs_without(stream, i, i, i + 1, low, high, runs);
  int64_t last = stream->rows->last[i];
  return runs_without(stream, i, last, last, low, high, runs);
}

/* One pass over all tiles: for sums, coupling or gradient, whichever is not NULL. */
typedef struct pass {
  const ct_pair_stream *stream;
  shape shape;
  const ct_pair_sums *sums;
  const ct_pair_coupling *coupling;
  bool list;   /* the positives of triplets */
  bool choose; /* the hardest negatives */
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
  int64_t row, rows, column, columns; /* real rows and columns, which are classes */
  int64_t vectors;                    /* that the columns are made of */
  const ct_pair_side *y; /* what the columns are of, and which row of it is the first */
  int64_t first;
  bool both;                      /* columns are anchors too: off the diagonal of one set */
  void *to_columns;               /* their gradient, laid out as y; NULL: not wanted */
  double *to_columns_weight;      /* [y->padded] */
  bool fresh_rows, fresh_columns; /* the first to write their gradient */
  char *scratch;                  /* SCRATCH elements of the compute type, this thread's */
  ct_pair_clock *clock;           /* this thread's */
  char *row_share, *column_share; /* sheets of a refinement, this thread's (pair_shares.h) */
  int32_t *nearest;     /* [rows, LARGEST_BLOCK] which vector of its class each column is */
  weight_list lists[2]; /* of rows and of columns, this thread's */
  char *kept;           /* [rows, kept_stride] similarities or slopes to keep, or NULL */
  int64_t kept_stride;
  ct_pair_note *note;      /* [CT_KINDS], or NULL */
  const struct tile *next; /* this thread's, if there is one and it is known */
} tile;

/* Of a tile's similarities that are kept. What follows them may be read (ct_pair_run), but is not
 * that of a tile that another thread may write. */
static int64_t kept_elements(const shape *s) { return s->height * s->width + 16; }

/* Of tile `number`, counted along the rows' blocks (one set: from the diagonal on). */
static void place_kept(const pass *p, tile *t, int64_t number) {
  const shape *s = &p->shape;
  size_t real = ct_dtype_size(p->stream->dtype);
  if (p->stream->noted) t->note = p->stream->noted[number];
  if (number >= p->stream->kept_tiles) return;
  t->kept = (char *)p->stream->kept + (size_t)(number * kept_elements(s)) * real;
  t->kept_stride = s->width;
}

/* Scratch: the tile's similarities or weights; per kind the rows' and the columns' largest
 * coordinates; per kind the columns' sums, terms and counts of terms. A row is a cache line longer
 * than the block: rows a power of two apart would share few sets of a cache. */
enum {
  SCRATCH_STRIDE = LARGEST_BLOCK + 16,
  SCRATCH_REACH = LARGEST_BLOCK * SCRATCH_STRIDE,
  SCRATCH_SUMS = SCRATCH_REACH + CT_KINDS * 2 * LARGEST_BLOCK,
  SCRATCH = SCRATCH_SUMS + CT_KINDS * 3 * LARGEST_BLOCK
};

static int64_t up_to_tile(int64_t rows) { return up_to(CT_TILE_ROWS, rows); }

const ct_pair_kernel_set *ct_pair_kernels_of(const ct_loss_rule *rule) {
#define ROW(loss)                                                                                  \
  if (rule == &ct_loss_rules[ct_loss_##loss]) return CT_ISA_SELECT(ct_##loss##_kernels);
  CT_LOSS_FAMILY(ROW)
#undef ROW
  return NULL;
}

/* Whether the rows of a tile meet themselves. */
static bool is_diagonal(const pass *p, const tile *t) { return !p->stream->columns && !t->both; }

/* How many of a tile's rows from the i-th on, up to `end`, have the same negatives in it: those of
 * one label, or a number of labels that the columns have none of. */
static int64_t rows_alike(const pass *p, const tile *t, int64_t i, int64_t end) {
  const int64_t *first = p->stream->rows->first + t->row, *last = p->stream->rows->last + t->row;
  const int64_t low = t->column, high = t->column + t->columns;
  int64_t to = i + 1;
  if (is_mixed(p->stream)) return end - i;
  if (last[i] <= low || first[i] >= high || first[i] == last[i])
    while (to < end && (last[to] <= low || first[to] >= high || first[to] == last[to])) to++;
  else
    while (to < end && first[to] == first[i] && last[to] == last[i]) to++;
  return to - i;
}

/* Whether rows and columns of a tile have a label in common, or may have. */
static bool has_positives(const pass *p, const tile *t) {
  const ct_pair_side *x = p->stream->rows;
  if (is_mixed(p->stream)) return true;
  return x->first[t->row] < t->column + t->columns && x->last[t->row + t->rows - 1] > t->column;
}

/* The kinds of pairs that may be in a tile are those below this one. */
static int kinds_of(const pass *p, const tile *t) {
  return has_positives(p, t) ? CT_POSITIVE + 1 : CT_NEGATIVE + 1;
}

/* Whether an anchor has pairs of the kind among rows or columns low..high-1. */
static bool has_pairs(const pass *p, int64_t anchor, int kind, int64_t low, int64_t high) {
  const int64_t first = p->stream->rows->first[anchor], last = p->stream->rows->last[anchor];
  int64_t positives = smaller(last, high) - (first > low ? first : low);
  if (positives < 0) positives = 0;
  int64_t negatives = high - low - positives;
  if (!p->stream->columns && anchor >= low && anchor < high)
    anchor >= first &&anchor < last ? positives-- : negatives--;
  return (kind == CT_POSITIVE ? positives : negatives) > 0;
}

/* Rows from..from+rows-1 of a tile, and the runs that each of them has. */
typedef void visit_runs(const pass *p, const tile *t, int64_t row, int64_t rows, const run *r,
                        void *context);

/* Visits all pairs of the tile's rows from..to-1, many rows at a time, and with the positives rows
 * that meet themselves. */
static void each_run(const pass *p, const tile *t, int64_t from, int64_t to, visit_runs *visit,
                     void *context) {
  const int64_t low = t->column, high = t->column + t->columns;
  run runs[4];
  for (int64_t i = from, rows; i < to; i += rows) {
    int64_t row = t->row + i, last = p->stream->rows->last[row];
    int count = runs_without(p->stream, row, last, last, low, high, runs);
    rows = rows_alike(p, t, i, to);
    for (int k = 0; k < count; k++) visit(p, t, i, rows, &runs[k], context);
  }
}

#define TRIPLETS CT_ISA_SELECT(ct_triplet_kernels)

static double triplet_far(const pass *p, double s) {
  return p->stream->variant == CT_MEASURE_DISTANCE ? ct_distance_of(s) : -s;
}

static double triplet_slope(const pass *p, double s) {
  return p->stream->variant == CT_MEASURE_DISTANCE ? ct_distance_slope(s) : -1;
}

#include "cpu/pair_hardest.h"
#include "cpu/pair_diagnose.h"

#define REAL    float
#define NAME(x) x##_f32
#define TILES   (&CT_ISA_SELECT(ct_tile_kernels)->f32)
#define PAIRS   (&ct_pair_kernels_of(p->stream->rule)->f32)
#include "cpu/pair_tile.h"
#undef REAL
#undef NAME
#undef TILES
#undef PAIRS

#define REAL    double
#define NAME(x) x##_f64
#define TILES   (&CT_ISA_SELECT(ct_tile_kernels)->f64)
#define PAIRS   (&ct_pair_kernels_of(p->stream->rule)->f64)
#include "cpu/pair_tile.h"

static void run_tile(const pass *p, const tile *t) {
  if ((p->coupling || p->list) && !has_positives(p, t)) return;
  if (p->stream->dtype == CT_FLOAT)
    p->choose     ? tile_choose_f32(p, t)
    : p->list     ? tile_list_f32(p, t)
    : p->coupling ? tile_couple_f32(p, t)
    : p->gradient ? tile_gradient_f32(p, t)
                  : tile_sums_f32(p, t);
  else
    p->choose     ? tile_choose_f64(p, t)
    : p->list     ? tile_list_f64(p, t)
    : p->coupling ? tile_couple_f64(p, t)
    : p->gradient ? tile_gradient_f64(p, t)
                  : tile_sums_f64(p, t);
  ct_pair_turn(t->clock, p->gradient ? CT_WORK_GRADIENT : CT_WORK_SUMS);
}

void ct_pair_stream_tiles(const ct_pair_stream *stream, int64_t *tiles, int64_t *elements) {
  shape s = shape_of(stream);
  *tiles = s.row_blocks * (s.column_blocks ? s.column_blocks : s.row_blocks + 1);
  if (!s.column_blocks) *tiles /= 2;
  *elements = kept_elements(&s);
}

/* A thread's room: scratch; where pairs are dropped, the lists; where classes have several vectors,
 * the nearest; of a refinement, two sheets of shares; of two sets, a block of columns. */
typedef struct room {
  size_t lists, nearest, shares, block, end; /* where they begin, in bytes */
} room;

enum { SHEET = LARGEST_BLOCK * SCRATCH_STRIDE };

static size_t to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t packed_bytes(const pass *p) {
  size_t real = ct_dtype_size(p->stream->dtype);
  return (size_t)(ct_tile_pitch(p->shape.width) * up_to(CT_TILE_ROWS, p->stream->dim)) * real;
}

static room room_of(const pass *p) {
  size_t real = ct_dtype_size(p->stream->dtype), width = (size_t)p->shape.width;
  size_t integers = LARGEST_BLOCK + MOST_LISTED + 2;
  size_t lists = 2 * ((MOST_LISTED + 1) * real + integers * sizeof(int32_t));
  size_t block = 3 * to_line(packed_bytes(p)) + to_line(width * real) +
                 2 * to_line(width * sizeof(double)) + 2 * (size_t)p->stream->dim * real;
  room r = {.lists = to_line(SCRATCH * real)};
  r.nearest = r.lists + (p->factors && p->factors->cut[0] ? to_line(lists) : 0);
  r.shares =
      r.nearest + (p->stream->centres > 1 ? LARGEST_BLOCK * LARGEST_BLOCK * sizeof(int32_t) : 0);
  r.block = r.shares + (p->stream->refinement ? 2 * to_line(SHEET * real) : 0);
  r.end = r.block + (p->stream->columns ? to_line(block) : 0);
  return r;
}

static void place_lists(const pass *p, tile *t) {
  size_t real = ct_dtype_size(p->stream->dtype);
  char *at = t->scratch + room_of(p).lists;
  t->row_share = t->scratch + room_of(p).shares;
  t->column_share = t->row_share + to_line(SHEET * real);
  if (!p->factors || !p->factors->cut[0]) return;
  for (int k = 0; k < 2; k++, at += (MOST_LISTED + 1) * real) t->lists[k].value = at;
  for (int k = 0; k < 2; k++, at += (LARGEST_BLOCK + MOST_LISTED + 2) * sizeof(int32_t)) {
    t->lists[k].start = (int32_t *)(void *)at;
    t->lists[k].index = t->lists[k].start + LARGEST_BLOCK + 1;
  }
}

static ct_pair_block place_block(const pass *p, char *at) {
  size_t real = ct_dtype_size(p->stream->dtype), width = (size_t)p->shape.width;
  size_t packed = to_line(packed_bytes(p)), norms = to_line(width * sizeof(double));
  ct_pair_block block = {.side = {.by_dim = at, .by_row = at + packed},
                         .gradient = at + 2 * packed};
  at += 3 * packed;
  if (p->stream->columns->half) block.side.half = at;
  at += to_line(width * real);
  block.inverse_norm = (double *)(void *)at;
  block.weight = (double *)(void *)(at + norms);
  block.row = at + 2 * norms;
  return block;
}

/* What the threads of a pass share: the next tile or block of columns to take, and how many rounds
 * each block of rows is through with. */
typedef struct progress {
  _Atomic int64_t next, *rows;
} progress;

static tile meeting_tile(const pass *p, ct_meeting m, char *mine, ct_pair_clock *clock) {
  const ct_pair_side *x = p->stream->rows;
  const int64_t blocks = p->shape.row_blocks, height = p->shape.height;
  tile t = {.row = m.row * height,
            .column = m.column * height,
            .y = x,
            .first = m.column * height,
            .both = m.row != m.column,
            .fresh_rows = m.round == 0,
            .scratch = mine,
            .clock = clock};
  if (!m.real) return t;
  t.rows = smaller(x->rows - t.row, height);
  t.vectors = t.columns = smaller(x->rows - t.column, height);
  if (t.both && p->gradient) {
    t.to_columns = p->gradient->rows;
    t.to_columns_weight = p->gradient->rows_weight;
  }
  place_lists(p, &t);
  place_kept(p, &t, m.row * blocks - m.row * (m.row - 1) / 2 + (m.column - m.row));
  return t;
}

/* One set against itself. A thread takes its next tile before it begins with one, to know what it
 * will read, if a round has tiles for all to do so; but not of the last ones, for which another may
 * be free. */
static void run_meetings(const pass *p, progress *at, char *mine, ct_pair_clock *clock) {
  const int64_t blocks = p->shape.row_blocks, all = ct_meetings(blocks);
  const int64_t two_each = 2 * omp_get_num_threads();
  const int64_t looks_ahead = blocks / 2 >= two_each ? all - two_each : 0;
  for (int64_t slot = ct_take(&at->next), coming = 0; slot < all;
       slot = coming ? coming : ct_take(&at->next)) {
    coming = slot < looks_ahead ? ct_take(&at->next) : 0;
    const ct_meeting m = ct_meeting_at(blocks, slot), n = ct_meeting_at(blocks, coming);
    ct_await_meeting(at->rows, m);
    ct_pair_turn(clock, CT_WORK_WAIT);
    if (m.real && !ct_interrupted()) {
      tile t = meeting_tile(p, m, mine, clock), next = meeting_tile(p, n, mine, clock);
      if (coming && n.real) t.next = &next;
      run_tile(p, &t);
    }
    ct_end_meeting(at->rows, m);
  }
}

/* Block i of rows with block k of columns. */
static tile column_tile(const pass *p, int64_t i, int64_t k, const ct_pair_block *block, char *mine,
                        ct_pair_clock *clock) {
  const shape *s = &p->shape;
  tile t = {.row = i * s->height,
            .rows = smaller(p->stream->rows->rows - i * s->height, s->height),
            .column = k * s->step / p->stream->centres,
            .columns = block->side.rows / p->stream->centres,
            .vectors = block->side.rows,
            .y = &block->side,
            .fresh_rows = k == 0,
            .fresh_columns = i == 0,
            .scratch = mine,
            .clock = clock,
            .nearest = (int32_t *)(void *)(mine + room_of(p).nearest)};
  if (p->gradient && p->gradient->columns) {
    t.to_columns = block->gradient;
    if (p->gradient->columns_weight) t.to_columns_weight = block->weight;
  }
  place_lists(p, &t);
  place_kept(p, &t, k * s->row_blocks + i);
  return t;
}

/* Two sets: blocks of columns go past all blocks of rows, one behind the other. */
static void run_columns(const pass *p, progress *at, char *mine, ct_pair_clock *clock) {
  const ct_pair_columns *columns = p->stream->columns;
  const shape *s = &p->shape;
  ct_pair_block block = place_block(p, mine + room_of(p).block);
  void *by_row = block.side.by_row;
  bool unload = p->gradient && p->gradient->columns;
  bool weigh = unload && p->gradient->columns_weight;
  for (int64_t k; (k = ct_take(&at->next)) < s->column_blocks;) {
    int64_t from = k * s->step;
    block.side.rows = smaller(columns->rows - from, s->step);
    block.side.padded = up_to_tile(block.side.rows);
    block.side.pitch = ct_tile_pitch(block.side.padded);
    /* Only similarities are made from rows one after other. */
    bool kept = p->gradient && (k + 1) * s->row_blocks <= p->stream->kept_tiles;
    block.side.by_row = kept ? NULL : by_row;
    if (!ct_interrupted()) columns->load(columns->source, from, &block);
    if (unload && s->row_blocks == 0) memset(block.gradient, 0, packed_bytes(p));
    if (weigh) memset(block.weight, 0, (size_t)block.side.padded * sizeof *block.weight);
    ct_pair_turn(clock, CT_WORK_ROWS);
    for (int64_t i = 0; i < s->row_blocks; i++) {
      const bool more = i + 1 < s->row_blocks;
      tile t = column_tile(p, i, k, &block, mine, clock);
      tile next = column_tile(p, more ? i + 1 : i, k, &block, mine, clock);
      if (more) t.next = &next;
      ct_await(&at->rows[i], k);
      ct_pair_turn(clock, CT_WORK_WAIT);
      if (!ct_interrupted()) run_tile(p, &t);
      ct_advance(&at->rows[i], k + 1);
    }
    if (unload && !ct_interrupted()) columns->unload(columns->source, from, &block);
    ct_pair_turn(clock, CT_WORK_ROWS);
  }
}

static bool clocks_run;
static double all_spent[CT_WORKS];

void ct_pair_clocks(bool on) {
  clocks_run = on;
  if (on) memset(all_spent, 0, sizeof all_spent);
}

void ct_pair_spent(double spent[CT_WORKS]) { memcpy(spent, all_spent, sizeof all_spent); }

static ct_pair_clock start_clock(void) {
  ct_pair_clock clock = {.runs = clocks_run};
  if (clock.runs) clock.last = ct_pair_now();
  return clock;
}

static void stop_clock(const ct_pair_clock *clock) {
  if (!clock->runs) return;
#pragma omp critical(circlet_pair_clock)
  for (int k = 0; k < CT_WORKS; k++) all_spent[k] += clock->spent[k];
}

static ct_status run_pass(const pass *p, const char *what, ct_error *error) {
  const shape *s = &p->shape;
  bool across = p->stream->columns != NULL;
  int64_t blocks = across ? s->row_blocks : ct_players(s->row_blocks), work;
  int64_t abreast = across ? smaller(s->row_blocks, s->column_blocks) : (s->row_blocks + 1) / 2;
  int64_t tiles, elements;
  ct_pair_stream_tiles(p->stream, &tiles, &elements);
  /* A pair is worth waking threads for by its exponentials and by its products. */
  if (!ct_size_mul(tiles, elements * (32 + p->stream->dim) / 64, &work)) work = INT64_MAX;
  int threads = abreast <= 1 ? 1 : ct_threads_for(work);
  if (threads > 1 && threads > abreast) threads = (int)abreast;
  char *rooms = NULL;
  progress at = {0};
  size_t each = room_of(p).end;
  CT_TRY(ct_alloc(&at.rows, blocks, sizeof *at.rows, what, error));
  ct_status status = ct_alloc(&rooms, threads, each, what, error);
  if (status == CT_OK) {
    memset((void *)at.rows, 0, (size_t)blocks * sizeof *at.rows);
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
      char *mine = rooms + each * (size_t)omp_get_thread_num();
      ct_pair_clock clock = start_clock();
      across ? run_columns(p, &at, mine, &clock) : run_meetings(p, &at, mine, &clock);
      stop_clock(&clock);
    }
    if (ct_interrupted()) status = ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", what);
  }
  ct_free(rooms);
  ct_free((void *)at.rows);
  return status;
}

ct_status ct_pair_stream_sums(const ct_pair_stream *stream, const ct_pair_sums sums[CT_KINDS],
                              ct_error *error) {
  pass p = {.stream = stream, .shape = shape_of(stream), .sums = sums};
  return run_pass(&p, "pair-wise loss", error);
}

ct_status ct_pair_stream_choose(const ct_pair_stream *stream, ct_error *error) {
  pass p = {.stream = stream, .shape = shape_of(stream), .choose = true};
  CT_TRY(run_pass(&p, "hardest negatives", error));
  close_heaps(stream->refinement, stream->rows->rows);
  return CT_OK;
}

ct_status ct_pair_stream_couple(const ct_pair_stream *stream, const ct_pair_coupling *coupling,
                                ct_error *error) {
  pass p = {.stream = stream, .shape = shape_of(stream), .coupling = coupling};
  return run_pass(&p, "pair-wise loss", error);
}

ct_status ct_pair_stream_list(const ct_pair_stream *stream, ct_error *error) {
  pass p = {.stream = stream, .shape = shape_of(stream), .list = true};
  return run_pass(&p, "pair-wise loss", error);
}

ct_status ct_pair_stream_gradient(const ct_pair_stream *stream, const ct_pair_factors *factors,
                                  const ct_pair_gradient *gradient, ct_error *error) {
  pass p = {.stream = stream, .shape = shape_of(stream), .factors = factors, .gradient = gradient};
  return run_pass(&p, "gradient of the pair-wise loss", error);
}
