/* Selecting and placing elements by index or mask, in Torch7's forms. Indices are LongTensors and
 * 1-based; masks are ByteTensors; on a GPU, CudaLongTensors and CudaByteTensors.
 *
 *   y = x:index(dim, indices)              y:index(x, dim, indices)
 *   x:indexCopy(dim, indices, values)      x:indexAdd(...)     x:indexFill(dim, indices, number)
 *   y = x:gather(dim, indices)             y:gather(x, dim, indices)
 *   x:scatter(dim, indices, values | number)
 *   y = x:maskedSelect(mask)               y:maskedSelect(x, mask)
 *   x:maskedFill(mask, number)             x:maskedCopy(mask, values)
 *   positions = x:nonzero()                positions:nonzero(x)
 */
#include "bind/bind.h"
#include "ops/indexing.h"

static int index_select(lua_State *L) {
  ct_error error;
  ctl_call call = ctl_match_any(L, "index", "TIT", CTL_FRESH);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int dim = ctl_check_dim(L, call.first + 1, t);
  return ctl_return(L, &call,
                    ct_index(ctl_to_any_tensor(L, call.result), t, dim,
                             ctl_to_any_tensor(L, call.first + 2), &error),
                    &error);
}

static int gather(lua_State *L) {
  ct_error error;
  ctl_call call = ctl_match_any(L, "gather", "TIT", CTL_FRESH);
  ct_tensor *t = ctl_to_any_tensor(L, call.first);
  int dim = ctl_check_dim(L, call.first + 1, t);
  return ctl_return(L, &call,
                    ct_gather(ctl_to_any_tensor(L, call.result), t, dim,
                              ctl_to_any_tensor(L, call.first + 2), &error),
                    &error);
}

/* Methods that change their tensor have no result in front. */
static ctl_call match_in_place(lua_State *L, const char *name, const char *forms) {
  ctl_call call = ctl_match_any(L, name, forms, CTL_IN_PLACE);
  if (call.first == 2) luaL_error(L, "%s: changes its tensor and takes no other result", name);
  return call;
}

static int index_put(lua_State *L, const char *name,
                     ct_status (*put)(ct_tensor *, int, const ct_tensor *, const ct_tensor *,
                                      ct_error *)) {
  ct_error error;
  ctl_call call = match_in_place(L, name, "TITT");
  ct_tensor *t = ctl_to_any_tensor(L, 1);
  int dim = ctl_check_dim(L, 2, t);
  return ctl_return(L, &call, put(t, dim, ctl_to_any_tensor(L, 3), ctl_to_any_tensor(L, 4), &error),
                    &error);
}

static int index_copy(lua_State *L) { return index_put(L, "indexCopy", ct_index_copy); }
static int index_add(lua_State *L) { return index_put(L, "indexAdd", ct_index_add); }

static int index_fill(lua_State *L) {
  ct_error error;
  ctl_call call = match_in_place(L, "indexFill", "TITN");
  ct_tensor *t = ctl_to_any_tensor(L, 1);
  int dim = ctl_check_dim(L, 2, t);
  return ctl_return(L, &call,
                    ct_index_fill(t, dim, ctl_to_any_tensor(L, 3), ctl_check_scalar(L, 4), &error),
                    &error);
}

static int scatter(lua_State *L) {
  ct_error error;
  ctl_call call = match_in_place(L, "scatter", "TITT|TITN");
  ct_tensor *t = ctl_to_any_tensor(L, 1), *source = ctl_to_any_tensor(L, 4);
  int dim = ctl_check_dim(L, 2, t);
  ct_scalar value = source ? ct_scalar_of(0) : ctl_check_scalar(L, 4);
  return ctl_return(L, &call, ct_scatter(t, dim, ctl_to_any_tensor(L, 3), source, value, &error),
                    &error);
}

static int masked_select(lua_State *L) {
  ct_error error;
  ctl_call call = ctl_match_any(L, "maskedSelect", "TT", CTL_FRESH);
  return ctl_return(L, &call,
                    ct_masked_select(ctl_to_any_tensor(L, call.result),
                                     ctl_to_any_tensor(L, call.first),
                                     ctl_to_any_tensor(L, call.first + 1), &error),
                    &error);
}

static int masked_fill(lua_State *L) {
  ct_error error;
  ctl_call call = match_in_place(L, "maskedFill", "TTN");
  return ctl_return(L, &call,
                    ct_masked_fill(ctl_to_any_tensor(L, 1), ctl_to_any_tensor(L, 2),
                                   ctl_check_scalar(L, 3), &error),
                    &error);
}

static int masked_copy(lua_State *L) {
  ct_error error;
  ctl_call call = match_in_place(L, "maskedCopy", "TTT");
  return ctl_return(L, &call,
                    ct_masked_copy(ctl_to_any_tensor(L, 1), ctl_to_any_tensor(L, 2),
                                   ctl_to_any_tensor(L, 3), &error),
                    &error);
}

static int nonzero(lua_State *L) {
  ct_error error;
  int top = lua_gettop(L);
  ct_tensor *t = ctl_check_any_tensor(L, top > 1 ? 2 : 1), *result;
  if (top > 1) {
    result = ctl_check_any_tensor(L, 1);
    lua_settop(L, 1);
  } else {
    result = ctl_push_tensor(L, ct_dtype_of_indices(t->dtype));
  }
  ctl_check(L, ct_nonzero(result, t, &error), &error);
  return 1;
}

static const luaL_Reg functions[] = {
    {"index", index_select},
    {"indexCopy", index_copy},
    {"indexAdd", index_add},
    {"indexFill", index_fill},
    {"gather", gather},
    {"scatter", scatter},
    {"maskedSelect", masked_select},
    {"maskedFill", masked_fill},
    {"maskedCopy", masked_copy},
    {"nonzero", nonzero},
    {NULL, NULL},
};

void ctl_open_indexing(lua_State *L, int methods) {
  luaL_setfuncs(L, functions, 0);
  lua_pushvalue(L, methods);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
