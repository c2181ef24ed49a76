/* The table `metrics` of the module, and what its functions share. */
#include "bind/metric.h"

const ct_tensor *ctl_push_item(lua_State *L, const char *name, int index, int item,
                               const char *what) {
  lua_geti(L, index, item);
  const ct_tensor *t = ctl_to_tensor(L, lua_gettop(L));
  if (!t) luaL_error(L, "%s: %s must be a tensor, got %s", name, what, luaL_typename(L, -1));
  return t;
}

ctl_sides ctl_check_sides(lua_State *L, const char *name) {
  ctl_sides sides = {.two = lua_istable(L, 1)};
  if (!sides.two) {
    sides.queries = (ct_labelled){ctl_check_tensor(L, 1), ctl_check_tensor(L, 2), NULL};
    return sides;
  }
  if (!lua_istable(L, 2))
    luaL_error(L, "%s: {queries, references} needs {labels, reference labels}, got %s", name,
               luaL_typename(L, 2));
  sides.queries.rows = ctl_push_item(L, name, 1, 1, "queries");
  sides.references.rows = ctl_push_item(L, name, 1, 2, "references");
  sides.queries.labels = ctl_push_item(L, name, 2, 1, "labels");
  sides.references.labels = ctl_push_item(L, name, 2, 2, "reference labels");
  return sides;
}

void ctl_option_cameras(lua_State *L, int options, const char *name, ctl_sides *sides) {
  if (!lua_istable(L, options) || lua_getfield(L, options, "cameras") == LUA_TNIL) return;
  int at = lua_gettop(L);
  if (sides->two && !lua_istable(L, at))
    luaL_error(L, "%s: option cameras must be {cameras, reference cameras}, got %s", name,
               luaL_typename(L, at));
  if (sides->two) {
    sides->queries.cameras = ctl_push_item(L, name, at, 1, "cameras");
    sides->references.cameras = ctl_push_item(L, name, at, 2, "reference cameras");
  } else {
    sides->queries.cameras = ctl_to_tensor(L, at);
    if (!sides->queries.cameras)
      luaL_error(L, "%s: option cameras must be a tensor, got %s", name, luaL_typename(L, at));
  }
}

static const luaL_Reg metric_functions[] = {{"retrieval", ctl_metric_retrieval},
                                            {"cmc", ctl_metric_cmc},
                                            {"rerank", ctl_metric_rerank},
                                            {"verification", ctl_metric_verification},
                                            {"kmeans", ctl_metric_kmeans},
                                            {"mutual_information", ctl_metric_information},
                                            {NULL, NULL}};

void ctl_open_metric(lua_State *L) {
  luaL_newlib(L, metric_functions);
  lua_setfield(L, -2, "metrics");
}
