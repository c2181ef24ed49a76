/* Pair-wise losses: what is streamed and what the sums mean.
 *
 * Forward loads the anchors and opens the references, which both passes read in blocks and never
 * copy as a whole (core/loss/rows), streams the running statistics
 * (core/cpu/pair_stream) and turns them into terms. Backward turns each anchor's term into the
 * factors of its pairs' weights and streams again. In self mode a pair weighs in for both of its
 * ends, so each row's gradient is one sum over columns in which row and column both count as
 * anchors.
 *
 * Invariant: `ready` holds exactly when sides, sums and facts belong to one finished forward pass.
 */
#include "loss/loss.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/threads.h"
#include "cuda/cuda.h"
#include "loss/classes.h"
#include "loss/presets.h"
#include "loss/margin.h"
#include "loss/diagnosis.h"
#include "loss/refine.h"
#include "loss/rows.h"
#include "loss/target.h"
#include "loss/terms.h"
#include "ops/copy.h"

struct ct_pair_context {
  void *there; /* of rows on a GPU, all of it (core/cuda/pair_pass.cu) */
  bool on_cuda;
  bool ready, self;
  ct_loss_options options;
  ct_loss_facts facts;
  ct_sorted_rows queries, references; /* references empty in self mode */
  double *own_parameters;             /* [queries, CT_LOSS_PARAMETERS]; NULL: all share theirs */
  ct_refinement refinement;
  ct_pair_sums sums[CT_KINDS]; /* per query */
  double *own, *by_own;        /* per query; of a coupled loss (core/cpu/pair.h) */
  ct_pair_triplets triplets;   /* of a loss over triplets */
  double *weights;             /* per query; NULL: 1 each */
  ct_anchor_loss *anchors;     /* per query; for CT_PER_ANCHOR */
  ct_anchor_loss batch;        /* for CT_PER_BATCH */
  ct_target *targets;          /* [queries] of a rule that reads them, otherwise NULL */
  int64_t with_positive;       /* anchors that have a positive */
  double share[CT_KINDS];      /* what a term counts for in the reduced loss */
  void *kept;                  /* similarities of the first kept_tiles tiles */
  int64_t kept_tiles;
  size_t kept_each;                /* bytes of one tile */
  ct_pair_note (*noted)[CT_KINDS]; /* of all tiles (core/cpu/pair.h); NULL: nothing is noted */
  int64_t noted_tiles;
  ct_pair_diagnosis diagnosis; /* for options.diagnostics */
};

ct_status ct_pair_context_new(ct_pair_context **out, ct_error *error) {
  ct_pair_context *context = NULL;
  CT_TRY(ct_alloc(&context, 1, sizeof *context, "loss context", error));
  memset(context, 0, sizeof *context);
  *out = context;
  return CT_OK;
}

static void free_sums(ct_pair_context *c) {
  for (int kind = 0; kind < CT_KINDS; kind++) {
    ct_free(c->sums[kind].reference);
    ct_free(c->sums[kind].sum);
    ct_free(c->sums[kind].sum_s);
    ct_free(c->sums[kind].term);
    ct_free(c->sums[kind].count);
    c->sums[kind] = (ct_pair_sums){0};
  }
  ct_free(c->own);
  ct_free(c->by_own);
  c->own = c->by_own = NULL;
  ct_free(c->triplets.start);
  ct_free(c->triplets.column);
  ct_free(c->triplets.far);
  ct_free(c->triplets.slope);
  ct_free(c->triplets.share);
  c->triplets = (ct_pair_triplets){0};
  ct_free(c->weights);
  ct_free(c->anchors);
  c->weights = NULL;
  c->anchors = NULL;
}

void ct_pair_context_free(ct_pair_context *context) {
  if (!context) return;
  if (context->there) ct_cuda()->pair_free(context->there);
  ct_rows_free(&context->queries);
  ct_rows_free(&context->references);
  ct_free(context->own_parameters);
  ct_refinement_free(&context->refinement);
  free_sums(context);
  ct_free(context->targets);
  ct_free(context->kept);
  ct_free(context->noted);
  ct_diagnosis_free(&context->diagnosis);
  ct_free(context);
}

/* Few anchors leave the rounding of float32 similarities visible in the loss (an error of 3e-8 in s
 * is one of 1e-7 in the loss of one anchor); over many it averages out. Few anchors also cost
 * little, so they are computed in double. So are distances, whose digits 1 - s has lost in float32.
 */
static ct_dtype compute_type(const ct_loss_options *options, const ct_loss_rows *queries) {
  enum { FEW_ANCHORS = 64 };
  if (options->rule->measured && options->variant == CT_MEASURE_DISTANCE) return CT_DOUBLE;
  const ct_tensor *x = queries->x;
  return x->dtype == CT_FLOAT && x->dims == 2 && x->size[0] > FEW_ANCHORS ? CT_FLOAT : CT_DOUBLE;
}

