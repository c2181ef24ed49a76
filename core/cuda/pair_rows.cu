// Loading rows as operands and unloading gradients: a warp for each row, norms in double.
#include "cuda/pair_maths.cuh"
#include "cuda/pair_rows.cuh"
#include "cuda/types.cuh"

namespace {

enum { WARPS = 8, THREADS = 32 * WARPS };

__device__ __forceinline__ double warp_sum(double v) {
  for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(~0u, v, step);
  return v;
}

__device__ __forceinline__ double warp_max(double v) {
  for (int step = 16; step > 0; step /= 2) v = fmax(v, __shfl_xor_sync(~0u, v, step));
  return v;
}

template <class T>
__device__ __forceinline__ double element(const ct_gpu_rows &r, int64_t i, int64_t d) {
  const int64_t row = r.origin ? r.origin[i] : i;
  const T v = ((const T *)r.x)[row * r.stride + d * r.step];
  return (double)ct_convert<typename ct_wide<T>::type, T>(v);
}

// |x|^2 of a row divided by scale^2, and that power of two, which keeps squares of doubles in
// range. False when the row is not finite.
template <class T>
__device__ bool square_of(const ct_gpu_rows &r, int64_t i, double *square, double *scale) {
  const int lane = threadIdx.x % 32;
  double largest = 0, sum = 0, zero = 0;
  *scale = 1;
  if (sizeof(T) == sizeof(double) && r.similarity == CT_COSINE) {
    for (int64_t d = lane; d < r.dim; d += 32) largest = fmax(largest, fabs(element<T>(r, i, d)));
    largest = warp_max(largest);
    int exponent;
    frexp(largest, &exponent);
    if (largest > 0 && isfinite(largest)) *scale = ldexp(1.0, min(max(exponent, -1000), 1000));
  }
  for (int64_t d = lane; d < r.dim; d += 32) {
    double v = element<T>(r, i, d);
    zero += v - v;
    v /= *scale;
    sum += v * v;
  }
  *square = warp_sum(sum);
  return warp_sum(zero) == 0;
}

__device__ __forceinline__ void store_operand(ct_operand_form form, void *to, int64_t at,
                                              int64_t segment, double v, bool first_only) {
  __half *half = (__half *)to + at;
  switch (form) {
  case CT_OPERAND_SPLIT: {
    const __half high = __double2half(rint(v / 4) * 4); // above 2^13, multiples of 8
    const __half low = __double2half(v - (double)__half2float(high));
    const __half none = __float2half_rn(0.0f);
    half[0] = high;
    half[segment] = first_only ? none : low;
    half[2 * segment] = half[3 * segment] = first_only ? none : high;
    break;
  }
  case CT_OPERAND_HALF: *half = __double2half(v); break;
  case CT_OPERAND_BFLOAT16: ((__nv_bfloat16 *)to)[at] = __double2bfloat16(v); break;
  case CT_OPERAND_DOUBLE: ((double *)to)[at] = v; break;
  }
}

template <class T>
__global__ void load_kernel(ct_gpu_rows r, int64_t from, int64_t count, ct_loaded_rows to,
                            int64_t segment, int64_t pitch, unsigned long long *bad) {
  const int64_t k = (int64_t)blockIdx.x * WARPS + threadIdx.x / 32, i = from + k;
  const int lane = threadIdx.x % 32;
  if (k >= count) return;
  double square, scale, inverse = 1;
  const bool finite = square_of<T>(r, i, &square, &scale);
  if (!finite && lane == 0) atomicMin(bad, (unsigned long long)(r.origin ? r.origin[i] : i));
  const double range = ldexp(1.0, r.exponent), root = sqrt(square);
  if (r.similarity == CT_COSINE) inverse = square > 0 && finite ? 1 / root : 0;
  for (int64_t d = lane; d < segment; d += 32) {
    double v = d < r.dim ? element<T>(r, i, d) : 0;
    if (r.similarity == CT_COSINE)
      v = sizeof(T) == sizeof(double) && inverse > 0 ? v / scale / root : v / scale * inverse;
    const bool one = r.ones && d == r.dim;
    store_operand(r.form, to.operand, k * pitch + d, segment, one ? range : v * range, one);
  }
  if (lane > 0) return;
  if (r.similarity == CT_COSINE) to.inverse_norm[k] = inverse / scale;
  if (!to.half) return;
  const double half = r.lift ? r.lift[i / r.centres] : 0.5 - square / 2;
  if (r.form == CT_OPERAND_DOUBLE)
    ((double *)to.half)[k] = half;
  else
    ((float *)to.half)[k] = (float)half;
}

// Bits of numbers >= 0 are ordered as the numbers are.
template <class T>
__global__ void measure_kernel(ct_gpu_rows r, unsigned long long *largest,
                               unsigned long long *least) {
  const int64_t i = (int64_t)blockIdx.x * WARPS + threadIdx.x / 32;
  double square, scale;
  if (i >= r.rows) return;
  const bool finite = square_of<T>(r, i, &square, &scale);
  if (threadIdx.x % 32 || !finite || !(square > 0)) return;
  atomicMax(largest, (unsigned long long)__double_as_longlong(square));
  atomicMin(least, (unsigned long long)__double_as_longlong(square));
}

// An element of a packed gradient.
template <class Real>
__device__ __forceinline__ double gradient_at(const Real *g, int64_t at, int64_t segment,
                                              bool split) {
  return split ? (double)g[at] + (double)g[at + segment] : (double)g[at];
}

template <class T, class Real>
__global__ void unload_kernel(ct_gpu_rows r, int64_t from, int64_t count, ct_loaded_rows loaded,
                              int64_t segment, int64_t operand_pitch, const Real *gradient,
                              ct_gradient_out out) {
  const int64_t k = (int64_t)blockIdx.x * WARPS + threadIdx.x / 32, i = from + k;
  const int lane = threadIdx.x % 32;
  if (k >= count) return;
  const bool split = r.form == CT_OPERAND_SPLIT;
  const Real *g = gradient + k * segment * (split ? 2 : 1);
  const double scale = out.scale * (out.inverse_range ? (double)*out.inverse_range : 1);
  const bool cosine = r.similarity == CT_COSINE;
  const double inverse = cosine ? loaded.inverse_norm[k] : 1;
  const double weight = r.ones ? gradient_at(g, r.dim, segment, split) * scale : 0;
  const double *operand = (const double *)loaded.operand + k * operand_pitch;
  if (out.to_lift && lane == 0 && r.centres == 1) out.to_lift[i] = weight;
  if (!out.to) return;
  double gu = 0, uu = 0, zero = 0;
  for (int64_t d = lane; cosine && d < r.dim; d += 32) {
    const double u = sizeof(Real) == sizeof(double) ? operand[d] : element<T>(r, i, d) * inverse;
    gu += gradient_at(g, d, segment, split) * scale * u;
    uu += u * u;
  }
  gu = warp_sum(gu), uu = warp_sum(uu);
  const double along = uu > 0 ? gu / uu : 0;
  const int64_t row = r.origin ? r.origin[i] : i;
  for (int64_t d = lane; d < r.dim; d += 32) {
    double v = gradient_at(g, d, segment, split) * scale;
    if (cosine) {
      const double u = sizeof(Real) == sizeof(double) ? operand[d] : element<T>(r, i, d) * inverse;
      v = (v - along * u) * inverse;
    } else if (r.similarity == CT_EUCLIDEAN) {
      v -= weight * element<T>(r, i, d);
    }
    const T narrow = ct_convert<T, double>(v);
    const double stored = (double)ct_convert<typename ct_wide<T>::type, T>(narrow);
    ((T *)out.to)[row * r.dim + d] = narrow;
    zero += stored - stored;
  }
  if (warp_sum(zero) != 0 && lane == 0) atomicMin(out.bad, (unsigned long long)row);
}

// Weights of the vectors of a class add up to that of its bias, in their order.
template <class Real>
__global__ void lift_kernel(ct_gpu_rows r, int64_t from, int64_t classes, int64_t segment,
                            const Real *gradient, ct_gradient_out out) {
  const int64_t k = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= classes) return;
  const bool split = r.form == CT_OPERAND_SPLIT;
  const double scale = out.scale * (out.inverse_range ? (double)*out.inverse_range : 1);
  double sum = 0;
  for (int64_t v = k * r.centres; v < (k + 1) * r.centres; v++)
    sum += gradient_at(gradient + v * segment * (split ? 2 : 1), r.dim, segment, split);
  out.to_lift[from / r.centres + k] = sum * scale;
}

