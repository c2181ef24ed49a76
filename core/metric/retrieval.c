/* Retrieval, a block of queries at a time.
 *
 * References are packed once, sorted by label, so the relevant ones of a query are one range of
 * columns (with cameras, those of one camera a range within it). A thread takes a block of queries,
 * computes its similarities with all references and ranks each query; the ranks of its relevant
 * references give every measure. One set against itself is ranked with every pair computed once
 * (mutual.h), where that has room and similarities are the same from both ends. A query's values
 * depend on no other query and are summed in the order of queries, so the number of threads changes
 * nothing. */
#include "metric/retrieval.h"
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/retrieval.h"
#include "metric/labels.h"
#include "metric/mutual.h"

/* The measures of one query; first = rank of the first relevant reference, 0 for a lone query. */
typedef struct score {
  double r_precision, map_at_r, map, inp;
  int64_t first;
} score;

typedef struct job {
  const char *function;
  int64_t queries, references, block;
  int64_t most_relevant; /* references under one label */
  bool leave_one_out, full_ranking;
  ct_packed query, reference;
  int64_t *q_label, *q_camera; /* [queries]; q_camera NULL without cameras */
  int64_t *label, *camera;     /* [references], sorted by label, then camera */
  int32_t *position;           /* [references]: the user's index of each column */
  int32_t *column;             /* [references]: its inverse */
  score *scores;               /* [queries] */
  ct_ranking *mutual; /* [references] of each column; NULL: queries are ranked one by one */
  ct_rerank *rerank;  /* NULL: none */
  char *room;         /* [threads][room_bytes] */
  int64_t room_bytes;
} job;

static void release(job *j) {
  void *owned[] = {j->q_label, j->q_camera, j->label,  j->camera, j->position,
                   j->column,  j->scores,   j->mutual, j->room};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
  ct_packed_release(&j->query);
  ct_packed_release(&j->reference);
}

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/* Preparation */

static ct_status read_labels(job *j, const ct_labelled *queries, const ct_labelled *references,
                             ct_error *error) {
  const char *f = j->function;
  bool lone = j->leave_one_out;
  CT_TRY(ct_read_labels(&j->q_label, queries->labels, j->queries, f, "labels", error));
  CT_TRY(ct_read_labels(&j->label, references->labels, j->references, f,
                        lone ? "labels" : "reference labels", error));
  if (!queries->cameras) return CT_OK;
  CT_TRY(ct_read_labels(&j->q_camera, queries->cameras, j->queries, f, "cameras", error));
  return ct_read_labels(&j->camera, references->cameras, j->references, f,
                        lone ? "cameras" : "reference cameras", error);
}

/* Sorts by camera first: the sort by label that follows keeps the order of equal labels. */
static ct_status sort_references(job *j, ct_error *error) {
  int64_t n = j->references, *spare = NULL, *camera = NULL;
  int32_t *by_camera = NULL;
  CT_TRY(ct_alloc(&j->position, n, sizeof *j->position, j->function, error));
  CT_TRY(ct_alloc(&j->column, n, sizeof *j->column, j->function, error));
  ct_status status = ct_alloc(&spare, n, sizeof *spare, j->function, error);
  if (j->camera) {
    if (status == CT_OK) status = ct_alloc(&by_camera, n, sizeof *by_camera, j->function, error);
    if (status == CT_OK) status = ct_alloc(&camera, n, sizeof *camera, j->function, error);
  }
  if (status == CT_OK && j->camera) {
    ct_sort_labels(j->camera, by_camera, spare, j->column, n);
    for (int64_t i = 0; i < n; i++) spare[i] = j->label[by_camera[i]];
    memcpy(j->label, spare, (size_t)n * sizeof *spare);
    memcpy(camera, j->camera, (size_t)n * sizeof *camera);
  }
  if (status == CT_OK) ct_sort_labels(j->label, j->position, spare, j->column, n);
  for (int64_t c = 0; status == CT_OK && j->camera && c < n; c++) {
    j->camera[c] = camera[j->position[c]];
    j->position[c] = by_camera[j->position[c]];
  }
  ct_free(spare);
  ct_free(camera);
  ct_free(by_camera);
  return status;
}

