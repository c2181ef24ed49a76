/* Targets for libFuzzer, one for each parser in core/io; compiled with -DFUZZ_IDX, -DFUZZ_NPY,
 * -DFUZZ_GZIP, -DFUZZ_ZIP, -DFUZZ_IMAGE or -DFUZZ_JOURNAL by `make check-fuzz`. Bytes are parsed or
 * refused as malformed; what was parsed is sound and is written and read again the same; and
 * nothing stays allocated. Anything else ends the process, which is how the fuzzer learns of it. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/memory.h"
#include "io/gzip.h"
#include "io/idx.h"
#include "io/image_fit.h"
#include "io/journal.h"
#include "io/npy.h"
#include "io/zip.h"
#include "ops/copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) abort();
}

#if !defined(FUZZ_JOURNAL)
static void require_refused(ct_status status, const ct_error *error) {
  require(status == CT_EFORMAT && error->code == status);
  require(memchr(error->message, 0, sizeof error->message) && error->message[0]);
}
#endif

#if defined(FUZZ_GZIP)

/* Whatever the limit, the result respects it, and a larger one gives the same bytes. */
static void try_limit(const uint8_t *data, size_t size, int64_t limit) {
  ct_error error;
  ct_bytes out = {0};
  ct_status status = ct_gzip_inflate(data, (int64_t)size, limit, &out, &error);
  if (status != CT_OK)
    require_refused(status, &error);
  else
    require(out.size <= limit && ct_is_gzip(data, (int64_t)size));
  ct_bytes_free(&out);
}

static void try_bytes(const uint8_t *data, size_t size) {
  try_limit(data, size, 1 << 20);
  try_limit(data, size, 7);
  try_limit(data, size, 0);
}

#elif defined(FUZZ_JOURNAL)

/* Every text lies within the line, and none grows when its backslashes go. */
static void try_bytes(const uint8_t *data, size_t size) {
  const char *begin = (const char *)data, *end = begin + size;
  ct_journal_line line;
  if (!ct_journal_parse(begin, (int64_t)size, &line)) return;
  if (line.fields >> CT_JOURNAL_VALUES_FIELD & 1)
    require(line.value_count >= 0 && line.value_count <= CT_JOURNAL_VALUES);
  for (int field = CT_JOURNAL_WORKER; field < CT_JOURNAL_INTERNAL; field++) {
    ct_text text = ct_journal_text(&line, (ct_journal_field)field);
    if (!(line.fields >> field & 1)) continue;
    require(text.data > begin && text.size >= 0 && text.size < end - text.data);
    require(text.data[-1] == '"' && text.data[text.size] == '"');
    char *out = malloc((size_t)text.size + 1);
    require(out != NULL);
    require(ct_journal_unescape(text, out) <= text.size);
    free(out);
  }
}

#elif defined(FUZZ_ZIP)

static void try_bytes(const uint8_t *data, size_t size) {
  ct_error error;
  ct_zip_entry *entry = NULL;
  int64_t count = 0;
  ct_status status = ct_zip_list(data, (int64_t)size, &entry, &count, &error);
  if (status != CT_OK) require_refused(status, &error);
  for (int64_t i = 0; i < count; i++) {
    ct_bytes out = {0};
    require(entry[i].name_length > 0 && !memchr(entry[i].name, 0, (size_t)entry[i].name_length));
    status = ct_zip_extract(data, (int64_t)size, &entry[i], 1 << 16, &out, &error);
    if (status != CT_OK)
      require_refused(status, &error);
    else
      require(out.size == entry[i].size && out.size <= 1 << 16);
    ct_bytes_free(&out);
  }
  ct_free(entry);
}

#elif defined(FUZZ_IMAGE)

