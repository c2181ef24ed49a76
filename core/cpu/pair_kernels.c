/* The pair-wise driver's inner loops, compiled for each loss of the family, both compute types and
 * every instruction set. */
#include "cpu/pair.h"
#include <math.h>
#include "cpu/exp.h"

typedef struct parameters_f32 {
  float p[CT_LOSS_PARAMETERS];
} parameters_f32;

typedef struct parameters_f64 {
  double p[CT_LOSS_PARAMETERS];
} parameters_f64;

#define CT_LOSS_INLINE           static inline __attribute__((always_inline))
#define CT_LOSS_PASTE_(a, b, c)  a##_##b##_##c
#define CT_LOSS_PASTE(a, b, c)   CT_LOSS_PASTE_(a, b, c)
#define CT_LOSS_PASTE_TWO_(a, b) a##_##b
#define CT_LOSS_PASTE_TWO(a, b)  CT_LOSS_PASTE_TWO_(a, b)

/* For losses without CT_TERM. */
#define CT_LOSS_NO_TERM(loss)                                                                      \
  CT_LOSS_INLINE REAL NAME(loss##_term)(bool positive, int variant, REAL s, NAME(parameters) k) {  \
    return (void)positive, (void)variant, (void)s, (void)k, (REAL)0;                               \
  }                                                                                                \
  CT_LOSS_INLINE REAL NAME(loss##_term_slope)(bool positive, int variant, REAL s,                  \
                                              NAME(parameters) k) {                                \
    return (void)positive, (void)variant, (void)s, (void)k, (REAL)0;                               \
  }

/* For losses without CT_LSE and CT_EXTREME. */
#define CT_LOSS_NO_LOGIT(loss)                                                                     \
  CT_LOSS_LINEAR_LOGIT(loss)                                                                       \
  CT_LOSS_INLINE REAL NAME(loss##_coordinate)(bool positive, int variant, REAL s,                  \
                                              NAME(parameters) k) {                                \
    return (void)positive, (void)variant, (void)k, s;                                              \
  }                                                                                                \
  CT_LOSS_INLINE REAL NAME(loss##_slope)(bool positive, int variant, REAL s, NAME(parameters) k) { \
    return (void)positive, (void)variant, (void)s, (void)k, (REAL)0;                               \
  }

/* Distances of similarities (loss/rule.h). */
#define REAL    float
#define NAME(x) x##_f32
#define SQRT(x) __builtin_sqrtf(x)
#include "cpu/pair_distance.h"
#undef REAL
#undef NAME
#undef SQRT

#define REAL    double
#define NAME(x) x##_f64
#define SQRT(x) __builtin_sqrt(x)
#include "cpu/pair_distance.h"
#undef REAL
#undef NAME
#undef SQRT

#define LOSS_NAME     circle
#define LOSS_HEADER   "loss/circle.h"
#define LOSS_VARIANTS 2
#include "cpu/pair_loss.h"

#define LOSS_NAME   unified
#define LOSS_HEADER "loss/unified.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME   multi_similarity
#define LOSS_HEADER "loss/multi_similarity.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME   margin
#define LOSS_HEADER "loss/margin.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME   proxy_anchor
#define LOSS_HEADER "loss/proxy_anchor.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME     contrastive
#define LOSS_HEADER   "loss/contrastive.h"
#define LOSS_VARIANTS 2
#include "cpu/pair_loss.h"

#define LOSS_NAME     triplet_hard
#define LOSS_HEADER   "loss/triplet_hard.h"
#define LOSS_VARIANTS 2
#include "cpu/pair_loss.h"

#define LOSS_NAME     lifted
#define LOSS_HEADER   "loss/lifted.h"
#define LOSS_VARIANTS 2
#include "cpu/pair_loss.h"

#define LOSS_NAME     generalized_lifted
#define LOSS_HEADER   "loss/generalized_lifted.h"
#define LOSS_VARIANTS 2
#include "cpu/pair_loss.h"

#define LOSS_NAME   supcon
#define LOSS_HEADER "loss/supcon.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME   nt_xent
#define LOSS_HEADER "loss/nt_xent.h"
#include "cpu/pair_loss.h"

#define LOSS_NAME   triplet_all
#define LOSS_HEADER "loss/triplet_all.h"
#include "cpu/pair_loss.h"
