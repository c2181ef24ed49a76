// Products of matrices by cuBLAS.
//
// cuBLAS is looked up when first needed, once for the process, so that circlet runs without it.
// Each thread has a handle of its own for each device: handles keep a stream and workspaces, and
// the same calls in one thread give the same bits. cuBLAS is column-major: a row-major C is C' =
// op(B)' op(A)' to it, the same memory with the factors exchanged.
#include "cuda/blas.cuh"
#include <cublas_v2.h>
#include <dlfcn.h>
#include <mutex>
#include "cuda/device.cuh"
#include "cuda/types.cuh"

namespace {

enum { MOST_DEVICES = 64 };

struct library {
  decltype(&cublasCreate_v2) create;
  decltype(&cublasDestroy_v2) destroy;
  decltype(&cublasSetStream_v2) set_stream;
  decltype(&cublasSetMathMode) set_math_mode;
  decltype(&cublasGetStatusString) describe;
  decltype(&cublasGemmEx_64) gemm;
  decltype(&cublasGemmStridedBatchedEx_64) gemm_batched;
  bool found;
  char missing[200]; // what was tried, when it was not found
};

template <class F> bool look_up(void *handle, const char *name, F *out) {
  *out = (F)dlsym(handle, name);
  return *out != nullptr;
}

// Fills in the functions of the library at `path`; false when it, or one of them, is not there.
bool open_library(const char *path, library *l) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return false;
  bool all = look_up(handle, "cublasCreate_v2", &l->create) &&
             look_up(handle, "cublasDestroy_v2", &l->destroy) &&
             look_up(handle, "cublasSetStream_v2", &l->set_stream) &&
             look_up(handle, "cublasSetMathMode", &l->set_math_mode) &&
             look_up(handle, "cublasGetStatusString", &l->describe) &&
             look_up(handle, "cublasGemmEx_64", &l->gemm) &&
             look_up(handle, "cublasGemmStridedBatchedEx_64", &l->gemm_batched);
  if (!all) dlclose(handle);
  return all;
}

const library *cublas() {
  static const library found = [] {
    library l = {};
    const char *named = getenv("CIRCLET_CUBLAS");
    const char *const usual[] = {"libcublas.so.13", "libcublas.so.12",
                                 "/usr/local/cuda/lib64/libcublas.so.13",
                                 "/usr/local/cuda/lib64/libcublas.so.12"};
    if (named && *named) {
      l.found = open_library(named, &l);
      snprintf(l.missing, sizeof l.missing, "CIRCLET_CUBLAS=%.180s", named);
      return l;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !l.found; i++)
      l.found = open_library(usual[i], &l);
    snprintf(l.missing, sizeof l.missing,
             "libcublas.so.13, libcublas.so.12, also in /usr/local/cuda/lib64; CIRCLET_CUBLAS "
             "names another file");
    return l;
  }();
  return &found;
}

ct_status check(cublasStatus_t status, const char *what, ct_error *error) {
  if (status == CUBLAS_STATUS_SUCCESS) return CT_OK;
  return ct_fail(error, status == CUBLAS_STATUS_ALLOC_FAILED ? CT_ENOMEM : CT_EIO, "%s: cuBLAS: %s",
                 what, cublas()->describe(status));
}

// The calling thread's handles; they end with the thread.
struct thread_handles {
  cublasHandle_t handle[MOST_DEVICES] = {};
  cudaStream_t stream[MOST_DEVICES] = {};
  ct_cuda_precision precision = CT_CUDA_FP32;
  ~thread_handles() {
    for (int d = 0; d < MOST_DEVICES; d++)
      if (handle[d]) cublas()->destroy(handle[d]);
  }
};
thread_local thread_handles mine;

