/* Targets for libFuzzer, one for each parser in core/io; compiled with -DFUZZ_IDX, -DFUZZ_NPY,
 * -DFUZZ_GZIP or -DFUZZ_JOURNAL by `make check-fuzz`. Bytes are parsed or refused as malformed;
 * what was parsed is sound and is written and read again the same; and nothing stays allocated.
 * Anything else ends the process, which is how the fuzzer learns of it. */
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "io/gzip.h"
#include "io/idx.h"
#include "io/journal.h"
#include "io/npy.h"
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
