/* Optimiser steps for lua/circlet/optim, in the table `optim` of the module. */
#include "bind/bind.h"
#include "ops/optim.h"

/* sgd(x, gradient, velocity | nil, rates | nil, decays | nil, rate, decay, momentum, dampening,
 * nesterov, first) */
static int sgd(lua_State *L) {
  ct_error error;
  ct_sgd how = {.rate = luaL_checknumber(L, 6),
                .decay = luaL_checknumber(L, 7),
                .momentum = luaL_checknumber(L, 8),
                .dampening = luaL_checknumber(L, 9),
                .nesterov = lua_toboolean(L, 10),
                .first = lua_toboolean(L, 11)};
  ctl_check(L,
            ct_sgd_step(ctl_check_any_tensor(L, 1), ctl_opt_any_tensor(L, 3),
                        ctl_check_any_tensor(L, 2), ctl_opt_any_tensor(L, 4),
                        ctl_opt_any_tensor(L, 5), &how, &error),
            &error);
  return 0;
}

/* adam(x, gradient, m, v, t, rate, beta1, beta2, epsilon, decay, decoupled) */
static int adam(lua_State *L) {
  ct_error error;
  ct_adam how = {.t = luaL_checkinteger(L, 5),
                 .rate = luaL_checknumber(L, 6),
                 .beta1 = luaL_checknumber(L, 7),
                 .beta2 = luaL_checknumber(L, 8),
                 .epsilon = luaL_checknumber(L, 9),
                 .decay = luaL_checknumber(L, 10),
                 .decoupled = lua_toboolean(L, 11)};
  ctl_check(L,
            ct_adam_step(ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 3),
                         ctl_check_any_tensor(L, 4), ctl_check_any_tensor(L, 2), &how, &error),
            &error);
  return 0;
}

static const luaL_Reg optim_functions[] = {{"sgd", sgd}, {"adam", adam}, {NULL, NULL}};

void ctl_open_optim(lua_State *L) {
  luaL_newlib(L, optim_functions);
  lua_setfield(L, -2, "optim");
}
