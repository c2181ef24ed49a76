/* Tensors in Lua: the userdata, its constructors and its indexing. A tensor userdata holds a
 * ct_tensor by value; __gc and __close release its storage. */
#include "bind/bind.h"
#include <string.h>
#include "base/memory.h"
#include "cuda/cuda.h"
#include "ops/copy.h"

static const char *const tensor_name[CT_DTYPES] = {
    "circlet.FloatTensor",    "circlet.DoubleTensor",       "circlet.LongTensor",
    "circlet.IntTensor",      "circlet.ByteTensor",         "circlet.ShortTensor",
    "circlet.CharTensor",     "circlet.CudaTensor",         "circlet.CudaDoubleTensor",
    "circlet.CudaHalfTensor", "circlet.CudaBFloat16Tensor", "circlet.CudaLongTensor",
    "circlet.CudaIntTensor",  "circlet.CudaByteTensor"};

static const char tensor_tag; /* a metatable that holds this address as a key is a tensor's */

ct_tensor *ctl_to_any_tensor(lua_State *L, int index) {
  void *t = lua_type(L, index) == LUA_TUSERDATA ? lua_touserdata(L, index) : NULL;
  if (!t || !lua_getmetatable(L, index)) return NULL;
  if (lua_rawgetp(L, -1, &tensor_tag) != LUA_TBOOLEAN) t = NULL;
  lua_pop(L, 2);
  return t;
}

ct_tensor *ctl_to_tensor(lua_State *L, int index) {
  ct_tensor *t = ctl_to_any_tensor(L, index);
  return t && ct_dtype_is_cuda(t->dtype) ? NULL : t;
}

ct_tensor *ctl_check_any_tensor(lua_State *L, int index) {
  ct_tensor *t = ctl_to_any_tensor(L, index);
  if (!t) luaL_typeerror(L, index, "tensor");
  return t;
}

ct_tensor *ctl_check_tensor(lua_State *L, int index) {
  ct_tensor *t = ctl_check_any_tensor(L, index);
  if (ct_dtype_is_cuda(t->dtype))
    luaL_argerror(L, index,
                  lua_pushfstring(L,
                                  "%s lies on a GPU, where this is not defined: float() and its "
                                  "like bring a tensor to the CPU",
                                  tensor_name[t->dtype]));
  return t;
}

ct_tensor *ctl_check_tensor_of(lua_State *L, int index, ct_dtype dtype) {
  ct_tensor *t = ctl_to_any_tensor(L, index);
  if (!t || t->dtype != dtype) luaL_typeerror(L, index, tensor_name[dtype]);
  return t;
}

ct_tensor *ctl_opt_tensor(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? NULL : ctl_check_tensor(L, index);
}

ct_tensor *ctl_opt_any_tensor(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? NULL : ctl_check_any_tensor(L, index);
}

static int64_t live_bytes(void) {
  return ct_memory_current() + (ct_cuda() ? ct_cuda()->live() : 0);
}

/* The collector sees 200 bytes where a tensor holds megabytes, so the bytes decide when to collect.
 * What it finds is used again, where more would be fresh pages, which cost as long as walking the
 * same amount of Lua's own heap does; so a collection is worth its time when the tensors made since
 * the last one are many times that heap. On a GPU, where no page is fresh, memory may double. */
static void collect_when_heavy(lua_State *L) {
  enum { LEAST = 16 << 20, HEAPS = 16 };
  ctl_state *state = ctl_get_state(L);
  if (live_bytes() <= state->collect_above) return;
  lua_gc(L, LUA_GCCOLLECT);
  int64_t room = HEAPS * 1024 * (int64_t)lua_gc(L, LUA_GCCOUNT);
  int64_t there = ct_cuda() ? ct_cuda()->live() : 0;
  if (room < LEAST) room = LEAST;
  if (room < there) room = there;
  state->collect_above = live_bytes() + room;
}

ct_tensor *ctl_push_tensor(lua_State *L, ct_dtype dtype) {
  collect_when_heavy(L);
  ct_tensor *t = lua_newuserdatauv(L, sizeof *t, 0);
  *t = (ct_tensor){.dtype = dtype};
  luaL_setmetatable(L, tensor_name[dtype]);
  return t;
}

static int tensor_gc(lua_State *L) {
  ct_tensor_release(lua_touserdata(L, 1));
  return 0;
}

/* Constructors */

