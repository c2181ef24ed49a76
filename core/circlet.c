/* The C ABI of circlet.h: arguments of the caller become tensors on the stack that view the
 * caller's memory, and the core's functions do the rest.
 *
 * A storage made here owns nothing and is never freed: its count of references starts so high that
 * no release reaches 0. The core goes on reading references between forward and backward, through a
 * tensor of its own; the storage that it views lives in the context for that long. Sizes are
 * checked before they are multiplied. */
#include "circlet.h"
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "loss/circle.h"
#include "loss/loss.h"
#include "loss/margin.h"
#include "loss/presets.h"
#include "tensor/dlpack.h"

_Static_assert((int)CIRCLET_EINVALID == (int)CT_EINVALID, "statuses must agree");
_Static_assert((int)CIRCLET_ENOMEM == (int)CT_ENOMEM, "statuses must agree");
_Static_assert((int)CIRCLET_EINTERRUPTED == (int)CT_EINTERRUPTED, "statuses must agree");
_Static_assert((int)CIRCLET_DOUBLE == (int)CT_DOUBLE, "types must agree");
_Static_assert((int)CIRCLET_PER_BATCH == (int)CT_PER_BATCH, "choices must agree");
_Static_assert((int)CIRCLET_NONE == (int)CT_NONE, "choices must agree");
_Static_assert((int)CIRCLET_EUCLIDEAN == (int)CT_EUCLIDEAN, "choices must agree");
_Static_assert((int)CIRCLET_MEAN_NONZERO == (int)CT_MEAN_NONZERO, "choices must agree");
_Static_assert((int)CIRCLET_SOFT_LABELS == (int)CT_SOFT_LABELS, "choices must agree");
_Static_assert((int)CIRCLET_LOSS_CIRCLE == (int)ct_loss_circle, "losses must agree");
_Static_assert((int)CIRCLET_LOSS_TRIPLET_ALL == (int)ct_loss_triplet_all, "losses must agree");
_Static_assert((int)CIRCLET_LOSS_NT_XENT == (int)ct_loss_nt_xent, "losses must agree");
_Static_assert((int)CIRCLET_LOSS_PROXY_ANCHOR == (int)ct_loss_proxy_anchor, "losses must agree");
_Static_assert((int)CIRCLET_MARGIN_BEYOND == (int)CT_MARGIN_BEYOND, "parameters must agree");
_Static_assert((int)CIRCLET_MARGIN_EASY == (int)CT_MARGIN_EASY, "parameters must agree");
_Static_assert(sizeof(circlet_loss) == 320 && CT_LOSS_PARAMETERS <= 8,
               "circlet_loss may grow at its end alone: append its size to known_size()");
_Static_assert(sizeof(circlet_options) == 56, "a change of circlet_options is a new ABI version");
_Static_assert(sizeof(circlet_facts) == 56, "a change of circlet_facts is a new ABI version");

/* A tensor on memory of the caller, with the storage it views. */
typedef struct view {
  ct_storage storage;
  ct_tensor tensor;
} view;

/* Rows and labels of the caller as the core takes them. */
typedef struct side {
  view x, labels;
  ct_loss_rows rows;
} side;

struct circlet_context {
  ct_pair_context *pair;
  ct_dtype dtype;               /* of the last forward pass */
  int64_t queries[2], other[2]; /* its sizes: rows, columns */
  bool two;                     /* whether it had references */
  int64_t biases;               /* how many elements its bias had */
  bool forward;                 /* whether there is one */
  side sides[2]; /* queries and references: the core reads the latter again in backward */
  ct_error error;
};

/* The reference count of a storage that views the caller's memory: far from 0 whatever is released.
 */
#define NEVER_FREED (INT64_C(1) << 62)

