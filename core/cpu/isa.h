/* Run-time choice of instruction set. Files named *_kernels.c are compiled once per instruction set
 * with CT_ISA defined as avx512, avx2 or base; each exports one constant table of functions whose
 * name ends in the set's, and CT_ISA_SELECT picks the table that this machine runs best. */
#ifndef CIRCLET_CPU_ISA_H
#define CIRCLET_CPU_ISA_H

typedef enum ct_isa { CT_ISA_BASE, CT_ISA_AVX2, CT_ISA_AVX512 } ct_isa;

ct_isa ct_isa_best(void); /* of this CPU, as far as there are kernels for it */

/* The best set of this CPU, or the one that the environment variable CIRCLET_ISA (base, avx2,
 * avx512) lowers it to. */
ct_isa ct_isa_current(void);
const char *ct_isa_name(ct_isa isa);

#define CT_ISA_PASTE_(name, isa) name##_##isa
#define CT_ISA_PASTE(name, isa)  CT_ISA_PASTE_(name, isa)
#define CT_ISA_NAME(name)        CT_ISA_PASTE(name, CT_ISA)

#if defined(__x86_64__)
#define CT_ISA_DECLARE(type, name) extern const type name##_base, name##_avx2, name##_avx512
#define CT_ISA_SELECT(name)                                                                        \
  (ct_isa_current() == CT_ISA_AVX512 ? &name##_avx512                                              \
   : ct_isa_current() == CT_ISA_AVX2 ? &name##_avx2                                                \
                                     : &name##_base)
#else
#define CT_ISA_DECLARE(type, name) extern const type name##_base
#define CT_ISA_SELECT(name)        (&name##_base)
#endif

/* a*b + c: fused where the instruction set has it; never a call into libm where it has not. */
#if defined(__FMA__) || defined(__aarch64__)
#define CT_FMA(a, b, c)  __builtin_fma(a, b, c)
#define CT_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#else
#define CT_FMA(a, b, c)  ((a) * (b) + (c))
#define CT_FMAF(a, b, c) ((a) * (b) + (c))
#endif

#endif
