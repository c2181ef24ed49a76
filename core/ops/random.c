/* Random fills. A contiguous block of memory is cut into chunks of CHUNK draws that are shared out
 * to threads; each chunk is made in two steps, raw draws by a kernel, then the distribution's
 * formula. Other layouts are filled through a contiguous tensor. */
#include "ops/random.h"
#include <math.h>
#include "base/interrupt.h"
#include "base/philox.h"
#include "base/threads.h"
#include "cpu/exp.h"
#include "cpu/random.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/elementwise.h"

enum { CHUNK = 2048 }; /* even: a chunk starts with a block */

static const ct_random_kernels *kernels(void) { return CT_ISA_SELECT(ct_random_kernels); }

static ct_status check_draw(const char *name, const ct_draw *d, ct_error *error) {
  const char *expected = NULL;
  switch (d->distribution) {
  case CT_UNIFORM: expected = d->q - d->p >= 0 && isfinite(d->q - d->p) ? NULL : "a <= b"; break;
  case CT_NORMAL: expected = d->q >= 0 ? NULL : "a standard deviation >= 0"; break;
  case CT_EXPONENTIAL: expected = d->p > 0 ? NULL : "a rate > 0"; break;
  case CT_CAUCHY: expected = d->q > 0 ? NULL : "a scale > 0"; break;
  case CT_LOG_NORMAL: expected = d->q > 0 ? NULL : "a standard deviation > 0"; break;
  case CT_BERNOULLI: expected = d->p >= 0 && d->p <= 1 ? NULL : "a probability from 0 to 1"; break;
  case CT_GEOMETRIC: expected = d->p > 0 && d->p < 1 ? NULL : "0 < p < 1"; break;
  case CT_INTEGERS:
    if (d->from <= d->to) return CT_OK;
    return ct_fail(error, CT_EINVALID, "%s: first <= last expected, got %lld and %lld", name,
                   (long long)d->from, (long long)d->to);
  case CT_DISTRIBUTIONS: break;
  }
  if (!expected) return CT_OK;
  bool pair = d->distribution == CT_UNIFORM;
  double culprit = d->distribution == CT_NORMAL || d->distribution == CT_CAUCHY ||
                           d->distribution == CT_LOG_NORMAL
                       ? d->q
                       : d->p;
  if (pair)
    return ct_fail(error, CT_EINVALID, "%s: %s expected, got %.14g and %.14g", name, expected, d->p,
                   d->q);
  return ct_fail(error, CT_EINVALID, "%s: %s expected, got %.14g", name, expected, culprit);
}

/* Uniform draws in place become draws of the distribution. */
static void transform(double *x, int64_t n, const ct_draw *d) {
  double p = d->p, q = d->q, width = q - p;
  switch (d->distribution) {
  case CT_UNIFORM:
    for (int64_t i = 0; i < n; i++) x[i] = p + x[i] * width;
    break;
  case CT_NORMAL:
    for (int64_t i = 0; i < n; i++) x[i] = p + x[i] * q;
    break;
  case CT_EXPONENTIAL:
    for (int64_t i = 0; i < n; i++) x[i] = ct_draw_exponential(x[i], p);
    break;
  case CT_CAUCHY:
    for (int64_t i = 0; i < n; i++) x[i] = ct_draw_cauchy(x[i], p, q);
    break;
  case CT_LOG_NORMAL:
    for (int64_t i = 0; i < n; i++) x[i] = ct_exp_f64(p + x[i] * q);
    break;
  case CT_BERNOULLI:
    for (int64_t i = 0; i < n; i++) x[i] = x[i] < p;
    break;
  case CT_GEOMETRIC: {
    double log_p = ct_draw_log_p(p);
    for (int64_t i = 0; i < n; i++) x[i] = ct_draw_geometric(x[i], log_p);
    break;
  }
  case CT_INTEGERS:
  case CT_DISTRIBUTIONS: break;
  }
}

static double greatest(ct_dtype dtype) {
  return dtype == CT_LONG || ct_dtype_is_real(dtype) ? 0x1p62 : (double)ct_dtype_greatest(dtype);
}

/* Moves a chunk of doubles into the tensor's memory. Rounding must not reach the open end of a
 * uniform interval. */