/* The parameters of anchor i. */
static const double *parameters_of(const ct_pair_context *c, int64_t i) {
  return c->own_parameters ? c->own_parameters + i * CT_LOSS_PARAMETERS : c->options.parameter;
}

/* Whether no logit of the loaded sides can be beyond what float32 splits into integer and rest. */
static bool fits_float(const ct_pair_context *c) {
  const ct_sorted_rows *q = &c->queries, *r = c->self ? q : &c->references;
  double s = 1, lift = 0; /* |s| at most */
  if (!c->options.rule->largest) return true;
  if (q->similarity == CT_DOT) s = sqrt(q->largest * r->largest);
  if (q->similarity == CT_EUCLIDEAN)
    s = 1 + q->largest + r->largest; /* |x-y|^2/2 <= |x|^2 + |y|^2 */
  for (int64_t k = 0; r->lift && k < r->rows / r->centres; k++) lift = fmax(lift, fabs(r->lift[k]));
  double largest = c->options.rule->largest(s + lift, c->options.parameter);
  for (int64_t i = 0; i < q->rows && c->own_parameters; i++)
    largest = fmax(largest, c->options.rule->largest(s + lift, parameters_of(c, i)));
  return 1.4427 * largest < (1 << CT_FLOAT_LOGITS);
}

/* What similarities are multiplied with in logits of negatives. */
static double logit_scale(const ct_pair_context *c) {
  return c->options.rule->scale(false, c->options.parameter);
}

static ct_status load_sides_as(ct_pair_context *c, ct_dtype compute, const char *function,
                               const ct_loss_rows *queries, const ct_loss_rows *references,
                               ct_error *error) {
  ct_similarity similarity = c->options.similarity;
  CT_TRY(ct_rows_load(&c->queries, function, queries, compute, similarity, error));
  ct_free(c->own_parameters);
  CT_TRY(ct_refinement_parameters(&c->own_parameters, function, &c->options, &c->queries, error));
  if (c->self) {
    ct_rows_free(&c->references);
    ct_rows_match(&c->queries, &c->queries);
    return CT_OK;
  }
  CT_TRY(ct_classes_check_sides(function, &c->options, queries, references, error));
  CT_TRY(ct_rows_open(&c->references, function, references, compute, similarity, error));
  if (c->references.dim != c->queries.dim)
    return ct_fail(error, CT_EINVALID, "%s: %s must have as many columns as %s, %lld, got %lld",
                   function, references->x_name, queries->x_name, (long long)c->queries.dim,
                   (long long)c->references.dim);
  if (!references->labels)
    CT_TRY(ct_classes_check(&c->queries, function, queries,
                            c->references.rows / c->references.centres, error));
  if (!queries->labels)
    CT_TRY(ct_classes_check(&c->references, function, references, c->queries.rows, error));
  ct_rows_match(&c->queries, &c->references);
  return ct_classes_bias(&c->references, function, references, logit_scale(c), error);
}

static ct_status load_sides(ct_pair_context *c, const char *function, const ct_loss_rows *queries,
                            const ct_loss_rows *references, ct_error *error) {
  ct_dtype compute = compute_type(&c->options, queries);
  c->self = !references;
  CT_TRY(load_sides_as(c, compute, function, queries, references, error));
  if (compute == CT_DOUBLE || fits_float(c)) return CT_OK;
  return load_sides_as(c, CT_DOUBLE, function, queries, references, error);
}

/* What anchors meet: rows or classes. */
static int64_t columns_of(const ct_pair_context *c) {
  return c->self ? c->queries.rows : c->references.rows / c->references.centres;
}

/* Pairs of anchor i by kind. */
static int64_t pairs_of(const ct_pair_context *c, int64_t i, int kind) {
  if (c->refinement.on) return c->refinement.pair.pairs[kind][i];
  int64_t same = c->queries.side.last[i] - c->queries.side.first[i];
  return kind == CT_POSITIVE ? same - (c->self ? 1 : 0) : columns_of(c) - same;
}

static bool is_valid(const ct_pair_context *c, int64_t i) {
  const int64_t pairs[CT_KINDS] = {
      [CT_NEGATIVE] = pairs_of(c, i, CT_NEGATIVE), [CT_POSITIVE] = pairs_of(c, i, CT_POSITIVE)};
  return c->options.rule->valid(pairs);
}

static ct_status new_zeros(double **out, int64_t rows, ct_error *error) {
  CT_TRY(ct_alloc(out, rows, sizeof **out, "loss sums", error));
  memset(*out, 0, (size_t)rows * sizeof **out);
  return CT_OK;
}

