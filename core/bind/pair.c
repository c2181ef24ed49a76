/* Calling forms with two results, values and indices (Long, CudaLong): f([values, indices,] x,
 * ...). */
#include "bind/bind.h"

ctl_call ctl_match_pair(lua_State *L, const char *name, const char *forms) {
  ctl_call call = ctl_match_any(L, name, forms, CTL_IN_PLACE);
  if (call.first == 2) luaL_error(L, "%s: values and indices are given both or not at all", name);
  if (call.length >= 3 && call.form[1] == 'T') {
    call.form += 2;
    call.length -= 2;
    call.first = 3;
    return call;
  }
  call.result = lua_gettop(L) + 1;
  ct_dtype dtype = ctl_check_any_tensor(L, 1)->dtype;
  ctl_push_tensor(L, dtype);
  ctl_push_tensor(L, ct_dtype_of_indices(dtype));
  return call;
}

int ctl_return_pair(lua_State *L, const ctl_call *call, ct_status status, const ct_error *error) {
  ctl_check(L, status, error);
  lua_pushvalue(L, call->result);
  lua_pushvalue(L, call->result + 1);
  return 2;
}
