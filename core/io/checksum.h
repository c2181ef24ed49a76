/* CRC-32 (of zlib, ZIP, PNG): tells whether bytes are those seen before. */
#ifndef CIRCLET_IO_CHECKSUM_H
#define CIRCLET_IO_CHECKSUM_H

#include <stdint.h>
#include "base/status.h"

/* *crc, that of the bytes so far (0 of none), goes on over data[0..size). About 1 GB/s;
 * CT_EINTERRUPTED when the user asks to stop, *crc then being that of a part. */
ct_status ct_crc32(const void *data, int64_t size, uint32_t *crc, ct_error *error);

#endif
