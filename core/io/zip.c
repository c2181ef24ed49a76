/* ZIP: local headers and contents one after the other, then a directory of them, then a record that
 * says where the directory is and how many files it has. Everything is read from the directory; of
 * a local header only the lengths of its variable parts count. No offset is followed before it is
 * compared with the size of the archive. */
#include "io/zip.h"
#include <string.h>
#include <zlib.h>
#include "base/memory.h"
#include "io/inflate.h"

enum { END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30, MOST_COMMENT = 65535 };

static unsigned little16(const unsigned char *p) { return p[0] | (unsigned)p[1] << 8; }
static uint32_t little32(const unsigned char *p) {
  return little16(p) | (uint32_t)little16(p + 2) << 16;
}

static bool has_mark(const unsigned char *p, unsigned char a, unsigned char b) {
  return p[0] == 'P' && p[1] == 'K' && p[2] == a && p[3] == b;
}

bool ct_is_zip(const void *data, int64_t size) {
  return size >= 4 && (has_mark(data, 3, 4) || has_mark(data, 5, 6));
}

/* The record at the end: the last place where one stands whose comment ends with the archive. */
static const unsigned char *find_end(const unsigned char *data, int64_t size) {
  int64_t first = size - END_BYTES - MOST_COMMENT;
  for (int64_t at = size - END_BYTES; at >= 0 && at >= first; at--)
    if (has_mark(data + at, 5, 6) && at + END_BYTES + little16(data + at + 20) == size)
      return data + at;
  return NULL;
}

static ct_status damaged(ct_error *error, const char *what) {
  return ct_fail(error, CT_EFORMAT, "zip: %s", what);
}

/* Reads the directory entry at *at, which ends before `end`, and moves on behind it. */
static ct_status read_entry(ct_zip_entry *out, const unsigned char **at, const unsigned char *end,
                            ct_error *error) {
  const unsigned char *p = *at;
  if (end - p < ENTRY_BYTES || !has_mark(p, 1, 2))
    return damaged(error, "the directory is cut short or damaged");
  int64_t name = little16(p + 28), extra = little16(p + 30), comment = little16(p + 32);
  if (end - p - ENTRY_BYTES < name + extra + comment)
    return damaged(error, "the directory is cut short");
  *out = (ct_zip_entry){.name = (const char *)p + ENTRY_BYTES,
                        .name_length = name,
                        .header = little32(p + 42),
                        .packed = little32(p + 20),
                        .size = little32(p + 24),
                        .crc = little32(p + 16),
                        .method = (int)little16(p + 10),
                        .encrypted = little16(p + 8) & 1};
  if (name == 0 || memchr(out->name, 0, (size_t)name))
    return damaged(error, "a file has no proper name");
  *at = p + ENTRY_BYTES + name + extra + comment;
  return CT_OK;
}

ct_status ct_zip_list(const void *archive, int64_t size, ct_zip_entry **entry, int64_t *count,
                      ct_error *error) {
  const unsigned char *data = archive, *end = find_end(data, size);
  ct_zip_entry *list = NULL;
  if (!end) return damaged(error, "there is no directory at the end: cut short, or no archive");
  int64_t files = little16(end + 10), bytes = little32(end + 12), from = little32(end + 16);
  if (files == 0xffff || bytes == 0xffffffff || from == 0xffffffff)
    return damaged(error, "archives of more than 65,534 files or 4 GB are not read");
  if (little16(end + 4) != 0 || little16(end + 6) != 0 || little16(end + 8) != files)
    return damaged(error, "archives of several parts are not read");
  if (from + bytes > end - data || bytes < files * ENTRY_BYTES)
    return damaged(error, "the directory does not fit into the archive");
  CT_TRY(ct_alloc(&list, files, sizeof *list, "zip", error));
  const unsigned char *at = data + from, *stop = at + bytes;
  ct_status status = CT_OK;
  for (int64_t i = 0; status == CT_OK && i < files; i++)
    status = read_entry(&list[i], &at, stop, error);
  if (status == CT_OK && at != stop) status = damaged(error, "the directory has bytes too many");
  if (status != CT_OK) {
    ct_free(list);
    return status;
  }
  *entry = list, *count = files;
  return CT_OK;
}

static ct_status unpack(const unsigned char *from, const ct_zip_entry *entry, unsigned char *to,
                        ct_error *error) {
  if (entry->method == 0) {
    memcpy(to, from, (size_t)entry->size);
    return CT_OK;
  }
  z_stream z = {.zalloc = ct_zlib_alloc, .zfree = ct_zlib_free};
  z.next_in = (z_const Bytef *)(uintptr_t)from;
  z.avail_in = (uInt)entry->packed;
  z.next_out = to;
  z.avail_out = (uInt)entry->size;
  if (inflateInit2(&z, -15) != Z_OK)
    return ct_fail(error, CT_ENOMEM, "zip: not enough memory to inflate");
  int code = inflate(&z, Z_FINISH);
  bool whole = code == Z_STREAM_END && z.avail_out == 0 && z.avail_in == 0;
  inflateEnd(&z);
  if (code == Z_MEM_ERROR) return ct_fail(error, CT_ENOMEM, "zip: not enough memory to inflate");
  return whole ? CT_OK : damaged(error, "the contents are damaged");
}

ct_status ct_zip_extract(const void *archive, int64_t size, const ct_zip_entry *entry,
                         int64_t limit, ct_bytes *out, ct_error *error) {
  const unsigned char *data = archive, *p = data + entry->header;
  ct_bytes bytes = {.size = entry->size};
  if (entry->encrypted) return damaged(error, "the file is encrypted");
  if (entry->method != 0 && entry->method != 8)
    return ct_fail(error, CT_EFORMAT, "zip: compression method %d is not read", entry->method);
  if (size - entry->header < LOCAL_BYTES || !has_mark(p, 3, 4))
    return damaged(error, "a file is not where the directory says");
  int64_t first = entry->header + LOCAL_BYTES + little16(p + 26) + little16(p + 28);
  bool fits = first <= size && entry->packed <= size - first;
  if (entry->method == 0) fits = fits && entry->packed == entry->size;
  if (!fits || entry->size / CT_DEFLATE_RATIO > entry->packed)
    return damaged(error, "the size of a file does not fit its contents");
  if (entry->size > limit)
    return ct_fail(error, CT_EFORMAT, "zip: the file holds more than %lld bytes", (long long)limit);
  CT_TRY(ct_alloc(&bytes.data, entry->size, 1, "zip", error));
  ct_status status = unpack(data + first, entry, bytes.data, error);
  if (status == CT_OK && crc32(crc32(0, NULL, 0), bytes.data, (uInt)entry->size) != entry->crc)
    status = damaged(error, "the checksum of a file disagrees with its contents");
  if (status != CT_OK) {
    ct_free(bytes.data);
    return status;
  }
  *out = bytes;
  return CT_OK;
}
