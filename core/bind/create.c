/* Creators. Each takes a result in front; without one it makes a tensor of the default type.
 *
 *   zeros ones ([result,] sizes...)      zerosLike onesLike ([result,] x)
 *   eye ([result,] n [, m])              range ([result,] from, to [, step])
 *   linspace logspace ([result,] a, b [, n = 100])                                           */
#include "bind/bind.h"
#include "ops/copy.h"
#include "ops/create.h"

/* The result at the bottom of the stack, put there when missing; the arguments follow from 2 on. */
static ct_tensor *take_result(lua_State *L) {
  ct_tensor *r = ctl_to_any_tensor(L, 1);
  if (r) return r;
  r = ctl_push_tensor(L, ctl_get_state(L)->default_dtype);
  lua_insert(L, 1);
  return r;
}

static int finish(lua_State *L, ct_status status, const ct_error *error) {
  ctl_check(L, status, error);
  lua_settop(L, 1);
  return 1;
}

static int constant(lua_State *L) { /* zeros, ones */
  ct_error error;
  int64_t size[CT_MAX_DIMS];
  ct_tensor *r = take_result(L);
  luaL_argcheck(L, lua_gettop(L) >= 2, 1, "sizes expected");
  int dims = ctl_check_sizes(L, 2, size);
  ctl_check(L, ct_tensor_resize(r, dims, size, &error), &error);
  ct_scalar value = ct_scalar_of(lua_tonumber(L, lua_upvalueindex(1)));
  return finish(L, ct_fill(r, value, &error), &error);
}

static int constant_like(lua_State *L) { /* zerosLike, onesLike */
  ct_error error;
  const ct_tensor *like = ctl_check_any_tensor(L, lua_gettop(L) > 1 ? 2 : 1);
  if (lua_gettop(L) == 1) {
    ctl_push_tensor(L, like->dtype);
    lua_insert(L, 1);
  }
  ct_tensor *r = ctl_check_any_tensor(L, 1);
  ctl_check(L, ct_tensor_resize(r, like->dims, like->size, &error), &error);
  ct_scalar value = ct_scalar_of(lua_tonumber(L, lua_upvalueindex(1)));
  return finish(L, ct_fill(r, value, &error), &error);
}

static int eye(lua_State *L) {
  ct_error error;
  ct_tensor *r = take_result(L);
  int64_t rows = luaL_checkinteger(L, 2), columns = luaL_optinteger(L, 3, rows);
  return finish(L, ct_eye(r, rows, columns, &error), &error);
}

static int range(lua_State *L) {
  ct_error error;
  ct_tensor *r = take_result(L);
  ct_scalar from = ctl_check_scalar(L, 2), to = ctl_check_scalar(L, 3);
  ct_scalar step = lua_isnoneornil(L, 4) ? ct_scalar_of(1) : ctl_check_scalar(L, 4);
  return finish(L, ct_range(r, from, to, step, &error), &error);
}

static int linspace(lua_State *L) { /* and logspace */
  ct_error error;
  ct_tensor *r = take_result(L);
  double a = luaL_checknumber(L, 2), b = luaL_checknumber(L, 3);
  int64_t n = luaL_optinteger(L, 4, 100);
  bool logarithmic = lua_toboolean(L, lua_upvalueindex(1));
  return finish(L, ct_linspace(r, a, b, n, logarithmic, &error), &error);
}

void ctl_open_create(lua_State *L) {
  static const struct {
    const char *name;
    lua_CFunction function;
    int upvalue;
  } numbered[] = {{"zeros", constant, 0},
                  {"ones", constant, 1},
                  {"zerosLike", constant_like, 0},
                  {"onesLike", constant_like, 1}};
  for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
    lua_pushinteger(L, numbered[i].upvalue);
    lua_pushcclosure(L, numbered[i].function, 1);
    lua_setfield(L, -2, numbered[i].name);
  }
  for (int logarithmic = 0; logarithmic <= 1; logarithmic++) {
    lua_pushboolean(L, logarithmic);
    lua_pushcclosure(L, linspace, 1);
    lua_setfield(L, -2, logarithmic ? "logspace" : "linspace");
  }
  lua_pushcfunction(L, eye);
  lua_setfield(L, -2, "eye");
  lua_pushcfunction(L, range);
  lua_setfield(L, -2, "range");
}
