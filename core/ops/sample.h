/* Which samples make a batch: seeded shuffles, and batches of P classes with K samples each. All
 * are pure functions of (seed, epoch), independent of the generator that circlet.randn draws from,
 * so that training resumed in the middle of an epoch meets the batches it would have met. */
#ifndef CIRCLET_OPS_SAMPLE_H
#define CIRCLET_OPS_SAMPLE_H

#include "tensor/tensor.h"

/* *out: [n] Long, a permutation of 1..n, uniform among all. */
ct_status ct_shuffled(ct_tensor *out, int64_t n, uint64_t seed, uint64_t epoch, ct_error *error);

/* Sorts samples by class. labels: [N], integers >= 1 of any type. C classes are found.
 * *order: [N] Long, 1-based sample numbers, class by class in ascending order of both;
 * *start: [C+1] Long, class c owns order[start[c]..start[c+1]) (0-based); *label: [C] Long. */
ct_status ct_group_by_class(ct_tensor *order, ct_tensor *start, ct_tensor *label,
                            const ct_tensor *labels, ct_error *error);

/* The batches of one epoch: *out [T, P*K] Long, 1-based sample numbers, K in a row of each class.
 *
 * 1. A batch holds P different classes. Within a batch a sample comes at most once, except that of
 *    a class with n < K samples each comes floor(K/n) or ceil(K/n) times.
 * 2. A class is drawn from in proportion to its samples (at most once a batch, and at least a
 *    chance of one draw for a class with n < K).
 * 3. Within the epoch no sample of a class comes again before every sample of it has come, and
 *    none comes again at all as long as rules 1 and 2 find P*T draws of K fresh samples.
 *
 * order, start: from ct_group_by_class; C >= P. */
ct_status ct_pk_epoch(ct_tensor *out, const ct_tensor *order, const ct_tensor *start, int64_t P,
                      int64_t K, int64_t T, uint64_t seed, uint64_t epoch, ct_error *error);

#endif
