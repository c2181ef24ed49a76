/* Loading rows: labels become integers, rows are sorted by label (a stable radix sort, linear in
 * the rows), values are checked to be finite and normalised in double. The sorted order makes a
 * row's positives one range of columns, so that the driver needs no masks. */
#include "loss/rows.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "base/memory.h"
#include "base/threads.h"
#include <omp.h>
#include "cpu/rows.h"
#include "cpu/tile.h"
#include "ops/copy.h"

static const ct_row_kernels *kernels_for(ct_dtype outer, ct_dtype compute) {
  const ct_row_kernel_set *set = CT_ISA_SELECT(ct_row_kernels);
  return outer == CT_DOUBLE ? &set->f64_f64 : compute == CT_DOUBLE ? &set->f32_f64 : &set->f32_f32;
}

static const ct_tile_kernels *tiles_for(ct_dtype compute) {
  const ct_tile_kernel_set *set = CT_ISA_SELECT(ct_tile_kernels);
  return compute == CT_DOUBLE ? &set->f64 : &set->f32;
}

/* A row costs something whatever its length. */
static int threads_for(const ct_sorted_rows *r) { return ct_threads_for(r->rows * (128 + r->dim)); }

void ct_rows_free(ct_sorted_rows *rows) {
  ct_free(rows->label);
  ct_free(rows->origin);
  ct_free(rows->set_start);
  ct_free(rows->set);
  ct_free(rows->inverse_norm);
  ct_free(rows->lift);
  ct_free(rows->side.by_dim);
  ct_free(rows->side.by_row);
  ct_free(rows->side.half);
  ct_free(rows->side.first);
  ct_free(rows->side.last);
  ct_tensor_release(&rows->x);
  *rows = (ct_sorted_rows){0};
}

static ct_status check_shape(const char *function, const ct_loss_rows *in, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  const ct_tensor *x = in->x, *labels = in->labels;
  if (!ct_dtype_is_real(x->dtype))
    return ct_fail(error, CT_EINVALID, "%s: %s must be a Float or Double tensor, got %s", function,
                   in->x_name, ct_dtype_name(x->dtype));
  if (x->dims != 2 || x->size[1] < 1)
    return ct_fail(error, CT_EINVALID, "%s: %s must be [rows, D] with D >= 1, got %s", function,
                   in->x_name, ct_shape_text(text, x->dims, x->size));
  if (!labels) return CT_OK;
  int64_t count = ct_tensor_count(labels);
  if (in->several) {
    if (labels->dims == 2 && labels->size[0] == x->size[0]) return CT_OK;
    if (count == 0 && x->size[0] == 0) return CT_OK;
    return ct_fail(error, CT_EINVALID, "%s: %s must be [%lld, G], some for each row of %s, got %s",
                   function, in->labels_name, (long long)x->size[0], in->x_name,
                   ct_shape_text(text, labels->dims, labels->size));
  }
  if (labels->dims > 1)
    return ct_fail(error, CT_EINVALID, "%s: %s must have one dimension, got %s", function,
                   in->labels_name, ct_shape_text(text, labels->dims, labels->size));
  if (count != x->size[0])
    return ct_fail(error, CT_EINVALID,
                   "%s: %s must have %lld elements, one per row of %s, got %lld", function,
                   in->labels_name, (long long)x->size[0], in->x_name, (long long)count);
  return CT_OK;
}

/* The common case of the function below, many times faster: whether all is as it should be. */
static bool read_long_labels(int64_t *label, int64_t *origin, const ct_tensor *t) {
  const int64_t *from = ct_tensor_data(t), stride = t->dims ? t->stride[0] : 1;
  int64_t least = 1;
  for (int64_t i = 0, n = ct_tensor_count(t); i < n; i++) {
    origin[i] = i;
    label[i] = from[i * stride];
    least = label[i] < least ? label[i] : least;
  }
  return least >= 1;
}

