// The functions of cuBLAS that circlet looks up, on OpenBLAS, for the emulated GPU.
#include <cblas.h>
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdlib.h>
#include <vector>

static float load(const void *p, int64_t i, cudaDataType_t type) {
  if (type == CUDA_R_16F) return __half2float(((const __half *)p)[i]);
  if (type == CUDA_R_16BF) return __bfloat162float(((const __nv_bfloat16 *)p)[i]);
  return ((const float *)p)[i];
}

static void store(void *p, int64_t i, cudaDataType_t type, float v) {
  if (type == CUDA_R_16F)
    ((__half *)p)[i] = __float2half_rn(v);
  else if (type == CUDA_R_16BF)
    ((__nv_bfloat16 *)p)[i] = __float2bfloat16_rn(v);
  else
    ((float *)p)[i] = v;
}

static size_t bytes_of(cudaDataType_t type) {
  return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2;
}

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t *h) {
  *h = (cublasHandle_t)malloc(1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t h) {
  free(h);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void *, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
const char *cublasGetStatusString(cublasStatus_t) { return "an error of the emulated cuBLAS"; }

cublasStatus_t cublasGemmEx_64(cublasHandle_t, cublasOperation_t ta, cublasOperation_t tb,
                               int64_t m, int64_t n, int64_t k, const void *alpha, const void *a,
                               cudaDataType_t at, int64_t lda, const void *b, cudaDataType_t bt,
                               int64_t ldb, const void *beta, void *c, cudaDataType_t ct,
                               int64_t ldc, cublasComputeType_t, cublasGemmAlgo_t) {
  const CBLAS_TRANSPOSE A = ta == CUBLAS_OP_T ? CblasTrans : CblasNoTrans;
  const CBLAS_TRANSPOSE B = tb == CUBLAS_OP_T ? CblasTrans : CblasNoTrans;
  const int64_t rows_a = ta == CUBLAS_OP_T ? k : m, rows_b = tb == CUBLAS_OP_T ? n : k;
  if (lda < rows_a || ldb < rows_b || ldc < m || m <= 0 || n <= 0 || k <= 0 || at != bt)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (at == CUDA_R_64F) {
    cblas_dgemm(CblasColMajor, A, B, (int)m, (int)n, (int)k, *(const double *)alpha,
                (const double *)a, (int)lda, (const double *)b, (int)ldb, *(const double *)beta,
                (double *)c, (int)ldc);
    return CUBLAS_STATUS_SUCCESS;
  }
  const float by = *(const float *)alpha, old = *(const float *)beta;
  if (at == CUDA_R_32F) {
    cblas_sgemm(CblasColMajor, A, B, (int)m, (int)n, (int)k, by, (const float *)a, (int)lda,
                (const float *)b, (int)ldb, old, (float *)c, (int)ldc);
    return CUBLAS_STATUS_SUCCESS;
  }
  for (int64_t j = 0; j < n; j++)
    for (int64_t i = 0; i < m; i++) {
      float sum = 0;
      for (int64_t l = 0; l < k; l++)
        sum += load(a, ta == CUBLAS_OP_T ? l + i * lda : i + l * lda, at) *
               load(b, tb == CUBLAS_OP_T ? j + l * ldb : l + j * ldb, bt);
      const float before = old == 0 ? 0 : old * load(c, i + j * ldc, ct);
      store(c, i + j * ldc, ct, by * sum + before);
    }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasGemmStridedBatchedEx_64(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb,
                              int64_t m, int64_t n, int64_t k, const void *alpha, const void *a,
                              cudaDataType_t at, int64_t lda, long long sa, const void *b,
                              cudaDataType_t bt, int64_t ldb, long long sb, const void *beta,
                              void *c, cudaDataType_t ct, int64_t ldc, long long sc, int64_t batch,
                              cublasComputeType_t compute, cublasGemmAlgo_t algorithm) {
  for (int64_t i = 0; i < batch; i++) {
    cublasStatus_t status =
        cublasGemmEx_64(h, ta, tb, m, n, k, alpha, (const char *)a + i * sa * (int64_t)bytes_of(at),
                        at, lda, (const char *)b + i * sb * (int64_t)bytes_of(bt), bt, ldb, beta,
                        (char *)c + i * sc * (int64_t)bytes_of(ct), ct, ldc, compute, algorithm);
    if (status != CUBLAS_STATUS_SUCCESS) return status;
  }
  return CUBLAS_STATUS_SUCCESS;
}

} // extern "C"
