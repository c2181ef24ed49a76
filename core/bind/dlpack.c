/* DLPack in Lua.
 *
 *   to_dlpack(tensor)    -> a capsule that holds a DLManagedTensorVersioned over the tensor's
 * memory capsule:pointer()    -> its address, a light userdata; the capsule goes on owning it
 *   capsule:release()    -> its address, whose deleter the caller now has to call, once
 *   from_dlpack(capsule or address) -> a tensor over that memory, which it now owns
 *
 * A capsule that was never taken calls the deleter when it is collected or closed. When from_dlpack
 * raises, what it was given is as it was. An address must be one that a producer of DLPack gave. */
#include "bind/bind.h"
#include "tensor/dlpack.h"

static const char capsule_type[] = "circlet.DLPack";

typedef struct capsule {
  ct_managed *managed; /* NULL when it was taken */
} capsule;

static capsule *check_capsule(lua_State *L) {
  capsule *c = luaL_checkudata(L, 1, capsule_type);
  luaL_argcheck(L, c->managed, 1, "the capsule was taken already");
  return c;
}

static int to_dlpack(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  capsule *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (capsule){0};
  luaL_setmetatable(L, capsule_type);
  ctl_check(L, ct_dlpack_export(&c->managed, t, "to_dlpack", &error), &error);
  return 1;
}

static int from_dlpack(lua_State *L) {
  ct_error error;
  capsule *c = NULL;
  ct_managed *managed;
  if (lua_islightuserdata(L, 1)) {
    managed = lua_touserdata(L, 1);
    luaL_argcheck(L, managed, 1, "the address is NULL");
  } else {
    c = check_capsule(L);
    managed = c->managed;
  }
  ct_tensor view = {0}, *t = NULL;
  ct_storage storage;
  ctl_check(L, ct_dlpack_borrow(&view, &storage, managed, true, "from_dlpack", &error), &error);
  t = ctl_push_tensor(L, view.dtype);
  ctl_check(L, ct_dlpack_import(t, managed, "from_dlpack", &error), &error);
  if (c) c->managed = NULL;
  return 1;
}

static int capsule_pointer(lua_State *L) {
  lua_pushlightuserdata(L, check_capsule(L)->managed);
  return 1;
}

static int capsule_release(lua_State *L) {
  capsule *c = check_capsule(L);
  lua_pushlightuserdata(L, c->managed);
  c->managed = NULL;
  return 1;
}

static int capsule_gc(lua_State *L) {
  capsule *c = lua_touserdata(L, 1);
  ct_managed *managed = c->managed;
  c->managed = NULL;
  if (managed && managed->deleter) managed->deleter(managed);
  return 0;
}

void ctl_open_dlpack(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"pointer", capsule_pointer}, {"release", capsule_release}, {NULL, NULL}};
  luaL_newmetatable(L, capsule_type);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, capsule_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, capsule_gc);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  lua_pushcfunction(L, to_dlpack);
  lua_setfield(L, -2, "to_dlpack");
  lua_pushcfunction(L, from_dlpack);
  lua_setfield(L, -2, "from_dlpack");
}
