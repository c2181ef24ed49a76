/* Retrieval kernels for float; the algorithms stand in cpu/retrieval_template.h. */
#include "cpu/retrieval.h"
#include <float.h>
#include <stdbool.h>
#include <string.h>
#include "base/interrupt.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#elif defined(__AVX2__)
#include <immintrin.h>
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

typedef float real;
#define real_max FLT_MAX
#include "cpu/retrieval_template.h"
#include "cpu/retrieval_levels.h"

const ct_retrieval_kernels CT_ISA_NAME(ct_retrieval_kernels_f32) = {products, rank, level, meet};
