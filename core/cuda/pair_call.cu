// From a caller's arguments to a call: the contract of core/loss/pair.c for rows on a GPU. Labels
// are ordered on the host, by the code that the CPU has; the rows stay where they are.
#include "cuda/pair_call.cuh"
#include <stdio.h>
extern "C" {
#include "base/memory.h"
#include "loss/classes.h"
#include "loss/presets.h"
#include "loss/terms.h"
#include "ops/copy.h"
}

namespace {

ct_status check_options(const char *function, const ct_loss_options *o, ct_error *error) {
  CT_TRY(ct_check_loss_options(function, o, error));
  return o->rule->target ? ct_margin_check(function, o, o->parameter, error) : CT_OK;
}

// Puts a tensor of the CPU in the place of one on a GPU, for the checks of core/loss.
ct_status bring(ct_held_tensor *held, const ct_tensor **t, ct_error *error) {
  if (!*t || !ct_dtype_is_cuda((*t)->dtype)) return CT_OK;
  CT_TRY(ct_clone(&held->t, ct_dtype_on_cpu((*t)->dtype), *t, error));
  *t = &held->t;
  return CT_OK;
}

ct_status bring_options(ct_gpu_call *c, ct_error *error) {
  for (int q = 0; q < CT_LOSS_PARAMETERS; q++)
    CT_TRY(bring(&c->held[q], &c->options.own[q].values, error));
  CT_TRY(bring(&c->held[CT_LOSS_PARAMETERS], &c->options.weights, error));
  return bring(&c->held[CT_LOSS_PARAMETERS + 1], &c->options.pair_weights, error);
}

// Rows that stand in the caller's order, without labels to look at: classes.
bool is_plain(const ct_loss_rows *in) { return !in->labels; }

ct_status check_classes(const char *function, const ct_loss_rows *in, ct_error *error) {
  char text[CT_SHAPE_TEXT];
  if (in->x->dims == 2 && in->x->size[1] >= 1) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must be [rows, D] with D >= 1, got %s", function,
                 in->x_name, ct_shape_text(text, in->x->dims, in->x->size));
}

ct_status order_rows(ct_gpu_side *s, const char *function, const ct_loss_rows *given, bool plain,
                     ct_similarity similarity, ct_error *error) {
  ct_loss_rows in = *given;
  ct_held_tensor labels;
  if (plain) {
    CT_TRY(check_classes(function, &in, error));
    s->order.rows = s->order.given = in.x->size[0];
    s->order.centres = in.centres > 1 ? in.centres : 1;
    s->order.dim = in.x->size[1];
    return CT_OK;
  }
  if (in.labels && ct_dtype_is_cuda(in.labels->dtype)) {
    CT_TRY(ct_clone(&labels.t, ct_dtype_on_cpu(in.labels->dtype), in.labels, error));
    in.labels = &labels.t;
  }
  return ct_rows_begin(&s->order, function, &in, in.x->dtype, similarity, error);
}

ct_status open_side(ct_gpu_side *s, const char *function, const ct_loss_rows *in, bool plain,
                    const ct_loss_options *o, ct_error *error) {
  if (!ct_dtype_is_real(in->x->dtype) || !ct_dtype_is_cuda(in->x->dtype))
    return ct_fail(error, CT_EINVALID, "%s: %s must be a tensor of real numbers on a GPU, got %s",
                   function, in->x_name, ct_dtype_name(in->x->dtype));
  CT_TRY(order_rows(s, function, in, plain, o->similarity, error));
  if (s->order.rows > INT32_MAX / 2)
    return ct_fail(error, CT_EINVALID, "%s: %s has too many rows", function, in->x_name);
  s->given = in->x->size[0];
  ct_tensor_set(&s->x.t, in->x);
  s->rows = ct_gpu_rows{};
  s->rows.device = in->x->storage ? in->x->storage->device : ct_cuda()->current();
  s->rows.rows = s->order.rows;
  s->rows.dim = in->x->size[1];
  s->rows.dtype = in->x->dtype;
  s->rows.x = ct_tensor_data(in->x);
  s->rows.stride = in->x->stride[0], s->rows.step = in->x->stride[1];
  s->rows.similarity = o->similarity;
  s->rows.centres = s->order.centres;
  if (plain || s->order.rows == 0) return CT_OK;
  CT_TRY(s->origin.allocate(s->rows.device, s->order.rows, function, error));
  s->rows.origin = s->origin.get();
  return ct_cuda()->upload(s->rows.device, s->origin.get(), s->order.origin,
                           s->order.rows * (int64_t)sizeof(int64_t), error);
}

