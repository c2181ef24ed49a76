/* The losses in Lua.
 *
 *   <name>_loss(x, labels [, options]) -> loss, gradient, facts
 *   <name>_loss({x, refs}, {labels, ref_labels} [, options])
 *     -> loss, {gradient_x, gradient_refs}, facts
 *     for every row of the family's table (loss/family.h)
 *   circle_class_loss, margin_loss, proxy_anchor_loss({x, w [, bias]}, labels [, options])
 *     -> loss, {gradient_x, gradient_w [, gradient_bias]}, facts
 *   circle_similarity_loss({s_p, s_n} [, options]) -> loss, {gradient_p, gradient_n}, facts
 *   pair_context([name]) -> context; context:forward(...), context:backward(...): the two halves,
 * for criterions. */
#include "bind/loss.h"

static const char context_name[] = "circlet.PairContext";

/* A context as Lua holds it: of one loss. */
typedef struct pair_handle {
  ct_pair_context *context;
  const ct_loss_rule *rule;
  bool swapped; /* of the last forward, as in pair_call */
} pair_handle;

static const ct_loss_rule *const circle = &ct_loss_rules[ct_loss_circle];

static ct_tensor *named_tensor(lua_State *L, int index, const char *function, const char *name) {
  ct_tensor *t = ctl_to_any_tensor(L, index);
  if (!t) luaL_error(L, "%s: %s must be a tensor, got %s", function, name, luaL_typename(L, index));
  return t;
}

/* Replaces the table of two tensors at `index` by its entries, pushed on top. */
static void unpack_two(lua_State *L, int index, const char *function, const char *what,
                       const char *first, const char *second) {
  if (!lua_istable(L, index) || luaL_len(L, index) != 2)
    luaL_error(L, "%s: %s must be a table {%s, %s}", function, what, first, second);
  lua_geti(L, index, 1);
  lua_geti(L, index, 2);
}

