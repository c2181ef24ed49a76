/* The ROC curve over all pairs, without a matrix of them.
 *
 * Levels are genuine similarities, all of them or some, between which pairs are counted.
 *
 * Rows of both sides are sorted by label, so a query's genuine references are one range of columns.
 * First those ranges alone are computed, and their similarities sorted. Then all tiles pass by, and
 * each impostor is counted under the genuine similarities that it lies between. TAR changes at
 * genuine similarities only, so these counts give every point of the curve, its area and its
 * crossing with FAR = 1 - TAR exactly; sums are of integers. Within one set of rows a pair is taken
 * once, from the row that comes first. */
#include "metric/verification.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/retrieval.h"
#include "cpu/verification.h"
#include "metric/labels.h"
#include "metric/roc.h"
#include "ops/copy.h"

enum { ROWS = 8 * CT_TILE_ROWS, PANELS = 16 }; /* a tile of 96 x 512 floats */

/* Columns of one query: genuine from `begin` to `end`, impostors from `first` to begin and from end
 * on; `at` is the place of its first genuine similarity. */
typedef struct reach {
  int64_t first, begin, end, at;
} reach;

typedef struct job {
  const char *function;
  ct_similarity similarity;
  ct_dtype dtype;
  const ct_verification_kernels *kernels;
  bool self;
  int64_t genuine, impostors;
  ct_packed query, reference;
  double *q_square, *r_square; /* squared norms, for distances */
  reach *reach;                /* [queries] */
  int64_t stride;              /* every so manieth genuine similarity is kept */
  void *value;                 /* those kept, then the distinct ones */
  int64_t kept;
  int64_t *times; /* [levels.count]: how often a value came */
  ct_levels levels;
  int64_t *tally;        /* [2 levels.count + 1], and where not all genuine similarities are levels,
                            as many of genuine pairs */
  bool *wanted;          /* [levels.count + 1] intervals whose genuine similarities are collected */
  _Atomic int64_t found; /* collected, behind the levels in `value` */
  char *room;            /* of all threads */
} job;

static void release(job *j) {
  void *owned[] = {j->q_square,     j->r_square, j->reach, j->value, j->times,
                   j->levels.start, j->tally,    j->room,  j->wanted};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
  ct_packed_release(&j->query);
  ct_packed_release(&j->reference);
}

/* Preparation */

/* Rows packed in the order of their labels; *label: those, sorted. */
static ct_status take_side(job *j, ct_packed *out, int64_t **label, const ct_labelled *side,
                           bool as_reference, const char *what, const char *labels,
                           ct_error *error) {
  int64_t n = ct_row_count(side->rows), *spare = NULL;
  int32_t *order = NULL;
  ct_tensor rows = {.dtype = j->dtype};
  CT_TRY(ct_read_labels(label, side->labels, n, j->function, labels, error));
  if (n == 0) return CT_OK;
  ct_status status = ct_alloc(&spare, n, sizeof *spare, j->function, error);
  if (status == CT_OK) status = ct_alloc(&order, 2 * n, sizeof *order, j->function, error);
  if (status == CT_OK) status = ct_contiguous(&rows, j->dtype, side->rows, error);
  if (status == CT_OK) {
    ct_similarity product =
        j->similarity == CT_SIMILARITY_COSINE ? CT_SIMILARITY_COSINE : CT_SIMILARITY_DOT;
    ct_sort_labels(*label, order, spare, order + n, n);
    ct_row_layout layout = {product, as_reference, order};
    status = ct_pack(out, &rows, &layout, j->function, what, error);
  }
  ct_tensor_release(&rows);
  ct_free(spare);
  ct_free(order);
  return status;
}

static ct_status take_squares(double **out, const ct_packed *rows, const char *function,
                              ct_error *error) {
  CT_TRY(ct_alloc(out, rows->places, sizeof **out, function, error));
  for (int64_t i = 0; i < rows->places; i++) {
    const double *x =
        (const double *)rows->data + i / rows->width * rows->width * rows->depth + i % rows->width;
    double sum = 0;
    for (int64_t d = 0; d < rows->depth; d++) sum += x[d * rows->width] * x[d * rows->width];
    (*out)[i] = sum;
  }
  return CT_OK;
}

