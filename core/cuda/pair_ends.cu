// Kernels of pair_ends.cuh.
#include <vector>
#include "cuda/pair_ends.cuh"
#include "cuda/pair_shares.cuh"
#include "cuda/types.cuh"

namespace {

enum { WARPS = 4, MIRROR = 32, MIRROR_ROWS = 8, SQUARE_BLOCKS = 132, SQUARE_THREADS = 256 };

// A warp for each anchor: its lanes look through the negatives, and the first of them puts those
// that may count into the heap, one after the other.
template <class Real>
__global__ void __launch_bounds__(32 * WARPS)
    offer_kernel(ct_tile<Real> t, bool columns, ct_gpu_heaps to) {
  const int lane = threadIdx.x % 32, i = blockIdx.x * WARPS + threadIdx.x / 32;
  const int others = columns ? t.rows : t.columns, base = columns ? t.row : t.column;
  if (i >= (columns ? t.columns : t.rows)) return;
  const int anchor = (columns ? t.column : t.row) + i;
  double *heap_s = to.s + anchor * to.most;
  int64_t *heap_order = to.order + anchor * to.most, count = to.count[anchor];
  double top = count > 0 ? heap_s[0] : 0;
  int64_t top_order = count > 0 ? heap_order[0] : 0;
  for (int from = 0; from < others; from += 32) {
    const int j = from + lane;
    double s = 0;
    int64_t order = 0;
    bool offers = false;
    if (j < others) {
      const Real here = columns ? ct_element_of(t, j, i) : ct_element_of(t, i, j);
      s = (double)here;
      order = t.refined.order ? t.refined.order[base + j] : base + j;
      offers = ct_share_of(t, anchor, base + j, here) < 0 &&
               (count < to.most || !ct_comes_after(s, order, top, top_order));
    }
    unsigned left = __ballot_sync(~0u, offers);
    if (left == 0) continue;
    for (; left; left &= left - 1) {
      const int from_lane = __ffs((int)left) - 1;
      const double next = __shfl_sync(~0u, s, from_lane);
      const int64_t next_order = __shfl_sync(~0u, order, from_lane);
      if (lane == 0) ct_offer(heap_s, heap_order, &count, to.most, next, next_order);
    }
    count = __shfl_sync(~0u, count, 0);
    top = __shfl_sync(~0u, lane == 0 ? heap_s[0] : 0.0, 0);
    top_order = __shfl_sync(~0u, lane == 0 ? heap_order[0] : (int64_t)0, 0);
  }
  if (lane == 0) to.count[anchor] = count;
}

__global__ void close_kernel(ct_gpu_heaps heaps, int64_t rows, double *last_s,
                             int64_t *last_order) {
  const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= rows) return;
  const bool all = heaps.count[i] < heaps.most;
  last_s[i] = all ? -INFINITY : heaps.s[i * heaps.most];
  last_order[i] = all ? INT64_MAX : heaps.order[i * heaps.most];
}

// What the pairs of one anchor come to.
struct noted_pairs {
  double alpha[CT_KINDS], hardest[CT_KINDS];
};

// Counts have no order: bins are added to by atomics.
template <class Real>
__global__ void __launch_bounds__(CT_END_GROUPS *CT_END_LANES)
    note_pairs_kernel(ct_tile<Real> t, bool columns, ct_gpu_diagnosis to) {
  __shared__ noted_pairs room[CT_END_GROUPS][CT_END_LANES];
  __shared__ unsigned bins[CT_ALL_BINS];
  const ct_one_end e = ct_end_here(t, columns);
  const int thread = threadIdx.y * CT_END_LANES + threadIdx.x;
  for (int b = thread; b < CT_ALL_BINS; b += CT_END_GROUPS * CT_END_LANES) bins[b] = 0;
  __syncthreads();
  noted_pairs mine = {{0, 0}, {-INFINITY, INFINITY}};
  const double m = e.there && t.refined.own
                       ? ct_own_parameters(t.refined.own, nullptr, e.anchor)[CT_CIRCLE_M]
                       : to.m;
  for (int j = e.from; e.there && j < e.others; j += e.step) {
    const Real here = ct_element_at(t, e, j);
    const double s = (double)here, share = ct_share_of(t, e.anchor, e.base + j, here);
    const bool positive = share > 0;
    if (share == 0) continue;
    mine.alpha[positive] += ct_alpha_of(positive, s, m);
    mine.hardest[positive] =
        positive ? fmin(mine.hardest[positive], s) : fmax(mine.hardest[positive], s);
    atomicAdd(&bins[positive * CT_DIAGNOSIS_BINS + ct_bin_of(s)], 1u);
  }
  const bool first = ct_join_end(e, room, &mine, [](noted_pairs &a, const noted_pairs &b) {
    for (int kind = 0; kind < CT_KINDS; kind++) a.alpha[kind] += b.alpha[kind];
    a.hardest[CT_POSITIVE] = fmin(a.hardest[CT_POSITIVE], b.hardest[CT_POSITIVE]);
    a.hardest[CT_NEGATIVE] = fmax(a.hardest[CT_NEGATIVE], b.hardest[CT_NEGATIVE]);
  });
  for (int kind = 0; first && kind < CT_KINDS; kind++) {
    double *hardest = &to.hardest[kind][e.anchor];
    to.alpha[kind][e.anchor] += mine.alpha[kind];
    *hardest = kind == CT_POSITIVE ? fmin(*hardest, mine.hardest[kind])
                                   : fmax(*hardest, mine.hardest[kind]);
  }
  for (int b = thread; b < CT_ALL_BINS; b += CT_END_GROUPS * CT_END_LANES)
    if (bins[b]) atomicAdd(&to.bins[b], (unsigned long long)bins[b]);
}

