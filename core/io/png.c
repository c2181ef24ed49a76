/* PNG through libpng, whose errors jump back to one place here. What the jump must find again lives
 * in `reader`, outside of the function that it returns to. */
#include <png.h>
#include <setjmp.h>
#include <string.h>
#include "base/memory.h"
#include "io/image.h"
#include "io/inflate.h"

typedef struct reader {
  const unsigned char *at, *end;
  int64_t most;
  ct_image *out;
  ct_status status;
  ct_error *error;
} reader;

static void on_error(png_structp png, png_const_charp message) {
  reader *r = png_get_error_ptr(png);
  if (r->status == CT_OK) r->status = ct_fail(r->error, CT_EFORMAT, "png: %s", message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message; /* of chunks that do not concern the pixels */
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  reader *r = png_get_io_ptr(png);
  if ((size_t)(r->end - r->at) < count) png_error(png, "the file is cut short");
  memcpy(to, r->at, count);
  r->at += count;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
  void *p = NULL;
  reader *r = png_get_mem_ptr(png);
  if (ct_alloc(&p, (int64_t)size, 1, "png", r->error) != CT_OK) r->status = CT_ENOMEM;
  return p;
}

static void give_memory(png_structp png, png_voidp p) {
  (void)png;
  ct_free(p);
}

static void fail(png_structp png, reader *r, ct_status status) {
  r->status = status;
  png_error(png, "refused");
}

/* The header, and the transformations that leave 1 or 3 bytes a pixel. */
static void prepare(png_structp png, png_infop info, reader *r) {
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours is `most` */
  png_read_info(png, info);
  int64_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if ((int64_t)png_get_rowbytes(png, info) > (r->end - r->at + 64) * CT_DEFLATE_RATIO / height)
    png_error(png, "the file is too short for its image");
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  int channels = png_get_channels(png, info);
  ct_status status = ct_image_allocate(r->out, height, width, channels, r->most, "png", r->error);
  if (status != CT_OK) fail(png, r, status);
  if ((int64_t)png_get_rowbytes(png, info) != width * channels) png_error(png, "odd rows");
}

static void read_pixels(png_structp png, png_infop info, reader *r) {
  prepare(png, info, r);
  int passes = png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  size_t row = (size_t)(r->out->width * r->out->channels);
  for (int pass = 0; pass < passes; pass++)
    for (int64_t y = 0; y < r->out->height; y++)
      png_read_row(png, r->out->pixel + (size_t)y * row, NULL);
  png_read_end(png, NULL);
}

ct_status ct_png_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                        ct_error *error) {
  reader r = {data, (const unsigned char *)data + size, most, out, CT_OK, error};
  png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning, &r,
                                             take_memory, give_memory);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(png ? &png : NULL, NULL, NULL);
    return r.status != CT_OK ? r.status : ct_fail(error, CT_ENOMEM, "png: not enough memory");
  }
  png_set_read_fn(png, &r, read_bytes);
  if (setjmp(png_jmpbuf(png)) == 0) read_pixels(png, info, &r);
  png_destroy_read_struct(&png, &info, NULL);
  return r.status;
}
