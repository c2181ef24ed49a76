/* Labels as integers, and a stable sort of them. */
#include "metric/labels.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "ops/copy.h"

static ct_status read_real_labels(int64_t *out, const ct_tensor *labels, int64_t rows,
                                  const char *function, const char *what, ct_error *error) {
  ct_tensor flat = {.dtype = CT_DOUBLE};
  CT_TRY(ct_contiguous(&flat, CT_DOUBLE, labels, error));
  const double *from = ct_tensor_data(&flat);
  ct_status status = CT_OK;
  for (int64_t i = 0; i < rows && status == CT_OK; i++) {
    if (from[i] >= 1 && from[i] < 0x1p63 && from[i] == floor(from[i]))
      out[i] = (int64_t)from[i];
    else
      status = ct_fail(error, CT_EINVALID, "%s: %s must be whole numbers from 1, got %g at %lld",
                       function, what, from[i], (long long)i + 1);
  }
  ct_tensor_release(&flat);
  return status;
}

static ct_status read_integer_labels(int64_t *out, const ct_tensor *labels, int64_t rows,
                                     const char *function, const char *what, ct_error *error) {
  ct_tensor flat = {.dtype = CT_LONG};
  CT_TRY(ct_contiguous(&flat, CT_LONG, labels, error));
  const int64_t *from = ct_tensor_data(&flat);
  ct_status status = CT_OK;
  for (int64_t i = 0; i < rows && status == CT_OK; i++) {
    out[i] = from[i];
    if (from[i] < 1)
      status = ct_fail(error, CT_EINVALID, "%s: %s must be whole numbers from 1, got %lld at %lld",
                       function, what, (long long)from[i], (long long)i + 1);
  }
  ct_tensor_release(&flat);
  return status;
}

ct_status ct_read_labels(int64_t **out, const ct_tensor *labels, int64_t rows, const char *function,
                         const char *what, ct_error *error) {
  int64_t count = ct_tensor_count(labels);
  if (count != rows)
    return ct_fail(error, CT_EINVALID, "%s: %s must have %lld elements, one per row, got %lld",
                   function, what, (long long)rows, (long long)count);
  CT_TRY(ct_alloc(out, rows, sizeof **out, function, error));
  ct_status status = ct_dtype_is_real(labels->dtype)
                         ? read_real_labels(*out, labels, rows, function, what, error)
                         : read_integer_labels(*out, labels, rows, function, what, error);
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

int64_t ct_count_below(const int64_t *sorted, int64_t n, int64_t label, bool or_equal) {
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