static void store(char *to, ct_dtype dtype, const double *x, int64_t n, const ct_draw *d) {
  bool open = d->distribution == CT_UNIFORM && d->p < d->q;
  float q32 = (float)d->q, below32 = nextafterf(q32, -INFINITY);
  bool open32 = open && (float)d->p < q32;
  double below64 = nextafter(d->q, -INFINITY), most = greatest(dtype);
  switch (dtype) {
  case CT_FLOAT:
    for (int64_t i = 0; i < n; i++) {
      float value = (float)x[i];
      ((float *)(void *)to)[i] = open32 && value >= q32 ? below32 : value;
    }
    break;
  case CT_DOUBLE:
    for (int64_t i = 0; i < n; i++)
      ((double *)(void *)to)[i] = open && x[i] >= d->q ? below64 : x[i];
    break;
  default:
    for (int64_t i = 0; i < n; i++)
      ct_scalar_store(dtype, to + (size_t)i * ct_dtype_size(dtype),
                      ct_scalar_of(x[i] < most ? x[i] : most));
  }
}

/* The product with a 64-bit draw, its upper half: uniform in [0, n); n = 0 stands for 2^64. */
static void store_integers(char *to, ct_dtype dtype, const uint64_t *bits, int64_t n,
                           const ct_draw *d) {
  uint64_t count = (uint64_t)d->to - (uint64_t)d->from + 1;
  for (int64_t i = 0; i < n; i++) {
    uint64_t k = count ? (uint64_t)((unsigned __int128)bits[i] * count >> 64) : bits[i];
    int64_t value = (int64_t)((uint64_t)d->from + k);
    ct_scalar_store(dtype, to + (size_t)i * ct_dtype_size(dtype),
                    (ct_scalar){(double)value, value});
  }
}

static void fill_chunk(char *to, ct_dtype dtype, int64_t n, const ct_draw *d, uint64_t seed,
                       uint64_t first) {
  union {
    double x[CHUNK];
    uint64_t bits[CHUNK];
  } room;
  int64_t blocks = (n + 1) / 2;
  if (d->distribution == CT_INTEGERS) {
    kernels()->bits(room.bits, seed, first, blocks);
    store_integers(to, dtype, room.bits, n, d);
    return;
  }
  if (d->distribution == CT_NORMAL || d->distribution == CT_LOG_NORMAL)
    kernels()->normal(room.x, seed, first, blocks);
  else
    kernels()->uniform(room.x, seed, first, blocks);
  transform(room.x, n, d);
  store(to, dtype, room.x, n, d);
}

/* Chunks that start after an interrupt stay as they were. */
static ct_status fill_contiguous(const char *name, ct_tensor *t, const ct_draw *d,
                                 ct_random *random, ct_error *error) {
  int64_t count = ct_tensor_count(t), chunks = (count + CHUNK - 1) / CHUNK;
  uint64_t first = ct_random_reserve(random, ct_random_blocks((uint64_t)count));
  if (ct_dtype_is_cuda(t->dtype)) return ct_cuda()->random(name, t, d, random->seed, first, error);
  size_t size = ct_dtype_size(t->dtype);
  char *to = ct_tensor_data(t);
  int threads = chunks < 2 ? 1 : ct_threads_for(count * 16);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    if (ct_interrupted()) continue;
    int64_t start = chunk * CHUNK, n = count - start < CHUNK ? count - start : CHUNK;
    fill_chunk(to + (size_t)start * size, t->dtype, n, d, random->seed,
               first + (uint64_t)(start / 2));
  }
  if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "random fill interrupted");
  return CT_OK;
}

static ct_status check_type(const char *name, ct_dtype dtype, const ct_draw *d, ct_error *error) {
  if (ct_dtype_is_real(dtype)) return CT_OK;
  if (d->distribution <= CT_LOG_NORMAL)
    return ct_fail(error, CT_EINVALID, "%s: not defined for %sTensor", name, ct_dtype_name(dtype));
  int64_t low = ct_dtype_least(dtype), high = ct_dtype_greatest(dtype);
  if (d->distribution != CT_INTEGERS || (d->from >= low && d->to <= high)) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %lld..%lld is out of the range of a %sTensor", name,
                 (long long)d->from, (long long)d->to, ct_dtype_name(dtype));
}

