/* Elements are moved as plain 1-, 4- or 8-byte words, whatever their type. Rows go in parallel
 * where no two threads can write the same place. */
#include "cpu/indexing.h"
#include <string.h>
#include "base/threads.h"

void ct_rows_take(void *to, const void *from, const int64_t *index, int64_t outer, int64_t count,
                  int64_t inner, int64_t outer_stride, int64_t row_stride) {
  int64_t rows = outer * count;
  int threads = ct_threads_for(rows * (inner / 4 + 1));
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < rows; r++) {
    const char *row =
        (const char *)from + r / count * outer_stride + (index[r % count] - 1) * row_stride;
    memcpy((char *)to + r * inner, row, (size_t)inner);
  }
}

void ct_rows_put(void *to, const void *from, const int64_t *index, int64_t outer, int64_t n,
                 int64_t count, int64_t inner, int64_t from_row) {
  int threads = outer > 1 ? ct_threads_for(outer * count * (inner / 4 + 1)) : 1;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t o = 0; o < outer; o++)
    for (int64_t j = 0; j < count; j++)
      memcpy((char *)to + (o * n + index[j] - 1) * inner,
             (const char *)from + (o * count + j) * from_row, (size_t)inner);
}

#define ROWS_ADD(T, Sum)                                                                           \
  for (int64_t o = 0; o < outer; o++)                                                              \
    for (int64_t j = 0; j < count; j++) {                                                          \
      T *row = (T *)to + (o * n + index[j] - 1) * inner;                                           \
      const T *added = (const T *)from + (o * count + j) * inner;                                  \
      for (int64_t i = 0; i < inner; i++) row[i] = (T)((Sum)row[i] + (Sum)added[i]);               \
    }

void ct_rows_add(ct_dtype dtype, void *to, const void *from, const int64_t *index, int64_t outer,
                 int64_t n, int64_t count, int64_t inner) {
  switch (dtype) {
  case CT_FLOAT: ROWS_ADD(float, float) break;
  case CT_DOUBLE: ROWS_ADD(double, double) break;
  case CT_LONG: ROWS_ADD(int64_t, uint64_t) break;
  case CT_INT: ROWS_ADD(int32_t, uint32_t) break;
  case CT_BYTE: ROWS_ADD(uint8_t, unsigned) break;
  case CT_SHORT: ROWS_ADD(int16_t, unsigned) break;
  case CT_CHAR: ROWS_ADD(int8_t, unsigned) break;
  default: break; /* what lies on a GPU never comes here */
  }
}

#define FOR_WORDS(element, RUN)                                                                    \
  do {                                                                                             \
    if ((element) == 8) {                                                                          \
      RUN(uint64_t);                                                                               \
    } else if ((element) == 4) {                                                                   \
      RUN(uint32_t);                                                                               \
    } else if ((element) == 2) {                                                                   \
      RUN(uint16_t);                                                                               \
    } else {                                                                                       \
      RUN(uint8_t);                                                                                \
    }                                                                                              \
  } while (0)

void ct_gather_elements(void *to, const void *from, const int64_t *index, int64_t outer, int64_t n,
                        int64_t count, int64_t inner, size_t element) {
  int64_t rows = outer * count;
  int threads = ct_threads_for(rows * inner);
#define GATHER(W)                                                                                  \
  for (int64_t i = 0; i < inner; i++)                                                              \
  ((W *)to)[r * inner + i] =                                                                       \
      ((const W *)from)[(r / count * n + index[r * inner + i] - 1) * inner + i]
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t r = 0; r < rows; r++) FOR_WORDS(element, GATHER);
#undef GATHER
}

void ct_scatter_elements(void *to, const void *from, bool one, const int64_t *index, int64_t outer,
                         int64_t n, int64_t count, int64_t inner, size_t element) {
  int threads = outer > 1 ? ct_threads_for(outer * count * inner) : 1;
#define SCATTER(W)                                                                                 \
  for (int64_t k = o * count * inner; k < (o + 1) * count * inner; k++)                            \
  ((W *)to)[(o * n + index[k] - 1) * inner + k % inner] = ((const W *)from)[one ? 0 : k]
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t o = 0; o < outer; o++) FOR_WORDS(element, SCATTER);
#undef SCATTER
}

void ct_mask_take(void *to, const void *from, const uint8_t *mask, int64_t n, size_t element) {
  int64_t at = 0;
#define TAKE(W)                                                                                    \
  for (int64_t i = 0; i < n; i++)                                                                  \
    if (mask[i]) ((W *)to)[at++] = ((const W *)from)[i]
  FOR_WORDS(element, TAKE);
#undef TAKE
}

void ct_mask_put(void *to, const void *from, bool one, const uint8_t *mask, int64_t n,
                 size_t element) {
  int64_t at = 0;
#define PUT(W)                                                                                     \
  for (int64_t i = 0; i < n; i++)                                                                  \
    if (mask[i]) ((W *)to)[i] = ((const W *)from)[one ? 0 : at++]
  FOR_WORDS(element, PUT);
#undef PUT
}
