/* First the similarities of rows of one label, which give every row its levels. Then blocks of rows
 * meet (cpu/pair_schedule.h), and each pair of two labels is counted for both its ends between
 * their levels; a block is in one meeting at a time, so nobody else counts for its rows. Counts are
 * integers: the order of meetings changes nothing. */
#include "metric/mutual.h"
#include <omp.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/pair_schedule.h"

/* Rows that are multiplied at once, and of a block: whole panels and whole groups of rows. */
enum { GROUP = 8 * CT_TILE_ROWS, LARGEST_BLOCK = 5 * GROUP, BLOCKS = 16 };
_Static_assert(GROUP % (CT_PANEL_BYTES / sizeof(float)) == 0, "blocks must be whole panels");

typedef struct mutual {
  const ct_mutual *job;
  const ct_retrieval_kernels *kernels;
  ct_rank_levels levels;
  int64_t rows, block, blocks;
  int64_t most_relevant, widest; /* of a row; columns that a group has labels in common with */
  size_t element;
  char *room; /* of all threads */
} mutual;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t relevant_to(const ct_ranking *g) {
  return g->end - g->begin - (g->skip_end - g->skip);
}

/* Bytes for each level: value, place, ahead and four of start. */
static int64_t level_bytes(int64_t element) { return element + 6 * (int64_t)sizeof(int32_t); }

bool ct_mutual_fits(const ct_ranking *ranking, int64_t rows, int64_t element_bytes) {
  int64_t room = (128 << 20) / level_bytes(element_bytes);
  for (int64_t i = 0; i < rows && room >= 0; i++) room -= relevant_to(&ranking[i]) + 1;
  return room >= 0;
}

static void release(mutual *m) {
  ct_rank_levels *l = &m->levels;
  void *owned[] = {l->at,    l->value, l->least, l->best,  l->scale,  l->limit,
                   l->place, l->ahead, l->start, l->alive, l->recent, m->room};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
}

/* The first and the last column, plus one, of whole panels with labels of rows first..last-1. */
static void labels_of(const mutual *m, int64_t first, int64_t last, int64_t *from, int64_t *to) {
  int64_t width = m->job->panels->width;
  *from = m->job->ranking[first].begin / width * width;
  *to = (m->job->ranking[last - 1].end + width - 1) / width * width;
}

static ct_status set_up(mutual *m, ct_error *error) {
  const char *f = m->job->function;
  ct_rank_levels *l = &m->levels;
  int64_t n = m->rows, element = (int64_t)m->element;
  CT_TRY(ct_alloc(&l->at, n + 1, sizeof *l->at, f, error));
  l->at[0] = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t relevant = relevant_to(&m->job->ranking[i]), from, to;
    l->at[i + 1] = l->at[i] + relevant + 1;
    if (relevant > m->most_relevant) m->most_relevant = relevant;
    if (i % GROUP) continue;
    labels_of(m, i, smaller(i + GROUP, n), &from, &to);
    if (to - from > m->widest) m->widest = to - from;
  }
  const struct {
    void *pointer; /* to a pointer */
    int64_t count, bytes;
  } part[] = {{&l->value, l->at[n], element},
              {&l->least, n, element},
              {&l->best, n, element},
              {&l->scale, n, element},
              {&l->limit, n, element},
              {&l->place, l->at[n], sizeof(int32_t)},
              {&l->ahead, l->at[n], sizeof(int32_t)},
              {&l->start, 4 * l->at[n], sizeof(int32_t)},
              {&l->alive, n, sizeof(int32_t)},
              {&l->recent, n, sizeof(int32_t)}};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++)
    CT_TRY(ct_alloc(part[i].pointer, part[i].count, (size_t)part[i].bytes, f, error));
  l->position = m->job->ranking[0].position;
  l->full = m->job->full;
  int64_t fit = (n / BLOCKS + GROUP - 1) / GROUP * GROUP;
  m->block = fit < GROUP ? GROUP : smaller(fit, LARGEST_BLOCK);
  m->blocks = (n + m->block - 1) / m->block;
  return CT_OK;
}

/* Similarities of the rows from `first` on, a group of them at most, with columns from..to-1, which
 * are whole panels: row after row. */
