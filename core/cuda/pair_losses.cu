// Which kernels a loss has.
#include "cuda/pair.cuh"

// What is compiled: pair_<group>.cu. Coupled losses and triplets are computed in double alone.
#define CT_FLOAT_LOSSES(ROW)                                                                       \
  ROW(circle)                                                                                      \
  ROW(unified)                                                                                     \
  ROW(multi_similarity)                                                                            \
  ROW(contrastive)                                                                                 \
  ROW(triplet_hard) ROW(generalized_lifted) ROW(supcon) ROW(margin) ROW(proxy_anchor)
#define CT_DOUBLE_LOSSES(ROW) CT_FLOAT_LOSSES(ROW) ROW(nt_xent) ROW(lifted) ROW(triplet_all)

#define ROW(loss) extern const ct_pair_launches<float> ct_pair_##loss##_f32;
CT_FLOAT_LOSSES(ROW)
#undef ROW
#define ROW(loss) extern const ct_pair_launches<double> ct_pair_##loss##_f64;
CT_DOUBLE_LOSSES(ROW)
#undef ROW

template <> const ct_pair_launches<float> *ct_pair_launches_of<float>(const ct_loss_rule *rule) {
#define ROW(loss)                                                                                  \
  if (rule == &ct_loss_rules[ct_loss_##loss]) return &ct_pair_##loss##_f32;
  CT_FLOAT_LOSSES(ROW)
#undef ROW
  return nullptr;
}

template <> const ct_pair_launches<double> *ct_pair_launches_of<double>(const ct_loss_rule *rule) {
#define ROW(loss)                                                                                  \
  if (rule == &ct_loss_rules[ct_loss_##loss]) return &ct_pair_##loss##_f64;
  CT_DOUBLE_LOSSES(ROW)
#undef ROW
  return nullptr;
}
