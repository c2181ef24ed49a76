/* The oracle for specs: Float or Double tensors in, float64 out. Checks only what keeps it from
 * reading outside its inputs; the contract of the losses stands with the losses. */
#include "bind/ref.h"
#include <stdio.h>
#include <string.h>
#include "ops/copy.h"
#include "ref/circle_plain.h"
#include "ref/circle_ref.h"
#include "ref/family_ref.h"

static ct_ref_circle check_options(lua_State *L, int index) {
  static const char *const name = "ref_circle_loss";
  static const char *const known[] = {
      "m", "gamma", "aggregate", "reduction", "through_alpha", "similarity", NULL};
  static const char *const aggregates[] = {"anchor", "batch", NULL};
  static const char *const reductions[] = {"mean", "mean_all", "sum", "none", NULL};
  static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};
  ctl_check_option_names(L, index, name, known);
  return (ct_ref_circle){
      .m = ctl_option_number(L, index, name, "m", 0.25),
      .gamma = ctl_option_number(L, index, name, "gamma", 256),
      .batch = ctl_option_choice(L, index, name, "aggregate", aggregates, 0) == 1,
      .through_alpha = ctl_option_boolean(L, index, name, "through_alpha", false),
      .similarity = (ct_ref_similarity)ctl_option_choice(L, index, name, "similarity", similarities,
                                                         CT_REF_COSINE),
      .reduction = (ct_ref_reduction)ctl_option_choice(L, index, name, "reduction", reductions,
                                                       CT_REF_MEAN)};
}

/* Pushes a contiguous version of the tensor at `index`; `dims` is what it must have. */
static ct_tensor *push_as(lua_State *L, int index, ct_dtype dtype, int dims) {
  ct_error error;
  ct_tensor *t = ctl_check_tensor(L, index), *out = ctl_push_tensor(L, dtype);
  ctl_check(L, ct_contiguous(out, dtype, t, &error), &error);
  if (t->dims != dims && ct_tensor_count(t))
    luaL_error(L, "the reference expects %d dimensions, got %d", dims, t->dims);
  return out;
}

static ct_tensor *push_new(lua_State *L, ct_dtype dtype, int dims, int64_t rows, int64_t columns) {
  ct_error error;
  ct_tensor *t = ctl_push_tensor(L, dtype);
  ctl_check(L, ct_tensor_new(t, dtype, dims, (int64_t[]){rows, columns}, &error), &error);
  return t;
}

void ctl_push_ref_facts(lua_State *L, const ct_ref_facts *facts) {
  lua_newtable(L);
  lua_pushinteger(L, facts->n_valid), lua_setfield(L, -2, "n_valid");
  lua_pushinteger(L, facts->n_anchors), lua_setfield(L, -2, "n_anchors");
  lua_pushnumber(L, facts->mean_sp), lua_setfield(L, -2, "mean_sp");
  lua_pushnumber(L, facts->mean_sn), lua_setfield(L, -2, "mean_sn");
  lua_pushnumber(L, facts->loss_scale), lua_setfield(L, -2, "loss_scale");
  lua_pushnumber(L, facts->scale_x), lua_setfield(L, -2, "scale_x");
  lua_pushnumber(L, facts->scale_refs), lua_setfield(L, -2, "scale_refs");
}

/* Pushes loss, gradient, facts. The gradient of two inputs is a table of two. */
static int push_results(lua_State *L, bool each, const ct_ref_facts *facts, int anchor_loss,
                        int first, int second) {
  if (each)
    lua_pushvalue(L, anchor_loss);
  else
    lua_pushnumber(L, facts->loss);
  lua_pushvalue(L, first);
  if (second) {
    lua_createtable(L, 2, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, second);
    lua_rawseti(L, -2, 2);
  }
  ctl_push_ref_facts(L, facts);
  return 3;
}

/* Rows and labels on the stack as the core wants them: dtype and Long, contiguous. */
typedef struct problem {
  ct_ref_circle options;
  ct_tensor *x, *labels, *refs, *ref_labels, *grad_x, *grad_refs;
  int grad_x_at, grad_refs_at;
  int64_t B, R, D;
} problem;

static int64_t rows_of(const ct_tensor *t) { return t->dims ? t->size[0] : 0; }

/* x, labels, refs and ref_labels at stack positions 1 to 4 (3 and 4 nil: one set). `several`:
 * labels [rows, G]. */
