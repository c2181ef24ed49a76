/* Convolution: checks, the plans that bring each pass to the one form of cpu/nn_conv.h, and the
 * workspace. How the batch is cut into groups follows from sizes alone, so the bits of a gradient
 * do not depend on the number of threads. */
#include "ops/nn_conv.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/nn_conv.h"
#include "cuda/cuda.h"
#include "ops/copy.h"
#include "ops/nn_check.h"

#define KERNELS CT_ISA_SELECT(ct_conv_kernels)

enum {
  MOST_GROUPS = 16,       /* of images in a weight gradient */
  GROUP_BYTES = 32 << 20, /* that the groups' sums may take together */
  OUTS = 64,              /* outputs of one task of a weight gradient */
  NEAR_BYTES = 384 << 10, /* what one task works on at a time: part of a second-level cache */
  BIG = 1 << 30           /* sizes are checked below this, so that products of two fit */
};

static const char who[] = "nn.SpatialConvolution";

typedef struct conv_shape {
  int64_t B, C, H, W, O, kH, kW, oH, oW;
  ct_nn_conv_step step;
} conv_shape;

static ct_status check_weight(conv_shape *s, const ct_tensor *weight, ct_nn_conv_step step,
                              ct_error *error) {
  char got[CT_SHAPE_TEXT];
  if (weight->dims != 4 || ct_tensor_count(weight) == 0)
    return ct_fail(error, CT_EINVALID, "%s: weight must be [O, C, kH, kW], got %s", who,
                   ct_shape_text(got, weight->dims, weight->size));
  s->O = weight->size[0], s->C = weight->size[1], s->kH = weight->size[2], s->kW = weight->size[3];
  s->step = step;
  bool sane = step.dW >= 1 && step.dH >= 1 && step.padW >= 0 && step.padH >= 0 && step.dW < BIG &&
              step.dH < BIG && step.padW < BIG && step.padH < BIG;
  if (sane) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: strides must be >= 1 and padding >= 0", who);
}

static ct_status check_input(conv_shape *s, const ct_tensor *x, const ct_tensor *weight,
                             ct_nn_conv_step step, ct_error *error) {
  char got[CT_SHAPE_TEXT];
  CT_TRY(check_weight(s, weight, step, error));
  CT_TRY(ct_nn_check_dtype(who, "input", x, weight->dtype, error));
  if ((x->dims != 3 && x->dims != 4) || x->size[x->dims - 3] != s->C)
    return ct_fail(error, CT_EINVALID, "%s: input must be [B, %lld, H, W] or [%lld, H, W], got %s",
                   who, (long long)s->C, (long long)s->C, ct_shape_text(got, x->dims, x->size));
  s->B = x->dims == 4 ? x->size[0] : 1;
  s->H = x->size[x->dims - 2], s->W = x->size[x->dims - 1];
  bool fits = s->H < BIG && s->W < BIG && s->H + 2 * step.padH >= s->kH &&
              s->W + 2 * step.padW >= s->kW && s->H >= 1 && s->W >= 1;
  if (!fits)
    return ct_fail(error, CT_EINVALID, "%s: no window of %lldx%lld fits an input of %s", who,
                   (long long)s->kW, (long long)s->kH, ct_shape_text(got, x->dims, x->size));
  s->oH = (s->H + 2 * step.padH - s->kH) / step.dH + 1;
  s->oW = (s->W + 2 * step.padW - s->kW) / step.dW + 1;
  return CT_OK;
}

static ct_status check_bias(const char *what, const ct_tensor *bias, const ct_tensor *weight,
                            ct_error *error) {
  char got[CT_SHAPE_TEXT];
  if (!bias) return CT_OK;
  CT_TRY(ct_nn_check_dtype(who, what, bias, weight->dtype, error));
  if (bias->dims == 1 && bias->size[0] == weight->size[0]) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must be [%lld], got %s", who, what,
                 (long long)weight->size[0], ct_shape_text(got, bias->dims, bias->size));
}

static void output_size(const conv_shape *s, int64_t size[4]) {
  size[0] = s->B, size[1] = s->O, size[2] = s->oH, size[3] = s->oW;
}

static ct_status check_grad_output(const conv_shape *s, const ct_tensor *x, const ct_tensor *gy,
                                   ct_error *error) {
  int64_t size[4];
  output_size(s, size);
  ct_tensor expected = {.dtype = x->dtype, .dims = x->dims};
  for (int d = 0; d < x->dims; d++) expected.size[d] = size[4 - x->dims + d];
  return ct_nn_check_like(who, "gradOutput", gy, &expected, error);
}

static ct_cuda_conv shape_on_cuda(const conv_shape *s) {
  return (ct_cuda_conv){s->B,  s->C,  s->H,       s->W,       s->O,         s->kH,       s->kW,
                        s->oH, s->oW, s->step.dH, s->step.dW, s->step.padH, s->step.padW};
}

