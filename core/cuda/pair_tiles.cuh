// Tiles: what is allocated for them, and how one is made, by cuBLAS or by a loss's own kernel.
#ifndef CIRCLET_CUDA_PAIR_TILES_CUH
#define CIRCLET_CUDA_PAIR_TILES_CUH

#include "cuda/blas.cuh"
#include "cuda/operand_map.cuh"
#include "cuda/pair_pass.cuh"

// The larger a tile, the nearer its products come to the peak. The statistics of the fused kernel
// leave nothing behind that grows with both sides of a tile.
template <class Real> void ct_pass<Real>::choose_tiles(bool backward) {
  const int64_t most = fused && !backward ? CT_FUSED_TILE_MOST : CT_TILE_MOST;
  const int64_t rows = ct_divide_up(c.queries.count(), side) * side;
  const int64_t columns = ct_divide_up(c.column_units(), side) * side;
  tile_rows = ct_smaller(rows, most);
  tile_columns = c.self ? tile_rows : ct_smaller(columns, most);
  if (centres() > 1) {
    tile_columns = most / centres() / side * side;
    if (tile_columns < side) tile_columns = side;
  }
}

template <class Real> ct_status ct_pass<Real>::allocate_rows(ct_error *error) {
  const int64_t rows = c.queries.count();
  CT_TRY(queries_operand.allocate(c.device, rows * ct_operand_pitch(&c.queries.rows) * elements(),
                                  c.function, error));
  CT_TRY(queries_norm.allocate(c.device, rows, c.function, error));
  if (c.options.similarity == CT_EUCLIDEAN)
    CT_TRY(queries_half.allocate(c.device, rows, c.function, error));
  if (c.self) return CT_OK;
  const int64_t block = block_vectors();
  CT_TRY(block_operand.allocate(c.device, block * ct_operand_pitch(&c.references.rows) * elements(),
                                c.function, error));
  CT_TRY(block_norm.allocate(c.device, block, c.function, error));
  if (adds_half()) CT_TRY(block_half.allocate(c.device, block, c.function, error));
  return CT_OK;
}

template <class Real> ct_status ct_pass<Real>::allocate_tiles(ct_error *error) {
  const int64_t grid = ct_divide_up(tile_rows, side) * ct_divide_up(tile_columns, side);
  if (!fused) CT_TRY(similarities.allocate(c.device, tile_rows * pitch(), c.function, error));
  if (centres() > 1) {
    CT_TRY(nearest.allocate(c.device, tile_rows * pitch(), c.function, error));
    CT_TRY(which.allocate(c.device, tile_rows * pitch(), c.function, error));
  }
  CT_TRY(part_s.allocate(c.device, CT_KINDS * grid, c.function, error));
  CT_TRY(part_kinds.allocate(c.device, grid, c.function, error));
  int arrays = 0;
  for (int kind = 0; kind < CT_KINDS; kind++) arrays += launches->keeps_terms[kind] ? 8 : 4;
  return part_reals.allocate(c.device, arrays * part_pitch() * parts_in_use(), c.function, error);
}

template <class Real> ct_status ct_pass<Real>::start_sums(ct_error *error) {
  const int64_t rows = c.queries.count();
  int arrays = CT_KINDS, at = 0;
  for (int kind = 0; kind < CT_KINDS; kind++) arrays += launches->keeps_terms[kind] ? 2 : 0;
  CT_TRY(sums.allocate(c.device, arrays * rows, c.function, error));
  CT_TRY(references_of.allocate(c.device, CT_KINDS * rows, c.function, error));
  CT_TRY(set(sums.get(), arrays * rows, 0.0, error));
  ct_anchor_sums<Real> *s = &anchors.sums;
  for (int kind = 0; kind < CT_KINDS; kind++) {
    s->reference[kind] = references_of.get() + kind * rows;
    CT_TRY(set(s->reference[kind], rows, launches->start[kind], error));
    s->sum[kind] = sums.get() + rows * at++;
    s->term[kind] = s->count[kind] = nullptr;
    if (!launches->keeps_terms[kind]) continue;
    s->term[kind] = sums.get() + rows * at++;
    s->count[kind] = sums.get() + rows * at++;
  }
  s->sum_s = c.results.get()->sum_s;
  return CT_OK;
}

