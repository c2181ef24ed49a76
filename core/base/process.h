/* What a process that runs trials for another needs of the system: output into a file of each
 * trial, an end when its parent ends, and Ctrl-C given back to whoever handled it before. */
#ifndef CIRCLET_BASE_PROCESS_H
#define CIRCLET_BASE_PROCESS_H

#include <signal.h>
#include "base/status.h"

/* Sends what is written to descriptors 1 and 2 to the end of the file at `path`, which is made when
 * it is not there. Buffers of stdio are the caller's to flush. */
ct_status ct_process_output(const char *path, ct_error *error);

/* Has the system end this process (SIGTERM) when its parent ends, where the system can (Linux). */
void ct_process_follow_parent(void);

/* What Ctrl-C does to this process. */
void ct_process_keep_interrupt(struct sigaction *action);
void ct_process_restore_interrupt(const struct sigaction *action);

#endif
