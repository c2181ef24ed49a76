/* Another library that speaks DLPack, as spec/tensor/dlpack_spec.lua needs one: a Lua module whose
 * functions give addresses of tensors over memory of its own, sound ones and broken ones, and count
 * how many were ended. The structures are written from the protocol, not taken from circlet. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

typedef struct Tensor {
  void *data;
  struct {
    int32_t type, id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} Tensor;

typedef struct Managed {
  struct {
    uint32_t major, minor;
  } version;
  void *manager;
  void (*deleter)(struct Managed *self);
  uint64_t flags;
  Tensor tensor;
} Managed;

static float values[8] = {1, 2, 3, 4, 5, 6};
static double scalar_value = 5;
static float offset_values[4] = {0, 1.5f, 2.5f};
static int ended;

static void end(struct Managed *self) {
  ended++;
  *(int *)self->manager += 1;
}

enum { KINDS = 32 };
static Managed made[KINDS];
static int64_t shapes[KINDS][9], strides[KINDS][9];
static int times[KINDS];

static int make(lua_State *L) {
  static const char *const names[] = {
      "plain",  "version",    "device",        "read_only",       "many",       "bool",
      "lanes",  "huge",       "null",          "negative_stride", "misaligned", "scalar",
      "offset", "no_strides", "negative_size", "no_deleter",      NULL};
  int kind = luaL_checkoption(L, lua_upvalueindex(1), NULL, names);
  const char *name = names[kind];
  Managed *m = &made[kind];
  int64_t *shape = shapes[kind], *stride = strides[kind];
  *m = (Managed){.version = {1, 3}, .manager = &times[kind], .deleter = end};
  m->tensor = (Tensor){.data = values,
                       .device = {1, 0},
                       .ndim = 2,
                       .dtype = {2, 32, 1},
                       .shape = shape,
                       .strides = stride};
  shape[0] = 2, shape[1] = 3, stride[0] = 3, stride[1] = 1;
  if (!strcmp(name, "version")) m->version.major = 2;
  if (!strcmp(name, "device")) m->tensor.device.type = 7; /* of Vulkan */
  if (!strcmp(name, "read_only")) m->flags = 1;
  if (!strcmp(name, "many")) m->tensor.ndim = 9;
  if (!strcmp(name, "bool")) m->tensor.dtype.code = 6, m->tensor.dtype.bits = 8;
  if (!strcmp(name, "lanes")) m->tensor.dtype.lanes = 2;
  if (!strcmp(name, "huge")) shape[0] = shape[1] = INT64_MAX / 4;
  if (!strcmp(name, "null")) m->tensor.data = NULL;
  if (!strcmp(name, "negative_size")) shape[0] = -2;
  if (!strcmp(name, "negative_stride")) stride[0] = -3;
  if (!strcmp(name, "misaligned")) m->tensor.byte_offset = 2;
  if (!strcmp(name, "no_strides")) m->tensor.strides = NULL;
  if (!strcmp(name, "no_deleter")) m->deleter = NULL;
  if (!strcmp(name, "scalar"))
    m->tensor.ndim = 0, m->tensor.data = &scalar_value, m->tensor.dtype.bits = 64;
  if (!strcmp(name, "offset"))
    m->tensor.data = offset_values, m->tensor.byte_offset = 4, shape[0] = 1, shape[1] = 2;
  lua_pushlightuserdata(L, m);
  return 1;
}

static int count(lua_State *L) {
  lua_pushinteger(L, ended);
  return 1;
}

static int index_of(lua_State *L) {
  lua_settop(L, 2); /* the table and the name, which the function keeps */
  lua_pushcclosure(L, make, 1);
  return 1;
}

int luaopen_dlpack_other(lua_State *L) {
  ended = 0;
  lua_newtable(L);
  lua_pushcfunction(L, count);
  lua_setfield(L, -2, "ended");
  lua_newtable(L);
  lua_pushcfunction(L, index_of);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  return 1;
}