ct_status ct_random_fill(const char *name, ct_tensor *t, const ct_draw *draw, ct_random *random,
                         ct_error *error) {
  CT_TRY(check_draw(name, draw, error));
  CT_TRY(check_type(name, t->dtype, draw, error));
  if (ct_tensor_count(t) == 0) return CT_OK;
  if (ct_tensor_contiguous(t)) return fill_contiguous(name, t, draw, random, error);
  ct_tensor scratch = {.dtype = t->dtype};
  CT_TRY(ct_tensor_new_on(&scratch, t->dtype, ct_tensor_device(t), t->dims, t->size, error));
  ct_status status = fill_contiguous(name, &scratch, draw, random, error);
  if (status == CT_OK) status = ct_copy(t, &scratch, error);
  ct_tensor_release(&scratch);
  return status;
}

ct_status ct_random_number(const char *name, ct_scalar *out, const ct_draw *draw, ct_random *random,
                           ct_error *error) {
  ct_element element;
  ct_dtype dtype = draw->distribution == CT_INTEGERS ? CT_LONG : CT_DOUBLE;
  CT_TRY(check_draw(name, draw, error));
  fill_chunk((char *)&element, dtype, 1, draw, random->seed, ct_random_reserve(random, 1));
  *out = ct_scalar_load(dtype, &element);
  return CT_OK;
}

ct_status ct_random_bernoulli(ct_tensor *t, const ct_tensor *p, ct_random *random,
                              ct_error *error) {
  int64_t count = ct_tensor_count(t);
  if (ct_tensor_count(p) != count)
    return ct_fail(error, CT_EINVALID,
                   "bernoulli: as many probabilities as elements expected, got %lld and %lld",
                   (long long)ct_tensor_count(p), (long long)count);
  if (!ct_dtype_is_real(p->dtype))
    return ct_fail(error, CT_EINVALID, "bernoulli: probabilities must be Float or Double, got %s",
                   ct_dtype_name(p->dtype));
  ct_tensor draws = {.dtype = CT_DOUBLE}, limits = {.dtype = CT_DOUBLE}, ones = {.dtype = CT_BYTE};
  ct_draw unit = {CT_UNIFORM, 0, 1, 0, 0};
  ct_status status = ct_clone(&limits, CT_DOUBLE, p, error);
  const double *limit = ct_tensor_data(&limits);
  for (int64_t i = 0; status == CT_OK && i < count; i++)
    if (!(limit[i] >= 0 && limit[i] <= 1))
      status = ct_fail(error, CT_EINVALID, "bernoulli: a probability from 0 to 1 expected, got %g",
                       limit[i]);
  if (status == CT_OK) status = ct_tensor_new(&draws, CT_DOUBLE, p->dims, p->size, error);
  if (status == CT_OK) status = ct_random_fill("bernoulli", &draws, &unit, random, error);
  if (status == CT_OK)
    status = ct_elementwise_compare("bernoulli", CT_LT, &ones, &draws, &limits, error);
  if (status == CT_OK) status = ct_copy(t, &ones, error);
  ct_tensor_release(&draws);
  ct_tensor_release(&limits);
  ct_tensor_release(&ones);
  return status;
}

ct_status ct_random_permutation(ct_tensor *t, int64_t n, ct_random *random, ct_error *error) {
  int64_t most = ct_dtype_exact(t->dtype);
  if (n < 1 || n > most)
    return ct_fail(error, CT_EINVALID, "randperm: 1..%lld numbers fit a %sTensor, got %lld",
                   (long long)most, ct_dtype_name(t->dtype), (long long)n);
  ct_tensor order = {.dtype = CT_LONG};
  CT_TRY(ct_tensor_new(&order, CT_LONG, 1, &n, error));
  int64_t *number = ct_tensor_data(&order);
  for (int64_t i = 0; i < n; i++) number[i] = i + 1;
  for (int64_t i = n - 1; i > 0; i--) {
    if (i % 65536 == 0 && ct_interrupted()) break;
    int64_t j = (int64_t)ct_random_below(random, (uint64_t)i + 1), held = number[i];
    number[i] = number[j];
    number[j] = held;
  }
  ct_status status = ct_interrupted() ? CT_EINTERRUPTED : ct_tensor_resize(t, 1, &n, error);
  if (status == CT_OK) status = ct_copy(t, &order, error);
  ct_tensor_release(&order);
  return status;
}
