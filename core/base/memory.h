/* The one place that allocates. Blocks are 64-byte aligned and counted, so that a workspace bound
 * is checked instead of guessed, and any allocation can be made to fail on purpose. */
#ifndef CIRCLET_BASE_MEMORY_H
#define CIRCLET_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/status.h"

/* a*b and a+b of non-negative sizes; false (and *out untouched) when the result overflows. */
bool ct_size_mul(int64_t a, int64_t b, int64_t *out);
bool ct_size_add(int64_t a, int64_t b, int64_t *out);

/* count*element bytes, uninitialised, and 64 more that may be read but hold nothing; the caller
 * owns *out and ends it with ct_free. count = 0 gives a valid pointer. Fails with CT_ENOMEM, naming
 * `what` and the bytes asked for. */
ct_status ct_alloc(void *out, int64_t count, size_t element, const char *what, ct_error *error);

/* The block `p` (NULL: a new one) grown or shrunk, contents kept; *p is unchanged on failure. */
ct_status ct_realloc(void *p, int64_t count, size_t element, const char *what, ct_error *error);

void ct_free(void *p); /* NULL is allowed */

/* Bytes held by live blocks, and the most held at once since ct_memory_reset_peak(). Freed blocks
 * that wait to be used again, 64 MiB at most, do not count. */
int64_t ct_memory_current(void);
int64_t ct_memory_peak(void);
void ct_memory_reset_peak(void);

/* Fault injection: the nth allocation from now on this thread (1 = the next) fails; 0 disarms. */
void ct_memory_fail_at(int64_t nth);

/* Counts one allocation: whether it is to fail. For what allocates elsewhere (on a GPU). */
bool ct_memory_fails(void);

#endif