static problem check_problem(lua_State *L, ct_dtype dtype, bool several) {
  problem p = {0};
  p.x = push_as(L, 1, dtype, 2);
  p.labels = push_as(L, 2, CT_LONG, several ? 2 : 1);
  p.B = rows_of(p.x);
  p.D = p.x->dims == 2 ? p.x->size[1] : 0;
  if (rows_of(p.labels) != p.B) luaL_error(L, "the reference expects a label per row");
  p.grad_x = push_new(L, dtype, 2, p.B, p.D);
  p.grad_x_at = lua_gettop(L);
  if (lua_isnil(L, 3)) return p;
  p.refs = push_as(L, 3, dtype, 2);
  p.ref_labels = push_as(L, 4, CT_LONG, several ? 2 : 1);
  p.R = rows_of(p.refs);
  if (rows_of(p.ref_labels) != p.R || (p.R && p.refs->size[1] != p.D))
    luaL_error(L, "the reference expects references of the same width, and a label for each");
  p.grad_refs = push_new(L, dtype, 2, p.R, p.D);
  p.grad_refs_at = lua_gettop(L);
  return p;
}

/* The address of a tensor's elements, not NULL even when there are none. */
static void *data_of(const ct_tensor *t) {
  static double nothing;
  void *data = ct_tensor_data(t);
  return data ? data : &nothing;
}

static int run_reference(lua_State *L) {
  ct_error error;
  ct_ref_facts facts;
  problem p = check_problem(L, CT_DOUBLE, false);
  p.options = check_options(L, 5);
  double *anchor_loss = data_of(push_new(L, CT_DOUBLE, 1, p.options.batch ? 1 : p.B, 0));
  int anchor_loss_at = lua_gettop(L);
  ctl_check(L,
            ct_ref_circle_loss(
                &facts, anchor_loss, data_of(p.grad_x), p.refs ? data_of(p.grad_refs) : NULL,
                data_of(p.x), data_of(p.labels), p.refs ? data_of(p.refs) : NULL,
                p.refs ? data_of(p.ref_labels) : NULL, p.B, p.R, p.D, &p.options, &error),
            &error);
  return push_results(L, p.options.reduction == CT_REF_NONE, &facts, anchor_loss_at, p.grad_x_at,
                      p.grad_refs_at);
}

static int run_plain(lua_State *L) {
  ct_error error;
  float loss;
  problem p = check_problem(L, CT_FLOAT, false);
  p.options = check_options(L, 5);
  ctl_check(L,
            ct_plain_circle_loss_f32(
                &loss, data_of(p.grad_x), p.refs ? data_of(p.grad_refs) : NULL, data_of(p.x),
                data_of(p.labels), p.refs ? data_of(p.refs) : NULL,
                p.refs ? data_of(p.ref_labels) : NULL, p.B, p.R, p.D, &p.options, &error),
            &error);
  lua_pushnumber(L, (double)loss);
  lua_pushvalue(L, p.grad_x_at);
  if (p.refs) lua_pushvalue(L, p.grad_refs_at);
  return p.refs ? 3 : 2;
}

/* Brings the calling form (x, labels, opts) or ({x, refs}, {labels, ref_labels}, opts) to five
 * stack positions: x, labels, refs, ref_labels, opts. */
static void spread_arguments(lua_State *L) {
  lua_settop(L, 3);
  lua_pushnil(L);
  lua_pushnil(L);
  lua_rotate(L, 3, 2); /* x, labels, nil, nil, opts */
  if (!lua_istable(L, 1)) return;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_geti(L, 1, 2);
  lua_replace(L, 3);
  lua_geti(L, 2, 2);
  lua_replace(L, 4);
  lua_geti(L, 1, 1);
  lua_replace(L, 1);
  lua_geti(L, 2, 1);
  lua_replace(L, 2);
}

/* ref_circle_loss(x, labels [, opts]) -> loss, grad, facts
 * ref_circle_loss({x, refs}, {labels, ref_labels} [, opts]) -> loss, {grad_x, grad_refs}, facts */
static int ref_circle_loss(lua_State *L) {
  spread_arguments(L);
  return run_reference(L);
}

/* ref_circle_plain: the same calls in float32 -> loss, grad_x [, grad_refs] */
static int ref_circle_plain(lua_State *L) {
  spread_arguments(L);
  return run_plain(L);
}

