/* CPU detection, done once; the answer is a constant of the process. */
#include "cpu/isa.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

ct_isa ct_isa_best(void) {
  ct_isa best = CT_ISA_BASE;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = CT_ISA_AVX2;
  if (best == CT_ISA_AVX2 && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    best = CT_ISA_AVX512;
#endif
  return best;
}

static ct_isa choose(void) {
  ct_isa best = ct_isa_best();
  const char *asked = getenv("CIRCLET_ISA");
  for (int isa = CT_ISA_BASE; asked && isa < (int)best; isa++)
    if (!strcmp(asked, ct_isa_name((ct_isa)isa))) best = (ct_isa)isa;
  return best;
}

ct_isa ct_isa_current(void) {
  static _Atomic int known = -1;
  int isa = atomic_load_explicit(&known, memory_order_relaxed);
  if (isa < 0) atomic_store_explicit(&known, isa = (int)choose(), memory_order_relaxed);
  return (ct_isa)isa;
}

const char *ct_isa_name(ct_isa isa) {
  return isa == CT_ISA_AVX512 ? "avx512" : isa == CT_ISA_AVX2 ? "avx2" : "base";
}
