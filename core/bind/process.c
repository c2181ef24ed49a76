/* Of the process: where its output goes, its parent, Ctrl-C, its terminal. For circlet.study's
 * workers and circlet.prompt. */
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

/* The first argument, the bytes that keep_interrupt() or keep_terminal() gave. */
static void check_kept(lua_State *L, void *to, size_t size, const char *expected) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  luaL_argcheck(L, length == size, 1, expected);
  memcpy(to, bytes, size);
}

/* core.process.keep_interrupt() -> what Ctrl-C does now, for restore_interrupt */
static int keep_interrupt(lua_State *L) {
  struct sigaction action;
  ct_process_keep_interrupt(&action);
  lua_pushlstring(L, (const char *)&action, sizeof action);
  return 1;
}

static int restore_interrupt(lua_State *L) {
  struct sigaction action;
  check_kept(L, &action, sizeof action, "what keep_interrupt() gave expected");
  ct_process_restore_interrupt(&action);
  return 0;
}

static int ignore_interrupt(lua_State *L) {
  (void)L;
  ct_process_ignore_interrupt();
  return 0;
}

/* core.process.wait_input(descriptor) -> "ready", "interrupt", "suspend" or "end" */
static int wait_input(lua_State *L) {
  static const char *const word[] = {"ready", "interrupt", "suspend", "end"};
  lua_pushstring(L, word[ct_process_wait_input((int)luaL_checkinteger(L, 1))]);
  return 1;
}

static int suspend(lua_State *L) {
  (void)L;
  ct_process_suspend();
  return 0;
}

static int is_terminal(lua_State *L) {
  lua_pushboolean(L, ct_process_is_terminal((int)luaL_checkinteger(L, 1)));
  return 1;
}

/* core.process.keep_terminal() -> how the terminal treats keys now, for restore_terminal; or nil */
static int keep_terminal(lua_State *L) {
  struct termios settings;
  if (!ct_process_keep_terminal(&settings)) return 0;
  lua_pushlstring(L, (const char *)&settings, sizeof settings);
  return 1;
}

static int restore_terminal(lua_State *L) {
  struct termios settings;
  check_kept(L, &settings, sizeof settings, "what keep_terminal() gave expected");
  ct_process_restore_terminal(&settings);
  return 0;
}

/* core.process.terminal_size() -> columns, lines; nil without a terminal */
static int terminal_size(lua_State *L) {
  int columns, lines;
  if (!ct_process_terminal_size(&columns, &lines)) return 0;
  lua_pushinteger(L, columns);
  lua_pushinteger(L, lines);
  return 2;
}

static const luaL_Reg process_functions[] = {
    {"send_output", send_output},
    {"follow_parent", follow_parent},
    {"keep_interrupt", keep_interrupt},
    {"restore_interrupt", restore_interrupt},
    {"ignore_interrupt", ignore_interrupt},
    {"wait_input", wait_input},
    {"suspend", suspend},
    {"is_terminal", is_terminal},
    {"keep_terminal", keep_terminal},
    {"restore_terminal", restore_terminal},
    {"terminal_size", terminal_size},
    {NULL, NULL},
};

/* A table of its own: these are no functions of the public module. */
void ctl_open_process(lua_State *L) {
  luaL_newlib(L, process_functions);
  lua_setfield(L, -2, "process");
}
