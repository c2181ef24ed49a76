/* How many threads a kernel may use. The setting belongs to the calling thread, so that Lua states
 * in different threads do not fight over it. Results never depend on it (DESIGN: same bits always).
 */
#ifndef CIRCLET_BASE_THREADS_H
#define CIRCLET_BASE_THREADS_H

#include <stdint.h>

int ct_threads(void);           /* >= 1; by default OMP_NUM_THREADS or the cores of this process */
void ct_set_threads(int count); /* values below 1 are taken as 1 */

/* 1 when `work` (scalar operations) is too little to be worth waking other threads. */
int ct_threads_for(int64_t work);

#endif
