/* zlib's CRC-32 in pieces, between which Ctrl-C is heard. Invariant: *crc is that of all bytes up
 * to the piece in hand. */
#include "io/checksum.h"
#include <zlib.h>
#include "base/interrupt.h"

ct_status ct_crc32(const void *data, int64_t size, uint32_t *crc, ct_error *error) {
  enum { PIECE = 1 << 24 };
  const unsigned char *at = data;
  while (size > 0) {
    if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "crc32: interrupted");
    int64_t piece = size < PIECE ? size : PIECE;
    *crc = (uint32_t)crc32(*crc, at, (uInt)piece);
    at += piece;
    size -= piece;
  }
  return CT_OK;
}
