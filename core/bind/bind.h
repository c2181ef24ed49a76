/* What every binding uses: tensors and storages on the Lua stack, argument checks, and core
 * statuses turned into Lua errors. Only files in core/bind include lua.h.
 *
 * The order inside a binding: check arguments (may raise), create userdata (may raise), call the
 * core (never raises), then raise or return. Nothing is allocated outside a userdata across a call
 * that can raise. */
#ifndef CIRCLET_BIND_BIND_H
#define CIRCLET_BIND_BIND_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include "base/random.h"
#include "tensor/tensor.h"

/* Facts of one Lua state; several states in one process do not share any. */
typedef struct ctl_state {
  ct_random random;       /* what circlet.randn and its like draw from */
  ct_dtype default_dtype; /* of circlet.Tensor */
  int64_t collect_above;  /* bytes of tensors beyond which the garbage collector is run */
  bool torch_names;       /* type() says "torch.FloatTensor" instead of "circlet.FloatTensor" */
} ctl_state;

ctl_state *ctl_get_state(lua_State *L);

/* Tensors. The type's full name is "circlet.FloatTensor" and so on. What can be done on a GPU asks
 * for `any` tensor; all else is kept from memory that the CPU cannot read. */
ct_tensor *ctl_to_tensor(lua_State *L, int index);        /* NULL when it is none of the CPU */
ct_tensor *ctl_to_any_tensor(lua_State *L, int index);    /* NULL when it is none */
ct_tensor *ctl_check_tensor(lua_State *L, int index);     /* raises */
ct_tensor *ctl_check_any_tensor(lua_State *L, int index); /* raises */
ct_tensor *ctl_check_tensor_of(lua_State *L, int index, ct_dtype dtype);
ct_tensor *ctl_opt_tensor(lua_State *L, int index); /* NULL for none or nil */
ct_tensor *ctl_opt_any_tensor(lua_State *L, int index);
ct_tensor *ctl_push_tensor(lua_State *L, ct_dtype dtype); /* a new empty one */

void ctl_push_type_name(lua_State *L, const char *name); /* as this state says it */

ct_storage *ctl_to_storage(lua_State *L, int index);
ct_storage *ctl_check_storage(lua_State *L, int index);
void ctl_push_storage(lua_State *L, ct_storage *storage);         /* with a reference of its own */
void ctl_push_sizes(lua_State *L, int dims, const int64_t *size); /* as a LongStorage */

/* Misuse raises: an error that carries the core's message and the caller's line. */
void ctl_check(lua_State *L, ct_status status, const ct_error *error);

/* The environment does not: pushes nil, message, code word for CT_EIO and CT_EFORMAT and returns 3;
 * raises for the rest; returns 0 for CT_OK. */
int ctl_environment(lua_State *L, ct_status status, const ct_error *error);

/* A 1-based dimension of t as a 0-based one. */
int ctl_check_dim(lua_State *L, int index, const ct_tensor *t);
int64_t ctl_check_position(lua_State *L, int index); /* 1-based in Lua, 0-based on return */

/* Sizes from a LongStorage, a table, or the integers from `index` to the top; returns how many. */
int ctl_check_sizes(lua_State *L, int index, int64_t size[CT_MAX_DIMS]);

ct_scalar ctl_check_scalar(lua_State *L, int index);
void ctl_push_scalar(lua_State *L, ct_dtype dtype, ct_scalar value); /* integer types: an integer */
void ctl_push_element(lua_State *L, const ct_tensor *t, int64_t offset); /* from the storage */

/* Torch7's calling forms. `forms` lists the accepted arguments, e.g. "TN|TT|TNT": T a tensor, N a
 * number, I an integer, B a boolean, S a string, Z sizes (integers to the end, or a LongStorage).
 * One more tensor in front is the result. Without it the result is the first tensor for a method
 * that works in place, and otherwise a new tensor of the first tensor's type. */
