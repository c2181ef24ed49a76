/* Several Lua states in several threads of one process: each runs the script that is named on the
 * command line, again and again, with arguments (number of the thread, number of the run). Built
 * with ThreadSanitizer by `make check-threads`: whatever two states share without care is
 * reported. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 3, RUNS = 20 };

static const char *script;
static _Atomic int failures;

static int run(lua_State *L) {
  luaL_openlibs(L);
  if (luaL_loadfile(L, script) != LUA_OK) return lua_error(L);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 0);
  return 0;
}

static void *work(void *number) {
  for (int i = 1; i <= RUNS; i++) {
    lua_State *L = luaL_newstate();
    lua_pushcfunction(L, run);
    lua_pushinteger(L, *(int *)number);
    lua_pushinteger(L, i);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
      fprintf(stderr, "state %d, run %d: %s\n", *(int *)number, i, lua_tostring(L, -1));
      failures++;
    }
    lua_close(L);
  }
  return NULL;
}

int main(int count, char **word) {
  pthread_t thread[THREADS];
  int number[THREADS];
  if (count != 2) return 2;
  script = word[1];
  for (int i = 0; i < THREADS; i++) {
    number[i] = i + 1;
    if (pthread_create(&thread[i], NULL, work, &number[i])) return 2;
  }
  for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  return failures ? 1 : 0;
}
