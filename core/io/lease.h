/* The lock of a file (a second file, which whoever makes it owns), kept between two visits of its
 * owner. Taking and giving back a lock costs several changes of a folder, many times what a visit
 * that appends a line costs. A process whose visits follow each other closely therefore keeps the
 * lock; a thread gives it back when the next visit does not come. */
#ifndef CIRCLET_IO_LEASE_H
#define CIRCLET_IO_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/status.h"

typedef struct ct_lease ct_lease;

typedef enum ct_lease_end {
  CT_LEASE_NONE,  /* there was none */
  CT_LEASE_GIVEN, /* the lock is given back */
  CT_LEASE_LOST,  /* another process has taken the lock */
} ct_lease_end;

/* For the file at `path`, whose lock is the file `lock`; nothing is kept yet. Times in nanoseconds:
 * the lock is given back when no visit has come for `linger`, and after `longest` in any case, so
 * that others have their turn. */
ct_status ct_lease_new(ct_lease **out, const char *path, const char *lock, int64_t linger,
                       int64_t longest, ct_error *error);
void ct_lease_free(ct_lease *lease); /* gives back what is kept; NULL is allowed */

/* Ends a visit: the caller has the lock, which holds `text`, and keeps it. On failure (CT_EIO,
 * CT_ENOMEM) the lock is the caller's as before. */
ct_status ct_lease_keep(ct_lease *lease, const char *text, ct_error *error);

/* Begins a visit. The file, open for reading and appending, which the lease closes in the end; or
 * -1 when no lock is kept. *over: it was kept for as long as allowed, so others come first. */
int ct_lease_take(ct_lease *lease, bool *over);

/* Gives the lock back, between visits or within one. */
ct_lease_end ct_lease_give(ct_lease *lease);

#endif