template <class Real> ct_status ct_pass<Real>::start_anchors(ct_error *error) {
  ct_anchors<Real> *a = &anchors;
  a->rows = (int)c.queries.count();
  a->columns = c.column_units();
  a->self = c.self;
  a->batch = c.options.aggregate == CT_PER_BATCH;
  a->first = c.first.get(), a->last = c.last.get();
  a->valid = c.valid_there.get();
  a->weights = c.weights.get();
  a->with_positive = c.with_positive;
  a->variant = c.options.variant;
  a->largest_s = range.largest_s;
  a->filter_eps = c.options.filter_eps;
  memcpy(a->parameters, c.options.parameter, sizeof a->parameters);
  for (int kind = 0; kind < CT_KINDS; kind++)
    a->offset[kind] = c.options.rule->offset
                          ? c.options.rule->offset(kind == CT_POSITIVE, c.options.parameter)
                          : 0;
  CT_TRY(start_sums(error));
  CT_TRY(refinement.start(&c, error));
  a->refined = refinement.there;
  a->most_share = refinement.most_share;
  return find_targets(error);
}

template <class Real> ct_status ct_pass<Real>::find_targets(ct_error *error) {
  if (!c.options.rule->target) return CT_OK;
  CT_TRY(targets.allocate(c.device, 2 * c.queries.count(), c.function, error));
  ct_target *to = reinterpret_cast<ct_target *>(targets.get());
  anchors.targets = to;
  return ct_find_targets(to, &c.queries.rows, c.first.get(), &c.references.rows, error);
}

template <class Real> ct_status ct_pass<Real>::load_queries(ct_error *error) {
  const ct_loaded_rows to = loaded_queries();
  return ct_load_rows(&c.queries.rows, 0, c.queries.count(), &to, &c.results.get()->bad_row[0],
                      error);
}

template <class Real>
ct_status ct_pass<Real>::load_block(int64_t from, int64_t vectors, ct_error *error) {
  const ct_loaded_rows to = loaded_block();
  return ct_load_rows(&c.references.rows, from, vectors, &to, &c.results.get()->bad_row[1], error);
}

// Queries and columns as factors of similarities: which part of an operand (pair_rows.cuh).
template <class Real> ct_status ct_pass<Real>::similarities_of(const meeting &m, ct_error *error) {
  const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
  const bool split = x->form == CT_OPERAND_SPLIT;
  ct_cuda_product p = {};
  const ct_dtype types[] = {CT_CUDA_HALF, CT_CUDA_HALF, CT_CUDA_BFLOAT16, CT_CUDA_DOUBLE};
  p.dtype = types[x->form];
  p.result = wide ? CT_CUDA_DOUBLE : CT_CUDA_FLOAT;
  p.transpose_b = true;
  p.m = m.rows, p.n = m.vectors, p.k = split ? 3 * ct_segment(x) : x->dim, p.batch = 1;
  p.alpha = ldexp(1, -(x->exponent + y->exponent));
  p.a = queries_operand.get() + m.row * ct_operand_pitch(x) * elements();
  p.b = m.y_operand + (split ? ct_segment(y) * elements() : 0);
  p.lda = ct_operand_pitch(x), p.ldb = ct_operand_pitch(y);
  p.c = similarities.get();
  p.ldc = pitch();
  return ct_cuda_gemm(c.device, &p, c.function, error);
}

// Whether the fused kernel serves this call.
template <class Real> bool ct_pass<Real>::has_fused() const {
  return !wide && launches->fused && centres() == 1 && !adds_half() && ct_has_fused(c.device) &&
         !c.refinement.on && !c.options.diagnostics;
}

// How the fused kernel sees the operands.
template <class Real> ct_status ct_pass<Real>::map_operands(ct_error *error) {
  const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
  const bool bfloat16 = x->form == CT_OPERAND_BFLOAT16;
  if (!fused) return CT_OK;
  CT_CUDA_TRY(cudaDeviceGetAttribute(&fused_call.blocks, cudaDevAttrMultiProcessorCount, c.device),
              c.function, error);
  CT_TRY(ct_map_operand(&fused_call.a_map, queries_operand.get(), x->rows, ct_operand_pitch(x),
                        bfloat16, c.function, error));
  return ct_map_operand(&fused_call.b_map, c.self ? queries_operand.get() : block_operand.get(),
                        c.self ? y->rows : block_vectors(), ct_operand_pitch(y), bfloat16,
                        c.function, error);
}

// Similarities with statistics or weights in one kernel.
template <class Real>
ct_status ct_pass<Real>::run_fused(const meeting &m, const ct_tile<Real> &t, bool backward,
                                   ct_error *error) {
  const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
  const bool split = x->form == CT_OPERAND_SPLIT;
  ct_fused_product *p = &fused_call.product;
  p->a_row = (int)m.row, p->b_row = c.self ? (int)m.column : 0;
  p->a_column = 0, p->b_column = split ? (int)ct_segment(y) : 0;
  p->steps = (int)ct_divide_up(split ? 3 * ct_segment(x) : x->dim, CT_FUSED_STEP);
  p->alpha = (float)ldexp(1, -(x->exponent + y->exponent));
  return ct_cuda_status(launches->fused(fused_call, t, form, backward, stream()), c.function,
                        error);
}

