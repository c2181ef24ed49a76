// Sorting of slices on the GPU, and what follows from it: the k-th element, the most frequent one.
//
// Elements become 64-bit keys in the same order (as in cpu/order.c: NaN above all numbers, -0 equal
// to 0), complemented where the order descends. Blocks of BLOCK items are sorted in shared memory;
// sorted runs are then merged in pairs, each item finding its place in the other run by bisection.
// The order is by key and position, a total one: results are unique and equal elements keep their
// order.
#include "cuda/order.cuh"
#include "cuda/device.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

enum { THREADS = 256, BLOCK = 2 * THREADS };

__host__ __device__ __forceinline__ bool before(ct_item a, ct_item b) {
  return a.key < b.key || (a.key == b.key && a.at < b.at);
}

// Sorts each stretch of BLOCK items of a slice, bitonically; what lacks at a slice's end is greater
// than all.
__global__ void sort_blocks_kernel(ct_item *items, int64_t slices, int64_t length) {
  __shared__ ct_item held[BLOCK];
  const int64_t stretches = (length + BLOCK - 1) / BLOCK;
  for (int64_t b = blockIdx.x; b < slices * stretches; b += gridDim.x) {
    ct_item *from = items + b / stretches * length + b % stretches * BLOCK;
    const int64_t left = length - b % stretches * BLOCK;
    for (int i = (int)threadIdx.x; i < BLOCK; i += THREADS) {
      if (i < left)
        held[i] = from[i];
      else
        held[i].key = UINT64_MAX, held[i].at = INT64_MAX;
    }
    for (int run = 2; run <= BLOCK; run *= 2)
      for (int reach = run / 2; reach > 0; reach /= 2) {
        __syncthreads();
        const int t = (int)threadIdx.x, low = t / reach * 2 * reach + t % reach, high = low + reach;
        const bool rising = (low & run) == 0;
        ct_item a = held[low], c = held[high];
        if (before(c, a) == rising) held[low] = c, held[high] = a;
      }
    __syncthreads();
    for (int i = (int)threadIdx.x; i < BLOCK && i < left; i += THREADS) from[i] = held[i];
    __syncthreads();
  }
}

// Merges runs of `width` items in pairs: an item's place is its own number within its run and that
// of the other run's items before it.
struct merging {
  const ct_item *from;
  ct_item *to;
  int64_t length, width;
  __device__ void operator()(int64_t i) const {
    const int64_t slice = i / length * length, at = i - slice;
    const int64_t pair = at / (2 * width) * (2 * width), own = at / width * width;
    int64_t low = own == pair ? pair + width : pair, high = low + width;
    if (low > length) low = length;
    if (high > length) high = length;
    const int64_t first = low;
    const ct_item item = from[i];
    while (low < high) {
      int64_t middle = (low + high) / 2;
      if (before(from[slice + middle], item))
        low = middle + 1;
      else
        high = middle;
    }
    to[slice + pair + (at - own) + (low - first)] = item;
  }
};

__device__ __forceinline__ uint64_t key_of(double v) {
  if (v != v) return UINT64_MAX;
  const uint64_t bits = (uint64_t)__double_as_longlong(v + 0.0); // -0 becomes 0
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}
__device__ __forceinline__ uint64_t key_of(int64_t v) { return (uint64_t)v ^ (uint64_t)1 << 63; }

template <class T> struct loading {
  ct_item *to;
  const T *from;
  ct_walk<3> slices; // values, indices, first elements of slices
  int64_t length, stride;
  uint64_t flip;
  __device__ void operator()(int64_t i) const {
    int64_t offset[3];
    const int64_t slice = i / length, at = i % length;
    ct_walk_to<3>(slices, (uint32_t)slice, offset);
    typedef typename ct_summed<T>::type wide;
    to[i].key = key_of(ct_convert<wide, T>(from[offset[2] + at * stride])) ^ flip;
    to[i].at = at;
  }
};

// The first place of the longest run of equal keys.
__device__ int64_t most_frequent(const ct_item *sorted, int64_t length) {
  int64_t best = 0, longest = 0, start = 0;
  for (int64_t i = 1; i <= length; i++) {
    if (i < length && sorted[i].key == sorted[start].key) continue;
    if (i - start > longest) best = start, longest = i - start;
    start = i;
  }
  return best;
}