static ct_status check_matrix(const char *function, const char *name, const void *data,
                              int64_t rows, int64_t columns, int64_t stride, int64_t *elements,
                              ct_error *error) {
  *elements = 0;
  if (rows < 0 || columns < 0)
    return ct_fail(error, CT_EINVALID, "%s: %s must have sizes >= 0, got %lld x %lld", function,
                   name, (long long)rows, (long long)columns);
  if (rows == 0 || columns == 0) return CT_OK;
  if (!data) return ct_fail(error, CT_EINVALID, "%s: %s->data must not be NULL", function, name);
  if (stride < columns)
    return ct_fail(error, CT_EINVALID, "%s: %s->row_stride must be at least %lld, got %lld",
                   function, name, (long long)columns, (long long)stride);
  int64_t bytes;
  if (__builtin_mul_overflow(rows - 1, stride, elements) ||
      __builtin_add_overflow(*elements, columns, elements) ||
      __builtin_mul_overflow(*elements, (int64_t)sizeof(double), &bytes))
    return ct_fail(error, CT_EINVALID, "%s: %s of %lld x %lld is beyond all memory", function, name,
                   (long long)rows, (long long)columns);
  return CT_OK;
}

/* `elements` elements of `data` seen as a matrix, or (columns < 0) as a vector of `rows`. */
static void make_view(view *v, ct_dtype dtype, const void *data, int64_t rows, int64_t columns,
                      int64_t stride, int64_t elements) {
  memset(v, 0, sizeof *v);
  atomic_init(&v->storage.references, NEVER_FREED);
  v->storage.dtype = dtype;
  v->storage.size = elements;
  v->storage.data = (void *)(uintptr_t)data;
  v->tensor = (ct_tensor){.storage = &v->storage, .dtype = dtype, .dims = columns < 0 ? 1 : 2};
  v->tensor.size[0] = rows, v->tensor.stride[0] = columns < 0 ? 1 : stride;
  if (columns >= 0) v->tensor.size[1] = columns, v->tensor.stride[1] = 1;
}

static ct_status load_side(side *s, const char *function, const char *name, const char *labels_name,
                           ct_dtype dtype, const circlet_rows *from, bool need_labels,
                           ct_error *error) {
  int64_t elements;
  if (!from) return ct_fail(error, CT_EINVALID, "%s: %s must not be NULL", function, name);
  CT_TRY(check_matrix(function, name, from->data, from->rows, from->columns, from->row_stride,
                      &elements, error));
  if (need_labels && !from->labels && from->rows > 0)
    return ct_fail(error, CT_EINVALID, "%s: %s must not be NULL", function, labels_name);
  make_view(&s->x, dtype, from->data, from->rows, from->columns, from->row_stride, elements);
  make_view(&s->labels, CT_LONG, from->labels, from->rows, -1, 1, from->rows);
  bool given = from->labels || need_labels;
  s->rows = (ct_loss_rows){.x_name = name,
                           .labels_name = labels_name,
                           .x = &s->x.tensor,
                           .labels = given ? &s->labels.tensor : NULL};
  return CT_OK;
}

static ct_status check_choice(const char *function, const char *name, int32_t value, int32_t last,
                              ct_error *error) {
  if (value >= 0 && value <= last) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: option %s must be from 0 to %d, got %d", function, name,
                 (int)last, (int)value);
}

static ct_status load_options(ct_loss_options *to, const char *function,
                              const circlet_options *from, ct_error *error) {
  *to = ct_loss_defaults(&ct_loss_rules[ct_loss_circle]);
  if (!from) return CT_OK;
  if (from->size != (int64_t)sizeof *from)
    return ct_fail(error, CT_EINVALID,
                   "%s: options must have been set by circlet_options_init, their size is %lld",
                   function, (long long)from->size);
  CT_TRY(check_choice(function, "aggregate", from->aggregate, CT_PER_BATCH, error));
  CT_TRY(check_choice(function, "reduction", from->reduction, CT_NONE, error));
  CT_TRY(check_choice(function, "similarity", from->similarity, CT_EUCLIDEAN, error));
  CT_TRY(check_choice(function, "through_alpha", from->through_alpha, 1, error));
  to->parameter[CT_CIRCLE_M] = from->m;
  to->parameter[CT_CIRCLE_GAMMA] = from->gamma;
  to->aggregate = (ct_aggregate)from->aggregate;
  to->reduction = (ct_reduction)from->reduction;
  to->similarity = (ct_similarity)from->similarity;
  to->variant = from->through_alpha;
  to->filter_eps = from->filter_eps;
  to->memory_budget = from->memory_budget;
  return CT_OK;
}