/* Plans */

/* The range of source elements i that land at i*step + first inside [0, limit). */
static void landing(int64_t count, int64_t step, int64_t first, int64_t limit, int64_t *from,
                    int64_t *to) {
  *from = first < 0 ? (-first + step - 1) / step : 0;
  *to = limit > first ? (limit - first + step - 1) / step : 0;
  if (*to > count) *to = count;
  if (*from > *to) *from = *to;
}

/* Fills in what follows from the rest; offset is allocated and belongs to the caller. */
static ct_status finish_plan(ct_conv_plan *p, ct_error *error) {
  int64_t window = p->kernel_h * p->kernel_w, *offset, planes, reach, below;
  p->taps = p->source_planes * window;
  if (p->columns) {
    p->pitch = p->out_w;
    planes = p->taps;
    reach = 0;
  } else {
    /* a row's unread tail doubles as the next row's left border, if that is wide enough */
    int64_t border = p->left > 0 ? p->left : 0, row = p->out_w + p->kernel_w - 1;
    p->pitch = row - border > p->out_w ? row - border : p->out_w;
    landing(p->source_h, p->step_h, p->top, p->out_h + p->kernel_h - 1, &p->y_from, &p->y_to);
    landing(p->source_w, p->step_w, p->left, row, &p->x_from, &p->x_to);
    planes = p->source_planes;
    reach = p->kernel_w - 1;
    reach = ct_size_mul(p->kernel_h - 1, p->pitch, &below) ? below + reach : INT64_MAX;
  }
  if (!ct_size_mul(p->out_h, p->pitch, &p->positions) ||
      !ct_size_add(p->positions + CT_CONV_SLACK, reach, &p->plane) ||
      !ct_size_mul(p->plane, planes, &p->buffer))
    return ct_fail(error, CT_EINVALID, "%s: the image is too large", who);
  p->positions = (p->out_h - 1) * p->pitch + p->out_w;
  p->plane = p->positions + CT_CONV_SLACK + reach;
  p->buffer = planes * p->plane;
  CT_TRY(ct_alloc(&offset, p->taps, sizeof *offset, who, error));
  for (int64_t k = 0; k < p->taps; k++) {
    int64_t ky = k % window / p->kernel_w, kx = k % p->kernel_w;
    offset[k] = p->columns ? k * p->plane : k / window * p->plane + ky * p->pitch + kx;
  }
  p->offset = offset;
  return CT_OK;
}

/* x to y, and the weight gradient */
static ct_status forward_plan(ct_conv_plan *p, const conv_shape *s, ct_error *error) {
  *p = (ct_conv_plan){.source_planes = s->C, .source_h = s->H, .source_w = s->W};
  p->out_planes = s->O, p->out_h = s->oH, p->out_w = s->oW;
  p->kernel_h = s->kH, p->kernel_w = s->kW;
  p->columns = s->step.dH != 1 || s->step.dW != 1;
  p->step_h = s->step.dH, p->step_w = s->step.dW;
  p->top = s->step.padH, p->left = s->step.padW;
  return finish_plan(p, error);
}

/* gy to gx: gy spread out by the stride, with the borders that the turned kernel needs */
static ct_status backward_plan(ct_conv_plan *p, const conv_shape *s, ct_error *error) {
  *p = (ct_conv_plan){.source_planes = s->O, .source_h = s->oH, .source_w = s->oW};
  p->out_planes = s->C, p->out_h = s->H, p->out_w = s->W;
  p->kernel_h = s->kH, p->kernel_w = s->kW;
  p->step_h = s->step.dH, p->step_w = s->step.dW;
  p->top = s->kH - 1 - s->step.padH, p->left = s->kW - 1 - s->step.padW;
  return finish_plan(p, error);
}

static int plan_threads(const ct_conv_plan *p, int64_t tasks) {
  double work = (double)tasks * (double)p->out_planes * (double)p->taps * (double)p->positions;
  int threads = ct_threads_for(work > 1e15 ? (int64_t)1e15 : (int64_t)(work / 16));
  return threads < tasks ? threads : (int)tasks;
}

/* out = plan applied to source with `weight` (turned for gradients of inputs). The workspace holds
 * packed weights, bias padded to whole tiles, and each thread's buffers. */
