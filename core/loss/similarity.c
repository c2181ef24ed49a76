/* Circle Loss of given similarities: the same terms as the pair-wise loss, on sums over given
 * numbers. There are few of them, so everything is in double; the copies that are made for it
 * become the gradients in place. */
#include "loss/loss.h"
#include <math.h>
#include "cpu/pair.h"
#include "loss/terms.h"
#include "ops/copy.h"

typedef struct anchors {
  int64_t count, pairs[CT_KINDS];
  ct_tensor s[CT_KINDS]; /* Double, contiguous [count, pairs] */
} anchors;

static ct_status check_input(anchors *a, const char *function, const ct_tensor *const s[CT_KINDS],
                             ct_error *error) {
  static const char *const name[CT_KINDS] = {[CT_NEGATIVE] = "s_n", [CT_POSITIVE] = "s_p"};
  char text[CT_SHAPE_TEXT], other[CT_SHAPE_TEXT];
  for (int kind = 0; kind < CT_KINDS; kind++) {
    if (!ct_dtype_is_real(s[kind]->dtype) || s[kind]->dtype != s[0]->dtype)
      return ct_fail(error, CT_EINVALID,
                     "%s: s_p and s_n must both be Float or both Double tensors", function);
    if (s[kind]->dims > 2)
      return ct_fail(error, CT_EINVALID, "%s: %s must be [K] or [B, K], got %s", function,
                     name[kind], ct_shape_text(text, s[kind]->dims, s[kind]->size));
    bool batched = s[kind]->dims == 2;
    int64_t count = batched ? s[kind]->size[0] : 1;
    a->pairs[kind] = batched ? s[kind]->size[1] : ct_tensor_count(s[kind]);
    if (kind > 0 && (count != a->count || batched != (s[0]->dims == 2)))
      return ct_fail(error, CT_EINVALID,
                     "%s: s_p and s_n must have the same anchors, got %s and %s", function,
                     ct_shape_text(text, s[CT_POSITIVE]->dims, s[CT_POSITIVE]->size),
                     ct_shape_text(other, s[CT_NEGATIVE]->dims, s[CT_NEGATIVE]->size));
    a->count = count;
  }
  return CT_OK;
}

static ct_pair_run run_of(const anchors *a, int64_t i, int kind, const ct_loss_options *options) {
  return (ct_pair_run){.rows = 1,
                       .n = a->pairs[kind],
                       .kind = kind,
                       .variant = options->variant,
                       .parameters = options->parameter,
                       .s = (double *)ct_tensor_data(&a->s[kind]) + i * a->pairs[kind]};
}

static bool is_finite(const ct_pair_run *run) {
  const double *s = run->s;
  double zero = 0;
  for (int64_t j = 0; j < run->n; j++) zero += s[j] - s[j];
  return zero == 0;
}

/* One term for the batch: its anchors' pairs are those of one anchor. */
static void join_anchors(anchors *a) {
  for (int kind = 0; kind < CT_KINDS; kind++) a->pairs[kind] *= a->count;
  a->count = 1;
}

