/* The hardest negatives of every anchor (ct_pair_refinement). Included once, by pair_stream.c.
 *
 * Negatives are ordered by similarity, the larger before the smaller, and equals by their order,
 * the lower first. An anchor's heap holds the first `hardest` of those that it has met, the last of
 * them on top. A tile has its rows, and the columns that are anchors, to itself while it runs. */

static int64_t order_of(const ct_pair_refinement *r, int64_t column) {
  return r->order ? r->order[column] : column;
}

static bool comes_after(double s, int64_t order, double than, int64_t than_order) {
  return s < than || (s == than && order > than_order);
}

/* Whether a negative is not among the hardest of an anchor, once these are chosen. */
static bool is_behind(const ct_pair_refinement *r, int64_t anchor, double s, int64_t order) {
  return comes_after(s, order, r->heap_s[anchor], r->heap_order[anchor]);
}

/* Writes (s, order) at place `at` of a heap of n, whose elements above it are moved down or whose
 * elements below it are moved up, as the order asks. */
static void settle(double *heap_s, int64_t *heap_order, int64_t n, int64_t at, double s,
                   int64_t order) {
  while (at > 0) {
    int64_t above = (at - 1) / 2;
    if (!comes_after(s, order, heap_s[above], heap_order[above])) break;
    heap_s[at] = heap_s[above], heap_order[at] = heap_order[above];
    at = above;
  }
  for (int64_t below; (below = 2 * at + 1) < n; at = below) {
    if (below + 1 < n &&
        comes_after(heap_s[below + 1], heap_order[below + 1], heap_s[below], heap_order[below]))
      below++;
    if (!comes_after(heap_s[below], heap_order[below], s, order)) break;
    heap_s[at] = heap_s[below], heap_order[at] = heap_order[below];
  }
  heap_s[at] = s, heap_order[at] = order;
}

/* Meets a negative of an anchor. */
static void offer(const ct_pair_refinement *r, int64_t anchor, double s, int64_t order) {
  double *heap_s = r->heap_s + anchor * r->hardest;
  int64_t *heap_order = r->heap_order + anchor * r->hardest, n = r->heap_count[anchor];
  if (n < r->hardest) {
    r->heap_count[anchor] = n + 1;
    settle(heap_s, heap_order, n, n, s, order);
  } else if (!comes_after(s, order, heap_s[0], heap_order[0])) {
    settle(heap_s, heap_order, n, 0, s, order);
  }
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
