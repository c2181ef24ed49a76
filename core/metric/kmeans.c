/* k-means in blocks of rows.
 *
 * A block of rows times all centres is one tile of products; x.c - |c|^2/2 is greatest for the
 * nearest centre. Sums over rows are taken cluster by cluster, or block by block and then in the
 * order of blocks, so that no bit depends on the number of threads. Distances that seeds and
 * inertia are made of are taken from differences: equal rows are exactly 0 apart. */
#include "metric/kmeans.h"
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "cpu/distance.h"
#include "cpu/retrieval.h"

enum { ROWS = 8 * CT_TILE_ROWS, PANELS = 16 }; /* a tile of 96 x 512 floats */

typedef struct job {
  const ct_kmeans_options *options;
  ct_packed rows;
  int64_t n, dim, clusters;
  double *centre;   /* [clusters, dim] */
  void *rounded;    /* the same in the type of the rows */
  ct_packed panels; /* those, packed for products */
  double *half;     /* [clusters]: |c|^2 / 2 */
  int32_t *nearest; /* [n] */
  double *distance; /* [n]: squared, to the nearest centre */
  int64_t *begin;   /* [clusters + 1]: where a cluster's rows begin in `member` */
  int32_t *member;  /* [n]: rows by cluster, in order */
  char *room;       /* [threads] tiles */
  double *best;     /* [ROWS] for each thread */
} job;

static void release(job *j) {
  void *owned[] = {j->centre, j->rounded, j->half, j->nearest, j->distance,
                   j->begin,  j->member,  j->room, j->best};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
  ct_packed_release(&j->rows);
  ct_packed_release(&j->panels);
}

static size_t element_of(const job *j) { return ct_dtype_size(j->rows.dtype); }

static const char *row_of(const job *j, int64_t i) {
  return (const char *)j->rows.data + (size_t)(i * j->dim) * element_of(j);
}

static double distance_of(const job *j, int64_t row, const void *to) {
  const ct_distance_kernels *kernels = CT_ISA_SELECT(ct_distance_kernels);
  const void *x = row_of(j, row);
  return j->rows.dtype == CT_FLOAT ? kernels->f32(j->dim, x, to) : kernels->f64(j->dim, x, to);
}

static ct_status interrupted(const job *j, ct_error *error) {
  if (!ct_interrupted()) return CT_OK;
  return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", j->options->function);
}

/* Block by block, so that the order of additions is that of the rows alone. */
static double sum_distances(const job *j) {
  double sum = 0;
  for (int64_t first = 0; first < j->n; first += ROWS) {
    double part = 0;
    for (int64_t i = first; i < first + ROWS && i < j->n; i++) part += j->distance[i];
    sum += part;
  }
  return sum;
}

/* Seeds */

/* A row drawn with a chance proportional to its distance; uniform when all are 0. */
static int64_t draw_row(const job *j, ct_random *random) {
  double left = ct_random_uniform(random) * sum_distances(j);
  int64_t last = -1;
  for (int64_t i = 0; i < j->n; i++) {
    if (!(j->distance[i] > 0)) continue;
    last = i;
    left -= j->distance[i];
    if (left < 0) return i;
  }
  return last >= 0 ? last : (int64_t)ct_random_below(random, (uint64_t)j->n);
}

static void take_centre(job *j, int64_t c, int64_t row) {
  const void *x = row_of(j, row);
  for (int64_t d = 0; d < j->dim; d++) j->centre[c * j->dim + d] = ct_real_at(j->rows.dtype, x, d);
}

static ct_status draw_seeds(job *j, uint64_t run, ct_error *error) {
  ct_random random;
  int threads = ct_threads_for(j->n * j->dim);
  ct_random_seed(&random, j->options->seed);
  random.counter = run << 40; /* a stream of its own for each run */
  for (int64_t c = 0; c < j->clusters; c++) {
    int64_t row = c ? draw_row(j, &random) : (int64_t)ct_random_below(&random, (uint64_t)j->n);
    take_centre(j, c, row);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < j->n; i++) {
      double distance = distance_of(j, i, row_of(j, row));
      if (c == 0 || distance < j->distance[i]) j->distance[i] = distance;
    }
    CT_TRY(interrupted(j, error));
  }
  return CT_OK;
}

/* Assignment */

