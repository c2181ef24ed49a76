/* The hardest negatives of an anchor, for the CPU and the GPU alike.
 *
 * Negatives are ordered by similarity, the larger before the smaller, and equals by their order,
 * the lower first. A heap holds the first `most` of those that were offered, the last of them on
 * top. No two are equal, so what it holds does not depend on the order in which they came. */
#ifndef CIRCLET_LOSS_HARDEST_H
#define CIRCLET_LOSS_HARDEST_H

#include <stdbool.h>
#include <stdint.h>

static inline bool ct_comes_after(double s, int64_t order, double than, int64_t than_order) {
  return s < than || (s == than && order > than_order);
}

/* Writes (s, order) at place `at` of a heap of n, whose elements above it are moved down or whose
 * elements below it are moved up, as the order asks. */
static inline void ct_settle(double *heap_s, int64_t *heap_order, int64_t n, int64_t at, double s,
                             int64_t order) {
  while (at > 0) {
    int64_t above = (at - 1) / 2;
    if (!ct_comes_after(s, order, heap_s[above], heap_order[above])) break;
    heap_s[at] = heap_s[above], heap_order[at] = heap_order[above];
    at = above;
  }
  for (int64_t below; (below = 2 * at + 1) < n; at = below) {
    if (below + 1 < n &&
        ct_comes_after(heap_s[below + 1], heap_order[below + 1], heap_s[below], heap_order[below]))
      below++;
    if (!ct_comes_after(heap_s[below], heap_order[below], s, order)) break;
    heap_s[at] = heap_s[below], heap_order[at] = heap_order[below];
  }
  heap_s[at] = s, heap_order[at] = order;
}

/* Offers a negative to a heap of *count, at most `most`. */
static inline void ct_offer(double *heap_s, int64_t *heap_order, int64_t *count, int64_t most,
                            double s, int64_t order) {
  if (*count < most) {
    ++*count;
    ct_settle(heap_s, heap_order, *count, *count - 1, s, order);
  } else if (!ct_comes_after(s, order, heap_s[0], heap_order[0])) {
    ct_settle(heap_s, heap_order, most, 0, s, order);
  }
}

#endif
