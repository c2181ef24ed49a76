/* metrics.verification for Lua. */
#include <math.h>
#include <string.h>
#include "bind/metric.h"
#include "metric/verification.h"

enum { MAX_POINTS = 64, DEFAULT_KEEP = 1 << 22, MOST_KEEP = 1 << 30 };

static const char name[] = "verification";

/* Option far: a list of rates, or one. Returns how many. */
static int read_rates(lua_State *L, int options, ct_operating_point point[MAX_POINTS]) {
  static const double usual[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
  int count = sizeof usual / sizeof *usual;
  for (int i = 0; i < count; i++) point[i].far = usual[i];
  if (!lua_istable(L, options) || lua_getfield(L, options, "far") == LUA_TNIL) return count;
  bool one = lua_type(L, -1) == LUA_TNUMBER;
  if (!one && !lua_istable(L, -1))
    luaL_error(L, "%s: option far must be a list of rates, got %s", name, luaL_typename(L, -1));
  lua_Integer length = one ? 1 : luaL_len(L, -1);
  if (length > MAX_POINTS)
    luaL_error(L, "%s: option far holds at most %d rates, got %I", name, MAX_POINTS, length);
  for (int i = 0; i < (int)length; i++) {
    if (!one) lua_geti(L, -1, i + 1);
    double far = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
    if (!(far >= 0 && far <= 1))
      luaL_error(L, "%s: option far must hold numbers from 0 to 1, got %s", name,
                 luaL_tolstring(L, -1, NULL));
    point[i].far = far;
    if (!one) lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return (int)length;
}

static void set_number(lua_State *L, const char *key, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, key);
}

/* The table `key` of a value for each rate asked for. */
static void set_rates(lua_State *L, const char *key, const ct_operating_point *point, int points,
                      size_t offset) {
  lua_createtable(L, 0, points);
  for (int i = 0; i < points; i++) {
    double value;
    memcpy(&value, (const char *)&point[i] + offset, sizeof value);
    lua_pushnumber(L, point[i].far);
    lua_pushnumber(L, value);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, key);
}

/* What users compare: distances grow where similarities fall. */
static double as_threshold(double s, ct_similarity similarity) {
  if (similarity != CT_SIMILARITY_EUCLIDEAN || s != s) return s;
  return s == INFINITY ? -INFINITY : s < 0 ? sqrt(-s) : 0;
}

/* verification(embeddings | {queries, references}, labels | {labels, reference labels} [, options])
 */
int ctl_metric_verification(lua_State *L) {
  static const char *const known[] = {"similarity", "far", "keep", NULL};
  static const char *const similarities[] = {"cosine", "dot", "euclidean", NULL};
  ct_operating_point point[MAX_POINTS];
  ct_verification_result result;
  ct_error error;
  ctl_interrupt scope;
  lua_settop(L, 3);
  ctl_check_option_names(L, 3, name, known);
  ct_similarity similarity =
      (ct_similarity)ctl_option_choice(L, 3, name, "similarity", similarities, 0);
  int points = read_rates(L, 3, point);
  int64_t keep = ctl_option_integer(L, 3, name, "keep", DEFAULT_KEEP, 16, MOST_KEEP);
  ctl_sides sides = ctl_check_sides(L, name);
  ctl_interrupt_begin(&scope, true);
  ct_status status =
      ct_verification(&result, point, points, &sides.queries, sides.two ? &sides.references : NULL,
                      similarity, keep, name, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  for (int i = 0; i < points; i++)
    point[i].threshold = as_threshold(point[i].threshold, similarity);
  lua_createtable(L, 0, 8);
  set_number(L, "auc", result.auc);
  set_number(L, "auc_error", result.auc_error);
  set_number(L, "eer", result.eer);
  set_number(L, "eer_threshold", as_threshold(result.eer_threshold, similarity));
  set_rates(L, "tar", point, points, offsetof(ct_operating_point, tar));
  set_rates(L, "far", point, points, offsetof(ct_operating_point, reached));
  set_rates(L, "threshold", point, points, offsetof(ct_operating_point, threshold));
  lua_pushinteger(L, result.n_genuine);
  lua_setfield(L, -2, "n_genuine");
  lua_pushinteger(L, result.n_impostor);
  lua_setfield(L, -2, "n_impostor");
  return 1;
}
