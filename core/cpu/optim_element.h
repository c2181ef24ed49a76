/* The update of one parameter, for the CPU and the GPU alike. Who includes this defines `real`, the
 * element type, real_sqrt, FMA(a, b, c) and INLINE. A NaN in any operand ends in x. */

typedef struct sgd_factors {
  real rate, decay, momentum, fresh;
} sgd_factors;

INLINE sgd_factors sgd_factors_of(const ct_sgd_context *c) {
  /* the first velocity is the gradient itself: 0 * velocity + 1 * gradient, on a zeroed velocity */
  sgd_factors f = {(real)c->rate, (real)c->decay, (real)c->momentum,
                   c->first ? 1 : (real)(1 - c->dampening)};
  return f;
}

INLINE real sgd_element(real x, real *velocity, real g, sgd_factors f, bool decay, bool momentum,
                        bool nesterov) {
  if (decay) g = FMA(f.decay, x, g);
  if (momentum) {
    *velocity = FMA(f.momentum, *velocity, f.fresh * g);
    g = nesterov ? FMA(f.momentum, *velocity, g) : *velocity;
  }
  return FMA(-f.rate, g, x);
}

typedef struct adam_factors {
  real rate, beta1, fresh1, beta2, fresh2, root, epsilon, decay, shrink;
} adam_factors;

INLINE adam_factors adam_factors_of(const ct_adam_context *c) {
  adam_factors f = {(real)c->rate,    (real)c->beta1,       (real)(1 - c->beta1),
                    (real)c->beta2,   (real)(1 - c->beta2), (real)c->root,
                    (real)c->epsilon, (real)c->decay,       (real)c->shrink};
  return f;
}

INLINE real adam_element(real x, real *m, real *v, real g, adam_factors f, bool decay) {
  if (decay) g = FMA(f.decay, x, g);
  *m = FMA(f.beta1, *m, f.fresh1 * g);
  *v = FMA(f.beta2, *v, f.fresh2 * (g * g));
  real step = *m / FMA(real_sqrt(*v), f.root, f.epsilon);
  return FMA(-f.rate, step, f.shrink * x);
}