/* Makes the checksums of PNG chunks right, so that the fuzzer gets past them. */
static void repair(uint8_t *data, size_t size) {
  size_t at = 8;
  if (size < 8 || memcmp(data, "\x89PNG", 4) != 0) return;
  while (at + 12 <= size) {
    size_t length = (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 |
                    (size_t)data[at + 2] << 8 | data[at + 3];
    if (length > size - at - 12) return;
    uint8_t *end = data + at + 8 + length;
    uint32_t sum = (uint32_t)crc32(crc32(0, NULL, 0), data + at + 4, (uInt)length + 4);
    end[0] = (uint8_t)(sum >> 24), end[1] = (uint8_t)(sum >> 16);
    end[2] = (uint8_t)(sum >> 8), end[3] = (uint8_t)sum;
    at += 12 + length;
  }
}

/* What is decoded has all its pixels, and can be varied and brought to another size. */
static void try_bytes(uint8_t *data, size_t size) {
  ct_error error;
  ct_image image = {0};
  repair(data, size);
  unsigned char out[3 * 5 * 7];
  ct_image_plan plan = {.channels = 1 + 2 * (int)(size & 1),
                        .height = 5,
                        .width = 7,
                        .cover = (size & 2) != 0,
                        .crop = 0.25,
                        .flip = 0.5,
                        .brightness = 1,
                        .contrast = 1,
                        .saturation = 1};
  ct_status status = ct_image_decode(data, (int64_t)size, plan.channels, 1 << 20, &image, &error);
  if (status != CT_OK) {
    require_refused(status, &error);
    require(image.pixel == NULL);
    return;
  }
  unsigned sum = 0;
  for (int64_t i = 0; i < image.height * image.width * image.channels; i++) sum += image.pixel[i];
  require(sum <= UINT32_MAX && image.channels == plan.channels);
  ct_image_part part = ct_image_vary(&plan, image.height, image.width, size);
  require(part.top >= 0 && part.left >= 0 && part.height > 0 && part.width > 0);
  require(ct_image_fit(out, &image, &plan, &part, &error) == CT_OK);
  ct_image_release(&image);
}

#else

/* Touches every element, and compares with what is read from the same array written as .npy. */
static void use(const ct_tensor *t) {
  ct_error error;
  char header[CT_NPY_HEADER];
  ct_tensor flat = {.dtype = t->dtype}, again = {0};
  require(t->dims >= 1 && t->dims <= CT_MAX_DIMS);
  require(ct_contiguous(&flat, t->dtype, t, &error) == CT_OK);
  size_t length = (size_t)ct_npy_header(header, &flat);
  size_t bytes = (size_t)ct_tensor_count(&flat) * ct_dtype_size(t->dtype);
  char *file = malloc(length + bytes);
  require(file != NULL);
  memcpy(file, header, length);
  if (bytes) memcpy(file + length, ct_tensor_data(&flat), bytes);
  require(ct_npy_parse(file, (int64_t)(length + bytes), &again, &error) == CT_OK);
  require(again.dtype == t->dtype && ct_tensor_same_size(&again, t));
  require(!bytes || !memcmp(ct_tensor_data(&again), ct_tensor_data(&flat), bytes));
  free(file);
  ct_tensor_release(&flat);
  ct_tensor_release(&again);
}

static void try_bytes(const uint8_t *data, size_t size) {
  ct_error error;
  ct_tensor t = {0};
#if defined(FUZZ_IDX)
  ct_status status = ct_idx_parse(data, (int64_t)size, &t, &error);
#else
  ct_status status = ct_npy_parse(data, (int64_t)size, &t, &error);
#endif
  if (status == CT_OK)
    use(&t);
  else
    require_refused(status, &error);
  ct_tensor_release(&t);
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* a block of its own, so that reading one byte further is seen */
  uint8_t *bytes = malloc(size ? size : 1);
  require(bytes != NULL);
  if (size) memcpy(bytes, data, size);
  try_bytes(bytes, size);
  free(bytes);
  require(ct_memory_current() == 0);
  return 0;
}
