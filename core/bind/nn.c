/* The nn kernels for lua/circlet/nn: one table of functions, core.nn. Geometry and parameters are
 * read from the fields of the module that stands as first argument; a field's tensor stays alive
 * because the module holds it and no Lua code runs meanwhile. */
#include "bind/bind.h"
#include "ops/nn_activation.h"
#include "ops/nn_conv.h"
#include "ops/nn_criterion.h"
#include "ops/nn_linear.h"
#include "ops/nn_norm.h"
#include "ops/nn_pool.h"
#include "ops/nn_rows.h"

/* Fields of the module at stack index 1 */

static const char *module_name(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "__typename"); /* the class keeps the string alive */
  const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "nn";
  lua_pop(L, 1);
  return name;
}

static ct_tensor *opt_field(lua_State *L, const char *key) {
  lua_getfield(L, 1, key);
  ct_tensor *t = ctl_to_any_tensor(L, lua_gettop(L));
  if (!t && !lua_isnil(L, -1))
    luaL_error(L, "%s: field %s must be a tensor, got %s", module_name(L), key,
               luaL_typename(L, -1));
  lua_pop(L, 1);
  return t;
}

static ct_tensor *field(lua_State *L, const char *key) {
  ct_tensor *t = opt_field(L, key);
  if (!t) luaL_error(L, "%s: field %s must be a tensor, got nil", module_name(L), key);
  return t;
}

static int64_t integer_field(lua_State *L, const char *key, int64_t def) {
  int exact = 0;
  lua_getfield(L, 1, key);
  lua_Integer value = lua_isnil(L, -1) ? def : lua_tointegerx(L, -1, &exact);
  if (!lua_isnil(L, -1) && !exact)
    luaL_error(L, "%s: field %s must be an integer", module_name(L), key);
  lua_pop(L, 1);
  return value;
}

static double number_field(lua_State *L, const char *key) {
  int number;
  lua_getfield(L, 1, key);
  double value = lua_tonumberx(L, -1, &number);
  if (!number) luaL_error(L, "%s: field %s must be a number", module_name(L), key);
  lua_pop(L, 1);
  return value;
}

static bool flag_field(lua_State *L, const char *key, bool def) {
  lua_getfield(L, 1, key);
  bool value = lua_isnil(L, -1) ? def : lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Elementwise and rows */

static int relu(lua_State *L) { /* (y, x) */
  ct_error error;
  ctl_check(L, ct_nn_relu(ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 2), &error), &error);
  return 0;
}

typedef ct_status (*three_fn)(ct_tensor *, const ct_tensor *, const ct_tensor *, ct_error *);

static int three(lua_State *L, three_fn f) { /* (gx, x or y, gy) */
  ct_error error;
  ct_tensor *gx = ctl_check_any_tensor(L, 1), *a = ctl_check_any_tensor(L, 2),
            *b = ctl_check_any_tensor(L, 3);
  ctl_check(L, f(gx, a, b, &error), &error);
  return 0;
}

static int relu_backward(lua_State *L) { return three(L, ct_nn_relu_backward); }
static int tanh_backward(lua_State *L) { return three(L, ct_nn_tanh_backward); }
static int log_softmax_backward(lua_State *L) { return three(L, ct_nn_log_softmax_backward); }

static int dropout(lua_State *L) { /* (y, noise, x, p) */
  ct_error error;
  ct_tensor *y = ctl_check_any_tensor(L, 1), *noise = ctl_check_any_tensor(L, 2);
  ct_tensor *x = ctl_check_any_tensor(L, 3);
  double p = luaL_checknumber(L, 4);
  ctl_check(L, ct_nn_dropout(y, noise, x, p, &ctl_get_state(L)->random, &error), &error);
  return 0;
}

static int log_softmax(lua_State *L) { /* (y, x) */
  ct_error error;
  ctl_check(L, ct_nn_log_softmax(ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 2), &error),
            &error);
  return 0;
}

static int normalize(lua_State *L) { /* (y, x, eps) */
  ct_error error;
  ct_tensor *y = ctl_check_any_tensor(L, 1), *x = ctl_check_any_tensor(L, 2);
  ctl_check(L, ct_nn_normalize(y, x, luaL_checknumber(L, 3), &error), &error);
  return 0;
}

static int normalize_backward(lua_State *L) { /* (gx, x, gy, eps) */
  ct_error error;
  ct_tensor *gx = ctl_check_any_tensor(L, 1), *x = ctl_check_any_tensor(L, 2),
            *gy = ctl_check_any_tensor(L, 3);
  ctl_check(L, ct_nn_normalize_backward(gx, x, gy, luaL_checknumber(L, 4), &error), &error);
  return 0;
}