template <class W> struct storing {
  const ct_item *sorted;
  W *values;
  int64_t *indices;
  const W *from;
  ct_walk<3> slices;
  int64_t length, stride, value_stride, index_stride;
  int64_t kept, first; // first < 0: the most frequent element
  __device__ void operator()(int64_t i) const {
    int64_t offset[3];
    const int64_t slice = i / kept, j = i % kept;
    const ct_item *items = sorted + slice * length;
    ct_walk_to<3>(slices, (uint32_t)slice, offset);
    const int64_t at = items[first < 0 ? most_frequent(items, length) : first + j].at;
    values[offset[0] + j * value_stride] = from[offset[2] + at * stride];
    indices[offset[1] + j * index_stride] = at + 1;
  }
};

template <class W>
ct_status store(int device, const ct_cuda_order *order, const ct_walk<3> &w, const ct_item *sorted,
                void *values, int64_t *indices, const void *from, ct_error *error) {
  storing<W> body = {sorted,
                     (W *)values,
                     indices,
                     (const W *)from,
                     w,
                     order->length,
                     order->stride,
                     order->value_stride,
                     order->index_stride,
                     order->kept,
                     order->first};
  return ct_for_range(device, w.count * order->kept, body, order->name, error);
}

ct_status run(int device, const ct_cuda_order *order, const ct_walk<3> &w, const ct_tensor *values,
              const ct_tensor *indices, const ct_tensor *first, ct_error *error) {
  ct_device_block<ct_item> items, scratch;
  ct_item *sorted = nullptr;
  const int64_t count = w.count * order->length;
  CT_TRY(items.allocate(device, count, order->name, error));
  CT_TRY(scratch.allocate(device, count, order->name, error));
  CT_TRY(ct_with_type(first->dtype, [&]<class T>() {
    loading<T> body = {items.get(),   (const T *)ct_tensor_data(first),  w, order->length,
                       order->stride, order->descending ? UINT64_MAX : 0};
    return ct_for_range(device, count, body, order->name, error);
  }));
  CT_TRY(ct_cuda_sort_items(device, items.get(), scratch.get(), w.count, order->length, &sorted,
                            order->name, error));
  void *to = ct_tensor_data(values);
  int64_t *at = (int64_t *)ct_tensor_data(indices);
  const void *from = ct_tensor_data(first);
  switch (ct_dtype_size(first->dtype)) {
  case 8: return store<uint64_t>(device, order, w, sorted, to, at, from, error);
  case 4: return store<uint32_t>(device, order, w, sorted, to, at, from, error);
  case 2: return store<uint16_t>(device, order, w, sorted, to, at, from, error);
  default: return store<uint8_t>(device, order, w, sorted, to, at, from, error);
  }
}

ct_status order(const ct_cuda_order *order, const ct_tensor *values, const ct_tensor *indices,
                const ct_tensor *first, ct_error *error) {
  const ct_tensor *operand[3] = {values, indices, first};
  if (ct_tensor_count(values) == 0 || order->length == 0) return CT_OK;
  const int device = values->storage->device;
  ct_on_device on(device);
  return ct_walk_parts<3>(ct_walk_of<3>(operand), [&](const ct_walk<3> &w) -> ct_status {
    return run(device, order, w, values, indices, first, error);
  });
}

} // namespace

ct_status ct_cuda_sort_items(int device, ct_item *items, ct_item *scratch, int64_t slices,
                             int64_t length, ct_item **sorted, const char *what, ct_error *error) {
  ct_on_device on(device);
  int64_t blocks = slices * ct_divide_up(length, BLOCK);
  if (blocks > 1 << 20) blocks = 1 << 20;
  *sorted = items;
  if (blocks == 0) return CT_OK;
  sort_blocks_kernel<<<(unsigned)blocks, THREADS, 0, ct_cuda_stream(device)>>>(items, slices,
                                                                               length);
  CT_CUDA_TRY(cudaGetLastError(), what, error);
  for (int64_t width = BLOCK; width < length; width *= 2) {
    merging body = {*sorted, *sorted == items ? scratch : items, length, width};
    CT_TRY(ct_for_range(device, slices * length, body, what, error));
    *sorted = body.to;
  }
  return CT_OK;
}

void ct_cuda_fill_order(ct_cuda_table *table) { table->order = order; }
