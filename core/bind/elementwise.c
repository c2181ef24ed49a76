/* Elementwise maths, one row per function: its calling forms, how its arguments reach the core, the
 * operation. A row is a method that works in place, x:exp(), and a function that makes a new
 * tensor, circlet.exp(x); both take a result in front. Comparisons make a new ByteTensor either
 * way. */
#include "bind/bind.h"
#include "ops/elementwise.h"

typedef struct row {
  const char *name, *forms;
  ct_status (*run)(lua_State *L, const struct row *f, int at, const ctl_call *call, ct_tensor *r,
                   ct_error *error); /* `at`: stack index of the first argument */
  int op;
} row;

static ct_status run_unary(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                           ct_error *error) {
  (void)call;
  return ct_elementwise_unary(f->name, (ct_unary)f->op, r, ctl_to_any_tensor(L, at), error);
}

static ct_status run_binary(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                            ct_error *error) {
  const ct_tensor *a = ctl_to_any_tensor(L, at), *b = ctl_to_any_tensor(L, at + 1);
  ct_binary op = (ct_binary)f->op;
  if (ctl_is_form(call, "TT")) return ct_elementwise_binary(f->name, op, r, a, b, error);
  if (ctl_is_form(call, "NT"))
    return ct_elementwise_number(f->name, op, r, b, ctl_check_scalar(L, at), true, error);
  return ct_elementwise_number(f->name, op, r, a, ctl_check_scalar(L, at + 1), false, error);
}

/* add and csub: "TN" and "TT" like the others, "TNT" with a factor for the second tensor. */
static ct_status run_add(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                         ct_error *error) {
  if (!ctl_is_form(call, "TNT")) return run_binary(L, f, at, call, r, error);
  const ct_tensor *input[] = {ctl_to_any_tensor(L, at), ctl_to_any_tensor(L, at + 2)};
  ct_scalar v = ctl_check_scalar(L, at + 1);
  if (f->op == CT_SUB) v = (ct_scalar){-v.d, (int64_t)(0 - (uint64_t)v.i)};
  return ct_elementwise_scaled(f->name, CT_ADD_SCALED, r, input, v, v, error);
}

/* addcmul and addcdiv: "TTT", or "TNTT" with a factor. */
static ct_status run_addc(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                          ct_error *error) {
  bool factor = ctl_is_form(call, "TNTT");
  const ct_tensor *input[] = {ctl_to_any_tensor(L, at), ctl_to_any_tensor(L, at + 1 + factor),
                              ctl_to_any_tensor(L, at + 2 + factor)};
  ct_scalar v = factor ? ctl_check_scalar(L, at + 1) : ct_scalar_of(1);
  return ct_elementwise_scaled(f->name, (ct_scaled)f->op, r, input, v, v, error);
}

static ct_status run_lerp(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                          ct_error *error) {
  (void)call;
  const ct_tensor *input[] = {ctl_to_any_tensor(L, at), ctl_to_any_tensor(L, at + 1)};
  ct_scalar v = ctl_check_scalar(L, at + 2);
  return ct_elementwise_scaled(f->name, CT_LERP, r, input, v, v, error);
}

static ct_status run_clamp(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                           ct_error *error) {
  (void)call;
  const ct_tensor *a = ctl_to_any_tensor(L, at);
  ct_scalar low = ctl_check_scalar(L, at + 1), high = ctl_check_scalar(L, at + 2);
  return ct_elementwise_scaled(f->name, CT_CLAMP, r, &a, low, high, error);
}

static ct_status run_compare(lua_State *L, const row *f, int at, const ctl_call *call, ct_tensor *r,
                             ct_error *error) {
  const ct_tensor *a = ctl_to_any_tensor(L, at), *b = ctl_to_any_tensor(L, at + 1);
  ct_compare op = (ct_compare)f->op;
  if (ctl_is_form(call, "TT")) return ct_elementwise_compare(f->name, op, r, a, b, error);
  return ct_elementwise_compare_number(f->name, op, r, a, ctl_check_scalar(L, at + 1), error);
}