static ct_status pack_centres(job *j, ct_error *error) {
  int64_t size[2] = {j->clusters, j->dim};
  ct_tensor t = {.dtype = j->rows.dtype};
  ct_row_layout layout = {CT_SIMILARITY_DOT, true, NULL};
  CT_TRY(ct_tensor_new(&t, j->rows.dtype, 2, size, error));
  for (int64_t i = 0; i < j->clusters * j->dim; i++) {
    if (t.dtype == CT_FLOAT)
      ((float *)ct_tensor_data(&t))[i] = (float)j->centre[i];
    else
      ((double *)ct_tensor_data(&t))[i] = j->centre[i];
  }
  memcpy(j->rounded, ct_tensor_data(&t), (size_t)(j->clusters * j->dim) * element_of(j));
  for (int64_t c = 0; c < j->clusters; c++) {
    double sum = 0;
    for (int64_t d = 0; d < j->dim; d++)
      sum += j->centre[c * j->dim + d] * j->centre[c * j->dim + d];
    j->half[c] = sum / 2;
  }
  ct_packed_release(&j->panels);
  ct_status status = ct_pack(&j->panels, &t, &layout, j->options->function, "centres", error);
  ct_tensor_release(&t);
  return status;
}

static double product_at(const job *j, const char *tile, int64_t i) {
  return ct_real_at(j->rows.dtype, tile, i);
}

/* Returns how many rows of the block change their cluster. */
static int64_t assign_block(job *j, int64_t first, char *tile, double *best) {
  const ct_retrieval_kernels *kernels = j->rows.dtype == CT_FLOAT
                                            ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                            : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  int64_t places = j->rows.places - first < ROWS ? j->rows.places - first : ROWS;
  int64_t rows = j->n - first < ROWS ? j->n - first : ROWS, width = j->panels.width, changed = 0;
  int32_t before[ROWS];
  memcpy(before, j->nearest + first, (size_t)rows * sizeof *before);
  for (int64_t i = 0; i < rows; i++) best[i] = -INFINITY;
  for (int64_t p = 0; p < j->panels.panels && !ct_interrupted(); p += PANELS) {
    int64_t panels = j->panels.panels - p < PANELS ? j->panels.panels - p : PANELS;
    int64_t count =
        j->clusters - p * width < panels * width ? j->clusters - p * width : panels * width;
    kernels->products(tile, row_of(j, first),
                      (char *)j->panels.data + (size_t)(p * width * j->dim) * element_of(j), places,
                      panels, j->dim);
    for (int64_t i = 0; i < rows; i++)
      for (int64_t c = 0; c < count; c++) {
        double score = product_at(j, tile, i * panels * width + c) - j->half[p * width + c];
        if (score > best[i]) best[i] = score, j->nearest[first + i] = (int32_t)(p * width + c);
      }
  }
  for (int64_t i = 0; i < rows; i++) {
    const char *centre =
        (const char *)j->rounded + (size_t)(j->nearest[first + i] * j->dim) * element_of(j);
    j->distance[first + i] = distance_of(j, first + i, centre);
    changed += j->nearest[first + i] != before[i];
  }
  return changed;
}

