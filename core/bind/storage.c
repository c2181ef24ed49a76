/* Storages in Lua: circlet.FloatStorage and its sisters. LongStorage is what size() returns.
 */
#include "bind/bind.h"
#include <string.h>
#include "cuda/cuda.h"

static const char *const storage_name[CT_DTYPES] = {
    "circlet.FloatStorage",    "circlet.DoubleStorage",       "circlet.LongStorage",
    "circlet.IntStorage",      "circlet.ByteStorage",         "circlet.ShortStorage",
    "circlet.CharStorage",     "circlet.CudaStorage",         "circlet.CudaDoubleStorage",
    "circlet.CudaHalfStorage", "circlet.CudaBFloat16Storage", "circlet.CudaLongStorage",
    "circlet.CudaIntStorage",  "circlet.CudaByteStorage"};

static const char storage_tag; /* a metatable that holds this address as a key is a storage's */

ct_storage *ctl_to_storage(lua_State *L, int index) {
  ct_storage **handle = lua_type(L, index) == LUA_TUSERDATA ? lua_touserdata(L, index) : NULL;
  if (!handle || !lua_getmetatable(L, index)) return NULL;
  if (lua_rawgetp(L, -1, &storage_tag) != LUA_TBOOLEAN) handle = NULL;
  lua_pop(L, 2);
  return handle ? *handle : NULL;
}

ct_storage *ctl_check_storage(lua_State *L, int index) {
  ct_storage *storage = ctl_to_storage(L, index);
  if (!storage) luaL_typeerror(L, index, "storage");
  return storage;
}

/* The handle comes first, empty, so that nothing leaks when creating it raises. */
static ct_storage **push_handle(lua_State *L, ct_dtype dtype) {
  ct_storage **handle = lua_newuserdatauv(L, sizeof *handle, 0);
  *handle = NULL;
  luaL_setmetatable(L, storage_name[dtype]);
  return handle;
}

static ct_storage *push_new(lua_State *L, ct_dtype dtype, int64_t size) {
  ct_error error;
  ct_storage **handle = push_handle(L, dtype);
  ctl_check(L, ct_storage_new(handle, dtype, size, &error), &error);
  return *handle;
}

void ctl_push_storage(lua_State *L, ct_storage *storage) {
  *push_handle(L, storage->dtype) = ct_storage_retain(storage);
}

void ctl_push_sizes(lua_State *L, int dims, const int64_t *size) {
  ct_storage *storage = push_new(L, CT_LONG, dims);
  if (dims) memcpy(storage->data, size, (size_t)dims * sizeof *size);
}

static ct_scalar get(lua_State *L, const ct_storage *s, int64_t i) {
  ct_error error;
  ct_scalar value = {0};
  ctl_check(L, ct_storage_get(s, i, &value, &error), &error);
  return value;
}

static void put(lua_State *L, ct_storage *s, int64_t i, ct_scalar value) {
  ct_error error;
  ctl_check(L, ct_storage_put(s, i, value, &error), &error);
}

static int storage_new(lua_State *L) {
  ct_dtype dtype = (ct_dtype)lua_tointeger(L, lua_upvalueindex(1));
  if (!lua_istable(L, 1)) {
    lua_Integer size = luaL_optinteger(L, 1, 0);
    luaL_argcheck(L, size >= 0, 1, "a size must be >= 0");
    push_new(L, dtype, size);
    return 1;
  }
  lua_Integer count = luaL_len(L, 1);
  ct_storage *storage = push_new(L, dtype, count);
  for (lua_Integer i = 0; i < count; i++) {
    lua_geti(L, 1, i + 1);
    if (!lua_isnumber(L, -1))
      luaL_argerror(L, 1, lua_pushfstring(L, "element %I is not a number", i + 1));
    put(L, storage, i, ctl_check_scalar(L, -1));
    lua_pop(L, 1);
  }
  return 1;
}

static int storage_gc(lua_State *L) {
  ct_storage **handle = lua_touserdata(L, 1);
  ct_storage_release(*handle);
  *handle = NULL;
  return 0;
}

static int64_t check_index(lua_State *L, const ct_storage *s, int index) {
  lua_Integer i = luaL_checkinteger(L, index);
  if (i < 1 || i > s->size)
    luaL_argerror(L, index, lua_pushfstring(L, "index %I is out of range 1..%I", i, s->size));
  return i - 1;
}

static int storage_index(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
  }
  int64_t i = check_index(L, s, 2);
  ctl_push_scalar(L, s->dtype, get(L, s, i));
  return 1;
}

static int storage_newindex(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  int64_t i = check_index(L, s, 2);
  put(L, s, i, ctl_check_scalar(L, 3));
  return 0;
}

static int storage_size(lua_State *L) {
  lua_pushinteger(L, ctl_check_storage(L, 1)->size);
  return 1;
}

