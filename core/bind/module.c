/* require "circlet.core": every binding in one flat table, plus the table of tensor methods, which
 * Lua code extends. lua/circlet/init.lua makes the public module out of it. */
#include "bind/bind.h"

static const char state_key;

ctl_state *ctl_get_state(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
  ctl_state *state = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return state;
}

__attribute__((visibility("default"))) int luaopen_circlet_core(lua_State *L);

int luaopen_circlet_core(lua_State *L) {
  ctl_state *state = lua_newuserdatauv(L, sizeof *state, 0);
  *state = (ctl_state){.default_dtype = CT_FLOAT};
  ct_random_seed(&state->random, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);

  lua_newtable(L);
  int methods = lua_gettop(L);
  lua_newtable(L);
  ctl_open_storage(L);
  ctl_open_tensor(L, methods);
  ctl_open_dlpack(L);
  ctl_open_view(L, methods);
  ctl_open_machine(L);
  ctl_open_cuda(L);
  ctl_open_process(L);
  ctl_open_loss(L);
  ctl_open_linalg(L, methods);
  ctl_open_reduce(L, methods);
  ctl_open_indexing(L, methods);
  ctl_open_order(L, methods);
  ctl_open_join(L, methods);
  ctl_open_elementwise(L, methods);
  ctl_open_ref(L);
  ctl_open_ref_class(L);
  ctl_open_operators(L, methods);
  ctl_open_io(L);
  ctl_open_journal(L);
  ctl_open_lease(L);
  ctl_open_images(L);
  ctl_open_sampling(L);
  ctl_open_random(L, methods);
  ctl_open_create(L);
  ctl_open_apply(L, methods);
  ctl_open_timer(L);
  ctl_open_nn(L);
  ctl_open_metric(L);
  ctl_open_bench(L);
  ctl_open_optim(L);
  lua_pushvalue(L, methods);
  lua_setfield(L, -2, "tensor_methods");
  return 1;
}
