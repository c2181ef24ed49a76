/* In which order tiles are run, by how many threads ever: blocks of rows meet blocks of columns
 * such that each meets its partners in one order, and no thread waits but for the tile before its
 * own. */
#ifndef CIRCLET_CPU_PAIR_SCHEDULE_H
#define CIRCLET_CPU_PAIR_SCHEDULE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ct_meeting {
  int64_t round, row, column;
  bool real; /* both blocks exist */
} ct_meeting;

/* One set of `blocks` against itself: every unordered pair meets once. With an odd number, one more
 * block that does not exist fills up the rounds. */
static inline int64_t ct_players(int64_t blocks) { return blocks + blocks % 2; }

static inline int64_t ct_meetings(int64_t blocks) {
  return ct_players(blocks) * (ct_players(blocks) + 1) / 2;
}

/* The diagonal, then the circle method, in which the last player stays and the others turn. */
static inline ct_meeting ct_meeting_at(int64_t blocks, int64_t slot) {
  int64_t n = ct_players(blocks);
  ct_meeting m;
  if (slot < n) {
    m.round = 0;
    m.row = m.column = slot;
  } else {
    int64_t k = (slot - n) % (n / 2), turn = (slot - n) / (n / 2), wheel = n - 1;
    int64_t a = k == 0 ? wheel : (turn + k) % wheel, b = (turn - k + wheel) % wheel;
    m.round = turn + 1;
    m.row = a < b ? a : b;
    m.column = a < b ? b : a;
  }
  m.real = m.column < blocks;
  return m;
}

/* Waits until a block is through with `rounds` rounds. */
static inline void ct_await(const _Atomic int64_t *done, int64_t rounds) {
  enum { PATIENCE = 1000 };
  for (int tries = 0; atomic_load_explicit(done, memory_order_acquire) < rounds;)
    if (tries < PATIENCE)
      tries++;
    else
      sched_yield(); /* the thread waited for may need this core */
}

static inline void ct_advance(_Atomic int64_t *done, int64_t rounds) {
  atomic_store_explicit(done, rounds, memory_order_release);
}

static inline void ct_await_meeting(const _Atomic int64_t *done, ct_meeting m) {
  ct_await(&done[m.row], m.round);
  ct_await(&done[m.column], m.round);
}

/* A block that met itself is told once: others may have carried it on by then. */
static inline void ct_end_meeting(_Atomic int64_t *done, ct_meeting m) {
  ct_advance(&done[m.row], m.round + 1);
  if (m.column != m.row) ct_advance(&done[m.column], m.round + 1);
}

/* The next number that no thread has taken. Numbers are taken in order, so the first that is not
 * done never waits. */
static inline int64_t ct_take(_Atomic int64_t *next) {
  return atomic_fetch_add_explicit(next, 1, memory_order_relaxed);
}

#endif
