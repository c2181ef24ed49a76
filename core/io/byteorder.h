/* Copying elements between byte orders. */
#ifndef CIRCLET_IO_BYTEORDER_H
#define CIRCLET_IO_BYTEORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `count` elements of 1, 2, 4 or 8 bytes from `from` (any alignment) to `to`, which do not overlap,
 * each with its bytes reversed when `reverse`. */
static inline void ct_copy_ordered(void *to, const void *from, int64_t count, size_t element,
                                   bool reverse) {
  if (count == 0) return;
  if (!reverse || element == 1) {
    memcpy(to, from, (size_t)count * element);
    return;
  }
  char *out = to;
  const char *in = from;
  for (int64_t i = 0; i < count; i++, in += element, out += element) {
    uint16_t h;
    uint32_t w;
    uint64_t q;
    switch (element) {
    case 2:
      memcpy(&h, in, 2);
      h = __builtin_bswap16(h);
      memcpy(out, &h, 2);
      break;
    case 4:
      memcpy(&w, in, 4);
      w = __builtin_bswap32(w);
      memcpy(out, &w, 4);
      break;
    default:
      memcpy(&q, in, 8);
      q = __builtin_bswap64(q);
      memcpy(out, &q, 8);
    }
  }
}

static inline bool ct_host_is_big_endian(void) { return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__; }

#endif