static ct_status reset_sums(ct_pair_context *c, ct_error *error) {
  int64_t rows = c->queries.rows;
  ct_dtype compute = c->queries.compute;
  size_t real = ct_dtype_size(compute);
  const ct_pair_kernel_set *set = ct_pair_kernels_of(c->options.rule);
  const ct_pair_kernels *kernels = compute == CT_FLOAT ? &set->f32 : &set->f64;
  free_sums(c);
  if (c->options.aggregate == CT_PER_ANCHOR)
    CT_TRY(ct_alloc(&c->anchors, rows, sizeof *c->anchors, "loss sums", error));
  for (int kind = 0; kind < CT_KINDS; kind++) {
    ct_pair_sums *s = &c->sums[kind];
    CT_TRY(ct_alloc(&s->reference, rows, real, "loss sums", error));
    CT_TRY(new_zeros(&s->sum, rows, error));
    CT_TRY(new_zeros(&s->sum_s, rows, error));
    const double start = kernels->start(kind, true);
    for (int64_t i = 0; i < rows; i++) ct_real_put(compute, s->reference, i, start);
    bool coupled = kind == CT_POSITIVE && c->options.rule->couple;
    bool triplets = kind == CT_NEGATIVE && c->options.rule->unit == CT_OF_TRIPLETS;
    if (!coupled && !triplets && !(c->options.rule->statistics(kind == CT_POSITIVE) & CT_TERM))
      continue;
    CT_TRY(new_zeros(&s->term, rows, error));
    CT_TRY(new_zeros(&s->count, rows, error));
    if (!coupled) continue;
    CT_TRY(new_zeros(&c->own, rows, error));
    CT_TRY(new_zeros(&c->by_own, rows, error));
  }
  return CT_OK;
}

static double reference_at(const ct_pair_context *c, int kind, int64_t i) {
  return ct_real_at(c->queries.compute, c->sums[kind].reference, i);
}

/* The log-sum-exp, or extreme, of anchor i's pairs of a kind. */
static double sum_of(const ct_pair_context *c, int64_t i, int kind) {
  int statistics = c->options.rule->statistics(kind == CT_POSITIVE);
  double reference = reference_at(c, kind, i);
  if (!(statistics & (CT_LSE | CT_EXTREME)) || pairs_of(c, i, kind) == 0) return -INFINITY;
  return statistics & CT_LSE ? ct_log_sum_exp(c->options.rule, parameters_of(c, i), kind, reference,
                                              c->sums[kind].sum[i])
                             : reference;
}

/* What anchor i's statistics say. */
static ct_anchor anchor_of(const ct_pair_context *c, int64_t i) {
  ct_anchor a = {0};
  for (int kind = 0; kind < CT_KINDS; kind++) {
    const ct_pair_sums *s = &c->sums[kind];
    a.pairs[kind] = pairs_of(c, i, kind);
    a.mass[kind] = c->refinement.on ? c->refinement.pair.mass[kind][i] : (double)a.pairs[kind];
    a.sum[kind] = sum_of(c, i, kind);
    if (s->term) a.term[kind] = s->term[i], a.count[kind] = s->count[i];
  }
  if (c->by_own) a.coupled = c->by_own[i];
  if (c->targets) a.target = c->targets[i];
  a.anchors = c->queries.rows;
  a.with_positive = c->with_positive;
  return a;
}

static void count_pairs(ct_pair_context *c) {
  ct_loss_facts *f = &c->facts;
  double s[CT_KINDS] = {0};
  int64_t n[CT_KINDS] = {0};
  *f = (ct_loss_facts){.n_anchors = c->queries.rows};
  c->with_positive = 0;
  for (int64_t i = 0; i < c->queries.rows; i++) {
    const bool valid = is_valid(c, i);
    f->n_valid += valid;
    if (c->options.diagnostics) c->diagnosis.valid[i] = valid;
    f->n_without_positive += pairs_of(c, i, CT_POSITIVE) == 0;
    f->n_without_negative += pairs_of(c, i, CT_NEGATIVE) == 0;
    c->with_positive += pairs_of(c, i, CT_POSITIVE) > 0;
    for (int kind = 0; kind < CT_KINDS; kind++) {
      n[kind] += pairs_of(c, i, kind);
      s[kind] += c->sums[kind].sum_s[i];
    }
  }
  f->n_positive = n[CT_POSITIVE];
  f->n_negative = n[CT_NEGATIVE];
  f->mean_sp = s[CT_POSITIVE] / (double)n[CT_POSITIVE]; /* 0/0 is the NaN of "no such pair" */
  f->mean_sn = s[CT_NEGATIVE] / (double)n[CT_NEGATIVE];
}

/* All anchors' sums of one kind as one, relative to the largest reference, which takes the place of
 * each anchor's own. */
