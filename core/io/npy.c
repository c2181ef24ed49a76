/* .npy: a magic string, a version, the length of a header, and the header: a Python dictionary
 * literal with exactly the keys descr, fortran_order and shape, padded by spaces.
 *
 * The parser reads the dictionary with a cursor that never leaves [at, end); it accepts what
 * Python's repr and NumPy write and nothing more. Sizes are compared with the length of the file
 * before memory is asked for. */
#include "io/npy.h"
#include <stdio.h>
#include <string.h>
#include "base/memory.h"
#include "io/byteorder.h"

typedef struct npy_type {
  char kind;
  char bytes;
  ct_dtype dtype;
} npy_type;

static const npy_type types[] = {
    {'f', 4, CT_FLOAT}, {'f', 8, CT_DOUBLE}, {'i', 8, CT_LONG},  {'i', 4, CT_INT},
    {'u', 1, CT_BYTE},  {'b', 1, CT_BYTE},   {'f', 2, CT_FLOAT}, {'i', 1, CT_CHAR},
    {'i', 2, CT_SHORT}, {'u', 2, CT_INT},    {'u', 4, CT_LONG},
};

typedef struct npy_header {
  const npy_type *type;
  bool reverse, fortran;
  int dims;
  int64_t size[CT_MAX_DIMS];
  int64_t count;
} npy_header;

typedef struct cursor {
  const char *at, *end;
} cursor;

static ct_status malformed(ct_error *error, const char *what) {
  return ct_fail(error, CT_EFORMAT, "npy: %s", what);
}

static void skip_spaces(cursor *c) {
  while (c->at < c->end && *c->at == ' ') c->at++;
}

/* Whether `text` comes next, spaces aside; if so it is consumed. */
static bool accept(cursor *c, const char *text) {
  size_t length = strlen(text);
  skip_spaces(c);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, text, length) != 0) return false;
  c->at += length;
  return true;
}

/* '<f4' and its like, in either kind of quotes. */
static ct_status parse_descr(cursor *c, npy_header *h, ct_error *error) {
  skip_spaces(c);
  const char *p = c->at;
  if (c->end - p < 5 || (*p != '\'' && *p != '"') || p[4] != *p)
    return malformed(error, "only plain types of one number are read, such as '<f4'");
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].kind == p[2] && types[i].bytes == p[3] - '0') h->type = &types[i];
  bool known_order = p[1] == '<' || p[1] == '>' || p[1] == '=' || (p[1] == '|' && p[3] == '1');
  if (!h->type || !known_order)
    return ct_fail(error, CT_EFORMAT, "npy: elements of type '%.3s' are not read", p + 1);
  h->reverse = p[1] == (ct_host_is_big_endian() ? '<' : '>');
  c->at = p + 5;
  return CT_OK;
}

static bool parse_size(cursor *c, int64_t *size) {
  const char *first = c->at;
  int64_t value = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
    if (!ct_size_mul(value, 10, &value) || !ct_size_add(value, *c->at - '0', &value)) return false;
  *size = value;
  return c->at > first;
}

/* (), (3,), (3, 4) or (3, 4,) */
static ct_status parse_shape(cursor *c, npy_header *h, ct_error *error) {
  bool more = true;
  if (!accept(c, "(")) return malformed(error, "the shape is not a tuple");
  while (!accept(c, ")")) {
    if (!more) return malformed(error, "a comma is missing in the shape");
    if (h->dims == CT_MAX_DIMS)
      return ct_fail(error, CT_EFORMAT, "npy: at most %d dimensions are read", CT_MAX_DIMS);
    skip_spaces(c);
    if (!parse_size(c, &h->size[h->dims])) return malformed(error, "a size in the shape is wrong");
    h->dims++;
    more = accept(c, ",");
  }
  if (h->dims == 1 && !more) return malformed(error, "the shape is not a tuple");
  return CT_OK;
}

