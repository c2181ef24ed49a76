// Reductions of slices on the GPU.
//
// A block of THREADS takes several slices at a time: `lanes` threads to a slice, each of which goes
// through every lanes-th element, in double (real types) or 64 bits (integers); the lanes' results
// are then combined in a tree. Neighbouring threads read neighbouring elements: lanes of a slice
// whose elements adjoin, otherwise slices that do. All orders follow from sizes alone and nothing
// is added atomically, so the same call gives the same bits. An error of a sum of n floats is what
// doubles have: n/lanes + log2(lanes) roundings of 2^-53, then one to the element's type.
#include "cuda/device.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

enum { THREADS = 256, MOST_BLOCKS = 132 * 16 };

// How a block is divided: `lanes` (a power of two) threads to each of THREADS / lanes slices.
struct division {
  int lanes;
  bool adjoining; // lanes of one slice are neighbouring threads
};

division divide_block(int64_t slices, int64_t length, int64_t stride) {
  division d = {1, stride == 1 || slices < 32};
  const int most = d.adjoining ? THREADS : THREADS / 32;
  while (d.lanes < most && d.lanes < length) d.lanes *= 2;
  return d;
}

struct place {
  int slice, lane; // within the block
  int slot;        // of shared memory
};

__device__ __forceinline__ place place_of(division d) {
  const int t = (int)threadIdx.x, slices = THREADS / d.lanes;
  place p;
  p.slice = d.adjoining ? t / d.lanes : t % slices;
  p.lane = d.adjoining ? t % d.lanes : t / slices;
  p.slot = p.slice * d.lanes + p.lane;
  return p;
}

template <class A> __device__ __forceinline__ A combine(ct_reduce_kind what, A a, A b) {
  switch (what) {
  case CT_REDUCE_PROD: return a * b;
  case CT_REDUCE_LARGEST: return a >= b || a != a ? a : b;
  case CT_REDUCE_SMALLEST: return a <= b || a != a ? a : b;
  default: return a + b;
  }
}

// Integers wrap, which signed ones may not.
template <> __device__ __forceinline__ int64_t combine(ct_reduce_kind what, int64_t a, int64_t b) {
  switch (what) {
  case CT_REDUCE_PROD: return (int64_t)((uint64_t)a * (uint64_t)b);
  case CT_REDUCE_LARGEST: return a >= b ? a : b;
  case CT_REDUCE_SMALLEST: return a <= b ? a : b;
  default: return (int64_t)((uint64_t)a + (uint64_t)b);
  }
}

// The lanes' values of each slice combined; every lane gets the result. All threads come here.
template <class A> __device__ A combine_lanes(ct_reduce_kind what, A value, place p, int lanes) {
  __shared__ A part[THREADS];
  __syncthreads();
  part[p.slot] = value;
  for (int half = lanes / 2; half > 0; half /= 2) {
    __syncthreads();
    if (p.lane < half) part[p.slot] = combine(what, part[p.slot], part[p.slot + half]);
  }
  __syncthreads();
  return part[p.slot - p.lane];
}

template <class T> struct reduction {
  typedef typename ct_summed<T>::type A;
  ct_walk<3> slices; // results, first elements, first elements of the second source
  T *to;
  A *wide;
  const T *from, *second;
  int *out_of_range;
  ct_cuda_slices facts;
  division block;
};

__device__ __noinline__ double raised(double size, double power) {
  if (power == 2) return size * size;
  if (power == 1) return size;
  return power == 0 ? (double)(size != 0) : pow(size, power);
}

template <class T>
__device__ __forceinline__ typename ct_summed<T>::type element(const T *x, int64_t at) {
  return ct_convert<typename ct_summed<T>::type, T>(x[at]);
}

// One lane's part of a sum, product or extreme.
template <class T>
__device__ __forceinline__ typename ct_summed<T>::type run_along(const reduction<T> &r, const T *x,
                                                                 const T *y, int lane) {
  typedef typename ct_summed<T>::type A;
  const int64_t n = r.facts.length, step = r.block.lanes, stride = r.facts.stride;
  const int64_t other = r.facts.other_stride;
  A a = r.facts.what == CT_REDUCE_PROD ? 1 : 0;
  if (r.facts.what == CT_REDUCE_LARGEST ||
      r.facts.what == CT_REDUCE_SMALLEST) { // lanes are at most as many as elements
    int64_t first = lane < n ? lane : n - 1;
    a = element(x, first * stride);
    for (int64_t j = first + step; j < n; j += step)
      a = combine(r.facts.what, a, element(x, j * stride));
  } else if (y) {
    for (int64_t j = lane; j < n; j += step)
      a = combine(CT_REDUCE_SUM, a,
                  combine(CT_REDUCE_PROD, element(x, j * stride), element(y, j * other)));
  } else if (r.facts.what == CT_REDUCE_PROD) {
    for (int64_t j = lane; j < n; j += step) a = combine(CT_REDUCE_PROD, a, element(x, j * stride));
  } else {
    for (int64_t j = lane; j < n; j += step) a = combine(CT_REDUCE_SUM, a, element(x, j * stride));
  }
  return a;
}

