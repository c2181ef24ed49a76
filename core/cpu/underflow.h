/* Numbers below the normal range cost x86 processors a hundred cycles or more each. Between these
 * two calls, in this thread, results that would be such numbers are 0 if that is `wanted`. */
#ifndef CIRCLET_CPU_UNDERFLOW_H
#define CIRCLET_CPU_UNDERFLOW_H

#include <stdbool.h>
#if defined(__SSE2__)
#include <xmmintrin.h>

static inline unsigned ct_underflow_to_zero(bool wanted) {
  const unsigned before = _mm_getcsr();
  if (wanted) _mm_setcsr(before | _MM_FLUSH_ZERO_ON);
  return before;
}

static inline void ct_underflow_as(unsigned before) { _mm_setcsr(before); }
#else
static inline unsigned ct_underflow_to_zero(bool wanted) { return (void)wanted, 0; }
static inline void ct_underflow_as(unsigned before) { (void)before; }
#endif

#endif