static double merge_sums(const ct_pair_context *c, int kind, double *reference) {
  double largest = -INFINITY, total = 0;
  for (int64_t i = 0; i < c->queries.rows; i++) { /* (gcc 12 for aarch64 breaks off at fmax here) */
    double own = reference_at(c, kind, i);
    if (own > largest) largest = own;
  }
  for (int64_t i = 0; i < c->queries.rows; i++) {
    double own = reference_at(c, kind, i);
    total += c->sums[kind].sum[i] * exp2(own - largest);
  }
  *reference = largest;
  return total;
}

/* One term for the batch. Self mode meets each unordered pair twice: half of each sum. */
static void batch_term(ct_pair_context *c) {
  ct_anchor a = {
      .pairs = {[CT_NEGATIVE] = c->facts.n_negative, [CT_POSITIVE] = c->facts.n_positive}};
  double reference;
  c->batch = (ct_anchor_loss){0};
  if (c->options.rule->valid(a.pairs)) {
    for (int kind = 0; kind < CT_KINDS; kind++) {
      double sum = merge_sums(c, kind, &reference);
      a.sum[kind] = ct_log_sum_exp(c->options.rule, c->options.parameter, kind, reference,
                                   c->self ? sum / 2 : sum);
    }
    c->batch = c->options.rule->combine(&a, c->options.parameter);
  }
  c->facts.loss = c->batch.loss;
  c->facts.n_nonzero = c->batch.loss != 0;
}

static double weight_of(const ct_pair_context *c, int64_t i) {
  return c->weights ? c->weights[i] : 1;
}

/* Where the losses of anchors go, for CT_NONE. */
static ct_status start_losses(const ct_pair_context *c, ct_tensor *losses, ct_error *error) {
  int64_t given = c->queries.given;
  if (c->options.reduction != CT_NONE) return CT_OK;
  CT_TRY(ct_tensor_resize(losses, 1, &given, error));
  return given > c->queries.rows ? ct_fill(losses, ct_scalar_of(0), error) : CT_OK;
}

/* Anchors are many, and each takes some exponentials and logarithms: threads share them in parts of
 * one size, whose sums have the same bits whoever makes them. */
enum { PART_ROWS = 64, ANCHOR_WORK = 256 };

typedef struct batch_part {
  double anchors, nonzero;
  ct_loss_parts sums;
} batch_part;

/* Those of up to PART_ROWS anchors from `first` on, which are noted for backward; for CT_NONE also
 * stores their losses. */
static batch_part part_of(const ct_pair_context *c, int64_t first, const ct_tensor *losses) {
  const ct_loss_rule *rule = c->options.rule;
  const int64_t rows = c->queries.rows;
  batch_part p = {0};
  for (int64_t i = first; i < rows && i < first + PART_ROWS; i++) {
    ct_anchor a = anchor_of(c, i);
    bool valid = rule->valid(a.pairs);
    double weight = weight_of(c, i);
    const ct_anchor_loss combined =
        valid ? rule->combine(&a, parameters_of(c, i)) : (ct_anchor_loss){0};
    const double loss = combined.loss;
    c->anchors[i] = combined;
    ct_loss_parts own = valid ? ct_parts_of(rule->unit, &a, loss) : (ct_loss_parts){0};
    p.anchors += weight;
    for (int part = 0; part < CT_KINDS; part++) {
      p.sums.loss[part] += weight * own.loss[part];
      p.sums.terms[part] += weight * own.terms[part];
      p.sums.nonzero[part] += weight * own.nonzero[part];
      p.nonzero += own.nonzero[part];
    }
    if (c->options.reduction != CT_NONE) continue;
    ct_real_put(losses->dtype, ct_tensor_data(losses), c->queries.origin[i] * losses->stride[0],
                weight * loss);
  }
  return p;
}

static ct_status anchor_terms(ct_pair_context *c, ct_tensor *losses, ct_error *error) {
  const ct_loss_rule *rule = c->options.rule;
  ct_reduction reduction = c->options.reduction;
  double anchors = 0, nonzero = 0;
  ct_loss_parts p = {0};
  batch_part *parts = NULL;
  const int64_t rows = c->queries.rows, count = (rows + PART_ROWS - 1) / PART_ROWS;
  CT_TRY(start_losses(c, losses, error));
  CT_TRY(ct_alloc(&parts, count, sizeof *parts, "loss sums", error));
  int threads = ct_threads_for(rows * ANCHOR_WORK);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (int64_t k = 0; k < count; k++) parts[k] = part_of(c, k * PART_ROWS, losses);
  for (int64_t k = 0; k < count; k++) {
    anchors += parts[k].anchors;
    nonzero += parts[k].nonzero;
    for (int part = 0; part < CT_KINDS; part++) {
      p.loss[part] += parts[k].sums.loss[part];
      p.terms[part] += parts[k].sums.terms[part];
      p.nonzero[part] += parts[k].sums.nonzero[part];
    }
  }
  ct_free(parts);
  c->facts.n_nonzero = llround(nonzero);
  c->facts.loss = 0;
  for (int kind = 0; kind < CT_KINDS; kind++) {
    int part = rule->unit == CT_OF_PAIRS ? kind : 0;
    c->share[kind] = ct_reduction_weight(reduction, anchors, p.terms[part], p.nonzero[part]);
    c->facts.loss += p.loss[kind] * c->share[kind];
  }
  return CT_OK;
}

