/* IDX: two zero bytes, a type code, the number of dimensions, that many 32-bit sizes, the elements,
 * all big-endian (Y. LeCun's description of the MNIST files). The size of the file is compared with
 * what the header promises before anything is allocated, so a corrupt header costs no memory. */
#include "io/idx.h"
#include "base/memory.h"
#include "io/byteorder.h"

typedef struct idx_type {
  unsigned char code;
  size_t bytes;
  ct_dtype dtype;
} idx_type;

static const idx_type types[] = {
    {0x08, 1, CT_BYTE}, {0x09, 1, CT_INT},   {0x0B, 2, CT_INT},
    {0x0C, 4, CT_INT},  {0x0D, 4, CT_FLOAT}, {0x0E, 8, CT_DOUBLE},
};

static const idx_type *find_type(unsigned char code) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code) return &types[i];
  return NULL;
}

static uint32_t big32(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Elements that are as wide in the tensor as in the file are swapped; narrower ones are widened. */
static void decode(const idx_type *type, const unsigned char *from, int64_t count, void *to) {
  if (type->bytes == ct_dtype_size(type->dtype)) {
    ct_copy_ordered(to, from, count, type->bytes, !ct_host_is_big_endian());
    return;
  }
  int32_t *out = to;
  for (int64_t i = 0; i < count; i++)
    out[i] = type->bytes == 1 ? (int8_t)from[i]
                              : (int16_t)(uint16_t)((unsigned)from[2 * i] << 8 | from[2 * i + 1]);
}

ct_status ct_idx_parse(const void *data, int64_t size, ct_tensor *out, ct_error *error) {
  const unsigned char *byte = data;
  char shape[CT_SHAPE_TEXT];
  int64_t sizes[CT_MAX_DIMS], span = 1, count, expected;
  if (size < 4) return ct_fail(error, CT_EFORMAT, "idx: the header is cut short");
  if (byte[0] != 0 || byte[1] != 0)
    return ct_fail(error, CT_EFORMAT, "idx: the file does not begin with two zero bytes");
  const idx_type *type = find_type(byte[2]);
  if (!type) return ct_fail(error, CT_EFORMAT, "idx: there is no type of code 0x%02x", byte[2]);
  int dims = byte[3];
  if (dims < 1 || dims > CT_MAX_DIMS)
    return ct_fail(error, CT_EFORMAT, "idx: 1 to %d dimensions expected, got %d", CT_MAX_DIMS,
                   dims);
  if (size < 4 + 4 * dims) return ct_fail(error, CT_EFORMAT, "idx: the header is cut short");
  bool fits = true, empty = false;
  for (int d = 0; d < dims; d++) {
    sizes[d] = big32(byte + 4 + 4 * d);
    empty = empty || sizes[d] == 0;
    fits = fits && ct_size_mul(span, sizes[d] ? sizes[d] : 1, &span);
  }
  count = empty ? 0 : span;
  fits = fits && ct_size_mul(count, (int64_t)type->bytes, &expected);
  if (!fits || expected != size - 4 - 4 * dims)
    return ct_fail(error, CT_EFORMAT, "idx: %lld bytes of elements do not make an array of %s",
                   (long long)(size - 4 - 4 * dims), ct_shape_text(shape, dims, sizes));
  ct_tensor fresh = {0};
  CT_TRY(ct_tensor_new(&fresh, type->dtype, dims, sizes, error));
  decode(type, byte + 4 + 4 * dims, count, ct_tensor_data(&fresh));
  ct_tensor_set(out, &fresh);
  ct_tensor_release(&fresh);
  return CT_OK;
}
