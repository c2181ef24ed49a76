/* What refinements are, gathered from the caller's tensors in the order of the sorted rows. */
#include "loss/refine.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "loss/terms.h"

const char *ct_refinement_asked(const ct_loss_options *options) {
  for (int i = 0; options->rule->parameters[i].name; i++)
    if (options->own[i].values) return options->rule->parameters[i].name;
  if (options->positives != CT_EQUAL_LABELS) return "positives";
  if (options->hardest_negatives) return "hardest_negatives";
  return options->pair_weights ? "pair_weights" : NULL;
}

void ct_refinement_free(ct_refinement *r) {
  for (int i = 0; i < r->count; i++) ct_free(r->owned[i]);
  *r = (ct_refinement){0};
}

/* Zeros that live as long as the refinement. */
static ct_status take(void *out, ct_refinement *r, int64_t count, size_t element, ct_error *error) {
  void *room = NULL;
  CT_TRY(ct_alloc(&room, count, element, "loss options", error));
  memset(room, 0, (size_t)count * element);
  r->owned[r->count++] = room;
  memcpy(out, &room, sizeof room);
  return CT_OK;
}

static double element_at(const ct_tensor *t, int64_t i, int64_t j) {
  int64_t at = i * t->stride[0] + (t->dims == 2 ? j * t->stride[1] : 0);
  const char *data = ct_tensor_data(t);
  return ct_scalar_load(t->dtype, data + at * (int64_t)ct_dtype_size(t->dtype)).d;
}

/* Whether the tensor is of real numbers that can be read here. */
static bool is_real(const ct_tensor *t) {
  return ct_dtype_is_real(t->dtype) && !ct_dtype_is_cuda(t->dtype);
}

/* The caller's first row whose label is beyond `most`; -1: there is none. */
static int64_t label_beyond(const ct_sorted_rows *rows, int64_t most) {
  int64_t bad = -1;
  for (int64_t i = rows->rows - 1; i >= 0 && rows->label[i] > most; i--)
    if (bad < 0 || rows->origin[i] < rows->origin[bad]) bad = i;
  return bad;
}

ct_status ct_anchor_weights(double **out, const char *function, const ct_tensor *weights,
                            const ct_sorted_rows *queries, ct_error *error) {
  if (!weights) return CT_OK;
  if (!is_real(weights) || weights->dims > 1 || ct_tensor_count(weights) != queries->given)
    return ct_fail(error, CT_EINVALID,
                   "%s: weights must be a Float or Double tensor of %lld elements, one per anchor",
                   function, (long long)queries->given);
  CT_TRY(ct_alloc(out, queries->rows, sizeof **out, "weights", error));
  for (int64_t i = 0; i < queries->rows; i++) {
    const int64_t at = queries->origin[i];
    const double v = (*out)[i] = element_at(weights, at, 0);
    if (!(v >= 0) || !isfinite(v))
      return ct_fail(error, CT_EINVALID, "%s: weights must be numbers >= 0, got %g at element %lld",
                     function, v, (long long)at + 1);
  }
  return CT_OK;
}

/* Parameters */

static ct_status check_values(const char *function, const char *name, const ct_own_parameter *own,
                              const ct_sorted_rows *queries, ct_error *error) {
  const ct_tensor *t = own->values;
  int64_t count = ct_tensor_count(t);
  if (!is_real(t) || t->dims > 1)
    return ct_fail(error, CT_EINVALID,
                   "%s: %s must be a number or a Float or Double tensor of one dimension", function,
                   name);
  if (!own->by_label && count != queries->given)
    return ct_fail(error, CT_EINVALID, "%s: %s must have %lld elements, one per anchor, got %lld",
                   function, name, (long long)queries->given, (long long)count);
  int64_t bad = own->by_label ? label_beyond(queries, count) : -1;
  if (bad < 0) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s by label has %lld elements, but label %lld occurs",
                 function, name, (long long)count, (long long)queries->label[bad]);
}