template <class T>
__device__ double variance_of(const reduction<T> &r, const T *x, place p, double total) {
  const double mean = r.facts.wide ? r.facts.shift : total / (double)r.facts.length;
  double sum = 0;
  for (int64_t j = p.lane; x && j < r.facts.length; j += r.block.lanes) {
    double d = (double)element(x, j * r.facts.stride) - mean;
    sum += d * d;
  }
  sum = combine_lanes(CT_REDUCE_SUM, sum, p, r.block.lanes);
  if (r.facts.wide) return sum;
  return r.facts.root ? sqrt(sum / r.facts.divisor) : sum / r.facts.divisor;
}

// The sum of (|x| / scale)^power, or the largest |x|.
template <class T>
__device__ double powers_of(const reduction<T> &r, const T *x, place p, double scale,
                            bool largest) {
  double sum = 0;
  for (int64_t j = p.lane; x && j < r.facts.length; j += r.block.lanes) {
    double size = fabs((double)element(x, j * r.facts.stride)) / scale;
    sum = largest ? combine(CT_REDUCE_LARGEST, sum, size) : sum + raised(size, r.facts.power);
  }
  return combine_lanes(largest ? CT_REDUCE_LARGEST : CT_REDUCE_SUM, sum, p, r.block.lanes);
}

// As on the CPU: where the sum of powers leaves the range of double, all is divided by max |x|
// first.
template <class T> __device__ double norm_of(const reduction<T> &r, const T *x, place p) {
  __shared__ int scaled;
  const double power = r.facts.power;
  double sum = powers_of(r, x, p, 1, power == INFINITY);
  if (r.facts.wide || power == INFINITY || power == 0 || power == 1) return sum;
  const bool fits = !x || (sum > 1e-280 && sum < INFINITY);
  __syncthreads();
  if (threadIdx.x == 0) scaled = 0;
  __syncthreads();
  if (!fits) scaled = 1;
  __syncthreads();
  double result = power == 2 ? sqrt(sum) : pow(sum, 1 / power);
  if (!scaled) return result; // the same in all threads of the block
  double largest = powers_of(r, x, p, 1, true);
  const bool finite = largest > 0 && largest < INFINITY;
  sum = powers_of(r, x, p, finite ? largest : 1, false);
  if (fits) return result;
  if (!finite) return power > 0 ? largest : result;
  return largest * pow(sum, 1 / power);
}

template <class T> __global__ void reduce_kernel(reduction<T> r) {
  typedef typename ct_summed<T>::type A;
  const place p = place_of(r.block);
  const int64_t at_once = THREADS / r.block.lanes, step = (int64_t)gridDim.x * at_once;
  for (int64_t base = (int64_t)blockIdx.x * at_once; base < r.slices.count; base += step) {
    const bool mine = base + p.slice < r.slices.count;
    int64_t offset[3] = {};
    if (mine) ct_walk_to<3>(r.slices, (uint32_t)(base + p.slice), offset);
    const T *x = mine ? r.from + offset[1] : nullptr;
    A value;
    if (r.facts.what == CT_REDUCE_NORM) {
      value = (A)norm_of(r, x, p);
    } else {
      value = mine && !(r.facts.what == CT_REDUCE_VAR && r.facts.wide)
                  ? run_along(r, x, r.second ? r.second + offset[2] : nullptr, p.lane)
                  : 0;
      const ct_reduce_kind how = r.facts.what == CT_REDUCE_VAR ? CT_REDUCE_SUM : r.facts.what;
      value = combine_lanes(how, value, p, r.block.lanes);
      if (r.facts.what == CT_REDUCE_VAR) value = (A)variance_of(r, x, p, (double)value);
    }
    if (!mine || p.lane > 0) continue;
    if (r.wide) {
      r.wide[offset[0]] = value;
    } else if constexpr (std::is_integral_v<T>) {
      r.to[offset[0]] = (T)value;
      if ((int64_t)(T)value != value && r.out_of_range) *r.out_of_range = 1;
    } else {
      r.to[offset[0]] =
          ct_convert<T, double>(r.facts.what == CT_REDUCE_SUM ? value / r.facts.divisor : value);
    }
  }
}