// The calling thread's handle of the device, which is the current one, set to its stream.
ct_status take_handle(int device, cublasHandle_t *out, const char *what, ct_error *error) {
  const library *l = cublas();
  if (!l->found) return ct_fail(error, CT_EIO, "%s: cuBLAS is not found: %s", what, l->missing);
  cudaStream_t stream = ct_cuda_stream(device);
  if (!mine.handle[device]) {
    cublasHandle_t fresh = nullptr;
    CT_TRY(check(l->create(&fresh), what, error));
    // Sums of narrow types stay in float to their end.
    const int mode = CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    cublasStatus_t status = l->set_math_mode(fresh, (cublasMath_t)mode);
    if (status == CUBLAS_STATUS_SUCCESS) status = l->set_stream(fresh, stream);
    if (status != CUBLAS_STATUS_SUCCESS) {
      l->destroy(fresh);
      return check(status, what, error);
    }
    mine.handle[device] = fresh;
    mine.stream[device] = stream;
  }
  if (mine.stream[device] != stream) {
    CT_TRY(check(l->set_stream(mine.handle[device], stream), what, error));
    mine.stream[device] = stream;
  }
  *out = mine.handle[device];
  return CT_OK;
}

// C = beta*C, where there is nothing to add.
template <class T>
__global__ void scale_kernel(T *c, int64_t m, int64_t n, int64_t ldc, int64_t stride, int64_t batch,
                             typename ct_wide<T>::type beta) {
  const int64_t step = (int64_t)gridDim.x * blockDim.x, count = m * n * batch;
  for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
    T *at = c + i / (m * n) * stride + i % (m * n) / n * ldc + i % n;
    typedef typename ct_wide<T>::type wide;
    *at = beta == 0 ? ct_as<T, wide>(0) : ct_as<T, wide>(beta * ct_as<wide, T>(*at));
  }
}

template <class T>
ct_status scale(int device, const ct_cuda_product *p, const char *what, ct_error *error) {
  int64_t blocks = ct_divide_up(p->m * p->n * p->batch, 256);
  if (blocks > 2048) blocks = 2048;
  scale_kernel<T><<<(unsigned)blocks, 256, 0, ct_cuda_stream(device)>>>(
      (T *)p->c, p->m, p->n, p->ldc, p->batch > 1 ? p->stride_c : 0, p->batch,
      (typename ct_wide<T>::type)p->beta);
  return ct_cuda_status(cudaGetLastError(), what, error);
}

cudaDataType_t data_type(ct_dtype dtype) {
  switch (dtype) {
  case CT_CUDA_DOUBLE: return CUDA_R_64F;
  case CT_CUDA_HALF: return CUDA_R_16F;
  case CT_CUDA_BFLOAT16: return CUDA_R_16BF;
  default: return CUDA_R_32F;
  }
}

cublasComputeType_t compute_type(const ct_cuda_product *p) {
  if (p->dtype == CT_CUDA_DOUBLE) return CUBLAS_COMPUTE_64F;
  if (p->dtype != CT_CUDA_FLOAT || p->precision == CT_CUDA_FP32) return CUBLAS_COMPUTE_32F;
  return p->precision == CT_CUDA_TF32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F_FAST_16BF;
}

ct_status multiply(int device, const ct_cuda_product *p, const char *what, ct_error *error) {
  cublasHandle_t handle;
  CT_TRY(take_handle(device, &handle, what, error));
  const float alpha32 = (float)p->alpha, beta32 = (float)p->beta;
  const bool wide = p->dtype == CT_CUDA_DOUBLE;
  const void *alpha = wide ? (const void *)&p->alpha : &alpha32;
  const void *beta = wide ? (const void *)&p->beta : &beta32;
  const cudaDataType_t in = data_type(p->dtype), out = data_type(p->result);
  const cublasOperation_t first = p->transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasOperation_t second = p->transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
  const cublasComputeType_t compute = compute_type(p);
  if (p->batch == 1)
    return check(cublas()->gemm(handle, first, second, p->n, p->m, p->k, alpha, p->b, in, p->ldb,
                                p->a, in, p->lda, beta, p->c, out, p->ldc, compute,
                                CUBLAS_GEMM_DEFAULT),
                 what, error);
  return check(cublas()->gemm_batched(handle, first, second, p->n, p->m, p->k, alpha, p->b, in,
                                      p->ldb, p->stride_b, p->a, in, p->lda, p->stride_a, beta,
                                      p->c, out, p->ldc, p->stride_c, p->batch, compute,
                                      CUBLAS_GEMM_DEFAULT),
               what, error);
}

// Integers: a thread for each element of C; every stride is one of a 3-d view.
template <class T> struct integer_product {
  const T *a, *b;
  T *c;
  int64_t rows, columns, depth, count;
  int64_t stride_a[3], stride_b[3], stride_c[3];
  uint64_t alpha, beta;
};

