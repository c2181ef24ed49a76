/* core.io.lease(path, lock, linger, longest) in Lua (times in seconds): the lock of a journal, kept
 * from visit to visit (core/io/lease.h), for lua/circlet/study/Lock.lua; and appending to a file
 * that is open. */
#include <errno.h>
#include <unistd.h>
#include "bind/bind.h"
#include "io/lease.h"

static const char lease_type[] = "circlet.lease";

static ct_lease **check_lease(lua_State *L) {
  ct_lease **lease = luaL_checkudata(L, 1, lease_type);
  luaL_argcheck(L, *lease, 1, "the lease has ended");
  return lease;
}

static int64_t check_time(lua_State *L, int index) {
  lua_Number seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, seconds > 0 && seconds <= 1e6, index, "seconds above 0 expected");
  return (int64_t)(seconds * 1e9);
}

static int lease_new(lua_State *L) {
  ct_error error;
  const char *path = luaL_checkstring(L, 1), *lock = luaL_checkstring(L, 2);
  int64_t linger = check_time(L, 3), longest = check_time(L, 4);
  ct_lease **lease = lua_newuserdatauv(L, sizeof *lease, 0);
  *lease = NULL;
  luaL_setmetatable(L, lease_type);
  ctl_check(L, ct_lease_new(lease, path, lock, linger, longest, &error), &error);
  return 1;
}

/* lease:keep(text) -> true; or nil, message, "io" */
static int lease_keep(lua_State *L) {
  ct_error error;
  int results =
      ctl_environment(L, ct_lease_keep(*check_lease(L), luaL_checkstring(L, 2), &error), &error);
  if (results > 0) return results;
  lua_pushboolean(L, 1);
  return 1;
}

/* lease:take() -> the file's number; or nil, whether the lock was kept for as long as allowed */
static int lease_take(lua_State *L) {
  bool over;
  int file = ct_lease_take(*check_lease(L), &over);
  if (file >= 0) {
    lua_pushinteger(L, file);
    return 1;
  }
  lua_pushnil(L);
  lua_pushboolean(L, over);
  return 2;
}

/* lease:give() -> true; false: another process has taken the lock; nil: there was none */
static int lease_give(lua_State *L) {
  ct_lease_end end = ct_lease_give(*check_lease(L));
  if (end == CT_LEASE_NONE)
    lua_pushnil(L);
  else
    lua_pushboolean(L, end == CT_LEASE_GIVEN);
  return 1;
}

/* append(file, text) -> bytes written; or nil, message, "io". In place of luv's, which takes ten
 * times as long as the system. */
static int append(lua_State *L) {
  size_t size;
  int file = (int)luaL_checkinteger(L, 1);
  const char *text = luaL_checklstring(L, 2, &size);
  ssize_t written;
  do {
    written = write(file, text, size);
  } while (written < 0 && errno == EINTR);
  if (written < 0) return luaL_fileresult(L, 0, NULL);
  lua_pushinteger(L, written);
  return 1;
}

static int lease_gc(lua_State *L) {
  ct_lease **lease = luaL_checkudata(L, 1, lease_type);
  ct_lease_free(*lease);
  *lease = NULL;
  return 0;
}

static const luaL_Reg methods[] = {
    {"keep", lease_keep}, {"take", lease_take}, {"give", lease_give}, {NULL, NULL}};

/* Into the table `io`, which ctl_open_io() has made. */
void ctl_open_lease(lua_State *L) {
  luaL_newmetatable(L, lease_type);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, lease_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_getfield(L, -1, "io");
  lua_pushcfunction(L, lease_new);
  lua_setfield(L, -2, "lease");
  lua_pushcfunction(L, append);
  lua_setfield(L, -2, "append");
  lua_pop(L, 1);
}
