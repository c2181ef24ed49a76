// A call on its way through the passes over all tiles, for one compute type: what it holds, and the
// tiles that every pass walks. What a pass makes of them: pair_forward.cuh, pair_backward.cuh.
//
// Forward waits once, for the loss, which callers get as a number; backward waits once, to tell
// whether every gradient is finite. In between the host is at most 2 * CT_TILES_AHEAD tiles before
// the GPU, so that Ctrl-C is heard. Of one set, tiles right of the diagonal serve both ends: a tile
// of weights is multiplied with its columns' rows and, transposed, with its rows'. References are
// loaded a block of columns at a time, which all rows meet, and their gradient is finished with it.
#ifndef CIRCLET_CUDA_PAIR_PASS_CUH
#define CIRCLET_CUDA_PAIR_PASS_CUH

#include "cuda/device.cuh"
#include "cuda/pair_call.cuh"
#include "cuda/pair_ends.cuh"
#include "cuda/pair_kernels.cuh"
#include "cuda/pair_upload.cuh"
extern "C" {
#include "base/interrupt.h"
}

enum { CT_TERM_BLOCKS = 132, CT_SET_THREADS = 256 };

class ct_any_pass {
public:
  ct_gpu_call c;
  ct_gpu_range range = {};
  ct_pair_diagnosis noted = {}; // of options.diagnostics
  virtual ~ct_any_pass() { ct_diagnosis_free(&noted); }
  virtual ct_status forward(ct_tensor *losses, ct_error *error) = 0;
  virtual ct_status backward(double scale, ct_tensor *grad_queries, ct_tensor *grad_references,
                             ct_tensor *grad_bias, ct_error *error) = 0;
};

enum { CT_TILES_AHEAD = 16 };

// Keeps the host from running far ahead of a stream: `step` is called before every tile.
class ct_pace {
public:
  ct_pace() = default;
  ~ct_pace() {
    for (cudaEvent_t e : mark_)
      if (e) cudaEventDestroy(e);
  }
  ct_pace(const ct_pace &) = delete;
  ct_pace &operator=(const ct_pace &) = delete;
  cudaError_t step(cudaStream_t stream) {
    const int64_t round = tiles_ / CT_TILES_AHEAD;
    cudaEvent_t &now = mark_[round % 2], &before = mark_[1 - round % 2];
    if (tiles_++ % CT_TILES_AHEAD || round == 0) return cudaSuccess;
    if (!now) {
      const cudaError_t made = cudaEventCreateWithFlags(&now, cudaEventDisableTiming);
      if (made != cudaSuccess) return made;
    }
    const cudaError_t recorded = cudaEventRecord(now, stream);
    return recorded == cudaSuccess && before ? cudaEventSynchronize(before) : recorded;
  }

private:
  int64_t tiles_ = 0;
  cudaEvent_t mark_[2] = {nullptr, nullptr};
};

