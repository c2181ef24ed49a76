/* A flag that long kernels poll between tiles; whoever owns the signal handler raises it. Signals
 * belong to the process, and so does the flag. */
#ifndef CIRCLET_BASE_INTERRUPT_H
#define CIRCLET_BASE_INTERRUPT_H

#include <stdbool.h>

bool ct_interrupted(void);
void ct_interrupt_raise(void); /* safe inside a signal handler */
void ct_interrupt_clear(void);

#endif
