/* k nearest neighbours by brute force: rows of distances pass by, and each leaves its k least. A
 * candidate enters a short sorted list only when it beats the last one there, which is rare: about
 * k ln(n / k) times a row. */
#include "metric/nearest.h"
#include "base/memory.h"
#include "metric/tiles.h"

void ct_nearest_release(ct_nearest *nearest) {
  ct_free(nearest->neighbour);
  ct_free(nearest->farthest);
  ct_free(nearest->square);
  ct_packed_release(&nearest->rows);
  *nearest = (ct_nearest){0};
}

static double dot(const void *data, ct_dtype dtype, int64_t a, int64_t b, int64_t depth) {
  double sum = 0;
  if (dtype == CT_FLOAT) {
    const float *x = (const float *)data + a * depth, *y = (const float *)data + b * depth;
    for (int64_t d = 0; d < depth; d++) sum += (double)x[d] * (double)y[d];
  } else {
    const double *x = (const double *)data + a * depth, *y = (const double *)data + b * depth;
    for (int64_t d = 0; d < depth; d++) sum += x[d] * y[d];
  }
  return sum;
}

/* Of a row packed for distances, which ends in a 1 of no concern here. */
static double square(const ct_packed *rows, int64_t i) {
  const double *x = (const double *)rows->data + i * rows->depth;
  double sum = 0;
  for (int64_t d = 0; d + 1 < rows->depth; d++) sum += x[d] * x[d];
  return sum;
}

double ct_nearest_distance(const ct_nearest *nearest, int64_t i, int64_t j) {
  const ct_packed *rows = &nearest->rows;
  if (nearest->similarity == CT_SIMILARITY_COSINE)
    return 2 - 2 * dot(rows->data, rows->dtype, i, j, rows->depth);
  const double *x = (const double *)rows->data + i * rows->depth;
  const double *y = (const double *)rows->data + j * rows->depth;
  double sum = 0;
  for (int64_t d = 0; d < rows->depth; d++) sum += (x[d] - y[d]) * (x[d] - y[d]);
  return sum;
}

typedef struct search {
  ct_nearest *out;
  const ct_packed *references;
} search;

typedef struct entry {
  double distance;
  int64_t index;
} entry;

/* room: [n] distances, then [k] entries. */
static void keep_nearest(void *context, int64_t q, const void *similarity, void *room) {
  const search *s = context;
  int64_t n = s->out->n, k = s->out->k, found = 0;
  double *d = room, most = 0;
  entry *best = (entry *)(void *)(d + n);
  ct_squared_distances(d, similarity, s->references, s->out->similarity,
                       s->out->square ? s->out->square[q] : 0);
  for (int64_t i = 0; i < n; i++) {
    most = d[i] > most ? d[i] : most;
    if (found == k && d[i] >= best[k - 1].distance) continue;
    int64_t at = found < k ? found++ : k - 1;
    for (; at > 0 && best[at - 1].distance > d[i]; at--) best[at] = best[at - 1];
    best[at] = (entry){d[i], i};
  }
  for (int64_t i = 0; i < k; i++) s->out->neighbour[q * k + i] = (int32_t)best[i].index;
  s->out->farthest[q] = most;
}

ct_status ct_find_nearest(ct_nearest *out, const ct_tensor *rows, int64_t k,
                          ct_similarity similarity, const char *function, const char *what,
                          ct_error *error) {
  int64_t n = rows->size[0], count;
  ct_packed references = {0};
  *out = (ct_nearest){.similarity = similarity, .n = n, .k = k < n ? k : n};
  if (!ct_size_mul(n, out->k, &count))
    return ct_fail(error, CT_ENOMEM, "%s: the neighbours exceed the address space", function);
  CT_TRY(ct_alloc(&out->neighbour, count, sizeof *out->neighbour, function, error));
  CT_TRY(ct_alloc(&out->farthest, n, sizeof *out->farthest, function, error));
  ct_row_layout layout = {similarity, false, NULL};
  CT_TRY(ct_pack(&out->rows, rows, &layout, function, what, error));
  if (similarity == CT_SIMILARITY_EUCLIDEAN) {
    CT_TRY(ct_alloc(&out->square, n, sizeof *out->square, function, error));
    for (int64_t i = 0; i < n; i++) out->square[i] = square(&out->rows, i);
  }
  layout.as_reference = true;
  ct_status status = ct_pack(&references, rows, &layout, function, what, error);
  search context = {out, &references};
  int64_t room_bytes = n * (int64_t)sizeof(double) + out->k * (int64_t)sizeof(entry);
  if (status == CT_OK)
    status = ct_check_range(&out->rows, &references, similarity, function, error);
  if (status == CT_OK)
    status =
        ct_visit_rows(&out->rows, &references, room_bytes, keep_nearest, &context, function, error);
  ct_packed_release(&references);
  return status;
}
