/* Reductions in Torch7's forms. Without a dimension the result is a number; with one it is a tensor
 * that keeps the dimension with size 1.
 *
 *   sum prod mean   x:f()          x:f(dim)           result:f(x, dim)
 *   var std         x:f([biased])  x:f(dim [, biased])
 *   norm            x:norm([p])    x:norm(p, dim)
 *   max min         x:f()          values, indices = x:f(dim)     values:f(indices, x, dim)
 *   cumsum cumprod  x:f([dim])     along dimension 1 unless told
 *   dist(a, b [, p])  trace(x)  renorm([result,] x, p, dim, maxnorm)  equal(a, b)  any(x)  all(x)
 */
#include "bind/bind.h"
#include <math.h>
#include "ops/reduce.h"

typedef struct reduction {
  const char *name, *forms;
  ct_reduce_kind what;
} reduction;

static const reduction reductions[] = {
    {"sum", "T|TI", CT_REDUCE_SUM},        {"prod", "T|TI", CT_REDUCE_PROD},
    {"mean", "T|TI", CT_REDUCE_MEAN},      {"var", "T|TB|TI|TIB", CT_REDUCE_VAR},
    {"std", "T|TB|TI|TIB", CT_REDUCE_STD}, {"norm", "T|TN|TNI", CT_REDUCE_NORM},
};

static int reduce(lua_State *L) {
  ct_error error;
  const reduction *r = lua_touserdata(L, lua_upvalueindex(1));
  ctl_call call = ctl_match_any(L, r->name, r->forms, CTL_IN_PLACE);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int last = call.first + call.length - 1, at = call.first + 1;
  ct_reduce_options options = {.power = 2};
  if (r->what == CT_REDUCE_NORM && at <= last) options.power = lua_tonumber(L, at++);
  if (lua_isboolean(L, last)) options.biased = lua_toboolean(L, last--);
  if (at > last) {
    ct_scalar number;
    if (call.first == 2) luaL_error(L, "%s: a result tensor needs a dimension", r->name);
    ctl_check(L, ct_reduce_all(&number, r->what, options, t, &error), &error);
    ctl_push_scalar(L, t->dtype, number);
    return 1;
  }
  int dim = ctl_check_dim(L, at, t);
  if (call.first == 1) {
    ctl_push_tensor(L, t->dtype);
    call.result = lua_gettop(L);
  }
  return ctl_return(
      L, &call, ct_reduce_dim(ctl_to_any_tensor(L, call.result), r->what, options, t, dim, &error),
      &error);
}

static int extreme(lua_State *L, const char *name, bool largest) {
  ct_error error;
  if (lua_gettop(L) == 1) {
    ct_scalar number;
    ct_tensor *t = ctl_check_any_tensor(L, 1);
    ct_reduce_kind what = largest ? CT_REDUCE_LARGEST : CT_REDUCE_SMALLEST;
    ctl_check(L, ct_reduce_all(&number, what, (ct_reduce_options){0}, t, &error), &error);
    ctl_push_scalar(L, t->dtype, number);
    return 1;
  }
  ctl_call call = ctl_match_pair(L, name, "TI|TTTI");
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int dim = ctl_check_dim(L, call.first + 1, t);
  return ctl_return_pair(L, &call,
                         ct_extreme_dim(ctl_to_any_tensor(L, call.result),
                                        ctl_to_any_tensor(L, call.result + 1), largest, t, dim,
                                        &error),
                         &error);
}

static int largest(lua_State *L) { return extreme(L, "max", true); }
static int smallest(lua_State *L) { return extreme(L, "min", false); }

static int scan(lua_State *L, const char *name, bool product) {
  ct_error error;
  ctl_call call = ctl_match_any(L, name, "T|TI", CTL_FRESH);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int dim = call.length == 2 ? ctl_check_dim(L, call.first + 1, t) : 0;
  return ctl_return(L, &call, ct_scan(ctl_to_any_tensor(L, call.result), product, t, dim, &error),
                    &error);
}

static int cumsum(lua_State *L) { return scan(L, "cumsum", false); }
static int cumprod(lua_State *L) { return scan(L, "cumprod", true); }

static int dist(lua_State *L) {
  ct_error error;
  double distance;
  ct_tensor *a = ctl_check_any_tensor(L, 1), *b = ctl_check_any_tensor(L, 2);
  ctl_check(L, ct_dist(&distance, a, b, luaL_optnumber(L, 3, 2), &error), &error);
  lua_pushnumber(L, distance);
  return 1;
}

static int trace(lua_State *L) {
  ct_error error;
  ct_scalar sum;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ctl_check(L, ct_trace(&sum, t, &error), &error);
  ctl_push_scalar(L, t->dtype, sum);
  return 1;
}

static int renorm_as(lua_State *L, ctl_place place) {
  ct_error error;
  ctl_call call = ctl_match_any(L, "renorm", "TNIN", place);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int dim = ctl_check_dim(L, call.first + 2, t);
  double power = lua_tonumber(L, call.first + 1), most = lua_tonumber(L, call.first + 3);
  return ctl_return(
      L, &call, ct_renorm(ctl_to_any_tensor(L, call.result), t, power, dim, most, &error), &error);
}

static int renorm(lua_State *L) { return renorm_as(L, CTL_FRESH); }
static int renorm_in_place(lua_State *L) { return renorm_as(L, CTL_IN_PLACE); }

static int equal(lua_State *L) {
  ct_error error;
  bool same;
  ct_tensor *a = ctl_check_any_tensor(L, 1), *b = ctl_check_any_tensor(L, 2);
  ctl_check(L, ct_equal(&same, a, b, &error), &error);
  lua_pushboolean(L, same);
  return 1;
}

static int logical(lua_State *L, bool all) {
  ct_error error;
  bool answer;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ctl_check(L, ct_logical(&answer, all, t, &error), &error);
  lua_pushboolean(L, answer);
  return 1;
}

static int any(lua_State *L) { return logical(L, false); }
static int all(lua_State *L) { return logical(L, true); }

static const luaL_Reg functions[] = {
    {"max", largest}, {"min", smallest}, {"cumsum", cumsum}, {"cumprod", cumprod},
    {"dist", dist},   {"trace", trace},  {"renorm", renorm}, {"equal", equal},
    {"any", any},     {"all", all},      {NULL, NULL},
};

void ctl_open_reduce(lua_State *L, int methods) {
  int module = lua_gettop(L), tables[2] = {module, methods};
  for (int t = 0; t < 2; t++) {
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++) {
      lua_pushlightuserdata(L, (void *)&reductions[i]);
      lua_pushcclosure(L, reduce, 1);
      lua_setfield(L, tables[t], reductions[i].name);
    }
    lua_pushvalue(L, tables[t]);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
  }
  lua_pushcfunction(L, renorm_in_place);
  lua_setfield(L, methods, "renorm");
}