static ct_status group_references(job *j, ct_error *error) {
  CT_TRY(sort_references(j, error));
  for (int64_t c = 0, begin = 0; c < j->references; c++) {
    j->column[j->position[c]] = (int32_t)c;
    if (j->label[c] != j->label[begin]) begin = c;
    if (c + 1 - begin > j->most_relevant) j->most_relevant = c + 1 - begin;
  }
  return CT_OK;
}

/* What query q ranks: the columns with its label are relevant but for itself, or for those that
 * its own camera took. */
static ct_ranking ranking_of(const job *j, int64_t q) {
  int64_t n = j->references, label = j->q_label[q];
  ct_ranking g = {.n = n,
                  .begin = ct_count_below(j->label, n, label, false),
                  .end = ct_count_below(j->label, n, label, true),
                  .depth = n,
                  .position = j->position};
  if (j->camera) {
    const int64_t *camera = j->camera + g.begin;
    g.skip = g.begin + ct_count_below(camera, g.end - g.begin, j->q_camera[q], false);
    g.skip_end = g.begin + ct_count_below(camera, g.end - g.begin, j->q_camera[q], true);
  } else {
    g.skip = j->leave_one_out ? j->column[q] : g.begin;
    g.skip_end = g.skip + j->leave_one_out;
  }
  if (!j->full_ranking) g.depth = g.end - g.begin - (g.skip_end - g.skip);
  return g;
}

/* Sets `mutual` where all columns can be ranked at once. */
static ct_status try_mutual(job *j, const ct_retrieval_options *options, ct_dtype dtype,
                            ct_error *error) {
  bool symmetric = options->similarity != CT_SIMILARITY_EUCLIDEAN && !options->rerank;
  if (!j->leave_one_out || !symmetric || options->block) return CT_OK;
  CT_TRY(ct_alloc(&j->mutual, j->references, sizeof *j->mutual, j->function, error));
  for (int64_t c = 0; c < j->references; c++) j->mutual[c] = ranking_of(j, j->position[c]);
  if (ct_mutual_fits(j->mutual, j->references, (int64_t)ct_dtype_size(dtype))) return CT_OK;
  ct_free(j->mutual);
  j->mutual = NULL;
  return CT_OK;
}

/* Every tile reads all references, which come from memory where they exceed the caches: the more
 * queries meet them at once, the less that costs. By itself a tile takes up to 96 queries, of which
 * every thread gets some tiles, and all tiles together 128 MiB. */
static void choose_block(job *j, int64_t wanted) {
  enum { MOST = 8 * CT_TILE_ROWS, ROOM = 128 << 20, TILES_EACH = 4 };
  int64_t threads = ct_threads(),
          row = j->reference.places * (int64_t)ct_dtype_size(j->query.dtype);
  int64_t most = round_up(j->queries, CT_TILE_ROWS);
  if (wanted == 0) {
    int64_t fit = ROOM / threads / row, share = j->queries / (threads * TILES_EACH);
    wanted = fit < share ? fit : share;
    wanted = wanted < CT_TILE_ROWS ? CT_TILE_ROWS : wanted < MOST ? wanted : MOST;
    wanted -= wanted % CT_TILE_ROWS;
  }
  j->block = wanted < most ? round_up(wanted, CT_TILE_ROWS) : most;
}