// u and v of a query and a class vector: unit rows for the cosine, rows otherwise.
template <class T>
__device__ __forceinline__ double unit_element(const ct_gpu_rows &r, int64_t i, int64_t d,
                                               double divisor, double scale) {
  const double v = element<T>(r, i, d);
  return divisor > 0 ? v / scale / divisor : r.similarity == CT_COSINE ? 0.0 : v;
}

template <class T>
__global__ void target_kernel(ct_target *to, ct_gpu_rows q, const int *own_class, ct_gpu_rows c) {
  const int64_t i = (int64_t)blockIdx.x * WARPS + threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  if (i >= q.rows) return;
  const bool cosine = q.similarity == CT_COSINE;
  double q_square, q_scale, best = -INFINITY, best_apart = 0, best_together = 0;
  square_of<T>(q, i, &q_square, &q_scale);
  const double q_root = cosine ? sqrt(q_square) : 0;
  for (int64_t k = 0; k < c.centres; k++) {
    const int64_t row = (int64_t)own_class[i] * c.centres + k;
    double c_square, c_scale, dot = 0, apart = 0, together = 0;
    square_of<T>(c, row, &c_square, &c_scale);
    const double c_root = cosine ? sqrt(c_square) : 0;
    for (int64_t d = lane; d < q.dim; d += 32) {
      const double u = unit_element<T>(q, i, d, q_root, q_scale);
      const double v = unit_element<T>(c, row, d, c_root, c_scale);
      dot += u * v;
      apart += (u - v) * (u - v);
      together += (u + v) * (u + v);
    }
    dot = warp_sum(dot), apart = warp_sum(apart), together = warp_sum(together);
    const double s = q.similarity == CT_EUCLIDEAN ? 1 - apart / 2 : dot;
    if (!(s > best) && k > 0) continue;
    best = s, best_apart = apart, best_together = together;
  }
  if (lane > 0) return;
  if (c.lift) best += c.lift[own_class[i]];
  double theta = 0;
  if (cosine)
    theta = fabs(best) < 0.7 ? acos(best) : 2 * atan2(sqrt(best_apart), sqrt(best_together));
  to[i] = ct_target{best, theta};
}

