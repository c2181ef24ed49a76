/* The hardest negatives of every anchor (ct_pair_refinement), each in a heap (loss/hardest.h).
 * Included once, by pair_stream.c. A tile has its rows, and the columns that are anchors, to itself
 * while it runs. */

static int64_t order_of(const ct_pair_refinement *r, int64_t column) {
  return r->order ? r->order[column] : column;
}

/* Whether a negative is not among the hardest of an anchor, once these are chosen. */
static bool is_behind(const ct_pair_refinement *r, int64_t anchor, double s, int64_t order) {
  return ct_comes_after(s, order, r->heap_s[anchor], r->heap_order[anchor]);
}

/* Meets a negative of an anchor. */
static void offer(const ct_pair_refinement *r, int64_t anchor, double s, int64_t order) {
  const int64_t heap = anchor * r->hardest;
  ct_offer(r->heap_s + heap, r->heap_order + heap, &r->heap_count[anchor], r->hardest, s, order);
}

/* Leaves of every heap the element on top, the last that counts. */
static void close_heaps(ct_pair_refinement *r, int64_t rows) {
  for (int64_t i = 0; i < rows; i++) {
    bool all = r->heap_count[i] < r->hardest;
    r->heap_s[i] = all ? -INFINITY : r->heap_s[i * r->hardest];
    r->heap_order[i] = all ? INT64_MAX : r->heap_order[i * r->hardest];
  }
  r->chosen = true;
}

/* The first of from..to-1 in an ascending list whose value is not below `least`. */
static int64_t first_not_below(const int64_t *list, int64_t from, int64_t to, int64_t least) {
  while (from < to) {
    int64_t middle = from + (to - from) / 2;
    if (list[middle] < least)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}