/* The labels and places of the rows that take part, *rows of them. */
static ct_status read_labels(int64_t *label, int64_t *origin, int64_t *rows, const char *function,
                             const ct_loss_rows *in, int64_t centres, ct_error *error) {
  const ct_tensor *t = in->labels;
  int64_t count = 0;
  if (t && t->dtype == CT_LONG && !in->ignore && read_long_labels(label, origin, t)) {
    *rows = in->x->size[0];
    return CT_OK;
  }
  for (int64_t i = 0; i < in->x->size[0]; i++) {
    origin[count] = i;
    if (!t) {
      label[count++] = i / centres + 1;
      continue;
    }
    const char *at = ct_tensor_data(t);
    ct_scalar v =
        ct_scalar_load(t->dtype, at + i * t->stride[0] * (int64_t)ct_dtype_size(t->dtype));
    if (in->ignore && (double)v.i == v.d && v.i == *in->ignore) continue;
    if (v.i < 1 || (double)v.i != v.d)
      return ct_fail(error, CT_EINVALID,
                     "%s: %s must hold integers >= 1, got %.17g at element %lld", function,
                     in->labels_name, v.d, (long long)i + 1);
    label[count++] = v.i;
  }
  *rows = count;
  return CT_OK;
}

/* One label of a row of several; 0 is none. */
static ct_status read_one(int64_t *label, const char *function, const ct_loss_rows *in, int64_t i,
                          int64_t g, ct_error *error) {
  const ct_tensor *t = in->labels;
  const char *at = ct_tensor_data(t);
  ct_scalar v = ct_scalar_load(t->dtype, at + (i * t->stride[0] + g * t->stride[1]) *
                                                  (int64_t)ct_dtype_size(t->dtype));
  *label = v.i;
  bool ignored = in->ignore && v.i == *in->ignore;
  if ((double)v.i == v.d && (v.i >= 0 || ignored)) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: %s must hold integers >= 0, got %.17g at row %lld, column %lld", function,
                 in->labels_name, v.d, (long long)i + 1, (long long)g + 1);
}

/* The distinct labels of row i, ascending, to set[0..*n-1]. *n is -1 for a row that takes no part:
 * one that has the ignored label among its own. */
static ct_status read_set(int64_t *set, int64_t *n, const char *function, const ct_loss_rows *in,
                          int64_t i, ct_error *error) {
  *n = 0;
  for (int64_t g = 0; g < in->labels->size[1]; g++) {
    int64_t label, at;
    CT_TRY(read_one(&label, function, in, i, g, error));
    if (in->ignore && label == *in->ignore) {
      *n = -1;
      return CT_OK;
    }
    for (at = *n; at > 0 && set[at - 1] > label;) at--;
    if (label == 0 || (at > 0 && set[at - 1] == label)) continue;
    memmove(set + at + 1, set + at, (size_t)(*n - at) * sizeof *set);
    set[at] = label;
    ++*n;
  }
  return CT_OK;
}

/* The same as read_labels for rows with several: they stay in the caller's order. */
static ct_status read_sets(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                           ct_error *error) {
  int64_t most, count = 0, used = 0;
  if (in->ignore && *in->ignore == 0)
    return ct_fail(error, CT_EINVALID,
                   "%s: ignore_label must not be 0, which is no label where rows have several",
                   function);
  if (!ct_size_mul(out->given, in->labels->size[1], &most))
    return ct_fail(error, CT_EINVALID, "%s: %s has too many elements", function, in->labels_name);
  CT_TRY(ct_alloc(&out->set_start, out->given + 1, sizeof *out->set_start, "labels", error));
  CT_TRY(ct_alloc(&out->set, most, sizeof *out->set, "labels", error));
  out->set_start[0] = 0;
  for (int64_t i = 0; i < out->given; i++) {
    int64_t own;
    CT_TRY(read_set(out->set + used, &own, function, in, i, error));
    if (own < 0) continue;
    used += own;
    out->label[count] = 1;
    out->origin[count] = i;
    out->set_start[++count] = used;
  }
  out->rows = count;
  return CT_OK;
}

/* Least significant digit first; digits in which all labels agree are passed over. Digits are wide
 * where there are rows enough for a table of their values. */