template <class Real>
__global__ void nearest_kernel(int rows, int64_t n, int64_t centres, int64_t pitch, const Real *s,
                               const Real *half, const Real *own, Real *best, uint8_t *which) {
  const int64_t k = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  const int i = blockIdx.y;
  if (k >= n || i >= rows) return;
  const Real *from = s + i * pitch + k * centres;
  const Real mine = own ? own[i] : (Real)0;
  Real largest = 0;
  int at = 0;
  for (int64_t c = 0; c < centres; c++) {
    const Real v = from[c] + (half ? mine + half[k * centres + c] : (Real)0);
    if (c == 0 || v > largest) largest = v, at = (int)c;
  }
  best[i * pitch + k] = largest;
  which[i * pitch + k] = (uint8_t)at;
}

template <class Element>
__global__ void spread_kernel(int rows, int64_t n, int64_t centres, int64_t pitch,
                              const Element *from, const uint8_t *which, Element *to) {
  const int64_t k = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
  const int i = blockIdx.y;
  if (k >= n || i >= rows) return;
  for (int64_t c = 0; c < centres; c++)
    to[i * pitch + k * centres + c] = c == which[i * pitch + k] ? from[i * pitch + k] : Element{};
}

unsigned blocks_for(int64_t count, int64_t each) { return (unsigned)ct_divide_up(count, each); }

// Calls f.operator()<T>() with the type of the rows.
template <class F> ct_status with_real(ct_dtype dtype, F &&f) {
  switch (dtype) {
  case CT_CUDA_FLOAT: return f.template operator()<float>();
  case CT_CUDA_DOUBLE: return f.template operator()<double>();
  case CT_CUDA_HALF: return f.template operator()<__half>();
  case CT_CUDA_BFLOAT16: return f.template operator()<__nv_bfloat16>();
  default: return CT_EINVALID;
  }
}

} // namespace

ct_status ct_load_rows(const ct_gpu_rows *r, int64_t from, int64_t count, const ct_loaded_rows *to,
                       unsigned long long *bad, ct_error *error) {
  if (count == 0) return CT_OK;
  return with_real(r->dtype, [&]<class T>() {
    load_kernel<T><<<blocks_for(count, WARPS), THREADS, 0, ct_cuda_stream(r->device)>>>(
        *r, from, count, *to, ct_segment(r), ct_operand_pitch(r), bad);
    return ct_cuda_status(cudaGetLastError(), "loading rows", error);
  });
}

