/* Zhong, Zheng, Cao and Li, "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR
 * 2017, without a matrix of all pairs.
 *
 * A row's code has weights exp(-d / farthest d of the row), brought to sum 1, at its k1-reciprocal
 * neighbours and at those of theirs who share most of their own; then it is the mean of the codes
 * of the row's k2 nearest. The Jaccard distance of two codes needs the sum of the lesser values
 * only, which an inverse of the codes gives for one query and all references at once. Lists of
 * neighbours and codes are short, so memory grows with the rows, not with their pairs.
 *
 * Codes are built twice, first to count and then to fill, and each by itself. */
#include "metric/rerank.h"
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "metric/tiles.h"
#include "ops/join.h"

static void release_sparse(ct_sparse *s) {
  ct_free(s->start);
  ct_free(s->index);
  ct_free(s->value);
  *s = (ct_sparse){0};
}

void ct_rerank_release(ct_rerank *rerank) {
  ct_free(rerank->farthest);
  ct_free(rerank->square);
  release_sparse(&rerank->code);
  release_sparse(&rerank->inverse);
}

/* Codes */

typedef struct maker {
  const ct_nearest *nearest;
  int64_t k1, half, k2;   /* neighbours counted with a row itself */
  const ct_sparse *plain; /* codes before they are averaged */
  const char *function;
} maker;

/* What a thread builds a code in. */
typedef struct desk {
  int32_t *near, *near_of_near, *set; /* [k1], [half], [k1 + k1 * half] */
  int64_t *head;                      /* [k2] */
} desk;

/* Builds row i: returns how many columns it has, and fills them unless index is NULL. */
typedef int64_t make_row(const maker *m, int64_t i, int32_t *index, double *value, desk *d);

static bool contains(const int32_t *list, int64_t n, int64_t wanted) {
  for (int64_t i = 0; i < n; i++)
    if (list[i] == wanted) return true;
  return false;
}

/* Those of the first k neighbours of i that have i among their own first k. */
static int64_t reciprocal(int32_t *out, const ct_nearest *nearest, int64_t i, int64_t k) {
  int64_t count = 0;
  for (int64_t a = 0; a < k; a++) {
    int32_t j = nearest->neighbour[i * nearest->k + a];
    if (contains(nearest->neighbour + j * nearest->k, k, i)) out[count++] = j;
  }
  return count;
}

/* Adds to an ascending set what it does not hold yet. */
static int64_t unite(int32_t *set, int64_t size, const int32_t *list, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    int64_t at = size;
    while (at > 0 && set[at - 1] > list[i]) at--;
    if (at > 0 && set[at - 1] == list[i]) continue;
    memmove(set + at + 1, set + at, (size_t)(size - at) * sizeof *set);
    set[at] = list[i];
    size++;
  }
  return size;
}

static int64_t make_code(const maker *m, int64_t i, int32_t *index, double *value, desk *d) {
  const ct_nearest *nearest = m->nearest;
  int64_t near = reciprocal(d->near, nearest, i, m->k1), size = unite(d->set, 0, d->near, near);
  for (int64_t a = 0; a < near; a++) {
    int64_t others = reciprocal(d->near_of_near, nearest, d->near[a], m->half), shared = 0;
    for (int64_t b = 0; b < others; b++) shared += contains(d->near, near, d->near_of_near[b]);
    if (3 * shared > 2 * others) size = unite(d->set, size, d->near_of_near, others);
  }
  if (!index) return size;
  double sum = 0, farthest = nearest->farthest[i];
  for (int64_t c = 0; c < size; c++) {
    double distance = fmax(ct_nearest_distance(nearest, i, d->set[c]), 0);
    index[c] = d->set[c];
    value[c] = exp(farthest > 0 ? -distance / farthest : 0);
    sum += value[c];
  }
  for (int64_t c = 0; c < size; c++) value[c] /= sum;
  return size;
}