static ct_status parse_entry(cursor *c, npy_header *h, unsigned *seen, ct_error *error) {
  enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
  unsigned key = accept(c, "'descr'") || accept(c, "\"descr\"")                   ? DESCR
                 : accept(c, "'fortran_order'") || accept(c, "\"fortran_order\"") ? ORDER
                 : accept(c, "'shape'") || accept(c, "\"shape\"")                 ? SHAPE
                                                                                  : 0;
  if (!key) return malformed(error, "the header has a key that does not belong there");
  if (*seen & key) return malformed(error, "the header has a key twice");
  *seen |= key;
  if (!accept(c, ":")) return malformed(error, "a colon is missing in the header");
  if (key == DESCR) return parse_descr(c, h, error);
  if (key == SHAPE) return parse_shape(c, h, error);
  h->fortran = accept(c, "True");
  if (!h->fortran && !accept(c, "False"))
    return malformed(error, "fortran_order is neither True nor False");
  return CT_OK;
}

static ct_status parse_header(cursor *c, npy_header *h, ct_error *error) {
  unsigned seen = 0;
  bool more = true;
  if (!accept(c, "{")) return malformed(error, "the header is not a dictionary");
  while (!accept(c, "}")) {
    if (!more) return malformed(error, "a comma is missing in the header");
    CT_TRY(parse_entry(c, h, &seen, error));
    more = accept(c, ",");
  }
  skip_spaces(c);
  if (c->at < c->end && *c->at == '\n') c->at++;
  if (c->at != c->end) return malformed(error, "the header goes on after its dictionary");
  if (seen != 7) return malformed(error, "the header lacks descr, fortran_order or shape");
  bool empty = false;
  if (h->dims == 0) h->size[h->dims++] = 1;
  h->count = 1;
  for (int d = 0; d < h->dims; d++) {
    empty = empty || h->size[d] == 0;
    if (!ct_size_mul(h->count, h->size[d] ? h->size[d] : 1, &h->count))
      return malformed(error, "the shape exceeds the address space");
  }
  if (empty) h->count = 0;
  return CT_OK;
}

/* IEEE 754 half precision: subnormals, infinities and NaN included. */
static float half_to_float(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000u) << 16, exponent = (h >> 10) & 31u, fraction = h & 1023u;
  uint32_t bits;
  float value;
  if (exponent == 0) {
    value = (float)fraction * 0x1p-24f;
    memcpy(&bits, &value, sizeof bits);
  } else {
    bits = (exponent == 31 ? 255u : exponent + 112u) << 23 | fraction << 13;
  }
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void widen(const npy_type *type, bool reverse, const char *from, int64_t count, void *to) {
  for (int64_t i = 0; i < count; i++) {
    uint16_t half = 0;
    uint32_t word = 0;
    const char *p = from + i * type->bytes;
    if (type->bytes == 2) ct_copy_ordered(&half, p, 1, 2, reverse);
    if (type->bytes == 4) ct_copy_ordered(&word, p, 1, 4, reverse);
    if (type->dtype == CT_LONG)
      ((int64_t *)to)[i] = word;
    else if (type->kind == 'f')
      ((float *)to)[i] = half_to_float(half);
    else
      ((int32_t *)to)[i] = half;
  }
}

static bool same_width(const npy_header *h) {
  return ct_dtype_size(h->type->dtype) == (size_t)h->type->bytes;
}

/* The elements at `from` in a fresh storage. */
static ct_status copy_elements(const npy_header *h, const char *from, const int64_t *size,
                               ct_tensor *out, ct_error *error) {
  CT_TRY(ct_tensor_new(out, h->type->dtype, h->dims, size, error));
  if (same_width(h))
    ct_copy_ordered(ct_tensor_data(out), from, h->count, (size_t)h->type->bytes, h->reverse);
  else
    widen(h->type, h->reverse, from, h->count, ct_tensor_data(out));
  return CT_OK;
}

static void unmap(void *memory, int64_t bytes) { ct_file_unmap(&(ct_mapping){memory, bytes}); }

/* The elements at `from` as they lie in the mapping, which is the storage's then. */
static ct_status adopt_elements(const npy_header *h, const char *from, const int64_t *size,
                                ct_mapping *mapping, ct_tensor *out, ct_error *error) {
  ct_storage *storage = NULL;
  void *elements = (char *)mapping->data + (from - (const char *)mapping->data);
  CT_TRY(ct_storage_adopt(&storage, h->type->dtype, h->count, elements, mapping->data,
                          mapping->size, unmap, error));
  *mapping = (ct_mapping){0};
  ct_status status = ct_tensor_set_storage(out, storage, 0, h->dims, size, NULL, error);
  ct_storage_release(storage);
  return status;
}

