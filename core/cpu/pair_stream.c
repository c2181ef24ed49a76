/* The streaming driver: blocks of rows in parallel, tiles of columns in order inside a block.
 *
 * A block belongs to one thread from its first tile to its last, and the cuts depend on sizes
 * alone, so the result has the same bits for every number of threads. Scratch per thread is one
 * tile of similarities and one block of gradient; nothing grows with B x B.
 *
 * Per tile: similarities by one matrix product; each row's similarities fall into at most four runs
 * (negatives before, positives up to itself, positives after itself, negatives behind), because
 * both sides are sorted by label; the runs go to the loss's inner loops. */
#include "cpu/pair.h"
#include <omp.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/gemm.h"

enum { TILE_COLUMNS = 512, SMALLEST_BLOCK = 32, LARGEST_BLOCK = 256 };

/* About eight blocks for small problems, so that threads have something to share. */
static int64_t block_rows(int64_t rows) {
  int64_t block = (rows / 8 + 15) / 16 * 16;
  return block < SMALLEST_BLOCK ? SMALLEST_BLOCK : block > LARGEST_BLOCK ? LARGEST_BLOCK : block;
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
  int64_t split = stream->self ? i : last, rest = stream->self ? i + 1 : last;
  int count = add_run(runs, 0, 0, first, low, high, CT_NEGATIVE);
  count = add_run(runs, count, first, split, low, high, CT_POSITIVE);
  count = add_run(runs, count, rest, last, low, high, CT_POSITIVE);
  return add_run(runs, count, last, stream->columns->rows, low, high, CT_NEGATIVE);
}

typedef struct block {
  int64_t row, rows;       /* the block's rows */
  int64_t column, columns; /* the current tile's columns */
  void *tile;              /* [rows, TILE_COLUMNS] */
  void *gradient;          /* [rows, dim] */
} block;

#define REAL         float
#define NAME(x)      x##_f32
#define GEMM         ct_gemm_tile_f32
#define KERNELS(set) (&(set)->f32)
#include "cpu/pair_block.h"
#undef REAL
#undef NAME
#undef GEMM
#undef KERNELS

#define REAL         double
#define NAME(x)      x##_f64
#define GEMM         ct_gemm_tile_f64
#define KERNELS(set) (&(set)->f64)
#include "cpu/pair_block.h"

/* One pass over all blocks. Without `emit` it is the forward pass, which fills `sums`. */
typedef struct pass {
  const ct_pair_stream *stream;
  const ct_pair_sums *sums;
  const ct_pair_factors *row_factors, *column_factors;
  ct_pair_emit emit;
  void *sink;
} pass;

static void run_block(const pass *p, block *b) {
  bool single = p->stream->dtype == CT_FLOAT;
  if (!p->emit) {
    single ? block_sums_f32(p->stream, b, p->sums) : block_sums_f64(p->stream, b, p->sums);
    return;
  }
  single ? block_gradient_f32(p->stream, b, p->row_factors, p->column_factors)
         : block_gradient_f64(p->stream, b, p->row_factors, p->column_factors);
  if (!ct_interrupted()) p->emit(p->sink, b->row, b->rows, b->gradient);
}

static ct_status run_pass(const pass *p, const char *what, ct_error *error) {
  int64_t rows = p->stream->rows->rows, height = block_rows(rows);
  int64_t blocks = (rows + height - 1) / height, work, tile = height * TILE_COLUMNS, room;
  if (!ct_size_mul(rows, p->stream->columns->rows, &work)) work = INT64_MAX;
  int threads = ct_gemm_threads(blocks <= 1 ? 1 : ct_threads_for(work));
  if (!ct_size_mul(height, p->emit ? p->stream->dim : 0, &room) ||
      !ct_size_add(room, tile, &room) || !ct_size_mul(room, threads, &room))
    room = INT64_MAX;
  char *scratch = NULL;
  size_t element = ct_dtype_size(p->stream->dtype);
  CT_TRY(ct_alloc(&scratch, room, element, what, error));
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
  for (int64_t i = 0; i < blocks; i++) {
    char *mine = scratch + (size_t)(room / threads * omp_get_thread_num()) * element;
    block b = {.row = i * height, .tile = mine, .gradient = mine + (size_t)tile * element};
    b.rows = rows - b.row < height ? rows - b.row : height;
    if (!ct_interrupted()) run_block(p, &b);
  }
  ct_free(scratch);
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", what) : CT_OK;
}

ct_status ct_pair_stream_sums(const ct_pair_stream *stream, const ct_pair_sums sums[CT_KINDS],
                              ct_error *error) {
  pass p = {.stream = stream, .sums = sums};
  return run_pass(&p, "pair-wise loss", error);
}

ct_status ct_pair_stream_gradient(const ct_pair_stream *stream, const ct_pair_factors *row_factors,
                                  const ct_pair_factors *column_factors, ct_pair_emit emit,
                                  void *sink, ct_error *error) {
  pass p = {stream, NULL, row_factors, column_factors, emit, sink};
  return run_pass(&p, "gradient of the pair-wise loss", error);
}