static void set_field(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void set_count(lua_State *L, const char *name, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

/* Leaves a field out that has no meaning. */
static void set_known(lua_State *L, const char *name, double value) {
  if (value == value) set_field(L, name, value);
}

static void set_bins(lua_State *L, const char *name, const int64_t *bins) {
  lua_createtable(L, CT_DIAGNOSIS_BINS, 0);
  for (int b = 0; b < CT_DIAGNOSIS_BINS; b++) {
    lua_pushinteger(L, bins[b]);
    lua_rawseti(L, -2, b + 1);
  }
  lua_setfield(L, -2, name);
}

/* Adds what the context noted, if anything, to the table on top. */
static void set_diagnosis(lua_State *L, const ct_pair_context *context) {
  ct_loss_diagnosis d;
  if (!context || !ct_pair_diagnosis_of(context, &d)) return;
  set_bins(L, "histogram_sp", d.bins[CT_POSITIVE]);
  set_bins(L, "histogram_sn", d.bins[CT_NEGATIVE]);
  set_known(L, "mean_alpha_p", d.mean_alpha[CT_POSITIVE]);
  set_known(L, "mean_alpha_n", d.mean_alpha[CT_NEGATIVE]);
  set_known(L, "past_boundary", d.past_boundary);
  set_known(L, "effective_positives", d.effective[CT_POSITIVE]);
  set_known(L, "effective_negatives", d.effective[CT_NEGATIVE]);
  set_known(L, "gradient_norm", d.gradient_norm);
}

/* context: what may have noted more; NULL: nothing did. */
static void push_facts(lua_State *L, const ct_loss_facts *f, const ct_pair_context *context) {
  lua_createtable(L, 0, 9);
  set_count(L, "n_without_positive", f->n_without_positive);
  set_count(L, "n_without_negative", f->n_without_negative);
  set_count(L, "n_anchors", f->n_anchors);
  set_count(L, "n_valid", f->n_valid);
  set_count(L, "n_positive", f->n_positive);
  set_count(L, "n_negative", f->n_negative);
  set_count(L, "n_nonzero", f->n_nonzero);
  set_field(L, "mean_sp", f->mean_sp);
  set_field(L, "mean_sn", f->mean_sn);
  set_diagnosis(L, context);
}

static ct_pair_context *push_context(lua_State *L, const ct_loss_rule *rule) {
  ct_error error;
  pair_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  *handle = (pair_handle){.rule = rule};
  luaL_setmetatable(L, context_name);
  ctl_check(L, ct_pair_context_new(&handle->context, &error), &error);
  return handle->context;
}

/* Arguments of a call, gathered on the stack and checked to be tensors. */
typedef struct pair_call {
  const char *function;
  ct_loss_rows queries, references;
  bool self;
  bool swapped; /* the references are what the caller names first */
} pair_call;

static ct_status forward(ct_pair_context *context, const pair_call *call,
                         const ct_loss_options *options, ct_tensor *losses, ct_loss_facts *facts,
                         ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, true);
  ct_status status =
      ct_pair_forward(context, call->function, &call->queries,
                      call->self ? NULL : &call->references, options, losses, facts, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

static ct_status backward(ct_pair_context *context, const char *function, double scale,
                          ct_tensor *grad_x, ct_tensor *grad_refs, ct_tensor *grad_bias,
                          ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, true);
  ct_status status =
      ct_pair_backward(context, function, scale, grad_x, grad_refs, grad_bias, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

/* Loss, gradients and facts of a whole call. The context, which is larger than its gradient, ends
 * with it: left to the collector, every call would have fresh pages to make its own. */
static int run_pair(lua_State *L, const pair_call *call, const ct_loss_options *options) {
  ct_error error;
  ct_loss_facts facts;
  ct_dtype dtype = call->queries.x->dtype;
  ct_pair_context *context = push_context(L, options->rule);
  lua_toclose(L, -1);
  ct_tensor *losses = ctl_push_tensor(L, ct_dtype_is_real(dtype) ? dtype : CT_FLOAT);
  int losses_at = lua_gettop(L);
  ctl_check(L, forward(context, call, options, losses, &facts, &error), &error);
  ct_tensor *gradient[3] = {NULL};
  int grad_at = lua_gettop(L) + 1, count = call->self ? 1 : call->references.bias ? 3 : 2;
  for (int k = 0; k < count; k++) gradient[k] = ctl_push_tensor(L, dtype);
  ctl_check(L,
            backward(context, call->function, 1, gradient[call->swapped], gradient[!call->swapped],
                     gradient[2], &error),
            &error);
  if (!call->self) {
    lua_createtable(L, count, 0);
    for (int k = 0; k < count; k++) {
      lua_pushvalue(L, grad_at + k);
      lua_rawseti(L, -2, k + 1);
    }
    grad_at = lua_gettop(L);
  }
  if (options->reduction == CT_NONE)
    lua_pushvalue(L, losses_at);
  else
    lua_pushnumber(L, facts.loss);
  lua_pushvalue(L, grad_at);
  push_facts(L, &facts, context);
  return 3;
}

static pair_call check_pair(lua_State *L, const char *function) {
  if (ctl_to_any_tensor(L, 1))
    return (pair_call){.function = function,
                       .queries = {.x_name = "x",
                                   .labels_name = "labels",
                                   .x = ctl_to_any_tensor(L, 1),
                                   .labels = named_tensor(L, 2, function, "labels")},
                       .self = true};
  unpack_two(L, 1, function, "the first argument", "x", "refs");
  unpack_two(L, 2, function, "labels", "labels", "ref_labels");
  int top = lua_gettop(L);
  return (pair_call){.function = function,
                     .queries = {.x_name = "x",
                                 .labels_name = "labels",
                                 .x = named_tensor(L, top - 3, function, "x"),
                                 .labels = named_tensor(L, top - 1, function, "labels")},
                     .references = {.x_name = "refs",
                                    .labels_name = "ref_labels",
                                    .x = named_tensor(L, top - 2, function, "refs"),
                                    .labels = named_tensor(L, top, function, "ref_labels")}};
}

/* The function of one row of the table, its upvalue. */
static int pair_loss(lua_State *L) {
  const ct_loss_rule *rule = lua_touserdata(L, lua_upvalueindex(1));
  lua_settop(L, 3);
  const char *function = lua_pushfstring(L, "%s_loss", rule->name);
  if (!ctl_to_any_tensor(L, 1) && !lua_istable(L, 1))
    luaL_error(L, "%s: x must be a tensor or a table {x, refs}, got %s", function,
               luaL_typename(L, 1));
  ct_loss_options options = ctl_loss_options(L, 3, function, rule, CTL_PAIRS);
  pair_call call = check_pair(L, function);
  return run_pair(L, &call, &options);
}

/* A call with class vectors, whose names are for messages: rows against vectors, or for
 * proxy-anchor vectors against rows. `bias` may be nil or none. */
static pair_call class_call(lua_State *L, const char *function, const ct_loss_rule *rule,
                            int64_t centres, const ct_loss_rows *rows, const char *name, int w,
                            int bias) {
  ct_loss_rows classes = {.x_name = name,
                          .x = named_tensor(L, w, function, name),
                          .centres = centres,
                          .bias = lua_isnoneornil(L, bias) ? NULL : ctl_check_any_tensor(L, bias)};
  bool proxies = rule == &ct_loss_rules[ct_loss_proxy_anchor];
  return (pair_call){.function = function,
                     .queries = proxies ? classes : *rows,
                     .references = proxies ? *rows : classes,
                     .swapped = proxies};
}

/* The class-level function of one row of the table, its upvalue; the next one is its name. */
static int class_loss(lua_State *L) {
  const ct_loss_rule *rule = lua_touserdata(L, lua_upvalueindex(1));
  const char *function = lua_tostring(L, lua_upvalueindex(2));
  lua_settop(L, 3);
  ct_loss_options options = ctl_loss_options(L, 3, function, rule, CTL_CLASSES);
  int64_t centres = ctl_loss_centres(L, 3, function);
  ct_tensor *labels = named_tensor(L, 2, function, "labels");
  bool biased = rule->target && lua_istable(L, 1) && luaL_len(L, 1) == 3;
  if (biased) {
    lua_geti(L, 1, 3);
    named_tensor(L, -1, function, "bias");
    lua_replace(L, 3);
    lua_geti(L, 1, 1);
    lua_geti(L, 1, 2);
  } else {
    unpack_two(L, 1, function, "the first argument", "x", "w");
  }
  ct_loss_rows rows = {.x_name = "x",
                       .labels_name = "labels",
                       .x = named_tensor(L, 4, function, "x"),
                       .labels = labels};
  pair_call call = class_call(L, function, rule, centres, &rows, "w", 5, biased ? 3 : 6);
  return run_pair(L, &call, &options);
}

static int circle_similarity_loss(lua_State *L) {
  static const char function[] = "circle_similarity_loss";
  ct_error error;
  ct_loss_facts facts;
  lua_settop(L, 2);
  ct_loss_options options = ctl_loss_options(L, 2, function, circle, CTL_GIVEN);
  unpack_two(L, 1, function, "the first argument", "s_p", "s_n");
  ct_tensor *s_p = named_tensor(L, 3, function, "s_p"), *s_n = named_tensor(L, 4, function, "s_n");
  ct_dtype dtype = ct_dtype_is_real(s_p->dtype) ? s_p->dtype : CT_FLOAT;
  ct_tensor *losses = ctl_push_tensor(L, dtype);
  lua_createtable(L, 2, 0);
  ct_tensor *gradient[2];
  for (int i = 0; i < 2; i++) {
    gradient[i] = ctl_push_tensor(L, dtype);
    lua_rawseti(L, 6, i + 1);
  }
  ctl_check(L,
            ct_similarity_loss(function, s_p, s_n, &options, 1, losses, gradient[0], gradient[1],
                               &facts, &error),
            &error);
  if (options.reduction == CT_NONE)
    lua_pushvalue(L, 5);
  else
    lua_pushnumber(L, facts.loss);
  lua_pushvalue(L, 6);
  push_facts(L, &facts, NULL);
  return 3;
}

static pair_handle *check_context(lua_State *L) { return luaL_checkudata(L, 1, context_name); }

static int new_context(lua_State *L) {
  const char *name = luaL_optstring(L, 1, circle->name);
  const ct_loss_rule *rule = ct_loss_rule_named(name);
  if (!rule) luaL_error(L, "pair_context: there is no loss %s", name);
  push_context(L, rule);
  return 1;
}

static int context_gc(lua_State *L) {
  pair_handle *handle = lua_touserdata(L, 1);
  ct_pair_context_free(handle->context);
  handle->context = NULL;
  return 0;
}

/* context:forward(function, options, x, labels) against itself,
 * context:forward(function, options, x, labels, refs, ref_labels) against references,
 * context:forward(function, options, x, labels, w, nil [, bias]) against the classes 1..C.
 * Returns the reduced loss (for "none": a tensor) and the facts. */
static int context_forward(lua_State *L) {
  ct_error error;
  ct_loss_facts facts;
  pair_handle *handle = check_context(L);
  const char *function = luaL_checkstring(L, 2);
  lua_settop(L, 8);
  bool self = lua_isnil(L, 6), classes = !self && lua_isnil(L, 7);
  ct_loss_options options =
      ctl_loss_options(L, 3, function, handle->rule, classes ? CTL_CLASSES : CTL_PAIRS);
  ct_loss_rows rows = {.x_name = "input",
                       .labels_name = "target",
                       .x = named_tensor(L, 4, function, "input"),
                       .labels = named_tensor(L, 5, function, "target")};
  pair_call call = {.function = function, .queries = rows, .self = self};
  if (classes)
    call = class_call(L, function, handle->rule, ctl_loss_centres(L, 3, function), &rows, "weight",
                      6, 8);
  else if (!self)
    call.references =
        (ct_loss_rows){.x_name = "the references",
                       .labels_name = "the references' labels",
                       .x = named_tensor(L, 6, function, "the references"),
                       .labels = named_tensor(L, 7, function, "the references' labels")};
  ct_dtype dtype = call.queries.x->dtype;
  ct_tensor *losses = ctl_push_tensor(L, ct_dtype_is_real(dtype) ? dtype : CT_FLOAT);
  ctl_check(L, forward(handle->context, &call, &options, losses, &facts, &error), &error);
  handle->swapped = call.swapped;
  if (options.reduction != CT_NONE) lua_pushnumber(L, facts.loss);
  push_facts(L, &facts, handle->context);
  return 2;
}

static ct_tensor *opt_any(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? NULL : ctl_check_any_tensor(L, index);
}

/* context:backward(function, scale, grad_x [, grad_refs [, grad_bias]]): the gradients of the last
 * forward. */
static int context_backward(lua_State *L) {
  ct_error error;
  const pair_handle *handle = check_context(L);
  const char *function = luaL_checkstring(L, 2);
  double scale = luaL_checknumber(L, 3);
  ct_tensor *const to[2] = {opt_any(L, 4), opt_any(L, 5)};
  ctl_check(L,
            backward(handle->context, function, scale, to[handle->swapped], to[!handle->swapped],
                     opt_any(L, 6), &error),
            &error);
  return 0;
}

/* context:diagnose(facts) -> facts, with what the last passes noted added to the table. */
static int context_diagnose(lua_State *L) {
  const pair_handle *handle = check_context(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  set_diagnosis(L, handle->context);
  return 1;
}

static const luaL_Reg context_methods[] = {
    {"diagnose", context_diagnose},
    {"forward", context_forward},
    {"backward", context_backward},
    {NULL, NULL},
};

static const luaL_Reg loss_functions[] = {
    {"circle_similarity_loss", circle_similarity_loss},
    {"pair_context", new_context},
    {NULL, NULL},
};

/* Into the module: `function` of a row of the table, under a name made of the row's. */
static void push_function(lua_State *L, const ct_loss_rule *rule, lua_CFunction function,
                          const char *name) {
  lua_pushfstring(L, name, rule->name);
  lua_pushlightuserdata(L, (void *)rule);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, function, 2);
  lua_rawset(L, -3);
}

void ctl_open_loss(lua_State *L) {
  luaL_newmetatable(L, context_name);
  lua_pushcfunction(L, context_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, context_gc);
  lua_setfield(L, -2, "__close");
  luaL_newlib(L, context_methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, loss_functions, 0);
  for (int i = 0; i < CT_LOSSES; i++) {
    const ct_loss_rule *rule = &ct_loss_rules[i];
    if (!rule->classes) push_function(L, rule, pair_loss, "%s_loss");
    if (rule->classes) push_function(L, rule, class_loss, "%s_loss");
    if (rule == circle) push_function(L, rule, class_loss, "%s_class_loss");
  }
}