/* Criterions */

static int squared_error(lua_State *L) { /* (x, target) -> sum */
  ct_error error;
  double sum;
  ctl_check(
      L, ct_nn_squared_error(&sum, ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 2), &error),
      &error);
  lua_pushnumber(L, sum);
  return 1;
}

static int squared_error_backward(lua_State *L) { /* (gx, x, target, scale) */
  ct_error error;
  ct_tensor *gx = ctl_check_any_tensor(L, 1), *x = ctl_check_any_tensor(L, 2),
            *t = ctl_check_any_tensor(L, 3);
  ctl_check(L, ct_nn_squared_error_backward(gx, x, t, luaL_checknumber(L, 4), &error), &error);
  return 0;
}

static int nll(lua_State *L) { /* (x, target, weights or nil) -> sum, total weight */
  ct_error error;
  double sum, total;
  ct_tensor *x = ctl_check_any_tensor(L, 1), *t = ctl_check_any_tensor(L, 2),
            *w = ctl_opt_any_tensor(L, 3);
  ctl_check(L, ct_nn_nll(&sum, &total, x, t, w, &error), &error);
  lua_pushnumber(L, sum);
  lua_pushnumber(L, total);
  return 2;
}

static int nll_backward(lua_State *L) { /* (gx, x, target, weights or nil, scale) */
  ct_error error;
  ct_tensor *gx = ctl_check_any_tensor(L, 1), *x = ctl_check_any_tensor(L, 2),
            *t = ctl_check_any_tensor(L, 3);
  ct_tensor *w = ctl_opt_any_tensor(L, 4);
  ctl_check(L, ct_nn_nll_backward(gx, x, t, w, luaL_checknumber(L, 5), &error), &error);
  return 0;
}

/* Linear */

static bool is_lengthy(const ct_tensor *x, const ct_tensor *weight) {
  return (double)ct_tensor_count(x) * (double)weight->size[0] > 1 << 24;
}

static int linear(lua_State *L) { /* (module, x) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *y = field(L, "output"), *weight = field(L, "weight");
  ct_tensor *bias = opt_field(L, "bias");
  ctl_interrupt_begin(&scope, is_lengthy(x, weight));
  ct_status status = ct_nn_linear(y, x, weight, bias, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

static int linear_backward(lua_State *L) { /* (module, x, gy) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  ct_tensor *gx = field(L, "gradInput"), *weight = field(L, "weight");
  ctl_interrupt_begin(&scope, is_lengthy(x, weight));
  ct_status status = ct_nn_linear_backward(gx, x, gy, weight, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

static int linear_accumulate(lua_State *L) { /* (module, x, gy, scale) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  double scale = luaL_optnumber(L, 4, 1);
  ct_tensor *gw = field(L, "gradWeight"), *gb = opt_field(L, "gradBias");
  ctl_interrupt_begin(&scope, is_lengthy(x, gw));
  ct_status status = ct_nn_linear_accumulate(gw, gb, x, gy, scale, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

/* Convolution */

static ct_nn_conv_step conv_step(lua_State *L) {
  return (ct_nn_conv_step){integer_field(L, "dW", 1), integer_field(L, "dH", 1),
                           integer_field(L, "padW", 0), integer_field(L, "padH", 0)};
}

static int conv(lua_State *L) { /* (module, x) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *y = field(L, "output"), *weight = field(L, "weight");
  ct_tensor *bias = opt_field(L, "bias");
  ct_nn_conv_step step = conv_step(L);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_nn_conv(y, x, weight, bias, step, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

static int conv_backward(lua_State *L) { /* (module, x, gy) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  ct_tensor *gx = field(L, "gradInput"), *weight = field(L, "weight");
  ct_nn_conv_step step = conv_step(L);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_nn_conv_backward(gx, x, gy, weight, step, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

static int conv_accumulate(lua_State *L) { /* (module, x, gy, scale) */
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  double scale = luaL_optnumber(L, 4, 1);
  ct_tensor *gw = field(L, "gradWeight"), *gb = opt_field(L, "gradBias");
  ct_nn_conv_step step = conv_step(L);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_nn_conv_accumulate(gw, gb, x, gy, scale, step, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 0;
}

/* Pooling */

static ct_nn_pool pool_of(lua_State *L) {
  ct_nn_pool p = {.who = module_name(L)};
  p.kW = integer_field(L, "kW", 0), p.kH = integer_field(L, "kH", 0);
  p.dW = integer_field(L, "dW", 1), p.dH = integer_field(L, "dH", 1);
  p.padW = integer_field(L, "padW", 0), p.padH = integer_field(L, "padH", 0);
  p.ceil_mode = flag_field(L, "ceil_mode", false);
  p.count_include_pad = flag_field(L, "count_include_pad", true);
  p.divide = flag_field(L, "divide", true);
  return p;
}

static int max_pool(lua_State *L) { /* (module, x) */
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2);
  ct_nn_pool pool = pool_of(L);
  ctl_check(L, ct_nn_max_pool(field(L, "output"), field(L, "indices"), x, &pool, &error), &error);
  return 0;
}

static int max_pool_backward(lua_State *L) { /* (module, x, gy) */
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  ct_nn_pool pool = pool_of(L);
  ctl_check(
      L, ct_nn_max_pool_backward(field(L, "gradInput"), field(L, "indices"), x, gy, &pool, &error),
      &error);
  return 0;
}

static int average_pool(lua_State *L) { /* (module, x) */
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2);
  ct_nn_pool pool = pool_of(L);
  ctl_check(L, ct_nn_average_pool(field(L, "output"), x, &pool, &error), &error);
  return 0;
}