/* Walks nested tables of numbers: the first table of each level gives that level's size. */
static void fill_from_table(lua_State *L, ct_tensor *t, int level, char **cursor) {
  if (luaL_len(L, -1) != t->size[level])
    luaL_error(L, "Tensor: nested tables must have the same length, %I expected, got %I",
               (lua_Integer)t->size[level], luaL_len(L, -1));
  for (int64_t i = 0; i < t->size[level]; i++) {
    lua_geti(L, -1, i + 1);
    if (level + 1 < t->dims) {
      if (!lua_istable(L, -1))
        luaL_error(L, "Tensor: a table expected, got %s", luaL_typename(L, -1));
      fill_from_table(L, t, level + 1, cursor);
    } else {
      if (lua_type(L, -1) != LUA_TNUMBER)
        luaL_error(L, "Tensor: a number expected, got %s", luaL_typename(L, -1));
      ct_scalar_store(t->dtype, *cursor, ctl_check_scalar(L, -1));
      *cursor += ct_dtype_size(t->dtype);
    }
    lua_pop(L, 1);
  }
}

static void tensor_from_table(lua_State *L, ct_tensor *t, int index) {
  ct_error error;
  int64_t size[CT_MAX_DIMS];
  int dims = 0;
  luaL_checkstack(L, 2 * CT_MAX_DIMS + 4, "nested tables");
  lua_pushvalue(L, index);
  do {
    if (dims == CT_MAX_DIMS) luaL_error(L, "Tensor: at most %d nested tables", CT_MAX_DIMS);
    size[dims++] = luaL_len(L, -1);
    lua_geti(L, -1, 1);
  } while (lua_istable(L, -1));
  lua_settop(L, lua_gettop(L) - dims - 1);
  if (dims == 1 && size[0] == 0) return;
  ct_tensor *here = t;
  if (ct_dtype_is_cuda(t->dtype)) here = ctl_push_tensor(L, ct_dtype_on_cpu(t->dtype));
  ctl_check(L, ct_tensor_new(here, here->dtype, dims, size, &error), &error);
  char *cursor = ct_tensor_data(here);
  lua_pushvalue(L, index);
  fill_from_table(L, here, 0, &cursor);
  lua_pop(L, 1);
  if (here == t) return;
  ctl_check(L, ct_clone(t, t->dtype, here, &error), &error);
  lua_pop(L, 1);
}

/* The geometry that follows a storage: [offset [, sizes [, strides]]] as in Torch7's
 * Tensor(storage, offset, LongStorage sizes, LongStorage strides) or
 * (storage, offset, size1, stride1, size2, stride2, ...). */
static void view_of_storage(lua_State *L, ct_tensor *t, ct_storage *storage, int index) {
  ct_error error;
  int64_t size[CT_MAX_DIMS], stride[CT_MAX_DIMS];
  if (storage->dtype != t->dtype)
    luaL_argerror(L, index - 1, "the storage is of another type than the tensor");
  int64_t offset = lua_isnoneornil(L, index) ? 0 : ctl_check_position(L, index);
  int dims = 1, strides = 0;
  if (lua_isnoneornil(L, index + 1)) {
    size[0] = storage->size - offset;
  } else if (ctl_to_storage(L, index + 1) || lua_istable(L, index + 1)) {
    dims = ctl_check_sizes(L, index + 1, size);
    if (!lua_isnoneornil(L, index + 2)) {
      strides = ctl_check_sizes(L, index + 2, stride);
      luaL_argcheck(L, strides == dims, index + 2, "as many strides as sizes expected");
    }
  } else {
    int count = lua_gettop(L) - index;
    dims = (count + 1) / 2;
    luaL_argcheck(L, dims <= CT_MAX_DIMS, index + 1, "too many sizes");
    for (int d = 0; d < dims; d++) {
      size[d] = luaL_checkinteger(L, index + 1 + 2 * d);
      stride[d] = luaL_optinteger(L, index + 2 + 2 * d, 1);
    }
    strides = dims;
  }
  ctl_check(L,
            ct_tensor_set_storage(t, storage, offset, dims, size, strides ? stride : NULL, &error),
            &error);
}

