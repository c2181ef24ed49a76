/* Elementwise maths: one row per function. Each is a method that works in place, x:exp(), and a
 * function that makes a new tensor, circlet.exp(x); both take a result in front. */
#include "bind/bind.h"
#include "ops/elementwise.h"

typedef struct row {
  const char *name, *forms;
  ct_status (*run)(lua_State *L, const struct row *row, const ctl_call *call, ct_error *error);
  int op;
} row;

static ct_tensor *result_of(lua_State *L, const ctl_call *call) {
  return ctl_to_tensor(L, call->result);
}

static ct_status run_unary(lua_State *L, const row *f, const ctl_call *call, ct_error *error) {
  const ct_tensor *a = ctl_to_tensor(L, call->first);
  return ct_elementwise_unary(f->name, (ct_unary)f->op, result_of(L, call), a, error);
}

static const row rows[] = {
    {"abs", "T", run_unary, CT_ABS},     {"neg", "T", run_unary, CT_NEG},
    {"sign", "T", run_unary, CT_SIGN},   {"ceil", "T", run_unary, CT_CEIL},
    {"floor", "T", run_unary, CT_FLOOR}, {"round", "T", run_unary, CT_ROUND},
    {"trunc", "T", run_unary, CT_TRUNC}, {"frac", "T", run_unary, CT_FRAC},
    {"sqrt", "T", run_unary, CT_SQRT},   {"rsqrt", "T", run_unary, CT_RSQRT},
    {"cinv", "T", run_unary, CT_CINV},   {"exp", "T", run_unary, CT_EXP},
    {"log", "T", run_unary, CT_LOG},     {"log1p", "T", run_unary, CT_LOG1P},
    {"sin", "T", run_unary, CT_SIN},     {"cos", "T", run_unary, CT_COS},
    {"tan", "T", run_unary, CT_TAN},     {"asin", "T", run_unary, CT_ASIN},
    {"acos", "T", run_unary, CT_ACOS},   {"atan", "T", run_unary, CT_ATAN},
    {"sinh", "T", run_unary, CT_SINH},   {"cosh", "T", run_unary, CT_COSH},
    {"tanh", "T", run_unary, CT_TANH},   {"sigmoid", "T", run_unary, CT_SIGMOID},
};

static int call_row(lua_State *L) {
  ct_error error;
  const row *f = lua_touserdata(L, lua_upvalueindex(1));
  ctl_call call = ctl_match(L, f->name, f->forms, (ctl_place)lua_tointeger(L, lua_upvalueindex(2)));
  return ctl_return(L, &call, f->run(L, f, &call, &error), &error);
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
