/* From a table of options to those of a loss. */
#include "bind/loss.h"
#include "loss/margin.h"
#include "loss/presets.h"

static const char *const reductions[] = {"mean", "mean_all", "sum", "none", "mean_nonzero", NULL};
static const char *const aggregates[] = {"anchor", "batch", NULL};
static const char *const precisions[] = {"fp32", "tf32", "bf16", NULL};
static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};
static const char *const positives[] = {"equal", "shared", "soft", NULL};

static bool has_option(lua_State *L, int index, const char *name) {
  bool has = lua_istable(L, index) && lua_getfield(L, index, name) != LUA_TNIL;
  if (lua_istable(L, index)) lua_pop(L, 1);
  return has;
}

/* The tensor that is option `name` of the table, which keeps it. */
static const ct_tensor *option_tensor(lua_State *L, int index, const char *function,
                                      const char *name) {
  lua_getfield(L, index, name);
  const ct_tensor *t = ctl_to_any_tensor(L, -1);
  if (!t)
    luaL_error(L, "%s: option %s must be a tensor, got %s", function, name, luaL_typename(L, -1));
  lua_pop(L, 1);
  return t;
}

/* A parameter of the loss: a number (a boolean for a flag), a tensor with a number for each anchor,
 * or { by_label = tensor }. */
static void read_parameter(lua_State *L, int index, const char *function, ct_loss_options *o,
                           int which, const char *name) {
  if (o->rule->parameters[which].range == CT_FLAG) {
    o->parameter[which] = ctl_option_boolean(L, index, function, name, o->parameter[which] != 0);
    return;
  }
  int type = lua_istable(L, index) ? lua_getfield(L, index, name) : LUA_TNIL;
  ct_own_parameter own = {NULL, type == LUA_TTABLE};
  if (type == LUA_TTABLE) {
    if (!has_option(L, lua_gettop(L), "by_label"))
      luaL_error(L, "%s: option %s must be a number, a tensor or { by_label = tensor }", function,
                 name);
    own.values = option_tensor(L, lua_gettop(L), function, "by_label");
  } else if (type == LUA_TUSERDATA) {
    own.values = ctl_to_any_tensor(L, -1);
  }
  if (lua_istable(L, index)) lua_pop(L, 1);
  if (own.values)
    o->own[which] = own;
  else
    o->parameter[which] = ctl_option_number(L, index, function, name, o->parameter[which]);
}

/* The options that losses share. */
static void read_shared(lua_State *L, int index, const char *function, ct_loss_options *o) {
  o->aggregate = (ct_aggregate)ctl_option_choice(L, index, function, "aggregate", aggregates,
                                                 (int)o->aggregate);
  o->reduction = (ct_reduction)ctl_option_choice(L, index, function, "reduction", reductions,
                                                 (int)o->reduction);
  o->similarity = (ct_similarity)ctl_option_choice(L, index, function, "similarity", similarities,
                                                   (int)o->similarity);
  o->precision = (ct_precision)ctl_option_choice(L, index, function, "precision", precisions,
                                                 (int)o->precision);
  o->diagnostics = ctl_option_boolean(L, index, function, "diagnostics", o->diagnostics);
  o->filter_eps = ctl_option_number(L, index, function, "filter_eps", o->filter_eps);
  if (has_option(L, index, "ignore_label")) {
    o->ignores = true;
    o->ignore_label =
        ctl_option_integer(L, index, function, "ignore_label", 0, -(1LL << 53), 1LL << 53);
  }
  if (has_option(L, index, "weights")) o->weights = option_tensor(L, index, function, "weights");
  if (has_option(L, index, "pair_weights"))
    o->pair_weights = option_tensor(L, index, function, "pair_weights");
  o->positives = (ct_positives)ctl_option_choice(L, index, function, "positives", positives,
                                                 (int)o->positives);
  if (has_option(L, index, "hardest_negatives"))
    o->hardest_negatives =
        ctl_option_integer(L, index, function, "hardest_negatives", 0, 1, 1LL << 53);
  if (has_option(L, index, "memory_budget")) {
    double budget = ctl_option_number(L, index, function, "memory_budget", 0);
    o->memory_budget = budget >= 0x1p62 ? INT64_MAX : budget >= 0 ? (int64_t)budget : INT64_MIN;
  }
}