/* Terms of all anchors: losses into *losses, similarities replaced by weights `scale` strong. */
static ct_status run_anchors(anchors *a, const char *function, const ct_loss_options *options,
                             double scale, ct_tensor *losses, bool gradient, ct_loss_facts *f,
                             ct_error *error) {
  const ct_pair_kernels *kernels = &ct_pair_kernels_of(options->rule)->f64;
  double sum_s[CT_KINDS] = {0};
  bool valid = a->pairs[CT_POSITIVE] > 0 && a->pairs[CT_NEGATIVE] > 0;
  bool batch = options->aggregate == CT_PER_BATCH;
  *f = (ct_loss_facts){.n_anchors = a->count,
                       .n_valid = valid ? a->count : 0,
                       .n_positive = a->count * a->pairs[CT_POSITIVE],
                       .n_negative = a->count * a->pairs[CT_NEGATIVE]};
  double share = batch ? 1
                       : ct_reduction_weight(options->reduction, (double)f->n_anchors,
                                             (double)f->n_valid, (double)f->n_valid);
  if (batch) join_anchors(a);
  for (int64_t i = 0; i < a->count; i++) {
    double reach[CT_KINDS] = {0}, reference[CT_KINDS] = {0}, sum[CT_KINDS] = {0};
    ct_anchor anchor = {0};
    ct_pair_run run[CT_KINDS];
    for (int kind = 0; kind < CT_KINDS; kind++) {
      run[kind] = run_of(a, i, kind, options);
      if (!is_finite(&run[kind]))
        return ct_fail(error, CT_EINVALID, "%s: %s has a NaN or an infinite value in row %lld",
                       function, kind == CT_POSITIVE ? "s_p" : "s_n", (long long)i + 1);
      run[kind].row_reach = &reach[kind];
      run[kind].row_reference = &reference[kind];
      run[kind].row_sum = &sum[kind];
      run[kind].row_sum_s = &sum_s[kind];
      kernels->reach(&run[kind]);
      kernels->raise(kind, 1, options->parameter, NULL, 0, &reach[kind], &reference[kind],
                     &sum[kind]);
      kernels->add(&run[kind]);
      anchor.sum[kind] =
          ct_log_sum_exp(options->rule, options->parameter, kind, reference[kind], sum[kind]);
    }
    ct_anchor_loss term = {0};
    if (valid) term = options->rule->combine(&anchor, options->parameter);
    f->loss += term.loss * share;
    if (options->reduction == CT_NONE)
      ct_scalar_store(losses->dtype,
                      (char *)ct_tensor_data(losses) +
                          i * losses->stride[0] * (int64_t)ct_dtype_size(losses->dtype),
                      ct_scalar_of(term.loss));
    for (int kind = 0; kind < CT_KINDS && gradient; kind++) {
      double factor = valid ? scale * share * term.by_sum[kind] / sum[kind] : 0;
      run[kind].row_factor = &factor;
      run[kind].weight = run[kind].s;
      kernels->weigh(&run[kind]);
    }
  }
  f->mean_sp = sum_s[CT_POSITIVE] / (double)f->n_positive;
  f->mean_sn = sum_s[CT_NEGATIVE] / (double)f->n_negative;
  return ct_check_loss(function, options, f->loss, error);
}

ct_status ct_similarity_loss(const char *function, const ct_tensor *s_p, const ct_tensor *s_n,
                             const ct_loss_options *options, double scale, ct_tensor *losses,
                             ct_tensor *grad_p, ct_tensor *grad_n, ct_loss_facts *facts,
                             ct_error *error) {
  const ct_tensor *const s[CT_KINDS] = {[CT_NEGATIVE] = s_n, [CT_POSITIVE] = s_p};
  ct_tensor *const gradient[CT_KINDS] = {[CT_NEGATIVE] = grad_n, [CT_POSITIVE] = grad_p};
  anchors a = {.s = {{.dtype = CT_DOUBLE}, {.dtype = CT_DOUBLE}}};
  CT_TRY(ct_check_loss_options(function, options, error));
  if (options->reduction == CT_MEAN_NONZERO)
    return ct_fail(error, CT_EINVALID, "%s: reduction \"mean_nonzero\" is for losses of rows",
                   function);
  CT_TRY(check_input(&a, function, s, error));
  ct_status status = CT_OK;
  if (options->reduction == CT_NONE) status = ct_tensor_resize(losses, 1, &a.count, error);
  for (int kind = 0; kind < CT_KINDS && status == CT_OK; kind++)
    status = ct_clone(&a.s[kind], CT_DOUBLE, s[kind], error);
  if (status == CT_OK)
    status = run_anchors(&a, function, options, scale, losses, grad_p != NULL, facts, error);
  for (int kind = 0; kind < CT_KINDS && status == CT_OK && grad_p; kind++) {
    status = ct_tensor_resize(gradient[kind], s[kind]->dims, s[kind]->size, error);
    if (status == CT_OK) status = ct_copy(gradient[kind], &a.s[kind], error);
  }
  for (int kind = 0; kind < CT_KINDS; kind++) ct_tensor_release(&a.s[kind]);
  return status;
}