static ct_status assign(job *j, int64_t *changed, ct_error *error) {
  int64_t blocks = (j->n + ROWS - 1) / ROWS, moved = 0;
  int threads = ct_threads_for(j->n * j->clusters), worker = 0;
  CT_TRY(pack_centres(j, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    int me;
#pragma omp critical(ct_kmeans)
    me = worker++;
#pragma omp for schedule(dynamic) reduction(+ : moved)
    for (int64_t b = 0; b < blocks; b++)
      if (!ct_interrupted())
        moved += assign_block(j, b * ROWS, j->room + (int64_t)me * ROWS * PANELS * CT_PANEL_BYTES,
                              j->best + me * ROWS);
  }
  *changed = moved;
  return interrupted(j, error);
}

/* Centres */

/* Rows by cluster: counts, their running sum, then each row to its place. */
static void group_rows(job *j) {
  memset(j->begin, 0, (size_t)(j->clusters + 1) * sizeof *j->begin);
  for (int64_t i = 0; i < j->n; i++) j->begin[j->nearest[i] + 1]++;
  for (int64_t c = 0; c < j->clusters; c++) j->begin[c + 1] += j->begin[c];
  for (int64_t i = 0; i < j->n; i++) j->member[j->begin[j->nearest[i]]++] = (int32_t)i;
  for (int64_t c = j->clusters; c > 0; c--) j->begin[c] = j->begin[c - 1];
  j->begin[0] = 0;
}

static void move_centre(job *j, int64_t c) {
  double *centre = j->centre + c * j->dim;
  int64_t count = j->begin[c + 1] - j->begin[c];
  if (count == 0) return;
  memset(centre, 0, (size_t)j->dim * sizeof *centre);
  for (int64_t m = j->begin[c]; m < j->begin[c + 1]; m++) {
    const void *x = row_of(j, j->member[m]);
    if (j->rows.dtype == CT_FLOAT)
      for (int64_t d = 0; d < j->dim; d++) centre[d] += (double)((const float *)x)[d];
    else
      for (int64_t d = 0; d < j->dim; d++) centre[d] += ((const double *)x)[d];
  }
  for (int64_t d = 0; d < j->dim; d++) centre[d] /= (double)count;
}

/* Gives each empty cluster the row that is farthest from its centre and not alone there; leaves it
 * where all rows are at their centres. */
static void fill_empty(job *j) {
  for (int64_t c = 0; c < j->clusters && !ct_interrupted(); c++) {
    int64_t farthest = -1;
    if (j->begin[c + 1] > j->begin[c]) continue;
    for (int64_t i = 0; i < j->n; i++)
      if (j->begin[j->nearest[i] + 1] - j->begin[j->nearest[i]] > 1 && j->distance[i] > 0 &&
          (farthest < 0 || j->distance[i] > j->distance[farthest]))
        farthest = i;
    if (farthest < 0) return;
    j->nearest[farthest] = (int32_t)c;
    j->distance[farthest] = 0; /* it is its own centre now */
    group_rows(j);
  }
}

static void move_centres(job *j) {
  int threads = ct_threads_for(j->n * j->dim);
  group_rows(j);
  fill_empty(j);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
  for (int64_t c = 0; c < j->clusters; c++)
    if (!ct_interrupted()) move_centre(j, c);
}

/* Runs */

static ct_status run(job *j, ct_kmeans_facts *facts, uint64_t number, ct_error *error) {
  int64_t changed;
  *facts = (ct_kmeans_facts){.converged = false};
  memset(j->nearest, 0, (size_t)j->n * sizeof *j->nearest);
  CT_TRY(draw_seeds(j, number, error));
  CT_TRY(assign(j, &changed, error));
  while (!facts->converged && facts->iterations < j->options->iterations) {
    move_centres(j);
    CT_TRY(assign(j, &changed, error));
    facts->iterations++;
    facts->converged = changed == 0;
  }
  facts->inertia = sum_distances(j);
  return CT_OK;
}

static ct_status prepare(job *j, const ct_tensor *rows, ct_error *error) {
  const char *f = j->options->function;
  ct_row_layout layout = {j->options->unit_rows ? CT_SIMILARITY_COSINE : CT_SIMILARITY_DOT, false,
                          NULL};
  int threads = ct_threads();
  CT_TRY(ct_check_rows(rows, f, "embeddings", error));
  j->n = ct_row_count(rows);
  j->clusters = j->options->clusters;
  if (j->clusters < 1 || j->clusters > j->n)
    return ct_fail(error, CT_EINVALID, "%s: from 1 to %lld clusters, as many as rows, got %lld", f,
                   (long long)j->n, (long long)j->clusters);
  CT_TRY(ct_pack(&j->rows, rows, &layout, f, "embeddings", error));
  CT_TRY(ct_check_range(&j->rows, &j->rows, CT_SIMILARITY_EUCLIDEAN, f, error));
  j->dim = j->rows.depth;
  CT_TRY(ct_alloc(&j->centre, j->clusters * j->dim, sizeof *j->centre, f, error));
  CT_TRY(ct_alloc(&j->rounded, j->clusters * j->dim, element_of(j), f, error));
  CT_TRY(ct_alloc(&j->half, j->clusters, sizeof *j->half, f, error));
  CT_TRY(ct_alloc(&j->nearest, j->n, sizeof *j->nearest, f, error));
  CT_TRY(ct_alloc(&j->distance, j->n, sizeof *j->distance, f, error));
  CT_TRY(ct_alloc(&j->begin, j->clusters + 1, sizeof *j->begin, f, error));
  CT_TRY(ct_alloc(&j->member, j->n, sizeof *j->member, f, error));
  CT_TRY(ct_alloc(&j->best, (int64_t)threads * ROWS, sizeof *j->best, f, error));
  return ct_alloc(&j->room, (int64_t)threads * ROWS * PANELS, CT_PANEL_BYTES, f, error);
}

static ct_status keep(const job *j, ct_tensor *assignment, ct_tensor *centres, ct_error *error) {
  int64_t size[2] = {j->clusters, j->dim};
  CT_TRY(ct_tensor_resize(assignment, 1, &j->n, error));
  CT_TRY(ct_tensor_resize(centres, 2, size, error));
  int64_t *to = ct_tensor_data(assignment);
  for (int64_t i = 0; i < j->n; i++) to[i] = j->nearest[i] + 1;
  memcpy(ct_tensor_data(centres), j->centre, (size_t)(j->clusters * j->dim) * sizeof *j->centre);
  return CT_OK;
}

ct_status ct_kmeans(ct_tensor *assignment, ct_tensor *centres, ct_kmeans_facts *facts,
                    const ct_tensor *rows, const ct_kmeans_options *options, ct_error *error) {
  job j = {.options = options};
  ct_kmeans_facts found;
  ct_status status = prepare(&j, rows, error);
  for (int64_t number = 0; status == CT_OK && number < options->restarts; number++) {
    status = run(&j, &found, (uint64_t)number, error);
    if (status != CT_OK || (number > 0 && !(found.inertia < facts->inertia))) continue;
    *facts = found;
    status = keep(&j, assignment, centres, error);
  }
  release(&j);
  return status;
}
