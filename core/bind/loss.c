/* The losses in Lua.
 *
 *   <name>_loss(x, labels [, options]) -> loss, gradient, facts
 *   <name>_loss({x, refs}, {labels, ref_labels} [, options])
 *     -> loss, {gradient_x, gradient_refs}, facts
 *     for every row of the family's table (loss/family.h)
 *   circle_class_loss({x, w}, labels [, options]) -> loss, {gradient_x, gradient_w}, facts
 *   circle_similarity_loss({s_p, s_n} [, options]) -> loss, {gradient_p, gradient_n}, facts
 *   pair_context([name]) -> context; context:forward(...), context:backward(...): the two halves,
 * for criterions. */
#include "bind/bind.h"
#include "loss/loss.h"

static const char context_name[] = "circlet.PairContext";

/* A context as Lua holds it: of one loss. */
typedef struct pair_handle {
  ct_pair_context *context;
  const ct_loss_rule *rule;
} pair_handle;

static const char *const reductions[] = {"mean", "mean_all", "sum", "none", NULL};
static const char *const aggregates[] = {"anchor", "batch", NULL};
static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};

static bool has_option(lua_State *L, int index, const char *name) {
  bool has = lua_istable(L, index) && lua_getfield(L, index, name) != LUA_TNIL;
  if (lua_istable(L, index)) lua_pop(L, 1);
  return has;
}

static const ct_loss_rule *const circle = &ct_loss_rules[ct_loss_circle];

/* The options of a loss: its own and those that all share; `streamed`: similarities are computed,
 * not given. */
static ct_loss_options check_options(lua_State *L, int index, const char *function,
                                     const ct_loss_rule *rule, bool streamed) {
  static const char *const shared[] = {"aggregate",     "reduction",  "similarity",
                                       "memory_budget", "filter_eps", NULL};
  const char *known[CT_LOSS_PARAMETERS + sizeof shared / sizeof *shared + 2] = {NULL};
  ct_loss_options o = ct_loss_defaults(rule);
  int count = 0, parameters = 0;
  for (; rule->parameters[parameters].name; parameters++)
    known[count++] = rule->parameters[parameters].name;
  if (rule->variant) known[count++] = rule->variant;
  for (int i = 0; shared[i] && (streamed || i < 2); i++) known[count++] = shared[i];
  ctl_check_option_names(L, index, function, known);
  for (int i = 0; i < parameters; i++)
    o.parameter[i] =
        ctl_option_number(L, index, function, rule->parameters[i].name, o.parameter[i]);
  if (rule->variant && rule->variants)
    o.variant = ctl_option_choice(L, index, function, rule->variant, rule->variants, o.variant);
  else if (rule->variant)
    o.variant = ctl_option_boolean(L, index, function, rule->variant, o.variant);
  o.aggregate = (ct_aggregate)ctl_option_choice(L, index, function, "aggregate", aggregates,
                                                (int)o.aggregate);
  o.reduction = (ct_reduction)ctl_option_choice(L, index, function, "reduction", reductions,
                                                (int)o.reduction);
  o.similarity = (ct_similarity)ctl_option_choice(L, index, function, "similarity", similarities,
                                                  (int)o.similarity);
  o.filter_eps = ctl_option_number(L, index, function, "filter_eps", o.filter_eps);
  if (has_option(L, index, "memory_budget")) {
    double budget = ctl_option_number(L, index, function, "memory_budget", 0);
    o.memory_budget = budget >= 0x1p62 ? INT64_MAX : budget >= 0 ? (int64_t)budget : INT64_MIN;
  }
  return o;
}