// Blocks of 32 x 32 by way of shared memory, so that reading and writing go along rows.
template <class Real> __global__ void mirror_kernel(Real *s, int rows, int64_t pitch) {
  __shared__ Real room[MIRROR][MIRROR + 1];
  const int r0 = blockIdx.x * MIRROR, c0 = blockIdx.y * MIRROR;
  if (c0 < r0) return;
  for (int k = threadIdx.y; k < MIRROR; k += MIRROR_ROWS) {
    const int row = r0 + k, column = c0 + threadIdx.x;
    if (row < rows && column < rows) room[k][threadIdx.x] = s[row * pitch + column];
  }
  __syncthreads();
  for (int k = threadIdx.y; k < MIRROR; k += MIRROR_ROWS) {
    const int row = c0 + k, column = r0 + threadIdx.x;
    if (row < rows && column < row) s[row * pitch + column] = room[threadIdx.x][k];
  }
}

template <class T> __global__ void squares_kernel(int64_t count, const T *x, double *parts) {
  __shared__ double room[SQUARE_THREADS];
  double sum = 0;
  for (int64_t i = (int64_t)blockIdx.x * SQUARE_THREADS + threadIdx.x; i < count;
       i += (int64_t)SQUARE_BLOCKS * SQUARE_THREADS) {
    const double v = (double)ct_convert<typename ct_wide<T>::type, T>(x[i]);
    sum += v * v;
  }
  room[threadIdx.x] = sum;
  __syncthreads();
  for (int step = SQUARE_THREADS / 2; step > 0; step /= 2) {
    if ((int)threadIdx.x < step) room[threadIdx.x] += room[threadIdx.x + step];
    __syncthreads();
  }
  if (threadIdx.x == 0) parts[blockIdx.x] = room[0];
}

} // namespace

template <class Real>
ct_status ct_offer_negatives(const ct_tile<Real> &t, const ct_gpu_heaps &heaps, cudaStream_t stream,
                             ct_error *error) {
  ct_each_end(t, [&](bool columns) {
    const unsigned blocks = (unsigned)ct_divide_up(columns ? t.columns : t.rows, WARPS);
    offer_kernel<Real><<<blocks, 32 * WARPS, 0, stream>>>(t, columns, heaps);
  });
  return ct_cuda_status(cudaGetLastError(), "hardest negatives", error);
}

ct_status ct_close_heaps(const ct_gpu_heaps &heaps, int64_t rows, double *last_s,
                         int64_t *last_order, cudaStream_t stream, ct_error *error) {
  close_kernel<<<(unsigned)ct_divide_up(rows, 256), 256, 0, stream>>>(heaps, rows, last_s,
                                                                      last_order);
  return ct_cuda_status(cudaGetLastError(), "hardest negatives", error);
}

template <class Real>
ct_status ct_note_pairs(const ct_tile<Real> &t, const ct_gpu_diagnosis &to, cudaStream_t stream,
                        ct_error *error) {
  ct_each_end(t, [&](bool columns) {
    note_pairs_kernel<Real>
        <<<ct_end_blocks(t, columns), dim3(CT_END_LANES, CT_END_GROUPS), 0, stream>>>(t, columns,
                                                                                      to);
  });
  return ct_cuda_status(cudaGetLastError(), "diagnostics", error);
}

template <class Real>
ct_status ct_mirror_tile(Real *s, int rows, int64_t pitch, cudaStream_t stream, ct_error *error) {
  const unsigned blocks = (unsigned)ct_divide_up(rows, MIRROR);
  mirror_kernel<Real>
      <<<dim3(blocks, blocks), dim3(MIRROR, MIRROR_ROWS), 0, stream>>>(s, rows, pitch);
  return ct_cuda_status(cudaGetLastError(), "similarities", error);
}

ct_status ct_add_squares(const ct_tensor *t, double *sum, ct_error *error) {
  const int64_t count = ct_tensor_count(t);
  if (count == 0) return CT_OK;
  const int device = t->storage->device;
  ct_device_block<double> parts;
  CT_TRY(parts.allocate(device, SQUARE_BLOCKS, "diagnostics", error));
  CT_TRY(ct_with_type(t->dtype, [&]<class T>() {
    squares_kernel<T><<<SQUARE_BLOCKS, SQUARE_THREADS, 0, ct_cuda_stream(device)>>>(
        count, (const T *)ct_tensor_data(t), parts.get());
    return ct_cuda_status(cudaGetLastError(), "diagnostics", error);
  }));
  std::vector<double> seen(SQUARE_BLOCKS);
  CT_TRY(
      ct_cuda()->download(device, seen.data(), parts.get(), SQUARE_BLOCKS * sizeof(double), error));
  for (double part : seen) *sum += part;
  return CT_OK;
}

#define TYPES(Real)                                                                                \
  template ct_status ct_offer_negatives<Real>(const ct_tile<Real> &, const ct_gpu_heaps &,         \
                                              cudaStream_t, ct_error *);                           \
  template ct_status ct_note_pairs<Real>(const ct_tile<Real> &, const ct_gpu_diagnosis &,          \
                                         cudaStream_t, ct_error *);                                \
  template ct_status ct_mirror_tile<Real>(Real *, int, int64_t, cudaStream_t, ct_error *);
TYPES(float)
TYPES(double)
