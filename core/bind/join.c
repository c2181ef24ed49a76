/* Joining, repeating and cutting, in Torch7's forms.
 *
 *   cat([result,] {tensors} [, dim])      cat([result,] a, b [, dim])
 *   x:repeatTensor(n1, n2, ...)           result:repeatTensor(x, n1, n2, ...)
 *   x:split(size [, dim])                 x:chunk(n [, dim])        tables of views
 *   y = diag([result,] x [, k])           tril and triu likewise
 */
#include "bind/bind.h"
#include "ops/join.h"

/* cat's dimension at stack index `at`, 0-based; -1 when it is not given. */
static int check_cat_dim(lua_State *L, int at) {
  if (lua_isnoneornil(L, at)) return -1;
  lua_Integer dim = luaL_checkinteger(L, at);
  if (dim < 1 || dim > CT_MAX_DIMS)
    luaL_argerror(L, at,
                  lua_pushfstring(L, "dimension %I is out of range 1..%d", dim, CT_MAX_DIMS));
  return (int)dim - 1;
}

/* Joins `count` parts whose pointers start at `parts`, into the tensor at `result` (0: a new one).
 */
static int join(lua_State *L, int result, const ct_tensor *const *parts, int64_t count, int dim) {
  ct_error error;
  if (count == 0) luaL_error(L, "cat: at least one tensor expected");
  if (result)
    lua_pushvalue(L, result);
  else
    ctl_push_tensor(L, parts[0]->dtype);
  ctl_check(L, ct_cat(ctl_to_any_tensor(L, -1), parts, count, dim, &error), &error);
  return 1;
}

static int cat(lua_State *L) {
  int top = lua_gettop(L), table = lua_istable(L, 1) ? 1 : 2;
  if (lua_istable(L, table) && (table == 1 || ctl_to_any_tensor(L, 1))) {
    lua_Integer count = luaL_len(L, table);
    luaL_argcheck(L, count >= 0 && count <= INT32_MAX, table, "too many tensors");
    int dim = check_cat_dim(L, table + 1);
    const ct_tensor **parts = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *parts, 0);
    for (lua_Integer i = 0; i < count; i++) { /* the table keeps the tensors alive */
      lua_geti(L, table, i + 1);
      parts[i] = ctl_to_any_tensor(L, -1);
      if (!parts[i])
        luaL_error(L, "cat: a tensor expected as element %I, got %s", i + 1, luaL_typename(L, -1));
      lua_pop(L, 1);
    }
    return join(L, table == 2 ? 1 : 0, parts, count, dim);
  }
  int tensors = 0;
  while (tensors < top && ctl_to_any_tensor(L, tensors + 1)) tensors++;
  if (tensors < 2 || tensors > 3 || top > tensors + 1)
    luaL_error(L, "cat: expected ([result,] {tensors} [, dim]) or ([result,] a, b [, dim])");
  const ct_tensor *parts[2] = {ctl_to_any_tensor(L, tensors - 1), ctl_to_any_tensor(L, tensors)};
  return join(L, tensors == 3 ? 1 : 0, parts, 2, check_cat_dim(L, tensors + 1));
}

static int repeat_tensor(lua_State *L) {
  ct_error error;
  int64_t times[CT_MAX_DIMS];
  ctl_call call = ctl_match_any(L, "repeatTensor", "TZ", CTL_IN_PLACE);
  int dims = ctl_check_sizes(L, call.first + 1, times);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  if (call.first == 1) {
    ctl_push_tensor(L, t->dtype);
    call.result = lua_gettop(L);
  }
  return ctl_return(L, &call, ct_repeat(ctl_to_any_tensor(L, call.result), t, dims, times, &error),
                    &error);
}

/* A table of views of at most `size` slices each along dim. */
static int push_parts(lua_State *L, const ct_tensor *t, int64_t size, int dim) {
  ct_error error;
  lua_newtable(L);
  int64_t total = t->size[dim];
  for (int64_t start = 0, i = 1; start < total; start += size, i++) {
    int64_t length = total - start < size ? total - start : size;
    ct_tensor *view = ctl_push_tensor(L, t->dtype);
    ctl_check(L, ct_tensor_narrow(view, t, dim, start, length, &error), &error);
    lua_rawseti(L, -2, i);
    if (total - start <= size) break;
  }
  return 1;
}

static int split(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  lua_Integer size = luaL_checkinteger(L, 2);
  luaL_argcheck(L, size >= 1, 2, "split: a size >= 1 expected");
  if (lua_isnone(L, 3)) lua_pushinteger(L, 1);
  return push_parts(L, t, size, ctl_check_dim(L, 3, t));
}

static int chunk(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 1, 2, "chunk: a number >= 1 expected");
  if (lua_isnone(L, 3)) lua_pushinteger(L, 1);
  int dim = ctl_check_dim(L, 3, t);
  int64_t total = t->size[dim], size = total / count + (total % count != 0);
  return push_parts(L, t, size > 0 ? size : 1, dim);
}

static int diag(lua_State *L) {
  ct_error error;
  ctl_call call = ctl_match_any(L, "diag", "T|TI", CTL_FRESH);
  int64_t k = call.length == 2 ? lua_tointeger(L, call.first + 1) : 0;
  return ctl_return(
      L, &call,
      ct_diag(ctl_to_any_tensor(L, call.result), ctl_to_any_tensor(L, call.first), k, &error),
      &error);
}

static int triangle(lua_State *L, const char *name, bool upper) {
  ct_error error;
  ctl_call call = ctl_match_any(L, name, "T|TI", CTL_FRESH);
  int64_t k = call.length == 2 ? lua_tointeger(L, call.first + 1) : 0;
  return ctl_return(L, &call,
                    ct_triangle(ctl_to_any_tensor(L, call.result), ctl_to_any_tensor(L, call.first),
                                k, upper, &error),
                    &error);
}

static int tril(lua_State *L) { return triangle(L, "tril", false); }
static int triu(lua_State *L) { return triangle(L, "triu", true); }

static const luaL_Reg functions[] = {
    {"cat", cat},     {"repeatTensor", repeat_tensor},
    {"split", split}, {"chunk", chunk},
    {"diag", diag},   {"tril", tril},
    {"triu", triu},   {NULL, NULL},
};

void ctl_open_join(lua_State *L, int methods) {
  luaL_setfuncs(L, functions, 0);
  lua_pushvalue(L, methods);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
