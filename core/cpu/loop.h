/* Walks several strided tensors of one size together: the frame of every elementwise kernel. */
#ifndef CIRCLET_CPU_LOOP_H
#define CIRCLET_CPU_LOOP_H

#include "tensor/tensor.h"

enum { CT_MAX_OPERANDS = 6 };

/* Handles `count` elements; operand k starts at pointer[k] and advances by stride[k] bytes. */
typedef void (*ct_run_fn)(const void *context, int64_t count, char *const *pointer,
                          const int64_t *stride);

/* Calls `run` until every element of the operands (all of the same size) has been met exactly once.
 * Operands that are written come first; `written` counts them. The order of elements is unspecified
 * and runs happen on several threads, so `run` must treat elements independently of each other. */
void ct_loop(int operands, int written, const ct_tensor *const *operand, ct_run_fn run,
             const void *context);

/* ct_loop for elements that stand for more work than one operation, such as the first elements of
 * slices: `run` gets at most `piece` of them at once, and `weight` is the work for each. */
void ct_loop_pieces(int operands, int written, const ct_tensor *const *operand, int64_t piece,
                    int64_t weight, ct_run_fn run, const void *context);

#endif
