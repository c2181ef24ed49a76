// Optimiser steps: one pass over the parameters, the gradient and the optimiser's state, with the
// formulas of cpu/optim_element.h.
#include <math.h>
#include "cuda/nn.cuh"
#include "cuda/strided.cuh"

namespace {

#define INLINE static __host__ __device__ __forceinline__

struct steps_f32 {
  typedef float real;
#define real_sqrt    sqrtf
#define FMA(a, b, c) fmaf(a, b, c)
#include "cpu/optim_element.h"
#undef real_sqrt
#undef FMA
};

struct steps_f64 {
  typedef double real;
#define real_sqrt    sqrt
#define FMA(a, b, c) fma(a, b, c)
#include "cpu/optim_element.h"
};

template <class Steps> struct sgd_body {
  typedef typename Steps::real real;
  real *x, *velocity; // velocity and what follows the gradient: NULL for none
  const real *gradient, *rates, *decays;
  typename Steps::sgd_factors factors;
  bool decay, nesterov;
  template <class Index> __device__ void operator()(const Index *at) const {
    typename Steps::sgd_factors own = factors;
    real unused = 0;
    if (rates) own.rate *= rates[at[3]];
    if (decays) own.decay = decays[at[4]];
    x[at[0]] = Steps::sgd_element(x[at[0]], velocity ? &velocity[at[1]] : &unused, gradient[at[2]],
                                  own, decay || decays, velocity, nesterov);
  }
};

template <class Steps>
ct_status run_sgd(const ct_tensor *const operand[5], const ct_sgd_context *how, ct_error *error) {
  typedef typename Steps::real real;
  sgd_body<Steps> body = {ct_data<real>(operand[0]),
                          how->has_momentum ? ct_data<real>(operand[1]) : nullptr,
                          ct_data<real>(operand[2]),
                          how->has_rates ? ct_data<real>(operand[3]) : nullptr,
                          how->has_decays ? ct_data<real>(operand[4]) : nullptr,
                          Steps::sgd_factors_of(how),
                          how->decay != 0,
                          how->nesterov};
  return ct_for_each<5>(ct_device_of(operand[0]), operand, body, "sgd", error);
}

ct_status sgd(const ct_tensor *const operand[5], const ct_sgd_context *how, ct_error *error) {
  return operand[0]->dtype == CT_CUDA_FLOAT ? run_sgd<steps_f32>(operand, how, error)
                                            : run_sgd<steps_f64>(operand, how, error);
}

template <class Steps> struct adam_body {
  typedef typename Steps::real real;
  real *x, *m, *v;
  const real *gradient;
  typename Steps::adam_factors factors;
  bool decay;
  template <class Index> __device__ void operator()(const Index *at) const {
    x[at[0]] = Steps::adam_element(x[at[0]], &m[at[1]], &v[at[2]], gradient[at[3]], factors, decay);
  }
};

template <class Steps>
ct_status run_adam(const ct_tensor *const operand[4], const ct_adam_context *how, ct_error *error) {
  typedef typename Steps::real real;
  adam_body<Steps> body = {ct_data<real>(operand[0]),   ct_data<real>(operand[1]),
                           ct_data<real>(operand[2]),   ct_data<real>(operand[3]),
                           Steps::adam_factors_of(how), how->decay != 0};
  return ct_for_each<4>(ct_device_of(operand[0]), operand, body, "adam", error);
}

ct_status adam(const ct_tensor *const operand[4], const ct_adam_context *how, ct_error *error) {
  return operand[0]->dtype == CT_CUDA_FLOAT ? run_adam<steps_f32>(operand, how, error)
                                            : run_adam<steps_f64>(operand, how, error);
}

} // namespace

void ct_cuda_fill_nn_optim(ct_cuda_nn *nn) {
  nn->sgd = sgd;
  nn->adam = adam;
}