static int tensor_new_of(lua_State *L, ct_dtype dtype) {
  ct_error error;
  int top = lua_gettop(L);
  if (top > 1 && ctl_to_any_tensor(L, 1)) { /* t:new(2, 3): t gives the type alone */
    lua_remove(L, 1);
    top--;
  }
  ct_tensor *t = ctl_push_tensor(L, dtype), *source;
  lua_insert(L, 1);
  ct_storage *storage = top ? ctl_to_storage(L, 2) : NULL;
  if (top == 0) {
    /* an empty tensor */
  } else if ((source = ctl_to_any_tensor(L, 2))) {
    if (source->dtype != dtype) luaL_typeerror(L, 2, tensor_name[dtype]);
    ct_tensor_set(t, source);
  } else if (lua_istable(L, 2)) {
    tensor_from_table(L, t, 2);
  } else if (storage && !(storage->dtype == CT_LONG && top == 1 && dtype != CT_LONG)) {
    view_of_storage(L, t, storage, 3);
  } else {
    int64_t size[CT_MAX_DIMS];
    int dims = ctl_check_sizes(L, 2, size);
    ctl_check(L, ct_tensor_new(t, dtype, dims, size, &error), &error);
  }
  lua_settop(L, 1);
  return 1;
}

static int tensor_construct(lua_State *L) {
  return tensor_new_of(L, (ct_dtype)lua_tointeger(L, lua_upvalueindex(1)));
}

static int tensor_default(lua_State *L) { /* circlet.Tensor(...) */
  return tensor_new_of(L, ctl_get_state(L)->default_dtype);
}

static int tensor_set(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ct_storage *storage = ctl_to_storage(L, 2);
  if (storage) {
    view_of_storage(L, t, storage, 3);
  } else if (lua_gettop(L) == 1) {
    ct_tensor_release(t);
  } else {
    ct_tensor_set(t, ctl_check_tensor_of(L, 2, t->dtype));
  }
  lua_settop(L, 1);
  return 1;
}

/* Types. "circlet.FloatTensor" and Torch7's own "torch.FloatTensor" name the same type. */

void ctl_push_type_name(lua_State *L, const char *name) {
  if (ctl_get_state(L)->torch_names)
    lua_pushfstring(L, "torch%s", strchr(name, '.'));
  else
    lua_pushstring(L, name);
}

/* settypenames("circlet" | "torch"): which package type() names; both are understood. */
static int set_type_names(lua_State *L) {
  static const char *const package[] = {"circlet", "torch", NULL};
  ctl_get_state(L)->torch_names = luaL_checkoption(L, 1, NULL, package) == 1;
  return 0;
}

static ct_dtype check_type_name(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index), *dot = strchr(name, '.');
  bool known_prefix = dot && (!strncmp(name, "circlet.", 8) || !strncmp(name, "torch.", 6));
  for (int dtype = 0; known_prefix && dtype < CT_DTYPES; dtype++)
    if (!strcmp(dot, strchr(tensor_name[dtype], '.'))) return (ct_dtype)dtype;
  return (ct_dtype)luaL_argerror(L, index,
                                 lua_pushfstring(L, "'%s' is not a type of tensor", name));
}

static int convert(lua_State *L, ct_dtype dtype) {
  ct_error error;
  ct_tensor *from = ctl_check_any_tensor(L, 1);
  lua_settop(L, 1);
  if (from->dtype == dtype) return 1;
  ctl_check(L, ct_clone(ctl_push_tensor(L, dtype), dtype, from, &error), &error);
  return 1;
}

static int tensor_type(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (!lua_isnoneornil(L, 2)) return convert(L, check_type_name(L, 2));
  ctl_push_type_name(L, tensor_name[t->dtype]);
  return 1;
}

static int tensor_typeAs(lua_State *L) { return convert(L, ctl_check_any_tensor(L, 2)->dtype); }

static int tensor_convert(lua_State *L) { /* float, double, long, ... */
  return convert(L, (ct_dtype)lua_tointeger(L, lua_upvalueindex(1)));
}

static int set_default_type(lua_State *L) {
  ctl_get_state(L)->default_dtype = check_type_name(L, 1);
  return 0;
}

static int get_default_type(lua_State *L) {
  ctl_push_type_name(L, tensor_name[ctl_get_state(L)->default_dtype]);
  return 1;
}

static int is_tensor(lua_State *L) {
  lua_pushboolean(L, ctl_to_any_tensor(L, 1) != NULL);
  return 1;
}

static int is_storage(lua_State *L) {
  lua_pushboolean(L, ctl_to_storage(L, 1) != NULL);
  return 1;
}

/* Indexing: t[i], t[{...}], t[mask] */

