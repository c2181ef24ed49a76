// Backward: factors of the anchors, weights of all tiles, and their products with the rows.
#ifndef CIRCLET_CUDA_PAIR_BACKWARD_CUH
#define CIRCLET_CUDA_PAIR_BACKWARD_CUH

#include "cuda/pair_gradient.cuh"
#include "cuda/pair_tiles.cuh"

template <class Real> ct_status ct_pass<Real>::make_factors(double scale, ct_error *error) {
  const int64_t rows = c.queries.count();
  const bool drops = c.options.filter_eps > 0;
  CT_TRY(factors.allocate(c.device, 4 * CT_KINDS * rows, c.function, error));
  CT_TRY(largest_bits.allocate(c.device, 1, c.function, error));
  CT_TRY(to_range.allocate(c.device, 2, c.function, error));
  CT_TRY(ct_cuda()->zero(c.device, largest_bits.get(), sizeof(unsigned), error));
  for (int kind = 0; kind < CT_KINDS; kind++) {
    Real *own_factors = factors.get() + 4 * kind * rows;
    anchors.reference[kind] = own_factors;
    anchors.factor[kind] = own_factors + rows;
    anchors.cut[kind] = drops ? own_factors + 2 * rows : nullptr;
    anchors.linear[kind] = launches->keeps_terms[kind] ? own_factors + 3 * rows : nullptr;
    anchors.share[kind] = share[kind];
  }
  anchors.scale = scale;
  anchors.largest_bits = largest_bits.get();
  launches->factors(anchors, term_blocks(), stream());
  ct_range_kernel<<<1, 1, 0, stream()>>>(largest_bits.get(), to_range.get());
  return ct_cuda_status(cudaGetLastError(), c.function, error);
}

template <class Real> void ct_pass<Real>::take_factors(ct_tile<Real> *t) {
  for (int kind = 0; kind < CT_KINDS; kind++) {
    t->reference[kind] = anchors.reference[kind];
    t->factor[kind] = anchors.factor[kind];
    t->linear[kind] = anchors.linear[kind];
    t->cut[kind] = anchors.cut[kind];
  }
  t->own = own.get();
  t->to_range = to_range.get();
  t->weight = wide ? (void *)const_cast<Real *>(t->s) : weights.get();
  t->weight_low = weights.get() + 2 * tile_rows * pitch();
}

// Weights of classes go to their vectors. `weight` and `weight_low` are then [rows, vectors].
template <class Real>
ct_status ct_pass<Real>::spread(const meeting &m, ct_tile<Real> *t, ct_error *error) {
  if (centres() == 1) return CT_OK;
  const int64_t size = wide ? 8 : 2, matrix = size * tile_rows * pitch();
  char *high = wide ? (char *)similarities.get() : weights.get() + 2 * matrix;
  char *low = high + matrix;
  CT_TRY(ct_spread_weights(c.device, t->rows, m.columns, centres(), pitch(), size, t->weight,
                           which.get(), high, error));
  if (form == CT_WEIGHT_SPLIT_HALF)
    CT_TRY(ct_spread_weights(c.device, t->rows, m.columns, centres(), pitch(), size, t->weight_low,
                             which.get(), low, error));
  t->weight = high, t->weight_low = low;
  return CT_OK;
}

template <class Real> ct_status ct_pass<Real>::allocate_weights(ct_error *error) {
  const int64_t matrices =
      (form == CT_WEIGHT_SPLIT_HALF || centres() > 1 ? 2 : 1) * (centres() > 1 ? 2 : 1);
  if (wide) return CT_OK;
  return weights.allocate(c.device, 2 * matrices * tile_rows * pitch(), c.function, error);
}

// gradient [rows, ct_gradient_pitch] += op(weights) * operand: of the split form high * [high,
// low] and low * high.
template <class Real>
ct_status ct_pass<Real>::add_products(const ct_tile<Real> &t, const meeting &m, bool transposed,
                                      const ct_gpu_rows *rows, const char *operand, Real *gradient,
                                      ct_error *error) {
  const int64_t segment = ct_segment(rows);
  const bool split = rows->form == CT_OPERAND_SPLIT;
  const ct_dtype types[] = {CT_CUDA_HALF, CT_CUDA_HALF, CT_CUDA_BFLOAT16, CT_CUDA_DOUBLE};
  ct_cuda_product p = {};
  p.dtype = types[rows->form];
  p.result = wide ? CT_CUDA_DOUBLE : CT_CUDA_FLOAT;
  p.transpose_a = transposed;
  p.m = transposed ? m.vectors : m.rows, p.k = transposed ? m.rows : m.vectors;
  p.n = ct_gradient_pitch(rows), p.batch = 1;
  p.alpha = p.beta = 1;
  p.a = t.weight, p.lda = pitch();
  p.b = operand, p.ldb = ct_operand_pitch(rows);
  p.c = gradient, p.ldc = ct_gradient_pitch(rows);
  CT_TRY(ct_cuda_gemm(c.device, &p, c.function, error));
  if (!split) return CT_OK;
  p.a = t.weight_low;
  p.n = segment;
  p.c = gradient + segment;
  return ct_cuda_gemm(c.device, &p, c.function, error);
}

template <class Real>
ct_status ct_pass<Real>::unload(const ct_gpu_side *s, int64_t from, int64_t count,
                                const ct_loaded_rows &loaded, const Real *gradient,
                                const ct_gpu_rows *partner, ct_tensor *to, double *to_lift,
                                unsigned long long *bad, ct_error *error) {
  ct_gradient_out out = {};
  out.to = to ? ct_tensor_data(to) : nullptr;
  out.to_lift = to_lift;
  out.scale = ldexp(1, -partner->exponent);
  out.inverse_range = wide ? nullptr : to_range.get() + 1;
  out.bad = bad;
  return ct_unload_rows(&s->rows, from, count, &loaded, gradient, &out, error);
}

