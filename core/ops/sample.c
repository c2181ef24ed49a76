/* Seeded shuffles and P x K batches.
 *
 * An epoch of T batches is planned as a whole, in time O(N):
 * 1. quotas: how many draws (of K samples) each class gets, at most T each, P*T together;
 * 2. the draws, class by class, are dealt to the batches in turn. A class's draws are at most T
 *    consecutive cards, so no batch gets a class twice (McNaughton's wrap-around rule), and each
 *    gets P;
 * 3. random exchanges of draws between batches, refused when a batch would hold a class twice,
 *    mix which classes meet;
 * 4. each draw takes the next K samples of its class's shuffled queue. */
#include "ops/sample.h"
#include <stdlib.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/random.h"

enum { SWEEPS = 4 }; /* exchanges tried per draw */

/* A generator of its own for each (seed, epoch). The constant keeps its key apart from the user's
 * seed, which other streams use as it is. */
static ct_random epoch_random(uint64_t seed, uint64_t epoch) {
  uint32_t word[4];
  ct_random random;
  ct_philox(seed ^ 0x5bd1e995c2b2ae35u, epoch, word);
  ct_random_seed(&random, (uint64_t)word[0] << 32 | word[1]);
  return random;
}

static void shuffle(ct_random *random, int64_t *list, int64_t count) {
  for (int64_t i = count - 1; i > 0; i--) {
    int64_t j = (int64_t)ct_random_below(random, (uint64_t)i + 1), kept = list[i];
    list[i] = list[j];
    list[j] = kept;
  }
}

ct_status ct_shuffled(ct_tensor *out, int64_t n, uint64_t seed, uint64_t epoch, ct_error *error) {
  ct_random random = epoch_random(seed, epoch);
  CT_TRY(ct_tensor_new(out, CT_LONG, 1, &n, error));
  int64_t *list = ct_tensor_data(out);
  for (int64_t i = 0; i < n; i++) list[i] = i + 1;
  shuffle(&random, list, n);
  return CT_OK;
}

typedef struct labelled {
  int64_t label, sample;
} labelled;

static int by_label_then_sample(const void *a, const void *b) {
  const labelled *x = a, *y = b;
  if (x->label != y->label) return x->label < y->label ? -1 : 1;
  return (x->sample > y->sample) - (x->sample < y->sample);
}

static ct_status read_labels(labelled *list, const ct_tensor *labels, ct_error *error) {
  const char *data = ct_tensor_data(labels);
  size_t element = ct_dtype_size(labels->dtype);
  for (int64_t i = 0; i < labels->size[0]; i++) {
    ct_scalar s = ct_scalar_load(labels->dtype, data + (size_t)(i * labels->stride[0]) * element);
    if (s.i < 1 || (ct_dtype_is_real(labels->dtype) && (double)s.i != s.d))
      return ct_fail(error, CT_EINVALID, "labels must be integers >= 1, label %lld is %g",
                     (long long)i + 1, s.d);
    list[i] = (labelled){s.i, i + 1};
  }
  return CT_OK;
}

static ct_status write_groups(ct_tensor *order, ct_tensor *start, ct_tensor *label,
                              const labelled *list, int64_t n, ct_error *error) {
  int64_t classes = 0;
  for (int64_t i = 0; i < n; i++) classes += i == 0 || list[i].label != list[i - 1].label;
  int64_t bounds = classes + 1;
  CT_TRY(ct_tensor_new(order, CT_LONG, 1, &n, error));
  CT_TRY(ct_tensor_new(start, CT_LONG, 1, &bounds, error));
  CT_TRY(ct_tensor_new(label, CT_LONG, 1, &classes, error));
  int64_t *o = ct_tensor_data(order), *s = ct_tensor_data(start), *l = ct_tensor_data(label);
  int64_t c = 0;
  for (int64_t i = 0; i < n; i++) {
    o[i] = list[i].sample;
    if (i > 0 && list[i].label == list[i - 1].label) continue;
    s[c] = i;
    l[c++] = list[i].label;
  }
  s[c] = n;
  return CT_OK;
}

ct_status ct_group_by_class(ct_tensor *order, ct_tensor *start, ct_tensor *label,
                            const ct_tensor *labels, ct_error *error) {
  labelled *list = NULL;
  if (labels->dims != 1)
    return ct_fail(error, CT_EINVALID, "labels must have one dimension, got %d", labels->dims);
  int64_t n = labels->size[0];
  CT_TRY(ct_alloc(&list, n, sizeof *list, "labels", error));
  ct_status status = read_labels(list, labels, error);
  if (status == CT_OK) {
    if (n) qsort(list, (size_t)n, sizeof *list, by_label_then_sample);
    status = write_groups(order, start, label, list, n, error);
  }
  ct_free(list);
  return status;
}

/* Everything about one epoch in the making. All arrays lie in one block. */
typedef struct plan {
  int64_t C, P, K, T;
  const int64_t *start; /* [C+1] */
  int64_t *quota;       /* [C] draws */
  int64_t *turn;        /* [C] the classes in random order */
  int64_t *used;        /* [C] samples taken from the queue's current pass; -1: not shuffled yet */
  int64_t *queue;       /* [N] the samples, class by class, each class shuffled */
  int64_t *grid;        /* [T,P] the class of each draw */
  ct_random random;
} plan;

static int64_t samples_of(const plan *p, int64_t c) { return p->start[c + 1] - p->start[c]; }

/* Hands out the draws that remain beyond the fresh ones: first to classes with fewer than K samples
 * left over, then to all in turn. C >= P makes sure that this ends. */
