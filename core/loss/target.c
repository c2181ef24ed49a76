/* One product of two rows per anchor. The angle comes from the difference and the sum of the unit
 * rows where the cosine's last digits would decide it, as Kahan advises. */
#include "loss/target.h"
#include <math.h>
#include <omp.h>
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/rows.h"
#include "ops/copy.h"

typedef struct targets {
  const ct_sorted_rows *queries, *classes;
  const char *x, *w; /* contiguous */
} targets;

static void read_row(const targets *t, const char *rows, int64_t i, double *to) {
  const ct_sorted_rows *q = t->queries;
  const ct_row_kernel_set *set = CT_ISA_SELECT(ct_row_kernels);
  const ct_row_kernels *kernels = q->outer == CT_DOUBLE ? &set->f64_f64 : &set->f32_f64;
  const void *from = rows + (size_t)(i * q->dim) * ct_dtype_size(q->outer);
  if (q->similarity == CT_COSINE)
    kernels->normalise(q->dim, from, to);
  else
    kernels->load(q->dim, from, to);
}

static double similarity_of(ct_similarity kind, int64_t dim, const double *a, const double *b) {
  double dot = 0, apart = 0;
  if (kind == CT_EUCLIDEAN) {
#pragma omp simd reduction(+ : apart)
    for (int64_t d = 0; d < dim; d++) apart += (a[d] - b[d]) * (a[d] - b[d]);
    return 1 - apart / 2;
  }
#pragma omp simd reduction(+ : dot)
  for (int64_t d = 0; d < dim; d++) dot += a[d] * b[d];
  return dot;
}

static double angle_of(int64_t dim, double cosine, const double *a, const double *b) {
  double apart = 0, together = 0;
  if (fabs(cosine) < 0.7) return acos(cosine);
  for (int64_t d = 0; d < dim; d++) {
    apart += (a[d] - b[d]) * (a[d] - b[d]);
    together += (a[d] + b[d]) * (a[d] + b[d]);
  }
  return 2 * atan2(sqrt(apart), sqrt(together));
}

static ct_target target_of(const targets *t, int64_t i, double *room) {
  const ct_sorted_rows *q = t->queries, *c = t->classes;
  double *x = room, *w = x + q->dim, *nearest = w + q->dim;
  ct_target best = {.s = -INFINITY};
  read_row(t, t->x, q->origin[i], x);
  for (int64_t k = 0; k < c->centres; k++) {
    read_row(t, t->w, c->origin[q->side.first[i] * c->centres + k], w);
    double s = similarity_of(q->similarity, q->dim, x, w), *spare = nearest;
    if (!(s > best.s) && k > 0) continue;
    best.s = s;
    nearest = w;
    w = spare;
  }
  if (c->lift) best.s += c->lift[q->label[i] - 1];
  best.theta = q->similarity == CT_COSINE ? angle_of(q->dim, best.s, x, nearest) : 0;
  return best;
}

ct_status ct_targets(ct_target *to, const ct_sorted_rows *queries, const ct_tensor *x,
                     const ct_sorted_rows *classes, ct_error *error) {
  targets t = {.queries = queries, .classes = classes};
  ct_tensor rows = {.dtype = queries->outer};
  CT_TRY(ct_contiguous(&rows, queries->outer, x, error));
  t.x = ct_tensor_data(&rows);
  t.w = ct_tensor_data(&classes->x);
  int threads = ct_threads_for(queries->rows * queries->dim * (1 + classes->centres));
  double *room = NULL;
  ct_status status =
      ct_alloc(&room, threads, 3 * (size_t)queries->dim * sizeof *room, "rows", error);
  if (status == CT_OK) {
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < queries->rows; i++)
      to[i] = target_of(&t, i, room + 3 * queries->dim * omp_get_thread_num());
  }
  ct_free(room);
  ct_tensor_release(&rows);
  return status;
}