static ct_status find_reach(job *j, const int64_t *q_label, const int64_t *label, ct_error *error) {
  int64_t q = j->query.rows, n = j->reference.rows;
  CT_TRY(ct_alloc(&j->reach, q, sizeof *j->reach, j->function, error));
  for (int64_t i = 0; i < q; i++) {
    reach r = {.at = j->genuine, .end = ct_count_below(label, n, q_label[i], true)};
    r.begin = j->self ? i + 1 : ct_count_below(label, n, q_label[i], false);
    r.first = j->self ? r.begin : 0;
    j->reach[i] = r;
    j->genuine += r.end - r.begin;
    j->impostors += n - r.end + r.begin - r.first;
  }
  return CT_OK;
}

static ct_status prepare(job *j, const ct_labelled *queries, const ct_labelled *references,
                         ct_error *error) {
  int64_t *q_label = NULL, *label = NULL;
  const char *f = j->function, *q_name = references ? "queries" : "embeddings";
  CT_TRY(ct_check_rows(queries->rows, f, q_name, error));
  if (references) CT_TRY(ct_check_references(queries->rows, references->rows, f, error));
  j->self = !references;
  j->dtype = j->similarity == CT_SIMILARITY_EUCLIDEAN ? CT_DOUBLE : queries->rows->dtype;
  j->kernels = j->dtype == CT_FLOAT ? CT_ISA_SELECT(ct_verification_kernels_f32)
                                    : CT_ISA_SELECT(ct_verification_kernels_f64);
  ct_status status = take_side(j, &j->query, &q_label, queries, false, q_name, "labels", error);
  if (status == CT_OK)
    status = take_side(j, &j->reference, &label, references ? references : queries, true,
                       "references", references ? "reference labels" : "labels", error);
  if (status == CT_OK) /* each side may be the longer one */
    status = ct_check_range(&j->query, &j->reference, j->similarity, f, error);
  if (status == CT_OK) status = ct_check_range(&j->reference, &j->query, j->similarity, f, error);
  if (status == CT_OK) status = find_reach(j, q_label, label, error);
  if (status == CT_OK && j->similarity == CT_SIMILARITY_EUCLIDEAN) {
    status = take_squares(&j->q_square, &j->query, f, error);
    if (status == CT_OK) status = take_squares(&j->r_square, &j->reference, f, error);
  }
  ct_free(q_label);
  ct_free(label);
  return status;
}

/* Tiles */

/* Similarities of the queries from `first` with the references of the panels from `panel`: row
 * after row of PANELS panels' columns at most. Returns how many columns a row has. */
static int64_t fill_tile(const job *j, void *tile, int64_t first, int64_t panel) {
  const ct_retrieval_kernels *kernels = j->dtype == CT_FLOAT
                                            ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                            : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  int64_t rows = j->query.places - first < ROWS ? j->query.places - first : ROWS;
  int64_t panels = j->reference.panels - panel < PANELS ? j->reference.panels - panel : PANELS;
  int64_t columns = panels * j->reference.width, depth = j->query.depth;
  size_t element = ct_dtype_size(j->dtype);
  kernels->products(tile, (char *)j->query.data + (size_t)(first * depth) * element,
                    (char *)j->reference.data +
                        (size_t)(panel * depth * j->reference.width) * element,
                    rows, panels, depth);
  for (int64_t i = 0; j->q_square && i < rows; i++) {
    double *s = (double *)tile + i * columns, q = j->q_square[first + i];
    const double *r = j->r_square + panel * j->reference.width;
    for (int64_t c = 0; c < columns; c++) s[c] = 2 * s[c] - (q + r[c]);
  }
  return columns;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : x > high ? high : x;
}

/* One thread's tile and, where impostors are counted, how many lie between the levels; `counted`
 * bounds every number of the tally. */
typedef struct desk {
  char *tile;
  uint32_t *tally; /* [2 levels.count + 1] */
  int64_t counted;
} desk;

