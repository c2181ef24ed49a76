/* Retrieval measures for Lua, in the table `metrics` of the module. */
#include "bind/bind.h"
#include <string.h>
#include "metric/retrieval.h"

enum { MAX_CUTOFFS = 64, DEFAULT_BLOCK = 12, MAX_BLOCK = 1 << 16 };

static const char *const measure_name[] = {"recall", "r_precision", "map_at_r", "map", "mrr", NULL};
enum { RECALL, R_PRECISION, MAP_AT_R, MAP, MRR, MEASURES };

/* Option k: the cutoffs of recall. Leaves nothing on the stack. */
static int read_cutoffs(lua_State *L, int options, int64_t cutoff[MAX_CUTOFFS]) {
  static const int64_t usual[] = {1, 2, 4, 8};
  memcpy(cutoff, usual, sizeof usual);
  if (!lua_istable(L, options)) return sizeof usual / sizeof *usual;
  int kind = lua_getfield(L, options, "k"), count = sizeof usual / sizeof *usual;
  if (kind == LUA_TNUMBER) { /* k = 5 is k = {5} */
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
  } else if (kind != LUA_TTABLE && kind != LUA_TNIL) {
    luaL_error(L, "retrieval: option k must be a list of ranks, got %s", luaL_typename(L, -1));
  }
  if (kind != LUA_TNIL) {
    lua_Integer length = luaL_len(L, -1);
    if (length > MAX_CUTOFFS)
      luaL_error(L, "retrieval: option k holds at most %d ranks, got %I", MAX_CUTOFFS, length);
    count = (int)length;
    for (int i = 0; i < count; i++) {
      int exact;
      lua_geti(L, -1, i + 1);
      cutoff[i] = lua_tointegerx(L, -1, &exact);
      if (lua_type(L, -1) != LUA_TNUMBER || !exact || cutoff[i] < 1)
        luaL_error(L, "retrieval: option k must hold integers from 1, got %s",
                   luaL_tolstring(L, -1, NULL));
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return count;
}

static void read_measures(lua_State *L, int options, bool wanted[MEASURES]) {
  int kind = lua_istable(L, options) ? lua_getfield(L, options, "measures") : LUA_TNONE;
  for (int m = 0; m < MEASURES; m++) wanted[m] = kind == LUA_TNONE || kind == LUA_TNIL;
  if (kind == LUA_TNONE) return;
  if (kind != LUA_TTABLE && kind != LUA_TNIL)
    luaL_error(L, "retrieval: option measures must be a list of names, got %s",
               luaL_typename(L, -1));
  lua_Integer count = kind == LUA_TTABLE ? luaL_len(L, -1) : 0;
  for (lua_Integer i = 1; i <= count; i++) {
    int m = 0;
    const char *name = lua_geti(L, -1, i) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    while (name && measure_name[m] && strcmp(measure_name[m], name)) m++;
    if (!name || !measure_name[m])
      luaL_error(L,
                 "retrieval: a measure is one of recall, r_precision, map_at_r, map, mrr; got %s",
                 luaL_tolstring(L, -1, NULL));
    wanted[m] = true;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void push_result(lua_State *L, const ct_retrieval_result *result, const bool *wanted,
                        const ct_retrieval_options *options) {
  const double value[MEASURES] = {[R_PRECISION] = result->r_precision,
                                  [MAP_AT_R] = result->map_at_r,
                                  [MAP] = result->map,
                                  [MRR] = result->mrr};
  lua_createtable(L, 0, MEASURES + 2);
  for (int m = 0; m < MEASURES; m++) {
    if (!wanted[m]) continue;
    if (m == RECALL) {
      lua_createtable(L, options->cutoffs, 0);
      for (int i = 0; i < options->cutoffs; i++) {
        lua_pushnumber(L, result->recall[i]);
        lua_rawseti(L, -2, options->cutoff[i]);
      }
    } else {
      lua_pushnumber(L, value[m]);
    }
    lua_setfield(L, -2, measure_name[m]);
  }
  lua_pushinteger(L, result->n_queries);
  lua_setfield(L, -2, "n_queries");
  lua_pushinteger(L, result->n_lone);
  lua_setfield(L, -2, "n_lone");
}

/* Tensor `item` of the pair at `index`, left on the stack. */
static ct_tensor *push_pair_tensor(lua_State *L, int index, int item, const char *what) {
  lua_geti(L, index, item);
  ct_tensor *t = ctl_to_tensor(L, lua_gettop(L));
  if (!t) luaL_error(L, "retrieval: %s must be a tensor, got %s", what, luaL_typename(L, -1));
  return t;
}

/* metrics.retrieval(embeddings | {queries, references}, labels | {labels, reference labels} [,
 * options]) */
static int retrieval(lua_State *L) {
  static const char *const known[] = {"similarity", "k", "measures", "block", NULL};
  static const char *const similarity[] = {"cosine", "dot", "euclidean", NULL};
  int64_t cutoff[MAX_CUTOFFS];
  double recall[MAX_CUTOFFS];
  bool wanted[MEASURES];
  ct_error error;
  ctl_interrupt scope;
  ct_tensor *queries, *labels, *references = NULL, *reference_labels = NULL;
  lua_settop(L, 3);
  ctl_check_option_names(L, 3, "retrieval", known);
  ct_retrieval_options options = {.similarity = (ct_similarity)ctl_option_choice(
                                      L, 3, "retrieval", "similarity", similarity, 0),
                                  .cutoffs = read_cutoffs(L, 3, cutoff),
                                  .cutoff = cutoff};
  double block = ctl_option_number(L, 3, "retrieval", "block", DEFAULT_BLOCK);
  if (!(block >= 1 && block <= MAX_BLOCK) || block != (double)(int64_t)block)
    luaL_error(L, "retrieval: option block must be an integer from 1 to %d", MAX_BLOCK);
  options.block = (int64_t)block;
  read_measures(L, 3, wanted);
  options.full_ranking = wanted[MAP];
  if (lua_istable(L, 1)) {
    if (!lua_istable(L, 2))
      luaL_error(L, "retrieval: {queries, references} needs {labels, reference labels}, got %s",
                 luaL_typename(L, 2));
    queries = push_pair_tensor(L, 1, 1, "queries");
    references = push_pair_tensor(L, 1, 2, "references");
    labels = push_pair_tensor(L, 2, 1, "labels");
    reference_labels = push_pair_tensor(L, 2, 2, "reference labels");
  } else {
    queries = ctl_check_tensor(L, 1);
    labels = ctl_check_tensor(L, 2);
  }
  ct_retrieval_result result = {.recall = recall};
  ctl_interrupt_begin(&scope);
  ct_status status =
      ct_retrieval(&result, queries, labels, references, reference_labels, &options, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  push_result(L, &result, wanted, &options);
  return 1;
}

static const luaL_Reg metric_functions[] = {{"retrieval", retrieval}, {NULL, NULL}};

void ctl_open_metric(lua_State *L) {
  luaL_newlib(L, metric_functions);
  lua_setfield(L, -2, "metrics");
}
