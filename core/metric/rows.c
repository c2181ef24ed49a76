/* Preparing rows for products. Each row is read into doubles, checked, normalised or extended there
 * and written once, rounded to the type of the products. What becomes of a row depends on its
 * elements alone, so equal rows stay equal. */
#include "metric/rows.h"
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/retrieval.h"
#include "ops/copy.h"

/* Checks */

ct_status ct_check_rows(const ct_tensor *t, const char *function, const char *what,
                        ct_error *error) {
  char shape[CT_SHAPE_TEXT];
  if (!ct_dtype_is_real(t->dtype))
    return ct_fail(error, CT_EINVALID, "%s: %s must be a Float or Double tensor, got %s", function,
                   what, ct_dtype_name(t->dtype));
  if (t->dims != 2 && t->dims != 0)
    return ct_fail(error, CT_EINVALID, "%s: %s must have two dimensions, got size %s", function,
                   what, ct_shape_text(shape, t->dims, t->size));
  if (t->dims == 2 && t->size[0] > INT32_MAX)
    return ct_fail(error, CT_EINVALID, "%s: at most %d rows, %s has %lld", function, INT32_MAX,
                   what, (long long)t->size[0]);
  return CT_OK;
}

ct_status ct_check_references(const ct_tensor *queries, const ct_tensor *references,
                              const char *function, ct_error *error) {
  CT_TRY(ct_check_rows(references, function, "references", error));
  if (queries->dtype != references->dtype)
    return ct_fail(error, CT_EINVALID, "%s: queries are %s but references are %s", function,
                   ct_dtype_name(queries->dtype), ct_dtype_name(references->dtype));
  if (queries->dims && references->dims && queries->size[1] != references->size[1])
    return ct_fail(error, CT_EINVALID, "%s: queries have %lld columns but references have %lld",
                   function, (long long)queries->size[1], (long long)references->size[1]);
  return CT_OK;
}

ct_status ct_check_range(const ct_packed *queries, const ct_packed *references,
                         ct_similarity similarity, const char *function, ct_error *error) {
  double limit = (queries->dtype == CT_FLOAT ? (double)FLT_MAX : DBL_MAX) / 8;
  double most = queries->longest * references->longest;
  if (similarity == CT_SIMILARITY_COSINE) return CT_OK;
  if (similarity == CT_SIMILARITY_EUCLIDEAN)
    most = 2 * most + references->longest * references->longest;
  if (most <= limit) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: similarities of rows with norms of %g and %g do not fit in a %s", function,
                 queries->longest, references->longest, ct_dtype_name(queries->dtype));
}

/* Layout */

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

/* Element d of the row at `place` stands at at + d * width. */
static void store_row(ct_packed *out, const double *row, int64_t place) {
  int64_t at = place / out->width * out->width * out->depth + place % out->width;
  for (int64_t d = 0; d < out->depth; d++, at += out->width) {
    if (out->dtype == CT_FLOAT)
      ((float *)out->data)[at] = (float)row[d];
    else
      ((double *)out->data)[at] = row[d];
  }
}

/* rows: contiguous. */
static ct_status lay_rows(ct_packed *out, const ct_tensor *rows, const ct_row_layout *layout,
                          const char *function, const char *what, ct_error *error) {
  int64_t n = rows->size[0], columns = rows->size[1], bad = INT64_MAX;
  int64_t room = out->depth + 8; /* threads apart by a cache line */
  int threads = ct_threads_for(n * columns), worker = 0;
  double most = 0, *scratch = NULL;
  CT_TRY(ct_alloc(&scratch, threads * room, sizeof *scratch, function, error));
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    double *row;
#pragma omp critical(ct_lay_rows)
    row = scratch + worker++ * room;
#pragma omp for schedule(static) reduction(min : bad) reduction(max : most)
    for (int64_t place = 0; place < n; place++) {
      if (ct_interrupted()) continue;
      int64_t i = layout->order ? layout->order[place] : place;
      if (!load_row(row, rows, i, columns)) {
        bad = i < bad ? i : bad;
        continue;
      }
      double norm = transform_row(row, columns, layout);
      most = norm > most ? norm : most;
      store_row(out, row, place);
    }
  }
  ct_free(scratch);
  out->longest = most;
  if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", function);
  if (bad == INT64_MAX) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: row %lld of %s holds a NaN or an infinity", function,
                 (long long)bad + 1, what);
}

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

ct_status ct_pack(ct_packed *out, const ct_tensor *rows, const ct_row_layout *layout,
                  const char *function, const char *what, ct_error *error) {
  ct_tensor flat = {.dtype = rows->dtype};
  bool euclidean = layout->similarity == CT_SIMILARITY_EUCLIDEAN;
  int64_t count;
  *out = (ct_packed){.dtype = euclidean ? CT_DOUBLE : rows->dtype,
                     .rows = rows->size[0],
                     .depth = rows->size[1] + euclidean,
                     .width = 1};
  size_t element = ct_dtype_size(out->dtype);
  if (layout->as_reference) {
    out->width = CT_PANEL_BYTES / (int64_t)element;
    out->panels = (out->rows + out->width - 1) / out->width;
  }
  out->places = round_up(out->rows, layout->as_reference ? out->width : CT_TILE_ROWS);
  if (!ct_size_mul(out->places, out->depth, &count))
    return ct_fail(error, CT_ENOMEM, "%s: %s exceed the address space", function, what);
  CT_TRY(ct_alloc(&out->data, count, element, function, error));
  /* What no row fills: the rest of the last panel or tile. */
  int64_t filled = out->rows / out->width * out->width * out->depth;
  memset((char *)out->data + (size_t)filled * element, 0, (size_t)(count - filled) * element);
  ct_status status = ct_contiguous(&flat, rows->dtype, rows, error);
  if (status == CT_OK) status = lay_rows(out, &flat, layout, function, what, error);
  ct_tensor_release(&flat);
  if (status != CT_OK) ct_packed_release(out);
  return status;
}

void ct_packed_release(ct_packed *packed) {
  ct_free(packed->data);
  packed->data = NULL;
}