/* What to do with the similarities s of n columns of a query, the first of which is column c. */
typedef void visit(job *j, const reach *r, const char *s, int64_t c, int64_t n, desk *d);

static void keep_genuine(job *j, const reach *r, const char *s, int64_t c, int64_t n, desk *d) {
  (void)d;
  size_t element = ct_dtype_size(j->dtype);
  int64_t from = clamp(r->begin, c, c + n), to = clamp(r->end, c, c + n);
  int64_t first = r->at + from - r->begin, step = j->stride; /* number of the first pair here */
  if (from < to && step == 1)
    memcpy((char *)j->value + (size_t)first * element, s + (size_t)(from - c) * element,
           (size_t)(to - from) * element);
  for (int64_t i = (step - first % step) % step; step > 1 && i < to - from; i += step)
    memcpy((char *)j->value + (size_t)((first + i) / step) * element,
           s + (size_t)(from - c + i) * element, element);
}

/* In which interval s lies: how many levels are below it; -1 where one equals it. */
static int64_t interval_of(const job *j, const char *s) {
  int64_t low = 0, high = j->levels.count;
  if (j->dtype == CT_FLOAT) {
    const float *value = j->levels.value;
    float x;
    memcpy(&x, s, sizeof x);
    for (int64_t m; low < high;)
      (value[m = low + (high - low) / 2] < x) ? (low = m + 1) : (high = m);
    return low < j->levels.count && value[low] == x ? -1 : low;
  }
  const double *value = j->levels.value;
  double x;
  memcpy(&x, s, sizeof x);
  for (int64_t m; low < high;) (value[m = low + (high - low) / 2] < x) ? (low = m + 1) : (high = m);
  return low < j->levels.count && value[low] == x ? -1 : low;
}

/* Collects the genuine similarities of wanted intervals, in any order: they are sorted later. */
static void collect_genuine(job *j, const reach *r, const char *s, int64_t c, int64_t n, desk *d) {
  (void)d;
  size_t element = ct_dtype_size(j->dtype);
  int64_t from = clamp(r->begin, c, c + n), to = clamp(r->end, c, c + n);
  for (int64_t i = from; i < to; i++) {
    const char *one = s + (size_t)(i - c) * element;
    int64_t p = interval_of(j, one);
    if (p < 0 || !j->wanted[p]) continue;
    int64_t at = j->levels.count + atomic_fetch_add(&j->found, 1);
    memcpy((char *)j->value + (size_t)at * element, one, element);
  }
}

/* How long a tally is: of impostors and, where not all genuine pairs are levels, of them. */
static int64_t tally_length(const job *j) {
  return (2 * j->levels.count + 1) * (j->stride > 1 ? 2 : 1);
}

/* Brings a thread's numbers home before they could overflow. */
static void add_tally(job *j, desk *d) {
  int64_t n = tally_length(j);
#pragma omp critical(ct_verification_tally)
  for (int64_t i = 0; i < n; i++) j->tally[i] += d->tally[i];
  memset(d->tally, 0, (size_t)n * sizeof *d->tally);
  d->counted = 0;
}

static void count_impostors(job *j, const reach *r, const char *s, int64_t c, int64_t n, desk *d) {
  size_t element = ct_dtype_size(j->dtype);
  int64_t first = clamp(r->first, c, c + n), begin = clamp(r->begin, c, c + n);
  int64_t end = clamp(r->end, c, c + n);
  j->kernels->count(d->tally, s + (size_t)(first - c) * element, begin - first, &j->levels);
  j->kernels->count(d->tally, s + (size_t)(end - c) * element, c + n - end, &j->levels);
  if (j->stride > 1)
    j->kernels->count(d->tally + 2 * j->levels.count + 1, s + (size_t)(begin - c) * element,
                      end - begin, &j->levels);
  d->counted += n;
  if (d->counted > INT32_MAX) add_tally(j, d);
}