ct_status ct_refinement_parameters(double **out, const char *function,
                                   const ct_loss_options *options, const ct_sorted_rows *queries,
                                   ct_error *error) {
  const ct_loss_parameter *parameter = options->rule->parameters;
  const int64_t rows = queries->rows;
  bool any = false;
  *out = NULL;
  for (int q = 0; parameter[q].name; q++) any |= options->own[q].values != NULL;
  if (!any) return CT_OK;
  CT_TRY(ct_alloc(out, rows, CT_LOSS_PARAMETERS * sizeof **out, "loss options", error));
  for (int64_t i = 0; i < rows; i++)
    memcpy(*out + i * CT_LOSS_PARAMETERS, options->parameter, sizeof options->parameter);
  for (int q = 0; parameter[q].name; q++) {
    const ct_own_parameter *own = &options->own[q];
    if (!own->values) continue;
    CT_TRY(check_values(function, parameter[q].name, own, queries, error));
    for (int64_t i = 0; i < rows; i++) {
      int64_t at = own->by_label ? queries->label[i] - 1 : queries->origin[i];
      double v = element_at(own->values, at, 0);
      if (!ct_fits_parameter(&parameter[q], v))
        return ct_fail(error, CT_EINVALID, "%s: %s must be %s, got %g at element %lld", function,
                       parameter[q].name, ct_parameter_range(&parameter[q]), v, (long long)at + 1);
      (*out)[i * CT_LOSS_PARAMETERS + q] = v;
    }
  }
  return CT_OK;
}

/* Parameters and scales as the inner loops take them. */
static ct_status spread_parameters(ct_refinement *r, const ct_loss_options *options,
                                   const ct_sorted_rows *queries, ct_error *error) {
  const int64_t rows = queries->rows;
  const ct_dtype compute = queries->compute;
  const size_t real = ct_dtype_size(compute);
  CT_TRY(take(&r->pair.parameters, r, rows, CT_LOSS_PARAMETERS * real, error));
  for (int kind = 0; kind < CT_KINDS; kind++)
    CT_TRY(take(&r->pair.scale[kind], r, rows, 2 * real, error));
  for (int64_t i = 0; i < rows; i++) {
    const double *own = r->pair.own + i * CT_LOSS_PARAMETERS;
    for (int q = 0; q < CT_LOSS_PARAMETERS; q++)
      ct_real_put(compute, r->pair.parameters, q * rows + i, own[q]);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      double scale = options->rule->scale(kind == CT_POSITIVE, own) * 0x1.71547652b82fep+0;
      double high = compute == CT_FLOAT ? (double)(float)scale : scale;
      ct_real_put(compute, r->pair.scale[kind], i, high);
      ct_real_put(compute, r->pair.scale[kind], rows + i, scale - high);
    }
  }
  return CT_OK;
}

static ct_status own_parameters(ct_refinement *r, const ct_loss_options *options,
                                const ct_sorted_rows *queries, ct_error *error) {
  double *all;
  if (!r->pair.own) {
    CT_TRY(take(&all, r, queries->rows, CT_LOSS_PARAMETERS * sizeof *all, error));
    for (int64_t i = 0; i < queries->rows; i++)
      memcpy(all + i * CT_LOSS_PARAMETERS, options->parameter, sizeof options->parameter);
    r->pair.own = all;
  }
  return spread_parameters(r, options, queries, error);
}

/* Several labels a row */

/* All labels of both sides, ascending and distinct: a label's number is its place. */
static ct_status number_labels(ct_refinement *r, int64_t **out, int64_t *count,
                               const ct_sorted_rows *queries, const ct_sorted_rows *columns,
                               ct_error *error) {
  const ct_sorted_rows *side[2] = {queries, columns};
  int64_t all = 0, *label, *place;
  for (int k = 0; k < 2; k++) all += side[k]->set_start[side[k]->rows];
  CT_TRY(take(&label, r, all, sizeof *label, error));
  CT_TRY(take(&place, r, all, sizeof *place, error));
  int64_t n = 0;
  for (int k = 0; k < 2; k++) {
    int64_t own = side[k]->set_start[side[k]->rows];
    memcpy(label + n, side[k]->set, (size_t)own * sizeof *label);
    n += own;
  }
  CT_TRY(ct_sort_by_label(all, label, place, error));
  n = 0;
  for (int64_t e = 0; e < all; e++)
    if (e == 0 || label[e] != label[e - 1]) label[n++] = label[e];
  *out = label;
  *count = n;
  return CT_OK;
}

static int64_t number_of(const int64_t *labels, int64_t count, int64_t label) {
  int64_t from = 0;
  while (from < count) {
    int64_t middle = from + (count - from) / 2;
    if (labels[middle] == label) return middle;
    if (labels[middle] < label)
      from = middle + 1;
    else
      count = middle;
  }
  return from;
}

