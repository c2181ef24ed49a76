/* An interpreter that sanitizers live in: linked with -fsanitize=..., it brings their runtime
 * along, which a plain lua5.4 could only be given by preloading it into every program it starts. It
 * takes what the specs give: LUA_INIT_5_4, -e CODE, -l MODULE, a script and arguments, or a script
 * as its input; Ctrl-C raises "interrupted!". The state is closed at the end, so that whatever is
 * still allocated then has been lost. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lua_State *interruptible;

static void raise_interrupt(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

/* As the stock interpreter does: the error is raised where Lua next looks, and a second Ctrl-C ends
 * the process. */
static void on_interrupt(int number) {
  signal(number, SIG_DFL);
  lua_sethook(interruptible, raise_interrupt,
              LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static int traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

/* The table `arg` as the stock interpreter fills it: the script at 0, its arguments from 1. */
static void set_arguments(lua_State *L, int count, char **word, int script) {
  lua_newtable(L);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, word[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

static int run(lua_State *L) {
  int count = (int)lua_tointeger(L, 1), at = 1, pushed = 0;
  char **word = lua_touserdata(L, 2);
  const char *first = getenv("LUA_INIT_5_4");
  bool code = false;
  luaL_openlibs(L);
  if (first) {
    if (luaL_loadstring(L, first) != LUA_OK) return lua_error(L);
    lua_call(L, 0, 0);
  }
  for (; at + 1 < count && (!strcmp(word[at], "-e") || !strcmp(word[at], "-l")); at += 2) {
    if (word[at][1] == 'e') {
      code = true;
      if (luaL_loadstring(L, word[at + 1]) != LUA_OK) return lua_error(L);
      lua_call(L, 0, 0);
    } else {
      lua_getglobal(L, "require");
      lua_pushstring(L, word[at + 1]);
      lua_call(L, 1, 1);
      lua_setglobal(L, word[at + 1]);
    }
  }
  set_arguments(L, count, word, at);
  if (at >= count && code) return 0;
  if (luaL_loadfile(L, at < count ? word[at] : NULL) != LUA_OK) return lua_error(L);
  for (int i = at + 1; i < count; i++, pushed++) lua_pushstring(L, word[i]);
  lua_call(L, pushed, 0);
  return 0;
}

int main(int count, char **word) {
  lua_State *L = luaL_newstate();
  if (!L) return 1;
  interruptible = L;
  signal(SIGINT, on_interrupt);
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, run);
  lua_pushinteger(L, count);
  lua_pushlightuserdata(L, word);
  int status = lua_pcall(L, 2, 0, 1);
  if (status != LUA_OK) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return status == LUA_OK ? 0 : 1;
}