static ct_tensor *named_tensor(lua_State *L, int index, const char *function, const char *name) {
  ct_tensor *t = ctl_to_tensor(L, index);
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

static void push_facts(lua_State *L, const ct_loss_facts *f) {
  lua_createtable(L, 0, 6);
  set_count(L, "n_anchors", f->n_anchors);
  set_count(L, "n_valid", f->n_valid);
  set_count(L, "n_positive", f->n_positive);
  set_count(L, "n_negative", f->n_negative);
  set_field(L, "mean_sp", f->mean_sp);
  set_field(L, "mean_sn", f->mean_sn);
}

static ct_pair_context *push_context(lua_State *L, const ct_loss_rule *rule) {
  ct_error error;
  pair_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  *handle = (pair_handle){.rule = rule};
  luaL_setmetatable(L, context_name);
  ctl_check(L, ct_pair_context_new(&handle->context, &error), &error);
  return handle->context;
}

/* Arguments of a pair-wise call, gathered on the stack and checked to be tensors. */
typedef struct pair_call {
  const char *function;
  ct_loss_rows queries, references;
  bool self;
} pair_call;

static ct_status forward(ct_pair_context *context, const pair_call *call,
                         const ct_loss_options *options, ct_tensor *losses, ct_loss_facts *facts,
                         ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope);
  ct_status status =
      ct_pair_forward(context, call->function, &call->queries,
                      call->self ? NULL : &call->references, options, losses, facts, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

static ct_status backward(ct_pair_context *context, const char *function, double scale,
                          ct_tensor *grad_x, ct_tensor *grad_refs, ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope);
  ct_status status = ct_pair_backward(context, function, scale, grad_x, grad_refs, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

/* Loss, gradients and facts of a whole call; the context lives on the stack. */
static int run_pair(lua_State *L, const pair_call *call, const ct_loss_options *options) {
  ct_error error;
  ct_loss_facts facts;
  ct_dtype dtype = call->queries.x->dtype;
  ct_pair_context *context = push_context(L, options->rule);
  ct_tensor *losses = ctl_push_tensor(L, ct_dtype_is_real(dtype) ? dtype : CT_FLOAT);
  int losses_at = lua_gettop(L);
  ctl_check(L, forward(context, call, options, losses, &facts, &error), &error);
  ct_tensor *grad_x = ctl_push_tensor(L, dtype), *grad_refs = NULL;
  int grad_at = lua_gettop(L);
  if (!call->self) grad_refs = ctl_push_tensor(L, dtype);
  ctl_check(L, backward(context, call->function, 1, grad_x, grad_refs, &error), &error);
  if (!call->self) {
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, grad_at);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, grad_at + 1);
    lua_rawseti(L, -2, 2);
    grad_at = lua_gettop(L);
  }
  if (options->reduction == CT_NONE)
    lua_pushvalue(L, losses_at);
  else
    lua_pushnumber(L, facts.loss);
  lua_pushvalue(L, grad_at);
  push_facts(L, &facts);
  return 3;
}

static pair_call check_pair(lua_State *L, const char *function) {
  if (ctl_to_tensor(L, 1))
    return (pair_call){
        .function = function,
        .queries = {"x", "labels", ctl_to_tensor(L, 1), named_tensor(L, 2, function, "labels")},
        .self = true};
  unpack_two(L, 1, function, "the first argument", "x", "refs");
  unpack_two(L, 2, function, "labels", "labels", "ref_labels");
  int top = lua_gettop(L);
  return (pair_call){.function = function,
                     .queries = {"x", "labels", named_tensor(L, top - 3, function, "x"),
                                 named_tensor(L, top - 1, function, "labels")},
                     .references = {"refs", "ref_labels",
                                    named_tensor(L, top - 2, function, "refs"),
                                    named_tensor(L, top, function, "ref_labels")}};
}

/* The function of one row of the table, its upvalue. */
static int pair_loss(lua_State *L) {
  const ct_loss_rule *rule = lua_touserdata(L, lua_upvalueindex(1));
  lua_settop(L, 3);
  const char *function = lua_pushfstring(L, "%s_loss", rule->name);
  if (!ctl_to_tensor(L, 1) && !lua_istable(L, 1))
    luaL_error(L, "%s: x must be a tensor or a table {x, refs}, got %s", function,
               luaL_typename(L, 1));
  ct_loss_options options = check_options(L, 3, function, rule, true);
  pair_call call = check_pair(L, function);
  return run_pair(L, &call, &options);
}

static int circle_class_loss(lua_State *L) {
  static const char function[] = "circle_class_loss";
  lua_settop(L, 3);
  ct_loss_options options = check_options(L, 3, function, circle, true);
  ct_tensor *labels = named_tensor(L, 2, function, "labels");
  unpack_two(L, 1, function, "the first argument", "x", "w");
  pair_call call = {.function = function,
                    .queries = {"x", "labels", named_tensor(L, 4, function, "x"), labels},
                    .references = {"w", NULL, named_tensor(L, 5, function, "w"), NULL}};
  return run_pair(L, &call, &options);
}

static int circle_similarity_loss(lua_State *L) {
  static const char function[] = "circle_similarity_loss";
  ct_error error;
  ct_loss_facts facts;
  lua_settop(L, 2);
  ct_loss_options options = check_options(L, 2, function, circle, false);
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
  push_facts(L, &facts);
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
 * context:forward(function, options, x, labels, refs, ref_labels) against references; ref_labels
 * nil: refs are the classes 1..C. Returns the reduced loss (for "none": a tensor) and the facts. */
static int context_forward(lua_State *L) {
  ct_error error;
  ct_loss_facts facts;
  const pair_handle *handle = check_context(L);
  const char *function = luaL_checkstring(L, 2);
  lua_settop(L, 7);
  ct_loss_options options = check_options(L, 3, function, handle->rule, true);
  pair_call call = {.function = function,
                    .queries = {"input", "target", named_tensor(L, 4, function, "input"),
                                named_tensor(L, 5, function, "target")},
                    .self = lua_isnil(L, 6)};
  if (!call.self)
    call.references = (ct_loss_rows){
        "the references", "the references' labels", named_tensor(L, 6, function, "the references"),
        lua_isnil(L, 7) ? NULL : named_tensor(L, 7, function, "the references' labels")};
  ct_dtype dtype = call.queries.x->dtype;
  ct_tensor *losses = ctl_push_tensor(L, ct_dtype_is_real(dtype) ? dtype : CT_FLOAT);
  ctl_check(L, forward(handle->context, &call, &options, losses, &facts, &error), &error);
  if (options.reduction != CT_NONE) lua_pushnumber(L, facts.loss);
  push_facts(L, &facts);
  return 2;
}

/* context:backward(function, scale, grad_x [, grad_refs]): the gradients of the last forward. */
static int context_backward(lua_State *L) {
  ct_error error;
  ct_pair_context *context = check_context(L)->context;
  const char *function = luaL_checkstring(L, 2);
  double scale = luaL_checknumber(L, 3);
  ct_tensor *grad_x = ctl_opt_tensor(L, 4), *grad_refs = ctl_opt_tensor(L, 5);
  ctl_check(L, backward(context, function, scale, grad_x, grad_refs, &error), &error);
  return 0;
}

static const luaL_Reg context_methods[] = {
    {"forward", context_forward},
    {"backward", context_backward},
    {NULL, NULL},
};

static const luaL_Reg loss_functions[] = {
    {"circle_class_loss", circle_class_loss},
    {"circle_similarity_loss", circle_similarity_loss},
    {"pair_context", new_context},
    {NULL, NULL},
};

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
    lua_pushlightuserdata(L, (void *)&ct_loss_rules[i]);
    lua_pushcclosure(L, pair_loss, 1);
    lua_pushfstring(L, "%s_loss", ct_loss_rules[i].name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
  }
}
