/* Convolution kernels: tiles of ROWS outputs by up to three vectors, kept in registers over all
 * taps. The tile of the forward pass walks the taps and has positions in its lanes; the tile of the
 * weight gradient walks the positions and keeps one accumulator per (output, tap), whose lanes are
 * added at the end. The template is written once, with the vector type of this instruction set and
 * element type filled in here. */
#include "cpu/nn_conv.h"
#include <omp.h>
#include <string.h>
#include "base/interrupt.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* 24 accumulators of 32 registers, or 12 of 16. */
#if defined(__AVX512F__)
enum { ROWS = 8, BYTES = 64 };
#elif defined(__AVX2__)
enum { ROWS = 4, BYTES = 32 };
#else
enum { ROWS = 4, BYTES = 16 };
#endif
enum { VECTORS = 3, TAPS = 3 };

typedef float vector_f32 __attribute__((vector_size(BYTES), aligned(4), may_alias));
typedef double vector_f64 __attribute__((vector_size(BYTES), aligned(8), may_alias));

#if defined(__AVX512F__)
#define FUSED_F32(a, b, c) ((vector_f32)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define FUSED_F64(a, b, c) ((vector_f64)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#elif defined(__AVX2__)
#define FUSED_F32(a, b, c) ((vector_f32)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define FUSED_F64(a, b, c) ((vector_f64)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#else
#define FUSED_F32(a, b, c) ((a) * (b) + (c))
#define FUSED_F64(a, b, c) ((a) * (b) + (c))
#endif

/* Keeps a vector that several products share in a register: compilers like to load it anew for
 * each, and the load ports are what limits the weight gradient. */
#if defined(__AVX2__)
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#else
#define IN_REGISTER(v) (void)(v)
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define REAL            float
#define VECTOR          vector_f32
#define FUSED           FUSED_F32
#define NAMED(function) function##_f32
#include "cpu/nn_conv_template.h"
#undef REAL
#undef VECTOR
#undef FUSED
#undef NAMED

#define REAL            double
#define VECTOR          vector_f64
#define FUSED           FUSED_F64
#define NAMED(function) function##_f64
#include "cpu/nn_conv_template.h"

const ct_conv_kernels CT_ISA_NAME(ct_conv_kernels) = {
    .rows = {ROWS, ROWS},
    .pack = {pack_f32, pack_f64},
    .run = {run_f32, run_f64},
    .weight = {weight_f32, weight_f64},
    .add_groups = {add_groups_f32, add_groups_f64},
    .add_bias = {add_bias_f32, add_bias_f64},
};