ct_status ct_sort_by_label(int64_t rows, int64_t *label, int64_t *origin, ct_error *error) {
  enum { NARROW = 8, WIDE = 13, MANY_ROWS = 4096 };
  int64_t *spare = NULL, differing = 0;
  bool sorted = true;
  for (int64_t i = 0; i < rows; i++) {
    differing |= label[i] ^ label[0];
    sorted = sorted && (i == 0 || label[i - 1] <= label[i]);
  }
  if (sorted) return CT_OK;
  const int width = rows < MANY_ROWS ? NARROW : WIDE;
  const int64_t digits = (int64_t)1 << width;
  CT_TRY(ct_alloc(&spare, 2 * rows + digits + 1, sizeof *spare, "labels", error));
  int64_t *from[2] = {label, origin}, *to[2] = {spare, spare + rows}, *start = spare + 2 * rows;
  for (int shift = 0; shift < 64 && differing >> shift; shift += width) {
    if (!((differing >> shift) & (digits - 1))) continue;
    memset(start, 0, (size_t)(digits + 1) * sizeof *start);
    for (int64_t i = 0; i < rows; i++) start[((from[0][i] >> shift) & (digits - 1)) + 1]++;
    for (int64_t digit = 0; digit < digits - 1; digit++) start[digit + 1] += start[digit];
    for (int64_t i = 0; i < rows; i++) {
      int64_t at = start[(from[0][i] >> shift) & (digits - 1)]++;
      to[0][at] = from[0][i];
      to[1][at] = from[1][i];
    }
    for (int k = 0; k < 2; k++) {
      int64_t *swap = from[k];
      from[k] = to[k];
      to[k] = swap;
    }
  }
  if (from[0] != label) {
    memcpy(label, from[0], (size_t)rows * sizeof *label);
    memcpy(origin, from[1], (size_t)rows * sizeof *origin);
  }
  ct_free(spare);
  return CT_OK;
}

int64_t ct_rows_packed(const ct_sorted_rows *r) {
  int64_t width = tiles_for(r->compute)->width, count;
  return ct_size_mul((r->dim + width - 1) / width * width, r->side.pitch, &count) ? count
                                                                                  : INT64_MAX;
}

ct_status ct_rows_ranges(ct_sorted_rows *rows, ct_error *error) {
  CT_TRY(ct_alloc(&rows->side.first, rows->rows, sizeof(int64_t), "labels", error));
  return ct_alloc(&rows->side.last, rows->rows, sizeof(int64_t), "labels", error);
}

static ct_status allocate(ct_sorted_rows *r, ct_error *error) {
  size_t real = ct_dtype_size(r->compute);
  CT_TRY(ct_rows_ranges(r, error));
  CT_TRY(ct_alloc(&r->side.by_dim, ct_rows_packed(r), real, "packed rows", error));
  CT_TRY(ct_alloc(&r->side.by_row, ct_rows_packed(r), real, "packed rows", error));
  if (r->similarity == CT_COSINE)
    CT_TRY(ct_alloc(&r->inverse_norm, r->rows, sizeof(double), "norms", error));
  if (r->similarity == CT_EUCLIDEAN)
    CT_TRY(ct_alloc(&r->side.half, r->side.padded, real, "norms", error));
  return CT_OK;
}

/* Row `i` of the sorted order, from `x` [rows, dim] contiguous, by way of `room` [dim], to row `k`
 * of a side. False when it is not finite. *square: |x|^2, but for the cosine. */
static bool load_row(const ct_sorted_rows *r, const ct_row_kernels *kernels, const char *x,
                     int64_t i, const ct_pair_side *side, int64_t k, double *inverse_norm,
                     void *room, double *square) {
  const void *from = x + (size_t)(r->origin[i] * r->dim) * ct_dtype_size(r->outer);
  double norm = r->similarity == CT_COSINE ? kernels->normalise(r->dim, from, room)
                                           : kernels->load(r->dim, from, room);
  if (isnan(norm)) return false;
  *(r->similarity == CT_COSINE ? &inverse_norm[k] : square) = norm;
  if (side->half)
    ct_real_put(r->compute, side->half, k, r->lift ? r->lift[r->label[i] - 1] : 0.5 - norm / 2);
  tiles_for(r->compute)->pack(r->dim, side->pitch, k, room, side->by_dim);
  return true;
}

