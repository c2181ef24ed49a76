/* Inflating gzip data (RFC 1952) that lies in memory. */
#ifndef CIRCLET_IO_GZIP_H
#define CIRCLET_IO_GZIP_H

#include <stdbool.h>
#include "io/file.h"

/* Whether the bytes begin as a gzip member does. */
bool ct_is_gzip(const void *data, int64_t size);

/* All members of the stream, one after the other. CT_EFORMAT when it is cut short, when a checksum
 * or a length disagrees, when anything but members is in it, and when the result would exceed
 * `limit` bytes; *out is then untouched. */
ct_status ct_gzip_inflate(const void *data, int64_t size, int64_t limit, ct_bytes *out,
                          ct_error *error);

#endif
