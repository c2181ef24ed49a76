/* Convolution without a column matrix of the batch.
 *
 * Every pass is brought to one form: a correlation of stride 1 whose input planes lie in a buffer
 * with zero borders, so that output position p = y*pitch + x reads buffer[offset[k] + p] for each
 * of the K taps k = (plane, ky, kx). A row's right border is the next row's left border; the
 * positions between out_w and pitch hold nothing of use and are dropped. The buffer of one image
 * stays in cache and no element is stored kH*kW times.
 *
 * - forward, stride 1: the image with its padding.
 * - forward and weight gradient, other strides: the image's columns (im2col), one tap a plane.
 * - gradient of the input: the gradient of the output spread out by the stride, correlated with the
 *   kernel turned by 180 degrees.
 */
#ifndef CIRCLET_CPU_NN_CONV_H
#define CIRCLET_CPU_NN_CONV_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

enum { CT_CONV_SLACK = 16 }; /* positions that kernels may read past the last one */

typedef struct ct_conv_plan {
  int64_t source_planes, source_h, source_w; /* what is brought into the buffer, contiguous */
  int64_t out_planes, out_h, out_w;
  int64_t kernel_h, kernel_w;
  bool columns;           /* im2col with steps and pads below; else placed with borders */
  int64_t step_h, step_w; /* columns: stride of the convolution; placed: spread of elements */
  int64_t top, left;      /* columns: padding; placed: where element (0,0) goes, may be < 0 */
  int64_t y_from, y_to, x_from, x_to; /* placed: the source elements that are ever read */
  int64_t taps;                       /* K */
  int64_t pitch, positions;           /* of a row; (out_h-1)*pitch + out_w */
  int64_t plane, buffer;              /* elements of a plane of the buffer, and of all of it */
  const int64_t *offset;              /* [K] */
} ct_conv_plan;

typedef struct ct_conv_weight_job {
  int64_t B, groups, outs; /* images; image groups; outputs handled by one task */
  int64_t together;        /* images lowered at a time */
  double scale;
} ct_conv_weight_job;

/* Each pair is for Float and Double. */
typedef struct ct_conv_kernels {
  int64_t rows[2]; /* outputs computed together: weights are packed [ceil(O/rows)][K][rows] */

  /* packed from weight: [O, C, kH, kW]. turned: as the weight [C, O, kH, kW] turned by 180 degrees
   */
  void (*pack[2])(void *packed, const void *weight, int64_t O, int64_t C, int64_t kH, int64_t kW,
                  bool turned);

  /* out[b]: [out_planes, out_h, out_w] for b < B. bias: out_planes padded with zeros to a multiple
   * of rows. work: ct_conv_run_work elements for each thread. False when interrupted. */
  bool (*run[2])(void *out, const void *source, const void *packed, const void *bias, int64_t B,
                 const ct_conv_plan *plan, void *work, int threads);

  /* partial[g]: [out_planes, K], the sum over the images of group g of gy correlated with the
   * source. gy: [B, out_planes, out_h, out_w]. work: ct_conv_weight_work elements for each thread.
   */
  bool (*weight[2])(void *partial, const void *source, const void *gy,
                    const ct_conv_weight_job *job, const ct_conv_plan *plan, void *work,
                    int threads);

  /* gw[i] += scale * sum over groups in order of partial[g][i] */
  void (*add_groups[2])(void *gw, const void *partial, int64_t count, int64_t groups, double scale,
                        int threads);

  /* gb[o] += scale * sum over images and positions of gy, in double, images in order */
  void (*add_bias[2])(void *gb, const void *gy, int64_t B, int64_t O, int64_t positions,
                      double scale, int threads);
} ct_conv_kernels;

CT_ISA_DECLARE(ct_conv_kernels, ct_conv_kernels);

/* Rows of output computed between two visits of the same buffer rows, from the plan alone. */
static inline int64_t ct_conv_strip(const ct_conv_plan *plan) {
  int64_t rows = 1024 / plan->pitch;
  return rows < 1 ? 1 : rows < plan->out_h ? rows : plan->out_h;
}

/* Room for one position line, a multiple of CT_CONV_SLACK. */
static inline int64_t ct_conv_line(int64_t positions) {
  return (positions + CT_CONV_SLACK - 1) / CT_CONV_SLACK * CT_CONV_SLACK;
}

/* Elements of work per thread: the buffer, and what becomes of a strip before it is compacted. */
static inline int64_t ct_conv_run_work(const ct_conv_plan *plan, int64_t rows) {
  return ct_conv_line(plan->buffer) + rows * ct_conv_line(ct_conv_strip(plan) * plan->pitch);
}

/* Elements of work per thread: `together` buffers, and as many images of gy at the plan's pitch. */
static inline int64_t ct_conv_weight_work(const ct_conv_plan *plan, const ct_conv_weight_job *job) {
  return job->together * (ct_conv_line(plan->buffer) + job->outs * ct_conv_line(plan->positions));
}

#endif