static int storage_type(lua_State *L) {
  ctl_push_type_name(L, storage_name[ctl_check_storage(L, 1)->dtype]);
  return 1;
}

static int storage_resize(lua_State *L) {
  ct_error error;
  ct_storage *s = ctl_check_storage(L, 1);
  lua_Integer size = luaL_checkinteger(L, 2);
  luaL_argcheck(L, size >= (s->references > 1 ? s->size : 0), 2,
                "a storage can grow, but tensors may need what it holds");
  ctl_check(L, ct_storage_resize(s, size, &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int storage_fill(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  ct_scalar value = ctl_check_scalar(L, 2);
  for (int64_t i = 0; i < s->size; i++) put(L, s, i, value);
  lua_settop(L, 1);
  return 1;
}

static int storage_copy(lua_State *L) {
  ct_storage *to = ctl_check_storage(L, 1), *from = ctl_check_storage(L, 2);
  if (to->size != from->size)
    luaL_error(L, "copy: storages hold %I and %I elements", (lua_Integer)to->size,
               (lua_Integer)from->size);
  for (int64_t i = 0; i < to->size; i++) put(L, to, i, get(L, from, i));
  lua_settop(L, 1);
  return 1;
}

static int storage_totable(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  lua_createtable(L, (int)(s->size < 1 << 24 ? s->size : 0), 0);
  for (int64_t i = 0; i < s->size; i++) {
    ctl_push_scalar(L, s->dtype, get(L, s, i));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* The raw bytes, for writers of files; string(bytes) replaces them, for readers. A storage that no
 * tensor has takes any number of them. */
static int storage_string(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  size_t bytes = (size_t)s->size * ct_dtype_size(s->dtype), got;
  const bool there = ct_dtype_is_cuda(s->dtype);
  ct_error error;
  if (lua_isnoneornil(L, 2) && there) {
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, bytes);
    ctl_check(L, ct_cuda()->download(s->device, to, s->data, (int64_t)bytes, &error), &error);
    luaL_pushresultsize(&b, bytes);
    return 1;
  }
  if (lua_isnoneornil(L, 2)) {
    lua_pushlstring(L, bytes ? s->data : "", bytes);
    return 1;
  }
  const char *from = luaL_checklstring(L, 2, &got);
  if (got % ct_dtype_size(s->dtype)) luaL_argerror(L, 2, "the bytes do not make whole elements");
  if (got != bytes && s->references > 1)
    luaL_argerror(
        L, 2,
        lua_pushfstring(L, "%I bytes expected, got %I", (lua_Integer)bytes, (lua_Integer)got));
  if (got != bytes) {
    int64_t size = (int64_t)(got / ct_dtype_size(s->dtype));
    ctl_check(L, ct_storage_resize(s, size, &error), &error);
  }
  if (got && there)
    ctl_check(L, ct_cuda()->upload(s->device, s->data, from, (int64_t)got, &error), &error);
  else if (got)
    memcpy(s->data, from, got);
  lua_settop(L, 1);
  return 1;
}

static int storage_tostring(lua_State *L) {
  ct_storage *s = ctl_check_storage(L, 1);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int64_t i = 0; i < s->size; i++) {
    if (i == 100 && s->size > 120) {
      lua_pushfstring(L, " ... %I more\n", (lua_Integer)(s->size - 100));
      luaL_addvalue(&b);
      break;
    }
    luaL_addchar(&b, ' ');
    ctl_push_scalar(L, s->dtype, get(L, s, i));
    luaL_addvalue(&b);
    luaL_addchar(&b, '\n');
  }
  luaL_addchar(&b, '[');
  ctl_push_type_name(L, storage_name[s->dtype]);
  luaL_addvalue(&b);
  lua_pushfstring(L, " of size %I]\n", (lua_Integer)s->size);
  luaL_addvalue(&b);
  luaL_pushresult(&b);
  return 1;
}

static const luaL_Reg storage_methods[] = {
    {"size", storage_size},     {"type", storage_type}, {"resize", storage_resize},
    {"fill", storage_fill},     {"copy", storage_copy}, {"totable", storage_totable},
    {"string", storage_string}, {NULL, NULL},
};

void ctl_open_storage(lua_State *L) {
  luaL_newlib(L, storage_methods);
  int methods = lua_gettop(L);
  for (int dtype = 0; dtype < CT_DTYPES; dtype++) {
    luaL_newmetatable(L, storage_name[dtype]);
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &storage_tag);
    lua_pushcfunction(L, storage_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, storage_size);
    lua_setfield(L, -2, "__len");
    lua_pushcfunction(L, storage_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, storage_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushvalue(L, methods);
    lua_pushcclosure(L, storage_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushinteger(L, dtype);
    lua_pushcclosure(L, storage_new, 1);
    lua_setfield(L, methods - 1, strchr(storage_name[dtype], '.') + 1);
  }
  lua_pop(L, 1);
}
