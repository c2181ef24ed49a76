/* zlib's memory from ct_alloc, for whoever sets up a z_stream. */
#ifndef CIRCLET_IO_INFLATE_H
#define CIRCLET_IO_INFLATE_H

void *ct_zlib_alloc(void *opaque, unsigned count, unsigned size);
void ct_zlib_free(void *opaque, void *p);

/* deflate cannot do better: 258 bytes for two bits */
enum { CT_DEFLATE_RATIO = 1032 };

#endif
