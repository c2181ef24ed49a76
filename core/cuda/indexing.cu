// Elements moved to and from computed places on the GPU. All is contiguous unless a stride is
// given; indices are 1-based and have been looked through.
//
// Where several elements go to one place, the later one counts and sums are taken in order, as on
// the CPU: rows by sorting their indices, so that one thread meets all that go to its place; single
// elements by first finding the last of them. The only atomic operations take a largest or smallest
// number, whose result has no order.
#include "cuda/device.cuh"
#include "cuda/order.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

typedef unsigned long long counter; // what atomic operations want

// Calls f.template operator()<W>() with the unsigned type of as many bytes.
template <class F> ct_status with_word(ct_dtype dtype, F &&f) {
  switch (ct_dtype_size(dtype)) {
  case 8: return f.template operator()<uint64_t>();
  case 4: return f.template operator()<uint32_t>();
  case 2: return f.template operator()<uint16_t>();
  default: return f.template operator()<uint8_t>();
  }
}

struct looking {
  const int64_t *index;
  int64_t n;
  counter *bad;
  __device__ void operator()(int64_t i) const {
    if (index[i] < 1 || index[i] > n) atomicMin(bad, (counter)i);
  }
};

ct_status check_indices(const ct_tensor *index, int64_t n, int64_t *bad, const char *name,
                        ct_error *error) {
  *bad = -1;
  if (ct_tensor_count(index) == 0) return CT_OK;
  const int device = index->storage->device;
  ct_device_block<counter> first;
  counter seen = UINT64_MAX;
  CT_TRY(first.allocate(device, 1, name, error));
  CT_TRY(ct_cuda()->upload(device, first.get(), &seen, sizeof seen, error));
  looking body = {(const int64_t *)ct_tensor_data(index), n, first.get()};
  CT_TRY(ct_for_range(device, ct_tensor_count(index), body, name, error));
  CT_TRY(ct_cuda()->download(device, &seen, first.get(), sizeof seen, error));
  *bad = (int64_t)seen; // -1 stays
  return CT_OK;
}

template <class W> struct taking {
  W *to;
  const W *from;
  const int64_t *index;
  int64_t count, inner, outer_stride, row_stride;
  __device__ void operator()(int64_t i) const {
    const int64_t row = i / inner;
    to[i] = from[row / count * outer_stride + (index[row % count] - 1) * row_stride + i % inner];
  }
};

ct_status rows_take(const ct_cuda_rows *r, const ct_tensor *to, const ct_tensor *from,
                    const ct_tensor *index, int64_t outer_stride, int64_t row_stride,
                    ct_error *error) {
  const int device = to->storage->device;
  return with_word(to->dtype, [&]<class W>() {
    taking<W> body = {(W *)ct_tensor_data(to),
                      (const W *)ct_tensor_data(from),
                      (const int64_t *)ct_tensor_data(index),
                      r->count,
                      r->inner,
                      outer_stride,
                      row_stride};
    return ct_for_range(device, r->outer * r->count * r->inner, body, r->name, error);
  });
}

struct keying {
  ct_item *items;
  const int64_t *index;
  __device__ void operator()(int64_t i) const {
    items[i].key = (uint64_t)index[i];
    items[i].at = i;
  }
};

// Rows by their sorted indices; i counts outer groups, sorted indices, elements of a row.
template <class T, bool add> struct placing {
  T *to;
  const T *from;
  const ct_item *items;
  int64_t n, count, inner;
  __device__ void operator()(int64_t i) const {
    const int64_t o = i / (count * inner), s = i / inner % count, e = i % inner;
    const uint64_t key = items[s].key;
    T *at = to + (o * n + (int64_t)key - 1) * inner + e;
    if constexpr (add) { // whoever has the first of equal indices adds them all
      if (s > 0 && items[s - 1].key == key) return;
      typedef typename ct_computed<T>::type W;
      W sum = ct_convert<W, T>(*at);
      for (int64_t k = s; k < count && items[k].key == key; k++) {
        W more = ct_convert<W, T>(from[(o * count + items[k].at) * inner + e]);
        if constexpr (std::is_integral_v<T>)
          sum = (W)((uint64_t)sum + (uint64_t)more);
        else
          sum += more;
      }
      *at = ct_convert<T, W>(sum);
    } else {
      if (s + 1 < count && items[s + 1].key == key) return;
      *at = from[(o * count + items[s].at) * inner + e];
    }
  }
};