static ct_pair_stream stream_of(ct_pair_context *c, const ct_pair_columns *columns) {
  return (ct_pair_stream){.dtype = c->queries.compute,
                          .dim = c->queries.dim,
                          .rows = &c->queries.side,
                          .columns = c->self ? NULL : columns,
                          .centres = c->self ? 1 : c->references.centres,
                          .rule = c->options.rule,
                          .parameters = c->options.parameter,
                          .variant = c->options.variant,
                          .triplets = c->triplets.start ? &c->triplets : NULL,
                          .kept = c->kept,
                          .kept_tiles = c->kept_tiles,
                          .noted = c->noted,
                          .refinement = c->refinement.on ? &c->refinement.pair : NULL,
                          .diagnosis = c->options.diagnostics ? &c->diagnosis : NULL};
}

/* What may be spent on keeping similarities. The workspace is three copies of the queries (both
 * layouts and the gradient), what each row and thread needs besides, and the similarities. Beside
 * references these may take as much as the references do, within reason. */
static int64_t budget_of(const ct_pair_context *c, int64_t all) {
  enum { SMALL = 4 << 20, LARGE = 256 << 20, EACH_ROW = 200, EACH_THREAD = 320 << 10 };
  if (c->options.memory_budget != CT_BUDGET_LIKE_ROWS) return c->options.memory_budget;
  if (all <= SMALL) return all;
  int64_t real = (int64_t)ct_dtype_size(c->queries.compute);
  if (!c->self) {
    int64_t theirs = c->references.rows * c->queries.dim * real;
    return theirs < LARGE ? theirs : LARGE;
  }
  int64_t copy = ct_rows_packed(&c->queries) * real;
  int64_t left = copy - EACH_ROW * c->queries.rows - EACH_THREAD * ct_threads();
  return left > 0 ? left : 0;
}

/* Room for what may be noted of `tiles` tiles, which depends on the call alone, whatever is kept:
 * so results do not depend on that. */
static ct_status make_notes(ct_pair_context *c, int64_t tiles, ct_error *error) {
  enum { MOST_NOTED = 4096 }; /* 192 KiB, for more than 20,000 rows */
  const ct_loss_options *o = &c->options;
  const bool sums = o->rule->statistics(true) == CT_LSE || o->rule->statistics(false) == CT_LSE;
  bool wanted = sums && tiles <= MOST_NOTED && !c->refinement.on && !o->diagnostics &&
                o->filter_eps == 0 && !o->rule->couple && o->rule->unit != CT_OF_TRIPLETS &&
                (c->self || c->references.centres == 1);
  if (!wanted) tiles = 0;
  if (tiles == c->noted_tiles) return CT_OK;
  ct_free(c->noted);
  c->noted = NULL;
  c->noted_tiles = 0;
  if (tiles == 0) return CT_OK;
  CT_TRY(ct_alloc(&c->noted, tiles, sizeof *c->noted, "loss sums", error));
  c->noted_tiles = tiles;
  return CT_OK;
}

/* Room for as many tiles of similarities as the budget allows; room of the right size is used
 * again, since fresh pages cost as much as what keeping similarities saves. */
static ct_status make_room(ct_pair_context *c, const ct_pair_columns *columns, ct_error *error) {
  int64_t tiles, elements;
  ct_pair_stream stream = stream_of(c, columns);
  ct_pair_stream_tiles(&stream, &tiles, &elements);
  CT_TRY(make_notes(c, tiles, error));
  size_t each = (size_t)elements * ct_dtype_size(c->queries.compute);
  int64_t all = INT64_MAX;
  ct_size_mul(tiles, (int64_t)each, &all);
  int64_t affordable = each ? budget_of(c, all) / (int64_t)each : 0;
  if (affordable > tiles) affordable = tiles;
  if (affordable == c->kept_tiles && each == c->kept_each) return CT_OK;
  ct_free(c->kept);
  c->kept = NULL;
  c->kept_tiles = 0;
  c->kept_each = each;
  if (affordable == 0) return CT_OK;
  CT_TRY(ct_alloc(&c->kept, affordable, each, "kept similarities", error));
  c->kept_tiles = affordable;
  return CT_OK;
}