template <class Real>
ct_status ct_pass<Real>::backward(double scale, ct_tensor *grad_queries, ct_tensor *grad_references,
                                  ct_tensor *grad_bias, ct_error *error) {
  const int64_t rows = c.queries.count();
  const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
  ct_gpu_gradient to[2];
  ct_device_block<Real> gradient, block_gradient;
  ct_device_block<double> lift;
  ct_device_block<unsigned long long> bad;
  unsigned long long first_bad = ~0ull, block_bytes = 0;
  CT_TRY(to[0].start(grad_queries, &c.queries, c.function, error));
  CT_TRY(to[1].start(c.self ? nullptr : grad_references, &c.references, c.function, error));
  const bool biased = grad_bias && !c.self && c.references.rows.lift;
  const bool to_columns = !c.self && (to[1].wanted || biased);
  CT_TRY(bad.allocate(c.device, 1, c.function, error));
  CT_TRY(ct_cuda()->upload(c.device, bad.get(), &first_bad, sizeof first_bad, error));
  if (biased) {
    CT_TRY(lift.allocate(c.device, c.references.units(), c.function, error));
    CT_TRY(set(lift.get(), c.references.units(), 0.0, error));
  }
  if (c.options.diagnostics) {
    ct_diagnosis_forget_weights(&noted);
    CT_TRY(diagnosis.forget_weights(&c, &noted, error));
  }
  choose_tiles(true);
  if (rows > 0) {
    CT_TRY(make_factors(scale, error));
    CT_TRY(allocate_weights(error));
  }
  if (to[0].wanted) {
    const int64_t count = rows * ct_gradient_pitch(y);
    CT_TRY(gradient.allocate(c.device, count, c.function, error));
    CT_TRY(ct_cuda()->zero(c.device, gradient.get(), count * (int64_t)sizeof(Real), error));
  }
  if (to_columns) {
    block_bytes = (unsigned long long)(block_vectors() * ct_gradient_pitch(x)) * sizeof(Real);
    CT_TRY(block_gradient.allocate(c.device, block_vectors() * ct_gradient_pitch(x), c.function,
                                   error));
  }
  auto visit = [&](const meeting &m) {
    ct_tile<Real> t;
    CT_TRY(run_tile(m, &t, true, error));
    CT_TRY(spread(m, &t, error));
    const int64_t x_bytes = ct_operand_pitch(x) * elements();
    const char *x_operand = queries_operand.get() + m.row * x_bytes;
    if (gradient.get())
      CT_TRY(add_products(t, m, false, y, m.y_operand,
                          gradient.get() + m.row * ct_gradient_pitch(y), error));
    if (c.self && !m.diagonal && gradient.get())
      CT_TRY(add_products(t, m, true, x, x_operand,
                          gradient.get() + m.column * ct_gradient_pitch(x), error));
    if (to_columns) CT_TRY(add_products(t, m, true, x, x_operand, block_gradient.get(), error));
    return CT_OK;
  };
  auto before = [&](int64_t, int64_t) {
    return to_columns ? ct_cuda()->zero(c.device, block_gradient.get(), (int64_t)block_bytes, error)
                      : CT_OK;
  };
  auto after = [&](int64_t from, int64_t vectors) {
    if (!to_columns) return CT_OK;
    return unload(&c.references, from, vectors, loaded_block(), block_gradient.get(), x,
                  to[1].wanted ? &to[1].to.t : nullptr, biased ? lift.get() : nullptr, bad.get(),
                  error);
  };
  if (rows > 0)
    CT_TRY(each_tile(visit, before, after, error));
  else if (to[1].wanted)
    CT_TRY(ct_fill(&to[1].to.t, ct_scalar_of(0), error));
  if (to[0].wanted && rows > 0)
    CT_TRY(unload(&c.queries, 0, rows, loaded_queries(), gradient.get(), y, &to[0].to.t, nullptr,
                  bad.get(), error));
  if (biased) CT_TRY(put_bias_gradient(grad_bias, lift.get(), error));
  if (c.options.diagnostics) {
    CT_TRY(diagnosis.finish(&c, &noted, error));
    noted.gradient_square = 0;
    for (int k = 0; k < 2; k++)
      if (to[k].wanted) CT_TRY(ct_add_squares(&to[k].to.t, &noted.gradient_square, error));
  }
  for (int k = 0; k < 2; k++) CT_TRY(to[k].finish(error));
  CT_TRY(ct_cuda()->download(c.device, &first_bad, bad.get(), sizeof first_bad, error));
  return first_bad == ~0ull ? CT_OK : ct_bad_gradient_row(&c, first_bad, error);
}

template <class Real>
ct_status ct_pass<Real>::put_bias_gradient(ct_tensor *to, const double *lift, ct_error *error) {
  const int64_t classes = c.references.units();
  const double scale = c.options.rule->scale(false, c.options.parameter);
  ct_held_tensor here;
  here.t.dtype = CT_CUDA_DOUBLE;
  CT_TRY(ct_tensor_new_on(&here.t, CT_CUDA_DOUBLE, c.device, 1, &classes, error));
  ct_bias_kernel<<<(unsigned)ct_divide_up(classes, CT_SET_THREADS), CT_SET_THREADS, 0, stream()>>>(
      classes, lift, scale, (double *)ct_tensor_data(&here.t));
  CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
  if (!to->storage) CT_TRY(ct_tensor_new_on(to, to->dtype, c.device, 1, &classes, error));
  CT_TRY(ct_tensor_resize(to, 1, &classes, error));
  return ct_copy(to, &here.t, error);
}

#endif