ct_status rows_put(const ct_cuda_rows *r, bool add, const ct_tensor *to, const ct_tensor *from,
                   const ct_tensor *index, ct_error *error) {
  const int device = to->storage->device;
  const int64_t work = r->outer * r->count * r->inner;
  ct_device_block<ct_item> items, scratch;
  ct_item *sorted = nullptr;
  CT_TRY(items.allocate(device, r->count, r->name, error));
  CT_TRY(scratch.allocate(device, r->count, r->name, error));
  keying keys = {items.get(), (const int64_t *)ct_tensor_data(index)};
  CT_TRY(ct_for_range(device, r->count, keys, r->name, error));
  CT_TRY(
      ct_cuda_sort_items(device, items.get(), scratch.get(), 1, r->count, &sorted, r->name, error));
  if (add)
    return ct_with_type(to->dtype, [&]<class T>() {
      placing<T, true> body = {(T *)ct_tensor_data(to),
                               (const T *)ct_tensor_data(from),
                               sorted,
                               r->n,
                               r->count,
                               r->inner};
      return ct_for_range(device, work, body, r->name, error);
    });
  return with_word(to->dtype, [&]<class W>() {
    placing<W, false> body = {
        (W *)ct_tensor_data(to), (const W *)ct_tensor_data(from), sorted, r->n, r->count, r->inner};
    return ct_for_range(device, work, body, r->name, error);
  });
}

template <class W> struct filling {
  W *to, value;
  const int64_t *index;
  int64_t n, count, inner;
  __device__ void operator()(int64_t i) const {
    const int64_t row = i / inner;
    to[(row / count * n + index[row % count] - 1) * inner + i % inner] = value;
  }
};

ct_status rows_fill(const ct_cuda_rows *r, const ct_tensor *to, const void *element,
                    const ct_tensor *index, ct_error *error) {
  const int device = to->storage->device;
  return with_word(to->dtype, [&]<class W>() {
    filling<W> body = {(W *)ct_tensor_data(to),
                       *(const W *)element,
                       (const int64_t *)ct_tensor_data(index),
                       r->n,
                       r->count,
                       r->inner};
    return ct_for_range(device, r->outer * r->count * r->inner, body, r->name, error);
  });
}

template <class W> struct gathering {
  W *to;
  const W *from;
  const int64_t *index;
  int64_t n, count, inner;
  __device__ void operator()(int64_t i) const {
    to[i] = from[(i / inner / count * n + index[i] - 1) * inner + i % inner];
  }
};

ct_status gather(const ct_cuda_rows *r, const ct_tensor *to, const ct_tensor *from,
                 const ct_tensor *index, ct_error *error) {
  const int device = to->storage->device;
  return with_word(to->dtype, [&]<class W>() {
    gathering<W> body = {(W *)ct_tensor_data(to),
                         (const W *)ct_tensor_data(from),
                         (const int64_t *)ct_tensor_data(index),
                         r->n,
                         r->count,
                         r->inner};
    return ct_for_range(device, r->outer * r->count * r->inner, body, r->name, error);
  });
}

// The last element that goes to each place, or 0; counted from 1.
struct finding_last {
  counter *last;
  const int64_t *index;
  int64_t n, count, inner;
  __device__ void operator()(int64_t i) const {
    const int64_t place = (i / inner / count * n + index[i] - 1) * inner + i % inner;
    atomicMax(&last[place], (counter)(i / inner % count + 1));
  }
};