static ct_status prepare(job *j, const ct_labelled *queries, const ct_labelled *references,
                         const ct_retrieval_options *options, ct_error *error) {
  const char *q_name = references ? "queries" : "embeddings", *f = options->function;
  j->function = f;
  CT_TRY(ct_check_rows(queries->rows, f, q_name, error));
  if (references) CT_TRY(ct_check_references(queries->rows, references->rows, f, error));
  j->leave_one_out = !references;
  j->full_ranking = options->full_ranking;
  if (!references) references = queries;
  j->queries = ct_row_count(queries->rows);
  j->references = ct_row_count(references->rows);
  CT_TRY(read_labels(j, queries, references, error));
  CT_TRY(group_references(j, error));
  CT_TRY(ct_alloc(&j->scores, j->queries, sizeof *j->scores, f, error));
  if (j->queries) memset(j->scores, 0, (size_t)j->queries * sizeof *j->scores);
  if (j->queries == 0 || j->references == 0) return CT_OK;

  CT_TRY(try_mutual(j, options, queries->rows->dtype, error));
  ct_row_layout as_query = {options->similarity, false, j->mutual ? j->position : NULL};
  ct_row_layout as_reference = {options->similarity, true, j->position};
  CT_TRY(ct_pack(&j->query, queries->rows, &as_query, f, q_name, error));
  CT_TRY(ct_pack(&j->reference, references->rows, &as_reference, f, "references", error));
  choose_block(j, options->block);
  return ct_check_range(&j->query, &j->reference, options->similarity, f, error);
}

typedef struct desk {
  void *tile;
  ct_rank_room room;
  void *overlap;    /* of ct_rerank_row */
  double *distance; /* [references], re-ranked */
} desk;

/* One thread's working memory, cut from a single block of room_bytes. Called with base NULL it only
 * measures. */
static int64_t cut_room(const job *j, char *base, desk *d) {
  ct_rank_room *room = &d->room;
  int64_t again = j->rerank ? ct_rerank_room(j->rerank) : 0,
          element = (int64_t)ct_dtype_size(j->query.dtype), most = j->most_relevant + 1;
  const struct {
    void **pointer;
    int64_t bytes;
  } part[] = {
      {&d->tile, j->block * j->reference.places * element},
      {&room->value, most * element},
      {&room->value_spare, most * element},
      {(void **)&room->place, most * 4},
      {(void **)&room->place_spare, most * 4},
      {(void **)&room->start, (ct_rank_buckets(most) + 3) * 4},
      {(void **)&room->ahead, most * 4},
      {(void **)&room->bucket, j->references * 4},
      {(void **)&room->kept, (j->references + 1) * 4},
      {&d->overlap, again},
      {(void **)&d->distance, again ? j->references * (int64_t)sizeof(double) : 0},
  };
  int64_t used = 0;
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
    if (base) *part[i].pointer = base + used;
    used += round_up(part[i].bytes, 64);
  }
  return used;
}

/* Ranking */

/* `ahead` as ct_retrieval_kernels.rank leaves it. */
static score measure(const int32_t *ahead, int64_t relevant) {
  score s = {0};
  int64_t found = 0;
  for (int64_t k = 0; k < relevant; k++) {
    int64_t rank = k + 1 + ahead[k];
    double precision = (double)(k + 1) / (double)rank;
    s.map += precision;
    if (rank > relevant) continue;
    s.map_at_r += precision;
    found++;
  }
  s.r_precision = (double)found / (double)relevant;
  s.map_at_r /= (double)relevant;
  s.map /= (double)relevant;
  s.first = 1 + ahead[0];
  s.inp = (double)relevant / (double)(relevant + ahead[relevant - 1]);
  return s;
}

/* Similarities of query q become negative re-ranked distances. */
static void rerank_row(const job *j, int64_t q, void *row, const desk *d) {
  ct_rerank_row(d->distance, j->rerank, q, row, &j->reference, j->position, d->overlap);
  for (int64_t c = 0; c < j->references; c++) {
    if (j->reference.dtype == CT_FLOAT)
      ((float *)row)[c] = -(float)d->distance[c];
    else
      ((double *)row)[c] = -d->distance[c];
  }
}

static void rank_block(const job *j, const ct_retrieval_kernels *kernels, int64_t first, desk *d) {
  int64_t rows = j->queries - first < j->block ? j->queries - first : j->block;
  size_t element = ct_dtype_size(j->query.dtype);
  kernels->products(d->tile, (char *)j->query.data + (size_t)(first * j->query.depth) * element,
                    j->reference.data, round_up(rows, CT_TILE_ROWS), j->reference.panels,
                    j->query.depth);
  for (int64_t i = 0; i < rows && !ct_interrupted(); i++) {
    ct_ranking ranking = ranking_of(j, first + i);
    char *row = (char *)d->tile + (size_t)(i * j->reference.places) * element;
    if (j->rerank) rerank_row(j, first + i, row, d);
    int64_t relevant = kernels->rank(&d->room, row, &ranking);
    if (relevant > 0) j->scores[first + i] = measure(d->room.ahead, relevant);
  }
}