static inline int64_t ct_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <class Real> class ct_pass : public ct_any_pass {
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
  ct_device_block<int64_t> list_start, list_column;
  ct_device_block<double> lists;
  ct_uploaded_refinement<Real> refinement;
  ct_uploaded_diagnosis diagnosis;
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

  void choose_tiles(bool backward);

  int64_t pitch() const { return ct_divide_up(tile_columns * centres(), side) * side; }

  // How columns are loaded: at most so many classes at a time.
  int64_t block_vectors() const { return tile_columns * centres(); }

  bool adds_half() const {
    return c.options.similarity == CT_EUCLIDEAN || (!c.self && c.references.rows.lift);
  }

  ct_status allocate_rows(ct_error *error);

  ct_status allocate_tiles(ct_error *error);

  // Parts of a tile in either direction, at most.
  int64_t parts_in_use() const {
    const int64_t longer = tile_rows > tile_columns ? tile_rows : tile_columns;
    return ct_divide_up(longer, side);
  }

  // Rows, or columns, that statistics of parts have room for.
  int64_t part_pitch() const { return parts_in_use() * side; }

  template <class T> ct_status set(T *to, int64_t count, T value, ct_error *error) {
    if (count == 0) return CT_OK;
    ct_set_kernel<T>
        <<<(unsigned)ct_divide_up(count, CT_SET_THREADS), CT_SET_THREADS, 0, stream()>>>(count, to,
                                                                                         value);
    return ct_cuda_status(cudaGetLastError(), c.function, error);
  }

  ct_status start_sums(ct_error *error);

  ct_status start_anchors(ct_error *error);

  ct_status find_targets(ct_error *error);

  // ---- Tiles ----

  ct_loaded_rows loaded_queries() const {
    return {queries_operand.get(), queries_norm.get(), queries_half.get()};
  }
  ct_loaded_rows loaded_block() const {
    return {block_operand.get(), block_norm.get(), block_half.get()};
  }

  ct_status load_queries(ct_error *error);

  ct_status load_block(int64_t from, int64_t vectors, ct_error *error);

  ct_status similarities_of(const meeting &m, ct_error *error);

  bool has_fused() const;

  ct_status map_operands(ct_error *error);

  ct_status run_fused(const meeting &m, const ct_tile<Real> &t, bool backward, ct_error *error);

  ct_status run_tile(const meeting &m, ct_tile<Real> *t, bool backward, ct_error *error);

  void describe_tile(const meeting &m, ct_tile<Real> *t);

  bool needs_mirror(const meeting &m) const;

  ct_status fill_tile(const meeting &m, ct_tile<Real> *t, ct_error *error);

  void place_parts(ct_tile<Real> *t);

  // Calls visit(meeting) for every tile, with its columns loaded; of references, before(from,
  // vectors) and after(from, vectors) around all tiles of a block.
  template <class Visit, class Before, class After>
  ct_status each_tile(Visit visit, Before before, After after, ct_error *error) {
    const int64_t rows = c.queries.count(), columns = c.column_units();
    const int64_t pitch_bytes = ct_operand_pitch(&c.queries.rows) * elements();
    const ct_loaded_rows all = loaded_queries(), block = loaded_block();
    ct_pace pace;
    for (int64_t column = 0; column < columns; column += tile_columns) {
      const int64_t here = ct_smaller(columns - column, tile_columns), vectors = here * centres();
      if (!c.self) {
        CT_TRY(load_block(column * centres(), vectors, error));
        CT_TRY(before(column * centres(), vectors));
      }
      for (int64_t row = 0; row < rows && !(c.self && row > column); row += tile_rows) {
        meeting m = {};
        m.row = row, m.rows = ct_smaller(rows - row, tile_rows);
        m.column = column, m.columns = here;
        m.diagonal = c.self && row == column;
        m.y = c.self ? &all : &block;
        m.y_operand = c.self ? queries_operand.get() + column * pitch_bytes : block_operand.get();
        m.vectors = vectors;
        CT_CUDA_TRY(pace.step(stream()), c.function, error);
        if (ct_interrupted()) return ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", c.function);
        CT_TRY(visit(m));
      }
      if (!c.self) CT_TRY(after(column * centres(), vectors));
    }
    return CT_OK;
  }

  // The same, for a pass that needs no more.
  template <class Visit> ct_status each_tile(Visit visit, ct_error *error) {
    auto nothing = [](int64_t, int64_t) { return CT_OK; };
    return each_tile(visit, nothing, nothing, error);
  }

  // Calls launch(tile) for every tile that holds positives, filled.
  template <class Launch> ct_status each_positive_tile(Launch launch, ct_error *error) {
    return each_tile(
        [&](const meeting &m) {
          ct_tile<Real> t;
          if (!has_positives(m)) return CT_OK;
          describe_tile(m, &t);
          CT_TRY(fill_tile(m, &t, error));
          launch(t);
          return ct_cuda_status(cudaGetLastError(), c.function, error);
        },
        error);
  }

  // ---- Forward ----

  ct_status choose_negatives(ct_error *error);

  ct_status count_shares(ct_error *error);

  ct_status add_statistics(ct_error *error);

  bool has_positives(const meeting &m);

  ct_status couple(ct_error *error);

  ct_status list_positives(ct_error *error);

  int term_blocks() const {
    const int64_t blocks = ct_divide_up(c.queries.count(), CT_ANCHOR_THREADS);
    return (int)ct_smaller(blocks > 0 ? blocks : 1, CT_TERM_BLOCKS);
  }

  ct_status read_results(ct_pass_results *out, ct_error *error);

  ct_status batch_term(ct_error *error);

  ct_status anchor_terms(ct_tensor *losses, ct_error *error);

  ct_status scatter(ct_tensor *losses, const double *each, ct_error *error);

  // ---- Backward ----

  ct_status make_factors(double scale, ct_error *error);

  void take_factors(ct_tile<Real> *t);

  ct_status spread(const meeting &m, ct_tile<Real> *t, ct_error *error);

  ct_status allocate_weights(ct_error *error);

  ct_status add_products(const ct_tile<Real> &t, const meeting &m, bool transposed,
                         const ct_gpu_rows *rows, const char *operand, Real *gradient,
                         ct_error *error);

  ct_status unload(const ct_gpu_side *s, int64_t from, int64_t count, const ct_loaded_rows &loaded,
                   const Real *gradient, const ct_gpu_rows *partner, ct_tensor *to, double *to_lift,
                   unsigned long long *bad, ct_error *error);

public:
  ct_status forward(ct_tensor *losses, ct_error *error) override;

  ct_status backward(double scale, ct_tensor *grad_queries, ct_tensor *grad_references,
                     ct_tensor *grad_bias, ct_error *error) override;

private:
  ct_status put_bias_gradient(ct_tensor *to, const double *lift, ct_error *error);
};

#endif
