/* Random numbers in Lua: generators, fills, single draws. Every function and method takes a
 * generator in front of its numbers; without one it draws from the generator of the Lua state.
 *
 *   x:uniform([gen,] [a,] [b])   x becomes random, x is returned
 *   circlet.uniform([gen,] [a,] [b])   one number
 *   circlet.rand([result,] [gen,] sizes...)   a tensor
 *
 * A generator is circlet.Generator([seed]); its state is a LongTensor {seed, blocks drawn}. */
#include "bind/bind.h"
#include <sys/random.h>
#include <time.h>
#include "base/philox.h"
#include "ops/random.h"

static const char generator_name[] = "circlet.Generator";

/* The generator at *index, which then moves on, or the state's. */
static ct_random *take_generator(lua_State *L, int *index) {
  ct_random *random = luaL_testudata(L, *index, generator_name);
  if (!random) return &ctl_get_state(L)->random;
  ++*index;
  return random;
}

static void check_end(lua_State *L, const char *name, int index) {
  if (lua_gettop(L) >= index)
    luaL_error(L, "%s: at most %d arguments expected, got %d", name, index - 1, lua_gettop(L));
}

/* Distributions */

typedef struct distribution {
  const char *name;
  ct_distribution kind;
  int parameters;
  double p, q; /* defaults; NAN: required */
} distribution;

static const distribution distributions[] = {
    {"uniform", CT_UNIFORM, 2, 0, 1},         {"normal", CT_NORMAL, 2, 0, 1},
    {"exponential", CT_EXPONENTIAL, 1, 1, 0}, {"cauchy", CT_CAUCHY, 2, 0, 1},
    {"logNormal", CT_LOG_NORMAL, 2, 1, 2},    {"bernoulli", CT_BERNOULLI, 1, 0.5, 0},
    {"geometric", CT_GEOMETRIC, 1, NAN, 0}};

static double parameter(lua_State *L, int index, int last, double def) {
  if (index > last) return 0;
  return isnan(def) ? luaL_checknumber(L, index) : luaL_optnumber(L, index, def);
}

static ct_draw check_draw(lua_State *L, const distribution *d, int index) {
  int last = index + d->parameters - 1;
  check_end(L, d->name, last + 1);
  return (ct_draw){d->kind, parameter(L, index, last, d->p), parameter(L, index + 1, last, d->q), 0,
                   0};
}