/* Visits the columns [from, to) of the queries of one block. */
static void visit_block(job *j, visit *f, int64_t first, int64_t from, int64_t to, desk *d) {
  int64_t width = j->reference.width, last = first + ROWS;
  if (last > j->query.rows) last = j->query.rows;
  for (int64_t p = from / width; p * width < to && !ct_interrupted(); p += PANELS) {
    int64_t columns = fill_tile(j, d->tile, first, p), c = p * width;
    int64_t n = j->reference.rows - c < columns ? j->reference.rows - c : columns;
    size_t row_bytes = (size_t)columns * ct_dtype_size(j->dtype);
    for (int64_t q = first; q < last && !ct_interrupted(); q++)
      f(j, &j->reach[q], d->tile + (size_t)(q - first) * row_bytes, c, n, d);
  }
}

static ct_status interrupted(const job *j, ct_error *error) {
  if (!ct_interrupted()) return CT_OK;
  return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", j->function);
}

static ct_status pass(job *j, visit *f, bool genuine_only, ct_error *error) {
  int64_t blocks = (j->query.rows + ROWS - 1) / ROWS, bytes;
  int64_t tile_bytes = ROWS * PANELS * CT_PANEL_BYTES;
  int64_t tally_bytes = genuine_only ? 0 : tally_length(j) * (int64_t)sizeof(uint32_t);
  int64_t room_bytes = tile_bytes + (tally_bytes + 63) / 64 * 64;
  int threads = ct_threads_for(j->query.rows * j->reference.rows), worker = 0;
  if (threads > blocks) threads = (int)blocks;
  if (!ct_size_mul(threads, room_bytes, &bytes))
    return ct_fail(error, CT_ENOMEM, "%s: the tiles exceed the address space", j->function);
  CT_TRY(ct_alloc(&j->room, bytes, 1, j->function, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    desk d = {0};
#pragma omp critical(ct_verification_room)
    d.tile = j->room + worker++ * room_bytes;
    d.tally = (uint32_t *)(void *)(d.tile + tile_bytes);
    if (!genuine_only) memset(d.tally, 0, (size_t)tally_bytes);
#pragma omp for schedule(dynamic)
    for (int64_t b = 0; b < blocks; b++) {
      int64_t first = b * ROWS, last = first + ROWS;
      if (last > j->query.rows) last = j->query.rows;
      visit_block(j, f, first, genuine_only ? j->reach[first].begin : j->reach[first].first,
                  genuine_only ? j->reach[last - 1].end : j->reference.rows, &d);
    }
    if (!genuine_only) add_tally(j, &d);
  }
  ct_free(j->room);
  j->room = NULL;
  return interrupted(j, error);
}

/* Makes levels of the similarities kept, and clears the tally. */
static ct_status sort_genuine(job *j, ct_error *error) {
  size_t element = ct_dtype_size(j->dtype);
  void *spare = NULL;
  void **old[] = {(void **)&j->times, (void **)&j->levels.start, (void **)&j->tally};
  for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
    ct_free(*old[i]);
    *old[i] = NULL;
  }
  CT_TRY(ct_alloc(&spare, j->kept, element, j->function, error));
  j->kernels->sort(j->value, spare, j->kept);
  ct_free(spare);
  CT_TRY(interrupted(j, error));
  CT_TRY(ct_alloc(&j->times, j->kept, sizeof *j->times, j->function, error));
  j->levels.value = j->value;
  j->levels.count = j->kernels->distinct(j->value, j->times, j->kept);
  j->levels.buckets = ct_level_buckets(j->levels.count);
  CT_TRY(ct_alloc(&j->levels.start, j->levels.buckets + 1, sizeof *j->levels.start, j->function,
                  error));
  j->kernels->spread(&j->levels);
  int64_t tallies = tally_length(j);
  CT_TRY(ct_alloc(&j->tally, tallies, sizeof *j->tally, j->function, error));
  memset(j->tally, 0, (size_t)tallies * sizeof *j->tally);
  return CT_OK;
}

/* What the passes counted, as a ROC curve. interval: see ct_roc_trace; NULL where all genuine
 * similarities are levels. */