static ct_status find_targets(ct_pair_context *c, const ct_loss_rows *queries, ct_error *error) {
  ct_free(c->targets);
  c->targets = NULL;
  if (!c->options.rule->target) return CT_OK;
  CT_TRY(ct_alloc(&c->targets, c->queries.rows, sizeof *c->targets, "loss sums", error));
  return ct_targets(c->targets, &c->queries, queries->x, &c->references, error);
}

/* Room for every anchor's list of positives. */
static ct_status make_lists(ct_pair_context *c, ct_error *error) {
  const ct_pair_side *side = &c->queries.side;
  ct_pair_triplets *l = &c->triplets;
  int64_t rows = c->queries.rows;
  CT_TRY(ct_alloc(&l->start, rows + 1, sizeof *l->start, "loss sums", error));
  l->start[0] = 0;
  for (int64_t i = 0; i < rows; i++) l->start[i + 1] = l->start[i] + side->last[i] - side->first[i];
  if (c->queries.set)
    CT_TRY(ct_refinement_list(&c->refinement, l->start, &l->column, rows, columns_of(c), error));
  if (c->refinement.on && (c->options.pair_weights || c->options.positives == CT_SOFT_LABELS))
    CT_TRY(new_zeros(&l->share, l->start[rows], error));
  CT_TRY(ct_alloc(&l->far, l->start[rows], sizeof *l->far, "positives of triplets", error));
  CT_TRY(new_zeros(&l->slope, l->start[rows], error));
  for (int64_t e = 0; e < l->start[rows]; e++) l->far[e] = -INFINITY;
  l->margin = c->options.parameter[0];
  l->soft = c->options.parameter[1] != 0;
  return CT_OK;
}

/* The pass over positives that takes the log-sum-exps of negatives. */
static ct_status couple(ct_pair_context *c, const ct_pair_stream *stream, ct_error *error) {
  ct_pair_sums *to = &c->sums[CT_POSITIVE];
  for (int64_t i = 0; i < c->queries.rows; i++) c->own[i] = sum_of(c, i, CT_NEGATIVE);
  const ct_pair_coupling coupling = {
      .own = c->own, .term = to->term, .count = to->count, .by_own = c->by_own};
  return ct_pair_stream_couple(stream, &coupling, error);
}

static ct_status start_diagnosis(ct_pair_context *c, ct_error *error) {
  if (c->options.diagnostics)
    return ct_diagnosis_start(&c->diagnosis, c->queries.rows, &c->options, error);
  ct_diagnosis_free(&c->diagnosis);
  return CT_OK;
}

bool ct_pair_diagnosis_of(const ct_pair_context *context, ct_loss_diagnosis *out) {
  const ct_pair_context *c = context;
  if (c->on_cuda) return c->there && ct_cuda()->pair_diagnosis(c->there, out);
  if (!c->ready || !c->options.diagnostics) return false;
  ct_diagnosis_tell(out, &c->diagnosis, &c->options, c->own_parameters, &c->facts);
  return true;
}

ct_status ct_pair_forward(ct_pair_context *context, const char *function,
                          const ct_loss_rows *given_queries, const ct_loss_rows *given_references,
                          const ct_loss_options *options, ct_tensor *losses, ct_loss_facts *facts,
                          ct_error *error) {
  ct_pair_context *c = context;
  ct_loss_rows sides[2] = {*given_queries, given_references ? *given_references : *given_queries};
  c->on_cuda = ct_dtype_is_cuda(given_queries->x->dtype);
  if (c->on_cuda && ct_cuda())
    return ct_cuda()->pair_forward(&c->there, function, given_queries, given_references, options,
                                   losses, facts, error);
  const ct_loss_rows *queries = &sides[0], *references = given_references ? &sides[1] : NULL;
  for (int k = 0; k < 2; k++) {
    sides[k].ignore = options->ignores ? &options->ignore_label : NULL;
    sides[k].several = options->positives != CT_EQUAL_LABELS;
  }
  c->ready = false;
  c->options = *options;
  c->options.weights = NULL;
  CT_TRY(ct_check_loss_options(function, options, error));
  if (options->rule->target) CT_TRY(ct_margin_check(function, options, options->parameter, error));
  CT_TRY(load_sides(c, function, queries, references, error));
  for (int64_t i = 0; i < c->queries.rows && c->own_parameters && options->rule->target; i++)
    CT_TRY(ct_margin_check(function, options, parameters_of(c, i), error));
  CT_TRY(ct_refinement_start(&c->refinement, function, options, c->own_parameters, &c->queries,
                             c->self ? NULL : &c->references, error));
  CT_TRY(ct_refinement_make_room(&c->refinement, options, &c->queries, error));
  CT_TRY(reset_sums(c, error));
  CT_TRY(ct_anchor_weights(&c->weights, function, options->weights, &c->queries, error));
  CT_TRY(find_targets(c, queries, error));
  ct_rows_pass pass;
  ct_pair_columns columns = ct_rows_columns(&pass, &c->references, NULL, NULL);
  CT_TRY(make_room(c, &columns, error));
  if (options->rule->unit == CT_OF_TRIPLETS) CT_TRY(make_lists(c, error));
  CT_TRY(start_diagnosis(c, error));
  ct_pair_stream stream = stream_of(c, &columns);
  if (c->refinement.pair.hardest) CT_TRY(ct_pair_stream_choose(&stream, error));
  if (stream.triplets) CT_TRY(ct_pair_stream_list(&stream, error));
  CT_TRY(ct_pair_stream_sums(&stream, c->sums, error));
  if (!c->self) CT_TRY(ct_rows_check(&pass, function, references->x_name, error));
  count_pairs(c);
  if (options->rule->couple) CT_TRY(couple(c, &stream, error));
  if (options->aggregate == CT_PER_BATCH)
    batch_term(c);
  else
    CT_TRY(anchor_terms(c, losses, error));
  CT_TRY(ct_check_loss(function, options, c->facts.loss, error));
  c->ready = true;
  *facts = c->facts;
  return CT_OK;
}

