/* Files in Lua. read_file and write_file are public as they are; the table `io` holds what the Lua
 * modules for data sets, .npy and .t7 are made of.
 *
 * What the environment refuses comes back as nil, message, "io" or "format"; file contents wait in
 * a userdata, so that nothing leaks when Lua raises for want of memory. */
#include "bind/bind.h"
#include <string.h>
#include "io/checksum.h"
#include "io/file.h"
#include "io/gzip.h"
#include "io/idx.h"
#include "io/mapping.h"
#include "io/npy.h"
#include "ops/copy.h"

static const char bytes_type[] = "circlet.bytes", mapping_type[] = "circlet.mapping";
static const lua_Integer largest_file = 0x10000000000, largest_array = 0x200000000; /* bytes */

static ct_bytes *push_bytes(lua_State *L) {
  ct_bytes *bytes = lua_newuserdatauv(L, sizeof *bytes, 0);
  *bytes = (ct_bytes){0};
  luaL_setmetatable(L, bytes_type);
  return bytes;
}

static int bytes_gc(lua_State *L) {
  ct_bytes_free(lua_touserdata(L, 1));
  return 0;
}

static lua_Integer check_limit(lua_State *L, int index, lua_Integer otherwise) {
  lua_Integer limit = luaL_optinteger(L, index, otherwise);
  luaL_argcheck(L, limit >= 0 && limit < LUA_MAXINTEGER, index, "a number of bytes expected");
  return limit;
}

/* A path without the zero bytes that C would end it at. */
static const char *check_path(lua_State *L, int index) {
  size_t length;
  const char *path = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, strlen(path) == length, index, "a path holds no zero bytes");
  return path;
}

/* As ctl_environment, and a message about contents says which file. */
static int outcome(lua_State *L, const char *path, ct_status status, const ct_error *error) {
  int results = ctl_environment(L, status, error);
  if (results && status == CT_EFORMAT) {
    lua_pushfstring(L, "%s: %s", path, error->message);
    lua_replace(L, -3);
  }
  return results;
}

/* read_file(path [, limit]) -> string */
static int read_file(lua_State *L) {
  ct_error error;
  const char *path = check_path(L, 1);
  lua_Integer limit = check_limit(L, 2, largest_file);
  ct_bytes *bytes = push_bytes(L);
  ct_status status = ct_file_read(path, limit, bytes, &error);
  if (status != CT_OK) return outcome(L, path, status, &error);
  lua_pushlstring(L, (const char *)bytes->data, (size_t)bytes->size);
  ct_bytes_free(bytes);
  return 1;
}

/* The bytes of the string or storage on top of the stack, which stays anchored elsewhere. */
static ct_piece to_piece(lua_State *L, const char *what) {
  size_t length;
  ct_storage *storage = ctl_to_storage(L, lua_gettop(L));
  if (storage)
    return (ct_piece){storage->data, storage->size * (int64_t)ct_dtype_size(storage->dtype)};
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "write_file: %s must be a string or a storage, got %s", what,
               luaL_typename(L, -1));
  const char *data = lua_tolstring(L, -1, &length);
  return (ct_piece){data, (int64_t)length};
}

/* write_file(path, string | storage | {string | storage, ...}) -> true */
static int write_file(lua_State *L) {
  ct_error error;
  const char *path = check_path(L, 1);
  lua_settop(L, 2);
  lua_Integer count = lua_istable(L, 2) ? luaL_len(L, 2) : 1;
  if (count < 0 || count > 1 << 24) luaL_argerror(L, 2, "too many pieces");
  ct_piece *piece = lua_newuserdatauv(L, (size_t)(count ? count : 1) * sizeof *piece, 0);
  if (lua_istable(L, 2)) {
    for (lua_Integer i = 0; i < count; i++) {
      lua_rawgeti(L, 2, i + 1);
      piece[i] = to_piece(L, "each piece");
      lua_pop(L, 1);
    }
  } else {
    lua_pushvalue(L, 2);
    piece[0] = to_piece(L, "the contents");
  }
  ct_status status = ct_file_write(path, count, piece, &error);
  if (status != CT_OK) return outcome(L, path, status, &error);
  lua_pushboolean(L, 1);
  return 1;
}

/* create_file(path, string) -> true, or false when something has that name. One call, so that
 * nothing (Ctrl-C) comes between making the file and filling it. */
static int create_file(lua_State *L) {
  ct_error error;
  size_t length;
  bool made;
  const char *path = check_path(L, 1), *data = luaL_checklstring(L, 2, &length);
  ct_status status = ct_file_create(path, (ct_piece){data, (int64_t)length}, &made, &error);
  if (status != CT_OK) return outcome(L, path, status, &error);
  lua_pushboolean(L, made);
  return 1;
}