static ct_status run_plan(const ct_conv_plan *p, ct_tensor *out, const ct_tensor *source, int64_t B,
                          const ct_tensor *weight, const ct_tensor *bias, bool turned,
                          ct_error *error) {
  const ct_conv_kernels *kernels = KERNELS;
  ct_dtype dtype = weight->dtype;
  size_t element = ct_dtype_size(dtype);
  int threads = plan_threads(p, B);
  int64_t rows = kernels->rows[dtype];
  int64_t outs = (p->out_planes + rows - 1) / rows * rows;
  int64_t work = ct_conv_run_work(p, rows), packed, total;
  char *memory;
  if (!ct_size_mul(outs, p->taps + 1, &packed) || !ct_size_mul(work, threads, &total) ||
      !ct_size_add(packed = ct_conv_line(packed), total, &total))
    return ct_fail(error, CT_EINVALID, "%s: the image is too large", who);
  CT_TRY(ct_alloc(&memory, total, element, who, error));
  char *bias_at = memory + (size_t)(outs * p->taps) * element;
  for (int64_t o = 0; o < outs; o++) {
    ct_scalar zero = ct_scalar_of(0);
    const char *b = bias ? ct_tensor_data(bias) : NULL;
    ct_scalar_store(dtype, bias_at + (size_t)o * element,
                    b && o < p->out_planes ? ct_scalar_load(dtype, b + (size_t)o * element) : zero);
  }
  kernels->pack[dtype](memory, ct_tensor_data(weight), p->out_planes, p->source_planes, p->kernel_h,
                       p->kernel_w, turned);
  bool done = kernels->run[dtype](ct_tensor_data(out), ct_tensor_data(source), memory, bias_at, B,
                                  p, memory + (size_t)packed * element, threads);
  ct_free(memory);
  return done ? CT_OK : ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", who);
}

ct_status ct_nn_conv(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight,
                     const ct_tensor *bias, ct_nn_conv_step step, ct_error *error) {
  conv_shape s;
  ct_conv_plan plan;
  int64_t size[4];
  CT_SCOPED_TENSOR flat_x = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_w = {.dtype = weight->dtype};
  CT_SCOPED_TENSOR flat_b = {.dtype = weight->dtype};
  CT_TRY(check_input(&s, x, weight, step, error));
  CT_TRY(check_bias("bias", bias, weight, error));
  const ct_tensor *input[] = {x, weight, bias};
  CT_TRY(ct_tensor_together(who, y, 3, input, error));
  CT_TRY(ct_contiguous(&flat_x, x->dtype, x, error));
  CT_TRY(ct_contiguous(&flat_w, x->dtype, weight, error));
  if (bias) CT_TRY(ct_contiguous(&flat_b, x->dtype, bias, error));
  output_size(&s, size);
  CT_TRY(ct_nn_result(who, y, x->dtype, x->dims, size + 4 - x->dims, error));
  if (s.B == 0) return CT_OK;
  if (ct_dtype_is_cuda(x->dtype)) {
    const ct_cuda_conv shape = shape_on_cuda(&s);
    return ct_cuda()->nn->conv(y, &flat_x, &flat_w, bias ? &flat_b : NULL, &shape, error);
  }
  CT_TRY(forward_plan(&plan, &s, error));
  ct_status status = run_plan(&plan, y, &flat_x, s.B, &flat_w, bias ? &flat_b : NULL, false, error);
  ct_free((void *)plan.offset);
  return status;
}

ct_status ct_nn_conv_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                              const ct_tensor *weight, ct_nn_conv_step step, ct_error *error) {
  conv_shape s;
  ct_conv_plan plan;
  CT_SCOPED_TENSOR flat_gy = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_w = {.dtype = weight->dtype};
  CT_TRY(check_input(&s, x, weight, step, error));
  CT_TRY(check_grad_output(&s, x, gy, error));
  const ct_tensor *input[] = {x, gy, weight};
  CT_TRY(ct_tensor_together(who, gx, 3, input, error));
  CT_TRY(ct_contiguous(&flat_gy, x->dtype, gy, error));
  CT_TRY(ct_contiguous(&flat_w, x->dtype, weight, error));
  CT_TRY(ct_nn_result(who, gx, x->dtype, x->dims, x->size, error));
  if (s.B == 0) return CT_OK;
  if (ct_dtype_is_cuda(x->dtype)) {
    const ct_cuda_conv shape = shape_on_cuda(&s);
    return ct_cuda()->nn->conv_backward(gx, &flat_gy, &flat_w, &shape, error);
  }
  CT_TRY(backward_plan(&plan, &s, error));
  ct_status status = run_plan(&plan, gx, &flat_gy, s.B, &flat_w, NULL, true, error);
  ct_free((void *)plan.offset);
  return status;
}