static void give_facts(circlet_facts *to, const ct_loss_facts *from) {
  if (!to) return;
  *to = (circlet_facts){from->loss,       from->n_anchors, from->n_valid, from->n_positive,
                        from->n_negative, from->mean_sp,   from->mean_sn};
}

static int finish(circlet_context *context, ct_status status) {
  if (status == CT_EINTERRUPTED) ct_interrupt_clear(); /* this status is the answer */
  if (status == CT_EINTERRUPTED) ct_fail(&context->error, status, "interrupted");
  return (int)status;
}

static ct_status check_type(const char *function, int type, ct_error *error) {
  if (type == CIRCLET_FLOAT || type == CIRCLET_DOUBLE) return CT_OK;
  return ct_fail(error, CT_EINVALID,
                 "%s: type must be CIRCLET_FLOAT (0) or CIRCLET_DOUBLE (1), got %d", function,
                 type);
}

const char *circlet_version(void) { return CIRCLET_VERSION; }

int circlet_abi_version(void) { return CIRCLET_ABI_VERSION; }
void circlet_set_threads(int count) { ct_set_threads(count); }
int circlet_threads(void) { return ct_threads(); }
void circlet_interrupt(void) { ct_interrupt_raise(); }

int circlet_context_new(circlet_context **out) {
  ct_error error;
  circlet_context *context;
  if (!out) return CIRCLET_EINVALID;
  *out = NULL;
  if (ct_alloc(&context, 1, sizeof *context, "a context", &error) != CT_OK) return CIRCLET_ENOMEM;
  memset(context, 0, sizeof *context);
  ct_status status = ct_pair_context_new(&context->pair, &error);
  if (status != CT_OK) {
    ct_free(context);
    return (int)status;
  }
  *out = context;
  return CIRCLET_OK;
}

void circlet_context_free(circlet_context *context) {
  if (!context) return;
  ct_pair_context_free(context->pair);
  ct_free(context);
}

const char *circlet_last_error(const circlet_context *context) {
  return context ? context->error.message : "the context is NULL";
}

int circlet_options_init(circlet_options *options, int64_t size) {
  if (!options || size != (int64_t)sizeof *options) return CIRCLET_EINVALID;
  ct_loss_options o = ct_loss_defaults(&ct_loss_rules[ct_loss_circle]);
  *options = (circlet_options){size,
                               o.parameter[CT_CIRCLE_M],
                               o.parameter[CT_CIRCLE_GAMMA],
                               (int32_t)o.aggregate,
                               (int32_t)o.reduction,
                               (int32_t)o.similarity,
                               o.variant,
                               o.filter_eps,
                               o.memory_budget};
  return CIRCLET_OK;
}

/* The sides of a call into the context. */
static ct_status load_sides(circlet_context *context, const char *function, ct_dtype dtype,
                            const circlet_rows *queries, const circlet_rows *references,
                            bool query_labels) {
  ct_error *error = &context->error;
  CT_TRY(load_side(&context->sides[0], function, "queries", "queries->labels", dtype, queries,
                   query_labels, error));
  if (!references) return CT_OK;
  return load_side(&context->sides[1], function, "references", "references->labels", dtype,
                   references, !query_labels, error);
}

/* A forward pass over the context's sides. */
static ct_status run_forward(circlet_context *context, const char *function, ct_dtype dtype,
                             bool two, const ct_loss_options *o, void *losses,
                             ct_loss_facts *facts) {
  const ct_loss_rows *queries = &context->sides[0].rows, *references = &context->sides[1].rows;
  ct_error *error = &context->error;
  const int64_t rows = queries->x->size[0];
  view each;
  if (o->reduction == CT_NONE && !losses && rows > 0)
    return ct_fail(error, CT_EINVALID, "%s: losses must not be NULL for CIRCLET_NONE", function);
  make_view(&each, dtype, losses, rows, -1, 1, rows);
  CT_TRY(ct_pair_forward(context->pair, function, queries, two ? references : NULL, o, &each.tensor,
                         facts, error));
  context->dtype = dtype;
  context->two = two;
  for (int d = 0; d < 2; d++) {
    context->queries[d] = queries->x->size[d];
    if (two) context->other[d] = references->x->size[d];
  }
  context->biases = two && references->bias ? references->bias->size[0] : 0;
  context->forward = true;
  return CT_OK;
}

