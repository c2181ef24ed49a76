/* Of the process: where its output goes, its parent, Ctrl-C. For circlet.study's workers. */
#include "bind/bind.h"
#include <stdio.h>
#include <string.h>
#include "base/process.h"

/* core.process.send_output(path) -> true; or nil, message, "io" */
static int send_output(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  ct_error error = {0};
  fflush(stdout);
  fflush(stderr);
  int results = ctl_environment(L, ct_process_output(path, &error), &error);
  if (results > 0) return results;
  lua_pushboolean(L, 1);
  return 1;
}

static int follow_parent(lua_State *L) {
  (void)L;
  ct_process_follow_parent();
  return 0;
}

/* core.process.keep_interrupt() -> what Ctrl-C does now, for restore_interrupt */
static int keep_interrupt(lua_State *L) {
  struct sigaction action;
  ct_process_keep_interrupt(&action);
  lua_pushlstring(L, (const char *)&action, sizeof action);
  return 1;
}

static int restore_interrupt(lua_State *L) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  struct sigaction action;
  luaL_argcheck(L, length == sizeof action, 1, "what keep_interrupt() gave expected");
  memcpy(&action, bytes, sizeof action);
  ct_process_restore_interrupt(&action);
  return 0;
}

static const luaL_Reg process_functions[] = {
    {"send_output", send_output},
    {"follow_parent", follow_parent},
    {"keep_interrupt", keep_interrupt},
    {"restore_interrupt", restore_interrupt},
    {NULL, NULL},
};

/* A table of its own: these are no functions of the public module. */
void ctl_open_process(lua_State *L) {
  luaL_newlib(L, process_functions);
  lua_setfield(L, -2, "process");
}
