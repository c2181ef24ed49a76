/* Netpbm's grey and colour maps: a header of words (format, width, height, greatest value), where #
 * begins a comment, one blank, then the samples as bytes or as decimal numbers. */
#include <string.h>
#include "io/image.h"

typedef struct cursor {
  const unsigned char *at, *end;
} cursor;

static bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip(cursor *c) {
  while (c->at < c->end && (is_blank(*c->at) || *c->at == '#')) {
    if (*c->at == '#')
      while (c->at < c->end && *c->at != '\n') c->at++;
    else
      c->at++;
  }
}

/* A number from 0 to `most`, after blanks and comments; -1 when there is none. */
static int64_t number(cursor *c, int64_t most) {
  int64_t value = 0;
  skip(c);
  const unsigned char *first = c->at;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
    value = 10 * value + (*c->at - '0');
    if (value > most) return -1;
  }
  return c->at > first ? value : -1;
}

static ct_status malformed(ct_error *error, const char *what) {
  return ct_fail(error, CT_EFORMAT, "pnm: %s", what);
}

/* The sample that comes next; -1 for none or one beyond `greatest`. */
static int64_t sample(cursor *c, bool plain, int64_t greatest) {
  if (plain) return number(c, greatest);
  int64_t value = *c->at++;
  if (greatest > 255) value = value << 8 | *c->at++;
  return value <= greatest ? value : -1;
}

ct_status ct_pnm_decode(const void *data, int64_t size, int64_t most, ct_image *out,
                        ct_error *error) {
  enum { LARGEST = INT32_MAX };
  cursor c = {(const unsigned char *)data + 2, (const unsigned char *)data + size};
  char kind = ((const char *)data)[1];
  bool plain = kind == '2' || kind == '3';
  int channels = kind == '3' || kind == '6' ? 3 : 1;
  if (!strchr("2356", kind))
    return ct_fail(error, CT_EFORMAT, "pnm: P%c is not read, only P2, P3, P5 and P6", kind);
  int64_t width = number(&c, LARGEST), height = number(&c, LARGEST), greatest = number(&c, 65535);
  if (width < 0 || height < 0) return malformed(error, "a size is wrong");
  if (greatest < 1) return malformed(error, "a greatest value from 1 to 65535 expected");
  if (c.at >= c.end || !is_blank(*c.at)) return malformed(error, "the header is cut short");
  if (!plain) c.at++;
  /* a plain sample takes a blank and a digit: what fits into the file bounds the memory */
  int64_t bytes = plain ? 2 : greatest > 255 ? 2 : 1, left = c.end - c.at;
  if (width > 0 && height > left / bytes / channels / width)
    return malformed(error, "the file is too short for its image");
  CT_TRY(ct_image_allocate(out, height, width, channels, most, "pnm", error));
  int64_t count = width * height * channels;
  for (int64_t i = 0; i < count; i++) {
    int64_t value = sample(&c, plain, greatest);
    if (value < 0) return malformed(error, "a sample is missing or beyond the greatest value");
    out->pixel[i] = (unsigned char)((value * 255 + greatest / 2) / greatest);
  }
  if (plain) skip(&c);
  return c.at == c.end ? CT_OK : malformed(error, "bytes follow the image");
}
