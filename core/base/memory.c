/* Aligned, counted allocation. Each block is preceded by a 64-byte header that holds its size: the
 * header keeps the payload aligned for AVX-512 and lets ct_free() account without being told. As
 * many bytes behind it may be read, so that loops need not end where the data do.
 *
 * Large blocks that are freed wait for a request of about their size, KEPT_BYTES of them at most:
 * a page fresh from the system must be zeroed first, which for the workspace of a loss takes as
 * long as all of its elementwise work. */
#include "base/memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

#if defined(__SANITIZE_ADDRESS__)
enum { KEPT_BYTES = 0 }; /* a freed block is out of bounds there */
#else
enum { KEPT_BYTES = 64 << 20 };
#endif
enum { KEPT_BLOCKS = 64, SMALLEST_KEPT = 256 << 10 };

typedef struct header {
  int64_t bytes, room; /* asked for; all, the header with it */
} header;

/* The blocks that wait, oldest first. */
static struct {
  pthread_mutex_t lock;
  header *block[KEPT_BLOCKS];
  int count;
  int64_t bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic int64_t current_bytes, peak_bytes;
static _Thread_local int64_t fail_countdown;

bool ct_size_mul(int64_t a, int64_t b, int64_t *out) {
  int64_t r;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}

bool ct_size_add(int64_t a, int64_t b, int64_t *out) {
  int64_t r;
  if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}

static void account(int64_t delta) {
  int64_t now = atomic_fetch_add(&current_bytes, delta) + delta;
  int64_t peak = atomic_load(&peak_bytes);
  while (now > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, now)) {
  }
}

static header *header_of(void *p) { return (header *)(void *)((char *)p - ALIGN); }

static header *take_kept(int at) {
  header *block = kept.block[at];
  kept.count--;
  kept.bytes -= block->room;
  memmove(&kept.block[at], &kept.block[at + 1], (size_t)(kept.count - at) * sizeof block);
  return block;
}

/* The last freed block with room for `total` bytes and less than a quarter to spare, or NULL. */
static header *reuse(int64_t total) {
  header *found = NULL;
  if (total < SMALLEST_KEPT) return NULL;
  pthread_mutex_lock(&kept.lock);
  for (int i = kept.count - 1; i >= 0 && !found; i--)
    if (kept.block[i]->room >= total && kept.block[i]->room / 4 * 3 <= total) found = take_kept(i);
  pthread_mutex_unlock(&kept.lock);
  return found;
}

static void keep_or_free(header *block) {
  header *old[KEPT_BLOCKS];
  int count = 0;
  if (block->room < SMALLEST_KEPT || block->room > KEPT_BYTES) {
    free(block);
    return;
  }
  pthread_mutex_lock(&kept.lock);
  while (kept.count == KEPT_BLOCKS || (kept.count && kept.bytes + block->room > KEPT_BYTES))
    old[count++] = take_kept(0);
  kept.block[kept.count++] = block;
  kept.bytes += block->room;
  pthread_mutex_unlock(&kept.lock);
  while (count) free(old[--count]);
}

bool ct_memory_fails(void) { return fail_countdown > 0 && --fail_countdown == 0; }

ct_status ct_alloc(void *out, int64_t count, size_t element, const char *what, ct_error *error) {
  int64_t bytes, total;
  if (!ct_size_mul(count, (int64_t)element, &bytes) || !ct_size_add(bytes, 3 * ALIGN - 1, &total))
    return ct_fail(error, CT_ENOMEM, "%s: %lld elements of %zu bytes exceed the address space",
                   what, (long long)count, element);
  total -= total % ALIGN; /* aligned_alloc wants a multiple of the alignment */
  bool injected = ct_memory_fails();
  header *base = injected ? NULL : reuse(total);
  if (!base && !injected) {
    base = aligned_alloc(ALIGN, (size_t)total);
    if (base) base->room = total;
  }
  if (!base)
    return ct_fail(error, CT_ENOMEM, "%s: not enough memory for %lld bytes", what,
                   (long long)bytes);
  void *p = (char *)base + ALIGN;
  base->bytes = bytes;
  account(bytes);
#if defined(__SANITIZE_ADDRESS__) /* under check-sanitizers: what is read before it is set is NaN  \
                                   */
  memset(p, 0xff, (size_t)bytes);
#endif
  memcpy(out, &p, sizeof p);
  return CT_OK;
}

ct_status ct_realloc(void *p, int64_t count, size_t element, const char *what, ct_error *error) {
  void *old, *grown = NULL;
  memcpy(&old, p, sizeof old);
  CT_TRY(ct_alloc(&grown, count, element, what, error));
  if (old) {
    int64_t keep = header_of(old)->bytes, room = header_of(grown)->bytes;
    memcpy(grown, old, (size_t)(keep < room ? keep : room));
    ct_free(old);
  }
  memcpy(p, &grown, sizeof grown);
  return CT_OK;
}

void ct_free(void *p) {
  if (!p) return;
  account(-header_of(p)->bytes);
  keep_or_free(header_of(p));
}

int64_t ct_memory_current(void) { return atomic_load(&current_bytes); }
int64_t ct_memory_peak(void) { return atomic_load(&peak_bytes); }
void ct_memory_reset_peak(void) { atomic_store(&peak_bytes, atomic_load(&current_bytes)); }
void ct_memory_fail_at(int64_t nth) { fail_countdown = nth; }
