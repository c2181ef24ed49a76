/* The table `cuda_functions`, which lua/circlet/cuda.lua makes public. Devices and streams are
 * counted from 1 in Lua; stream 0 is the thread's own. */
#include "cuda/cuda.h"
#include "bind/bind.h"

static const ct_cuda_table *require_cuda(lua_State *L) {
  ct_error error;
  ctl_check(L, ct_cuda_require(&error), &error);
  return ct_cuda();
}

static int device_at(lua_State *L, int index, const ct_cuda_table *cuda) {
  lua_Integer device = luaL_optinteger(L, index, cuda->current() + 1);
  if (device < 1 || device > cuda->devices())
    luaL_argerror(L, index,
                  lua_pushfstring(L, "this machine has %d GPUs, there is none numbered %I",
                                  cuda->devices(), device));
  return (int)device - 1;
}

/* available() -> true, or false and why not */
static int available(lua_State *L) {
  ct_error error;
  ct_status status = ct_cuda_require(&error);
  lua_pushboolean(L, status == CT_OK);
  if (status == CT_OK) return 1;
  lua_pushstring(L, error.message);
  return 2;
}

static int built(lua_State *L) {
  lua_pushboolean(L, ct_cuda() != NULL);
  return 1;
}

static int device_count(lua_State *L) {
  lua_pushinteger(L, ct_cuda() ? ct_cuda()->devices() : 0);
  return 1;
}

static int get_device(lua_State *L) {
  lua_pushinteger(L, require_cuda(L)->current() + 1);
  return 1;
}

static int set_device(lua_State *L) {
  ct_error error;
  const ct_cuda_table *cuda = require_cuda(L);
  luaL_checkinteger(L, 1);
  ctl_check(L, cuda->select(device_at(L, 1, cuda), &error), &error);
  return 0;
}

static void set_integer(lua_State *L, const char *name, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static int properties(lua_State *L) {
  ct_error error;
  ct_cuda_device d;
  int driver, runtime;
  const ct_cuda_table *cuda = require_cuda(L);
  ctl_check(L, cuda->describe(device_at(L, 1, cuda), &d, &error), &error);
  ctl_check(L, cuda->versions(&driver, &runtime, &error), &error);
  lua_createtable(L, 0, 8);
  lua_pushstring(L, d.name);
  lua_setfield(L, -2, "name");
  set_integer(L, "major", d.major);
  set_integer(L, "minor", d.minor);
  set_integer(L, "multiProcessorCount", d.multiprocessors);
  set_integer(L, "totalGlobalMem", d.total_bytes);
  set_integer(L, "freeGlobalMem", d.free_bytes);
  set_integer(L, "driverVersion", driver);
  set_integer(L, "runtimeVersion", runtime);
  return 1;
}

static int synchronize(lua_State *L) {
  ct_error error;
  const ct_cuda_table *cuda = require_cuda(L);
  ctl_check(L, cuda->synchronize(device_at(L, 1, cuda), &error), &error);
  return 0;
}

/* memory([device [, reset]]) -> {used, used_peak, reserved, reserved_peak} in bytes */
static int memory(lua_State *L) {
  ct_error error;
  ct_cuda_memory m;
  const ct_cuda_table *cuda = require_cuda(L);
  ctl_check(L, cuda->memory(device_at(L, 1, cuda), &m, lua_toboolean(L, 2), &error), &error);
  lua_createtable(L, 0, 4);
  set_integer(L, "used", m.used);
  set_integer(L, "used_peak", m.used_peak);
  set_integer(L, "reserved", m.reserved);
  set_integer(L, "reserved_peak", m.reserved_peak);
  return 1;
}

static int empty_cache(lua_State *L) {
  ct_error error;
  const ct_cuda_table *cuda = require_cuda(L);
  ctl_check(L, cuda->empty_cache(device_at(L, 1, cuda), &error), &error);
  return 0;
}

static int new_stream(lua_State *L) {
  ct_error error;
  int number = 0;
  ctl_check(L, require_cuda(L)->new_stream(&number, &error), &error);
  lua_pushinteger(L, number);
  return 1;
}

static int stream_at(lua_State *L, int index) {
  lua_Integer number = luaL_checkinteger(L, index);
  luaL_argcheck(L, number >= 0 && number < 1 << 20, index, "a stream's number expected");
  return (int)number;
}

static int set_stream(lua_State *L) {
  ct_error error;
  ctl_check(L, require_cuda(L)->set_stream(stream_at(L, 1), &error), &error);
  return 0;
}

static int get_stream(lua_State *L) {
  lua_pushinteger(L, require_cuda(L)->get_stream());
  return 1;
}

static int stream_wait_for(lua_State *L) {
  ct_error error;
  const ct_cuda_table *cuda = require_cuda(L);
  ctl_check(L, cuda->wait_stream(stream_at(L, 1), stream_at(L, 2), &error), &error);
  return 0;
}

/* cudnn_version() -> the version of cuDNN that convolutions run on, nil when they do not */
static int cudnn_version(lua_State *L) {
  int64_t version = require_cuda(L)->nn->cudnn_version();
  if (version)
    lua_pushinteger(L, version);
  else
    lua_pushnil(L);
  return 1;
}

static int set_cudnn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  require_cuda(L)->nn->use_cudnn(lua_toboolean(L, 1));
  return 0;
}

/* device_of(tensor) -> the number of its GPU; 0 on the CPU, or without memory. */
static int device_of(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  bool there = ct_dtype_is_cuda(t->dtype) && t->storage;
  lua_pushinteger(L, there ? t->storage->device + 1 : 0);
  return 1;
}

static const char *const precision_name[] = {"fp32", "tf32", "bf16", NULL};

static int set_precision(lua_State *L) {
  int chosen = luaL_checkoption(L, 1, NULL, precision_name);
  require_cuda(L)->set_precision((ct_cuda_precision)chosen);
  return 0;
}

static int get_precision(lua_State *L) {
  lua_pushstring(L, precision_name[require_cuda(L)->get_precision()]);
  return 1;
}

static const luaL_Reg cuda_functions[] = {
    {"available", available},
    {"built", built},
    {"getDeviceCount", device_count},
    {"getDevice", get_device},
    {"setDevice", set_device},
    {"getDeviceProperties", properties},
    {"synchronize", synchronize},
    {"memory", memory},
    {"emptyCache", empty_cache},
    {"newStream", new_stream},
    {"setStream", set_stream},
    {"getStream", get_stream},
    {"streamWaitFor", stream_wait_for},
    {"deviceOf", device_of},
    {"setPrecision", set_precision},
    {"getPrecision", get_precision},
    {"cudnnVersion", cudnn_version},
    {"setCudnn", set_cudnn},
    {NULL, NULL},
};

void ctl_open_cuda(lua_State *L) {
  luaL_newlib(L, cuda_functions);
  lua_setfield(L, -2, "cuda_functions");
}