/* The mean of the codes of i's k2 nearest, merged column by column. */
static int64_t make_mean(const maker *m, int64_t i, int32_t *index, double *value, desk *d) {
  const ct_sparse *plain = m->plain;
  const int32_t *row = m->nearest->neighbour + i * m->nearest->k;
  int64_t size = 0;
  for (int64_t a = 0; a < m->k2; a++) d->head[a] = plain->start[row[a]];
  for (;; size++) {
    int32_t column = INT32_MAX;
    double sum = 0;
    for (int64_t a = 0; a < m->k2; a++)
      if (d->head[a] < plain->start[row[a] + 1] && plain->index[d->head[a]] < column)
        column = plain->index[d->head[a]];
    if (column == INT32_MAX) return size;
    for (int64_t a = 0; a < m->k2; a++)
      if (d->head[a] < plain->start[row[a] + 1] && plain->index[d->head[a]] == column)
        sum += plain->value[d->head[a]++];
    if (index) index[size] = column, value[size] = sum / (double)m->k2;
  }
}

/* Each thread's desk, cut from one block; base NULL: returns the bytes it takes. */
static int64_t cut_desk(const maker *m, desk *d, char *base) {
  int64_t near = m->k1 * 4, half = m->half * 4, set = (m->k1 + m->k1 * m->half) * 4;
  if (base) {
    d->head = (int64_t *)(void *)base;
    d->near = (int32_t *)(void *)(base + m->k2 * 8);
    d->near_of_near = d->near + m->k1;
    d->set = d->near_of_near + m->half;
  }
  return (m->k2 * 8 + near + half + set + 63) / 64 * 64;
}

static ct_status interrupted(const char *function, ct_error *error) {
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", function) : CT_OK;
}

