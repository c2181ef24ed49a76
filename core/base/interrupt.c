/* The interrupt flag: a lock-free atomic, the only kind a signal handler may touch. */
#include "base/interrupt.h"
#include <stdatomic.h>

static _Atomic int flag;

bool ct_interrupted(void) { return atomic_load_explicit(&flag, memory_order_relaxed) != 0; }
void ct_interrupt_raise(void) { atomic_store_explicit(&flag, 1, memory_order_relaxed); }
void ct_interrupt_clear(void) { atomic_store_explicit(&flag, 0, memory_order_relaxed); }