ct_status ct_measure_rows(const ct_gpu_rows *r, unsigned long long *largest,
                          unsigned long long *least, ct_error *error) {
  if (r->rows == 0) return CT_OK;
  return with_real(r->dtype, [&]<class T>() {
    measure_kernel<T>
        <<<blocks_for(r->rows, WARPS), THREADS, 0, ct_cuda_stream(r->device)>>>(*r, largest, least);
    return ct_cuda_status(cudaGetLastError(), "measuring rows", error);
  });
}

ct_status ct_unload_rows(const ct_gpu_rows *r, int64_t from, int64_t count,
                         const ct_loaded_rows *loaded, const void *gradient,
                         const ct_gradient_out *out, ct_error *error) {
  if (count == 0) return CT_OK;
  const cudaStream_t stream = ct_cuda_stream(r->device);
  const bool wide = r->form == CT_OPERAND_DOUBLE;
  const int64_t segment = ct_segment(r), pitch = ct_operand_pitch(r), classes = count / r->centres;
  if (out->to_lift && r->centres > 1) {
    if (wide)
      lift_kernel<double><<<blocks_for(classes, THREADS), THREADS, 0, stream>>>(
          *r, from, classes, segment, (const double *)gradient, *out);
    else
      lift_kernel<float><<<blocks_for(classes, THREADS), THREADS, 0, stream>>>(
          *r, from, classes, segment, (const float *)gradient, *out);
  }
  return with_real(r->dtype, [&]<class T>() {
    if (wide)
      unload_kernel<T, double><<<blocks_for(count, WARPS), THREADS, 0, stream>>>(
          *r, from, count, *loaded, segment, pitch, (const double *)gradient, *out);
    else
      unload_kernel<T, float><<<blocks_for(count, WARPS), THREADS, 0, stream>>>(
          *r, from, count, *loaded, segment, pitch, (const float *)gradient, *out);
    return ct_cuda_status(cudaGetLastError(), "unloading gradients", error);
  });
}

ct_status ct_find_targets(ct_target *to, const ct_gpu_rows *queries, const int *own_class,
                          const ct_gpu_rows *classes, ct_error *error) {
  if (queries->rows == 0) return CT_OK;
  return with_real(queries->dtype, [&]<class T>() {
    target_kernel<T>
        <<<blocks_for(queries->rows, WARPS), THREADS, 0, ct_cuda_stream(queries->device)>>>(
            to, *queries, own_class, *classes);
    return ct_cuda_status(cudaGetLastError(), "targets", error);
  });
}

template <class Real>
ct_status ct_take_nearest(int device, int rows, int64_t n, int64_t centres, int64_t pitch,
                          const Real *s, const Real *half, const Real *own, Real *best,
                          uint8_t *which, ct_error *error) {
  const dim3 grid(blocks_for(n, 128), (unsigned)rows);
  nearest_kernel<Real><<<grid, 128, 0, ct_cuda_stream(device)>>>(rows, n, centres, pitch, s, half,
                                                                 own, best, which);
  return ct_cuda_status(cudaGetLastError(), "nearest class vectors", error);
}

template ct_status ct_take_nearest<float>(int, int, int64_t, int64_t, int64_t, const float *,
                                          const float *, const float *, float *, uint8_t *,
                                          ct_error *);
template ct_status ct_take_nearest<double>(int, int, int64_t, int64_t, int64_t, const double *,
                                           const double *, const double *, double *, uint8_t *,
                                           ct_error *);

ct_status ct_spread_weights(int device, int rows, int64_t n, int64_t centres, int64_t pitch,
                            int64_t size, const void *from, const uint8_t *which, void *to,
                            ct_error *error) {
  const dim3 grid(blocks_for(n, 128), (unsigned)rows);
  const cudaStream_t stream = ct_cuda_stream(device);
  if (size == 2)
    spread_kernel<uint16_t><<<grid, 128, 0, stream>>>(
        rows, n, centres, pitch, (const uint16_t *)from, which, (uint16_t *)to);
  else
    spread_kernel<uint64_t><<<grid, 128, 0, stream>>>(
        rows, n, centres, pitch, (const uint64_t *)from, which, (uint64_t *)to);
  return ct_cuda_status(cudaGetLastError(), "weights of class vectors", error);
}
