/* Where an operation writes: into the caller's result, or apart when that would disturb what it
 * still reads. */
#ifndef CIRCLET_OPS_OUTPUT_H
#define CIRCLET_OPS_OUTPUT_H

#include "tensor/tensor.h"

typedef struct ct_output {
  ct_tensor *result;
  ct_tensor target; /* write here: it has the wanted size and owns a reference */
  bool apart;
} ct_output;

/* Chooses the target for a result of the given size. It is the result itself, resized, unless that
 * shares memory with one of `inputs` (NULL entries are skipped) or, where `contiguous` is asked
 * for, is not contiguous; then it is a fresh tensor. */
ct_status ct_output_begin(ct_output *output, ct_tensor *result, int dims, const int64_t *size,
                          bool contiguous, const ct_tensor *const *inputs, int count,
                          ct_error *error);

/* Brings a target made apart into the result when `status` is CT_OK; releases; returns the status.
 */
ct_status ct_output_end(ct_output *output, ct_status status, ct_error *error);

#endif
