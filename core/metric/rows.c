/* Preparing rows and labels for retrieval. Each row is read into doubles, checked, normalised or
 * extended there and written once, rounded to the type of the products. What becomes of a row
 * depends on its elements alone, so equal rows stay equal. */
#include "metric/rows.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/threads.h"
#include "ops/copy.h"

/* Labels */

static ct_status read_real_labels(int64_t *out, const ct_tensor *labels, int64_t rows,
                                  const char *what, ct_error *error) {
  ct_tensor flat = {.dtype = CT_DOUBLE};
  CT_TRY(ct_contiguous(&flat, CT_DOUBLE, labels, error));
  const double *from = ct_tensor_data(&flat);
  ct_status status = CT_OK;
  for (int64_t i = 0; i < rows && status == CT_OK; i++) {
    if (from[i] >= 1 && from[i] < 0x1p63 && from[i] == floor(from[i]))
      out[i] = (int64_t)from[i];
    else
      status =
          ct_fail(error, CT_EINVALID, "retrieval: %s must be whole numbers from 1, got %g at %lld",
                  what, from[i], (long long)i + 1);
  }
  ct_tensor_release(&flat);
  return status;
}

static ct_status read_integer_labels(int64_t *out, const ct_tensor *labels, int64_t rows,
                                     const char *what, ct_error *error) {
  ct_tensor flat = {.dtype = CT_LONG};
  CT_TRY(ct_contiguous(&flat, CT_LONG, labels, error));
  const int64_t *from = ct_tensor_data(&flat);
  ct_status status = CT_OK;
  for (int64_t i = 0; i < rows && status == CT_OK; i++) {
    out[i] = from[i];
    if (from[i] < 1)
      status = ct_fail(error, CT_EINVALID,
                       "retrieval: %s must be whole numbers from 1, got %lld at %lld", what,
                       (long long)from[i], (long long)i + 1);
  }
  ct_tensor_release(&flat);
  return status;
}

ct_status ct_read_labels(int64_t **out, const ct_tensor *labels, int64_t rows, const char *what,
                         ct_error *error) {
  int64_t count = ct_tensor_count(labels);
  if (count != rows)
    return ct_fail(error, CT_EINVALID,
                   "retrieval: %s must have %lld elements, one per row, got %lld", what,
                   (long long)rows, (long long)count);
  CT_TRY(ct_alloc(out, rows, sizeof **out, "retrieval", error));
  ct_status status = ct_dtype_is_real(labels->dtype)
                         ? read_real_labels(*out, labels, rows, what, error)
                         : read_integer_labels(*out, labels, rows, what, error);
  if (status == CT_OK) return CT_OK;
  ct_free(*out);
  *out = NULL;
  return status;
}

/* Radix sort by bytes, least first; bytes that all labels share are passed over. */
void ct_sort_labels(int64_t *label, int32_t *position, int64_t *label_spare,
                    int32_t *position_spare, int64_t n) {
  int64_t *from = label, *to = label_spare;
  int32_t *from_position = position, *to_position = position_spare;
  for (int64_t i = 0; i < n; i++) position[i] = (int32_t)i;
  for (int shift = 0; shift < 64; shift += 8) {
    int64_t start[257] = {0};
    for (int64_t i = 0; i < n; i++) start[((from[i] >> shift) & 255) + 1]++;
    if (n == 0 || start[((from[0] >> shift) & 255) + 1] == n) continue;
    for (int b = 0; b < 256; b++) start[b + 1] += start[b];
    for (int64_t i = 0; i < n; i++) {
      int64_t at = start[(from[i] >> shift) & 255]++;
      to[at] = from[i], to_position[at] = from_position[i];
    }
    int64_t *swap = from;
    int32_t *swap_position = from_position;
    from = to, to = swap, from_position = to_position, to_position = swap_position;
  }
  if (from == label) return;
  memcpy(label, from, (size_t)n * sizeof *label);
  memcpy(position, from_position, (size_t)n * sizeof *position);
}

/* Rows */

