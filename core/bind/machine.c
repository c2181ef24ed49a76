/* Facts and settings of the machine: threads, instruction set, BLAS, memory. */
#include "bind/bind.h"
#include <cblas.h>
#include <omp.h>
#include "base/memory.h"
#include "base/threads.h"
#include "circlet.h"
#include "cpu/gemm.h"
#include "cpu/isa.h"

static int set_threads(lua_State *L) {
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 1 && count <= 4096, 1, "a number of threads from 1 to 4096 expected");
  ct_set_threads((int)count);
  return 0;
}

static int get_threads(lua_State *L) {
  lua_pushinteger(L, ct_threads());
  return 1;
}

/* circlet.memory([reset]) -> bytes in live tensors and workspaces, most at once since the last
 * reset */
static int memory(lua_State *L) {
  lua_pushinteger(L, ct_memory_current());
  lua_pushinteger(L, ct_memory_peak());
  if (lua_toboolean(L, 1)) ct_memory_reset_peak();
  return 2;
}

static int fail_allocation(lua_State *L) {
  ct_memory_fail_at(luaL_checkinteger(L, 1));
  return 0;
}

static const char *blas_threads(void) {
  int kind = openblas_get_parallel();
  return kind == OPENBLAS_SEQUENTIAL ? "none" : kind == OPENBLAS_OPENMP ? "openmp" : "pthreads";
}

/* What lua/circlet/config.lua makes its report from. */
static int machine(lua_State *L) {
  lua_newtable(L);
  lua_pushstring(L, ct_isa_name(ct_isa_current()));
  lua_setfield(L, -2, "isa");
  lua_pushstring(L, ct_isa_name(ct_isa_best()));
  lua_setfield(L, -2, "isa_best");
  lua_pushstring(L, openblas_get_config());
  lua_setfield(L, -2, "blas");
  lua_pushstring(L, ct_gemm_core());
  lua_setfield(L, -2, "blas_core");
  lua_pushstring(L, blas_threads());
  lua_setfield(L, -2, "blas_threads");
  lua_pushinteger(L, omp_get_num_procs());
  lua_setfield(L, -2, "cores");
#ifdef __clang__
  lua_pushliteral(L, "clang " __clang_version__);
#else
  lua_pushliteral(L, "gcc " __VERSION__);
#endif
  lua_setfield(L, -2, "compiler");
  lua_pushinteger(L, ct_threads());
  lua_setfield(L, -2, "threads");
  return 1;
}

static const luaL_Reg machine_functions[] = {
    {"setnumthreads", set_threads}, {"getnumthreads", get_threads},       {"memory", memory},
    {"machine", machine},           {"fail_allocation", fail_allocation}, {NULL, NULL},
};

void ctl_open_machine(lua_State *L) {
  luaL_setfuncs(L, machine_functions, 0);
  lua_pushliteral(L, CIRCLET_VERSION);
  lua_setfield(L, -2, "version");
}