/* Which row of the sorted order is row k of a side that holds those from `from` on: of classes of
 * several rows, first the first of each class, then the second of each, and so on. */
static int64_t row_at(const ct_sorted_rows *r, const ct_pair_side *side, int64_t from, int64_t k) {
  int64_t classes = side->rows / r->centres;
  return r->centres == 1 ? from + k : from + k % classes * r->centres + k / classes;
}

/* A panel of a side, its rows first..first+width-1. Into the layout by dimension and, if the side
 * has it, by row. Returns the caller's first row that is not finite, INT64_MAX when there is none.
 * *largest is raised to |x|^2, but for the cosine. */
static int64_t load_panel(const ct_sorted_rows *r, const char *x, int64_t from,
                          const ct_pair_side *side, int64_t first, double *inverse_norm, void *room,
                          double *largest) {
  const ct_row_kernels *kernels = kernels_for(r->outer, r->compute);
  const ct_tile_kernels *tiles = tiles_for(r->compute);
  int64_t bad = INT64_MAX;
  for (int64_t k = first; k < first + tiles->width && k < side->rows; k++) {
    double square = 0;
    int64_t i = row_at(r, side, from, k);
    if (!load_row(r, kernels, x, i, side, k, inverse_norm, room, &square) && r->origin[i] < bad)
      bad = r->origin[i];
    *largest = fmax(*largest, square);
  }
  if (side->by_row) tiles->interleave(r->dim, side->pitch, first, side->by_dim, side->by_row);
  return bad;
}

/* Zero rows and dimensions beyond the data: products over whole panels then need no special cases.
 */
static void zero_padding(const ct_sorted_rows *r, const ct_pair_side *side) {
  size_t real = ct_dtype_size(r->compute);
  int64_t width = tiles_for(r->compute)->width, panels = (r->dim + width - 1) / width;
  int64_t panel = side->pitch * width;
  char *by_dim = side->by_dim;
  for (int64_t k = 0; k < panels; k++) {
    int64_t from = k == panels - 1 && r->dim % width ? 0 : side->rows * width;
    memset(by_dim + (size_t)(k * panel + from) * real, 0, (size_t)(panel - from) * real);
  }
}

static ct_status bad_value(const char *function, const char *x_name, int64_t row, ct_error *error) {
  return ct_fail(error, CT_EINVALID, "%s: %s has a NaN or an infinite value in row %lld", function,
                 x_name, (long long)row + 1);
}

static ct_status load_values(ct_sorted_rows *r, const char *function, const ct_loss_rows *in,
                             ct_error *error) {
  const int64_t width = tiles_for(r->compute)->width;
  int64_t bad = INT64_MAX;
  double largest = 0;
  int threads = threads_for(r);
  size_t each = (size_t)r->dim * ct_dtype_size(r->compute);
  char *room = NULL;
  CT_TRY(ct_alloc(&room, threads, each, "rows", error));
  ct_tensor x = {.dtype = r->outer};
  ct_status status = ct_contiguous(&x, r->outer, in->x, error);
  if (status == CT_OK) {
    zero_padding(r, &r->side);
#pragma omp parallel for num_threads(threads) reduction(min                                        \
                                                        : bad)                                     \
    reduction(max                                                                                  \
              : largest) if (threads > 1)
    for (int64_t i = 0; i < r->side.padded; i += width) {
      void *mine = room + each * (size_t)omp_get_thread_num();
      int64_t here =
          load_panel(r, ct_tensor_data(&x), 0, &r->side, i, r->inverse_norm, mine, &largest);
      bad = here < bad ? here : bad;
    }
    r->largest = largest;
    ct_tensor_release(&x);
  }
  ct_free(room);
  if (status != CT_OK || bad == INT64_MAX) return status;
  return bad_value(function, in->x_name, bad, error);
}

