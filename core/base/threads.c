/* The thread count of the calling thread. */
#include "base/threads.h"
#include <omp.h>

static _Thread_local int thread_count;

int ct_threads(void) {
  if (thread_count == 0) thread_count = omp_get_max_threads();
  return thread_count;
}

void ct_set_threads(int count) { thread_count = count < 1 ? 1 : count; }

/* A parallel region costs 2-5 microseconds to enter and leave, about 20,000 vectorised operations.
 */
int ct_threads_for(int64_t work) { return work < 32768 || omp_in_parallel() ? 1 : ct_threads(); }