static void add_quotas(plan *p, int64_t missing) {
  for (bool left_over = true; missing > 0; left_over = false)
    for (int64_t i = 0; i < p->C && missing > 0; i++) {
      int64_t c = p->turn[i];
      if (p->quota[c] == p->T || (left_over && samples_of(p, c) <= p->quota[c] * p->K)) continue;
      p->quota[c]++;
      missing--;
    }
}

/* quota[c] in proportion to the room of class c, rounded so that the sum is exactly `wanted`: the
 * number of grid points u, u+1, ... that fall in the class's share of the line [0, wanted). */
static void scale_quotas(plan *p, int64_t total, int64_t wanted) {
  __int128 line = (__int128)ct_random_below(&p->random, (uint64_t)total);
  int64_t before = 0;
  for (int64_t i = 0; i < p->C; i++) {
    int64_t c = p->turn[i];
    line += (__int128)p->quota[c] * wanted;
    int64_t after = (int64_t)(line / total);
    p->quota[c] = after - before;
    before = after;
  }
}

static void set_quotas(plan *p) {
  int64_t total = 0, wanted = p->P * p->T;
  for (int64_t c = 0; c < p->C; c++) {
    int64_t fresh = samples_of(p, c) / p->K;
    p->quota[c] = fresh < 1 ? 1 : fresh > p->T ? p->T : fresh;
    p->turn[c] = c;
    total += p->quota[c];
  }
  shuffle(&p->random, p->turn, p->C);
  if (total > wanted)
    scale_quotas(p, total, wanted);
  else
    add_quotas(p, wanted - total);
}

static void deal(plan *p) {
  int64_t card = 0;
  for (int64_t i = 0; i < p->C; i++)
    for (int64_t q = 0; q < p->quota[p->turn[i]]; q++, card++)
      p->grid[card % p->T * p->P + card / p->T] = p->turn[i];
}

static bool holds(const plan *p, int64_t batch, int64_t class) {
  for (int64_t i = 0; i < p->P; i++)
    if (p->grid[batch * p->P + i] == class) return true;
  return false;
}

static ct_status mix(plan *p, ct_error *error) {
  int64_t draws = p->P * p->T;
  if (p->T == 1 || p->C == p->P) return CT_OK;
  for (int64_t k = 0; k < SWEEPS * draws; k++) {
    int64_t a = k % draws, b = (int64_t)ct_random_below(&p->random, (uint64_t)draws);
    int64_t class_a = p->grid[a], class_b = p->grid[b];
    if (k % 65536 == 0 && ct_interrupted())
      return ct_fail(error, CT_EINTERRUPTED, "PKSampler: interrupted");
    if (a / p->P == b / p->P || holds(p, a / p->P, class_b) || holds(p, b / p->P, class_a))
      continue;
    p->grid[a] = class_b;
    p->grid[b] = class_a;
  }
  return CT_OK;
}

/* K samples of class c. Where a pass over the queue ends within a draw, the next pass begins with
 * samples that the draw does not hold yet. */
static void draw(plan *p, int64_t c, int64_t *out) {
  int64_t n = samples_of(p, c), *queue = p->queue + p->start[c];
  if (n < p->K) {
    for (int64_t i = 0; i < p->K; i++) {
      if (i % n == 0) shuffle(&p->random, queue, n);
      out[i] = queue[i % n];
    }
    return;
  }
  if (p->used[c] < 0) {
    shuffle(&p->random, queue, n);
    p->used[c] = 0;
  }
  int64_t rest = n - p->used[c], first = rest < p->K ? rest : p->K, second = p->K - first;
  memcpy(out, queue + p->used[c], (size_t)first * sizeof *out);
  p->used[c] += first;
  if (second == 0) return;
  shuffle(&p->random, queue, n - first);
  memcpy(out + first, queue, (size_t)second * sizeof *out);
  shuffle(&p->random, queue + second, n - second);
  p->used[c] = second;
}

static ct_status make_plan(plan *p, int64_t *out, ct_error *error) {
  set_quotas(p);
  deal(p);
  CT_TRY(mix(p, error));
  for (int64_t i = 0; i < p->P * p->T; i++) draw(p, p->grid[i], out + i * p->K);
  return CT_OK;
}

ct_status ct_pk_epoch(ct_tensor *out, const ct_tensor *order, const ct_tensor *start, int64_t P,
                      int64_t K, int64_t T, uint64_t seed, uint64_t epoch, ct_error *error) {
  int64_t N = ct_tensor_count(order), C = ct_tensor_count(start) - 1, room, *block = NULL;
  int64_t size[2] = {T, 0}, draws;
  if (P < 1 || K < 1 || T < 1 || C < P)
    return ct_fail(error, CT_EINVALID, "%lld classes a batch asked for, the labels have %lld",
                   (long long)P, (long long)C);
  if (!ct_size_mul(P, K, &size[1]) || !ct_size_mul(P, T, &draws) ||
      !ct_size_add(draws, 3 * C + N, &room))
    return ct_fail(error, CT_EINVALID, "the batches exceed the address space");
  CT_TRY(ct_tensor_new(out, CT_LONG, 2, size, error));
  CT_TRY(ct_alloc(&block, room, sizeof *block, "batches", error));
  plan p = {.C = C, .P = P, .K = K, .T = T, .start = ct_tensor_data(start), .quota = block};
  p.turn = p.quota + C;
  p.used = p.turn + C;
  p.queue = p.used + C;
  p.grid = p.queue + N;
  p.random = epoch_random(seed, epoch);
  for (int64_t c = 0; c < C; c++) p.used[c] = -1;
  memcpy(p.queue, ct_tensor_data(order), (size_t)N * sizeof *p.queue);
  ct_status status = make_plan(&p, ct_tensor_data(out), error);
  ct_free(block);
  return status;
}