ct_status ct_rows_begin(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                        ct_dtype compute, ct_similarity similarity, ct_error *error) {
  ct_rows_free(out);
  CT_TRY(check_shape(function, in, error));
  out->dim = in->x->size[1];
  out->outer = in->x->dtype;
  out->compute = compute;
  out->similarity = similarity;
  out->centres = in->centres > 1 ? in->centres : 1;
  out->given = in->x->size[0];
  CT_TRY(ct_alloc(&out->label, out->given, sizeof *out->label, "labels", error));
  CT_TRY(ct_alloc(&out->origin, out->given, sizeof *out->origin, "labels", error));
  if (in->several)
    CT_TRY(read_sets(out, function, in, error));
  else
    CT_TRY(read_labels(out->label, out->origin, &out->rows, function, in, out->centres, error));
  out->side.rows = out->rows;
  if (!ct_size_add(out->rows, CT_TILE_ROWS - 1, &out->side.padded))
    return ct_fail(error, CT_EINVALID, "%s: %s has too many rows", function, in->x_name);
  out->side.padded -= out->side.padded % CT_TILE_ROWS;
  out->side.pitch = ct_tile_pitch(out->side.padded);
  return ct_sort_by_label(out->rows, out->label, out->origin, error);
}

ct_status ct_rows_load(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                       ct_dtype compute, ct_similarity similarity, ct_error *error) {
  ct_status status = ct_rows_begin(out, function, in, compute, similarity, error);
  if (status == CT_OK) status = allocate(out, error);
  if (status == CT_OK) status = load_values(out, function, in, error);
  if (status != CT_OK) ct_rows_free(out);
  return status;
}

/* The longest row, which says how large similarities can be. Rows that are not finite are found
 * when they are loaded. */
static ct_status measure(ct_sorted_rows *r, ct_error *error) {
  const ct_row_kernels *kernels = kernels_for(r->outer, r->compute);
  int threads = threads_for(r);
  size_t each = (size_t)r->dim * ct_dtype_size(r->compute);
  const char *x = ct_tensor_data(&r->x);
  double largest = 0;
  char *room = NULL;
  CT_TRY(ct_alloc(&room, threads, each, "rows", error));
#pragma omp parallel for num_threads(threads) reduction(max : largest) if (threads > 1)
  for (int64_t i = 0; i < r->rows; i++) {
    double square =
        kernels->load(r->dim, x + (size_t)(r->origin[i] * r->dim) * ct_dtype_size(r->outer),
                      room + each * (size_t)omp_get_thread_num());
    largest = square > largest ? square : largest;
  }
  ct_free(room);
  r->largest = largest;
  return CT_OK;
}

ct_status ct_rows_open(ct_sorted_rows *out, const char *function, const ct_loss_rows *in,
                       ct_dtype compute, ct_similarity similarity, ct_error *error) {
  ct_status status = ct_rows_begin(out, function, in, compute, similarity, error);
  out->x.dtype = out->outer;
  if (status == CT_OK) status = ct_contiguous(&out->x, out->outer, in->x, error);
  if (status == CT_OK && similarity != CT_COSINE) status = measure(out, error);
  if (status != CT_OK) ct_rows_free(out);
  return status;
}

void ct_rows_match(ct_sorted_rows *rows, const ct_sorted_rows *others) {
  int64_t first = 0, last = 0;
  for (int64_t i = 0; i < rows->rows; i++) {
    if (i == 0 || rows->label[i] != rows->label[i - 1]) {
      for (first = last; first < others->rows && others->label[first] < rows->label[i];) first++;
      for (last = first; last < others->rows && others->label[last] == rows->label[i];) last++;
    }
    rows->side.first[i] = first / others->centres;
    rows->side.last[i] = last / others->centres;
  }
}

/* Row `i`: out of row `k` of a packed gradient and, for the cosine, back through its normalisation.
 */
static bool unload_row(const ct_sorted_rows *r, const ct_row_kernels *kernels, int64_t i,
                       const ct_pair_side *side, int64_t k, const double *inverse_norm,
                       const void *gradient, const double *weight, void *room, void *to) {
  const ct_tile_kernels *tiles = tiles_for(r->compute);
  void *g = room, *u = (char *)room + (size_t)r->dim * ct_dtype_size(r->compute);
  void *row = (char *)to + (size_t)(r->origin[i] * r->dim) * ct_dtype_size(r->outer);
  tiles->unpack(r->dim, side->pitch, k, gradient, g);
  if (r->similarity == CT_DOT) return kernels->store(r->dim, g, row);
  tiles->unpack(r->dim, side->pitch, k, side->by_dim, u);
  if (r->similarity == CT_COSINE) return kernels->project(r->dim, g, u, inverse_norm[k], row);
  return kernels->subtract(r->dim, g, u, weight[k], row);
}

