/* Lua functions over elements: x:apply(f), x:map(y, f), x:map2(y, z, f). Elements are visited row
 * by row; what f returns becomes x's element, nil leaves it as it was.
 *
 * f may do anything, to these tensors too. So the walk goes over views of its own, whose geometry
 * nobody else can change and which keep the storages alive; a storage may move while f runs, hence
 * an address is never kept across a call. */
#include "bind/bind.h"

enum { MAX_TENSORS = 3 };

typedef struct walk {
  int tensors;
  ct_tensor *view[MAX_TENSORS]; /* anchored on the stack; view[0] is written */
  int64_t index[CT_MAX_DIMS], offset[MAX_TENSORS];
} walk;

static void step(walk *w) {
  for (int d = w->view[0]->dims - 1; d >= 0; d--) {
    bool carry = ++w->index[d] == w->view[0]->size[d];
    for (int k = 0; k < w->tensors; k++)
      w->offset[k] += w->view[k]->stride[d] * (carry ? 1 - w->view[k]->size[d] : 1);
    if (!carry) return;
    w->index[d] = 0;
  }
}

static int apply(lua_State *L) {
  const char *name = lua_tostring(L, lua_upvalueindex(1));
  walk w = {.tensors = (int)lua_tointeger(L, lua_upvalueindex(2))};
  int function = w.tensors + 1;
  luaL_checktype(L, function, LUA_TFUNCTION);
  lua_settop(L, function);
  for (int k = 0; k < w.tensors; k++) {
    const ct_tensor *t = ctl_check_tensor(L, k + 1);
    if (k && !ct_tensor_same_size(w.view[0], t)) {
      char a[CT_SHAPE_TEXT], b[CT_SHAPE_TEXT];
      luaL_error(L, "%s: tensors of one size expected, got %s and %s", name,
                 ct_shape_text(a, w.view[0]->dims, w.view[0]->size),
                 ct_shape_text(b, t->dims, t->size));
    }
    w.view[k] = ctl_push_tensor(L, t->dtype);
    ct_tensor_set(w.view[k], t);
    w.offset[k] = t->offset;
  }
  for (int64_t i = 0, count = ct_tensor_count(w.view[0]); i < count; i++, step(&w)) {
    lua_pushvalue(L, function);
    for (int k = 0; k < w.tensors; k++) ctl_push_element(L, w.view[k], w.offset[k]);
    lua_call(L, w.tensors, 1);
    if (!lua_isnil(L, -1)) {
      ct_tensor *x = w.view[0];
      if (lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "%s: the function must return a number or nil, got %s", name,
                   luaL_typename(L, -1));
      ct_scalar_store(x->dtype,
                      (char *)x->storage->data + (size_t)w.offset[0] * ct_dtype_size(x->dtype),
                      ctl_check_scalar(L, -1));
    }
    lua_pop(L, 1);
  }
  lua_settop(L, 1);
  return 1;
}

void ctl_open_apply(lua_State *L, int methods) {
  static const char *const name[MAX_TENSORS] = {"apply", "map", "map2"};
  for (int k = 0; k < MAX_TENSORS; k++) {
    lua_pushstring(L, name[k]);
    lua_pushinteger(L, k + 1);
    lua_pushcclosure(L, apply, 2);
    lua_setfield(L, methods, name[k]);
  }
}
