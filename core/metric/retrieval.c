/* Retrieval, a block of queries at a time.
 *
 * References are packed once, sorted by label, so the relevant ones of a query are one range of
 * columns. A thread takes a block of queries, computes its similarities with all references and
 * ranks each query; the ranks of its relevant references give every measure. A query's values
 * depend on no other query and are summed in the order of queries, so the number of threads changes
 * nothing. */
#include "metric/retrieval.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/retrieval.h"
#include "metric/rows.h"
#include "ops/copy.h"

/* The measures of one query; first = rank of the first relevant reference, 0 for a lone query. */
typedef struct score {
  double r_precision, map_at_r, map;
  int64_t first;
} score;

typedef struct job {
  ct_dtype dtype; /* of the similarities */
  int64_t queries, references, depth, panels, width, block;
  int64_t most_relevant; /* references under one label */
  bool leave_one_out, full_ranking;
  void *query;       /* [queries rounded up to whole blocks, depth] */
  void *panel;       /* [panels][depth][width] */
  int64_t *q_label;  /* [queries] */
  int64_t *label;    /* [references], sorted */
  int32_t *position; /* [references]: the user's index of each column */
  int32_t *column;   /* [references]: its inverse */
  score *scores;     /* [queries] */
  char *room;        /* [threads][room_bytes] */
  int64_t room_bytes;
} job;

static void release(job *j) {
  void *owned[] = {j->query,    j->panel,  j->q_label, j->label,
                   j->position, j->column, j->scores,  j->room};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
}

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/* Checks */

static ct_status check_rows(const ct_tensor *t, const char *what, ct_error *error) {
  char shape[CT_SHAPE_TEXT];
  if (!ct_dtype_is_real(t->dtype))
    return ct_fail(error, CT_EINVALID, "retrieval: %s must be a Float or Double tensor, got %s",
                   what, ct_dtype_name(t->dtype));
  if (t->dims != 2 && t->dims != 0)
    return ct_fail(error, CT_EINVALID, "retrieval: %s must have two dimensions, got size %s", what,
                   ct_shape_text(shape, t->dims, t->size));
  if (t->dims == 2 && t->size[0] > INT32_MAX)
    return ct_fail(error, CT_EINVALID, "retrieval: at most %d rows, %s has %lld", INT32_MAX, what,
                   (long long)t->size[0]);
  return CT_OK;
}

static ct_status check_pair(const ct_tensor *queries, const ct_tensor *references,
                            ct_error *error) {
  CT_TRY(check_rows(references, "references", error));
  if (queries->dtype != references->dtype)
    return ct_fail(error, CT_EINVALID, "retrieval: queries are %s but references are %s",
                   ct_dtype_name(queries->dtype), ct_dtype_name(references->dtype));
  if (queries->dims && references->dims && queries->size[1] != references->size[1])
    return ct_fail(error, CT_EINVALID,
                   "retrieval: queries have %lld columns but references have %lld",
                   (long long)queries->size[1], (long long)references->size[1]);
  return CT_OK;
}

/* Beyond this products or their differences could overflow, and infinities have no order. */
static ct_status check_range(const job *j, ct_similarity similarity, double query, double reference,
                             ct_error *error) {
  double limit = (j->dtype == CT_FLOAT ? (double)FLT_MAX : DBL_MAX) / 8;
  double most = query * reference;
  if (similarity == CT_SIMILARITY_COSINE) return CT_OK;
  if (similarity == CT_SIMILARITY_EUCLIDEAN) most = 2 * most + reference * reference;
  if (most <= limit) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "retrieval: similarities of rows with norms of %g and %g do not fit in a %s",
                 query, reference, ct_dtype_name(j->dtype));
}

/* Preparation */

static ct_status group_references(job *j, ct_error *error) {
  int64_t n = j->references, *label_spare = NULL;
  CT_TRY(ct_alloc(&j->position, n, sizeof *j->position, "retrieval", error));
  CT_TRY(ct_alloc(&j->column, n, sizeof *j->column, "retrieval", error));
  CT_TRY(ct_alloc(&label_spare, n, sizeof *label_spare, "retrieval", error));
  ct_sort_labels(j->label, j->position, label_spare, j->column, n);
  ct_free(label_spare);
  for (int64_t c = 0, begin = 0; c < n; c++) {
    j->column[j->position[c]] = (int32_t)c;
    if (j->label[c] != j->label[begin]) begin = c;
    if (c + 1 - begin > j->most_relevant) j->most_relevant = c + 1 - begin;
  }
  return CT_OK;
}

