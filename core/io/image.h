/* Images: PNG, JPEG, PGM and PPM. */
#ifndef CIRCLET_IO_IMAGE_H
#define CIRCLET_IO_IMAGE_H

#include <stdbool.h>
#include "io/file.h"

/* height x width pixels of 1 byte (grey) or 3 (red, green, blue), row after row. */
typedef struct ct_image {
  int64_t height, width;
  int channels;
  unsigned char *pixel;
} ct_image;

void ct_image_release(ct_image *image); /* leaves an empty one */

/* The image in data[0..size), whose first bytes tell the format:
 *   PNG   any depth and colour type, interlaced too; transparency is left out, 16 bits become 8
 *   JPEG  grey and colour, baseline and progressive; not CMYK, not arithmetic coding
 *   PGM, PPM  P2, P3, P5, P6, any greatest value, which becomes 255
 * channels: 0 as in the file, 1 grey (of colours 0.299 R + 0.587 G + 0.114 B), 3 colour. Fails with
 * CT_EFORMAT for damaged files (checksums are checked; a JPEG of which the decoder has anything to
 * say is damaged), files cut short, and more than `most` pixels; *out is then untouched. No more
 * memory is asked for than a file of this size can fill. */
ct_status ct_image_decode(const void *data, int64_t size, int channels, int64_t most, ct_image *out,
                          ct_error *error);

/* What the three decoders share. Each fills an image that it is given empty, as in the file; the
 * caller releases it whatever the status. */
ct_status ct_png_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                        ct_error *error);
ct_status ct_jpeg_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                         ct_error *error);
ct_status ct_pnm_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                        ct_error *error);

/* Sets the geometry and allocates the pixels, all 0. Refuses sizes below 1 and beyond `most`. */
ct_status ct_image_allocate(ct_image *image, int64_t height, int64_t width, int channels,
                            int64_t most, const char *format, ct_error *error);

#endif