template <class W> struct scattering {
  W *to;
  const W *from; // NULL: value
  W value;
  const int64_t *index;
  const counter *last; // NULL: all write the same
  int64_t n, count, inner;
  __device__ void operator()(int64_t i) const {
    const int64_t place = (i / inner / count * n + index[i] - 1) * inner + i % inner;
    if (!last || last[place] == (counter)(i / inner % count + 1))
      to[place] = from ? from[i] : value;
  }
};

ct_status scatter(const ct_cuda_rows *r, const ct_tensor *to, const ct_tensor *from,
                  const void *element, const ct_tensor *index, ct_error *error) {
  const int device = to->storage->device;
  const int64_t work = r->outer * r->count * r->inner, places = r->outer * r->n * r->inner;
  const int64_t *at = (const int64_t *)ct_tensor_data(index);
  ct_device_block<counter> last;
  if (from) {
    CT_TRY(last.allocate(device, places, r->name, error));
    CT_TRY(ct_cuda()->zero(device, last.get(), places * (int64_t)sizeof(counter), error));
    finding_last body = {last.get(), at, r->n, r->count, r->inner};
    CT_TRY(ct_for_range(device, work, body, r->name, error));
  }
  return with_word(to->dtype, [&]<class W>() {
    scattering<W> body = {(W *)ct_tensor_data(to),
                          from ? (const W *)ct_tensor_data(from) : nullptr,
                          from ? (W)0 : *(const W *)element,
                          at,
                          last.get(),
                          r->n,
                          r->count,
                          r->inner};
    return ct_for_range(device, work, body, r->name, error);
  });
}

// Masks. The ones of each stretch of STRETCH elements are counted, the counts summed up, and the
// ones then numbered within each stretch.

enum { THREADS = 256, EACH = 4, STRETCH = THREADS * EACH };

__global__ void count_kernel(int64_t *ones, const uint8_t *mask, int64_t n) {
  __shared__ int part[THREADS];
  const int t = (int)threadIdx.x;
  for (int64_t s = blockIdx.x; s * STRETCH < n; s += gridDim.x) {
    int sum = 0;
    for (int k = 0; k < EACH; k++) {
      int64_t i = s * STRETCH + t * EACH + k;
      if (i < n) sum += mask[i] != 0;
    }
    part[t] = sum;
    for (int half = THREADS / 2; half > 0; half /= 2) {
      __syncthreads();
      if (t < half) part[t] += part[t + half];
    }
    __syncthreads();
    if (t == 0) ones[s] = part[0];
    __syncthreads();
  }
}

// Calls body(i, number) for the i whose mask is 1, numbered from 0. before[s]: the ones up to the
// end of stretch s.
template <class Body>
__global__ void number_kernel(const int64_t *before, const uint8_t *mask, int64_t n, Body body) {
  __shared__ int part[THREADS];
  const int t = (int)threadIdx.x;
  for (int64_t s = blockIdx.x; s * STRETCH < n; s += gridDim.x) {
    const int64_t start = s * STRETCH + t * EACH;
    int own = 0;
    for (int k = 0; k < EACH; k++)
      if (start + k < n) own += mask[start + k] != 0;
    part[t] = own;
    __syncthreads();
    for (int reach = 1; reach < THREADS; reach *= 2) {
      int more = t >= reach ? part[t - reach] : 0;
      __syncthreads();
      part[t] += more;
      __syncthreads();
    }
    int64_t number = (s > 0 ? before[s - 1] : 0) + part[t] - own;
    for (int k = 0; k < EACH; k++)
      if (start + k < n && mask[start + k]) body(start + k, number++);
    __syncthreads();
  }
}