/* One pass over all rows: sizes go to start[i + 1], or columns and values to where start says. */
static ct_status pass(ct_sparse *out, const maker *m, make_row *make, bool fill, ct_error *error) {
  int64_t desk_bytes = cut_desk(m, NULL, NULL);
  int threads = ct_threads_for(out->rows * m->k1 * m->half * m->half), worker = 0;
  char *room = NULL;
  CT_TRY(ct_alloc(&room, threads * desk_bytes, 1, m->function, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    desk d;
#pragma omp critical(ct_rerank_desk)
    cut_desk(m, &d, room + worker++ * desk_bytes);
#pragma omp for schedule(dynamic, 64)
    for (int64_t i = 0; i < out->rows; i++) {
      if (ct_interrupted()) continue;
      if (fill)
        make(m, i, out->index + out->start[i], out->value + out->start[i], &d);
      else
        out->start[i + 1] = make(m, i, NULL, NULL, &d);
    }
  }
  ct_free(room);
  return interrupted(m->function, error);
}

static ct_status alloc_sparse(ct_sparse *out, int64_t rows, const char *function, ct_error *error) {
  out->rows = rows;
  CT_TRY(ct_alloc(&out->start, rows + 1, sizeof *out->start, function, error));
  memset(out->start, 0, (size_t)(rows + 1) * sizeof *out->start);
  return CT_OK;
}

/* start[i + 1] holds the size of row i: makes them places, and room for what they hold. */
static ct_status lay_out(ct_sparse *out, const char *function, ct_error *error) {
  for (int64_t i = 0; i < out->rows; i++) out->start[i + 1] += out->start[i];
  int64_t count = out->start[out->rows];
  CT_TRY(ct_alloc(&out->index, count, sizeof *out->index, function, error));
  return ct_alloc(&out->value, count, sizeof *out->value, function, error);
}

static ct_status make_sparse(ct_sparse *out, const maker *m, make_row *make, ct_error *error) {
  CT_TRY(alloc_sparse(out, m->nearest->n, m->function, error));
  CT_TRY(pass(out, m, make, false, error));
  CT_TRY(lay_out(out, m->function, error));
  return pass(out, m, make, true, error);
}

/* Columns of the rows from `first` on, each with the rows in order. */
static ct_status invert(ct_sparse *out, const ct_sparse *code, int64_t first, const char *function,
                        ct_error *error) {
  int64_t from = code->start[first], to = code->start[code->rows];
  CT_TRY(alloc_sparse(out, code->rows, function, error));
  for (int64_t e = from; e < to; e++) out->start[code->index[e] + 1]++;
  CT_TRY(lay_out(out, function, error));
  for (int64_t i = first; i < code->rows; i++)
    for (int64_t e = code->start[i]; e < code->start[i + 1]; e++) {
      int64_t at = out->start[code->index[e]]++;
      out->index[at] = (int32_t)i, out->value[at] = code->value[e];
    }
  for (int64_t c = code->rows; c > 0; c--)
    out->start[c] = out->start[c - 1]; /* back to the begin */
  out->start[0] = 0;
  return CT_OK;
}

/* Encodes rows whose neighbours are known. */
static ct_status encode(ct_rerank *out, const ct_nearest *nearest, const ct_rerank_options *options,
                        const char *function, ct_error *error) {
  ct_sparse plain = {0};
  int64_t half = (int64_t)nearbyint((double)options->k1 / 2) + 1; /* a half goes to the even one */
  maker m = {.nearest = nearest, .plain = &plain, .function = function};
  m.k1 = options->k1 + 1 < nearest->n ? options->k1 + 1 : nearest->n;
  m.half = half < nearest->n ? half : nearest->n;
  m.k2 = options->k2 < nearest->n ? options->k2 : nearest->n;
  ct_status status = make_sparse(&plain, &m, make_code, error);
  if (status == CT_OK && m.k2 > 1) {
    status = make_sparse(&out->code, &m, make_mean, error);
    release_sparse(&plain);
  } else {
    out->code = plain;
  }
  return status == CT_OK ? invert(&out->inverse, &out->code, out->first, function, error) : status;
}

ct_status ct_rerank_new(ct_rerank *out, const ct_tensor *queries, const ct_tensor *references,
                        ct_similarity similarity, const ct_rerank_options *options,
                        const char *function, ct_error *error) {
  ct_tensor both = {.dtype = queries->dtype};
  const ct_tensor *parts[] = {queries, references};
  int64_t k = options->k1 + 1 > options->k2 ? options->k1 + 1 : options->k2;
  *out = (ct_rerank){.similarity = similarity, .lambda = options->lambda};
  if (similarity == CT_SIMILARITY_DOT)
    return ct_fail(error, CT_EINVALID,
                   "%s: re-ranking needs distances: similarity must be cosine or euclidean",
                   function);
  ct_nearest nearest = {0};
  ct_status status = references ? ct_cat(&both, parts, 2, 0, error) : CT_OK;
  if (status == CT_OK) {
    const ct_tensor *rows = references ? &both : queries;
    if (rows->size[0] > INT32_MAX)
      status = ct_fail(error, CT_EINVALID, "%s: at most %d rows, got %lld", function, INT32_MAX,
                       (long long)rows->size[0]);
    else
      status = ct_find_nearest(&nearest, rows, k, similarity, function, "rows", error);
  }
  ct_tensor_release(&both);
  out->n = nearest.n;
  out->first = references ? queries->size[0] : 0;
  if (status == CT_OK) status = encode(out, &nearest, options, function, error);
  out->farthest = nearest.farthest, nearest.farthest = NULL;
  out->square = nearest.square, nearest.square = NULL;
  ct_nearest_release(&nearest);
  return status;
}

/* Distances */

int64_t ct_rerank_room(const ct_rerank *rerank) { return rerank->n * (int64_t)sizeof(double); }

void ct_rerank_row(double *d, const ct_rerank *rerank, int64_t q, const void *similarity,
                   const ct_packed *references, const int32_t *order, void *room) {
  double *overlap = room, farthest = rerank->farthest[q], lambda = rerank->lambda;
  const ct_sparse *code = &rerank->code, *inverse = &rerank->inverse;
  for (int64_t e = code->start[q]; e < code->start[q + 1]; e++) {
    int64_t column = code->index[e];
    double own = code->value[e];
    for (int64_t a = inverse->start[column]; a < inverse->start[column + 1]; a++)
      overlap[inverse->index[a]] += inverse->value[a] < own ? inverse->value[a] : own;
  }
  ct_squared_distances(d, similarity, references, rerank->similarity,
                       rerank->square ? rerank->square[q] : 0);
  for (int64_t c = 0; c < references->rows; c++) {
    double both = overlap[rerank->first + (order ? order[c] : c)];
    double plain = farthest > 0 && d[c] > 0 ? d[c] / farthest : 0;
    double jaccard = both < 1 ? 1 - both / (2 - both) : 0; /* rounding may bring 1 + 1e-16 */
    d[c] = (1 - lambda) * jaccard + lambda * plain;
  }
  memset(overlap, 0, (size_t)rerank->n * sizeof *overlap);
}

typedef struct writer {
  ct_tensor *out; /* contiguous */
  const ct_rerank *rerank;
  const ct_packed *references;
} writer;

/* room: what ct_rerank_row takes, then [references] distances. */
static void write_row(void *context, int64_t q, const void *similarity, void *room) {
  const writer *w = context;
  int64_t n = w->references->rows;
  double *d = (double *)room + w->rerank->n;
  ct_rerank_row(d, w->rerank, q, similarity, w->references, NULL, room);
  if (w->out->dtype == CT_DOUBLE) {
    memcpy((double *)ct_tensor_data(w->out) + q * n, d, (size_t)n * sizeof *d);
  } else {
    float *to = (float *)ct_tensor_data(w->out) + q * n;
    for (int64_t c = 0; c < n; c++) to[c] = (float)d[c];
  }
}

static ct_status write_distances(ct_tensor *out, const ct_packed *query, const ct_packed *reference,
                                 const ct_rerank *rerank, const char *function, ct_error *error) {
  writer w = {out, rerank, reference};
  int64_t room = ct_rerank_room(rerank) + reference->rows * (int64_t)sizeof(double);
  return ct_visit_rows(query, reference, room, write_row, &w, function, error);
}

ct_status ct_rerank_distances(ct_tensor *out, const ct_tensor *queries, const ct_tensor *references,
                              ct_similarity similarity, const ct_rerank_options *options,
                              const char *function, ct_error *error) {
  const char *q_name = references ? "queries" : "embeddings";
  ct_packed query = {0}, reference = {0};
  ct_rerank rerank = {0};
  ct_tensor fresh = {0};
  CT_TRY(ct_check_rows(queries, function, q_name, error));
  if (references) CT_TRY(ct_check_references(queries, references, function, error));
  const ct_tensor *others = references ? references : queries;
  int64_t size[2] = {ct_row_count(queries), ct_row_count(others)};
  if (size[0] == 0 || size[1] == 0) return ct_tensor_resize(out, 0, NULL, error);
  ct_row_layout layout = {similarity, false, NULL};
  ct_status status = ct_pack(&query, queries, &layout, function, q_name, error);
  layout.as_reference = true;
  if (status == CT_OK) status = ct_pack(&reference, others, &layout, function, "references", error);
  if (status == CT_OK)
    status = ct_rerank_new(&rerank, queries, references, similarity, options, function, error);
  if (status == CT_OK) status = ct_tensor_new(&fresh, queries->dtype, 2, size, error);
  if (status == CT_OK)
    status = write_distances(&fresh, &query, &reference, &rerank, function, error);
  if (status == CT_OK) ct_tensor_set(out, &fresh);
  ct_tensor_release(&fresh);
  ct_rerank_release(&rerank);
  ct_packed_release(&query);
  ct_packed_release(&reference);
  return status;
}
