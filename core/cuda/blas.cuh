// Products of matrices on the GPU, for kernels' own use: see ct_cuda_product in cuda.h.
//
//     ct_cuda_product p = {};
//     p.dtype = p.result = CT_CUDA_FLOAT;
//     p.precision = ct_cuda_precision_now();
//     p.m = rows, p.n = columns, p.k = depth, p.batch = 1, p.alpha = 1;
//     p.a = x, p.lda = depth, p.b = w, p.ldb = depth, p.transpose_b = true; // x w'
//     p.c = out, p.ldc = columns;
//     CT_TRY(ct_cuda_gemm(device, &p, "linear", error));
#ifndef CIRCLET_CUDA_BLAS_CUH
#define CIRCLET_CUDA_BLAS_CUH

#include "cuda/launch.cuh"

// Queued in the calling thread's stream of the device. CT_EIO where cuBLAS is missing or fails;
// CT_EINVALID for types that have no product.
ct_status ct_cuda_gemm(int device, const ct_cuda_product *p, const char *what, ct_error *error);

// What the calling thread asked for (circlet.cuda.setPrecision).
ct_cuda_precision ct_cuda_precision_now();

#endif