static ct_status lay(void **out, const job *j, int64_t places, double *longest,
                     const ct_tensor *rows, const ct_row_layout *layout, const char *what,
                     ct_error *error) {
  ct_tensor flat = {.dtype = rows->dtype};
  int64_t count;
  if (!ct_size_mul(places, j->depth, &count))
    return ct_fail(error, CT_ENOMEM, "retrieval: %s exceed the address space", what);
  CT_TRY(ct_alloc(out, count, ct_dtype_size(j->dtype), "retrieval", error));
  memset(*out, 0, (size_t)count * ct_dtype_size(j->dtype));
  CT_TRY(ct_contiguous(&flat, rows->dtype, rows, error));
  ct_status status = ct_lay_rows(*out, j->dtype, longest, &flat, layout, what, error);
  ct_tensor_release(&flat);
  return status;
}

static ct_status prepare(job *j, const ct_tensor *queries, const ct_tensor *query_labels,
                         const ct_tensor *references, const ct_tensor *reference_labels,
                         const ct_retrieval_options *options, ct_error *error) {
  const char *q_name = references ? "queries" : "embeddings";
  double q_longest, r_longest;
  CT_TRY(check_rows(queries, q_name, error));
  if (references) CT_TRY(check_pair(queries, references, error));
  j->leave_one_out = !references;
  j->full_ranking = options->full_ranking;
  j->queries = queries->dims ? queries->size[0] : 0;
  CT_TRY(ct_read_labels(&j->q_label, query_labels, j->queries, "labels", error));
  if (!references) references = queries, reference_labels = query_labels;
  j->references = references->dims ? references->size[0] : 0;
  CT_TRY(ct_read_labels(&j->label, reference_labels, j->references,
                        j->leave_one_out ? "labels" : "reference labels", error));
  CT_TRY(group_references(j, error));
  CT_TRY(ct_alloc(&j->scores, j->queries, sizeof *j->scores, "retrieval", error));
  if (j->queries) memset(j->scores, 0, (size_t)j->queries * sizeof *j->scores);
  if (j->queries == 0 || j->references == 0) return CT_OK;

  j->dtype = options->similarity == CT_SIMILARITY_EUCLIDEAN ? CT_DOUBLE : queries->dtype;
  j->width = CT_PANEL_BYTES / (int64_t)ct_dtype_size(j->dtype);
  j->panels = (j->references + j->width - 1) / j->width;
  j->depth = ct_row_depth(options->similarity, queries->size[1]);
  j->block = round_up(options->block, CT_TILE_ROWS);
  if (j->block > round_up(j->queries, CT_TILE_ROWS)) j->block = round_up(j->queries, CT_TILE_ROWS);
  ct_row_layout as_query = {options->similarity, false, NULL, 0};
  ct_row_layout as_reference = {options->similarity, true, j->position, j->width};
  CT_TRY(lay(&j->query, j, round_up(j->queries, CT_TILE_ROWS), &q_longest, queries, &as_query,
             q_name, error));
  CT_TRY(lay(&j->panel, j, j->panels * j->width, &r_longest, references, &as_reference,
             "references", error));
  return check_range(j, options->similarity, q_longest, r_longest, error);
}

/* One thread's working memory, cut from a single block of room_bytes. Called with base NULL it only
 * measures. */
static int64_t cut_room(const job *j, char *base, void **tile, ct_rank_room *room) {
  int64_t element = (int64_t)ct_dtype_size(j->dtype), most = j->most_relevant + 1;
  const struct {
    void **pointer;
    int64_t bytes;
  } part[] = {
      {tile, j->block * j->panels * j->width * element},
      {&room->value, most * element},
      {&room->value_spare, most * element},
      {(void **)&room->place, most * 4},
      {(void **)&room->place_spare, most * 4},
      {(void **)&room->start, (ct_rank_buckets(most) + 3) * 4},
      {(void **)&room->ahead, most * 4},
      {(void **)&room->bucket, j->references * 4},
      {(void **)&room->kept, (j->references + 1) * 4},
  };
  int64_t used = 0;
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
    if (base) *part[i].pointer = base + used;
    used += round_up(part[i].bytes, 64);
  }
  return used;
}

/* Ranking */

