/* Geometry methods: sizes, and views that share the storage. */
#include "bind/bind.h"
#include "ops/copy.h"

static int tensor_dim(lua_State *L) {
  lua_pushinteger(L, ctl_check_any_tensor(L, 1)->dims);
  return 1;
}

static int tensor_size(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (lua_isnoneornil(L, 2))
    ctl_push_sizes(L, t->dims, t->size);
  else
    lua_pushinteger(L, t->size[ctl_check_dim(L, 2, t)]);
  return 1;
}

static int tensor_stride(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  if (lua_isnoneornil(L, 2))
    ctl_push_sizes(L, t->dims, t->stride);
  else
    lua_pushinteger(L, t->stride[ctl_check_dim(L, 2, t)]);
  return 1;
}

static int tensor_nElement(lua_State *L) {
  lua_pushinteger(L, ct_tensor_count(ctl_check_any_tensor(L, 1)));
  return 1;
}

static int tensor_storageOffset(lua_State *L) {
  lua_pushinteger(L, ctl_check_any_tensor(L, 1)->offset + 1);
  return 1;
}

/* t:data([as_number]): where the first element is, a light userdata or an integer. It is good while
 * the tensor lives and is not resized. */
static int tensor_data(lua_State *L) {
  void *data = ct_tensor_data(ctl_check_any_tensor(L, 1));
  if (lua_toboolean(L, 2))
    lua_pushinteger(L, (lua_Integer)(uintptr_t)data);
  else
    lua_pushlightuserdata(L, data);
  return 1;
}

static int tensor_isContiguous(lua_State *L) {
  lua_pushboolean(L, ct_tensor_contiguous(ctl_check_any_tensor(L, 1)));
  return 1;
}

static int tensor_isSameSizeAs(lua_State *L) {
  lua_pushboolean(L, ct_tensor_same_size(ctl_check_any_tensor(L, 1), ctl_check_any_tensor(L, 2)));
  return 1;
}

static int tensor_isSetTo(lua_State *L) {
  ct_tensor *a = ctl_check_any_tensor(L, 1), *b = ctl_check_any_tensor(L, 2);
  lua_pushboolean(L, a->storage && ct_tensor_same_view(a, b));
  return 1;
}

static int tensor_isSize(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  ct_tensor asked = {0};
  asked.dims = ctl_check_sizes(L, 2, asked.size);
  lua_pushboolean(L, ct_tensor_same_size(t, &asked));
  return 1;
}

/* A dimension that may be new: 1..dims+1, 0-based on return. */
static int check_new_dim(lua_State *L, int index, const ct_tensor *t) {
  lua_Integer dim = luaL_checkinteger(L, index);
  luaL_argcheck(L, dim >= 1 && dim <= t->dims + 1, index, "dimension out of range");
  return (int)dim - 1;
}

static int tensor_narrow(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dim = ctl_check_dim(L, 2, t);
  int64_t start = ctl_check_position(L, 3), length = luaL_checkinteger(L, 4);
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_tensor_narrow(view, t, dim, start, length, &error), &error);
  return 1;
}

static int tensor_sub(lua_State *L) { /* t:sub(first, last [, first, last ...]) */
  ct_error error;
  int top = lua_gettop(L);
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  luaL_argcheck(L, top >= 3 && top % 2 == 1, top, "pairs of first and last index expected");
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  ct_tensor_set(view, t);
  for (int i = 2; i < top; i += 2) {
    int dim = i / 2 - 1;
    luaL_argcheck(L, dim < t->dims, i, "more pairs than the tensor has dimensions");
    lua_Integer first = luaL_checkinteger(L, i), last = luaL_checkinteger(L, i + 1);
    if (first < 0) first += t->size[dim] + 1;
    if (last < 0) last += t->size[dim] + 1;
    luaL_argcheck(L, first >= 1 && last >= first, i, "a range of at least one element expected");
    ctl_check(L, ct_tensor_narrow(view, view, dim, first - 1, last - first + 1, &error), &error);
  }
  return 1;
}

static int tensor_select(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dim = ctl_check_dim(L, 2, t);
  int64_t index = luaL_checkinteger(L, 3);
  if (index < 0) index += t->size[dim] + 1;
  if (t->dims == 1) { /* Torch7: an element of a vector is a number */
    luaL_argcheck(L, index >= 1 && index <= t->size[0], 3, "index out of range");
    ctl_push_element(L, t, t->offset + (index - 1) * t->stride[0]);
    return 1;
  }
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_tensor_select(view, t, dim, index - 1, &error), &error);
  return 1;
}

static int tensor_transpose(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int a = ctl_check_dim(L, 2, t), b = ctl_check_dim(L, 3, t);
  ctl_check(L, ct_tensor_transpose(ctl_push_tensor(L, t->dtype), t, a, b, &error), &error);
  return 1;
}

static int tensor_t(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  luaL_argcheck(L, t->dims == 2, 1, "t() expects a tensor of two dimensions");
  ctl_check(L, ct_tensor_transpose(ctl_push_tensor(L, t->dtype), t, 0, 1, &error), &error);
  return 1;
}

