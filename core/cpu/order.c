/* Sorting and selecting slices of (key, position) pairs.
 *
 * Keys are 64-bit images of elements whose unsigned order is the elements' order, so one sort
 * serves all types; descending order complements them. (key, position) is a total order: results
 * are unique, equal elements keep their order. Sorting merges runs bottom-up; selecting is
 * quickselect with a median of three, which gives up for a full sort where pivots keep failing.
 * After an interrupt nothing more is stored. */
#include "cpu/order.h"
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"

enum { RUN = 16, PIECE = 1 << 20 }; /* items of a run, and those between two looks for Ctrl-C */

typedef struct item {
  uint64_t key;
  int64_t at;
} item;

static inline bool before(item a, item b) {
  return a.key < b.key || (a.key == b.key && a.at < b.at);
}

static uint64_t key_f32(float v) {
  uint32_t bits;
  if (v != v) return UINT32_MAX;
  v += 0.0f; /* -0 becomes 0 */
  memcpy(&bits, &v, sizeof bits);
  return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static uint64_t key_f64(double v) {
  uint64_t bits;
  if (v != v) return UINT64_MAX;
  v += 0.0;
  memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint64_t key_i64(int64_t v) { return (uint64_t)v ^ UINT64_C(1) << 63; }
static uint64_t key_u8(uint8_t v) { return v; }

#define LOAD(T, key_of)                                                                            \
  for (int64_t j = first; j < last; j++) items[j] = (item) {                                       \
      key_of(*(const T *)(from + j * c->stride)) ^ flip, j                                         \
    }

static void load_piece(const ct_order *c, item *items, const char *from, int64_t first,
                       int64_t last) {
  uint64_t flip = c->descending ? UINT64_MAX : 0;
  switch (c->dtype) {
  case CT_FLOAT: LOAD(float, key_f32); break;
  case CT_DOUBLE: LOAD(double, key_f64); break;
  case CT_LONG: LOAD(int64_t, key_i64); break;
  case CT_INT: LOAD(int32_t, key_i64); break;
  case CT_BYTE: LOAD(uint8_t, key_u8); break;
  case CT_SHORT: LOAD(int16_t, key_i64); break;
  case CT_CHAR: LOAD(int8_t, key_i64); break;
  default: break; /* what lies on a GPU never comes here */
  }
}

static void load(const ct_order *c, item *items, const char *from) {
  for (int64_t j = 0; j < c->length && !ct_interrupted(); j += PIECE)
    load_piece(c, items, from, j, c->length - j < PIECE ? c->length : j + PIECE);
}

static void insertion_sort(item *items, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    item moved = items[i];
    int64_t j = i;
    for (; j > 0 && before(moved, items[j - 1]); j--) items[j] = items[j - 1];
    items[j] = moved;
  }
}

static void merge(item *to, const item *a, int64_t na, const item *b, int64_t nb) {
  while (na && nb) {
    int64_t sure = na < nb ? na : nb; /* neither side ends before */
    if (sure > PIECE) sure = PIECE;
    if (ct_interrupted()) return;
    for (int64_t i = 0; i < sure; i++) {
      bool second = before(*b, *a);
      *to++ = second ? *b : *a;
      a += !second, na -= !second;
      b += second, nb -= second;
    }
  }
  memcpy(to, na ? a : b, (size_t)(na + nb) * sizeof *to);
}

/* Sorts items[0..n); scratch has room for n. */
static void sort(item *items, item *scratch, int64_t n) {
  item *from = items, *to = scratch;
  for (int64_t i = 0; i < n && !ct_interrupted(); i += RUN)
    insertion_sort(items + i, n - i < RUN ? n - i : RUN);
  for (int64_t width = RUN; width < n && !ct_interrupted(); width *= 2) {
    for (int64_t i = 0; i < n && !ct_interrupted(); i += 2 * width) {
      int64_t left = n - i < width ? n - i : width;
      int64_t right = n - i - left < width ? n - i - left : width;
      merge(to + i, from + i, left, from + i + left, right);
    }
    item *swap = from;
    from = to, to = swap;
  }
  if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
}

static item median_of_three(item a, item b, item c) {
  if (before(b, a)) {
    item t = a;
    a = b, b = t;
  }
  return before(c, a) ? a : before(c, b) ? c : b;
}

/* Brings the k-th (0-based) of items[0..n) to its place, with lesser ones before it. */
static void select_kth(item *items, item *scratch, int64_t n, int64_t k) {
  int64_t low = 0, high = n - 1;
  for (int rounds = 0; high - low > RUN && !ct_interrupted(); rounds++) {
    if (rounds == 64) {
      sort(items + low, scratch, high - low + 1);
      return;
    }
    item pivot = median_of_three(items[low], items[low + (high - low) / 2], items[high]);
    int64_t i = low, j = high, swaps = 0;
    while (i <= j) {
      if (++swaps % PIECE == 0 && ct_interrupted()) return;
      while (before(items[i], pivot)) i++;
      while (before(pivot, items[j])) j--;
      if (i <= j) {
        item t = items[i];
        items[i++] = items[j], items[j--] = t;
      }
    }
    if (k <= j)
      high = j;
    else if (k >= i)
      low = i;
    else
      return;
  }
  if (!ct_interrupted()) insertion_sort(items + low, high - low + 1);
}

static int64_t mode_of(const item *sorted, int64_t n) {
  int64_t best = 0, longest = 0, start = 0;
  for (int64_t i = 1; i <= n; i++) {
    if (i < n && sorted[i].key == sorted[start].key) continue;
    if (i - start > longest) best = start, longest = i - start;
    start = i;
  }
  return best;
}

static void store(const ct_order *c, const item *items, int64_t count, char *values, char *indices,
                  const char *from) {
  size_t element = ct_dtype_size(c->dtype);
  for (int64_t j = 0; j < count; j++) {
    if (j % PIECE == 0 && ct_interrupted()) return;
    memcpy(values + j * c->value_stride, from + items[j].at * c->stride, element);
    *(int64_t *)(indices + j * c->index_stride) = items[j].at + 1;
  }
}

void ct_order_run(const void *context, int64_t count, char *const *pointer, const int64_t *stride) {
  const ct_order *c = context;
  item *items;
  if (ct_alloc(&items, c->length, 2 * sizeof *items, "order", NULL) != CT_OK) {
    *c->out_of_memory = true;
    return;
  }
  item *scratch = items + c->length;
  for (int64_t i = 0; i < count && !ct_interrupted(); i++) {
    const char *from = pointer[2] + i * stride[2];
    const item *first = items;
    load(c, items, from);
    if (c->kind == CT_ORDER_KTH) {
      select_kth(items, scratch, c->length, c->kept - 1);
      first = items + c->kept - 1;
    } else if (c->kind == CT_ORDER_SORT && c->kept < c->length / 2) {
      if (c->kept > 0) select_kth(items, scratch, c->length, c->kept - 1);
      sort(items, scratch, c->kept);
    } else {
      sort(items, scratch, c->length);
      if (c->kind == CT_ORDER_MODE) first = items + mode_of(items, c->length);
    }
    if (ct_interrupted()) break; /* the items are in disorder, or not there at all */
    store(c, first, c->kind == CT_ORDER_SORT ? c->kept : 1, pointer[0] + i * stride[0],
          pointer[1] + i * stride[1], from);
  }
  ct_free(items);
}