/* For each label the columns that carry it, ascending. */
static ct_status list_carriers(ct_refinement *r, const int64_t *labels, int64_t count,
                               const ct_sorted_rows *columns, ct_error *error) {
  int64_t *start, *carrier, *each, entries = columns->set_start[columns->rows];
  CT_TRY(take(&start, r, count + 2, sizeof *start, error));
  CT_TRY(take(&carrier, r, entries, sizeof *carrier, error));
  CT_TRY(take(&each, r, columns->rows, sizeof *each, error));
  for (int64_t e = 0; e < entries; e++) start[number_of(labels, count, columns->set[e]) + 2]++;
  for (int64_t n = 2; n < count + 2; n++) start[n] += start[n - 1];
  for (int64_t c = 0; c < columns->rows; c++) {
    each[c] = columns->set_start[c + 1] - columns->set_start[c];
    for (int64_t e = columns->set_start[c]; e < columns->set_start[c + 1]; e++)
      carrier[start[number_of(labels, count, columns->set[e]) + 1]++] = c;
  }
  r->pair.carrier_start = start;
  r->pair.carrier = carrier;
  r->pair.column_labels = each;
  return CT_OK;
}

static ct_status gather_sets(ct_refinement *r, const ct_loss_options *options,
                             const ct_sorted_rows *queries, const ct_sorted_rows *columns,
                             ct_error *error) {
  int64_t *labels, *set, count, entries;
  if (options->positives == CT_EQUAL_LABELS) return CT_OK;
  entries = queries->set_start[queries->rows];
  CT_TRY(number_labels(r, &labels, &count, queries, columns, error));
  CT_TRY(list_carriers(r, labels, count, columns, error));
  CT_TRY(take(&set, r, entries + 1, sizeof *set, error));
  for (int64_t e = 0; e < entries; e++) set[e] = number_of(labels, count, queries->set[e]);
  r->pair.set = set;
  r->pair.set_start = queries->set_start;
  r->pair.soft = options->positives == CT_SOFT_LABELS;
  return CT_OK;
}

/* Marks the columns with a label in common with row i, and returns how many there are. mark
 * [columns]: `stamp` must be none of its values. */
static int64_t mark_sharing(const ct_pair_refinement *p, int64_t i, int64_t *mark, int64_t stamp) {
  int64_t n = 0;
  for (int64_t e = p->set_start[i]; e < p->set_start[i + 1]; e++)
    for (int64_t k = p->carrier_start[p->set[e]]; k < p->carrier_start[p->set[e] + 1]; k++) {
      n += mark[p->carrier[k]] != stamp;
      mark[p->carrier[k]] = stamp;
    }
  return n;
}

ct_status ct_refinement_list(const ct_refinement *refinement, int64_t *start, int64_t **column,
                             int64_t rows, int64_t columns, ct_error *error) {
  int64_t *mark = NULL, stamp = 0, at = 0;
  CT_TRY(ct_alloc(&mark, columns, sizeof *mark, "loss options", error));
  memset(mark, 0, (size_t)columns * sizeof *mark);
  start[0] = 0;
  for (int64_t i = 0; i < rows; i++)
    start[i + 1] = start[i] + mark_sharing(&refinement->pair, i, mark, ++stamp);
  ct_status status = ct_alloc(column, start[rows], sizeof **column, "loss options", error);
  for (int64_t i = 0; i < rows && status == CT_OK; i++) {
    mark_sharing(&refinement->pair, i, mark, ++stamp);
    for (int64_t c = 0; c < columns; c++)
      if (mark[c] == stamp) (*column)[at++] = c;
  }
  ct_free(mark);
  return status;
}

/* Weights of pairs */

static ct_status bad_weight(const char *function, double v, ct_error *error) {
  return ct_fail(error, CT_EINVALID, "%s: pair_weights must be numbers >= 0, got %g", function, v);
}

/* Labels of a side's sorted rows, or of its classes, from 0. */
static ct_status labels_of(ct_refinement *r, const int64_t **out, const ct_sorted_rows *rows,
                           ct_error *error) {
  int64_t *label, n = rows->rows / rows->centres;
  CT_TRY(take(&label, r, n, sizeof *label, error));
  for (int64_t i = 0; i < n; i++) label[i] = rows->label[i * rows->centres] - 1;
  *out = label;
  return CT_OK;
}

