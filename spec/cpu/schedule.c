/* Threads that run pass after pass of tiles without any work in them, by the order of
 * core/cpu/pair_schedule.h: they get in each other's way as often as they can. */
#include "cpu/pair_schedule.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { PASSES = 60000, MOST_BLOCKS = 6, MOST_THREADS = 3 };

typedef struct pass {
  _Atomic int64_t next, done[MOST_BLOCKS];
  _Atomic int met[MOST_BLOCKS][MOST_BLOCKS];
  _Atomic bool early; /* a block met another before its turn, or two at once */
  int64_t round[MOST_BLOCKS];
} pass;

static pass *passes;
static int64_t blocks;

static void meet(pass *p, ct_meeting m) {
  if (p->round[m.row] != m.round || p->round[m.column] != m.round) p->early = true;
  p->round[m.row] = p->round[m.column] = m.round + 1;
  p->met[m.row][m.column]++;
}

static void *run(void *unused) {
  for (pass *p = passes; p < passes + PASSES; p++)
    for (int64_t slot; (slot = ct_take(&p->next)) < ct_meetings(blocks);) {
      const ct_meeting m = ct_meeting_at(blocks, slot);
      ct_await_meeting(p->done, m);
      meet(p, m);
      ct_end_meeting(p->done, m);
    }
  return unused;
}

static bool is_right(const pass *p) {
  for (int64_t i = 0; i < ct_players(blocks); i++)
    for (int64_t j = 0; j < ct_players(blocks); j++)
      if (p->met[i][j] != (i <= j)) return false;
  return !p->early;
}

int main(void) {
  for (blocks = 1; blocks <= MOST_BLOCKS; blocks++)
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
      pthread_t thread[MOST_THREADS];
      int right = 0;
      if (!(passes = calloc(PASSES, sizeof *passes))) return 1;
      for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, run, NULL)) return 1;
      for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
      for (int i = 0; i < PASSES; i++) right += is_right(&passes[i]);
      free(passes);
      if (right != PASSES) {
        printf("%d blocks, %d threads: %d of %d passes\n", (int)blocks, threads, right, PASSES);
        return 1;
      }
    }
  puts("all passes");
  return 0;
}