template <class Body>
ct_status for_ones(const ct_tensor *mask, Body body, const char *name, ct_error *error) {
  const int64_t n = ct_tensor_count(mask), stretches = ct_divide_up(n, STRETCH);
  const int device = mask->storage->device;
  const uint8_t *m = (const uint8_t *)ct_tensor_data(mask);
  if (n == 0) return CT_OK;
  ct_on_device on(device);
  ct_tensor ones = {};
  ones.dtype = CT_CUDA_LONG;
  CT_TRY(ct_tensor_new_on(&ones, CT_CUDA_LONG, device, 1, &stretches, error));
  int64_t *before = (int64_t *)ct_tensor_data(&ones);
  const unsigned blocks = (unsigned)(stretches < 1 << 16 ? stretches : 1 << 16);
  cudaStream_t stream = ct_cuda_stream(device);
  count_kernel<<<blocks, THREADS, 0, stream>>>(before, m, n);
  ct_status status = ct_cuda_status(cudaGetLastError(), name, error);
  if (status == CT_OK) {
    ct_cuda_slices sums = {};
    sums.name = name, sums.what = CT_REDUCE_SUM, sums.length = stretches;
    sums.stride = sums.other_stride = 1;
    ct_tensor head = ones; // borrowed
    head.size[0] = 1;
    bool ignored;
    status = ct_cuda()->scan(&sums, &head, &head, &ignored, error);
  }
  if (status == CT_OK) {
    number_kernel<Body><<<blocks, THREADS, 0, stream>>>(before, m, n, body);
    status = ct_cuda_status(cudaGetLastError(), name, error);
  }
  ct_tensor_release(&ones);
  return status;
}

template <class W> struct picking {
  W *to;
  const W *from;
  __device__ void operator()(int64_t i, int64_t number) const { to[number] = from[i]; }
};

ct_status mask_take(const ct_tensor *to, const ct_tensor *from, const ct_tensor *mask,
                    const char *name, ct_error *error) {
  return with_word(to->dtype, [&]<class W>() {
    picking<W> body = {(W *)ct_tensor_data(to), (const W *)ct_tensor_data(from)};
    return for_ones(mask, body, name, error);
  });
}

template <class W> struct dropping {
  W *to;
  const W *from;
  __device__ void operator()(int64_t i, int64_t number) const { to[i] = from[number]; }
};

template <class W> struct masking {
  W *to, value;
  const uint8_t *mask;
  __device__ void operator()(int64_t i) const {
    if (mask[i]) to[i] = value;
  }
};

ct_status mask_put(const ct_tensor *to, const ct_tensor *from, const void *element,
                   const ct_tensor *mask, const char *name, ct_error *error) {
  if (ct_tensor_count(mask) == 0) return CT_OK;
  return with_word(to->dtype, [&]<class W>() {
    if (from) {
      dropping<W> body = {(W *)ct_tensor_data(to), (const W *)ct_tensor_data(from)};
      return for_ones(mask, body, name, error);
    }
    masking<W> body = {(W *)ct_tensor_data(to), *(const W *)element,
                       (const uint8_t *)ct_tensor_data(mask)};
    return ct_for_range(mask->storage->device, ct_tensor_count(mask), body, name, error);
  });
}

struct locating {
  int64_t *to;
  int dims;
  int64_t size[CT_MAX_DIMS];
  __device__ void operator()(int64_t i, int64_t number) const {
    for (int d = dims - 1; d >= 0; d--) {
      to[number * dims + d] = i % size[d] + 1;
      i /= size[d];
    }
  }
};

ct_status locate(const ct_tensor *to, const ct_tensor *mask, const char *name, ct_error *error) {
  locating body = {};
  body.to = (int64_t *)ct_tensor_data(to);
  body.dims = mask->dims;
  for (int d = 0; d < mask->dims; d++) body.size[d] = mask->size[d];
  return for_ones(mask, body, name, error);
}

} // namespace

void ct_cuda_fill_indexing(ct_cuda_table *table) {
  table->check_indices = check_indices;
  table->rows_take = rows_take;
  table->rows_put = rows_put;
  table->rows_fill = rows_fill;
  table->gather = gather;
  table->scatter = scatter;
  table->mask_take = mask_take;
  table->mask_put = mask_put;
  table->locate = locate;
}