static ct_status pair_forward(circlet_context *context, int type, const circlet_rows *queries,
                              const circlet_rows *references, const circlet_options *options,
                              void *losses, ct_loss_facts *facts) {
  static const char function[] = "circlet_pair_forward";
  ct_loss_options o;
  context->forward = false;
  CT_TRY(check_type(function, type, &context->error));
  CT_TRY(load_options(&o, function, options, &context->error));
  CT_TRY(load_sides(context, function, (ct_dtype)type, queries, references, true));
  return run_forward(context, function, (ct_dtype)type, references != NULL, &o, losses, facts);
}

int circlet_pair_forward(circlet_context *context, int type, const circlet_rows *queries,
                         const circlet_rows *references, const circlet_options *options,
                         void *losses, circlet_facts *facts) {
  ct_loss_facts f;
  if (!context) return CIRCLET_EINVALID;
  ct_status status = pair_forward(context, type, queries, references, options, losses, &f);
  if (status == CT_OK) give_facts(facts, &f);
  return finish(context, status);
}

/* A matrix to write, which must have the given rows and columns. */
static ct_status load_result(view *v, const char *function, const char *name, ct_dtype dtype,
                             const circlet_matrix *m, const int64_t size[2], ct_error *error) {
  int64_t elements;
  CT_TRY(
      check_matrix(function, name, m->data, m->rows, m->columns, m->row_stride, &elements, error));
  if (m->rows != size[0] || m->columns != size[1])
    return ct_fail(error, CT_EINVALID, "%s: %s must be %lld x %lld, got %lld x %lld", function,
                   name, (long long)size[0], (long long)size[1], (long long)m->rows,
                   (long long)m->columns);
  make_view(v, dtype, m->data, m->rows, m->columns, m->row_stride, elements);
  return CT_OK;
}

static ct_status pair_backward(circlet_context *context, const char *function, double scale,
                               const circlet_matrix *grad_q, const circlet_matrix *grad_r,
                               void *grad_bias) {
  ct_error *error = &context->error;
  view q, r, bias;
  if (!context->forward)
    return ct_fail(error, CT_EINVALID, "%s: a forward pass must come first", function);
  if (grad_r && !context->two)
    return ct_fail(error, CT_EINVALID, "%s: the forward pass had no references", function);
  if (grad_q)
    CT_TRY(
        load_result(&q, function, "grad_queries", context->dtype, grad_q, context->queries, error));
  if (grad_r)
    CT_TRY(load_result(&r, function, "grad_references", context->dtype, grad_r, context->other,
                       error));
  if (grad_bias && !context->biases)
    return ct_fail(error, CT_EINVALID, "%s: the forward pass had no bias", function);
  make_view(&bias, context->dtype, grad_bias, context->biases, -1, 1, context->biases);
  return ct_pair_backward(context->pair, function, scale, grad_q ? &q.tensor : NULL,
                          grad_r ? &r.tensor : NULL, grad_bias ? &bias.tensor : NULL, error);
}

int circlet_pair_backward(circlet_context *context, double scale,
                          const circlet_matrix *grad_queries,
                          const circlet_matrix *grad_references) {
  if (!context) return CIRCLET_EINVALID;
  return finish(context, pair_backward(context, "circlet_pair_backward", scale, grad_queries,
                                       grad_references, NULL));
}

/* The family */

static const ct_loss_rule *rule_at(int loss) {
  return loss >= 0 && loss < CT_LOSSES ? &ct_loss_rules[loss] : NULL;
}

int circlet_loss_named(const char *name) {
  const ct_loss_rule *rule = name ? ct_loss_rule_named(name) : NULL;
  return rule ? (int)(rule - ct_loss_rules) : -1;
}

const char *circlet_loss_name(int loss) {
  const ct_loss_rule *rule = rule_at(loss);
  return rule ? rule->name : NULL;
}

const char *circlet_loss_parameter_name(int loss, int place) {
  const ct_loss_rule *rule = rule_at(loss);
  return rule && place >= 0 && place < CT_LOSS_PARAMETERS ? rule->parameters[place].name : NULL;
}

