/* Orderings in Torch7's forms. Each returns values and a LongTensor of positions, and takes both as
 * results in front: values:sort(indices, x, ...). The dimension is the last one unless told.
 *
 *   x:sort([dim] [, descending])
 *   x:topk(k [, dim [, largest [, sorted]]])   the smallest unless `largest`; always sorted
 *   x:kthvalue(k [, dim])   x:median([dim])   x:mode([dim])
 */
#include "bind/bind.h"
#include "ops/order.h"

typedef struct arguments {
  ctl_call call;
  ct_tensor *values, *indices, *t;
  int64_t k;
  int dim;
  bool flag;
} arguments;

/* x [, k] [, dim] [, flag ...] as the matched form has them. */
static arguments match(lua_State *L, const char *name, const char *forms, bool with_k) {
  arguments a = {.call = ctl_match_pair(L, name, forms)};
  int at = a.call.first + 1, end = a.call.first + a.call.length;
  a.t = ctl_check_any_tensor(L, a.call.first);
  a.values = ctl_check_any_tensor(L, a.call.result);
  a.indices = ctl_check_any_tensor(L, a.call.result + 1);
  if (with_k) a.k = lua_tointeger(L, at++);
  a.dim = a.t->dims - 1;
  if (at < end && !lua_isboolean(L, at)) a.dim = ctl_check_dim(L, at++, a.t);
  if (at < end) a.flag = lua_toboolean(L, at);
  return a;
}

static bool is_lengthy(const ct_tensor *t) { return ct_tensor_count(t) > 1 << 18; }

static int sort(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  arguments a = match(L, "sort", "T|TI|TB|TIB|TTT|TTTI|TTTB|TTTIB", false);
  if (a.t->dims == 0) { /* nothing to sort */
    ct_status status = ct_tensor_resize(a.values, 0, a.t->size, &error);
    if (status == CT_OK) status = ct_tensor_resize(a.indices, 0, a.t->size, &error);
    return ctl_return_pair(L, &a.call, status, &error);
  }
  ctl_interrupt_begin(&scope, is_lengthy(a.t));
  ct_status status = ct_sort(a.values, a.indices, a.t, a.dim, a.flag, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return_pair(L, &a.call, status, &error);
}

static int topk(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  arguments a = match(L, "topk", "TI|TII|TIIB|TIIBB|TTTI|TTTII|TTTIIB|TTTIIBB", true);
  ctl_interrupt_begin(&scope, is_lengthy(a.t));
  ct_status status = ct_topk(a.values, a.indices, a.t, a.k, a.dim, a.flag, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return_pair(L, &a.call, status, &error);
}

static int kthvalue(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  arguments a = match(L, "kthvalue", "TI|TII|TTTI|TTTII", true);
  ctl_interrupt_begin(&scope, is_lengthy(a.t));
  ct_status status = ct_kthvalue(a.values, a.indices, a.t, a.k, a.dim, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return_pair(L, &a.call, status, &error);
}

static int median(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  arguments a = match(L, "median", "T|TI|TTT|TTTI", false);
  ctl_interrupt_begin(&scope, is_lengthy(a.t));
  ct_status status = ct_median(a.values, a.indices, a.t, a.dim, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return_pair(L, &a.call, status, &error);
}

static int mode(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  arguments a = match(L, "mode", "T|TI|TTT|TTTI", false);
  ctl_interrupt_begin(&scope, is_lengthy(a.t));
  ct_status status = ct_mode(a.values, a.indices, a.t, a.dim, &error);
  ctl_interrupt_end(&scope, status);
  return ctl_return_pair(L, &a.call, status, &error);
}

static const luaL_Reg functions[] = {
    {"sort", sort},     {"topk", topk}, {"kthvalue", kthvalue},
    {"median", median}, {"mode", mode}, {NULL, NULL},
};

void ctl_open_order(lua_State *L, int methods) {
  luaL_setfuncs(L, functions, 0);
  lua_pushvalue(L, methods);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