// The ranges of columns that are positives of each query.
ct_status match_sides(ct_gpu_call *c, const ct_loss_rows *queries, const ct_loss_rows *references,
                      ct_error *error) {
  ct_sorted_rows *q = &c->queries.order;
  CT_TRY(ct_rows_ranges(q, error));
  if (c->self) {
    ct_rows_match(q, q);
  } else if (is_plain(references)) { // classes in their order
    CT_TRY(ct_classes_check(q, c->function, queries, c->references.units(), error));
    for (int64_t i = 0; i < q->rows; i++)
      q->side.first[i] = q->label[i] - 1, q->side.last[i] = q->label[i];
  } else {
    if (!queries->labels)
      CT_TRY(ct_classes_check(&c->references.order, c->function, references, q->rows, error));
    ct_rows_match(q, &c->references.order);
  }
  return CT_OK;
}

int64_t pairs_of(ct_gpu_call *c, int64_t i, int kind) {
  const ct_pair_side *s = &c->queries.order.side;
  const int64_t same = s->last[i] - s->first[i];
  return kind == CT_POSITIVE ? same - (c->self ? 1 : 0) : c->column_units() - same;
}

// What labels alone say. Rows of one label are alike.
void count_pairs(ct_gpu_call *c) {
  const ct_pair_side *s = &c->queries.order.side;
  const int64_t rows = c->queries.count();
  ct_loss_facts *f = &c->facts;
  *f = ct_loss_facts{};
  f->n_anchors = c->queries.count();
  c->valid.resize((size_t)rows);
  c->with_positive = 0;
  for (int64_t i = 0, end; i < rows; i = end) {
    const int64_t pairs[CT_KINDS] = {pairs_of(c, i, CT_NEGATIVE), pairs_of(c, i, CT_POSITIVE)};
    const uint8_t valid = c->options.rule->valid(pairs);
    for (end = i; end < rows && s->first[end] == s->first[i] && s->last[end] == s->last[i]; end++)
      c->valid[(size_t)end] = valid;
    const int64_t alike = end - i;
    f->n_valid += valid * alike;
    f->n_without_positive += pairs[CT_POSITIVE] == 0 ? alike : 0;
    f->n_without_negative += pairs[CT_NEGATIVE] == 0 ? alike : 0;
    c->with_positive += pairs[CT_POSITIVE] > 0 ? alike : 0;
    f->n_positive += pairs[CT_POSITIVE] * alike;
    f->n_negative += pairs[CT_NEGATIVE] * alike;
  }
}

template <class T>
ct_status put(ct_device_block<T> *block, int device, const std::vector<T> &values, const char *what,
              ct_error *error) {
  return ct_put(block, device, values.data(), (int64_t)values.size(), what, error);
}

ct_status put_ranges(ct_gpu_call *c, ct_error *error) {
  const ct_pair_side *s = &c->queries.order.side;
  const size_t rows = (size_t)c->queries.count();
  std::vector<int> values(rows);
  for (size_t i = 0; i < rows; i++) values[i] = (int)s->first[i];
  CT_TRY(put(&c->first, c->device, values, c->function, error));
  for (size_t i = 0; i < rows; i++) values[i] = (int)s->last[i];
  CT_TRY(put(&c->last, c->device, values, c->function, error));
  return put(&c->valid_there, c->device, c->valid, c->function, error);
}

ct_status put_weights(ct_gpu_call *c, ct_error *error) {
  double *sorted = nullptr;
  ct_status status =
      ct_anchor_weights(&sorted, c->function, c->options.weights, &c->queries.order, error);
  if (status == CT_OK && sorted)
    status = ct_put(&c->weights, c->device, sorted, c->queries.count(), c->function, error);
  ct_free(sorted);
  return status;
}

// Parameters of the anchors, and everything else that pairs differ by, on the host.
ct_status gather_refinement(ct_gpu_call *c, ct_error *error) {
  const ct_loss_options *o = &c->options;
  CT_TRY(ct_refinement_parameters(&c->own_parameters, c->function, o, &c->queries.order, error));
  for (int64_t i = 0; i < c->queries.count() && c->own_parameters && o->rule->target; i++)
    CT_TRY(ct_margin_check(c->function, o, c->own_parameters + i * CT_LOSS_PARAMETERS, error));
  return ct_refinement_start(&c->refinement, c->function, o, c->own_parameters, &c->queries.order,
                             c->self ? nullptr : &c->references.order, error);
}