static const row rows[] = {
    {"abs", "T", run_unary, CT_ABS},
    {"neg", "T", run_unary, CT_NEG},
    {"sign", "T", run_unary, CT_SIGN},
    {"ceil", "T", run_unary, CT_CEIL},
    {"floor", "T", run_unary, CT_FLOOR},
    {"round", "T", run_unary, CT_ROUND},
    {"trunc", "T", run_unary, CT_TRUNC},
    {"frac", "T", run_unary, CT_FRAC},
    {"sqrt", "T", run_unary, CT_SQRT},
    {"rsqrt", "T", run_unary, CT_RSQRT},
    {"cinv", "T", run_unary, CT_CINV},
    {"exp", "T", run_unary, CT_EXP},
    {"log", "T", run_unary, CT_LOG},
    {"log1p", "T", run_unary, CT_LOG1P},
    {"sin", "T", run_unary, CT_SIN},
    {"cos", "T", run_unary, CT_COS},
    {"tan", "T", run_unary, CT_TAN},
    {"asin", "T", run_unary, CT_ASIN},
    {"acos", "T", run_unary, CT_ACOS},
    {"atan", "T", run_unary, CT_ATAN},
    {"sinh", "T", run_unary, CT_SINH},
    {"cosh", "T", run_unary, CT_COSH},
    {"tanh", "T", run_unary, CT_TANH},
    {"sigmoid", "T", run_unary, CT_SIGMOID},
    {"add", "TN|TT|TNT", run_add, CT_ADD},
    {"csub", "TN|TT|TNT", run_add, CT_SUB},
    {"mul", "TN", run_binary, CT_MUL},
    {"div", "TN", run_binary, CT_DIV},
    {"fmod", "TN", run_binary, CT_FMOD},
    {"remainder", "TN", run_binary, CT_REMAINDER},
    {"pow", "TN|NT", run_binary, CT_POW},
    {"cmul", "TT", run_binary, CT_MUL},
    {"cdiv", "TT", run_binary, CT_DIV},
    {"cfmod", "TT", run_binary, CT_FMOD},
    {"cremainder", "TT", run_binary, CT_REMAINDER},
    {"cpow", "TT", run_binary, CT_POW},
    {"atan2", "TT", run_binary, CT_ATAN2},
    {"cmax", "TT|TN", run_binary, CT_MAX},
    {"cmin", "TT|TN", run_binary, CT_MIN},
    {"addcmul", "TTT|TNTT", run_addc, CT_ADDCMUL},
    {"addcdiv", "TTT|TNTT", run_addc, CT_ADDCDIV},
    {"lerp", "TTN", run_lerp, CT_LERP},
    {"clamp", "TNN", run_clamp, CT_CLAMP},
    {"lt", "TN|TT", run_compare, CT_LT},
    {"le", "TN|TT", run_compare, CT_LE},
    {"gt", "TN|TT", run_compare, CT_GT},
    {"ge", "TN|TT", run_compare, CT_GE},
    {"eq", "TN|TT", run_compare, CT_EQ},
    {"ne", "TN|TT", run_compare, CT_NE},
};

static int call_row(lua_State *L) {
  ct_error error;
  const row *f = lua_touserdata(L, lua_upvalueindex(1));
  bool compares = f->run == run_compare;
  ctl_place place = compares ? CTL_FRESH : (ctl_place)lua_tointeger(L, lua_upvalueindex(2));
  int top = lua_gettop(L);
  ctl_call call = ctl_match_any(L, f->name, f->forms, place);
  if (compares && call.result > top) { /* a fresh result is a ByteTensor */
    ct_dtype compared = ctl_check_any_tensor(L, call.first)->dtype;
    ctl_push_tensor(L, ct_dtype_of_masks(compared));
    lua_replace(L, call.result);
  }
  ct_tensor *r = ctl_to_any_tensor(L, call.result);
  if (!r) luaL_argerror(L, 1, "a tensor expected to hold the result");
  const ct_tensor *a = ctl_to_any_tensor(L, call.first); /* or a number that stands before one */
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, ct_tensor_count(a ? a : ctl_to_any_tensor(L, call.first + 1)) >
                                  CTL_MANY_ELEMENTS);
  ct_status status = f->run(L, f, call.first, &call, r, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return(L, &call, status, &error);
}

static void set_row(lua_State *L, int table, const row *f, ctl_place place) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)f);
  lua_pushinteger(L, place);
  lua_pushcclosure(L, call_row, 2);
  lua_setfield(L, table, f->name);
}

void ctl_open_elementwise(lua_State *L, int methods) {
  int module = lua_gettop(L);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    set_row(L, module, &rows[i], CTL_FRESH);
    set_row(L, methods, &rows[i], CTL_IN_PLACE);
  }
}