/* What one kind of pairs takes from an anchor: [rows] of the compute type each. */
typedef struct kind_factors {
  char *reference, *factor, *cut, *linear; /* cut, linear: NULL where there are none */
} kind_factors;

/* The lowest rounded logit of a pair that is not dropped: with n below it, the pair's share
 * 2^f 2^(n - reference) / sum, f <= 1/2, is below eps. Anchors without a say keep no pair. */
static double cut_of(const ct_pair_context *c, double reference, double sum, double weight) {
  return weight > 0 ? floor(reference + log2(c->options.filter_eps * sum)) : INFINITY;
}

static void fill_factors(const ct_pair_context *c, double scale, const kind_factors to[CT_KINDS]) {
  const ct_dtype real = c->queries.compute;
  const bool batch = c->options.aggregate == CT_PER_BATCH;
  double all_sum[CT_KINDS], all_reference[CT_KINDS];
  for (int kind = 0; kind < CT_KINDS && batch; kind++)
    all_sum[kind] = merge_sums(c, kind, &all_reference[kind]);
  for (int64_t i = 0; i < c->queries.rows; i++) {
    const ct_anchor_loss *own = batch ? &c->batch : &c->anchors[i];
    for (int kind = 0; kind < CT_KINDS; kind++) {
      const double reference = batch ? all_reference[kind] : reference_at(c, kind, i);
      const double sum = batch ? all_sum[kind] : c->sums[kind].sum[i];
      const double share = batch ? 1 : c->share[kind] * weight_of(c, i);
      const double weight = sum > 0 ? own->by_sum[kind] / sum * share : 0;
      const kind_factors *f = &to[kind];
      ct_real_put(real, f->reference, i, reference);
      ct_real_put(real, f->factor, i, weight * scale);
      if (f->linear)
        ct_real_put(real, f->linear, i, batch ? 0 : own->by_term[kind] * share * scale);
      if (f->cut) ct_real_put(real, f->cut, i, cut_of(c, reference, sum, weight));
    }
  }
}

/* The gradient of one side: the caller's tensor and, when that is not contiguous, one in its place.
 */
typedef struct side_gradient {
  const ct_sorted_rows *rows;
  ct_tensor *to; /* NULL: not wanted */
  ct_tensor contiguous;
  char *packed; /* of the queries, while it is being summed */
  double *weight;
} side_gradient;

static ct_status start_side(side_gradient *g, const char *function, ct_error *error) {
  if (!g->to) return CT_OK;
  int64_t size[2] = {g->rows->given, g->rows->dim};
  if (g->to->dtype != g->rows->outer)
    return ct_fail(error, CT_EINVALID, "%s: the gradient must have the type of its rows, %s",
                   function, ct_dtype_name(g->rows->outer));
  CT_TRY(ct_tensor_resize_unset(g->to, 2, size, error));
  g->contiguous.dtype = g->to->dtype;
  if (ct_tensor_contiguous(g->to))
    ct_tensor_set(&g->contiguous, g->to);
  else
    CT_TRY(ct_tensor_new(&g->contiguous, g->to->dtype, 2, g->to->size, error));
  return g->rows->given > g->rows->rows ? ct_fill(&g->contiguous, ct_scalar_of(0), error) : CT_OK;
}