ct_status put_bias(ct_gpu_call *c, const ct_loss_rows *references, ct_error *error) {
  const ct_tensor *b = references->bias;
  const int64_t classes = c->references.units();
  ct_held_tensor here;
  if (!b || c->self) return CT_OK;
  if (c->options.similarity != CT_DOT)
    return ct_fail(error, CT_EINVALID, "%s: a bias goes with similarity \"dot\"", c->function);
  if (b->dtype != references->x->dtype || b->dims > 1 || ct_tensor_count(b) != classes)
    return ct_fail(error, CT_EINVALID,
                   "%s: bias must have %lld elements, one per class, of the type of %s",
                   c->function, (long long)classes, references->x_name);
  CT_TRY(ct_clone(&here.t, CT_DOUBLE, b, error));
  const double *value = (const double *)ct_tensor_data(&here.t);
  const double scale = c->options.rule->scale(false, c->options.parameter);
  std::vector<double> lift((size_t)classes);
  for (size_t k = 0; k < lift.size(); k++) {
    if (!isfinite(value[k]))
      return ct_fail(error, CT_EINVALID, "%s: bias has a NaN or an infinite value at element %lld",
                     c->function, (long long)k + 1);
    lift[k] = value[k] / scale;
  }
  CT_TRY(put(&c->references.lift, c->device, lift, c->function, error));
  c->references.rows.lift = c->references.lift.get();
  return CT_OK;
}

ct_status check_sides(const ct_gpu_call *c, const ct_loss_rows *queries,
                      const ct_loss_rows *references, ct_error *error) {
  if (c->self) return CT_OK;
  if (c->references.rows.dim != c->queries.rows.dim)
    return ct_fail(error, CT_EINVALID, "%s: %s must have as many columns as %s, %lld, got %lld",
                   c->function, references->x_name, queries->x_name, (long long)c->queries.rows.dim,
                   (long long)c->references.rows.dim);
  if (c->references.rows.device != c->queries.rows.device)
    return ct_fail(error, CT_EINVALID, "%s: %s lies on GPU %d, %s on GPU %d", c->function,
                   queries->x_name, c->queries.rows.device + 1, references->x_name,
                   c->references.rows.device + 1);
  return CT_OK;
}

} // namespace

ct_gpu_call::~ct_gpu_call() {
  ct_refinement_free(&refinement);
  ct_free(own_parameters);
}

ct_status ct_begin_call(ct_gpu_call *c, const ct_loss_rows *queries, const ct_loss_rows *references,
                        ct_error *error) {
  ct_loss_rows q = *queries, r = references ? *references : *queries;
  q.ignore = r.ignore = c->options.ignores ? &c->options.ignore_label : nullptr;
  q.several = r.several = c->options.positives != CT_EQUAL_LABELS;
  CT_TRY(check_options(c->function, &c->options, error));
  CT_TRY(bring_options(c, error));
  if (!c->self) CT_TRY(ct_classes_check_sides(c->function, &c->options, &q, &r, error));
  CT_TRY(open_side(&c->queries, c->function, &q, false, &c->options, error));
  c->device = c->queries.rows.device;
  if (!c->self)
    CT_TRY(open_side(&c->references, c->function, &r,
                     is_plain(&r) && !ct_refinement_asked(&c->options), &c->options, error));
  CT_TRY(check_sides(c, &q, &r, error));
  CT_TRY(match_sides(c, &q, &r, error));
  CT_TRY(gather_refinement(c, error));
  count_pairs(c);
  CT_TRY(put_bias(c, &r, error));
  CT_TRY(put_ranges(c, error));
  CT_TRY(put_weights(c, error));
  snprintf(c->x_name[0], sizeof c->x_name[0], "%s", q.x_name);
  snprintf(c->x_name[1], sizeof c->x_name[1], "%s", r.x_name);
  ct_pass_results start = {};
  for (int k = 0; k < 2; k++) start.bad_row[k] = start.least[k] = ~0ull;
  CT_TRY(c->results.allocate(c->device, 1, c->function, error));
  return ct_cuda()->upload(c->device, c->results.get(), &start, sizeof start, error);
}

