/* Measures of rankings for Lua: metrics.retrieval, metrics.cmc and metrics.rerank. */
#include <string.h>
#include "bind/metric.h"
#include "metric/retrieval.h"

enum { MAX_CUTOFFS = 64, MAX_BLOCK = 1 << 16 };

static const char *const measure_name[] = {"recall", "r_precision", "map_at_r", "map",
                                           "mrr",    "minp",        NULL};
enum { RECALL, R_PRECISION, MAP_AT_R, MAP, MRR, MINP, MEASURES };

/* What sets one of the two functions apart from the other. */
typedef struct kind {
  const char *name;
  const char *const *options;
  const char *recall; /* the name of the table of shares found within the first k */
  bool measure[MEASURES];
  int usual; /* how many k by default */
  int64_t usual_cutoff[4];
} kind;

/* Option k: the cutoffs of recall. Leaves nothing on the stack. */
static int read_cutoffs(lua_State *L, int options, const kind *k, int64_t cutoff[MAX_CUTOFFS]) {
  memcpy(cutoff, k->usual_cutoff, sizeof k->usual_cutoff);
  if (!lua_istable(L, options)) return k->usual;
  int type = lua_getfield(L, options, "k"), count = k->usual;
  if (type == LUA_TNUMBER) { /* k = 5 is k = {5} */
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
  } else if (type != LUA_TTABLE && type != LUA_TNIL) {
    luaL_error(L, "%s: option k must be a list of ranks, got %s", k->name, luaL_typename(L, -1));
  }
  if (type != LUA_TNIL) {
    lua_Integer length = luaL_len(L, -1);
    if (length > MAX_CUTOFFS)
      luaL_error(L, "%s: option k holds at most %d ranks, got %I", k->name, MAX_CUTOFFS, length);
    count = (int)length;
    for (int i = 0; i < count; i++) {
      int exact;
      lua_geti(L, -1, i + 1);
      cutoff[i] = lua_tointegerx(L, -1, &exact);
      if (lua_type(L, -1) != LUA_TNUMBER || !exact || cutoff[i] < 1)
        luaL_error(L, "%s: option k must hold integers from 1, got %s", k->name,
                   luaL_tolstring(L, -1, NULL));
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  return count;
}

/* Option measures, which only metrics.retrieval knows. */
static void read_measures(lua_State *L, int options, const kind *k, bool wanted[MEASURES]) {
  memcpy(wanted, k->measure, sizeof k->measure);
  int type = lua_istable(L, options) ? lua_getfield(L, options, "measures") : LUA_TNONE;
  if (type == LUA_TNONE) return;
  if (type != LUA_TTABLE && type != LUA_TNIL)
    luaL_error(L, "%s: option measures must be a list of names, got %s", k->name,
               luaL_typename(L, -1));
  if (type == LUA_TTABLE) memset(wanted, 0, sizeof k->measure);
  lua_Integer count = type == LUA_TTABLE ? luaL_len(L, -1) : 0;
  for (lua_Integer i = 1; i <= count; i++) {
    int m = 0;
    const char *name = lua_geti(L, -1, i) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    while (name && measure_name[m] && strcmp(measure_name[m], name)) m++;
    if (!name || !measure_name[m])
      luaL_error(L, "%s: a measure is one of recall, r_precision, map_at_r, map, mrr, minp; got %s",
                 k->name, luaL_tolstring(L, -1, NULL));
    wanted[m] = true;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void push_result(lua_State *L, const ct_retrieval_result *result, const kind *k,
                        const bool *wanted, const ct_retrieval_options *options) {
  const double value[MEASURES] = {[R_PRECISION] = result->r_precision,
                                  [MAP_AT_R] = result->map_at_r,
                                  [MAP] = result->map,
                                  [MRR] = result->mrr,
                                  [MINP] = result->minp};
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
    lua_setfield(L, -2, m == RECALL ? k->recall : measure_name[m]);
  }
  lua_pushinteger(L, result->n_queries);
  lua_setfield(L, -2, "n_queries");
  lua_pushinteger(L, result->n_lone);
  lua_setfield(L, -2, "n_lone");
}

static const char *const rerank_names[] = {"k1", "k2", "lambda", NULL};
enum { MOST_NEIGHBOURS = 1000 };

/* The fields k1, k2 and lambda of the table at `index`. */
static ct_rerank_options read_neighbours(lua_State *L, int index, const char *name) {
  ct_rerank_options options = {
      .k1 = ctl_option_integer(L, index, name, "k1", 20, 1, MOST_NEIGHBOURS),
      .k2 = ctl_option_integer(L, index, name, "k2", 6, 1, MOST_NEIGHBOURS),
      .lambda = ctl_option_number(L, index, name, "lambda", 0.3)};
  if (!(options.lambda >= 0 && options.lambda <= 1))
    luaL_error(L, "%s: option lambda must be from 0 to 1, got %f", name, options.lambda);
  return options;
}

/* Option rerank: true, or a table of its own options. Returns whether re-ranking is wanted. */
static bool read_rerank(lua_State *L, int options, const char *name, ct_rerank_options *out) {
  if (!lua_istable(L, options)) return false;
  int type = lua_getfield(L, options, "rerank");
  if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TTABLE)
    luaL_error(L, "%s: option rerank must be true or a table, got %s", name, luaL_typename(L, -1));
  bool wanted = lua_toboolean(L, -1);
  if (type != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  ctl_check_option_names(L, lua_gettop(L), name, rerank_names);
  *out = read_neighbours(L, lua_gettop(L), name);
  lua_pop(L, 1);
  return wanted;
}

/* 0 where the option is not given. */
static int64_t option_block(lua_State *L, int index, const char *name) {
  bool given = lua_istable(L, index) && lua_getfield(L, index, "block") != LUA_TNIL;
  if (lua_istable(L, index)) lua_pop(L, 1);
  return given ? ctl_option_integer(L, index, name, "block", 1, 1, MAX_BLOCK) : 0;
}

static int rank(lua_State *L, const kind *k) {
  static const char *const similarity[] = {"cosine", "dot", "euclidean", NULL};
  int64_t cutoff[MAX_CUTOFFS];
  double recall[MAX_CUTOFFS];
  bool wanted[MEASURES];
  ct_error error;
  ctl_interrupt scope;
  lua_settop(L, 3);
  ctl_check_option_names(L, 3, k->name, k->options);
  ct_retrieval_options options = {
      .function = k->name,
      .similarity = (ct_similarity)ctl_option_choice(L, 3, k->name, "similarity", similarity, 0),
      .cutoffs = read_cutoffs(L, 3, k, cutoff),
      .cutoff = cutoff,
      .block = option_block(L, 3, k->name)};
  ct_rerank_options rerank;
  if (read_rerank(L, 3, k->name, &rerank)) options.rerank = &rerank;
  read_measures(L, 3, k, wanted);
  options.full_ranking = wanted[MAP] || wanted[MINP];
  ctl_sides sides = ctl_check_sides(L, k->name);
  ctl_option_cameras(L, 3, k->name, &sides);
  ct_retrieval_result result = {.recall = recall};
  ctl_interrupt_begin(&scope, true);
  ct_status status =
      ct_retrieval(&result, &sides.queries, sides.two ? &sides.references : NULL, &options, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  push_result(L, &result, k, wanted, &options);
  return 1;
}

/* retrieval(embeddings | {queries, references}, labels | {labels, reference labels} [, options]) */
int ctl_metric_retrieval(lua_State *L) {
  static const char *const options[] = {"similarity", "cameras", "k", "measures",
                                        "block",      "rerank",  NULL};
  static const kind k = {.name = "retrieval",
                         .options = options,
                         .recall = "recall",
                         .measure = {true, true, true, true, true, true},
                         .usual = 4,
                         .usual_cutoff = {1, 2, 4, 8}};
  return rank(L, &k);
}

/* cmc(embeddings | {queries, gallery}, labels | {labels, gallery labels} [, options]) */
int ctl_metric_cmc(lua_State *L) {
  static const char *const options[] = {"similarity", "cameras", "k", "block", "rerank", NULL};
  static const kind k = {.name = "cmc",
                         .options = options,
                         .recall = "cmc",
                         .measure = {[RECALL] = true, [MAP] = true, [MINP] = true},
                         .usual = 4,
                         .usual_cutoff = {1, 5, 10, 20}};
  return rank(L, &k);
}

/* rerank(embeddings | {queries, references} [, options]) -> distances */
int ctl_metric_rerank(lua_State *L) {
  static const char name[] = "rerank";
  static const char *const known[] = {"similarity", "k1", "k2", "lambda", NULL};
  static const char *const similarity[] = {"cosine", "euclidean", NULL};
  ct_error error;
  ctl_interrupt scope;
  lua_settop(L, 2);
  ctl_check_option_names(L, 2, name, known);
  ct_rerank_options options = read_neighbours(L, 2, name);
  bool euclidean = ctl_option_choice(L, 2, name, "similarity", similarity, 0) == 1;
  const ct_tensor *queries, *references = NULL;
  if (lua_istable(L, 1)) {
    queries = ctl_push_item(L, name, 1, 1, "queries");
    references = ctl_push_item(L, name, 1, 2, "references");
  } else {
    queries = ctl_check_tensor(L, 1);
  }
  ct_tensor *out = ctl_push_tensor(L, queries->dtype);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_rerank_distances(out, queries, references,
                                         euclidean ? CT_SIMILARITY_EUCLIDEAN : CT_SIMILARITY_COSINE,
                                         &options, name, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  return 1;
}
