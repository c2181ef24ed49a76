/* The table `images` of the module, of which lua/circlet/data makes image_folder and image:
 * decoding, archives, and loaders, whose threads know no Lua. */
#include <string.h>
#include "base/memory.h"
#include "bind/bind.h"
#include "io/image_loader.h"
#include "io/mapping.h"

static const char list_type[] = "circlet.image_list", loader_type[] = "circlet.image_loader";
static const char holder_type[] = "circlet.image_holder";
static const char name[] = "image_folder";

/* What a function needs released however it ends. */
typedef struct holder {
  ct_image image;
  ct_mapping mapping;
  ct_zip_entry *entry;
  ct_bytes bytes;
  ct_loaded loaded;
} holder;

static int holder_gc(lua_State *L) {
  holder *h = lua_touserdata(L, 1);
  ct_image_release(&h->image);
  ct_file_unmap(&h->mapping);
  ct_free(h->entry);
  ct_bytes_free(&h->bytes);
  ct_loaded_release(&h->loaded);
  *h = (holder){0};
  return 0;
}

static holder *push_holder(lua_State *L) {
  holder *h = lua_newuserdatauv(L, sizeof *h, 0);
  *h = (holder){0};
  luaL_setmetatable(L, holder_type);
  return h;
}

/* As ctl_environment, and a message about contents says which file. */
static int outcome(lua_State *L, const char *path, ct_status status, const ct_error *error) {
  int results = ctl_environment(L, status, error);
  if (status == CT_EFORMAT && path) {
    lua_pushfstring(L, "%s: %s", path, error->message);
    lua_replace(L, -3);
  }
  return results;
}

/* Decoding */

/* decode(bytes [, channels]) -> ByteTensor [channels, height, width] */
static int decode(lua_State *L) {
  enum { MOST_PIXELS = 1 << 27 };
  ct_error error;
  size_t size;
  const char *data = luaL_checklstring(L, 1, &size);
  lua_Integer channels = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, channels == 0 || channels == 1 || channels == 3, 2, "1 or 3 channels expected");
  holder *h = push_holder(L);
  ct_status status =
      ct_image_decode(data, (int64_t)size, (int)channels, MOST_PIXELS, &h->image, &error);
  if (status != CT_OK) return outcome(L, NULL, status, &error);
  const ct_image *image = &h->image;
  int64_t pixels = image->height * image->width;
  int64_t shape[] = {image->channels, image->height, image->width};
  ct_tensor *t = ctl_push_tensor(L, CT_BYTE);
  ctl_check(L, ct_tensor_new(t, CT_BYTE, 3, shape, &error), &error);
  unsigned char *to = ct_tensor_data(t);
  for (int64_t c = 0; c < image->channels; c++)
    for (int64_t i = 0; i < pixels; i++) *to++ = image->pixel[i * image->channels + c];
  ct_image_release(&h->image);
  return 1;
}

/* Archives */

static void push_names(lua_State *L, const ct_zip_entry *entry, int64_t count) {
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    lua_pushlstring(L, entry[i].name, (size_t)entry[i].name_length);
    lua_rawseti(L, -2, i + 1);
  }
}

/* zip_names(path) -> the names in the archive, in order, and the CRC-32 of each; false when the
 * file is no archive */
static int zip_names(lua_State *L) {
  ct_error error;
  int64_t count = 0;
  const char *path = luaL_checkstring(L, 1);
  holder *h = push_holder(L);
  ct_status status = ct_file_map(path, &h->mapping, &error);
  if (status == CT_OK && !ct_is_zip(h->mapping.data, h->mapping.size)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  if (status == CT_OK)
    status = ct_zip_list(h->mapping.data, h->mapping.size, &h->entry, &count, &error);
  if (status != CT_OK) return outcome(L, path, status, &error);
  push_names(L, h->entry, count);
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    lua_pushinteger(L, h->entry[i].crc);
    lua_rawseti(L, -2, i + 1);
  }
  return 2;
}

/* parse_zip(bytes, limit) -> names, contents: two lists */
static int parse_zip(lua_State *L) {
  ct_error error;
  size_t size;
  int64_t count = 0;
  const char *data = luaL_checklstring(L, 1, &size);
  lua_Integer limit = luaL_checkinteger(L, 2);
  holder *h = push_holder(L);
  ct_status status = ct_zip_list(data, (int64_t)size, &h->entry, &count, &error);
  if (status != CT_OK) return outcome(L, NULL, status, &error);
  push_names(L, h->entry, count);
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    status = ct_zip_extract(data, (int64_t)size, &h->entry[i], limit, &h->bytes, &error);
    if (status != CT_OK) return outcome(L, NULL, status, &error);
    lua_pushlstring(L, (const char *)h->bytes.data, (size_t)h->bytes.size);
    ct_bytes_free(&h->bytes);
    lua_rawseti(L, -2, i + 1);
  }
  return 2;
}

/* Lists */

static int list_gc(lua_State *L) {
  ct_image_list **list = lua_touserdata(L, 1);
  ct_image_list_release(*list);
  *list = NULL;
  return 0;
}

/* list(archive | nil, { path, ... } | { number in the archive, ... }) -> list */
static int new_list(lua_State *L) {
  ct_error error;
  const char *archive = luaL_optstring(L, 1, NULL);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_Integer count = luaL_len(L, 2);
  ct_image_list **list = lua_newuserdatauv(L, sizeof *list, 0);
  *list = NULL;
  luaL_setmetatable(L, list_type);
  void *items = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof(int64_t), 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1); /* the strings stay anchored in the table */
    if (archive)
      ((int64_t *)items)[i] = luaL_checkinteger(L, -1) - 1;
    else
      ((const char **)items)[i] = luaL_checkstring(L, -1);
    lua_pop(L, 1);
  }
  ct_status status = ct_image_list_new(list, archive, count, archive ? NULL : items,
                                       archive ? items : NULL, &error);
  if (status != CT_OK) return outcome(L, archive, status, &error);
  lua_pop(L, 1);
  return 1;
}