/* Inflating may take a second: Ctrl-C ends it. */
static ct_status inflate_watched(const void *data, int64_t size, int64_t limit, ct_bytes *out,
                                 ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_gzip_inflate(data, size, limit, out, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

static ct_status inflate_bytes(ct_bytes *bytes, int64_t limit, ct_error *error) {
  ct_bytes plain = {0};
  CT_TRY(inflate_watched(bytes->data, bytes->size, limit, &plain, error));
  ct_bytes_free(bytes);
  *bytes = plain;
  return CT_OK;
}

typedef ct_status parser(const void *data, int64_t size, ct_tensor *out, ct_error *error);

/* A parser chooses the type, but a userdata has its type from the start: hence two of them. */
static ct_status push_parsed(lua_State *L, parser *parse, const void *data, int64_t size,
                             ct_error *error) {
  ct_tensor *scratch = ctl_push_tensor(L, CT_FLOAT);
  ct_status status = parse(data, size, scratch, error);
  if (status != CT_OK) return status;
  ct_tensor_set(ctl_push_tensor(L, scratch->dtype), scratch);
  ct_tensor_release(scratch);
  return CT_OK;
}

static int load(lua_State *L, parser *parse, bool may_be_gzip) {
  ct_error error;
  const char *path = check_path(L, 1);
  lua_Integer limit = check_limit(L, 2, largest_array);
  ct_bytes *bytes = push_bytes(L);
  ct_status status = ct_file_read(path, limit, bytes, &error);
  if (status == CT_OK && may_be_gzip && ct_is_gzip(bytes->data, bytes->size))
    status = inflate_bytes(bytes, limit, &error);
  if (status == CT_OK) status = push_parsed(L, parse, bytes->data, bytes->size, &error);
  ct_bytes_free(bytes);
  return status == CT_OK ? 1 : outcome(L, path, status, &error);
}

/* map_npy(path) -> tensor on the file's own memory where that can be */
static int map_npy(lua_State *L) {
  ct_error error;
  ct_mapping mapping = {0};
  const char *path = check_path(L, 1);
  ct_tensor *scratch = ctl_push_tensor(L, CT_FLOAT);
  ct_status status = ct_file_map(path, &mapping, &error);
  if (status == CT_OK) status = ct_npy_adopt(&mapping, scratch, &error);
  if (status != CT_OK) return outcome(L, path, status, &error);
  ct_tensor_set(ctl_push_tensor(L, scratch->dtype), scratch);
  ct_tensor_release(scratch);
  return 1;
}

static int parse_string(lua_State *L, parser *parse) {
  ct_error error;
  size_t size;
  const char *data = luaL_checklstring(L, 1, &size);
  ct_status status = push_parsed(L, parse, data, (int64_t)size, &error);
  return status == CT_OK ? 1 : ctl_environment(L, status, &error);
}

static int load_idx(lua_State *L) { return load(L, ct_idx_parse, true); }
static int parse_idx(lua_State *L) { return parse_string(L, ct_idx_parse); }
static int load_npy(lua_State *L) { return load(L, ct_npy_parse, false); }
static int parse_npy(lua_State *L) { return parse_string(L, ct_npy_parse); }

/* The header of a .npy file and the contiguous tensor whose elements follow it. */
static ct_tensor *npy_parts(lua_State *L, int index, char header[CT_NPY_HEADER], int *length) {
  ct_error error;
  ct_tensor *t = ctl_check_tensor(L, index), *flat = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_contiguous(flat, t->dtype, t, &error), &error);
  *length = ct_npy_header(header, flat);
  return flat;
}

static int64_t byte_count(const ct_tensor *t) {
  return ct_tensor_count(t) * (int64_t)ct_dtype_size(t->dtype);
}

/* save_npy(path, tensor) -> true */
static int save_npy(lua_State *L) {
  ct_error error;
  int length;
  char header[CT_NPY_HEADER];
  const char *path = check_path(L, 1);
  ct_tensor *flat = npy_parts(L, 2, header, &length);
  ct_piece piece[2] = {{header, length}, {ct_tensor_data(flat), byte_count(flat)}};
  ct_status status = ct_file_write(path, 2, piece, &error);
  ct_tensor_release(flat);
  if (status != CT_OK) return outcome(L, path, status, &error);
  lua_pushboolean(L, 1);
  return 1;
}

/* format_npy(tensor) -> the bytes of the file */
static int format_npy(lua_State *L) {
  int length;
  char header[CT_NPY_HEADER];
  luaL_Buffer b;
  ct_tensor *flat = npy_parts(L, 1, header, &length);
  luaL_buffinit(L, &b);
  luaL_addlstring(&b, header, (size_t)length);
  if (byte_count(flat)) luaL_addlstring(&b, ct_tensor_data(flat), (size_t)byte_count(flat));
  luaL_pushresult(&b);
  return 1;
}

/* inflate(bytes [, limit]) -> bytes */
static int inflate_string(lua_State *L) {
  ct_error error;
  size_t size;
  const char *data = luaL_checklstring(L, 1, &size);
  lua_Integer limit = check_limit(L, 2, largest_array);
  ct_bytes *bytes = push_bytes(L);
  ct_status status = inflate_watched(data, (int64_t)size, limit, bytes, &error);
  if (status != CT_OK) return ctl_environment(L, status, &error);
  lua_pushlstring(L, (const char *)bytes->data, (size_t)bytes->size);
  ct_bytes_free(bytes);
  return 1;
}

static ct_status watched_crc32(const void *data, int64_t size, uint32_t *crc, ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_crc32(data, size, crc, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

/* crc32(string | contiguous tensor [, crc]) -> the CRC-32 of its bytes, behind those of `crc` */
static int crc32_of(lua_State *L) {
  ct_error error;
  size_t size = 0;
  const ct_tensor *t = ctl_to_tensor(L, 1);
  if (t) luaL_argcheck(L, ct_tensor_contiguous(t), 1, "a contiguous tensor expected");
  const void *data = t ? ct_tensor_data(t) : luaL_checklstring(L, 1, &size);
  uint32_t crc = (uint32_t)luaL_optinteger(L, 2, 0);
  ctl_check(L, watched_crc32(data, t ? byte_count(t) : (int64_t)size, &crc, &error), &error);
  lua_pushinteger(L, crc);
  return 1;
}

static int mapping_gc(lua_State *L) {
  ct_file_unmap(lua_touserdata(L, 1));
  return 0;
}

/* crc32_file(path) -> the CRC-32 of a file's bytes */
static int crc32_file(lua_State *L) {
  ct_error error;
  uint32_t crc = 0;
  const char *path = check_path(L, 1);
  ct_mapping *mapping = lua_newuserdatauv(L, sizeof *mapping, 0);
  *mapping = (ct_mapping){0};
  luaL_setmetatable(L, mapping_type);
  ct_status status = ct_file_map(path, mapping, &error);
  if (status == CT_OK) status = watched_crc32(mapping->data, mapping->size, &crc, &error);
  ct_file_unmap(mapping);
  if (status != CT_OK) return outcome(L, path, status, &error);
  lua_pushinteger(L, crc);
  return 1;
}

/* storage_id(storage | tensor) -> what two handles of one storage have in common; nil for an empty
 * tensor that has no storage */
static int storage_id(lua_State *L) {
  ct_tensor *t = ctl_to_tensor(L, 1);
  ct_storage *storage = t ? t->storage : ctl_check_storage(L, 1);
  if (storage)
    lua_pushlightuserdata(L, storage);
  else
    lua_pushnil(L);
  return 1;
}

/* fill_storage(storage, bytes, first): the whole storage becomes the raw elements that begin at
 * byte `first` of the string, without a copy of that part of it. */
static int fill_storage(lua_State *L) {
  size_t size;
  ct_storage *storage = ctl_check_storage(L, 1);
  const char *data = luaL_checklstring(L, 2, &size);
  lua_Integer first = luaL_checkinteger(L, 3);
  size_t wanted = (size_t)storage->size * ct_dtype_size(storage->dtype);
  luaL_argcheck(L, first >= 1 && (size_t)first - 1 <= size && size - ((size_t)first - 1) >= wanted,
                3, "the string ends before the storage is full");
  if (wanted) memcpy(storage->data, data + first - 1, wanted);
  lua_settop(L, 1);
  return 1;
}

static const luaL_Reg public_functions[] = {
    {"read_file", read_file}, {"write_file", write_file}, {NULL, NULL}};

static const luaL_Reg io_functions[] = {
    {"load_idx", load_idx},         {"parse_idx", parse_idx},
    {"load_npy", load_npy},         {"parse_npy", parse_npy},
    {"save_npy", save_npy},         {"format_npy", format_npy},
    {"inflate", inflate_string},    {"storage_id", storage_id},
    {"fill_storage", fill_storage}, {"create_file", create_file},
    {"map_npy", map_npy},           {"crc32", crc32_of},
    {"crc32_file", crc32_file},     {NULL, NULL},
};

void ctl_open_io(lua_State *L) {
  luaL_newmetatable(L, bytes_type);
  lua_pushcfunction(L, bytes_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newmetatable(L, mapping_type);
  lua_pushcfunction(L, mapping_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, public_functions, 0);
  luaL_newlib(L, io_functions);
  lua_setfield(L, -2, "io");
}