static bool load_row(double *row, const ct_tensor *rows, int64_t i, int64_t columns) {
  bool finite = true;
  if (rows->dtype == CT_FLOAT) {
    const float *from = (const float *)ct_tensor_data(rows) + i * columns;
    for (int64_t d = 0; d < columns; d++) row[d] = (double)from[d];
  } else {
    memcpy(row, (const double *)ct_tensor_data(rows) + i * columns, (size_t)columns * sizeof *row);
  }
  for (int64_t d = 0; d < columns; d++) finite &= fabs(row[d]) <= 0x1.fffffffffffffp1023;
  return finite;
}

/* Scales a row by a power of two that brings its greatest element near 1, and returns it: exact but
 * for subnormal results, and no square overflows or vanishes. */
static double scale_row(double *row, int64_t columns) {
  double greatest = 0;
  int exponent;
  for (int64_t d = 0; d < columns; d++) greatest = fmax(greatest, fabs(row[d]));
  frexp(greatest, &exponent);
  if (exponent < -1020) exponent = -1020; /* the factor must be finite */
  double factor = ldexp(1, -exponent);
  for (int64_t d = 0; d < columns; d++) row[d] *= factor;
  return factor;
}

static double norm_of(const double *row, int64_t columns) {
  double sum = 0;
  for (int64_t d = 0; d < columns; d++) sum += row[d] * row[d];
  return sqrt(sum);
}

/* Returns the norm of the row as it came; infinite when it is beyond double. */
static double transform_row(double *row, int64_t columns, const ct_row_layout *layout) {
  if (layout->similarity == CT_SIMILARITY_COSINE) {
    double factor = scale_row(row, columns), norm = norm_of(row, columns);
    for (int64_t d = 0; d < columns && norm > 0; d++) row[d] /= norm;
    return norm / factor;
  }
  double norm = norm_of(row, columns);
  if (layout->similarity != CT_SIMILARITY_EUCLIDEAN) return norm;
  row[columns] = 1;
  if (!layout->as_reference) return norm;
  double square = 0;
  for (int64_t d = 0; d < columns; d++) {
    square += row[d] * row[d];
    row[d] *= 2;
  }
  row[columns] = -square;
  return norm;
}

static void store_row(void *out, ct_dtype dtype, const double *row, int64_t depth, int64_t place,
                      int64_t panel_width) {
  int64_t width = panel_width ? panel_width : 1;
  int64_t at = place / width * width * depth + place % width;
  for (int64_t d = 0; d < depth; d++, at += width) {
    if (dtype == CT_FLOAT)
      ((float *)out)[at] = (float)row[d];
    else
      ((double *)out)[at] = row[d];
  }
}

ct_status ct_lay_rows(void *out, ct_dtype dtype, double *longest, const ct_tensor *rows,
                      const ct_row_layout *layout, const char *what, ct_error *error) {
  int64_t n = rows->size[0], columns = rows->size[1], depth, bad = INT64_MAX;
  depth = ct_row_depth(layout->similarity, columns);
  int threads = ct_threads_for(n * columns);
  double most = 0, *scratch = NULL;
  CT_TRY(ct_alloc(&scratch, threads * (depth + 8), sizeof *scratch, "retrieval", error));
  int worker = 0;
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    double *row;
#pragma omp critical(ct_lay_rows)
    row = scratch + worker++ * (depth + 8);
#pragma omp for schedule(static) reduction(min : bad) reduction(max : most)
    for (int64_t place = 0; place < n; place++) {
      int64_t i = layout->order ? layout->order[place] : place;
      if (!load_row(row, rows, i, columns)) {
        bad = i < bad ? i : bad;
        continue;
      }
      double norm = transform_row(row, columns, layout);
      most = norm > most ? norm : most;
      store_row(out, dtype, row, depth, place, layout->panel_width);
    }
  }
  ct_free(scratch);
  *longest = most;
  if (bad == INT64_MAX) return CT_OK;
  return ct_fail(error, CT_EINVALID, "retrieval: row %lld of %s holds a NaN or an infinity",
                 (long long)bad + 1, what);
}