// A flag on the device for results that do not fit: only Int and Byte can have any.
struct range_flag {
  ct_device_block<int> flag;
  bool used = false;
  ct_status begin(int device, ct_dtype dtype, bool wide, const char *name, ct_error *error) {
    used = !wide && (dtype == CT_CUDA_INT || dtype == CT_CUDA_BYTE);
    if (!used) return CT_OK;
    CT_TRY(flag.allocate(device, 1, name, error));
    return ct_cuda()->zero(device, flag.get(), sizeof(int), error);
  }
  ct_status end(int device, bool *out_of_range, ct_error *error) {
    int seen = 0;
    if (used) CT_TRY(ct_cuda()->download(device, &seen, flag.get(), sizeof seen, error));
    *out_of_range = seen != 0;
    return CT_OK;
  }
};

unsigned blocks_for(int64_t work, int64_t at_once) {
  int64_t blocks = ct_divide_up(work, at_once);
  if (blocks > MOST_BLOCKS) blocks = MOST_BLOCKS;
  return (unsigned)blocks;
}

ct_status reduce(const ct_cuda_slices *facts, const ct_tensor *to, const ct_tensor *first,
                 const ct_tensor *second, bool *out_of_range, ct_error *error) {
  const ct_tensor *operand[3] = {to, first, second};
  range_flag flag;
  *out_of_range = false;
  if (ct_tensor_count(to) == 0) return CT_OK;
  const int device = to->storage->device;
  ct_on_device on(device);
  CT_TRY(flag.begin(device, first->dtype, facts->wide, facts->name, error));
  CT_TRY(ct_with_type(first->dtype, [&]<class T>() {
    reduction<T> r = {};
    r.to = facts->wide ? nullptr : (T *)ct_tensor_data(to);
    r.wide = facts->wide ? (typename ct_summed<T>::type *)ct_tensor_data(to) : nullptr;
    r.from = (const T *)ct_tensor_data(first);
    r.second = second ? (const T *)ct_tensor_data(second) : nullptr;
    r.out_of_range = flag.flag.get();
    r.facts = *facts;
    return ct_walk_parts<3>(ct_walk_of<3>(operand), [&](const ct_walk<3> &w) -> ct_status {
      r.slices = w;
      r.block = divide_block(w.count, facts->length, facts->stride);
      reduce_kernel<T>
          <<<blocks_for(w.count, THREADS / r.block.lanes), THREADS, 0, ct_cuda_stream(device)>>>(r);
      return ct_cuda_status(cudaGetLastError(), facts->name, error);
    });
  }));
  return flag.end(device, out_of_range, error);
}

// Extremes with their places.

template <class T> struct extremes {
  ct_walk<3> slices; // values, first elements, indices
  T *values;
  const T *from;
  int64_t *indices;
  int64_t length, stride;
  bool largest;
  division block;
};

// Whether element v at j comes before the best so far.
template <class A>
__device__ __forceinline__ bool better(bool largest, A v, int64_t j, A best, int64_t at) {
  if (best != best) return v != v && j < at;
  if (v != v) return true;
  if (v == best) return j < at;
  return largest ? v > best : v < best;
}

template <class T> __global__ void extreme_kernel(extremes<T> r) {
  typedef typename ct_summed<T>::type A;
  __shared__ A value[THREADS];
  __shared__ int64_t index[THREADS];
  const place p = place_of(r.block);
  const int64_t at_once = THREADS / r.block.lanes, step = (int64_t)gridDim.x * at_once;
  for (int64_t base = (int64_t)blockIdx.x * at_once; base < r.slices.count; base += step) {
    const bool mine = base + p.slice < r.slices.count;
    int64_t offset[3] = {}, at = 0;
    A best = 0;
    if (mine) {
      ct_walk_to<3>(r.slices, (uint32_t)(base + p.slice), offset);
      const T *x = r.from + offset[1];
      at = p.lane < r.length ? p.lane : r.length - 1;
      best = element(x, at * r.stride);
      for (int64_t j = at + r.block.lanes; j < r.length; j += r.block.lanes) {
        A v = element(x, j * r.stride);
        if (better(r.largest, v, j, best, at)) best = v, at = j;
      }
    }
    __syncthreads();
    value[p.slot] = best, index[p.slot] = at;
    for (int half = r.block.lanes / 2; half > 0; half /= 2) {
      __syncthreads();
      const int other = p.slot + half;
      if (p.lane < half &&
          better(r.largest, value[other], index[other], value[p.slot], index[p.slot]))
        value[p.slot] = value[other], index[p.slot] = index[other];
    }
    if (!mine || p.lane > 0) continue;
    r.values[offset[0]] = ct_convert<T, A>(value[p.slot]);
    r.indices[offset[2]] = index[p.slot] + 1;
  }
}