/* Only long fills watch for Ctrl-C. */
static ct_status fill(const char *name, ct_tensor *t, const ct_draw *draw, ct_random *random,
                      ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, ct_tensor_count(t) > CTL_MANY_ELEMENTS);
  ct_status status = ct_random_fill(name, t, draw, random, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

static int fill_method(lua_State *L) {
  ct_error error;
  const distribution *d = lua_touserdata(L, lua_upvalueindex(1));
  ct_tensor *t = ctl_check_any_tensor(L, 1), *p;
  int index = 2;
  ct_random *random = take_generator(L, &index);
  if (d->kind == CT_BERNOULLI && (p = ctl_to_any_tensor(L, index))) {
    check_end(L, d->name, index + 1);
    ctl_check(L, ct_random_bernoulli(t, p, random, &error), &error);
  } else {
    ct_draw draw = check_draw(L, d, index);
    ctl_check(L, fill(d->name, t, &draw, random, &error), &error);
  }
  lua_settop(L, 1);
  return 1;
}

static int draw_number(lua_State *L) {
  ct_error error;
  ct_scalar value;
  const distribution *d = lua_touserdata(L, lua_upvalueindex(1));
  int index = 1;
  ct_random *random = take_generator(L, &index);
  ct_draw draw = check_draw(L, d, index);
  ctl_check(L, ct_random_number(d->name, &value, &draw, random, &error), &error);
  if (d->kind == CT_BERNOULLI || d->kind == CT_GEOMETRIC)
    lua_pushinteger(L, value.i);
  else
    lua_pushnumber(L, value.d);
  return 1;
}

/* [a,] b: integers of a..b, of 1..b, or of 0..`most`. */
static ct_draw check_integers(lua_State *L, int index, int64_t most) {
  ct_draw draw = {CT_INTEGERS, 0, 0, 0, most};
  check_end(L, "random", index + 2);
  if (lua_gettop(L) >= index) {
    draw.from = lua_gettop(L) > index ? luaL_checkinteger(L, index) : 1;
    draw.to = luaL_checkinteger(L, lua_gettop(L));
  }
  return draw;
}

static int random_method(lua_State *L) {
  ct_error error;
  ct_tensor *t = ctl_check_any_tensor(L, 1);
  int index = 2;
  ct_random *random = take_generator(L, &index);
  ct_draw draw = check_integers(L, index, ct_dtype_exact(t->dtype));
  ctl_check(L, fill("random", t, &draw, random, &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int random_number(lua_State *L) {
  ct_error error;
  ct_scalar value;
  int index = 1;
  ct_random *random = take_generator(L, &index);
  ct_draw draw = check_integers(L, index, UINT32_MAX);
  ctl_check(L, ct_random_number("random", &value, &draw, random, &error), &error);
  lua_pushinteger(L, value.i);
  return 1;
}

/* Tensors */

/* [result,] [gen,] and then the first other argument: pushes the result, returns it. */
static ct_tensor *take_result(lua_State *L, int *index, ct_random **random, ct_dtype dtype) {
  *index = 1;
  ct_tensor *result = ctl_to_any_tensor(L, 1);
  if (result) ++*index;
  *random = take_generator(L, index);
  return result ? result : ctl_push_tensor(L, dtype);
}

static int random_tensor(lua_State *L) { /* rand, randn */
  ct_error error;
  int64_t size[CT_MAX_DIMS];
  ct_random *random;
  const distribution *d = lua_touserdata(L, lua_upvalueindex(1));
  int index, top = lua_gettop(L);
  ct_tensor *t = take_result(L, &index, &random, ctl_get_state(L)->default_dtype);
  if (top < index) luaL_argerror(L, index, "sizes expected");
  if (lua_gettop(L) > top) lua_insert(L, 1), index++; /* the sizes reach to the top */
  int dims = ctl_check_sizes(L, index, size);
  ct_draw draw = {d->kind, d->p, d->q, 0, 0};
  ctl_check(L, ct_tensor_resize(t, dims, size, &error), &error);
  ctl_check(L, fill(lua_tostring(L, lua_upvalueindex(2)), t, &draw, random, &error), &error);
  lua_settop(L, 1);
  return 1;
}

static int randperm(lua_State *L) {
  ct_error error;
  ct_random *random;
  int index, top = lua_gettop(L);
  ct_tensor *t = take_result(L, &index, &random, CT_LONG);
  if (top < index) luaL_argerror(L, index, "a number of elements expected");
  ctl_interrupt scope;
  int64_t n = luaL_checkinteger(L, index);
  ctl_interrupt_begin(&scope, n > 1 << 20);
  ct_status status = ct_random_permutation(t, n, random, &error);
  ctl_interrupt_end(&scope, status);
  ctl_check(L, status, &error);
  if (lua_gettop(L) == top) lua_settop(L, 1);
  return 1;
}

/* Generators and their state */

static int manual_seed(lua_State *L) {
  int index = 1;
  ct_random *random = take_generator(L, &index);
  ct_random_seed(random, (uint64_t)luaL_checkinteger(L, index));
  lua_settop(L, index - 1); /* a generator returns itself, the module nothing */
  return index - 1;
}

static int unforeseen_seed(lua_State *L) {
  int index = 1;
  ct_random *random = take_generator(L, &index);
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
  }
  seed >>= 11; /* a number that Lua's floats hold exactly */
  ct_random_seed(random, seed);
  lua_pushinteger(L, (lua_Integer)seed);
  return 1;
}

static int initial_seed(lua_State *L) {
  int index = 1;
  lua_pushinteger(L, (lua_Integer)take_generator(L, &index)->seed);
  return 1;
}

static int get_state(lua_State *L) {
  ct_error error;
  int index = 1;
  int64_t two = 2;
  ct_random *random = take_generator(L, &index);
  ct_tensor *t = ctl_push_tensor(L, CT_LONG);
  ctl_check(L, ct_tensor_new(t, CT_LONG, 1, &two, &error), &error);
  int64_t *state = ct_tensor_data(t);
  state[0] = (int64_t)random->seed;
  state[1] = (int64_t)random->counter;
  return 1;
}

static int set_state(lua_State *L) {
  int index = 1;
  ct_random *random = take_generator(L, &index);
  const ct_tensor *t = ctl_check_tensor_of(L, index, CT_LONG);
  luaL_argcheck(L, t->dims == 1 && t->size[0] == 2, index,
                "a state is a LongTensor of two elements, seed and counter");
  const int64_t *state = ct_tensor_data(t);
  random->seed = (uint64_t)state[0];
  random->counter = (uint64_t)state[t->stride[0]];
  return 0;
}

static int generator_new(lua_State *L) {
  lua_Integer seed = luaL_optinteger(L, 1, 1);
  ct_random_seed(lua_newuserdatauv(L, sizeof(ct_random), 0), (uint64_t)seed);
  luaL_setmetatable(L, generator_name);
  return 1;
}

static int generator_clone(lua_State *L) {
  const ct_random *source = luaL_checkudata(L, 1, generator_name);
  *(ct_random *)lua_newuserdatauv(L, sizeof(ct_random), 0) = *source;
  luaL_setmetatable(L, generator_name);
  return 1;
}

/* circlet.philox(c0, c1, c2, c3, k0, k1) -> four words: the bare function, for known answers. */
static int philox(lua_State *L) {
  uint32_t word[6];
  for (int i = 0; i < 6; i++) word[i] = (uint32_t)luaL_checkinteger(L, i + 1);
  ct_philox_rounds(word, word[4], word[5]);
  for (int i = 0; i < 4; i++) lua_pushinteger(L, word[i]);
  return 4;
}

static const luaL_Reg random_functions[] = {
    {"random", random_number},
    {"randperm", randperm},
    {"manualSeed", manual_seed},
    {"seed", unforeseen_seed},
    {"initialSeed", initial_seed},
    {"getRNGState", get_state},
    {"setRNGState", set_state},
    {"Generator", generator_new},
    {"philox", philox},
    {NULL, NULL},
};

static const luaL_Reg generator_methods[] = {
    {"clone", generator_clone},
    {"manualSeed", manual_seed},
    {"seed", unforeseen_seed},
    {"initialSeed", initial_seed},
    {"getRNGState", get_state},
    {"setRNGState", set_state},
    {NULL, NULL},
};

static void set_distribution(lua_State *L, int table, const distribution *d, lua_CFunction f,
                             const char *name) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)d);
  lua_pushstring(L, name);
  lua_pushcclosure(L, f, 2);
  lua_setfield(L, table, name);
}

void ctl_open_random(lua_State *L, int methods) {
  int module = lua_gettop(L);
  luaL_setfuncs(L, random_functions, 0);
  for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++) {
    const distribution *d = &distributions[i];
    set_distribution(L, methods, d, fill_method, d->name);
    set_distribution(L, module, d, draw_number, d->name);
  }
  set_distribution(L, module, &distributions[0], random_tensor, "rand");
  set_distribution(L, module, &distributions[1], random_tensor, "randn");
  lua_pushcfunction(L, random_method);
  lua_setfield(L, methods, "random");
  luaL_newmetatable(L, generator_name);
  luaL_newlib(L, generator_methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
