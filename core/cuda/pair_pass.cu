// The passes over all tiles of a call: forward and backward of a loss on the GPU.
//
// Forward waits once, for the loss, which callers get as a number; backward waits once, to tell
// whether every gradient is finite. Of one set, tiles right of the diagonal serve both ends: a tile
// of weights is multiplied with its columns' rows and, transposed, with its rows'. References are
// loaded a block of columns at a time, which all rows meet, and their gradient is finished with it.
//
// Invariant: a context holds a call exactly when its forward pass was finished.
#include <memory>
#include <new>
#include "cuda/blas.cuh"
#include "cuda/device.cuh"
#include "cuda/operand_map.cuh"
#include "cuda/pair_call.cuh"
#include "cuda/pair_gradient.cuh"
#include "cuda/pair_kernels.cuh"
extern "C" {
#include "base/interrupt.h"
#include "ops/copy.h"
}

namespace {

enum { TERM_BLOCKS = 132, SET_THREADS = 256 };

class any_pass {
public:
  ct_gpu_call c;
  ct_gpu_range range = {};
  virtual ~any_pass() {}
  virtual ct_status forward(ct_tensor *losses, ct_error *error) = 0;
  virtual ct_status backward(double scale, ct_tensor *grad_queries, ct_tensor *grad_references,
                             ct_tensor *grad_bias, ct_error *error) = 0;
};

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <class Real> class typed_pass : public any_pass {
  static constexpr bool wide = sizeof(Real) == sizeof(double);
  static constexpr int side = CT_PART;

  const ct_pair_launches<Real> *launches;
  ct_weight_form form;
  int64_t tile_rows, tile_columns; // at most; columns count classes
  ct_device_block<char> queries_operand, block_operand;
  ct_device_block<double> queries_norm, block_norm;
  ct_device_block<Real> queries_half, block_half;
  ct_device_block<Real> similarities, nearest, factors;
  ct_device_block<uint8_t> which, part_kinds;
  ct_device_block<char> weights;
  ct_device_block<Real> part_reals;
  ct_device_block<double> part_s, sums, targets, own, parts;
  ct_device_block<Real> references_of; // of statistics
  ct_device_block<int64_t> list_start;
  ct_device_block<double> lists;
  ct_triplet_lists triplets = {}; // of a loss over triplets
  ct_device_block<unsigned> largest_bits;
  ct_device_block<float> to_range;
  ct_anchors<Real> anchors = {};
  bool fused = false; // similarities are made by the loss's own kernel
  ct_fused_call fused_call = {};
  ct_anchor_loss batch = {};
  double share[CT_KINDS] = {0, 0};

  // One tile and what it is made of.
  struct meeting {
    int64_t row, rows, column, columns; // columns count classes
    bool diagonal;
    const ct_loaded_rows *y; // what the columns are of, its first row at the tile's
    const char *y_operand;
    int64_t vectors;
  };

  cudaStream_t stream() const { return ct_cuda_stream(c.device); }
  int64_t elements() const { return ct_operand_size(c.queries.rows.form); }
  int64_t centres() const { return c.self ? 1 : c.references.rows.centres; }

  // ---- What is allocated ----

  // The larger a tile, the nearer its products come to the peak.
  void choose_tiles() {
    const int64_t most = CT_TILE_MOST;
    const int64_t rows = ct_divide_up(c.queries.count(), side) * side;
    const int64_t columns = ct_divide_up(c.column_units(), side) * side;
    tile_rows = smaller(rows, most);
    tile_columns = c.self ? tile_rows : smaller(columns, most);
    if (centres() > 1) {
      tile_columns = most / centres() / side * side;
      if (tile_columns < side) tile_columns = side;
    }
  }

  int64_t pitch() const { return ct_divide_up(tile_columns * centres(), side) * side; }

  // How columns are loaded: at most so many classes at a time.
  int64_t block_vectors() const { return tile_columns * centres(); }

  bool adds_half() const {
    return c.options.similarity == CT_EUCLIDEAN || (!c.self && c.references.rows.lift);
  }

  ct_status allocate_rows(ct_error *error) {
    const int64_t rows = c.queries.count();
    CT_TRY(queries_operand.allocate(c.device, rows * ct_operand_pitch(&c.queries.rows) * elements(),
                                    c.function, error));
    CT_TRY(queries_norm.allocate(c.device, rows, c.function, error));
    if (c.options.similarity == CT_EUCLIDEAN)
      CT_TRY(queries_half.allocate(c.device, rows, c.function, error));
    if (c.self) return CT_OK;
    const int64_t block = block_vectors();
    CT_TRY(block_operand.allocate(
        c.device, block * ct_operand_pitch(&c.references.rows) * elements(), c.function, error));
    CT_TRY(block_norm.allocate(c.device, block, c.function, error));
    if (adds_half()) CT_TRY(block_half.allocate(c.device, block, c.function, error));
    return CT_OK;
  }

  ct_status allocate_tiles(ct_error *error) {
    const int64_t grid = ct_divide_up(tile_rows, side) * ct_divide_up(tile_columns, side);
    CT_TRY(similarities.allocate(c.device, tile_rows * pitch(), c.function, error));
    if (centres() > 1) {
      CT_TRY(nearest.allocate(c.device, tile_rows * pitch(), c.function, error));
      CT_TRY(which.allocate(c.device, tile_rows * pitch(), c.function, error));
    }
    CT_TRY(part_s.allocate(c.device, CT_KINDS * grid, c.function, error));
    CT_TRY(part_kinds.allocate(c.device, grid, c.function, error));
    int arrays = 0;
    for (int kind = 0; kind < CT_KINDS; kind++) arrays += launches->keeps_terms[kind] ? 8 : 4;
    return part_reals.allocate(c.device, arrays * CT_TILE_MOST * parts_in_use(), c.function, error);
  }

  // Parts of a tile in either direction, at most.
  int64_t parts_in_use() const {
    const int64_t longer = tile_rows > tile_columns ? tile_rows : tile_columns;
    return ct_divide_up(longer, side);
  }

  template <class T> ct_status set(T *to, int64_t count, T value, ct_error *error) {
    if (count == 0) return CT_OK;
    ct_set_kernel<T><<<(unsigned)ct_divide_up(count, SET_THREADS), SET_THREADS, 0, stream()>>>(
        count, to, value);
    return ct_cuda_status(cudaGetLastError(), c.function, error);
  }

  ct_status start_sums(ct_error *error) {
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

  ct_status start_anchors(ct_error *error) {
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
    return find_targets(error);
  }

  ct_status find_targets(ct_error *error) {
    if (!c.options.rule->target) return CT_OK;
    CT_TRY(targets.allocate(c.device, 2 * c.queries.count(), c.function, error));
    ct_target *to = reinterpret_cast<ct_target *>(targets.get());
    anchors.targets = to;
    return ct_find_targets(to, &c.queries.rows, c.first.get(), &c.references.rows, error);
  }

  // ---- Tiles ----

  ct_loaded_rows loaded_queries() const {
    return {queries_operand.get(), queries_norm.get(), queries_half.get()};
  }
  ct_loaded_rows loaded_block() const {
    return {block_operand.get(), block_norm.get(), block_half.get()};
  }

  ct_status load_queries(ct_error *error) {
    const ct_loaded_rows to = loaded_queries();
    return ct_load_rows(&c.queries.rows, 0, c.queries.count(), &to, &c.results.get()->bad_row[0],
                        error);
  }

  ct_status load_block(int64_t from, int64_t vectors, ct_error *error) {
    const ct_loaded_rows to = loaded_block();
    return ct_load_rows(&c.references.rows, from, vectors, &to, &c.results.get()->bad_row[1],
                        error);
  }

  // Queries and columns as factors of similarities: which part of an operand (pair_rows.cuh).
  ct_status similarities_of(const meeting &m, ct_error *error) {
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

  // Whether the fused kernel serves this call, and how it sees the operands.
  ct_status prepare_fused(ct_error *error) {
    fused = false;
    if (wide || !launches->fused || centres() > 1 || adds_half() || !ct_has_fused(c.device))
      return CT_OK;
    const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
    fused_call.bfloat16 = x->form == CT_OPERAND_BFLOAT16;
    CT_TRY(ct_map_operand(&fused_call.a_map, queries_operand.get(), x->rows, ct_operand_pitch(x),
                          fused_call.bfloat16, c.function, error));
    CT_TRY(ct_map_operand(&fused_call.b_map, c.self ? queries_operand.get() : block_operand.get(),
                          c.self ? y->rows : block_vectors(), ct_operand_pitch(y),
                          fused_call.bfloat16, c.function, error));
    fused = true;
    return CT_OK;
  }

  // Similarities with statistics or weights in one kernel; returns whether parts are left over.
  ct_status run_fused(const meeting &m, const ct_tile<Real> &t, bool backward, bool *left,
                      ct_error *error) {
    const ct_gpu_rows *x = &c.queries.rows, *y = &c.columns();
    const bool split = x->form == CT_OPERAND_SPLIT;
    ct_fused_product *p = &fused_call.product;
    p->a_row = (int)m.row, p->b_row = c.self ? (int)m.column : 0;
    p->a_column = 0, p->b_column = split ? (int)ct_segment(y) : 0;
    p->steps = (int)ct_divide_up(split ? 3 * ct_segment(x) : x->dim, CT_FUSED_STEP);
    p->alpha = (float)ldexp(1, -(x->exponent + y->exponent));
    *left = m.diagonal || m.rows % CT_PART || m.columns % CT_PART || has_positives(m);
    return ct_cuda_status(launches->fused(fused_call, t, form, backward, stream()), c.function,
                          error);
  }

  // Statistics, or weights, of a tile.
  ct_status run_tile(const meeting &m, ct_tile<Real> *t, bool backward, ct_error *error) {
    bool left = true;
    // Products of split rows are long: in backward, where nothing else hides their time, cuBLAS's
    // kernel and one for the weights are the faster two (core/README.md).
    const bool here = fused && !(backward && c.queries.rows.form == CT_OPERAND_SPLIT);
    describe_tile(m, t);
    if (!here) CT_TRY(fill_tile(m, t, error));
    if (backward) take_factors(t);
    if (here) CT_TRY(run_fused(m, *t, backward, &left, error));
    t->fused = here;
    if (left && backward)
      launches->weights(*t, form, stream());
    else if (left)
      launches->sums(*t, stream());
    return ct_cuda_status(cudaGetLastError(), c.function, error);
  }

  void describe_tile(const meeting &m, ct_tile<Real> *t) {
    *t = ct_tile<Real>{};
    t->rows = (int)m.rows, t->columns = (int)m.columns;
    t->row = (int)m.row, t->column = (int)m.column;
    t->diagonal = m.diagonal;
    t->self = t->both = c.self;
    t->pitch = pitch();
    t->s = similarities.get();
    t->first = c.first.get(), t->last = c.last.get();
    t->variant = c.options.variant;
    memcpy(t->parameters, c.options.parameter, sizeof t->parameters);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      const double scale =
          c.options.rule->scale(kind == CT_POSITIVE, c.options.parameter) * 0x1.71547652b82fep+0;
      t->scale[kind] = (Real)scale;
      t->start[kind] = launches->start[kind];
      t->low_scale[kind] = (Real)(scale - (double)(Real)scale);
    }
    t->triplets = triplets;
    place_parts(t);
  }

  // The tile's similarities; of classes of several vectors, those of the nearest.
  ct_status fill_tile(const meeting &m, ct_tile<Real> *t, ct_error *error) {
    const Real *row_half = queries_half.get();
    const Real *column_half = c.self ? queries_half.get() : block_half.get();
    CT_TRY(similarities_of(m, error));
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

  void place_parts(ct_tile<Real> *t) {
    const int64_t each = parts_in_use() * CT_TILE_MOST;
    Real *at = part_reals.get();
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

  // Calls visit(meeting) for every tile, with its columns loaded; of references, before(from,
  // vectors) and after(from, vectors) around all tiles of a block.
  template <class Visit, class Before, class After>
  ct_status each_tile(Visit visit, Before before, After after, ct_error *error) {
    const int64_t rows = c.queries.count(), columns = c.column_units();
    const int64_t pitch_bytes = ct_operand_pitch(&c.queries.rows) * elements();
    const ct_loaded_rows all = loaded_queries(), block = loaded_block();
    for (int64_t column = 0; column < columns; column += tile_columns) {
      const int64_t here = smaller(columns - column, tile_columns), vectors = here * centres();
      if (!c.self) {
        CT_TRY(load_block(column * centres(), vectors, error));
        CT_TRY(before(column * centres(), vectors));
      }
      for (int64_t row = 0; row < rows && !(c.self && row > column); row += tile_rows) {
        meeting m = {};
        m.row = row, m.rows = smaller(rows - row, tile_rows);
        m.column = column, m.columns = here;
        m.diagonal = c.self && row == column;
        m.y = c.self ? &all : &block;
        m.y_operand = c.self ? queries_operand.get() + column * pitch_bytes : block_operand.get();
        m.vectors = vectors;
        if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", c.function);
        CT_TRY(visit(m));
      }
      if (!c.self) CT_TRY(after(column * centres(), vectors));
    }
    return CT_OK;
  }

  // ---- Forward ----

  ct_status add_statistics(ct_error *error) {
    auto nothing = [](int64_t, int64_t) { return CT_OK; };
    return each_tile(
        [&](const meeting &m) {
          ct_tile<Real> t;
          CT_TRY(run_tile(m, &t, false, error));
          launches->merge(t, anchors.sums, stream());
          if (launches->triplets)
            launches->triplets(t, anchors.sums.term[CT_NEGATIVE], anchors.sums.count[CT_NEGATIVE],
                               stream());
          return ct_cuda_status(cudaGetLastError(), c.function, error);
        },
        nothing, nothing, error);
  }

  bool has_positives(const meeting &m) {
    const ct_pair_side *s = &c.queries.order.side;
    return s->first[m.row] < m.column + m.columns && s->last[m.row + m.rows - 1] > m.column;
  }

  ct_status couple(ct_error *error) {
    const int64_t rows = c.queries.count();
    if (!launches->couple || rows == 0) return CT_OK;
    CT_TRY(own.allocate(c.device, 2 * rows, c.function, error));
    double *by_own = own.get() + rows;
    CT_TRY(set(by_own, rows, 0.0, error));
    ct_own_kernel<Real><<<(unsigned)ct_divide_up(rows, SET_THREADS), SET_THREADS, 0, stream()>>>(
        anchors, own.get());
    anchors.by_own = by_own;
    auto nothing = [](int64_t, int64_t) { return CT_OK; };
    return each_tile(
        [&](const meeting &m) {
          ct_tile<Real> t;
          if (!has_positives(m)) return CT_OK;
          describe_tile(m, &t);
          CT_TRY(fill_tile(m, &t, error));
          launches->couple(t, own.get(), anchors.sums.term[CT_POSITIVE],
                           anchors.sums.count[CT_POSITIVE], by_own, stream());
          return ct_cuda_status(cudaGetLastError(), c.function, error);
        },
        nothing, nothing, error);
  }

  // Room for every anchor's list of positives, and the lists.
  ct_status list_positives(ct_error *error) {
    const ct_pair_side *s = &c.queries.order.side;
    const int64_t rows = c.queries.count();
    if (!launches->list) return CT_OK;
    std::vector<int64_t> start((size_t)rows + 1);
    for (int64_t i = 0; i < rows; i++) start[i + 1] = start[i] + s->last[i] - s->first[i];
    CT_TRY(list_start.allocate(c.device, rows + 1, c.function, error));
    CT_TRY(ct_cuda()->upload(c.device, list_start.get(), start.data(),
                             (rows + 1) * (int64_t)sizeof(int64_t), error));
    CT_TRY(lists.allocate(c.device, 2 * start[rows], c.function, error));
    CT_TRY(set(lists.get(), start[rows], -(double)INFINITY, error));
    CT_TRY(set(lists.get() + start[rows], start[rows], 0.0, error));
    triplets = {list_start.get(), lists.get(), lists.get() + start[rows]};
    auto nothing = [](int64_t, int64_t) { return CT_OK; };
    return each_tile(
        [&](const meeting &m) {
          ct_tile<Real> t;
          if (!has_positives(m)) return CT_OK;
          describe_tile(m, &t);
          CT_TRY(fill_tile(m, &t, error));
          launches->list(t, stream());
          return ct_cuda_status(cudaGetLastError(), c.function, error);
        },
        nothing, nothing, error);
  }

  int term_blocks() const {
    const int64_t blocks = ct_divide_up(c.queries.count(), CT_ANCHOR_THREADS);
    return (int)smaller(blocks > 0 ? blocks : 1, TERM_BLOCKS);
  }

  ct_status read_results(ct_pass_results *out, ct_error *error) {
    CT_TRY(ct_cuda()->download(c.device, out, c.results.get(), sizeof *out, error));
    for (int k = 0; k < 2; k++)
      if (out->bad_row[k] != ~0ull) return ct_bad_row(&c, k, out->bad_row[k], error);
    double sum_s[CT_KINDS] = {out->sum_s[0], out->sum_s[1]};
    c.facts.mean_sp = sum_s[CT_POSITIVE] / (double)c.facts.n_positive;
    c.facts.mean_sn = sum_s[CT_NEGATIVE] / (double)c.facts.n_negative;
    return CT_OK;
  }

  ct_status batch_term(ct_error *error) {
    ct_pass_results seen;
    ct_pass_results *r = c.results.get();
    for (int kind = 0; kind < CT_KINDS && c.queries.count() > 0; kind++)
      ct_common_kernel<Real><<<1, CT_COMMON_THREADS, 0, stream()>>>(
          (int)c.queries.count(), anchors.sums.reference[kind], anchors.sums.sum[kind],
          &r->common_reference[kind], &r->common_sum[kind]);
    CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
    CT_TRY(read_results(&seen, error));
    ct_anchor a = {};
    a.pairs[CT_NEGATIVE] = c.facts.n_negative, a.pairs[CT_POSITIVE] = c.facts.n_positive;
    for (int kind = 0; kind < CT_KINDS; kind++) a.mass[kind] = (double)a.pairs[kind];
    batch = ct_anchor_loss{};
    if (c.options.rule->valid(a.pairs)) {
      // one set meets each unordered pair from both ends: half of each sum
      for (int kind = 0; kind < CT_KINDS; kind++)
        a.sum[kind] =
            ct_log_sum_exp(c.options.rule, c.options.parameter, kind, seen.common_reference[kind],
                           seen.common_sum[kind] / (c.self ? 2 : 1));
      batch = c.options.rule->combine(&a, c.options.parameter);
      for (int kind = 0; kind < CT_KINDS; kind++) {
        anchors.common_reference[kind] = seen.common_reference[kind];
        anchors.common_weight[kind] =
            seen.common_sum[kind] > 0 ? batch.by_sum[kind] / seen.common_sum[kind] : 0;
      }
    } else {
      for (int kind = 0; kind < CT_KINDS; kind++)
        anchors.common_reference[kind] = anchors.common_weight[kind] = 0;
    }
    c.facts.loss = batch.loss;
    c.facts.n_nonzero = batch.loss != 0;
    return CT_OK;
  }

  ct_status anchor_terms(ct_tensor *losses, ct_error *error) {
    const int blocks = term_blocks();
    const ct_reduction reduction = c.options.reduction;
    ct_device_block<double> each;
    CT_TRY(parts.allocate(c.device, blocks * CT_ANCHOR_PARTS, c.function, error));
    if (reduction == CT_NONE) CT_TRY(each.allocate(c.device, c.queries.count(), c.function, error));
    anchors.parts = parts.get();
    anchors.loss = each.get();
    launches->terms(anchors, blocks, stream());
    anchors.loss = nullptr;
    CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
    if (reduction == CT_NONE) CT_TRY(scatter(losses, each.get(), error));
    std::vector<double> v((size_t)(blocks * CT_ANCHOR_PARTS));
    ct_pass_results seen;
    CT_TRY(ct_cuda()->download(c.device, v.data(), parts.get(),
                               (int64_t)(v.size() * sizeof(double)), error));
    CT_TRY(read_results(&seen, error));
    double total[CT_ANCHOR_PARTS] = {0};
    for (size_t i = 0; i < v.size(); i++) total[i % CT_ANCHOR_PARTS] += v[i];
    c.facts.loss = 0;
    c.facts.n_nonzero = (int64_t)total[CT_PART_COUNT];
    for (int kind = 0; kind < CT_KINDS; kind++) {
      const int part = c.options.rule->unit == CT_OF_PAIRS ? kind : 0;
      share[kind] = ct_reduction_weight(reduction, total[CT_PART_ANCHORS],
                                        total[CT_PART_TERMS + part], total[CT_PART_NONZERO + part]);
      c.facts.loss += total[CT_PART_LOSS + kind] * share[kind];
    }
    return CT_OK;
  }

  ct_status scatter(ct_tensor *losses, const double *each, ct_error *error) {
    const int rows = (int)c.queries.count();
    const int64_t given = c.queries.given;
    if (!losses->storage)
      CT_TRY(ct_tensor_new_on(losses, losses->dtype, c.device, 1, &given, error));
    CT_TRY(ct_tensor_resize(losses, 1, &given, error));
    CT_TRY(ct_fill(losses, ct_scalar_of(0), error));
    if (rows == 0) return CT_OK;
    return ct_with_type(losses->dtype, [&]<class T>() {
      ct_scatter_kernel<T><<<(unsigned)ct_divide_up(rows, SET_THREADS), SET_THREADS, 0, stream()>>>(
          rows, each, c.queries.origin.get(), (T *)ct_tensor_data(losses), losses->stride[0]);
      return ct_cuda_status(cudaGetLastError(), c.function, error);
    });
  }

  // ---- Backward ----

  ct_status make_factors(double scale, ct_error *error) {
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

  void take_factors(ct_tile<Real> *t) {
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
  ct_status spread(const meeting &m, ct_tile<Real> *t, ct_error *error) {
    if (centres() == 1) return CT_OK;
    const int64_t size = wide ? 8 : 2, matrix = size * tile_rows * pitch();
    char *high = wide ? (char *)similarities.get() : weights.get() + 2 * matrix;
    char *low = high + matrix;
    CT_TRY(ct_spread_weights(c.device, t->rows, m.columns, centres(), pitch(), size, t->weight,
                             which.get(), high, error));
    if (form == CT_WEIGHT_SPLIT_HALF)
      CT_TRY(ct_spread_weights(c.device, t->rows, m.columns, centres(), pitch(), size,
                               t->weight_low, which.get(), low, error));
    t->weight = high, t->weight_low = low;
    return CT_OK;
  }

  ct_status allocate_weights(ct_error *error) {
    const int64_t matrices =
        (form == CT_WEIGHT_SPLIT_HALF || centres() > 1 ? 2 : 1) * (centres() > 1 ? 2 : 1);
    if (wide) return CT_OK;
    return weights.allocate(c.device, 2 * matrices * tile_rows * pitch(), c.function, error);
  }

  // gradient [rows, ct_gradient_pitch] += op(weights) * operand: of the split form high * [high,
  // low] and low * high.
  ct_status add_products(const ct_tile<Real> &t, const meeting &m, bool transposed,
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

  ct_status unload(const ct_gpu_side *s, int64_t from, int64_t count, const ct_loaded_rows &loaded,
                   const Real *gradient, const ct_gpu_rows *partner, ct_tensor *to, double *to_lift,
                   unsigned long long *bad, ct_error *error) {
    ct_gradient_out out = {};
    out.to = to ? ct_tensor_data(to) : nullptr;
    out.to_lift = to_lift;
    out.scale = ldexp(1, -partner->exponent);
    out.inverse_range = wide ? nullptr : to_range.get() + 1;
    out.bad = bad;
    return ct_unload_rows(&s->rows, from, count, &loaded, gradient, &out, error);
  }

public:
  ct_status forward(ct_tensor *losses, ct_error *error) override {
    launches = ct_pair_launches_of<Real>(c.options.rule);
    const ct_weight_form as[] = {CT_WEIGHT_SPLIT_HALF, CT_WEIGHT_HALF, CT_WEIGHT_BFLOAT16};
    form = wide ? CT_WEIGHT_REAL : as[c.options.precision];
    ct_choose_operands(&c, range, wide);
    choose_tiles();
    CT_TRY(start_anchors(error));
    if (c.queries.count() > 0) {
      CT_TRY(allocate_rows(error));
      CT_TRY(allocate_tiles(error));
      CT_TRY(load_queries(error));
      CT_TRY(prepare_fused(error));
      CT_TRY(list_positives(error));
      CT_TRY(add_statistics(error));
      CT_TRY(couple(error));
    }
    CT_TRY(anchors.batch ? batch_term(error) : anchor_terms(losses, error));
    return ct_check_loss(c.function, &c.options, c.facts.loss, error);
  }

  ct_status backward(double scale, ct_tensor *grad_queries, ct_tensor *grad_references,
                     ct_tensor *grad_bias, ct_error *error) override {
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
      return to_columns
                 ? ct_cuda()->zero(c.device, block_gradient.get(), (int64_t)block_bytes, error)
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
    for (int k = 0; k < 2; k++) CT_TRY(to[k].finish(error));
    CT_TRY(ct_cuda()->download(c.device, &first_bad, bad.get(), sizeof first_bad, error));
    return first_bad == ~0ull ? CT_OK : ct_bad_gradient_row(&c, first_bad, error);
  }

private:
  ct_status put_bias_gradient(ct_tensor *to, const double *lift, ct_error *error) {
    const int64_t classes = c.references.units();
    const double scale = c.options.rule->scale(false, c.options.parameter);
    ct_held_tensor here;
    here.t.dtype = CT_CUDA_DOUBLE;
    CT_TRY(ct_tensor_new_on(&here.t, CT_CUDA_DOUBLE, c.device, 1, &classes, error));
    ct_bias_kernel<<<(unsigned)ct_divide_up(classes, SET_THREADS), SET_THREADS, 0, stream()>>>(
        classes, lift, scale, (double *)ct_tensor_data(&here.t));
    CT_TRY(ct_cuda_status(cudaGetLastError(), c.function, error));
    if (!to->storage) CT_TRY(ct_tensor_new_on(to, to->dtype, c.device, 1, &classes, error));
    CT_TRY(ct_tensor_resize(to, 1, &classes, error));
    return ct_copy(to, &here.t, error);
  }
};

// What a context of core/loss/pair.c holds for a GPU.
struct gpu_context {
  std::unique_ptr<any_pass> pass;
};

// A pass of the type that the call's range asks for, with the call moved into it.
ct_status new_pass(std::unique_ptr<any_pass> *out, const char *function,
                   const ct_loss_rows *queries, const ct_loss_rows *references,
                   const ct_loss_options *options, bool wide, ct_error *error) {
  std::unique_ptr<any_pass> pass;
  if (wide)
    pass.reset(new typed_pass<double>());
  else
    pass.reset(new typed_pass<float>());
  ct_gpu_call *c = &pass->c;
  c->function = function;
  c->options = *options;
  c->self = !references;
  ct_on_device on(queries->x->storage ? queries->x->storage->device : ct_cuda()->current());
  CT_TRY(ct_begin_call(c, queries, references, error));
  CT_TRY(ct_find_range(c, &pass->range, error));
  *out = std::move(pass);
  return CT_OK;
}

ct_status pair_forward(void **context, const char *function, const ct_loss_rows *queries,
                       const ct_loss_rows *references, const ct_loss_options *options,
                       ct_tensor *losses, ct_loss_facts *facts, ct_error *error) try {
  CT_TRY(ct_cuda_require(error));
  if (!*context) *context = new gpu_context();
  gpu_context *g = (gpu_context *)*context;
  g->pass.reset();
  std::unique_ptr<any_pass> pass;
  CT_TRY(new_pass(&pass, function, queries, references, options, false, error));
  if (pass->range.wide)
    CT_TRY(new_pass(&pass, function, queries, references, options, true, error));
  ct_on_device on(pass->c.device);
  CT_TRY(pass->forward(losses, error));
  pass->c.options.weights = nullptr;
  *facts = pass->c.facts;
  g->pass = std::move(pass);
  return CT_OK;
} catch (const std::bad_alloc &) {
  return ct_fail(error, CT_ENOMEM, "%s: not enough memory", function);
}

ct_status pair_backward(void *context, const char *function, double scale, ct_tensor *grad_queries,
                        ct_tensor *grad_references, ct_tensor *grad_bias, ct_error *error) try {
  gpu_context *g = (gpu_context *)context;
  if (!g || !g->pass)
    return ct_fail(error, CT_EINVALID, "%s: backward needs a forward pass first", function);
  any_pass *pass = g->pass.get();
  pass->c.function = function;
  ct_on_device on(pass->c.device);
  return pass->backward(scale, grad_queries, grad_references, grad_bias, error);
} catch (const std::bad_alloc &) {
  return ct_fail(error, CT_ENOMEM, "%s: not enough memory", function);
}

void pair_free(void *context) { delete (gpu_context *)context; }

} // namespace

void ct_cuda_fill_pair(ct_cuda_table *table) {
  table->pair_forward = pair_forward;
  table->pair_backward = pair_backward;
  table->pair_free = pair_free;
}