static ct_status weights_by_label(ct_refinement *r, const char *function, const ct_tensor *t,
                                  const ct_sorted_rows *queries, const ct_sorted_rows *columns,
                                  ct_error *error) {
  const ct_sorted_rows *side[2] = {queries, columns};
  double *weight;
  const int64_t labels = t->size[0];
  if (queries->set)
    return ct_fail(error, CT_EINVALID, "%s: pair_weights by label need one label per row",
                   function);
  for (int k = 0; k < 2; k++) {
    int64_t bad = label_beyond(side[k], labels);
    if (bad >= 0)
      return ct_fail(error, CT_EINVALID,
                     "%s: pair_weights are of labels 1..%lld, but label %lld occurs", function,
                     (long long)labels, (long long)side[k]->label[bad]);
  }
  CT_TRY(take(&weight, r, ct_tensor_count(t), sizeof *weight, error));
  for (int64_t i = 0; i < labels; i++)
    for (int64_t j = 0; j < labels; j++) {
      double v = element_at(t, i, j);
      if (!(v >= 0) || !isfinite(v)) return bad_weight(function, v, error);
      weight[i * labels + j] = v;
    }
  r->pair.by_label = weight;
  r->pair.labels = labels;
  CT_TRY(labels_of(r, &r->pair.row_label, queries, error));
  return labels_of(r, &r->pair.column_label, columns, error);
}

static ct_status gather_weights(ct_refinement *r, const char *function,
                                const ct_loss_options *options, const ct_sorted_rows *queries,
                                const ct_sorted_rows *columns, ct_error *error) {
  const ct_tensor *t = options->pair_weights;
  double *weight;
  const int64_t given = columns->given / columns->centres;
  if (!t) return CT_OK;
  if (is_real(t) && t->dims == 2 && t->size[0] == t->size[1])
    return weights_by_label(r, function, t, queries, columns, error);
  if (!is_real(t) || t->dims > 1 || ct_tensor_count(t) != given)
    return ct_fail(error, CT_EINVALID,
                   "%s: pair_weights must be a Float or Double tensor of %lld elements, one per "
                   "partner, or [C, C] by label",
                   function, (long long)given);
  const int64_t n = columns->rows / columns->centres;
  CT_TRY(take(&weight, r, n, sizeof *weight, error));
  for (int64_t c = 0; c < n; c++) {
    weight[c] = element_at(t, columns->origin[c * columns->centres] / columns->centres, 0);
    if (!(weight[c] >= 0) || !isfinite(weight[c])) return bad_weight(function, weight[c], error);
  }
  r->pair.partner = weight;
  return CT_OK;
}

/* Hardest negatives */

static void order_negatives(ct_refinement *r, const ct_loss_options *options,
                            const ct_sorted_rows *columns) {
  const int64_t most = columns->rows / columns->centres, asked = options->hardest_negatives;
  r->pair.hardest =
      asked < most ? asked : 0; /* nobody has more negatives than there are partners */
  r->pair.order = columns->centres == 1 ? columns->origin : NULL;
}

static ct_status make_heaps(ct_refinement *r, int64_t rows, ct_error *error) {
  ct_pair_refinement *p = &r->pair;
  int64_t room;
  if (p->hardest == 0) return CT_OK;
  if (!ct_size_mul(rows, p->hardest, &room))
    return ct_fail(error, CT_ENOMEM, "hardest negatives exceed the address space");
  CT_TRY(take(&p->heap_s, r, room, sizeof *p->heap_s, error));
  CT_TRY(take(&p->heap_order, r, room, sizeof *p->heap_order, error));
  return take(&p->heap_count, r, rows, sizeof *p->heap_count, error);
}

static ct_status gather(ct_refinement *r, const char *function, const ct_loss_options *options,
                        const ct_sorted_rows *queries, const ct_sorted_rows *columns,
                        ct_error *error) {
  CT_TRY(gather_sets(r, options, queries, columns, error));
  CT_TRY(gather_weights(r, function, options, queries, columns, error));
  order_negatives(r, options, columns);
  return CT_OK;
}

ct_status ct_refinement_start(ct_refinement *out, const char *function,
                              const ct_loss_options *options, const double *parameters,
                              const ct_sorted_rows *queries, const ct_sorted_rows *references,
                              ct_error *error) {
  ct_refinement_free(out);
  out->on = ct_refinement_asked(options) != NULL;
  if (!out->on) return CT_OK;
  out->pair.own = parameters;
  ct_status status =
      gather(out, function, options, queries, references ? references : queries, error);
  if (status != CT_OK) ct_refinement_free(out);
  return status;
}

ct_status ct_refinement_make_room(ct_refinement *r, const ct_loss_options *options,
                                  const ct_sorted_rows *queries, ct_error *error) {
  if (!r->on) return CT_OK;
  CT_TRY(own_parameters(r, options, queries, error));
  CT_TRY(make_heaps(r, queries->rows, error));
  for (int kind = 0; kind < CT_KINDS; kind++) {
    CT_TRY(take(&r->pair.pairs[kind], r, queries->rows, sizeof(int64_t), error));
    CT_TRY(take(&r->pair.mass[kind], r, queries->rows, sizeof(double), error));
  }
  return CT_OK;
}