static int tensor_permute(lua_State *L) {
  ct_error error;
  int order[CT_MAX_DIMS];
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  luaL_argcheck(L, lua_gettop(L) == t->dims + 1, 2, "each dimension must be named once");
  for (int d = 0; d < t->dims; d++) order[d] = ctl_check_dim(L, d + 2, t);
  ctl_check(L, ct_tensor_permute(ctl_push_tensor(L, t->dtype), t, order, &error), &error);
  return 1;
}

static int tensor_unfold(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dim = ctl_check_dim(L, 2, t);
  int64_t length = luaL_checkinteger(L, 3), step = luaL_checkinteger(L, 4);
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_tensor_unfold(view, t, dim, length, step, &error), &error);
  return 1;
}

static int expand_to(lua_State *L, ct_tensor *t, int dims, const int64_t *size) {
  ct_error error;
  ctl_check(L, ct_tensor_expand(ctl_push_tensor(L, t->dtype), t, dims, size, &error), &error);
  return 1;
}

static int tensor_expand(lua_State *L) {
  int64_t size[CT_MAX_DIMS];
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dims = ctl_check_sizes(L, 2, size);
  for (int d = 0; d < dims; d++) /* -1 keeps the size */
    if (size[d] == -1 && d >= dims - t->dims) size[d] = t->size[d - (dims - t->dims)];
  return expand_to(L, t, dims, size);
}

static int tensor_expandAs(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1), *as = ctl_check_any_tensor(L, 2);
  return expand_to(L, t, as->dims, as->size);
}

static int tensor_squeeze(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dim = lua_isnoneornil(L, 2) ? -1 : ctl_check_dim(L, 2, t);
  ct_tensor *view = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_tensor_squeeze(view, t, dim, &error), &error);
  if (dim < 0 && ct_tensor_count(view) == 1) ctl_push_element(L, view, view->offset);
  return 1;
}

static int tensor_unsqueeze(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dim = check_new_dim(L, 2, t);
  ctl_check(L, ct_tensor_unsqueeze(ctl_push_tensor(L, t->dtype), t, dim, &error), &error);
  return 1;
}

static int view_as(lua_State *L, ct_tensor *t, int dims, const int64_t *size) {
  ct_error error;
  ctl_check(L, ct_tensor_view(ctl_push_tensor(L, t->dtype), t, dims, size, &error), &error);
  return 1;
}

static int tensor_view(lua_State *L) {
  int64_t size[CT_MAX_DIMS];
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  return view_as(L, t, ctl_check_sizes(L, 2, size), size);
}

static int tensor_viewAs(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1), *as = ctl_check_any_tensor(L, 2);
  return view_as(L, t, as->dims, as->size);
}

static int tensor_reshape(lua_State *L) { /* always a copy, as in Torch7 */
  ct_error error;
  int64_t size[CT_MAX_DIMS];
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int dims = ctl_check_sizes(L, 2, size);
  ct_tensor *copy = ctl_push_tensor(L, t->dtype);
  ctl_check(L, ct_clone(copy, t->dtype, t, &error), &error);
  ctl_check(L, ct_tensor_view(copy, copy, dims, size, &error), &error);
  return 1;
}

static int resize_to(lua_State *L, ct_tensor *t, int dims, const int64_t *size) {
  ct_error error;
  ctl_check(L, ct_tensor_resize(t, dims, size, &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int tensor_resize(lua_State *L) {
  int64_t size[CT_MAX_DIMS];
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  return resize_to(L, t, ctl_check_sizes(L, 2, size), size);
}

static int tensor_resizeAs(lua_State *L) {
  ct_tensor *t = ctl_check_any_tensor(L, 1), *as = ctl_check_any_tensor(L, 2);
  return resize_to(L, t, as->dims, as->size);
}

static const luaL_Reg view_methods[] = {
    {"dim", tensor_dim},
    {"nDimension", tensor_dim},
    {"size", tensor_size},
    {"stride", tensor_stride},
    {"nElement", tensor_nElement},
    {"numel", tensor_nElement},
    {"storageOffset", tensor_storageOffset},
    {"data", tensor_data},
    {"isContiguous", tensor_isContiguous},
    {"isSameSizeAs", tensor_isSameSizeAs},
    {"isSetTo", tensor_isSetTo},
    {"isSize", tensor_isSize},
    {"narrow", tensor_narrow},
    {"sub", tensor_sub},
    {"select", tensor_select},
    {"transpose", tensor_transpose},
    {"t", tensor_t},
    {"permute", tensor_permute},
    {"unfold", tensor_unfold},
    {"expand", tensor_expand},
    {"expandAs", tensor_expandAs},
    {"squeeze", tensor_squeeze},
    {"unsqueeze", tensor_unsqueeze},
    {"view", tensor_view},
    {"viewAs", tensor_viewAs},
    {"reshape", tensor_reshape},
    {"resize", tensor_resize},
    {"resizeAs", tensor_resizeAs},
    {NULL, NULL},
};

void ctl_open_view(lua_State *L, int methods) {
  lua_pushvalue(L, methods);
  luaL_setfuncs(L, view_methods, 0);
  lua_pop(L, 1);
}