static int average_pool_backward(lua_State *L) { /* (module, x, gy) */
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  ct_nn_pool pool = pool_of(L);
  ctl_check(L, ct_nn_average_pool_backward(field(L, "gradInput"), x, gy, &pool, &error), &error);
  return 0;
}

/* Batch normalisation */

static ct_nn_norm norm_of(lua_State *L) {
  ct_nn_norm n = {.who = module_name(L)};
  n.weight = opt_field(L, "weight"), n.bias = opt_field(L, "bias");
  n.running_mean = field(L, "running_mean"), n.running_var = field(L, "running_var");
  n.save_mean = field(L, "save_mean"), n.save_std = field(L, "save_std");
  n.eps = number_field(L, "eps"), n.momentum = number_field(L, "momentum");
  n.train = flag_field(L, "train", true);
  return n;
}

static int batch_norm(lua_State *L) { /* (module, x) */
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2);
  ct_nn_norm norm = norm_of(L);
  ctl_check(L, ct_nn_batch_norm(field(L, "output"), x, &norm, &error), &error);
  return 0;
}

/* (module, x, gy, scale, with input gradient, with parameter gradients) */
static int batch_norm_backward(lua_State *L) {
  ct_error error;
  ct_tensor *x = ctl_check_any_tensor(L, 2), *gy = ctl_check_any_tensor(L, 3);
  double scale = luaL_optnumber(L, 4, 1);
  ct_tensor *gx = lua_toboolean(L, 5) ? field(L, "gradInput") : NULL;
  ct_tensor *gw = lua_toboolean(L, 6) ? opt_field(L, "gradWeight") : NULL;
  ct_tensor *gb = lua_toboolean(L, 6) ? opt_field(L, "gradBias") : NULL;
  ct_nn_norm norm = norm_of(L);
  ctl_check(L, ct_nn_batch_norm_backward(gx, gw, gb, x, gy, scale, &norm, &error), &error);
  return 0;
}

/* (tensor) -> an integer that names the memory it views, nil when it has none: two tensors share
 * memory exactly when it is equal. */
static int storage_identity(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (t->storage)
    lua_pushinteger(L, (lua_Integer)(intptr_t)t->storage);
  else
    lua_pushnil(L);
  return 1;
}

static const luaL_Reg nn_functions[] = {
    {"relu", relu},
    {"relu_backward", relu_backward},
    {"tanh_backward", tanh_backward},
    {"dropout", dropout},
    {"log_softmax", log_softmax},
    {"log_softmax_backward", log_softmax_backward},
    {"normalize", normalize},
    {"normalize_backward", normalize_backward},
    {"squared_error", squared_error},
    {"squared_error_backward", squared_error_backward},
    {"nll", nll},
    {"nll_backward", nll_backward},
    {"linear", linear},
    {"linear_backward", linear_backward},
    {"linear_accumulate", linear_accumulate},
    {"conv", conv},
    {"conv_backward", conv_backward},
    {"conv_accumulate", conv_accumulate},
    {"max_pool", max_pool},
    {"max_pool_backward", max_pool_backward},
    {"average_pool", average_pool},
    {"average_pool_backward", average_pool_backward},
    {"batch_norm", batch_norm},
    {"batch_norm_backward", batch_norm_backward},
    {"storage_identity", storage_identity},
    {NULL, NULL},
};

void ctl_open_nn(lua_State *L) {
  luaL_newlib(L, nn_functions);
  lua_setfield(L, -2, "nn");
}
