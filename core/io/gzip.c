/* Inflating through zlib, which checks the CRC and the length of each member.
 *
 * The output grows by doubling, from a first guess that the trailer of the last member gives, and
 * never beyond limit + 1 bytes: the one byte more tells "exactly the limit" from "too much". zlib's
 * own memory comes from ct_alloc, so that it is counted like everything else. */
#include "io/gzip.h"
#include <limits.h>
#include <string.h>
#include <zlib.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "io/inflate.h"

bool ct_is_gzip(const void *data, int64_t size) {
  const unsigned char *byte = data;
  return size >= 2 && byte[0] == 0x1f && byte[1] == 0x8b;
}

void *ct_zlib_alloc(void *opaque, unsigned count, unsigned size) {
  void *p = NULL;
  (void)opaque;
  /* zlib takes fresh memory as it comes, but memory checkers do not: zero it */
  if (ct_alloc(&p, count, size, "inflate", NULL) == CT_OK) memset(p, 0, (size_t)count * size);
  return p;
}

void ct_zlib_free(void *opaque, void *p) {
  (void)opaque;
  ct_free(p);
}

/* The length that the last member claims (modulo 2^32), held to what `size` bytes can inflate to.
 */
static int64_t first_guess(const unsigned char *data, int64_t size, int64_t limit) {
  int64_t guess = 4096;
  if (size >= 18) {
    const unsigned char *t = data + size - 4;
    guess = (int64_t)t[0] | (int64_t)t[1] << 8 | (int64_t)t[2] << 16 | (int64_t)t[3] << 24;
  }
  if (guess / CT_DEFLATE_RATIO > size) guess = size * CT_DEFLATE_RATIO;
  return guess < limit ? guess : limit;
}

typedef struct inflation {
  z_stream z;
  const unsigned char *end; /* of the input */
  ct_bytes out;
  int64_t room, limit;
} inflation;

static ct_status make_room(inflation *s, ct_error *error) {
  if (s->out.size < s->room) return CT_OK;
  if (s->out.size > s->limit)
    return ct_fail(error, CT_EFORMAT, "gzip: the data inflate to more than %lld bytes",
                   (long long)s->limit);
  int64_t room = s->room < s->limit / 2 ? 2 * s->room + 1 : s->limit + 1;
  CT_TRY(ct_realloc(&s->out.data, room, 1, "inflate", error));
  s->room = room;
  return CT_OK;
}

/* One call of inflate(), with at most STEP bytes of result so that Ctrl-C is seen in time. */
static ct_status step(inflation *s, int *code, ct_error *error) {
  enum { STEP = 4 << 20 };
  if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "gzip: interrupted");
  CT_TRY(make_room(s, error));
  int64_t room = s->room - s->out.size, rest = s->end - s->z.next_in;
  uInt offered = (uInt)(room < STEP ? room : STEP);
  s->z.avail_in = (uInt)(rest < INT_MAX ? rest : INT_MAX);
  s->z.next_out = s->out.data + s->out.size;
  s->z.avail_out = offered;
  *code = inflate(&s->z, Z_NO_FLUSH);
  s->out.size += offered - s->z.avail_out;
  switch (*code) {
  case Z_OK:
  case Z_STREAM_END: return CT_OK;
  case Z_MEM_ERROR: return ct_fail(error, CT_ENOMEM, "inflate: not enough memory");
  case Z_BUF_ERROR: return ct_fail(error, CT_EFORMAT, "gzip: the data are cut short");
  default:
    return ct_fail(error, CT_EFORMAT, "gzip: the data are corrupt: %s",
                   s->z.msg ? s->z.msg : "no gzip header");
  }
}

static ct_status run(inflation *s, ct_error *error) {
  for (;;) {
    int code;
    CT_TRY(step(s, &code, error));
    if (code != Z_STREAM_END) continue;
    if (s->out.size > s->limit) return make_room(s, error);
    int64_t rest = s->end - s->z.next_in;
    if (rest == 0) return CT_OK;
    if (!ct_is_gzip(s->z.next_in, rest))
      return ct_fail(error, CT_EFORMAT, "gzip: %lld bytes follow the end of the data",
                     (long long)rest);
    inflateReset(&s->z);
  }
}

ct_status ct_gzip_inflate(const void *data, int64_t size, int64_t limit, ct_bytes *out,
                          ct_error *error) {
  if (limit < 0 || limit == INT64_MAX || size > INT64_MAX / CT_DEFLATE_RATIO - 1)
    return ct_fail(error, CT_EINVALID, "gzip: sizes must be in 0..2^63-2");
  if (!ct_is_gzip(data, size))
    return ct_fail(error, CT_EFORMAT, "gzip: the data do not begin with a gzip header");
  inflation s = {.z = {.zalloc = ct_zlib_alloc, .zfree = ct_zlib_free}, .limit = limit};
  s.end = (const unsigned char *)data + size;
  s.z.next_in = (z_const Bytef *)(uintptr_t)data;
  if (inflateInit2(&s.z, 15 + 16) != Z_OK)
    return ct_fail(error, CT_ENOMEM, "inflate: not enough memory");
  s.room = first_guess(data, size, limit) + 1;
  ct_status status = ct_alloc(&s.out.data, s.room, 1, "inflate", error);
  if (status == CT_OK) status = run(&s, error);
  inflateEnd(&s.z);
  if (status != CT_OK) {
    ct_bytes_free(&s.out);
    return status;
  }
  *out = s.out;
  return CT_OK;
}