/* An index of dimension `dim`, 1-based and negative from the end, as a 0-based one. */
static int64_t check_index(lua_State *L, int index, const ct_tensor *t, int dim) {
  int exact;
  lua_Integer i = lua_tointegerx(L, index, &exact), size = t->size[dim];
  if (!exact)
    luaL_error(L, "index: an integer expected for dimension %d, got %s", dim + 1,
               luaL_tolstring(L, index, NULL));
  lua_Integer at = i < 0 ? size + i : i - 1;
  if (i == 0 || at < 0 || at >= size)
    luaL_error(L, "index: %I is out of range 1..%I of dimension %d", i, size, dim + 1);
  return at;
}

/* Narrows or selects dimension *dim of t by the entry at the top of the stack. */
static void apply_entry(lua_State *L, ct_tensor *t, int *dim) {
  ct_error error;
  if (*dim >= t->dims) luaL_error(L, "index: more entries than the tensor has dimensions");
  if (!lua_istable(L, -1)) {
    int64_t i = check_index(L, -1, t, *dim);
    if (t->dims == 1) { /* the last dimension becomes an element: keep it as a view of size 1 */
      ctl_check(L, ct_tensor_narrow(t, t, 0, i, 1, &error), &error);
      (*dim)++;
    } else {
      ctl_check(L, ct_tensor_select(t, t, *dim, i, &error), &error);
    }
    return;
  }
  lua_Integer count = luaL_len(L, -1);
  if (count > 0) {
    lua_geti(L, -1, 1);
    int64_t from = check_index(L, -1, t, *dim), to = from;
    lua_pop(L, 1);
    if (count > 1) {
      lua_geti(L, -1, 2);
      to = check_index(L, -1, t, *dim);
      lua_pop(L, 1);
    }
    if (count > 2 || to < from) luaL_error(L, "index: a range is {first, last} with first <= last");
    ctl_check(L, ct_tensor_narrow(t, t, *dim, from, to - from + 1, &error), &error);
  }
  (*dim)++;
}

/* Pushes the view that the index at stack position 2 names and returns it. *element is set when the
 * index names one element, whose view then has size 1. */
static ct_tensor *push_indexed(lua_State *L, const ct_tensor *t, bool *element) {
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  int dim = 0;
  ct_tensor_set(view, t);
  *element = true;
  if (!lua_istable(L, 2)) {
    lua_pushvalue(L, 2);
    apply_entry(L, view, &dim);
    lua_pop(L, 1);
    *element = t->dims == 1;
    return view;
  }
  lua_Integer count = luaL_len(L, 2);
  *element = count == t->dims;
  for (lua_Integer e = 1; e <= count; e++) {
    lua_geti(L, 2, e);
    *element = *element && !lua_istable(L, -1);
    apply_entry(L, view, &dim);
    lua_pop(L, 1);
  }
  return view;
}

static int call_method(lua_State *L, const char *name, int arguments) {
  lua_getfield(L, 1, name);
  lua_insert(L, 1);
  lua_call(L, arguments, 1);
  return 1;
}

static bool is_mask(lua_State *L) {
  ct_tensor *mask = ctl_to_any_tensor(L, 2);
  return mask && (mask->dtype == CT_BYTE || mask->dtype == CT_CUDA_BYTE);
}

static int tensor_index(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL && !strcmp(lua_tostring(L, 2), "new"))
      lua_pushvalue(L, lua_upvalueindex(2));
    return 1;
  }
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (is_mask(L)) return call_method(L, "maskedSelect", 2);
  if (lua_type(L, 2) == LUA_TNUMBER && t->dims == 1) { /* the common scalar read, without a view */
    ctl_push_element(L, t, t->offset + check_index(L, 2, t, 0) * t->stride[0]);
    return 1;
  }
  bool element;
  ct_tensor *view = push_indexed(L, t, &element);
  if (element) ctl_push_element(L, view, view->offset);
  return 1;
}

static int tensor_len(lua_State *L) { /* #t is t:size(), as in Torch7 */
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ctl_push_sizes(L, t->dims, t->size);
  return 1;
}

static int tensor_newindex(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1), *value = ctl_to_any_tensor(L, 3);
  if (lua_type(L, 2) == LUA_TSTRING)
    luaL_error(L, "a tensor has no field '%s' to assign", lua_tostring(L, 2));
  if (is_mask(L)) {
    call_method(L, value ? "maskedCopy" : "maskedFill", 3);
    return 0;
  }
  bool element;
  ct_tensor *view = push_indexed(L, t, &element);
  if (value && value->dtype != t->dtype && ct_tensor_count(value) != ct_tensor_count(view))
    luaL_typeerror(L, 3, tensor_name[t->dtype]);
  ctl_check(L, value ? ct_copy(view, value, &error) : ct_fill(view, ctl_check_scalar(L, 3), &error),
            &error);
  return 0;
}