/* ref_circle_class_loss(x, w, labels [, opts]) -> loss, {grad_x, grad_w}, facts */
static int ref_circle_class_loss(lua_State *L) {
  lua_settop(L, 4);
  int64_t classes = rows_of(ctl_check_tensor(L, 2));
  int64_t *class = data_of(push_new(L, CT_LONG, 1, classes, 0));
  for (int64_t c = 0; c < classes; c++) class[c] = c + 1;
  /* x, w, labels, opts, classes  to  x, labels, w, classes, opts */
  lua_insert(L, 4);
  lua_pushvalue(L, 2);
  lua_remove(L, 2);
  lua_insert(L, 3);
  return run_reference(L);
}

/* ref_circle_similarity_loss(s_p, s_n [, opts]) -> loss, {grad_sp, grad_sn}, facts
 * s_p: [K] and s_n: [L] for one anchor, or [B,K] and [B,L]. */
static int ref_circle_similarity_loss(lua_State *L) {
  ct_error error;
  ct_ref_facts facts;
  lua_settop(L, 3);
  ct_ref_circle options = check_options(L, 3);
  int dims = ctl_check_tensor(L, 1)->dims == 2 ? 2 : 1;
  ct_tensor *s_p = push_as(L, 1, CT_DOUBLE, dims), *s_n = push_as(L, 2, CT_DOUBLE, dims);
  int64_t B = dims == 2 ? s_p->size[0] : 1;
  if (dims == 2 && rows_of(s_n) != B) luaL_error(L, "the reference expects as many rows in s_n");
  int64_t K = s_p->dims ? s_p->size[dims - 1] : 0, N = s_n->dims ? s_n->size[dims - 1] : 0;
  double *anchor_loss = data_of(push_new(L, CT_DOUBLE, 1, options.batch ? 1 : B, 0));
  int at = lua_gettop(L);
  double *grad_p = data_of(push_new(L, CT_DOUBLE, dims, dims == 2 ? B : K, K));
  double *grad_n = data_of(push_new(L, CT_DOUBLE, dims, dims == 2 ? B : N, N));
  ctl_check(L,
            ct_ref_circle_similarity_loss(&facts, anchor_loss, grad_p, grad_n, data_of(s_p),
                                          data_of(s_n), B, K, N, &options, &error),
            &error);
  return push_results(L, options.reduction == CT_REF_NONE, &facts, at, at + 1, at + 2);
}

/* Refinements, read from the same options as the losses have them. Values stay on the stack. */
typedef struct refined {
  const char *name;
  lua_State *L;
  int options, rows; /* where the options stand and how many anchors there are */
  const int64_t *labels;
} refined;

static const double *own_values(const refined *r, const char *name) {
  lua_State *L = r->L;
  bool by_label = false;
  if (!lua_istable(L, r->options)) return NULL;
  if (lua_getfield(L, r->options, name) == LUA_TTABLE) {
    lua_getfield(L, -1, "by_label");
    by_label = true;
  }
  if (!ctl_to_tensor(L, -1)) return NULL;
  const double *given = data_of(push_as(L, lua_gettop(L), CT_DOUBLE, 1));
  double *own = data_of(push_new(L, CT_DOUBLE, 1, r->rows, 0));
  for (int i = 0; i < r->rows; i++) own[i] = given[by_label ? r->labels[i] - 1 : i];
  return own;
}

/* A parameter that is a number, where none are the anchors' own. */
static double shared_value(const refined *r, const char *name, double standard) {
  if (own_values(r, name)) return standard;
  return ctl_option_number(r->L, r->options, r->name, name, standard);
}

static const double *pair_weights(lua_State *L, int options, const problem *p) {
  int64_t R = p->refs ? p->R : p->B;
  if (!lua_istable(L, options) || lua_getfield(L, options, "pair_weights") == LUA_TNIL) return NULL;
  bool by_label = ctl_check_tensor(L, lua_gettop(L))->dims == 2;
  const ct_tensor *given = push_as(L, lua_gettop(L), CT_DOUBLE, by_label ? 2 : 1);
  double *weight = data_of(push_new(L, CT_DOUBLE, 2, p->B, R)), *from = data_of(given);
  const int64_t *label = data_of(p->labels), *other = p->refs ? data_of(p->ref_labels) : label;
  for (int64_t i = 0; i < p->B; i++)
    for (int64_t j = 0; j < R; j++)
      weight[i * R + j] = by_label ? from[(label[i] - 1) * given->size[0] + other[j] - 1] : from[j];
  return weight;
}

