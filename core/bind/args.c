/* Argument checks shared by all bindings. */
#include "bind/bind.h"
#include <string.h>
#include "base/interrupt.h"

void ctl_check(lua_State *L, ct_status status, const ct_error *error) {
  if (status == CT_OK) return;
  if (status == CT_EINTERRUPTED) {
    ct_interrupt_clear(); /* this error is the answer */
    luaL_error(L, "interrupted!");
  }
  luaL_error(L, "%s", error->message);
}

int ctl_environment(lua_State *L, ct_status status, const ct_error *error) {
  if (status != CT_EIO && status != CT_EFORMAT) {
    ctl_check(L, status, error);
    return 0;
  }
  lua_pushnil(L);
  lua_pushstring(L, error->message);
  lua_pushstring(L, ct_status_name(status));
  return 3;
}

int ctl_check_dim(lua_State *L, int index, const ct_tensor *t) {
  lua_Integer dim = luaL_checkinteger(L, index);
  if (dim < 1 || dim > t->dims)
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "dimension %I is out of range, the tensor has %d", dim, t->dims));
  return (int)dim - 1;
}

int64_t ctl_check_position(lua_State *L, int index) {
  lua_Integer position = luaL_checkinteger(L, index);
  if (position < 1)
    luaL_argerror(L, index, lua_pushfstring(L, "a position from 1 expected, got %I", position));
  return position - 1;
}

static void check_count(lua_State *L, int index, lua_Integer count) {
  if (count < 0 || count > CT_MAX_DIMS)
    luaL_argerror(L, index, lua_pushfstring(L, "at most %d sizes, got %I", CT_MAX_DIMS, count));
}

int ctl_check_sizes(lua_State *L, int index, int64_t size[CT_MAX_DIMS]) {
  ct_storage *storage = ctl_to_storage(L, index);
  if (storage) {
    luaL_argcheck(L, storage->dtype == CT_LONG, index, "LongStorage expected");
    check_count(L, index, storage->size);
    if (storage->size) memcpy(size, storage->data, (size_t)storage->size * sizeof *size);
    return (int)storage->size;
  }
  if (lua_istable(L, index)) {
    lua_Integer count = luaL_len(L, index);
    check_count(L, index, count);
    for (int d = 0; d < (int)count; d++) {
      int exact;
      lua_geti(L, index, d + 1);
      size[d] = lua_tointegerx(L, -1, &exact);
      if (!exact) luaL_argerror(L, index, "a table of sizes must hold integers");
      lua_pop(L, 1);
    }
    return (int)count;
  }
  int count = lua_gettop(L) - index + 1;
  check_count(L, index, count);
  for (int d = 0; d < count; d++) size[d] = luaL_checkinteger(L, index + d);
  return count;
}

ct_scalar ctl_check_scalar(lua_State *L, int index) {
  int exact;
  double number = luaL_checknumber(L, index);
  int64_t integer = lua_tointegerx(L, index, &exact);
  return exact ? (ct_scalar){number, integer} : ct_scalar_of(number);
}

void ctl_push_scalar(lua_State *L, ct_dtype dtype, ct_scalar value) {
  if (ct_dtype_is_real(dtype))
    lua_pushnumber(L, value.d);
  else
    lua_pushinteger(L, value.i);
}

void ctl_push_element(lua_State *L, const ct_tensor *t, int64_t offset) {
  ct_error error;
  ct_scalar value;
  ctl_check(L, ct_storage_get(t->storage, offset, &value, &error), &error);
  ctl_push_scalar(L, t->dtype, value);
}

static bool fits(lua_State *L, int index, char letter, bool any) {
  int exact = 0;
  switch (letter) {
  case 'T': return (any ? ctl_to_any_tensor(L, index) : ctl_to_tensor(L, index)) != NULL;
  case 'N': return lua_type(L, index) == LUA_TNUMBER;
  case 'I':
    if (lua_type(L, index) == LUA_TNUMBER) lua_tointegerx(L, index, &exact);
    return exact;
  case 'B': return lua_isboolean(L, index);
  case 'S': return lua_type(L, index) == LUA_TSTRING;
  case 'Z': return lua_type(L, index) == LUA_TNUMBER || ctl_to_storage(L, index);
  default: return false;
  }
}

/* Whether the arguments from `first` to the top are exactly the letters of form[0..length). */
static bool matches(lua_State *L, const char *form, int length, int first, bool any) {
  int count = lua_gettop(L) - first + 1;
  bool open = length > 0 && form[length - 1] == 'Z';
  if (open ? count < length : count != length) return false;
  for (int i = 0; i < length; i++)
    if (!fits(L, first + i, form[i], any)) return false;
  return true;
}

static const char *describe_got(lua_State *L, int top) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 1; i <= top; i++) {
    luaL_addstring(&b, i > 1 ? ", " : "");
    luaL_tolstring(L, i, NULL);
    lua_pop(L, 1);
    luaL_addstring(&b, ctl_to_tensor(L, i)       ? "tensor"
                       : ctl_to_any_tensor(L, i) ? "tensor on a GPU"
                                                 : luaL_typename(L, i));
  }
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

