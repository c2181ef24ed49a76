/* The table of the family. A loss's maths stands in its header; its row says how it is called, what
 * its options are and what they are by default. */
#include "loss/family.h"
#include <string.h>
#include "loss/circle.h"
#include "loss/contrastive.h"
#include "loss/generalized_lifted.h"
#include "loss/lifted.h"
#include "loss/margin.h"
#include "loss/multi_similarity.h"
#include "loss/nt_xent.h"
#include "loss/proxy_anchor.h"
#include "loss/supcon.h"
#include "loss/triplet_all.h"
#include "loss/triplet_hard.h"
#include "loss/unified.h"

/* The functions that every loss with logits has. */
#define MATHS(loss)                                                                                \
  .statistics = loss##_statistics, .scale = loss##_scale, .offset = loss##_offset,                 \
  .largest = loss##_largest, .combine = loss##_combine

static const char *const measures[] = {"distance", "similarity", NULL};

#define MEASURE .variant = "measure", .variants = measures, .measured = true

const ct_loss_rule ct_loss_rules[CT_LOSSES] = {
    [ct_loss_circle] = {.name = "circle",
                        .parameters = {[CT_CIRCLE_M] = {"m", 0.25, CT_FINITE},
                                       [CT_CIRCLE_GAMMA] = {"gamma", 256, CT_ABOVE_ZERO}},
                        .variant = "through_alpha",
                        .batch = true,
                        .valid = ct_has_both,
                        MATHS(circle)},
    [ct_loss_unified] = {.name = "unified",
                         .parameters = {[CT_UNIFIED_M] = {"m", 0.25, CT_FINITE},
                                        [CT_UNIFIED_GAMMA] = {"gamma", 256, CT_ABOVE_ZERO}},
                         .batch = true,
                         .valid = ct_has_both,
                         MATHS(unified)},
    [ct_loss_multi_similarity] =
        {.name = "multi_similarity",
         .parameters = {[CT_MULTI_SIMILARITY_ALPHA] = {"alpha", 2, CT_ABOVE_ZERO},
                        [CT_MULTI_SIMILARITY_BETA] = {"beta", 50, CT_ABOVE_ZERO},
                        [CT_MULTI_SIMILARITY_BASE] = {"base", 0.5, CT_FINITE}},
         .valid = ct_has_any,
         MATHS(multi_similarity)},
    [ct_loss_contrastive] =
        {.name = "contrastive",
         .parameters = {[CT_CONTRASTIVE_POSITIVE] = {"pos_margin", 0, CT_FINITE},
                        [CT_CONTRASTIVE_NEGATIVE] = {"neg_margin", 1, CT_FINITE}},
         MEASURE,
         .unit = CT_OF_PAIRS,
         .reduction = CT_MEAN_NONZERO,
         .valid = ct_has_any,
         .statistics = contrastive_statistics,
         .scale = contrastive_scale,
         .combine = contrastive_combine},
    [ct_loss_triplet_hard] = {.name = "triplet_hard",
                              .parameters = {[CT_TRIPLET_HARD_MARGIN] = {"margin", 0.05, CT_FINITE},
                                             [CT_TRIPLET_HARD_SOFT] = {"soft", false, CT_FLAG}},
                              MEASURE,
                              .reduction = CT_MEAN_NONZERO,
                              .valid = ct_has_both,
                              .statistics = triplet_hard_statistics,
                              .scale = triplet_hard_scale,
                              .combine = triplet_hard_combine},
    [ct_loss_triplet_all] = {.name = "triplet_all",
                             .parameters = {[CT_TRIPLET_ALL_MARGIN] = {"margin", 0.05, CT_FINITE},
                                            [CT_TRIPLET_ALL_SOFT] = {"soft", false, CT_FLAG}},
                             MEASURE,
                             .unit = CT_OF_TRIPLETS,
                             .reduction = CT_MEAN_NONZERO,
                             .valid = ct_has_both,
                             .statistics = triplet_all_statistics,
                             .scale = triplet_all_scale,
                             .combine = triplet_all_combine},
    [ct_loss_lifted] = {.name = "lifted",
                        .parameters = {[CT_LIFTED_POSITIVE] = {"pos_margin", 0, CT_FINITE},
                                       [CT_LIFTED_NEGATIVE] = {"neg_margin", 1, CT_FINITE}},
                        MEASURE,
                        .unit = CT_OF_POSITIVES,
                        .valid = ct_has_both,
                        .couple = lifted_couple,
                        MATHS(lifted)},
    [ct_loss_generalized_lifted] =
        {.name = "generalized_lifted",
         .parameters = {[CT_GENERALIZED_LIFTED_POSITIVE] = {"pos_margin", 0, CT_FINITE},
                        [CT_GENERALIZED_LIFTED_NEGATIVE] = {"neg_margin", 1, CT_FINITE}},
         MEASURE,
         .valid = ct_has_both,
         MATHS(generalized_lifted)},
    [ct_loss_supcon] = {.name = "supcon",
                        .parameters = {[CT_SUPCON_TEMPERATURE] = {"temperature", 0.1,
                                                                  CT_ABOVE_ZERO}},
                        .valid = ct_has_positive,
                        MATHS(supcon)},
    [ct_loss_nt_xent] = {.name = "nt_xent",
                         .parameters = {[CT_NT_XENT_TEMPERATURE] = {"temperature", 0.07,
                                                                    CT_ABOVE_ZERO}},
                         .unit = CT_OF_POSITIVES,
                         .valid = ct_has_positive,
                         .couple = nt_xent_couple,
                         MATHS(nt_xent)},
    [ct_loss_margin] = {.name = "margin",
                        .parameters = {[CT_MARGIN_SCALE] = {"scale", 64, CT_ABOVE_ZERO},
                                       [CT_MARGIN_M1] = {"m1", 1, CT_ABOVE_ZERO},
                                       [CT_MARGIN_M2] = {"m2", 0, CT_FINITE},
                                       [CT_MARGIN_M3] = {"m3", 0, CT_FINITE},
                                       [CT_MARGIN_SMOOTHING] = {"label_smoothing", 0, CT_FROM_ZERO},
                                       [CT_MARGIN_BEYOND] = {"beyond", CT_MARGIN_MONOTONE,
                                                             CT_FROM_ZERO}},
                        .classes = true,
                        .target = true,
                        .valid = ct_has_both,
                        MATHS(margin)},
    [ct_loss_proxy_anchor] = {.name = "proxy_anchor",
                              .parameters = {[CT_PROXY_ANCHOR_MARGIN] = {"margin", 0.1, CT_FINITE},
                                             [CT_PROXY_ANCHOR_SCALE] = {"scale", 32,
                                                                        CT_ABOVE_ZERO}},
                              .classes = true,
                              .reduction = CT_MEAN_ALL,
                              .valid = ct_has_any,
                              MATHS(proxy_anchor)},
};

const ct_loss_rule *ct_loss_rule_named(const char *name) {
  for (int i = 0; i < CT_LOSSES; i++)
    if (strcmp(ct_loss_rules[i].name, name) == 0) return &ct_loss_rules[i];
  return NULL;
}