const char *circlet_loss_variant_name(int loss) {
  const ct_loss_rule *rule = rule_at(loss);
  return rule ? rule->variant : NULL;
}

/* Whether circlet_loss ever had this size. */
static bool known_size(int64_t size) { return size == 320; }

int circlet_loss_init(circlet_loss *options, int64_t size, int loss) {
  const ct_loss_rule *rule = rule_at(loss);
  if (!options || !rule || !known_size(size)) return CIRCLET_EINVALID;
  ct_loss_options o = ct_loss_defaults(rule);
  circlet_loss all = {.size = size,
                      .loss = loss,
                      .aggregate = (int32_t)o.aggregate,
                      .reduction = (int32_t)o.reduction,
                      .similarity = (int32_t)o.similarity,
                      .memory_budget = o.memory_budget,
                      .centres = 1};
  memcpy(all.parameter, o.parameter, sizeof o.parameter);
  memcpy(options, &all, (size_t)size);
  return CIRCLET_OK;
}

int circlet_loss_preset(circlet_loss *options, const char *name) {
  if (!options || !name || options->loss != CIRCLET_LOSS_MARGIN) return CIRCLET_EINVALID;
  for (int i = 0; ct_margin_preset_names[i]; i++) {
    const ct_margin_preset *preset = ct_margin_preset_at(i);
    if (strcmp(preset->name, name) != 0) continue;
    memcpy(options->parameter, preset->parameter, sizeof preset->parameter);
    options->similarity = (int32_t)preset->similarity;
    return CIRCLET_OK;
  }
  return CIRCLET_EINVALID;
}

/* Tensors of the caller's that options name. */
typedef struct named {
  view weights, pair_weights, bias, own[CT_LOSS_PARAMETERS];
} named;

static ct_status load_pair_weights(named *n, ct_loss_options *to, const char *function,
                                   const circlet_loss *from, int64_t partners, ct_error *error) {
  int64_t C = from->pair_labels, elements = partners;
  if (!from->pair_weights) return CT_OK;
  if (C > 0)
    CT_TRY(check_matrix(function, "pair_weights", from->pair_weights, C, C, C, &elements, error));
  make_view(&n->pair_weights, CT_DOUBLE, from->pair_weights, C > 0 ? C : partners, C > 0 ? C : -1,
            C > 0 ? C : 1, elements);
  to->pair_weights = &n->pair_weights.tensor;
  return CT_OK;
}

/* The choices of a loss, and its numbers. */
static ct_status load_choices(ct_loss_options *to, const char *function, const circlet_loss *from,
                              ct_error *error) {
  const ct_loss_rule *rule = to->rule;
  CT_TRY(check_choice(function, "variant", from->variant, rule->variant ? 1 : 0, error));
  CT_TRY(check_choice(function, "aggregate", from->aggregate, CT_PER_BATCH, error));
  CT_TRY(check_choice(function, "reduction", from->reduction, CT_MEAN_NONZERO, error));
  CT_TRY(check_choice(function, "similarity", from->similarity, CT_EUCLIDEAN, error));
  CT_TRY(check_choice(function, "ignores", from->ignores, 1, error));
  if (rule == &ct_loss_rules[ct_loss_proxy_anchor] && from->reduction != CIRCLET_MEAN_ALL)
    return ct_fail(error, CT_EINVALID, "%s: proxy_anchor has reduction CIRCLET_MEAN_ALL", function);
  memcpy(to->parameter, from->parameter, sizeof to->parameter);
  double beyond = from->parameter[CIRCLET_MARGIN_BEYOND];
  if (rule->target && !(beyond == 0 || beyond == 1 || beyond == 2 || beyond == 3))
    return ct_fail(error, CT_EINVALID, "%s: beyond must be 0, 1, 2 or 3, got %g", function, beyond);
  to->variant = from->variant;
  to->aggregate = (ct_aggregate)from->aggregate;
  to->reduction = (ct_reduction)from->reduction;
  to->similarity = (ct_similarity)from->similarity;
  to->ignores = from->ignores;
  to->ignore_label = from->ignore_label;
  to->filter_eps = from->filter_eps;
  to->memory_budget = from->memory_budget;
  to->hardest_negatives = from->hardest_negatives;
  to->positives = (ct_positives)from->positives;
  return CT_OK;
}