static void trace(ct_verification_result *out, ct_operating_point *point, int64_t points, job *j,
                  int64_t *between, int64_t *interval) {
  const int64_t *genuine = j->tally + 2 * j->levels.count + 1;
  for (int64_t p = 0; between && p <= j->levels.count; p++) {
    between[p] = genuine[2 * p];
    if (p < j->levels.count) j->times[p] = genuine[2 * p + 1];
  }
  ct_roc_counts counts = {.dtype = j->dtype,
                          .level = j->value,
                          .levels = j->levels.count,
                          .genuine_at = j->times,
                          .impostors = j->tally,
                          .between = between,
                          .n_genuine = j->genuine,
                          .n_impostor = j->impostors};
  ct_roc_trace(out, point, points, &counts, interval);
}

/* Adds the genuine similarities of the intervals named to the levels' `value`. */
static ct_status refine(job *j, const int64_t *between, const int64_t *interval, int64_t intervals,
                        ct_error *error) {
  int64_t more = 0;
  CT_TRY(ct_alloc(&j->wanted, j->levels.count + 1, sizeof *j->wanted, j->function, error));
  memset(j->wanted, 0, (size_t)(j->levels.count + 1) * sizeof *j->wanted);
  for (int64_t i = 0; i < intervals; i++) {
    if (!j->wanted[interval[i]]) more += between[interval[i]];
    j->wanted[interval[i]] = true;
  }
  CT_TRY(
      ct_realloc(&j->value, j->levels.count + more, ct_dtype_size(j->dtype), j->function, error));
  j->levels.value = j->value;
  CT_TRY(pass(j, collect_genuine, true, error));
  j->kept = j->levels.count + j->found;
  return CT_OK;
}

/* Counts with some genuine similarities as levels, and again with those that matter. */
static ct_status trace_some(ct_verification_result *out, ct_operating_point *point, int64_t points,
                            job *j, ct_error *error) {
  int64_t *between = NULL, *interval = NULL;
  ct_status status = ct_alloc(&interval, points + 1, sizeof *interval, j->function, error);
  for (int round = 0; status == CT_OK && round < 2; round++) {
    if (round == 1) status = refine(j, between, interval, points + 1, error);
    if (status == CT_OK) status = sort_genuine(j, error);
    ct_free(between);
    between = NULL;
    if (status == CT_OK)
      status = ct_alloc(&between, j->levels.count + 1, sizeof *between, j->function, error);
    if (status == CT_OK) status = pass(j, count_impostors, false, error);
    if (status == CT_OK) trace(out, point, points, j, between, interval);
  }
  ct_free(between);
  ct_free(interval);
  return status;
}

ct_status ct_verification(ct_verification_result *out, ct_operating_point *point, int64_t points,
                          const ct_labelled *queries, const ct_labelled *references,
                          ct_similarity similarity, int64_t keep, const char *function,
                          ct_error *error) {
  job j = {.function = function, .similarity = similarity, .stride = 1};
  for (int64_t i = 0; i < points; i++) point[i].tar = point[i].reached = point[i].threshold = NAN;
  ct_status status = prepare(&j, queries, references, error);
  *out = (ct_verification_result){j.genuine, j.impostors, NAN, NAN, NAN, NAN};
  if (status == CT_OK && j.genuine > 0 && j.impostors > 0) {
    if (j.genuine > keep) j.stride = (j.genuine + keep / 4 - 1) / (keep / 4);
    j.kept = (j.genuine + j.stride - 1) / j.stride;
    status = ct_alloc(&j.value, j.kept, ct_dtype_size(j.dtype), function, error);
    if (status == CT_OK) status = pass(&j, keep_genuine, true, error);
    if (status == CT_OK && j.stride > 1) {
      status = trace_some(out, point, points, &j, error);
    } else {
      if (status == CT_OK) status = sort_genuine(&j, error);
      if (status == CT_OK) status = pass(&j, count_impostors, false, error);
      if (status == CT_OK) trace(out, point, points, &j, NULL, NULL);
    }
  }
  release(&j);
  return status;
}