/* mapping: what may be adopted, or NULL. */
static ct_status make_tensor(const npy_header *h, const char *from, ct_mapping *mapping,
                             ct_tensor *out, ct_error *error) {
  int64_t size[CT_MAX_DIMS];
  int order[CT_MAX_DIMS];
  for (int d = 0; d < h->dims; d++) {
    order[d] = h->dims - 1 - d;
    size[d] = h->size[h->fortran ? order[d] : d];
  }
  ct_tensor fresh = {.dtype = h->type->dtype};
  bool as_is = mapping && same_width(h) && (!h->reverse || h->type->bytes == 1) && h->count > 0 &&
               (uintptr_t)from % (uintptr_t)h->type->bytes == 0;
  ct_status status = as_is ? adopt_elements(h, from, size, mapping, &fresh, error)
                           : copy_elements(h, from, size, &fresh, error);
  if (status == CT_OK && h->fortran) status = ct_tensor_permute(&fresh, &fresh, order, error);
  if (status == CT_OK) ct_tensor_set(out, &fresh);
  ct_tensor_release(&fresh);
  return status;
}

static ct_status parse(const void *data, int64_t size, ct_mapping *mapping, ct_tensor *out,
                       ct_error *error) {
  const unsigned char *byte = data;
  if (size < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
    return malformed(error, "the file does not begin as a .npy file does");
  int version = byte[6], before = version == 1 ? 10 : 12;
  if (version < 1 || version > 3 || byte[7] != 0)
    return ct_fail(error, CT_EFORMAT, "npy: version %d.%d is not read", version, byte[7]);
  int64_t length = byte[8] | byte[9] << 8;
  if (version > 1 && size >= 12) length |= (int64_t)byte[10] << 16 | (int64_t)byte[11] << 24;
  if (size < before || length > size - before) return malformed(error, "the header is cut short");
  npy_header h = {0};
  cursor c = {(const char *)data + before, (const char *)data + before + length};
  CT_TRY(parse_header(&c, &h, error));
  int64_t expected, rest = size - before - length;
  if (!ct_size_mul(h.count, h.type->bytes, &expected) || expected != rest) {
    char shape[CT_SHAPE_TEXT];
    return ct_fail(error, CT_EFORMAT, "npy: %lld bytes of elements do not make an array of %s",
                   (long long)rest, ct_shape_text(shape, h.dims, h.size));
  }
  return make_tensor(&h, (const char *)data + before + length, mapping, out, error);
}

ct_status ct_npy_parse(const void *data, int64_t size, ct_tensor *out, ct_error *error) {
  return parse(data, size, NULL, out, error);
}

ct_status ct_npy_adopt(ct_mapping *mapping, ct_tensor *out, ct_error *error) {
  ct_status status = parse(mapping->data, mapping->size, mapping, out, error);
  ct_file_unmap(mapping);
  return status;
}

int ct_npy_header(char header[CT_NPY_HEADER], const ct_tensor *t) {
  static const char *const descr[CT_DTYPES] = {"f4", "f8", "i8", "i4", "u1", "i2", "i1"};
  char order = ct_dtype_size(t->dtype) == 1 ? '|' : ct_host_is_big_endian() ? '>' : '<';
  int n = 10;
  n += snprintf(header + n, CT_NPY_HEADER - (size_t)n,
                "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order, descr[t->dtype]);
  for (int d = 0; d < t->dims; d++)
    n += snprintf(header + n, CT_NPY_HEADER - (size_t)n, d ? ", %lld" : "%lld",
                  (long long)t->size[d]);
  n += snprintf(header + n, CT_NPY_HEADER - (size_t)n, "%s), }",
                t->dims == 0   ? "0,"
                : t->dims == 1 ? ","
                               : "");
  int total = (n + 1 + 63) / 64 * 64;
  memset(header + n, ' ', (size_t)(total - n));
  header[total - 1] = '\n';
  int length = total - 10;
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (char)(length & 255);
  header[9] = (char)(length >> 8);
  return total;
}
