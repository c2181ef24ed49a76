/* JPEG through libjpeg-turbo. Its errors jump back to one place; its warnings, which it would
 * otherwise print while it makes up pixels, are errors here. */
#include <stdio.h>
#include <setjmp.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>
#include "io/image.h"

/* libjpeg knows its error manager only: it comes first, and the rest is found behind it. */
typedef struct manager {
  struct jpeg_error_mgr base;
  jmp_buf back;
  ct_status status;
  ct_error *error;
} manager;

static void on_error(j_common_ptr c) {
  manager *m = (manager *)(void *)c->err;
  char message[JMSG_LENGTH_MAX];
  if (m->status == CT_OK) {
    c->err->format_message(c, message);
    bool memory = c->err->msg_code == JERR_OUT_OF_MEMORY;
    m->status = ct_fail(m->error, memory ? CT_ENOMEM : CT_EFORMAT, "jpeg: %.150s", message);
  }
  longjmp(m->back, 1);
}

static void on_message(j_common_ptr c, int level) {
  if (level < 0) on_error(c);
}

static void fail(j_decompress_ptr c, ct_status status) {
  ((manager *)(void *)c->err)->status = status;
  on_error((j_common_ptr)c);
}

/* Every block of 8 x 8 takes a bit at least, so a header alone costs no memory. */
static void read_pixels(j_decompress_ptr c, const void *data, int64_t size, int64_t most,
                        ct_image *out, ct_error *error) {
  jpeg_create_decompress(c);
  jpeg_mem_src(c, (const unsigned char *)data, (unsigned long)size);
  jpeg_read_header(c, TRUE);
  if (c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK)
    fail(c, ct_fail(error, CT_EFORMAT, "jpeg: images of four colours (CMYK) are not read"));
  if (c->arith_code) fail(c, ct_fail(error, CT_EFORMAT, "jpeg: arithmetic coding is not read"));
  if ((int64_t)c->image_width > size * 512 / (int64_t)c->image_height)
    fail(c, ct_fail(error, CT_EFORMAT, "jpeg: the file is too short for its image"));
  bool grey = c->jpeg_color_space == JCS_GRAYSCALE;
  c->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  c->dct_method = JDCT_ISLOW;
  ct_status status =
      ct_image_allocate(out, c->image_height, c->image_width, grey ? 1 : 3, most, "jpeg", error);
  if (status != CT_OK) fail(c, status);
  jpeg_start_decompress(c);
  while (c->output_scanline < c->output_height) {
    JSAMPROW row = out->pixel + (size_t)(c->output_scanline * out->width * out->channels);
    jpeg_read_scanlines(c, &row, 1);
  }
  jpeg_finish_decompress(c);
}

ct_status ct_jpeg_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                         ct_error *error) {
  struct jpeg_decompress_struct c;
  manager m = {.status = CT_OK, .error = error};
  memset(&c, 0, sizeof c);
  c.err = jpeg_std_error(&m.base);
  m.base.error_exit = on_error;
  m.base.emit_message = on_message;
  if (setjmp(m.back) == 0) read_pixels(&c, data, size, most, out, error);
  jpeg_destroy_decompress(&c);
  return m.status;
}