static ct_status bad_gradient(const ct_sorted_rows *r, const char *function, int64_t row,
                              ct_error *error) {
  return ct_fail(error, CT_EINVALID,
                 "%s: the gradient of row %lld exceeds the range of %s (a row of tiny norm, or "
                 "similarities too large for gamma)",
                 function, (long long)row + 1, ct_dtype_name(r->outer));
}

ct_status ct_rows_unload(const ct_sorted_rows *r, const char *function, const void *gradient,
                         const double *weight, void *to, ct_error *error) {
  const ct_row_kernels *kernels = kernels_for(r->outer, r->compute);
  int64_t bad = INT64_MAX;
  int threads = threads_for(r);
  size_t each = 2 * (size_t)r->dim * ct_dtype_size(r->compute);
  char *room = NULL;
  CT_TRY(ct_alloc(&room, threads, each, "rows", error));
#pragma omp parallel for num_threads(threads) reduction(min : bad) if (threads > 1)
  for (int64_t i = 0; i < r->rows; i++) {
    char *mine = room + each * (size_t)omp_get_thread_num();
    if (!unload_row(r, kernels, i, &r->side, i, r->inverse_norm, gradient, weight, mine, to) &&
        r->origin[i] < bad)
      bad = r->origin[i];
  }
  ct_free(room);
  return bad == INT64_MAX ? CT_OK : bad_gradient(r, function, bad, error);
}

static void note(_Atomic int64_t *first, int64_t row) {
  int64_t known = atomic_load(first);
  while (row < known && !atomic_compare_exchange_weak(first, &known, row)) {
  }
}

static void load_block(void *source, int64_t from, ct_pair_block *block) {
  ct_rows_pass *pass = source;
  const ct_sorted_rows *r = pass->rows;
  double largest = 0;
  zero_padding(r, &block->side);
  for (int64_t k = 0; k < block->side.padded; k += tiles_for(r->compute)->width) {
    int64_t bad = load_panel(r, ct_tensor_data(&r->x), from, &block->side, k, block->inverse_norm,
                             block->row, &largest);
    if (bad != INT64_MAX) note(&pass->bad_value, bad);
  }
}

static void unload_block(void *source, int64_t from, ct_pair_block *block) {
  ct_rows_pass *pass = source;
  const ct_sorted_rows *r = pass->rows;
  const ct_row_kernels *kernels = kernels_for(r->outer, r->compute);
  for (int64_t k = 0; k < block->side.rows; k++) {
    int64_t i = row_at(r, &block->side, from, k);
    if (pass->to_lift) pass->to_lift[r->label[i] - 1] += block->weight[k];
    if (pass->to && !unload_row(r, kernels, i, &block->side, k, block->inverse_norm,
                                block->gradient, block->weight, block->row, pass->to))
      note(&pass->bad_gradient, r->origin[i]);
  }
}

ct_pair_columns ct_rows_columns(ct_rows_pass *pass, const ct_sorted_rows *rows, void *to,
                                double *to_lift) {
  pass->rows = rows;
  pass->to = to;
  pass->to_lift = to_lift;
  pass->bad_value = pass->bad_gradient = rows->given;
  return (ct_pair_columns){.rows = rows->rows,
                           .half = rows->similarity == CT_EUCLIDEAN || rows->lift,
                           .source = pass,
                           .load = load_block,
                           .unload = unload_block};
}

ct_status ct_rows_check(const ct_rows_pass *pass, const char *function, const char *x_name,
                        ct_error *error) {
  if (pass->bad_value < pass->rows->given)
    return bad_value(function, x_name, pass->bad_value, error);
  if (pass->bad_gradient < pass->rows->given)
    return bad_gradient(pass->rows, function, pass->bad_gradient, error);
  return CT_OK;
}