// Whether no logit is beyond what float splits into integer and rest.
static bool fits_float(const ct_gpu_call *c, double largest_s) {
  const ct_loss_options *o = &c->options;
  if (!o->rule->largest) return true;
  double largest = o->rule->largest(largest_s, o->parameter);
  for (int64_t i = 0; i < c->queries.rows.rows && c->own_parameters; i++)
    largest =
        fmax(largest, o->rule->largest(largest_s, c->own_parameters + i * CT_LOSS_PARAMETERS));
  return 1.4427 * largest < (1 << CT_FLOAT_LOGITS);
}

ct_status ct_find_range(ct_gpu_call *c, ct_gpu_range *out, ct_error *error) {
  enum { FEW_ANCHORS = 64, ROOM_BITS = 8, LENGTH_BITS = 10 };
  const ct_loss_options *o = &c->options;
  const ct_gpu_rows *sides[2] = {&c->queries.rows, &c->columns()};
  *out = ct_gpu_range{false, 1, {1, 1}};
  out->wide = c->queries.rows.dtype == CT_CUDA_DOUBLE || c->queries.count() <= FEW_ANCHORS ||
              (o->rule->measured && o->variant == CT_MEASURE_DISTANCE) || o->rule->couple ||
              o->rule->unit == CT_OF_TRIPLETS;
  if (o->similarity == CT_COSINE) {
    out->wide |= !fits_float(c, out->largest_s);
    return CT_OK;
  }
  ct_pass_results *r = c->results.get(), seen;
  double square[2], shortest = 1;
  for (int k = 0; k < 2; k++)
    CT_TRY(ct_measure_rows(sides[k], &r->largest[k], &r->least[k], error));
  CT_TRY(ct_cuda()->download(c->device, &seen, r, sizeof seen, error));
  for (int k = 0; k < 2; k++) {
    double least;
    memcpy(&square[k], &seen.largest[k], sizeof square[k]);
    memcpy(&least, &seen.least[k], sizeof least);
    out->longest[k] = square[k] > 0 ? sqrt(square[k]) : 1;
    if (square[k] > 0) shortest = fmin(shortest, least / square[k]);
    if (!(fabs(log2(out->longest[k])) < (double)LENGTH_BITS)) out->wide = true;
  }
  out->largest_s =
      o->similarity == CT_DOT ? out->longest[0] * out->longest[1] : 1 + square[0] + square[1];
  if (!fits_float(c, out->largest_s) || shortest * ldexp(1, 2 * ROOM_BITS) < 1) out->wide = true;
  if (c->references.rows.lift) out->wide = true; // biases may be of any size
  return CT_OK;
}

void ct_choose_operands(ct_gpu_call *c, const ct_gpu_range &range, bool wide) {
  const ct_operand_form forms[] = {CT_OPERAND_SPLIT, CT_OPERAND_HALF, CT_OPERAND_BFLOAT16};
  const ct_operand_form form = wide ? CT_OPERAND_DOUBLE : forms[c->options.precision];
  const bool ones = c->options.similarity == CT_EUCLIDEAN || c->references.rows.lift;
  ct_gpu_rows *sides[2] = {&c->queries.rows, &c->references.rows};
  for (int k = 0; k < 2; k++) {
    // unit rows have elements of 1 at most, others of the longest row's length: 2^14 in all
    double exponent = 14;
    if (c->options.similarity != CT_COSINE) exponent = fmin(14, floor(14 - log2(range.longest[k])));
    if (form == CT_OPERAND_DOUBLE || form == CT_OPERAND_BFLOAT16) exponent = 0;
    sides[k]->form = form;
    sides[k]->exponent = (int)exponent;
    sides[k]->ones = ones;
  }
}

ct_status ct_bad_row(const ct_gpu_call *c, int which, unsigned long long row, ct_error *error) {
  return ct_fail(error, CT_EINVALID, "%s: %s has a NaN or an infinite value in row %lld",
                 c->function, c->x_name[which], (long long)row + 1);
}

ct_status ct_bad_gradient_row(const ct_gpu_call *c, unsigned long long row, ct_error *error) {
  return ct_fail(error, CT_EINVALID,
                 "%s: the gradient of row %lld exceeds the range of %s (a row of tiny norm, or "
                 "similarities too large for gamma)",
                 c->function, (long long)row + 1, ct_dtype_name(c->queries.rows.dtype));
}