typedef enum ctl_place { CTL_FRESH, CTL_IN_PLACE } ctl_place;
typedef struct ctl_call {
  const char *form; /* the form that matched; compare with strncmp or by length and letters */
  int length;       /* letters in the form */
  int first;        /* stack index of the first argument after the result */
  int result;       /* stack index of the result */
} ctl_call;
ctl_call ctl_match(lua_State *L, const char *name, const char *forms, ctl_place place);
/* The same with tensors on a GPU, too, for operations that ops/ dispatches to both. */
ctl_call ctl_match_any(lua_State *L, const char *name, const char *forms, ctl_place place);
bool ctl_is_form(const ctl_call *call, const char *form);
int ctl_return(lua_State *L, const ctl_call *call, ct_status status, const ct_error *error);

/* The same for functions with two results, f([values, indices,] x, ...): `forms` lists each form
 * twice, plain and with "TT" in front. The results stand at call.result and the place after it. */
ctl_call ctl_match_pair(lua_State *L, const char *name, const char *forms);
int ctl_return_pair(lua_State *L, const ctl_call *call, ct_status status, const ct_error *error);

/* The fields of an options table at `index` (none and nil mean all defaults). Each returns the
 * field or the default, and raises "<name>: option <key> must be ..." when the type is wrong. */
double ctl_option_number(lua_State *L, int index, const char *name, const char *key, double def);
/* least and most are held within doubles: at most 2^53 in size. */
int64_t ctl_option_integer(lua_State *L, int index, const char *name, const char *key, int64_t def,
                           int64_t least, int64_t most);
bool ctl_option_boolean(lua_State *L, int index, const char *name, const char *key, bool def);
int ctl_option_choice(lua_State *L, int index, const char *name, const char *key,
                      const char *const choices[], int def);
/* Raises for a key that is not among `known` (NULL-terminated): a misspelt option is never ignored.
 */
void ctl_check_option_names(lua_State *L, int index, const char *name, const char *const known[]);

/* Around a long kernel: Ctrl-C raises the core's interrupt flag while the scope is open. A kernel
 * that stopped for it has answered it: ctl_check() turns CT_EINTERRUPTED into the error
 * "interrupted!", as the stock interpreter says it. One that ended first leaves the signal to the
 * handler that stood before. Either way one Ctrl-C is one error. What is over before anyone could
 * press a key is not `lengthy`, and opens nothing. */
typedef struct ctl_interrupt {
  char opaque[256];
} ctl_interrupt;
void ctl_interrupt_begin(ctl_interrupt *scope, bool lengthy);
void ctl_interrupt_end(ctl_interrupt *scope, ct_status status);

/* More elements than this take functions of each element some hundredths of a second. */
enum { CTL_MANY_ELEMENTS = 1 << 22 };

/* Each family of bindings adds its functions to the module table at the top of the stack, and its
 * methods to the methods table at `methods`. */
void ctl_open_storage(lua_State *L);
void ctl_open_dlpack(lua_State *L);
void ctl_open_tensor(lua_State *L, int methods);
void ctl_open_view(lua_State *L, int methods);
void ctl_open_machine(lua_State *L);
void ctl_open_cuda(lua_State *L);
void ctl_open_process(lua_State *L);
void ctl_open_loss(lua_State *L);
void ctl_open_linalg(lua_State *L, int methods);
void ctl_open_reduce(lua_State *L, int methods);
void ctl_open_indexing(lua_State *L, int methods);
void ctl_open_order(lua_State *L, int methods);
void ctl_open_join(lua_State *L, int methods);
void ctl_open_elementwise(lua_State *L, int methods);
void ctl_open_ref(lua_State *L);
void ctl_open_ref_class(lua_State *L);
void ctl_open_operators(lua_State *L, int methods);
void ctl_open_io(lua_State *L);
void ctl_open_journal(lua_State *L);
void ctl_open_lease(lua_State *L);
void ctl_open_images(lua_State *L);
void ctl_open_sampling(lua_State *L);
void ctl_open_random(lua_State *L, int methods);
void ctl_open_create(lua_State *L);
void ctl_open_apply(lua_State *L, int methods);
void ctl_open_timer(lua_State *L);
void ctl_open_nn(lua_State *L);
void ctl_open_metric(lua_State *L);
void ctl_open_bench(lua_State *L);
void ctl_open_optim(lua_State *L);

#endif
