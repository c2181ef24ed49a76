/* metrics.kmeans and metrics.mutual_information for Lua. */
#include "bind/metric.h"
#include "metric/information.h"
#include "metric/kmeans.h"

enum { MOST_ROUNDS = 1000000 };

/* kmeans(embeddings, clusters [, options]) -> assignment, centres, facts */
int ctl_metric_kmeans(lua_State *L) {
  static const char name[] = "kmeans";
  static const char *const known[] = {"similarity", "iterations", "restarts", "seed", NULL};
  static const char *const similarities[] = {"cosine", "euclidean", NULL};
  static const double most_exact = 0x1p53;
  ct_error error;
  ctl_interrupt scope;
  ct_kmeans_facts facts;
  lua_settop(L, 3);
  ct_tensor *rows = ctl_check_tensor(L, 1);
  ctl_check_option_names(L, 3, name, known);
  ct_kmeans_options options = {
      .function = name,
      .clusters = luaL_checkinteger(L, 2),
      .unit_rows = ctl_option_choice(L, 3, name, "similarity", similarities, 0) == 0,
      .iterations = ctl_option_integer(L, 3, name, "iterations", 100, 0, MOST_ROUNDS),
      .restarts = ctl_option_integer(L, 3, name, "restarts", 1, 1, MOST_ROUNDS),
      .seed = (uint64_t)ctl_option_integer(L, 3, name, "seed", 1, 0, (int64_t)most_exact)};
  ct_tensor *assignment = ctl_push_tensor(L, CT_LONG), *centres = ctl_push_tensor(L, CT_DOUBLE);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_kmeans(assignment, centres, &facts, rows, &options, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  lua_createtable(L, 0, 3);
  lua_pushnumber(L, facts.inertia);
  lua_setfield(L, -2, "inertia");
  lua_pushinteger(L, facts.iterations);
  lua_setfield(L, -2, "iterations");
  lua_pushboolean(L, facts.converged);
  lua_setfield(L, -2, "converged");
  return 3;
}

/* mutual_information(labels, other_labels) -> table */
int ctl_metric_information(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  ct_information found;
  ct_tensor *a = ctl_check_tensor(L, 1), *b = ctl_check_tensor(L, 2);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_mutual_information(&found, a, b, "mutual_information", &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  const struct {
    const char *key;
    double value;
  } field[] = {{"nmi", found.nmi},       {"ami", found.ami},
               {"mi", found.mutual},     {"expected_mi", found.expected},
               {"entropy", found.first}, {"other_entropy", found.second}};
  lua_createtable(L, 0, 8);
  for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
    lua_pushnumber(L, field[i].value);
    lua_setfield(L, -2, field[i].key);
  }
  lua_pushinteger(L, found.groups[0]);
  lua_setfield(L, -2, "groups");
  lua_pushinteger(L, found.groups[1]);
  lua_setfield(L, -2, "other_groups");
  return 1;
}
