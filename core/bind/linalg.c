/* Products of vectors and matrices, in Torch7's calling forms.
 *
 * Without addition:  mm mv ger bmm          f([result,] a, b)
 * With addition:     addmm addmv addr baddbmm addbmm
 *   as a function    f([result,] [beta,] M, [alpha,] a, b)   a new tensor without `result`
 *   as a method      x:f([beta,] M, [alpha,] a, b)           x becomes beta*M + alpha*a*b
 *                    x:f([[beta,] alpha,] a, b)              x becomes beta*x + alpha*a*b
 */
#include "bind/bind.h"
#include "ops/linalg.h"

typedef ct_status (*product_fn)(const char *name, ct_tensor *result, ct_scalar beta,
                                const ct_tensor *addend, ct_scalar alpha, const ct_tensor *a,
                                const ct_tensor *b, ct_error *error);

typedef struct product {
  const char *name;
  product_fn run;
} product;

/* Whether a product takes long enough for somebody to press a key. */
static bool is_lengthy(const ct_tensor *a, const ct_tensor *b) {
  double columns = (double)(b->dims > 1   ? b->size[b->dims - 1]
                            : a->dims > 1 ? 1
                                          : ct_tensor_count(b));
  return (double)ct_tensor_count(a) * columns > 1 << 24;
}

/* Only long products watch for Ctrl-C. */
static ct_status run_product(const product *p, ct_tensor *result, ct_scalar beta,
                             const ct_tensor *addend, ct_scalar alpha, const ct_tensor *a,
                             const ct_tensor *b, ct_error *error) {
  ctl_interrupt scope;
  ctl_interrupt_begin(&scope, is_lengthy(a, b));
  ct_status status = p->run(p->name, result, beta, addend, alpha, a, b, error);
  ctl_interrupt_end(&scope, status);
  return status;
}

static int plain_product(lua_State *L) {
  ct_error error;
  const product *p = lua_touserdata(L, lua_upvalueindex(1));
  ctl_call call = ctl_match_any(L, p->name, "TT", CTL_FRESH);
  ct_scalar one = ct_scalar_of(1);
  ct_status status =
      run_product(p, ctl_to_any_tensor(L, call.result), one, NULL, one,
                  ctl_to_any_tensor(L, call.first), ctl_to_any_tensor(L, call.first + 1), &error);
  return ctl_return(L, &call, status, &error);
}

/* [beta,] M, [alpha,] a, b from stack index `at` on; or, when `self` is given and M is not,
 * [[beta,] alpha,] a, b. The form has been matched already. */
static int added_product(lua_State *L, const ctl_call *call, int at, int last,
                         const ct_tensor *self) {
  ct_error error;
  const product *p = lua_touserdata(L, lua_upvalueindex(1));
  ct_scalar beta = ct_scalar_of(1), alpha = beta;
  const ct_tensor *a = ctl_to_any_tensor(L, last - 1), *b = ctl_to_any_tensor(L, last),
                  *addend = self;
  int numbers = 0;
  ct_scalar number[2];
  for (; at < last - 1; at++) {
    if (!ctl_to_any_tensor(L, at)) {
      number[numbers++] = ctl_check_scalar(L, at);
    } else {
      addend = ctl_to_any_tensor(L, at);
      if (numbers) beta = number[0];
      numbers = 0;
    }
  }
  if (numbers == 2) beta = number[0];
  if (numbers) alpha = number[numbers - 1];
  ct_status status =
      run_product(p, ctl_to_any_tensor(L, call->result), beta, addend, alpha, a, b, &error);
  return ctl_return(L, call, status, &error);
}

static int added_product_function(lua_State *L) {
  int last = lua_gettop(L);
  const product *p = lua_touserdata(L, lua_upvalueindex(1));
  ctl_call call = ctl_match_any(L, p->name, "TTT|TNTT|NTTT|NTNTT", CTL_FRESH);
  return added_product(L, &call, call.first, last, NULL);
}

static int added_product_method(lua_State *L) {
  int last = lua_gettop(L);
  const product *p = lua_touserdata(L, lua_upvalueindex(1));
  ctl_call call = ctl_match_any(L, p->name, "TTT|TNTT|TNNTT|TTTT|TTNTT|TNTTT|TNTNTT", CTL_IN_PLACE);
  return added_product(L, &call, 2, last, ctl_to_any_tensor(L, 1));
}

static int dot(lua_State *L) {
  ct_error error;
  ct_scalar sum;
  ct_tensor *a = ctl_check_any_tensor(L, 1), *b = ctl_check_any_tensor(L, 2);
  ctl_check(L, ct_dot(&sum, a, b, &error), &error);
  ctl_push_scalar(L, a->dtype, sum);
  return 1;
}

static const product plain[] = {
    {"mm", ct_addmm}, {"mv", ct_addmv}, {"ger", ct_addr}, {"bmm", ct_baddbmm}};
static const product added[] = {{"addmm", ct_addmm},
                                {"addmv", ct_addmv},
                                {"addr", ct_addr},
                                {"baddbmm", ct_baddbmm},
                                {"addbmm", ct_addbmm}};

static void add(lua_State *L, int table, const product *p, lua_CFunction f) {
  lua_pushlightuserdata(L, (void *)p);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, table, p->name);
}

void ctl_open_linalg(lua_State *L, int methods) {
  int module = lua_gettop(L);
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    add(L, module, &plain[i], plain_product);
    add(L, methods, &plain[i], plain_product);
  }
  for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
    add(L, module, &added[i], added_product_function);
    add(L, methods, &added[i], added_product_method);
  }
  lua_pushcfunction(L, dot);
  lua_setfield(L, module, "dot");
  lua_pushcfunction(L, dot);
  lua_setfield(L, methods, "dot");
}