// Statistics, or weights, of a tile.
template <class Real>
ct_status ct_pass<Real>::run_tile(const meeting &m, ct_tile<Real> *t, bool backward,
                                  ct_error *error) {
  describe_tile(m, t);
  if (!fused) CT_TRY(fill_tile(m, t, error));
  if (backward) take_factors(t);
  if (fused) return run_fused(m, *t, backward, error);
  if (c.options.diagnostics && backward) launches->note_weights(*t, diagnosis.there, stream());
  if (c.options.diagnostics && !backward)
    CT_TRY(ct_note_pairs(*t, diagnosis.there, stream(), error));
  if (refinement.there.on && backward)
    launches->refined_weights(*t, form, stream());
  else if (refinement.there.on)
    launches->refined_sums(*t, anchors.sums, stream());
  else if (backward)
    launches->weights(*t, form, stream());
  else
    launches->sums(*t, stream());
  return ct_cuda_status(cudaGetLastError(), c.function, error);
}

template <class Real> void ct_pass<Real>::describe_tile(const meeting &m, ct_tile<Real> *t) {
  *t = ct_tile<Real>{};
  t->rows = (int)m.rows, t->columns = (int)m.columns;
  t->row = (int)m.row, t->column = (int)m.column;
  t->diagonal = m.diagonal;
  t->self = t->both = c.self;
  t->pitch = pitch();
  t->s = similarities.get();
  t->first = c.first.get(), t->last = c.last.get();
  t->variant = c.options.variant;
  t->largest_s = (Real)range.largest_s;
  memcpy(t->parameters, c.options.parameter, sizeof t->parameters);
  for (int kind = 0; kind < CT_KINDS; kind++) {
    const double scale =
        c.options.rule->scale(kind == CT_POSITIVE, c.options.parameter) * 0x1.71547652b82fep+0;
    t->scale[kind] = (Real)scale;
    t->start[kind] = launches->start[kind];
    t->low_scale[kind] = (Real)(scale - (double)(Real)scale);
  }
  t->triplets = triplets;
  t->refined = refinement.there;
  place_parts(t);
}

// Whether both ends of a pair must find the same bits: those of the two products of two rows may
// differ, where a tile meets itself.
template <class Real> bool ct_pass<Real>::needs_mirror(const meeting &m) const {
  const ct_loss_rule *rule = c.options.rule;
  const bool extreme = (rule->statistics(false) | rule->statistics(true)) & CT_EXTREME;
  return m.diagonal && (extreme || refinement.there.on || c.options.diagnostics);
}

// The tile's similarities; of classes of several vectors, those of the nearest.
template <class Real>
ct_status ct_pass<Real>::fill_tile(const meeting &m, ct_tile<Real> *t, ct_error *error) {
  const Real *row_half = queries_half.get();
  const Real *column_half = c.self ? queries_half.get() : block_half.get();
  CT_TRY(similarities_of(m, error));
  if (needs_mirror(m))
    CT_TRY(ct_mirror_tile(similarities.get(), t->rows, pitch(), stream(), error));
  if (centres() > 1) {
    t->s = nearest.get();
    return ct_take_nearest<Real>(
        c.device, t->rows, m.columns, centres(), pitch(), similarities.get(), column_half,
        row_half ? row_half + m.row : nullptr, nearest.get(), which.get(), error);
  }
  t->row_half = row_half;
  // a block's halves begin with it; the tile counts from the set's first column
  t->column_half = column_half && !c.self ? column_half - m.column : column_half;
  return CT_OK;
}

template <class Real> void ct_pass<Real>::place_parts(ct_tile<Real> *t) {
  const int64_t each = parts_in_use() * part_pitch();
  Real *at = part_reals.get();
  t->part_pitch = (int)part_pitch();
  auto next = [&] {
    Real *here = at;
    at += each;
    return here;
  };
  for (int kind = 0; kind < CT_KINDS; kind++) {
    t->row_reference[kind] = next(), t->column_reference[kind] = next();
    t->row_sum[kind] = next(), t->column_sum[kind] = next();
    if (!launches->keeps_terms[kind]) continue;
    t->row_term[kind] = next(), t->column_term[kind] = next();
    t->row_count[kind] = next(), t->column_count[kind] = next();
  }
  t->part_s = part_s.get();
  t->part_kinds = part_kinds.get();
}

#endif