/* Basic methods */

static int tensor_fill(lua_State *L) {
  ct_error error;
  ctl_check(L, ct_fill(ctl_check_any_tensor(L, 1), ctl_check_scalar(L, 2), &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int tensor_zero(lua_State *L) {
  ct_error error;
  ctl_check(L, ct_fill(ctl_check_any_tensor(L, 1), ct_scalar_of(0), &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int tensor_copy(lua_State *L) {
  ct_error error;
  ctl_check(L, ct_copy(ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 2), &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int tensor_clone(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ctl_check(L, ct_clone(ctl_push_tensor(L, t->dtype), t->dtype, t, &error), &error);
  return 1;
}

static int tensor_contiguous(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  lua_settop(L, 1);
  return ct_tensor_contiguous(t) ? 1 : tensor_clone(L);
}

static int tensor_storage(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (!t->storage)
    lua_pushnil(L);
  else
    ctl_push_storage(L, t->storage);
  return 1;
}

static int tensor_totable(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (ct_dtype_is_cuda(t->dtype)) {
    const ct_tensor *there = t;
    t = ctl_push_tensor(L, ct_dtype_on_cpu(there->dtype));
    ctl_check(L, ct_clone(t, t->dtype, there, &error), &error);
    lua_replace(L, 1);
  }
  if (t->dims > 1) {
    lua_createtable(L, (int)(t->size[0] < 1 << 24 ? t->size[0] : 0), 0);
    for (int64_t i = 0; i < t->size[0]; i++) {
      lua_pushcfunction(L, tensor_totable);
      ctl_check(L, ct_tensor_select(ctl_push_tensor(L, t->dtype), t, 0, i, &error), &error);
      lua_call(L, 1, 1);
      lua_rawseti(L, -2, i + 1);
    }
    return 1;
  }
  lua_newtable(L);
  for (int64_t i = 0; i < ct_tensor_count(t); i++) {
    ctl_push_element(L, t, t->offset + i * t->stride[0]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static const luaL_Reg tensor_methods[] = {
    {"set", tensor_set},
    {"type", tensor_type},
    {"typeAs", tensor_typeAs},
    {"fill", tensor_fill},
    {"zero", tensor_zero},
    {"copy", tensor_copy},
    {"clone", tensor_clone},
    {"storage", tensor_storage},
    {"contiguous", tensor_contiguous},
    {"totable", tensor_totable},
    {NULL, NULL},
};

static const luaL_Reg tensor_functions[] = {
    {"Tensor", tensor_default},
    {"isTensor", is_tensor},
    {"isStorage", is_storage},
    {"setdefaulttensortype", set_default_type},
    {"getdefaulttensortype", get_default_type},
    {"settypenames", set_type_names},
    {NULL, NULL},
};

void ctl_open_tensor(lua_State *L, int methods) {
  static const char *const conversion[CT_DTYPES] = {
      "float", "double",     "long",     "int",          "byte",     "short",   "char",
      "cuda",  "cudaDouble", "cudaHalf", "cudaBFloat16", "cudaLong", "cudaInt", "cudaByte"};
  luaL_setfuncs(L, tensor_functions, 0);
  int module = lua_gettop(L);
  for (int dtype = 0; dtype < CT_DTYPES; dtype++) {
    luaL_newmetatable(L, tensor_name[dtype]);
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &tensor_tag);
    lua_pushcfunction(L, tensor_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, tensor_gc);
    lua_setfield(L, -2, "__close");
    lua_pushcfunction(L, tensor_len);
    lua_setfield(L, -2, "__len");
    lua_pushcfunction(L, tensor_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, methods);
    lua_pushinteger(L, dtype);
    lua_pushcclosure(L, tensor_construct, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, module, strchr(tensor_name[dtype], '.') + 1);
    lua_pushcclosure(L, tensor_index, 2); /* t.new(...) is the constructor of t's type */
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushinteger(L, dtype);
    lua_pushcclosure(L, tensor_convert, 1);
    lua_setfield(L, methods, conversion[dtype]);
  }
  lua_pushvalue(L, methods);
  luaL_setfuncs(L, tensor_methods, 0);
  lua_pop(L, 1);
}