/* Options, and the tensors that they name, of loaded sides. */
static ct_status load_loss(ct_loss_options *to, named *n, circlet_context *context,
                           const char *function, const circlet_loss *from, bool two) {
  const ct_loss_rows *queries = &context->sides[0].rows;
  ct_loss_rows *references = &context->sides[1].rows;
  const int64_t rows = queries->x->size[0];
  ct_error *error = &context->error;
  CT_TRY(load_choices(to, function, from, error));
  if (from->weights) {
    make_view(&n->weights, CT_DOUBLE, from->weights, rows, -1, 1, rows);
    to->weights = &n->weights.tensor;
  }
  for (int q = 0; q < CT_LOSS_PARAMETERS; q++) {
    int64_t labels = from->own_labels[q], count = labels > 0 ? labels : rows;
    if (!from->own[q] || !to->rule->parameters[q].name) continue;
    make_view(&n->own[q], CT_DOUBLE, from->own[q], count, -1, 1, count);
    to->own[q] = (ct_own_parameter){&n->own[q].tensor, labels > 0};
  }
  int64_t centres = two && from->centres > 1 ? from->centres : 1;
  int64_t partners = two ? references->x->size[0] / centres : rows;
  if (two) references->centres = centres;
  if (from->bias && two) {
    make_view(&n->bias, context->sides[1].x.tensor.dtype, from->bias, partners, -1, 1, partners);
    references->bias = &n->bias.tensor;
  }
  return load_pair_weights(n, to, function, from, partners, error);
}

/* Labels [rows, G] of a side. */
static ct_status load_several(side *s, const char *function, int64_t labels, ct_error *error) {
  int64_t rows = s->x.tensor.size[0], elements;
  const void *data = s->labels.storage.data;
  if (!s->rows.labels) return CT_OK;
  if (labels < 1)
    return ct_fail(error, CT_EINVALID, "%s: %s must be at least 1 a row, got %lld", function,
                   s->rows.labels_name, (long long)labels);
  CT_TRY(check_matrix(function, s->rows.labels_name, data, rows, labels, labels, &elements, error));
  make_view(&s->labels, CT_LONG, data, rows, labels, labels, elements);
  return CT_OK;
}

static ct_status loss_forward(circlet_context *context, int type, const circlet_rows *queries,
                              const circlet_rows *references, const circlet_loss *given,
                              void *losses, ct_loss_facts *facts) {
  static const char function[] = "circlet_loss_forward";
  ct_error *error = &context->error;
  circlet_loss from;
  named tensors;
  context->forward = false;
  CT_TRY(check_type(function, type, error));
  if (!given || !known_size(given->size) ||
      circlet_loss_init(&from, sizeof from, given->loss) != CIRCLET_OK)
    return ct_fail(error, CT_EINVALID, "%s: options must have been set by circlet_loss_init",
                   function);
  memcpy(&from, given, (size_t)given->size);
  ct_loss_options o = ct_loss_defaults(rule_at(from.loss));
  bool proxies = from.loss == CIRCLET_LOSS_PROXY_ANCHOR;
  if (o.rule->classes &&
      (!references || (proxies ? queries && queries->labels != NULL : references->labels != NULL)))
    return ct_fail(error, CT_EINVALID, "%s: of %s the %s are classes, with labels NULL", function,
                   o.rule->name, proxies ? "queries" : "references");
  CT_TRY(load_sides(context, function, (ct_dtype)type, queries, references, !proxies));
  if (proxies) context->sides[0].rows.labels = NULL;
  if (from.positives < 0 || from.positives > CT_SOFT_LABELS)
    return ct_fail(error, CT_EINVALID, "%s: option positives must be from 0 to 2, got %lld",
                   function, (long long)from.positives);
  if (from.positives != CIRCLET_EQUAL_LABELS) {
    CT_TRY(load_several(&context->sides[0], function, from.query_labels, error));
    if (references)
      CT_TRY(load_several(&context->sides[1], function, from.reference_labels, error));
  }
  CT_TRY(load_loss(&o, &tensors, context, function, &from, references != NULL));
  ct_status status =
      run_forward(context, function, (ct_dtype)type, references != NULL, &o, losses, facts);
  context->sides[1].rows.bias = NULL; /* the view is at its end */
  return status;
}