/* A preset's values, the names of the formula, and `margin` for the preset's own. */
static ct_loss_options margin_options(lua_State *L, int index, const char *function,
                                      const ct_loss_rule *rule) {
  static const char *const known[] = {"preset",
                                      "scale",
                                      "margin",
                                      "m1",
                                      "m2",
                                      "m3",
                                      "easy_margin",
                                      "monotone",
                                      "label_smoothing",
                                      "centres",
                                      "similarity",
                                      "reduction",
                                      "memory_budget",
                                      "filter_eps",
                                      "ignore_label",
                                      "weights",
                                      "diagnostics",
                                      "precision",
                                      "hardest_negatives",
                                      NULL};
  ct_loss_options o = ct_loss_defaults(rule);
  ctl_check_option_names(L, index, function, known);
  const ct_margin_preset *preset = NULL;
  if (has_option(L, index, "preset"))
    preset = ct_margin_preset_at(
        ctl_option_choice(L, index, function, "preset", ct_margin_preset_names, 0));
  for (int i = 0; preset && i <= CT_MARGIN_M3; i++) o.parameter[i] = preset->parameter[i];
  if (preset) o.similarity = preset->similarity;
  if (has_option(L, index, "margin")) {
    if (!preset || preset->margin < 0)
      luaL_error(L, "%s: option margin is that of a preset that has one; otherwise m1, m2, m3",
                 function);
    read_parameter(L, index, function, &o, preset->margin, "margin");
  }
  for (int i = 0; i <= CT_MARGIN_SMOOTHING; i++)
    read_parameter(L, index, function, &o, i, rule->parameters[i].name);
  bool monotone = (int)o.parameter[CT_MARGIN_BEYOND] & CT_MARGIN_MONOTONE;
  monotone = ctl_option_boolean(L, index, function, "monotone", monotone);
  bool easy = ctl_option_boolean(L, index, function, "easy_margin", false);
  o.parameter[CT_MARGIN_BEYOND] = (monotone ? CT_MARGIN_MONOTONE : 0) + (easy ? CT_MARGIN_EASY : 0);
  read_shared(L, index, function, &o);
  return o;
}

/* Means over proxies by definition. */
static ct_loss_options proxy_options(lua_State *L, int index, const char *function,
                                     const ct_loss_rule *rule) {
  static const char *const known[] = {"margin",        "scale",      "similarity",
                                      "memory_budget", "filter_eps", "ignore_label",
                                      "diagnostics",   "precision",  NULL};
  ct_loss_options o = ct_loss_defaults(rule);
  ctl_check_option_names(L, index, function, known);
  for (int i = 0; rule->parameters[i].name; i++)
    o.parameter[i] =
        ctl_option_number(L, index, function, rule->parameters[i].name, o.parameter[i]);
  read_shared(L, index, function, &o);
  return o;
}

ct_loss_options ctl_loss_options(lua_State *L, int index, const char *function,
                                 const ct_loss_rule *rule, ctl_loss_form form) {
  static const char *const shared[] = {"aggregate",     "reduction",   "similarity",
                                       "memory_budget", "filter_eps",  "ignore_label",
                                       "weights",       "diagnostics", "hardest_negatives",
                                       "pair_weights",  "precision",   NULL};
  if (rule == &ct_loss_rules[ct_loss_margin]) return margin_options(L, index, function, rule);
  if (rule == &ct_loss_rules[ct_loss_proxy_anchor]) return proxy_options(L, index, function, rule);
  const char *known[CT_LOSS_PARAMETERS + sizeof shared / sizeof *shared + 3] = {NULL};
  ct_loss_options o = ct_loss_defaults(rule);
  int count = 0, parameters = 0;
  for (; rule->parameters[parameters].name; parameters++)
    known[count++] = rule->parameters[parameters].name;
  if (rule->variant) known[count++] = rule->variant;
  if (form == CTL_CLASSES) known[count++] = "centres";
  if (form == CTL_PAIRS) known[count++] = "positives";
  for (int i = 0; shared[i] && (form != CTL_GIVEN || i < 2); i++) known[count++] = shared[i];
  ctl_check_option_names(L, index, function, known);
  for (int i = 0; i < parameters; i++) {
    if (form != CTL_GIVEN)
      read_parameter(L, index, function, &o, i, rule->parameters[i].name);
    else
      o.parameter[i] =
          ctl_option_number(L, index, function, rule->parameters[i].name, o.parameter[i]);
  }
  if (rule->variant && rule->variants)
    o.variant = ctl_option_choice(L, index, function, rule->variant, rule->variants, o.variant);
  else if (rule->variant)
    o.variant = ctl_option_boolean(L, index, function, rule->variant, o.variant);
  read_shared(L, index, function, &o);
  return o;
}

int64_t ctl_loss_centres(lua_State *L, int index, const char *function) {
  return ctl_option_integer(L, index, function, "centres", 1, 1, CT_MOST_CENTRES);
}