static void take(void *context, int64_t column, const int32_t *ahead, int64_t relevant) {
  const job *j = context;
  j->scores[j->position[column]] = measure(ahead, relevant);
}

static ct_status rank_all(job *j, ct_error *error) {
  if (j->mutual) {
    ct_mutual all = {.function = j->function,
                     .rows = &j->query,
                     .panels = &j->reference,
                     .ranking = j->mutual,
                     .full = j->full_ranking,
                     .take = take,
                     .context = j};
    return ct_mutual_rank(&all, error);
  }
  const ct_retrieval_kernels *kernels = j->query.dtype == CT_FLOAT
                                            ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                            : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  int64_t blocks = (j->queries + j->block - 1) / j->block;
  int threads = ct_threads_for(j->queries * j->references), worker = 0;
  if (threads > blocks) threads = (int)blocks;
  j->room_bytes = cut_room(j, NULL, &(desk){0});
  int64_t bytes;
  if (!ct_size_mul(threads, j->room_bytes, &bytes))
    return ct_fail(error, CT_ENOMEM, "%s: the tiles exceed the address space", j->function);
  CT_TRY(ct_alloc(&j->room, bytes, 1, j->function, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    desk d;
    char *base;
#pragma omp critical(ct_retrieval)
    base = j->room + worker++ * j->room_bytes;
    cut_room(j, base, &d);
    if (j->rerank) memset(d.overlap, 0, (size_t)ct_rerank_room(j->rerank));
#pragma omp for schedule(dynamic)
    for (int64_t b = 0; b < blocks; b++)
      if (!ct_interrupted()) rank_block(j, kernels, b * j->block, &d);
  }
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", j->function) : CT_OK;
}

static void summarise(ct_retrieval_result *out, const job *j, const ct_retrieval_options *options) {
  int64_t counted = 0;
  double r_precision = 0, map_at_r = 0, map = 0, mrr = 0, inp = 0;
  for (int k = 0; k < options->cutoffs; k++) out->recall[k] = 0;
  for (int64_t q = 0; q < j->queries; q++) {
    const score *s = &j->scores[q];
    if (s->first == 0) continue;
    counted++;
    r_precision += s->r_precision;
    map_at_r += s->map_at_r;
    map += s->map;
    mrr += 1 / (double)s->first;
    inp += s->inp;
    for (int k = 0; k < options->cutoffs; k++) out->recall[k] += s->first <= options->cutoff[k];
  }
  double n = (double)counted; /* 0 queries: 0/0, a NaN that shows */
  for (int k = 0; k < options->cutoffs; k++) out->recall[k] /= n;
  out->r_precision = r_precision / n;
  out->map_at_r = map_at_r / n;
  out->map = options->full_ranking ? map / n : NAN;
  out->mrr = mrr / n;
  out->minp = options->full_ranking ? inp / n : NAN;
  out->n_queries = counted;
  out->n_lone = j->queries - counted;
}

ct_status ct_retrieval(ct_retrieval_result *out, const ct_labelled *queries,
                       const ct_labelled *references, const ct_retrieval_options *options,
                       ct_error *error) {
  job j = {0};
  ct_rerank rerank = {0};
  ct_status status = prepare(&j, queries, references, options, error);
  if (status == CT_OK && options->rerank && j.queries && j.references) {
    status = ct_rerank_new(&rerank, queries->rows, references ? references->rows : NULL,
                           options->similarity, options->rerank, options->function, error);
    j.rerank = &rerank;
  }
  if (status == CT_OK && j.queries && j.references) status = rank_all(&j, error);
  if (status == CT_OK) summarise(out, &j, options);
  release(&j);
  ct_rerank_release(&rerank);
  return status;
}