int circlet_loss_forward(circlet_context *context, int type, const circlet_rows *queries,
                         const circlet_rows *references, const circlet_loss *options, void *losses,
                         circlet_loss_facts *facts) {
  ct_loss_facts f;
  if (!context) return CIRCLET_EINVALID;
  if (facts && facts->size != (int64_t)sizeof *facts)
    return (int)ct_fail(
        &context->error, CT_EINVALID,
        "circlet_loss_forward: facts->size must be set to the structure's size, got "
        "%lld",
        (long long)facts->size);
  ct_status status = loss_forward(context, type, queries, references, options, losses, &f);
  if (status == CT_OK && facts)
    *facts = (circlet_loss_facts){
        facts->size,         f.loss,    f.n_anchors, f.n_valid,   f.n_positive,
        f.n_negative,        f.mean_sp, f.mean_sn,   f.n_nonzero, f.n_without_positive,
        f.n_without_negative};
  return finish(context, status);
}

int circlet_loss_backward(circlet_context *context, double scale,
                          const circlet_matrix *grad_queries, const circlet_matrix *grad_references,
                          void *grad_bias) {
  if (!context) return CIRCLET_EINVALID;
  return finish(context, pair_backward(context, "circlet_loss_backward", scale, grad_queries,
                                       grad_references, grad_bias));
}

static ct_status similarity_loss(circlet_context *context, int type, const circlet_rows *positives,
                                 const circlet_rows *negatives, const circlet_options *options,
                                 double scale, void *losses, const circlet_matrix *grad_p,
                                 const circlet_matrix *grad_n, ct_loss_facts *facts) {
  static const char function[] = "circlet_similarity_loss";
  ct_error *error = &context->error;
  ct_loss_options o;
  side p, n;
  view each, gp, gn;
  CT_TRY(check_type(function, type, error));
  ct_dtype dtype = (ct_dtype)type;
  CT_TRY(load_options(&o, function, options, error));
  CT_TRY(load_side(&p, function, "positives", "labels", dtype, positives, false, error));
  CT_TRY(load_side(&n, function, "negatives", "labels", dtype, negatives, false, error));
  if (!grad_p != !grad_n)
    return ct_fail(error, CT_EINVALID, "%s: both gradients must be given, or none", function);
  if (o.reduction == CT_NONE && !losses && positives->rows > 0)
    return ct_fail(error, CT_EINVALID, "%s: losses must not be NULL for CIRCLET_NONE", function);
  const int64_t size_p[2] = {positives->rows, positives->columns};
  const int64_t size_n[2] = {negatives->rows, negatives->columns};
  if (grad_p) {
    CT_TRY(load_result(&gp, function, "grad_positives", dtype, grad_p, size_p, error));
    CT_TRY(load_result(&gn, function, "grad_negatives", dtype, grad_n, size_n, error));
  }
  make_view(&each, dtype, losses, positives->rows, -1, 1, positives->rows);
  return ct_similarity_loss(function, p.rows.x, n.rows.x, &o, scale, &each.tensor,
                            grad_p ? &gp.tensor : NULL, grad_p ? &gn.tensor : NULL, facts, error);
}

int circlet_similarity_loss(circlet_context *context, int type, const circlet_rows *positives,
                            const circlet_rows *negatives, const circlet_options *options,
                            double scale, void *losses, const circlet_matrix *grad_positives,
                            const circlet_matrix *grad_negatives, circlet_facts *facts) {
  ct_loss_facts f;
  if (!context) return CIRCLET_EINVALID;
  ct_status status = similarity_loss(context, type, positives, negatives, options, scale, losses,
                                     grad_positives, grad_negatives, &f);
  if (status == CT_OK) give_facts(facts, &f);
  return finish(context, status);
}