/* How many of the sorted labels are below `label`, or equal to it as well. */
static int64_t count_below(const int64_t *sorted, int64_t n, int64_t label, bool or_equal) {
  int64_t low = 0, high = n;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (sorted[middle] < label || (or_equal && sorted[middle] == label))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

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
  return s;
}

static void rank_block(const job *j, const ct_retrieval_kernels *kernels, int64_t first, void *tile,
                       ct_rank_room *room) {
  int64_t rows = j->queries - first < j->block ? j->queries - first : j->block;
  size_t element = ct_dtype_size(j->dtype);
  kernels->products(tile, (char *)j->query + (size_t)(first * j->depth) * element, j->panel,
                    round_up(rows, CT_TILE_ROWS), j->panels, j->depth);
  for (int64_t i = 0; i < rows && !ct_interrupted(); i++) {
    int64_t q = first + i, label = j->q_label[q];
    ct_ranking ranking = {.n = j->references,
                          .begin = count_below(j->label, j->references, label, false),
                          .end = count_below(j->label, j->references, label, true),
                          .self = j->leave_one_out ? j->column[q] : -1,
                          .depth = j->references,
                          .position = j->position};
    if (!j->full_ranking) ranking.depth = ranking.end - ranking.begin - j->leave_one_out;
    const char *row = (char *)tile + (size_t)(i * j->panels * j->width) * element;
    int64_t relevant = kernels->rank(room, row, &ranking);
    if (relevant > 0) j->scores[q] = measure(room->ahead, relevant);
  }
}

static ct_status rank_all(job *j, ct_error *error) {
  const ct_retrieval_kernels *kernels = j->dtype == CT_FLOAT
                                            ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                            : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  int64_t blocks = (j->queries + j->block - 1) / j->block;
  int threads = ct_threads_for(j->queries * j->references), worker = 0;
  if (threads > blocks) threads = (int)blocks;
  j->room_bytes = cut_room(j, NULL, NULL, &(ct_rank_room){0});
  int64_t bytes;
  if (!ct_size_mul(threads, j->room_bytes, &bytes))
    return ct_fail(error, CT_ENOMEM, "retrieval: the tiles exceed the address space");
  CT_TRY(ct_alloc(&j->room, bytes, 1, "retrieval", error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    void *tile;
    ct_rank_room room;
    char *base;
#pragma omp critical(ct_retrieval)
    base = j->room + worker++ * j->room_bytes;
    cut_room(j, base, &tile, &room);
#pragma omp for schedule(dynamic)
    for (int64_t b = 0; b < blocks; b++)
      if (!ct_interrupted()) rank_block(j, kernels, b * j->block, tile, &room);
  }
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "retrieval: interrupted") : CT_OK;
}

static void summarise(ct_retrieval_result *out, const job *j, const ct_retrieval_options *options) {
  int64_t counted = 0;
  double r_precision = 0, map_at_r = 0, map = 0, mrr = 0;
  for (int k = 0; k < options->cutoffs; k++) out->recall[k] = 0;
  for (int64_t q = 0; q < j->queries; q++) {
    const score *s = &j->scores[q];
    if (s->first == 0) continue;
    counted++;
    r_precision += s->r_precision;
    map_at_r += s->map_at_r;
    map += s->map;
    mrr += 1 / (double)s->first;
    for (int k = 0; k < options->cutoffs; k++) out->recall[k] += s->first <= options->cutoff[k];
  }
  double n = (double)counted; /* 0 queries: 0/0, a NaN that shows */
  for (int k = 0; k < options->cutoffs; k++) out->recall[k] /= n;
  out->r_precision = r_precision / n;
  out->map_at_r = map_at_r / n;
  out->map = options->full_ranking ? map / n : NAN;
  out->mrr = mrr / n;
  out->n_queries = counted;
  out->n_lone = j->queries - counted;
}

ct_status ct_retrieval(ct_retrieval_result *out, const ct_tensor *queries,
                       const ct_tensor *query_labels, const ct_tensor *references,
                       const ct_tensor *reference_labels, const ct_retrieval_options *options,
                       ct_error *error) {
  job j = {0};
  ct_status status =
      prepare(&j, queries, query_labels, references, reference_labels, options, error);
  if (status == CT_OK && j.queries && j.references) status = rank_all(&j, error);
  if (status == CT_OK) summarise(out, &j, options);
  release(&j);
  return status;
}
