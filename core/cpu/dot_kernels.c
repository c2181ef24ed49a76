/* Sixteen partial sums in double side by side, added up in a fixed order: the same bits for every
 * instruction set that does not fuse. A product of two floats is exact in double. */
#include "cpu/dot.h"
#include <string.h>

typedef double lanes __attribute__((vector_size(64)));
typedef float lanes_f32 __attribute__((vector_size(32)));

/* Out parameters: a vector wider than the instruction set's registers has no stable ABI by value.
 */
static inline void load_f32(lanes *to, const float *p) {
  lanes_f32 v;
  memcpy(&v, p, sizeof v);
  *to = __builtin_convertvector(v, lanes);
}

static inline void load_f64(lanes *to, const double *p) { memcpy(to, p, sizeof *to); }

#define DOT(name, T, load)                                                                         \
  static double name(int64_t n, const T *a, const T *b) {                                          \
    lanes even = {0}, odd = {0};                                                                   \
    int64_t i = 0;                                                                                 \
    for (; i + 16 <= n; i += 16) {                                                                 \
      lanes x, y;                                                                                  \
      load(&x, a + i), load(&y, b + i);                                                            \
      even += x * y;                                                                               \
      load(&x, a + i + 8), load(&y, b + i + 8);                                                    \
      odd += x * y;                                                                                \
    }                                                                                              \
    double sum = 0;                                                                                \
    even += odd;                                                                                   \
    for (int l = 0; l < 8; l++) sum += even[l];                                                    \
    for (; i < n; i++) sum += (double)a[i] * (double)b[i];                                         \
    return sum;                                                                                    \
  }

DOT(dot_f32, float, load_f32)
DOT(dot_f64, double, load_f64)

const ct_dot_kernels CT_ISA_NAME(ct_dot_kernels) = {dot_f32, dot_f64};