static const char *describe_forms(lua_State *L, const char *forms) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "(");
  for (const char *f = forms; *f; f++) {
    switch (*f) {
    case 'T': luaL_addstring(&b, "tensor"); break;
    case 'N': luaL_addstring(&b, "number"); break;
    case 'I': luaL_addstring(&b, "integer"); break;
    case 'B': luaL_addstring(&b, "boolean"); break;
    case 'S': luaL_addstring(&b, "string"); break;
    case 'Z': luaL_addstring(&b, "sizes"); break;
    case '|': luaL_addstring(&b, ") or ("); break;
    }
    if (*f != '|' && f[1] && f[1] != '|') luaL_addstring(&b, ", ");
  }
  luaL_addstring(&b, ")");
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}

static ctl_call match(lua_State *L, const char *name, const char *forms, ctl_place place,
                      bool any) {
  int top = lua_gettop(L);
  for (int result = 0; result <= 1; result++) {
    if (result && !ctl_to_any_tensor(L, 1)) break;
    for (const char *form = forms; form; form = strchr(form, '|')) {
      if (*form == '|') form++;
      int length = (int)strcspn(form, "|");
      if (!matches(L, form, length, 1 + result, any)) continue;
      ctl_call call = {form, length, 1 + result, 1};
      if (!result && place == CTL_FRESH) {
        int tensor = (int)(strcspn(form, "T|") + 1); /* numbers may come first */
        ctl_push_tensor(L, ctl_check_any_tensor(L, tensor)->dtype);
        call.result = top + 1;
      }
      return call;
    }
  }
  luaL_error(L, "%s: expected %s, got (%s)", name, describe_forms(L, forms), describe_got(L, top));
  return (ctl_call){0};
}

ctl_call ctl_match(lua_State *L, const char *name, const char *forms, ctl_place place) {
  return match(L, name, forms, place, false);
}

ctl_call ctl_match_any(lua_State *L, const char *name, const char *forms, ctl_place place) {
  return match(L, name, forms, place, true);
}

bool ctl_is_form(const ctl_call *call, const char *form) {
  return (int)strlen(form) == call->length && !strncmp(call->form, form, strlen(form));
}

int ctl_return(lua_State *L, const ctl_call *call, ct_status status, const ct_error *error) {
  ctl_check(L, status, error);
  lua_pushvalue(L, call->result);
  return 1;
}

static bool push_option(lua_State *L, int index, const char *name, const char *key) {
  if (lua_isnoneornil(L, index)) return false;
  if (!lua_istable(L, index))
    luaL_error(L, "%s: options must be a table, got %s", name, luaL_typename(L, index));
  lua_getfield(L, index, key);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

double ctl_option_number(lua_State *L, int index, const char *name, const char *key, double def) {
  if (!push_option(L, index, name, key)) return def;
  if (lua_type(L, -1) != LUA_TNUMBER)
    luaL_error(L, "%s: option %s must be a number, got %s", name, key, luaL_typename(L, -1));
  def = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return def;
}

int64_t ctl_option_integer(lua_State *L, int index, const char *name, const char *key, int64_t def,
                           int64_t least, int64_t most) {
  double value = ctl_option_number(L, index, name, key, (double)def);
  if (!(value >= (double)least && value <= (double)most) || value != (double)(int64_t)value)
    luaL_error(L, "%s: option %s must be an integer from %I to %I", name, key, (lua_Integer)least,
               (lua_Integer)most);
  return (int64_t)value;
}

bool ctl_option_boolean(lua_State *L, int index, const char *name, const char *key, bool def) {
  if (!push_option(L, index, name, key)) return def;
  if (!lua_isboolean(L, -1))
    luaL_error(L, "%s: option %s must be a boolean, got %s", name, key, luaL_typename(L, -1));
  def = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return def;
}

int ctl_option_choice(lua_State *L, int index, const char *name, const char *key,
                      const char *const choices[], int def) {
  if (!push_option(L, index, name, key)) return def;
  const char *got = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  for (int i = 0; got && choices[i]; i++)
    if (!strcmp(got, choices[i])) {
      lua_pop(L, 1);
      return i;
    }
  const char *shown = luaL_tolstring(L, -1, NULL);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 0; choices[i]; i++) {
    luaL_addstring(&b, i ? ", " : "");
    luaL_addstring(&b, choices[i]);
  }
  luaL_pushresult(&b);
  return luaL_error(L, "%s: option %s must be one of %s, got %s", name, key, lua_tostring(L, -1),
                    shown);
}

void ctl_check_option_names(lua_State *L, int index, const char *name, const char *const known[]) {
  if (!lua_istable(L, index)) return;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(not a name)";
    bool found = false;
    for (int i = 0; known[i] && !found; i++) found = !strcmp(key, known[i]);
    if (!found) luaL_error(L, "%s: there is no option %s", name, key);
  }
}
