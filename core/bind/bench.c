/* The table core.bench: yardsticks and clocks for scripts/bench (cpu/yardstick.h, pair_clock.h).
 * Not part of the public module. */
#include "bind/bind.h"
#include "cpu/pair_clock.h"
#include "cpu/yardstick.h"

static int check_threads(lua_State *L, int index) {
  lua_Integer threads = luaL_checkinteger(L, index);
  luaL_argcheck(L, threads >= 1 && threads <= 4096, index,
                "a number of threads from 1 to 4096 expected");
  return (int)threads;
}

/* A matrix without gaps as OpenBLAS counts it: sizes from 1 to 2^31 - 1. */
static ct_tensor *check_matrix(lua_State *L, int index) {
  ct_tensor *t = ctl_check_tensor_of(L, index, CT_FLOAT);
  luaL_argcheck(L, t->dims == 2 && ct_tensor_contiguous(t), index, "a contiguous matrix expected");
  luaL_argcheck(
      L, t->size[0] >= 1 && t->size[1] >= 1 && t->size[0] <= INT32_MAX && t->size[1] <= INT32_MAX,
      index, "a matrix of sizes from 1 to 2^31 - 1 expected");
  return t;
}

/* core.bench.gemm(c, a, b, transpose_a, transpose_b, threads): c = op(a)*op(b), FloatTensors */
static int bench_gemm(lua_State *L) {
  ct_tensor *c = check_matrix(L, 1), *a = check_matrix(L, 2), *b = check_matrix(L, 3);
  bool transpose_a = lua_toboolean(L, 4), transpose_b = lua_toboolean(L, 5);
  int threads = check_threads(L, 6);
  int64_t m = a->size[transpose_a], k = a->size[!transpose_a], n = b->size[!transpose_b];
  if (b->size[transpose_b] != k || c->size[0] != m || c->size[1] != n)
    return luaL_error(L, "gemm: %dx%d times %dx%d does not make %dx%d", (int)m, (int)k,
                      (int)b->size[transpose_b], (int)n, (int)c->size[0], (int)c->size[1]);
  if (ct_tensor_overlaps(c, a) || ct_tensor_overlaps(c, b))
    return luaL_error(L, "gemm: the result must not share memory with a factor");
  ct_yardstick_gemm_f32(transpose_a, transpose_b, m, n, k, ct_tensor_data(a), ct_tensor_data(b),
                        ct_tensor_data(c), threads);
  return 0;
}

/* core.bench.fma(iterations, threads) -> number of float operations that were done */
static int bench_fma(lua_State *L) {
  lua_Integer iterations = luaL_checkinteger(L, 1);
  luaL_argcheck(L, iterations >= 0, 1, "a number of iterations >= 0 expected");
  lua_pushnumber(L, ct_yardstick_fma(iterations, check_threads(L, 2)));
  return 1;
}

/* core.bench.clocks(run): the losses' driver notes what its threads spend their time on, from now
 * on, or no longer */
static int bench_clocks(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  ct_pair_clocks(lua_toboolean(L, 1));
  return 0;
}

/* core.bench.spent() -> { rows, similarities, sums, weights, gradient, wait }: seconds of all
 * threads together since clocks(true) */
static int bench_spent(lua_State *L) {
  static const char *const names[] = {
      [CT_WORK_ROWS] = "rows",         [CT_WORK_SIMILARITIES] = "similarities",
      [CT_WORK_SUMS] = "sums",         [CT_WORK_WEIGHTS] = "weights",
      [CT_WORK_GRADIENT] = "gradient", [CT_WORK_WAIT] = "wait"};
  double spent[CT_WORKS];
  ct_pair_spent(spent);
  lua_createtable(L, 0, CT_WORKS);
  for (int k = 0; k < CT_WORKS; k++) {
    lua_pushnumber(L, spent[k]);
    lua_setfield(L, -2, names[k]);
  }
  return 1;
}

void ctl_open_bench(lua_State *L) {
  static const luaL_Reg functions[] = {{"gemm", bench_gemm},
                                       {"fma", bench_fma},
                                       {"clocks", bench_clocks},
                                       {"spent", bench_spent},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "bench");
}
