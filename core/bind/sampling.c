/* Seeded batches, for lua/circlet/data: the table `sampling` of the core. */
#include "bind/bind.h"
#include "ops/sample.h"

static uint64_t check_count(lua_State *L, int index, lua_Integer least) {
  lua_Integer n = luaL_checkinteger(L, index);
  if (n < least) luaL_argerror(L, index, lua_pushfstring(L, "an integer >= %I expected", least));
  return (uint64_t)n;
}

/* shuffled(n, seed, epoch) -> LongTensor */
static int shuffled(lua_State *L) {
  ct_error error;
  int64_t n = (int64_t)check_count(L, 1, 0);
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 2), epoch = check_count(L, 3, 0);
  ct_tensor *out = ctl_push_tensor(L, CT_LONG);
  ctl_check(L, ct_shuffled(out, n, seed, epoch, &error), &error);
  return 1;
}

/* group(labels) -> order, start, label (LongTensors) */
static int group(lua_State *L) {
  ct_error error;
  ct_tensor *labels = ctl_check_tensor(L, 1), *order = ctl_push_tensor(L, CT_LONG);
  ct_tensor *start = ctl_push_tensor(L, CT_LONG), *label = ctl_push_tensor(L, CT_LONG);
  ctl_check(L, ct_group_by_class(order, start, label, labels, &error), &error);
  return 3;
}

static const ct_tensor *check_list(lua_State *L, int index) {
  ct_tensor *t = ctl_check_tensor_of(L, index, CT_LONG);
  luaL_argcheck(L, t->dims == 1 && ct_tensor_contiguous(t), index, "a result of group() expected");
  return t;
}

/* Both come from group(): indices that leave the list would make the core read beyond it. */
static void check_groups(lua_State *L, const ct_tensor *order, const ct_tensor *start) {
  const int64_t *bound = ct_tensor_data(start);
  int64_t classes = start->size[0] - 1;
  bool right = classes >= 0 && bound[0] == 0 && bound[classes] == order->size[0];
  for (int64_t c = 0; c < classes && right; c++) right = bound[c] < bound[c + 1];
  luaL_argcheck(L, right, 2, "a result of group() expected");
}

/* pk_epoch(order, start, P, K, T, seed, epoch) -> LongTensor [T, P*K] */
static int pk_epoch(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  const ct_tensor *order = check_list(L, 1), *start = check_list(L, 2);
  int64_t P = (int64_t)check_count(L, 3, 1), K = (int64_t)check_count(L, 4, 1);
  int64_t T = (int64_t)check_count(L, 5, 1);
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 6), epoch = check_count(L, 7, 0);
  check_groups(L, order, start);
  ct_tensor *out = ctl_push_tensor(L, CT_LONG);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_pk_epoch(out, order, start, P, K, T, seed, epoch, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 1;
}

static const luaL_Reg sampling_functions[] = {
    {"shuffled", shuffled}, {"group", group}, {"pk_epoch", pk_epoch}, {NULL, NULL}};

void ctl_open_sampling(lua_State *L) {
  luaL_newlib(L, sampling_functions);
  lua_setfield(L, -2, "sampling");
}
