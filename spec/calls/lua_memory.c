/* Refuses memory to Lua itself: lua_memory.arm(n) makes the interpreter's nth allocation from now
 * on fail, arm(0) none. Lua collects garbage and asks once more when it is refused, so the question
 * that follows is refused as well. Blocks that shrink or end always get their way, as Lua requires.
 *
 * The point is what lies between: whatever a binding holds outside the Lua stack when such an error
 * passes through it is lost. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

typedef struct gate {
  lua_Alloc allocate;
  void *user;
  lua_Integer countdown; /* 0: disarmed */
  int refusing;
} gate;

static void *pass(void *user, void *block, size_t old, size_t wanted) {
  gate *g = user;
  if (wanted > (block ? old : 0)) {
    if (g->refusing) {
      g->refusing = 0;
      return NULL;
    }
    if (g->countdown > 0 && --g->countdown == 0) {
      g->refusing = 1;
      return NULL;
    }
  }
  return g->allocate(g->user, block, old, wanted);
}

static gate *installed_gate(lua_State *L) {
  void *user;
  return lua_getallocf(L, &user) == pass ? user : NULL;
}

static int arm(lua_State *L) {
  gate *g = installed_gate(L);
  g->refusing = 0;
  g->countdown = luaL_checkinteger(L, 1);
  return 0;
}

__attribute__((visibility("default"))) int luaopen_lua_memory(lua_State *L);

int luaopen_lua_memory(lua_State *L) {
  if (!installed_gate(L)) {
    gate *g = calloc(1, sizeof *g); /* as old as the state, and never moved by its collector */
    if (!g) return luaL_error(L, "not enough memory");
    g->allocate = lua_getallocf(L, &g->user);
    lua_setallocf(L, pass, g);
  }
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, arm);
  lua_setfield(L, -2, "arm");
  return 1;
}
