/* The oracle of the losses of class vectors, for specs: Float or Double tensors in, float64 out.
 * Checks only what keeps it from reading outside its inputs. */
#include "bind/ref.h"
#include "ops/copy.h"
#include "ref/class_ref.h"

/* A contiguous version of the tensor at `index`, pushed. */
static ct_tensor *push_as(lua_State *L, int index, ct_dtype dtype) {
  ct_error error;
  ct_tensor *t = ctl_check_tensor(L, index), *out = ctl_push_tensor(L, dtype);
  ctl_check(L, ct_contiguous(out, dtype, t, &error), &error);
  return out;
}

static ct_tensor *push_like(lua_State *L, const ct_tensor *like) {
  ct_error error;
  ct_tensor *t = ctl_push_tensor(L, CT_DOUBLE);
  ctl_check(L, ct_tensor_resize(t, like->dims, like->size, &error), &error);
  return t;
}

/* The address of a tensor's elements, not NULL even when there are none. */
static void *data_of(const ct_tensor *t) {
  static double nothing;
  void *data = ct_tensor_data(t);
  return data ? data : &nothing;
}

typedef struct inputs {
  ct_tensor *x, *w, *labels;
  int64_t B, C, D;
} inputs;

/* x, w and labels at stack positions 1 to 3. */
static inputs check_inputs(lua_State *L, int64_t centres) {
  inputs in = {push_as(L, 1, CT_DOUBLE), push_as(L, 2, CT_DOUBLE), push_as(L, 3, CT_LONG), 0, 0, 0};
  if (in.x->dims != 2 || in.w->dims != 2 || in.x->size[1] != in.w->size[1])
    luaL_error(L, "the reference expects x and w of two dimensions and equal width");
  in.B = in.x->size[0], in.D = in.x->size[1], in.C = in.w->size[0] / centres;
  if (in.w->size[0] % centres || ct_tensor_count(in.labels) != in.B)
    luaL_error(L, "the reference expects a label per row and all centres of each class");
  const int64_t *label = data_of(in.labels);
  for (int64_t i = 0; i < in.B; i++)
    if (label[i] < 1 || label[i] > in.C) luaL_error(L, "the reference expects labels 1..C");
  return in;
}

static void push_list(lua_State *L, int first, int count) {
  lua_createtable(L, count, 0);
  for (int k = 0; k < count; k++) {
    lua_pushvalue(L, first + k);
    lua_rawseti(L, -2, k + 1);
  }
}

/* ref_margin_loss(x, w, labels [, opts [, bias]]) -> loss, {grad_x, grad_w [, grad_bias]}, facts
 * opts: scale (64), m1 (1), m2, m3 (0), easy_margin, monotone, label_smoothing, centres,
 * similarity, reduction. */
static int ref_margin_loss(lua_State *L) {
  static const char name[] = "ref_margin_loss";
  static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};
  static const char *const reductions[] = {"mean", "mean_all", "sum", "none", NULL};
  ct_error error;
  ct_ref_facts facts;
  lua_settop(L, 5);
  ct_ref_margin o = {
      .scale = ctl_option_number(L, 4, name, "scale", 64),
      .m1 = ctl_option_number(L, 4, name, "m1", 1),
      .m2 = ctl_option_number(L, 4, name, "m2", 0),
      .m3 = ctl_option_number(L, 4, name, "m3", 0),
      .easy = ctl_option_boolean(L, 4, name, "easy_margin", false),
      .monotone = ctl_option_boolean(L, 4, name, "monotone", false),
      .smoothing = ctl_option_number(L, 4, name, "label_smoothing", 0),
      .centres = ctl_option_integer(L, 4, name, "centres", 1, 1, 1000),
      .similarity = (ct_ref_similarity)ctl_option_choice(L, 4, name, "similarity", similarities, 0),
      .reduction = (ct_ref_reduction)ctl_option_choice(L, 4, name, "reduction", reductions, 0)};
  inputs in = check_inputs(L, o.centres);
  ct_tensor *bias = lua_isnil(L, 5) ? NULL : push_as(L, 5, CT_DOUBLE);
  if (bias && ct_tensor_count(bias) != in.C) luaL_error(L, "the reference expects C biases");
  ct_tensor *losses = ctl_push_tensor(L, CT_DOUBLE);
  int at = lua_gettop(L);
  ctl_check(L, ct_tensor_resize(losses, 1, &in.B, &error), &error);
  ct_tensor *grad_x = push_like(L, in.x), *grad_w = push_like(L, in.w);
  ct_tensor *grad_b = bias ? push_like(L, bias) : NULL;
  ctl_check(L,
            ct_ref_margin_loss(&facts, data_of(losses), data_of(grad_x), data_of(grad_w),
                               bias ? data_of(grad_b) : NULL, data_of(in.x), data_of(in.labels),
                               data_of(in.w), bias ? data_of(bias) : NULL, in.B, in.C, in.D, &o,
                               &error),
            &error);
  if (o.reduction == CT_REF_NONE)
    lua_pushvalue(L, at);
  else
    lua_pushnumber(L, facts.loss);
  push_list(L, at + 1, bias ? 3 : 2);
  ctl_push_ref_facts(L, &facts);
  return 3;
}

/* ref_proxy_anchor_loss(x, w, labels [, {margin, scale}]) -> loss, {grad_x, grad_w}, facts */
static int ref_proxy_anchor_loss(lua_State *L) {
  static const char name[] = "ref_proxy_anchor_loss";
  ct_error error;
  ct_ref_facts facts;
  lua_settop(L, 4);
  double margin = ctl_option_number(L, 4, name, "margin", 0.1);
  double scale = ctl_option_number(L, 4, name, "scale", 32);
  inputs in = check_inputs(L, 1);
  int at = lua_gettop(L) + 1;
  ct_tensor *grad_x = push_like(L, in.x), *grad_w = push_like(L, in.w);
  ctl_check(L,
            ct_ref_proxy_anchor_loss(&facts, data_of(grad_x), data_of(grad_w), data_of(in.x),
                                     data_of(in.labels), data_of(in.w), in.B, in.C, in.D, margin,
                                     scale, &error),
            &error);
  lua_pushnumber(L, facts.loss);
  push_list(L, at, 2);
  ctl_push_ref_facts(L, &facts);
  return 3;
}

static const luaL_Reg functions[] = {
    {"ref_margin_loss", ref_margin_loss},
    {"ref_proxy_anchor_loss", ref_proxy_anchor_loss},
    {NULL, NULL},
};

void ctl_open_ref_class(lua_State *L) { luaL_setfuncs(L, functions, 0); }
