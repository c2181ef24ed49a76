/* The body of optim_f32_kernels.c and optim_f64_kernels.c, which define what optim_element.h asks
 * for.
 *
 * Each formula is compiled into a loop over contiguous memory, which the compiler turns into vector
 * code, and into one over strides. Both give the same bits. */

#define INLINE static inline __attribute__((always_inline))
#include "cpu/optim_element.h"

/* Whether the first n operands advance by one element each. */
static bool dense(const int64_t *stride, int n) {
  for (int k = 0; k < n; k++)
    if (stride[k] != (int64_t)sizeof(real)) return false;
  return true;
}

INLINE void sgd_dense(int64_t n, char *const *p, sgd_factors f, bool decay, bool momentum,
                      bool nesterov) {
  real *restrict x = (real *)p[0], *restrict velocity = (real *)p[1];
  const real *g = (const real *)p[2];
  for (int64_t i = 0; i < n; i++) {
    real unused = 0;
    x[i] = sgd_element(x[i], momentum ? &velocity[i] : &unused, g[i], f, decay, momentum, nesterov);
  }
}

static void sgd_strided(int64_t n, char *const *p, const int64_t *s, sgd_factors f,
                        const ct_sgd_context *c) {
  for (int64_t i = 0; i < n; i++) {
    real *x = (real *)(p[0] + i * s[0]), unused = 0;
    real *velocity = c->has_momentum ? (real *)(p[1] + i * s[1]) : &unused;
    sgd_factors own = f;
    if (c->has_rates) own.rate *= *(const real *)(p[3] + i * s[3]);
    if (c->has_decays) own.decay = *(const real *)(p[4] + i * s[4]);
    *x = sgd_element(*x, velocity, *(const real *)(p[2] + i * s[2]), own,
                     c->decay != 0 || c->has_decays, c->has_momentum, c->nesterov);
  }
}

static void sgd(const void *context, int64_t n, char *const *p, const int64_t *s) {
  const ct_sgd_context *c = context;
  sgd_factors f = sgd_factors_of(c);
  bool decay = c->decay != 0;
  if (c->has_rates || c->has_decays || !dense(s, 3))
    sgd_strided(n, p, s, f, c);
  else if (!c->has_momentum)
    decay ? sgd_dense(n, p, f, true, false, false) : sgd_dense(n, p, f, false, false, false);
  else if (c->nesterov)
    decay ? sgd_dense(n, p, f, true, true, true) : sgd_dense(n, p, f, false, true, true);
  else
    decay ? sgd_dense(n, p, f, true, true, false) : sgd_dense(n, p, f, false, true, false);
}

INLINE void adam_dense(int64_t n, char *const *p, adam_factors f, bool decay) {
  real *restrict x = (real *)p[0], *restrict m = (real *)p[1], *restrict v = (real *)p[2];
  const real *g = (const real *)p[3];
  for (int64_t i = 0; i < n; i++) x[i] = adam_element(x[i], &m[i], &v[i], g[i], f, decay);
}

static void adam(const void *context, int64_t n, char *const *p, const int64_t *s) {
  const ct_adam_context *c = context;
  adam_factors f = adam_factors_of(c);
  bool decay = c->decay != 0;
  if (dense(s, 4)) {
    decay ? adam_dense(n, p, f, true) : adam_dense(n, p, f, false);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    real *x = (real *)(p[0] + i * s[0]);
    *x = adam_element(*x, (real *)(p[1] + i * s[1]), (real *)(p[2] + i * s[2]),
                      *(const real *)(p[3] + i * s[3]), f, decay);
  }
}