static void multiply(const mutual *m, void *tile, int64_t first, int64_t from, int64_t to) {
  const ct_packed *rows = m->job->rows, *panels = m->job->panels;
  int64_t depth = rows->depth;
  m->kernels->products(tile, (char *)rows->data + (size_t)(first * depth) * m->element,
                       (char *)panels->data + (size_t)(from * depth) * m->element,
                       smaller(rows->places - first, GROUP), (to - from) / panels->width, depth);
}

static void level_group(mutual *m, int64_t first, char *tile, const ct_rank_room *room) {
  int64_t last = smaller(first + GROUP, m->rows), from, to;
  labels_of(m, first, last, &from, &to);
  multiply(m, tile, first, from, to);
  for (int64_t i = first; i < last && !ct_interrupted(); i++) {
    const ct_ranking *g = &m->job->ranking[i];
    int64_t at = (i - first) * (to - from) + g->begin - from;
    m->kernels->level(&m->levels, i, tile + at * (int64_t)m->element, g, room);
  }
}

static void meet_blocks(mutual *m, int64_t row, int64_t column, char *tile) {
  int64_t width = m->job->panels->width, last = smaller(row + m->block, m->rows);
  int64_t columns = smaller(m->block, m->rows - column);
  for (int64_t i = row; i < last && !ct_interrupted(); i += GROUP) {
    /* On the diagonal, what is left of the group has been met. */
    int64_t from = row == column ? i : column, to = column + columns;
    ct_rank_tile t = {.s = tile, .row = i, .rows = smaller(GROUP, last - i), .column = from};
    t.columns = to - from;
    t.stride = (t.columns + width - 1) / width * width;
    multiply(m, tile, i, from, from + t.stride);
    if (!ct_interrupted()) m->kernels->meet(&m->levels, &t, m->job->ranking);
  }
}

static void hand_over(mutual *m, int64_t row) {
  int64_t at = m->levels.at[row], relevant = m->levels.at[row + 1] - at - 1;
  int32_t *ahead = m->levels.ahead + at;
  if (relevant == 0) return;
  for (int64_t k = 1; k < relevant; k++) ahead[k] += ahead[k - 1];
  m->job->take(m->job->context, row, ahead, relevant);
}

static int64_t to_line(int64_t bytes) { return (bytes + 63) / 64 * 64; }

static ct_status run(mutual *m, ct_error *error) {
  const char *f = m->job->function;
  int64_t element = (int64_t)m->element, widest = m->widest > m->block ? m->widest : m->block;
  int64_t tile = to_line(GROUP * widest * element), values = to_line(m->most_relevant * element);
  int64_t each = tile + values + to_line(m->most_relevant * (int64_t)sizeof(int32_t));
  int threads = ct_threads_for(m->rows * m->rows);
  if (threads > m->blocks) threads = (int)m->blocks;
  _Atomic int64_t next = 0, *done = NULL;
  CT_TRY(ct_alloc(&m->room, threads, (size_t)each, f, error));
  CT_TRY(ct_alloc(&done, ct_players(m->blocks), sizeof *done, f, error));
  memset((void *)done, 0, (size_t)ct_players(m->blocks) * sizeof *done);
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    char *mine = m->room + each * omp_get_thread_num();
    ct_rank_room room = {.value_spare = mine + tile,
                         .place_spare = (int32_t *)(void *)(mine + tile + values)};
#pragma omp for schedule(dynamic)
    for (int64_t i = 0; i < m->rows; i += GROUP)
      if (!ct_interrupted()) level_group(m, i, mine, &room);
    for (int64_t slot; (slot = ct_take(&next)) < ct_meetings(m->blocks);) {
      ct_meeting pair = ct_meeting_at(m->blocks, slot);
      ct_await_meeting(done, pair);
      if (pair.real) meet_blocks(m, pair.row * m->block, pair.column * m->block, mine);
      ct_end_meeting(done, pair);
    }
#pragma omp barrier
#pragma omp for schedule(static)
    for (int64_t i = 0; i < m->rows; i++)
      if (!ct_interrupted()) hand_over(m, i);
  }
  ct_free((void *)done);
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", f) : CT_OK;
}

ct_status ct_mutual_rank(const ct_mutual *job, ct_error *error) {
  mutual m = {.job = job, .rows = job->rows->rows, .element = ct_dtype_size(job->rows->dtype)};
  m.kernels = job->rows->dtype == CT_FLOAT ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                           : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  ct_status status = set_up(&m, error);
  if (status == CT_OK) status = run(&m, error);
  release(&m);
  return status;
}