ct_status extreme(const ct_cuda_slices *facts, const ct_tensor *values, const ct_tensor *indices,
                  const ct_tensor *first, ct_error *error) {
  const ct_tensor *operand[3] = {values, first, indices};
  if (ct_tensor_count(values) == 0) return CT_OK;
  const int device = values->storage->device;
  ct_on_device on(device);
  return ct_with_type(first->dtype, [&]<class T>() {
    extremes<T> r = {};
    r.values = (T *)ct_tensor_data(values);
    r.from = (const T *)ct_tensor_data(first);
    r.indices = (int64_t *)ct_tensor_data(indices);
    r.length = facts->length, r.stride = facts->stride;
    r.largest = facts->what == CT_REDUCE_LARGEST;
    return ct_walk_parts<3>(ct_walk_of<3>(operand), [&](const ct_walk<3> &w) -> ct_status {
      r.slices = w;
      r.block = divide_block(w.count, facts->length, facts->stride);
      extreme_kernel<T>
          <<<blocks_for(w.count, THREADS / r.block.lanes), THREADS, 0, ct_cuda_stream(device)>>>(r);
      return ct_cuda_status(cudaGetLastError(), facts->name, error);
    });
  });
}

// Running sums: a block goes through a slice, THREADS elements at a time, what came before carried
// on.

template <class T> struct scanning {
  ct_walk<2> slices; // first results, first elements
  T *to;
  const T *from;
  int64_t length, stride, to_stride;
  int *out_of_range;
  ct_reduce_kind what;
};

template <class T> __global__ void scan_kernel(scanning<T> r) {
  typedef typename ct_summed<T>::type A;
  __shared__ A part[THREADS];
  const int t = (int)threadIdx.x;
  const A none = r.what == CT_REDUCE_PROD ? 1 : 0;
  for (int64_t slice = blockIdx.x; slice < r.slices.count; slice += gridDim.x) {
    int64_t offset[2];
    ct_walk_to<2>(r.slices, (uint32_t)slice, offset);
    A carried = none;
    for (int64_t base = 0; base < r.length; base += THREADS) {
      const int64_t j = base + t;
      A value = j < r.length ? element(r.from + offset[1], j * r.stride) : none;
      part[t] = value;
      __syncthreads();
      for (int reach = 1; reach < THREADS; reach *= 2) {
        A before = t >= reach ? part[t - reach] : none;
        __syncthreads();
        part[t] = value = combine(r.what, before, value);
        __syncthreads();
      }
      value = combine(r.what, carried, value);
      carried = combine(r.what, carried, part[THREADS - 1]);
      __syncthreads();
      if (j >= r.length) continue;
      T *at = r.to + offset[0] + j * r.to_stride;
      *at = ct_convert<T, A>(value);
      if constexpr (std::is_integral_v<T>)
        if ((int64_t)*at != value && r.out_of_range) *r.out_of_range = 1;
    }
  }
}

ct_status scan(const ct_cuda_slices *facts, const ct_tensor *to, const ct_tensor *first,
               bool *out_of_range, ct_error *error) {
  const ct_tensor *operand[2] = {to, first};
  range_flag flag;
  *out_of_range = false;
  if (ct_tensor_count(to) == 0) return CT_OK;
  const int device = to->storage->device;
  ct_on_device on(device);
  CT_TRY(flag.begin(device, first->dtype, false, facts->name, error));
  CT_TRY(ct_with_type(first->dtype, [&]<class T>() {
    scanning<T> r = {};
    r.to = (T *)ct_tensor_data(to);
    r.from = (const T *)ct_tensor_data(first);
    r.length = facts->length, r.stride = facts->stride, r.to_stride = facts->other_stride;
    r.out_of_range = flag.flag.get();
    r.what = facts->what;
    return ct_walk_parts<2>(ct_walk_of<2>(operand), [&](const ct_walk<2> &w) -> ct_status {
      r.slices = w;
      scan_kernel<T><<<blocks_for(w.count, 1), THREADS, 0, ct_cuda_stream(device)>>>(r);
      return ct_cuda_status(cudaGetLastError(), facts->name, error);
    });
  }));
  return flag.end(device, out_of_range, error);
}

} // namespace

void ct_cuda_fill_reduce(ct_cuda_table *table) {
  table->reduce = reduce;
  table->extreme = extreme;
  table->scan = scan;
}