/* What the first tiles write need not be cleared; but without references there are none. */
static ct_status pack_side(const ct_pair_context *c, side_gradient *g, ct_error *error) {
  int64_t count = ct_rows_packed(g->rows);
  size_t real = ct_dtype_size(g->rows->compute);
  if (!g->to) return CT_OK;
  CT_TRY(ct_alloc(&g->packed, count, real, "gradient", error));
  if (columns_of(c) == 0) memset(g->packed, 0, (size_t)count * real);
  if (g->rows->similarity != CT_EUCLIDEAN) return CT_OK;
  CT_TRY(ct_alloc(&g->weight, g->rows->side.padded, sizeof *g->weight, "gradient", error));
  memset(g->weight, 0, (size_t)g->rows->side.padded * sizeof *g->weight);
  return CT_OK;
}

/* Adds the squares of a contiguous real tensor's elements. */
static double squares(const ct_tensor *t) {
  double sum = 0;
  for (int64_t i = 0, n = ct_tensor_count(t); i < n; i++) {
    double x = ct_real_at(t->dtype, ct_tensor_data(t), i);
    sum += x * x;
  }
  return sum;
}

static ct_status stream_gradient(ct_pair_context *c, const char *function,
                                 const ct_pair_factors *factors, side_gradient *queries,
                                 side_gradient *references, double *lift, ct_error *error) {
  CT_TRY(start_side(queries, function, error));
  CT_TRY(start_side(references, function, error));
  CT_TRY(pack_side(c, queries, error));
  void *to = references->to ? ct_tensor_data(&references->contiguous) : NULL;
  ct_rows_pass pass;
  ct_pair_columns columns = ct_rows_columns(&pass, &c->references, to, lift);
  ct_pair_stream stream = stream_of(c, &columns);
  ct_pair_gradient gradient = {.rows = queries->packed,
                               .rows_weight = queries->weight,
                               .columns = to || lift,
                               .columns_weight = c->options.similarity == CT_EUCLIDEAN || lift};
  CT_TRY(ct_pair_stream_gradient(&stream, factors, &gradient, error));
  if (queries->to)
    CT_TRY(ct_rows_unload(queries->rows, function, queries->packed, queries->weight,
                          ct_tensor_data(&queries->contiguous), error));
  if (!c->self) CT_TRY(ct_rows_check(&pass, function, "the references", error));
  if (c->options.diagnostics)
    c->diagnosis.gradient_square = (queries->to ? squares(&queries->contiguous) : 0) +
                                   (references->to ? squares(&references->contiguous) : 0);
  if (queries->to) CT_TRY(ct_copy(queries->to, &queries->contiguous, error));
  return references->to ? ct_copy(references->to, &references->contiguous, error) : CT_OK;
}

ct_status ct_pair_backward(ct_pair_context *context, const char *function, double scale,
                           ct_tensor *grad_queries, ct_tensor *grad_references,
                           ct_tensor *grad_bias, ct_error *error) {
  ct_pair_context *c = context;
  if (c->on_cuda && ct_cuda())
    return ct_cuda()->pair_backward(c->there, function, scale, grad_queries, grad_references,
                                    grad_bias, error);
  if (c->options.diagnostics && c->ready) ct_diagnosis_forget_weights(&c->diagnosis);
  if (!c->ready)
    return ct_fail(error, CT_EINVALID, "%s: backward needs a forward pass first", function);
  size_t element = ct_dtype_size(c->queries.compute), each = (size_t)c->queries.rows * element;
  char *room = NULL;
  CT_TRY(ct_alloc(&room, c->queries.rows, 4 * CT_KINDS * element, "loss factors", error));
  ct_pair_factors factors = {.own = c->own};
  kind_factors to[CT_KINDS];
  for (int kind = 0; kind < CT_KINDS; kind++) {
    char *own = room + (size_t)(4 * kind) * each;
    to[kind] = (kind_factors){own, own + each, c->options.filter_eps > 0 ? own + 2 * each : NULL,
                              c->sums[kind].term ? own + 3 * each : NULL};
    factors.reference[kind] = to[kind].reference;
    factors.factor[kind] = to[kind].factor;
    factors.cut[kind] = to[kind].cut;
    factors.linear[kind] = to[kind].linear;
  }
  fill_factors(c, scale, to);
  side_gradient queries = {.rows = &c->queries, .to = grad_queries};
  side_gradient references = {.rows = &c->references, .to = c->self ? NULL : grad_references};
  double *lift = NULL;
  ct_status status = CT_OK;
  if (grad_bias && c->references.lift) status = new_zeros(&lift, columns_of(c), error);
  if (status == CT_OK)
    status = stream_gradient(c, function, &factors, &queries, &references, lift, error);
  if (status == CT_OK && lift)
    status = ct_classes_bias_gradient(grad_bias, lift, columns_of(c), logit_scale(c), error);
  ct_free(lift);
  ct_tensor_release(&queries.contiguous);
  ct_tensor_release(&references.contiguous);
  ct_free(queries.packed);
  ct_free(queries.weight);
  ct_free(room);
  return status;
}
