/* ZIP archives (PKWARE's APPNOTE 6.3): files stored or deflated, in one archive of one part. */
#ifndef CIRCLET_IO_ZIP_H
#define CIRCLET_IO_ZIP_H

#include <stdbool.h>
#include "io/file.h"

/* A file of an archive. `name` points into the archive and has no zero byte behind it. */
typedef struct ct_zip_entry {
  const char *name;
  int64_t name_length;
  int64_t header; /* where its local header begins */
  int64_t packed, size;
  uint32_t crc;
  int method; /* 0 stored, 8 deflated; others are listed and not read */
  bool encrypted;
} ct_zip_entry;

bool ct_is_zip(const void *data, int64_t size); /* begins as an archive does */

/* The files of the archive data[0..size), folders included, in the order of its directory. *entry
 * is the caller's (ct_free). CT_EFORMAT when the directory is damaged or cut short, and for
 * archives of several parts or of more than 65,535 files or 4 GB (ZIP64). */
ct_status ct_zip_list(const void *data, int64_t size, ct_zip_entry **entry, int64_t *count,
                      ct_error *error);

/* The contents of a file. CT_EFORMAT when they are not what the directory promises (size, CRC), for
 * encrypted files and other methods, and when they exceed `limit` bytes; *out is then untouched. */
ct_status ct_zip_extract(const void *data, int64_t size, const ct_zip_entry *entry, int64_t limit,
                         ct_bytes *out, ct_error *error);

#endif
