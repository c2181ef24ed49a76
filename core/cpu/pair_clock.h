/* Where the time of the streaming driver goes, for `make bench`: each thread of a pass has
 * a clock that is read whenever it turns from one part of the work to another, a handful of times a
 * tile. It stands still unless somebody asked. */
#ifndef CIRCLET_CPU_PAIR_CLOCK_H
#define CIRCLET_CPU_PAIR_CLOCK_H

#include <stdbool.h>
#include <time.h>

typedef enum ct_work {
  CT_WORK_ROWS,         /* references or class vectors in and out of their packed form */
  CT_WORK_SIMILARITIES, /* products of tiles of rows */
  CT_WORK_SUMS,         /* exponentials and sums over similarities */
  CT_WORK_WEIGHTS,      /* pair weights from similarities */
  CT_WORK_GRADIENT,     /* products of weights with rows */
  CT_WORK_WAIT,         /* for a tile of another thread */
  CT_WORKS
} ct_work;

typedef struct ct_pair_clock {
  bool runs;
  double last, spent[CT_WORKS]; /* seconds */
} ct_pair_clock;

static inline double ct_pair_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All time since the last turn was spent on `work`. */
static inline void ct_pair_turn(ct_pair_clock *clock, ct_work work) {
  if (!clock->runs) return;
  double now = ct_pair_now();
  clock->spent[work] += now - clock->last;
  clock->last = now;
}

/* Starts to count, from nothing, or stops. One thread asks for the whole process. */
void ct_pair_clocks(bool on);

/* Seconds of all threads together since then. */
void ct_pair_spent(double spent[CT_WORKS]);

#endif