/* A matrix of another library: its rows, columns and row stride. */
static ct_status borrow_matrix(ct_tensor *t, ct_storage *storage,
                               const struct DLManagedTensorVersioned *from, bool writable,
                               int64_t *row_stride, const char *function, ct_error *error) {
  if (!from) return ct_fail(error, CT_EINVALID, "%s: tensor must not be NULL", function);
  CT_TRY(ct_dlpack_borrow(t, storage, from, writable, function, error));
  if (t->dtype != CT_FLOAT && t->dtype != CT_DOUBLE)
    return ct_fail(error, CT_EINVALID, "%s: tensor must be float32 or float64, got %s", function,
                   ct_dtype_name(t->dtype));
  if (t->dims != 2)
    return ct_fail(error, CT_EINVALID, "%s: tensor must have 2 dimensions, got %d", function,
                   t->dims);
  *row_stride = t->size[0] > 1 ? t->stride[0] : t->size[1];
  if ((t->size[1] > 1 && t->stride[1] != 1) || *row_stride < t->size[1])
    return ct_fail(error, CT_EINVALID,
                   "%s: elements of a row must be adjacent, strides are %lld and %lld", function,
                   (long long)t->stride[0], (long long)t->stride[1]);
  return CT_OK;
}

static ct_status borrow_labels(const int64_t **labels, const struct DLManagedTensorVersioned *from,
                               int64_t rows, const char *function, ct_error *error) {
  ct_tensor t;
  ct_storage storage;
  *labels = NULL;
  if (!from) return CT_OK;
  CT_TRY(ct_dlpack_borrow(&t, &storage, from, false, function, error));
  if (t.dtype != CT_LONG || t.dims != 1 || (t.size[0] > 1 && t.stride[0] != 1) || t.size[0] != rows)
    return ct_fail(error, CT_EINVALID, "%s: labels must be %lld adjacent int64", function,
                   (long long)rows);
  *labels = storage.data;
  return CT_OK;
}

int circlet_dlpack_rows(circlet_context *context, const struct DLManagedTensorVersioned *tensor,
                        const struct DLManagedTensorVersioned *labels, int *type,
                        circlet_rows *rows) {
  static const char function[] = "circlet_dlpack_rows";
  ct_tensor t;
  ct_storage storage;
  const int64_t *names = NULL;
  int64_t stride = 0;
  if (!context || !type || !rows) return CIRCLET_EINVALID;
  ct_error *error = &context->error;
  ct_status status = borrow_matrix(&t, &storage, tensor, false, &stride, function, error);
  if (status == CT_OK) status = borrow_labels(&names, labels, t.size[0], function, error);
  if (status != CT_OK) return (int)status;
  *type = (int)t.dtype;
  *rows = (circlet_rows){storage.data, t.size[0], t.size[1], stride, names};
  return CIRCLET_OK;
}

int circlet_dlpack_matrix(circlet_context *context, const struct DLManagedTensorVersioned *tensor,
                          int *type, circlet_matrix *matrix) {
  ct_tensor t;
  ct_storage storage;
  int64_t stride = 0;
  if (!context || !type || !matrix) return CIRCLET_EINVALID;
  ct_status status =
      borrow_matrix(&t, &storage, tensor, true, &stride, "circlet_dlpack_matrix", &context->error);
  if (status != CT_OK) return (int)status;
  *type = (int)t.dtype;
  *matrix = (circlet_matrix){storage.data, t.size[0], t.size[1], stride};
  return CIRCLET_OK;
}

int circlet_dlpack_new(circlet_context *context, int type, int64_t rows, int64_t columns,
                       struct DLManagedTensorVersioned **out) {
  static const char function[] = "circlet_dlpack_new";
  const int64_t size[2] = {rows, columns};
  ct_tensor t = {0};
  if (!context || !out) return CIRCLET_EINVALID;
  ct_error *error = &context->error;
  *out = NULL;
  ct_status status = check_type(function, type, error);
  if (status != CT_OK) return (int)status;
  if (rows < 0 || columns < 0)
    return (int)ct_fail(error, CT_EINVALID, "%s: sizes must be >= 0, got %lld x %lld", function,
                        (long long)rows, (long long)columns);
  status = ct_tensor_new(&t, (ct_dtype)type, 2, size, error);
  if (status != CT_OK) return (int)status;
  status = ct_dlpack_export(out, &t, function, error);
  ct_tensor_release(&t);
  return (int)status;
}
