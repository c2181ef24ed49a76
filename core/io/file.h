/* Whole files in, whole files out. Writing is atomic: a reader sees the old file or the new one. */
#ifndef CIRCLET_IO_FILE_H
#define CIRCLET_IO_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/status.h"

/* A block of bytes; whoever holds it ends it with ct_bytes_free(). {0} is empty. */
typedef struct ct_bytes {
  unsigned char *data;
  int64_t size;
} ct_bytes;

void ct_bytes_free(ct_bytes *bytes); /* leaves an empty block */

/* Part of what is written, in order; the caller keeps the memory. */
typedef struct ct_piece {
  const void *data;
  int64_t size;
} ct_piece;

/* Everything in the file at `path`. CT_EIO when the system refuses, and when the file holds more
 * than `limit` bytes; *out is then untouched. */
ct_status ct_file_read(const char *path, int64_t limit, ct_bytes *out, ct_error *error);

/* Replaces the file at `path` (or what a symbolic link there points to) by the pieces. The bytes go
 * to a new file in the same folder, reach the disk, and only then take the name; the mode of an
 * existing file is kept. On CT_EIO and CT_ENOMEM the old file is intact and the new one is gone.
 * A device or a pipe has nothing to keep and is written in place. */
ct_status ct_file_write(const char *path, int64_t pieces, const ct_piece *piece, ct_error *error);

/* Makes a new file at `path` that holds `piece`, unless something has that name; *made tells. It
 * does not wait for the disk. Two processes that try at once: exactly one makes it, on local disks
 * and on NFS from version 3 on. CT_EIO when the system refuses; then there is no file. */
ct_status ct_file_create(const char *path, ct_piece piece, bool *made, ct_error *error);

/* CT_EIO: "cannot <verb> <path>: " and what errno's `number` says. */
ct_status ct_file_refused(const char *verb, const char *path, int number, ct_error *error);

#endif
