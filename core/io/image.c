/* Which decoder reads an image, and from colour to grey and back. */
#include "io/image.h"
#include <string.h>
#include "base/memory.h"

void ct_image_release(ct_image *image) {
  ct_free(image->pixel);
  *image = (ct_image){0};
}

ct_status ct_image_allocate(ct_image *image, int64_t height, int64_t width, int channels,
                            int64_t most, const char *format, ct_error *error) {
  if (height < 1 || width < 1 || height > most / width)
    return ct_fail(error, CT_EFORMAT, "%s: an image of %lld x %lld pixels is not read", format,
                   (long long)height, (long long)width);
  image->height = height, image->width = width, image->channels = channels;
  CT_TRY(ct_alloc(&image->pixel, height * width, (size_t)channels, "image", error));
  memset(image->pixel, 0, (size_t)(height * width * channels));
  return CT_OK;
}

/* ITU-R BT.601 luma in 16-bit fractions that add up to 1: greys stay what they are. */
static unsigned char luma(const unsigned char *rgb) {
  return (unsigned char)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

static ct_status to_channels(ct_image *image, int channels, ct_error *error) {
  ct_image other = {0};
  int64_t pixels = image->height * image->width;
  if (channels == 0 || channels == image->channels) return CT_OK;
  CT_TRY(ct_image_allocate(&other, image->height, image->width, channels, pixels, "image", error));
  for (int64_t i = 0; i < pixels; i++) {
    if (channels == 1)
      other.pixel[i] = luma(image->pixel + 3 * i);
    else
      memset(other.pixel + 3 * i, image->pixel[i], 3);
  }
  ct_image_release(image);
  *image = other;
  return CT_OK;
}

ct_status ct_image_decode(const void *data, int64_t size, int channels, int64_t most, ct_image *out,
                          ct_error *error) {
  const unsigned char *byte = data;
  ct_image image = {0};
  ct_status status;
  if (size >= 4 && !memcmp(byte, "\x89PNG", 4))
    status = ct_png_decode(data, size, most, &image, error);
  else if (size >= 3 && !memcmp(byte, "\xff\xd8\xff", 3))
    status = ct_jpeg_decode(data, size, most, &image, error);
  else if (size >= 2 && byte[0] == 'P' && byte[1] >= '1' && byte[1] <= '7')
    status = ct_pnm_decode(data, size, most, &image, error);
  else
    return ct_fail(error, CT_EFORMAT, "image: neither PNG nor JPEG, PGM or PPM");
  if (status == CT_OK) status = to_channels(&image, channels, error);
  if (status != CT_OK) {
    ct_image_release(&image);
    return status;
  }
  *out = image;
  return CT_OK;
}
