/* Operators on tensors: x + y, x + 2, 2 - x, x * 2, x / 2, 1 / x, -x, x % 2, x ^ 2, each a new
 * tensor. As in Torch7, x * y of two tensors is the product of linear algebra: dot of two vectors
 * (a number), matrix by vector, matrix by matrix; x / y of two tensors is an error, since cdiv may
 * or may not be meant. == stays identity. */
#include "bind/bind.h"
#include "ops/elementwise.h"

static int product(lua_State *L, int methods, const ct_tensor *a, const ct_tensor *b) {
  const char *name = a->dims == 1 && b->dims == 1   ? "dot"
                     : a->dims == 2 && b->dims == 1 ? "mv"
                     : a->dims == 2 && b->dims == 2 ? "mm"
                                                    : NULL;
  if (!name) {
    char x[CT_SHAPE_TEXT], y[CT_SHAPE_TEXT];
    luaL_error(L, "*: vectors or matrices expected, got %s and %s",
               ct_shape_text(x, a->dims, a->size), ct_shape_text(y, b->dims, b->size));
  }
  lua_getfield(L, methods, name);
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

static int operate(lua_State *L) {
  ct_error error;
  const char *symbol = lua_tostring(L, lua_upvalueindex(1));
  ct_binary op = (ct_binary)lua_tointeger(L, lua_upvalueindex(2));
  const ct_tensor *a = ctl_to_any_tensor(L, 1), *b = ctl_to_any_tensor(L, 2);
  lua_settop(L, 2);
  if (a && b && op == CT_MUL) return product(L, lua_upvalueindex(3), a, b);
  bool numbers = (a || lua_type(L, 1) == LUA_TNUMBER) && (b || lua_type(L, 2) == LUA_TNUMBER);
  if (!numbers)
    luaL_error(L, "%s: a tensor and a number expected, got %s and %s", symbol,
               a ? "tensor" : luaL_typename(L, 1), b ? "tensor" : luaL_typename(L, 2));
  if (a && b && op != CT_ADD && op != CT_SUB)
    luaL_error(L, "%s: a number expected beside a tensor, got two tensors (see cdiv, cpow)",
               symbol);
  ct_tensor *r = ctl_push_tensor(L, a ? a->dtype : b->dtype);
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, ct_tensor_count(a ? a : b) > CTL_MANY_ELEMENTS);
  ct_status status =
      a && b ? ct_elementwise_binary(symbol, op, r, a, b, &error)
      : a    ? ct_elementwise_number(symbol, op, r, a, ctl_check_scalar(L, 2), false, &error)
             : ct_elementwise_number(symbol, op, r, b, ctl_check_scalar(L, 1), true, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 1;
}

static int negate(lua_State *L) {
  ct_error error;
  const ct_tensor *a = ctl_check_any_tensor(L, 1);
  ct_tensor *r = ctl_push_tensor(L, a->dtype);
  ctl_check(L, ct_elementwise_unary("-", CT_NEG, r, a, &error), &error);
  return 1;
}

void ctl_open_operators(lua_State *L, int methods) {
  static const struct {
    const char *event, *symbol;
    ct_binary op;
  } operators[] = {{"__add", "+", CT_ADD}, {"__sub", "-", CT_SUB}, {"__mul", "*", CT_MUL},
                   {"__div", "/", CT_DIV}, {"__pow", "^", CT_POW}, {"__mod", "%", CT_REMAINDER}};
  for (int dtype = 0; dtype < CT_DTYPES; dtype++) {
    lua_pushfstring(L, "circlet.%sTensor", ct_dtype_name((ct_dtype)dtype));
    luaL_getmetatable(L, lua_tostring(L, -1));
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
      lua_pushstring(L, operators[i].symbol);
      lua_pushinteger(L, operators[i].op);
      lua_pushvalue(L, methods);
      lua_pushcclosure(L, operate, 3);
      lua_setfield(L, -2, operators[i].event);
    }
    lua_pushcfunction(L, negate);
    lua_setfield(L, -2, "__unm");
    lua_pop(L, 2);
  }
}