/* Loaders */

static double share(lua_State *L, const char *key, double otherwise, bool zero) {
  double x = ctl_option_number(L, 2, name, key, otherwise);
  if (!(x >= 0 && x <= 1) || (x == 0 && !zero))
    luaL_error(L, "%s: option %s must be from 0 to 1, got %f", name, key, x);
  return x;
}

static ct_image_plan read_plan(lua_State *L) {
  enum { LONGEST_SIDE = 1 << 15 };
  static const char *const fits[] = {"cover", "stretch", NULL};
  static const char *const known[] = {"channels", "height",     "width",      "fit",
                                      "crop",     "flip",       "brightness", "contrast",
                                      "seed",     "saturation", NULL};
  ctl_check_option_names(L, 2, name, known);
  return (ct_image_plan){
      .channels = ctl_option_integer(L, 2, name, "channels", 1, 1, 3) == 1 ? 1 : 3,
      .height = ctl_option_integer(L, 2, name, "height", 1, 1, LONGEST_SIDE),
      .width = ctl_option_integer(L, 2, name, "width", 1, 1, LONGEST_SIDE),
      .cover = ctl_option_choice(L, 2, name, "fit", fits, 0) == 0,
      .crop = share(L, "crop", 1, false),
      .flip = share(L, "flip", 0, true),
      .brightness = share(L, "brightness", 0, true),
      .contrast = share(L, "contrast", 0, true),
      .saturation = share(L, "saturation", 0, true),
      .seed = (uint64_t)ctl_option_integer(L, 2, name, "seed", 1, 0, (int64_t)0x1p53)};
}

static ct_loader *check_loader(lua_State *L) {
  ct_loader **loader = luaL_checkudata(L, 1, loader_type);
  if (!*loader) luaL_error(L, "%s: the loader is closed", name);
  return *loader;
}

static int loader_gc(lua_State *L) {
  ct_loader **loader = luaL_checkudata(L, 1, loader_type);
  ct_loader_free(*loader);
  *loader = NULL;
  return 0;
}

/* loader(list, plan, threads) -> loader */
static int new_loader(lua_State *L) {
  enum { MOST_THREADS = 256 };
  ct_error error;
  ct_image_list **list = luaL_checkudata(L, 1, list_type);
  ct_image_plan plan = read_plan(L);
  lua_Integer threads = luaL_checkinteger(L, 3);
  luaL_argcheck(L, threads >= 1 && threads <= MOST_THREADS, 3, "1 to 256 threads expected");
  ct_loader **loader = lua_newuserdatauv(L, sizeof *loader, 0);
  *loader = NULL;
  luaL_setmetatable(L, loader_type);
  ctl_check(L, ct_loader_new(loader, *list, &plan, (int)threads, &error), &error);
  return 1;
}

/* loader:request(rows [, draw]): rows a table of numbers from 1; varied when there is a draw. */
static int request(lua_State *L) {
  ct_error error;
  ct_loader *loader = check_loader(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  bool vary = !lua_isnoneornil(L, 3);
  uint64_t draw = vary ? (uint64_t)luaL_checkinteger(L, 3) : 0;
  lua_Integer count = luaL_len(L, 2);
  int64_t *row = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *row, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    row[i] = luaL_checkinteger(L, -1) - 1;
    lua_pop(L, 1);
  }
  ctl_check(L, ct_loader_request(loader, row, count, vary, draw, &error), &error);
  return 0;
}

/* loader:take() -> images [, { [position] = message }] */
static int take(lua_State *L) {
  ct_error error;
  ctl_interrupt scope;
  ct_loader *loader = check_loader(L);
  holder *h = push_holder(L);
  ctl_interrupt_begin(&scope, true);
  ct_status status = ct_loader_take(loader, &h->loaded, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  const ct_loaded *loaded = &h->loaded;
  ct_tensor_set(ctl_push_tensor(L, CT_BYTE), &loaded->images);
  lua_pushnil(L);
  for (int64_t i = 0; i < loaded->n; i++) {
    ct_status code = loaded->error[i].code;
    if (code == CT_OK) continue;
    if (code != CT_EFORMAT && code != CT_EIO) ctl_check(L, code, &loaded->error[i]);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_newtable(L);
    }
    lua_createtable(L, 0, 2);
    lua_pushstring(L, loaded->error[i].message);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, ct_status_name(code));
    lua_setfield(L, -2, "code");
    lua_rawseti(L, -2, i + 1);
  }
  ct_loaded_release(&h->loaded);
  return 2;
}

static int pending(lua_State *L) {
  lua_pushinteger(L, ct_loader_pending(check_loader(L)));
  return 1;
}

static const luaL_Reg functions[] = {{"decode", decode},       {"zip_names", zip_names},
                                     {"parse_zip", parse_zip}, {"list", new_list},
                                     {"loader", new_loader},   {NULL, NULL}};

static const luaL_Reg loader_methods[] = {
    {"request", request}, {"take", take},         {"pending", pending}, {"close", loader_gc},
    {"__gc", loader_gc},  {"__close", loader_gc}, {NULL, NULL}};

static void new_type(lua_State *L, const char *type, lua_CFunction end) {
  luaL_newmetatable(L, type);
  lua_pushcfunction(L, end);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

void ctl_open_images(lua_State *L) {
  new_type(L, holder_type, holder_gc);
  new_type(L, list_type, list_gc);
  luaL_newmetatable(L, loader_type);
  luaL_setfuncs(L, loader_methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "images");
}
