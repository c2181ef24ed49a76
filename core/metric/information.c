/* Mutual information from the sizes of groups and of their intersections. The expected one depends
 * on sizes alone, so groups of equal size are taken together. */
#include "metric/information.h"
#include <math.h>
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "metric/labels.h"

/* Different sizes of groups, and how many groups have each. */
typedef struct sizes {
  int64_t *size, *times, count;
} sizes;

typedef struct job {
  const char *function;
  int64_t n;
  int64_t *label[2], *spare;
  int32_t *order, *order_spare;
  int64_t *own;          /* [n] label[1] in the order of label[0] */
  sizes group[2];        /* of each labelling */
  double *log_factorial; /* [n + 1] */
} job;

static void release(job *j) {
  void *owned[] = {j->label[0],       j->label[1],       j->spare,
                   j->order,          j->order_spare,    j->own,
                   j->group[0].size,  j->group[0].times, j->group[1].size,
                   j->group[1].times, j->log_factorial};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) ct_free(owned[i]);
}

/* The size of each group of the sorted labels into size[]; returns how many groups. */
static int64_t run_lengths(int64_t *size, const int64_t *sorted, int64_t n) {
  int64_t groups = 0, begin = 0;
  for (int64_t i = 1; i <= n; i++) {
    if (i < n && sorted[i] == sorted[begin]) continue;
    size[groups++] = i - begin;
    begin = i;
  }
  return groups;
}

/* -sum of p log p over the groups. */
static double entropy(const int64_t *size, int64_t groups, int64_t n) {
  double sum = 0;
  for (int64_t g = 0; g < groups; g++) {
    double p = (double)size[g] / (double)n;
    sum -= p * log(p);
  }
  return sum;
}

/* Group sizes of one labelling, its entropy, and its label replaced by the size of its group. */
static double take_groups(job *j, int which, int64_t *groups) {
  sizes *s = &j->group[which];
  int64_t n = j->n;
  memcpy(j->own, j->label[which], (size_t)n * sizeof *j->own);
  ct_sort_labels(j->own, j->order, j->spare, j->order_spare, n);
  *groups = run_lengths(s->size, j->own, n);
  double h = entropy(s->size, *groups, n);
  ct_sort_labels(s->size, j->order, j->spare, j->order_spare, *groups);
  s->count = run_lengths(s->times, s->size, *groups);
  for (int64_t i = 0, at = 0; i < s->count; at += s->times[i++]) s->size[i] = s->size[at];
  return h;
}

/* The joint entropy: of the groups that both labellings make together. */
static double joint_entropy(job *j) {
  int64_t n = j->n, groups = 0, *first = j->label[0], *size = j->spare;
  ct_sort_labels(first, j->order, j->spare, j->order_spare, n);
  for (int64_t i = 0; i < n; i++) j->own[i] = j->label[1][j->order[i]];
  for (int64_t begin = 0, end; begin < n; begin = end) {
    for (end = begin + 1; end < n && first[end] == first[begin];) end++;
    ct_sort_labels(j->own + begin, j->order, j->label[1], j->order_spare, end - begin);
    groups += run_lengths(size + groups, j->own + begin, end - begin);
  }
  return entropy(size, groups, n);
}

/* Mean of the mutual information of a group of a rows and one of b, over all ways to place them:
 * sum over the size m of their intersection of m/n log(n m / (a b)) times its hypergeometric
 * chance. */
static double expected_of_pair(const job *j, int64_t a, int64_t b) {
  const double *lf = j->log_factorial;
  int64_t n = j->n, least = a + b - n > 1 ? a + b - n : 1, most = a < b ? a : b;
  double fixed = lf[a] + lf[b] + lf[n - a] + lf[n - b] - lf[n], sum = 0;
  double log_ratio = log((double)n) - log((double)a) - log((double)b);
  for (int64_t m = least; m <= most; m++) {
    double chance = exp(fixed - lf[m] - lf[a - m] - lf[b - m] - lf[n - a - b + m]);
    sum += (double)m / (double)n * (log_ratio + log((double)m)) * chance;
  }
  return sum;
}

static double expected(const job *j) {
  double sum = 0;
  const sizes *a = &j->group[0], *b = &j->group[1];
  for (int64_t i = 0; i < a->count; i++)
    for (int64_t k = 0; k < b->count && !ct_interrupted(); k++)
      sum += (double)(a->times[i] * b->times[k]) * expected_of_pair(j, a->size[i], b->size[k]);
  return sum;
}

static ct_status prepare(job *j, const ct_tensor *a, const ct_tensor *b, ct_error *error) {
  const char *f = j->function;
  int64_t n = j->n = ct_tensor_count(a);
  if (n > INT32_MAX)
    return ct_fail(error, CT_EINVALID, "%s: at most %d labels, got %lld", f, INT32_MAX,
                   (long long)n);
  CT_TRY(ct_read_labels(&j->label[0], a, n, f, "the first labels", error));
  CT_TRY(ct_read_labels(&j->label[1], b, n, f, "the second labels", error));
  CT_TRY(ct_alloc(&j->spare, n, sizeof *j->spare, f, error));
  CT_TRY(ct_alloc(&j->own, n, sizeof *j->own, f, error));
  CT_TRY(ct_alloc(&j->order, n, sizeof *j->order, f, error));
  CT_TRY(ct_alloc(&j->order_spare, n, sizeof *j->order_spare, f, error));
  for (int i = 0; i < 2; i++) {
    CT_TRY(ct_alloc(&j->group[i].size, n, sizeof(int64_t), f, error));
    CT_TRY(ct_alloc(&j->group[i].times, n, sizeof(int64_t), f, error));
  }
  CT_TRY(ct_alloc(&j->log_factorial, n + 1, sizeof *j->log_factorial, f, error));
  j->log_factorial[0] = 0;
  long double sum = 0;
  for (int64_t i = 1; i <= n; i++) j->log_factorial[i] = (double)(sum += logl((long double)i));
  return CT_OK;
}

static void measure(ct_information *out, job *j) {
  out->n = j->n;
  out->nmi = out->ami = 1;
  for (int i = 0; i < 2; i++)
    *(i ? &out->second : &out->first) = take_groups(j, i, &out->groups[i]);
  if (out->groups[0] <= 1 && out->groups[1] <= 1) return;
  double mean = (out->first + out->second) / 2;
  out->mutual = fmax(0, out->first + out->second - joint_entropy(j));
  out->expected = expected(j);
  out->nmi = out->mutual / mean;
  if (out->groups[0] < j->n || out->groups[1] < j->n) /* else chance agrees fully: 0/0 */
    out->ami = (out->mutual - out->expected) / (mean - out->expected);
}

ct_status ct_mutual_information(ct_information *out, const ct_tensor *a, const ct_tensor *b,
                                const char *function, ct_error *error) {
  job j = {.function = function};
  *out = (ct_information){0};
  ct_status status = prepare(&j, a, b, error);
  if (status == CT_OK) measure(out, &j);
  release(&j);
  if (status == CT_OK && ct_interrupted())
    return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", function);
  return status;
}