template <class T> __global__ void integer_kernel(integer_product<T> p) {
  const int64_t step = (int64_t)gridDim.x * blockDim.x;
  for (int64_t e = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; e < p.count; e += step) {
    const int64_t i = e / (p.rows * p.columns), row = e / p.columns % p.rows,
                  column = e % p.columns;
    const T *a = p.a + i * p.stride_a[0] + row * p.stride_a[1];
    const T *b = p.b + i * p.stride_b[0] + column * p.stride_b[2];
    T *c = p.c + i * p.stride_c[0] + row * p.stride_c[1] + column * p.stride_c[2];
    uint64_t sum = 0;
    for (int64_t k = 0; k < p.depth && p.alpha; k++)
      sum += (uint64_t)a[k * p.stride_a[2]] * (uint64_t)b[k * p.stride_b[1]];
    *c = (T)(p.alpha * sum + (p.beta ? p.beta * (uint64_t)*c : 0));
  }
}

template <class T>
ct_status multiply_integers(const ct_tensor *c, int64_t beta, int64_t alpha, const ct_tensor *a,
                            const ct_tensor *b, ct_error *error) {
  integer_product<T> p = {};
  p.a = (const T *)ct_tensor_data(a), p.b = (const T *)ct_tensor_data(b);
  p.c = (T *)ct_tensor_data(c);
  p.rows = c->size[1], p.columns = c->size[2], p.depth = a->size[2];
  p.count = ct_tensor_count(c);
  for (int d = 0; d < 3; d++)
    p.stride_a[d] = a->stride[d], p.stride_b[d] = b->stride[d], p.stride_c[d] = c->stride[d];
  p.alpha = (uint64_t)alpha, p.beta = (uint64_t)beta;
  int64_t blocks = ct_divide_up(p.count, 128);
  if (blocks == 0) return CT_OK;
  if (blocks > 1 << 16) blocks = 1 << 16;
  const int device = c->storage->device;
  ct_on_device on(device);
  integer_kernel<T><<<(unsigned)blocks, 128, 0, ct_cuda_stream(device)>>>(p);
  return ct_cuda_status(cudaGetLastError(), "product of integers", error);
}

ct_status gemm_integer(const ct_tensor *c, int64_t beta, int64_t alpha, const ct_tensor *a,
                       const ct_tensor *b, ct_error *error) {
  switch (c->dtype) {
  case CT_CUDA_LONG: return multiply_integers<int64_t>(c, beta, alpha, a, b, error);
  case CT_CUDA_INT: return multiply_integers<int32_t>(c, beta, alpha, a, b, error);
  default: return multiply_integers<uint8_t>(c, beta, alpha, a, b, error);
  }
}

void set_precision(ct_cuda_precision precision) { mine.precision = precision; }

} // namespace

ct_cuda_precision ct_cuda_precision_now() { return mine.precision; }

ct_status ct_cuda_gemm(int device, const ct_cuda_product *p, const char *what, ct_error *error) {
  const bool narrow = p->dtype == CT_CUDA_HALF || p->dtype == CT_CUDA_BFLOAT16;
  if (!ct_dtype_is_cuda(p->dtype) || !ct_dtype_is_real(p->dtype) ||
      (p->result != p->dtype && !(narrow && p->result == CT_CUDA_FLOAT)))
    return ct_fail(error, CT_EINVALID, "%s: no product of %sTensors into a %sTensor", what,
                   ct_dtype_name(p->dtype), ct_dtype_name(p->result));
  if (p->m <= 0 || p->n <= 0 || p->batch <= 0) return CT_OK;
  ct_on_device on(device);
  if (p->k > 0 && p->alpha != 0) return multiply(device, p, what, error);
  switch (p->result) {
  case CT_CUDA_DOUBLE: return scale<double>(device, p, what, error);
  case CT_CUDA_HALF: return scale<__half>(device, p, what, error);
  case CT_CUDA_BFLOAT16: return scale<__nv_bfloat16>(device, p, what, error);
  default: return scale<float>(device, p, what, error);
  }
}

void ct_cuda_fill_blas(ct_cuda_table *table) {
  table->gemm = ct_cuda_gemm;
  table->gemm_integer = gemm_integer;
  table->get_precision = ct_cuda_precision_now;
  table->set_precision = set_precision;
}