static ct_ref_family check_family_options(const refined *r) {
  lua_State *L = r->L;
  const int index = r->options;
  const char *loss = r->name;
  static const char *const name = "ref_pair_loss";
  static const char *const reductions[] = {"mean", "mean_all", "sum", "none", "mean_nonzero", NULL};
  static const char *const measures[] = {"distance", "similarity", NULL};
  static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};
  static const char *const aggregates[] = {"anchor", "batch", NULL};
  return (ct_ref_family){
      .name = loss,
      .m = shared_value(r, "m", 0.25),
      .gamma = shared_value(r, "gamma", 256),
      .alpha = shared_value(r, "alpha", 2),
      .beta = shared_value(r, "beta", 50),
      .base = shared_value(r, "base", 0.5),
      .margin = shared_value(r, "margin", 0.05),
      .pos_margin = shared_value(r, "pos_margin", 0),
      .neg_margin = shared_value(r, "neg_margin", 1),
      .temperature = shared_value(r, "temperature", strcmp(loss, "supcon") == 0 ? 0.1 : 0.07),
      .through_alpha = ctl_option_boolean(L, index, name, "through_alpha", false),
      .soft = ctl_option_boolean(L, index, name, "soft", false),
      .by_measure = ctl_option_choice(L, index, name, "measure", measures, 0) == 1,
      .batch = ctl_option_choice(L, index, name, "aggregate", aggregates, 0) == 1,
      .similarity = (ct_ref_similarity)ctl_option_choice(L, index, name, "similarity", similarities,
                                                         CT_REF_COSINE),
      .reduction = (ct_ref_family_reduction)ctl_option_choice(
          L, index, name, "reduction", reductions,
          strcmp(loss, "contrastive") == 0 || strncmp(loss, "triplet", 7) == 0
              ? CT_REF_FAMILY_MEAN_NONZERO
              : CT_REF_FAMILY_MEAN)};
}

/* ref_pair_loss(name, x, labels [, opts]): the other losses of the family, called as
 * ref_circle_loss. */
static int ref_pair_loss(lua_State *L) {
  ct_error error;
  ct_ref_facts facts;
  char name[64];
  snprintf(name, sizeof name, "%s", luaL_checkstring(L, 1));
  lua_remove(L, 1);
  spread_arguments(L);
  static const char *const kinds[] = {"equal", "shared", "soft", NULL};
  int kind = ctl_option_choice(L, 5, "ref_pair_loss", "positives", kinds, 0);
  problem p = check_problem(L, CT_DOUBLE, kind > 0);
  refined r = {name, L, 5, (int)p.B, data_of(p.labels)};
  luaL_checkstack(L, 64, NULL);
  ct_ref_family options = check_family_options(&r);
  static const char *const own[CT_REF_PARAMETERS] = {
      "m", "gamma", "alpha", "beta", "base", "margin", "pos_margin", "neg_margin", "temperature"};
  for (int q = 0; q < CT_REF_PARAMETERS; q++) options.refine.own[q] = own_values(&r, own[q]);
  options.refine.weight = pair_weights(L, 5, &p);
  options.refine.hardest =
      ctl_option_integer(L, 5, "ref_pair_loss", "hardest_negatives", 0, 0, 1LL << 53);
  options.refine.soft = kind == 2;
  if (kind > 0) {
    options.refine.sets = data_of(p.labels), options.refine.G = p.labels->size[1];
    if (p.refs)
      options.refine.ref_sets = data_of(p.ref_labels), options.refine.H = p.ref_labels->size[1];
  }
  double *anchor_loss = data_of(push_new(L, CT_DOUBLE, 1, p.B, 0));
  int at = lua_gettop(L);
  ctl_check(L,
            ct_ref_family_loss(
                &facts, anchor_loss, data_of(p.grad_x), p.refs ? data_of(p.grad_refs) : NULL,
                data_of(p.x), data_of(p.labels), p.refs ? data_of(p.refs) : NULL,
                p.refs ? data_of(p.ref_labels) : NULL, p.B, p.R, p.D, &options, &error),
            &error);
  return push_results(L, options.reduction == CT_REF_FAMILY_NONE, &facts, at, p.grad_x_at,
                      p.grad_refs_at);
}

static const luaL_Reg ref_functions[] = {
    {"ref_circle_loss", ref_circle_loss},
    {"ref_pair_loss", ref_pair_loss},
    {"ref_circle_plain", ref_circle_plain},
    {"ref_circle_class_loss", ref_circle_class_loss},
    {"ref_circle_similarity_loss", ref_circle_similarity_loss},
    {NULL, NULL},
};

void ctl_open_ref(lua_State *L) { luaL_setfuncs(L, ref_functions, 0); }