/* How the weight gradient is cut, from sizes alone. */
static ct_conv_weight_job make_job(const ct_conv_plan *p, int64_t B, size_t element) {
  ct_conv_weight_job job = {.B = B, .groups = B < MOST_GROUPS ? B : MOST_GROUPS};
  double sums = (double)p->out_planes * (double)p->taps * (double)element;
  while (job.groups > 1 && sums * (double)job.groups > GROUP_BYTES) job.groups /= 2;
  job.outs = p->out_planes < OUTS ? ct_conv_line(p->out_planes) : OUTS;
  double image = (double)element * ((double)p->buffer + (double)(job.outs * p->positions));
  job.together = (int64_t)(NEAR_BYTES / image);
  int64_t group = (B + job.groups - 1) / job.groups;
  if (job.together > group) job.together = group;
  if (job.together < 1) job.together = 1;
  return job;
}

static ct_status run_weight(const ct_conv_plan *p, ct_tensor *gw, const ct_tensor *x,
                            const ct_tensor *gy, int64_t B, double scale, ct_error *error) {
  const ct_conv_kernels *kernels = KERNELS;
  ct_dtype dtype = gw->dtype;
  size_t element = ct_dtype_size(dtype);
  ct_conv_weight_job job = make_job(p, B, element);
  int threads = plan_threads(p, job.groups * ((p->out_planes + job.outs - 1) / job.outs));
  int64_t count = p->out_planes * p->taps, sums, total;
  char *memory;
  if (!ct_size_mul(count, job.groups, &sums) ||
      !ct_size_mul(ct_conv_weight_work(p, &job), threads, &total) ||
      !ct_size_add(sums = ct_conv_line(sums), total, &total))
    return ct_fail(error, CT_EINVALID, "%s: the image is too large", who);
  CT_TRY(ct_alloc(&memory, total, element, who, error));
  bool done = kernels->weight[dtype](memory, ct_tensor_data(x), ct_tensor_data(gy), &job, p,
                                     memory + (size_t)sums * element, threads);
  if (done)
    kernels->add_groups[dtype](ct_tensor_data(gw), memory, count, job.groups, scale,
                               ct_threads_for(count * job.groups));
  ct_free(memory);
  return done ? CT_OK : ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", who);
}

/* gw, x and gy are contiguous. */
static ct_status add_weight_gradient(const conv_shape *s, ct_tensor *gw, const ct_tensor *x,
                                     const ct_tensor *gy, double scale, ct_error *error) {
  ct_conv_plan plan;
  if (ct_dtype_is_cuda(gw->dtype)) {
    const ct_cuda_conv shape = shape_on_cuda(s);
    return ct_cuda()->nn->conv_accumulate(gw, x, gy, scale, &shape, error);
  }
  CT_TRY(forward_plan(&plan, s, error));
  ct_status status = run_weight(&plan, gw, x, gy, s->B, scale, error);
  ct_free((void *)plan.offset);
  return status;
}

static ct_status add_bias_gradient(const conv_shape *s, ct_tensor *gb, const ct_tensor *gy,
                                   double scale, ct_error *error) {
  int64_t positions = s->oH * s->oW;
  if (ct_dtype_is_cuda(gb->dtype))
    return ct_cuda()->nn->add_channel_sums(gb, gy, (ct_cuda_channels){s->B, s->O, positions}, scale,
                                           error);
  KERNELS->add_bias[gb->dtype](ct_tensor_data(gb), ct_tensor_data(gy), s->B, s->O, positions, scale,
                               ct_threads_for(ct_tensor_count(gy)));
  return CT_OK;
}

ct_status ct_nn_conv_accumulate(ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                const ct_tensor *gy, double scale, ct_nn_conv_step step,
                                ct_error *error) {
  conv_shape s;
  CT_SCOPED_TENSOR flat_x = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_gy = {.dtype = x->dtype};
  CT_SCOPED_TENSOR flat_gw = {.dtype = gw->dtype};
  CT_SCOPED_TENSOR flat_gb = {.dtype = gw->dtype};
  CT_TRY(check_input(&s, x, gw, step, error));
  CT_TRY(check_grad_output(&s, x, gy, error));
  CT_TRY(check_bias("gradBias", gb, gw, error));
  const ct_tensor *input[] = {x, gy, gb};
  CT_TRY(ct_tensor_together(who, gw, 3, input, error));
  CT_TRY(ct_contiguous(&flat_x, x->dtype, x, error));
  CT_TRY(ct_contiguous(&flat_gy, x->dtype, gy, error));
  if (s.B == 0) return CT_OK;
  CT_TRY(ct_nn_writable(&flat_gw, gw, error));
  CT_TRY(add_weight_gradient(&s, &flat_gw, &flat_x, &flat_gy, scale, error));
  CT_TRY(ct_nn_write_back(gw, &flat_gw, error));
  if (!gb) return CT_OK;
  CT_TRY(ct_nn_writable(&flat_gb, gb, error));
  CT_TRY(add_bias_gradient(&s, &flat_gb, &flat_gy, scale, error));
  return ct_nn_write_back(gb, &flat_gb, error);
}
