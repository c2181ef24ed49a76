/* A plain C program that knows circlet.h alone. Reads nothing; prints losses, gradients and
 * messages, which spec/abi/abi_spec.lua compares with those of the Lua module. */
#include "circlet.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 6, D = 3, STRIDE = 5, C = 2 };

/* What DLPack's header would declare. */
struct DLManagedTensorVersioned {
  uint32_t major, minor;
  void *manager_ctx;
  void (*deleter)(struct DLManagedTensorVersioned *self);
  uint64_t flags;
  struct {
    void *data;
    int32_t device_type, device_id, ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t byte_offset;
  } tensor;
};

static void print(const char *name, const double *values, int rows, int columns, int stride) {
  printf("%s", name);
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) printf(" %.17g", values[i * stride + j]);
  printf("\n");
}

static void check(circlet_context *context, int status) {
  if (status == CIRCLET_OK) return;
  fprintf(stderr, "status %d: %s\n", status, circlet_last_error(context));
  exit(1);
}

static void refused(const char *name, circlet_context *context, int status) {
  printf("%s %d %s\n", name, status, circlet_last_error(context));
}

/* The loss of x through DLPack, its gradient into a tensor of circlet's. */
static void exchange(circlet_context *context, const circlet_options *options, double *x,
                     int64_t *labels) {
  struct DLManagedTensorVersioned in = {.major = 1}, names = {.major = 1, .minor = 3}, *out, bad;
  int64_t shape[2] = {B, D}, strides[2] = {STRIDE, 1}, rows = B;
  int type;
  circlet_rows from;
  circlet_matrix to;
  circlet_facts facts;
  in.tensor.data = x, in.tensor.device_type = 1, in.tensor.ndim = 2;
  in.tensor.code = 2, in.tensor.bits = 64, in.tensor.lanes = 1;
  in.tensor.shape = shape, in.tensor.strides = strides;
  names.tensor = in.tensor;
  names.tensor.data = labels, names.tensor.ndim = 1, names.tensor.code = 0;
  names.tensor.shape = &rows, names.tensor.strides = NULL, names.flags = 1;
  check(context, circlet_dlpack_rows(context, &in, &names, &type, &from));
  printf("dl_rows %d %d %d %d %d\n", type, from.data == x, (int)from.rows, (int)from.row_stride,
         from.labels == labels);
  check(context, circlet_dlpack_new(context, type, B, D, &out));
  check(context, circlet_dlpack_matrix(context, out, &type, &to));
  check(context, circlet_pair_forward(context, type, &from, NULL, options, NULL, &facts));
  check(context, circlet_pair_backward(context, 1, &to, NULL));
  print("dl_gradient", out->tensor.data, B, D, D);
  printf("dl_new %d %d %d %d\n", out->major == 1, out->tensor.device_type,
         (int)out->tensor.shape[1], out->tensor.code == 2 && out->tensor.bits == 64);
  out->deleter(out);
  check(context, circlet_dlpack_rows(context, &in, NULL, &type, &from));
  printf("dl_bare %d\n", from.labels == NULL);

  bad = in, bad.flags = 1;
  refused("dl_read_only", context, circlet_dlpack_matrix(context, &bad, &type, &to));
  bad = in, bad.major = 2;
  refused("dl_version", context, circlet_dlpack_rows(context, &bad, NULL, &type, &from));
  bad = names;
  refused("dl_type", context, circlet_dlpack_rows(context, &bad, NULL, &type, &from));
  bad = in, bad.tensor.ndim = 1;
  refused("dl_dims", context, circlet_dlpack_rows(context, &bad, NULL, &type, &from));
  int64_t across[2] = {1, B}, few = B - 1;
  bad = in, bad.tensor.strides = across;
  refused("dl_strides", context, circlet_dlpack_rows(context, &bad, NULL, &type, &from));
  bad = names, bad.tensor.shape = &few;
  refused("dl_labels", context, circlet_dlpack_rows(context, &in, &bad, &type, &from));
  refused("dl_null", context, circlet_dlpack_rows(context, NULL, NULL, &type, &from));
  refused("dl_size", context, circlet_dlpack_new(context, 0, -1, 2, &out));
  refused("dl_kind", context, circlet_dlpack_new(context, 2, 1, 2, &out));
  printf("dl_nowhere %d %d\n", circlet_dlpack_new(context, 0, 1, 2, NULL), out == NULL);
}

/* Every loss of the family by its defaults, and what circlet_loss_forward refuses. */
static void family(circlet_context *context, const double *x, int64_t *labels) {
  circlet_rows rows = {x, B, D, STRIDE, labels}, proxies = {x, C, D, STRIDE, NULL};
  circlet_loss loss, all;
  circlet_loss_facts facts = {.size = sizeof facts};
  double losses[B];
  for (int k = 0; k < 12; k++) {
    if (circlet_loss_named(circlet_loss_name(k)) != k) exit(1);
    check(context, circlet_loss_init(&loss, sizeof loss, k));
    int classes = k >= CIRCLET_LOSS_MARGIN, proxy = k == CIRCLET_LOSS_PROXY_ANCHOR;
    check(context, circlet_loss_forward(context, CIRCLET_DOUBLE, proxy ? &proxies : &rows,
                                        proxy     ? &rows
                                        : classes ? &proxies
                                                  : NULL,
                                        &loss, NULL, &facts));
    printf("loss_%s %.17g %s\n", circlet_loss_name(k), facts.loss,
           circlet_loss_parameter_name(k, 0));
  }
  printf("loss_names %s %s %d %d %d\n", circlet_loss_variant_name(CIRCLET_LOSS_CIRCLE),
         circlet_loss_variant_name(CIRCLET_LOSS_LIFTED), circlet_loss_name(12) == NULL,
         circlet_loss_parameter_name(0, 2) == NULL, circlet_loss_named("circel"));
  check(context, circlet_loss_init(&all, sizeof all, CIRCLET_LOSS_UNIFIED));
  all.parameter[CIRCLET_UNIFIED_GAMMA] = 8;
  all.reduction = CIRCLET_NONE;
  check(context, circlet_loss_forward(context, CIRCLET_DOUBLE, &rows, NULL, &all, losses, NULL));
  print("loss_each", losses, B, 1, 1);
  printf("loss_init %d %d %d\n", circlet_loss_init(&loss, 16, 0),
         circlet_loss_init(&loss, sizeof loss, 12), circlet_loss_preset(&all, "arcface"));
#define REFUSED(name, field, value)                                                                \
  loss = all, loss.reduction = CIRCLET_MEAN, loss.field = value;                                   \
  refused(name, context, circlet_loss_forward(context, 1, &rows, NULL, &loss, NULL, &facts))
  REFUSED("loss_size", size, 24);
  REFUSED("loss_number", loss, 99);
  REFUSED("loss_variant", variant, 1);
  REFUSED("loss_reduction", reduction, 5);
  REFUSED("loss_positives", positives, 3);
  REFUSED("loss_hardest", hardest_negatives, -1);
  REFUSED("loss_gamma", parameter[CIRCLET_UNIFIED_GAMMA], 0);
  REFUSED("loss_several", positives, CIRCLET_SHARED_LABELS);
  losses[2] = -1;
  REFUSED("loss_own", own[CIRCLET_UNIFIED_GAMMA], losses);
  facts.size = 8;
  refused("loss_facts", context, circlet_loss_forward(context, 1, &rows, NULL, &all, NULL, &facts));
}

int main(void) {
  /* rows with a gap after each, filled with values that must not be read or written */
  double x[B * STRIDE], gradient[B * STRIDE], refs[C * D], grad_refs[C * D], losses[B];
  float xf[B * D], gf[B * D];
  int64_t labels[B] = {1, 2, 1, 2, 1, 2}, two[C] = {1, 2};
  for (int i = 0; i < B * STRIDE; i++) x[i] = NAN, gradient[i] = 77;
  for (int i = 0; i < B; i++)
    for (int j = 0; j < D; j++) {
      x[i * STRIDE + j] = sin(1.0 + 3 * i + j);
      xf[i * D + j] = (float)x[i * STRIDE + j];
    }
  for (int i = 0; i < C * D; i++) refs[i] = cos(2.0 + i);

  circlet_context *context;
  circlet_options options;
  circlet_facts facts;
  if (circlet_abi_version() != CIRCLET_ABI_VERSION) return 2;
  if (strcmp(circlet_version(), CIRCLET_VERSION) != 0) return 2;
  check(NULL, circlet_context_new(&context));
  printf("quiet [%s]\n", circlet_last_error(context));
  check(context, circlet_options_init(&options, sizeof options));
  options.gamma = 8;

  circlet_rows rows = {x, B, D, STRIDE, labels};
  circlet_matrix out = {gradient, B, D, STRIDE};
  check(context,
        circlet_pair_forward(context, CIRCLET_DOUBLE, &rows, NULL, &options, NULL, &facts));
  check(context, circlet_pair_backward(context, 1, &out, NULL));
  print("self", &facts.loss, 1, 1, 1);
  print("self_gradient", gradient, B, D, STRIDE);
  print("gap", gradient + D, 1, STRIDE - D, 1);
  printf("facts %lld %lld %lld %lld %.17g %.17g\n", (long long)facts.n_anchors,
         (long long)facts.n_valid, (long long)facts.n_positive, (long long)facts.n_negative,
         facts.mean_sp, facts.mean_sn);

  circlet_rows others = {refs, C, D, D, two}, classes = {refs, C, D, D, NULL};
  circlet_matrix out_refs = {grad_refs, C, D, D};
  options.reduction = CIRCLET_NONE;
  check(context,
        circlet_pair_forward(context, CIRCLET_DOUBLE, &rows, &others, &options, losses, &facts));
  print("each", losses, B, 1, 1);
  options.reduction = CIRCLET_SUM;
  check(context,
        circlet_pair_forward(context, CIRCLET_DOUBLE, &rows, &classes, &options, NULL, &facts));
  check(context, circlet_pair_backward(context, 0.5, NULL, &out_refs));
  print("class", &facts.loss, 1, 1, 1);
  print("class_gradient", grad_refs, C, D, D);

  circlet_rows single = {xf, B, D, D, labels};
  circlet_matrix out_single = {gf, B, D, D};
  check(context, circlet_pair_forward(context, CIRCLET_FLOAT, &single, NULL, NULL, NULL, &facts));
  check(context, circlet_pair_backward(context, 1, &out_single, NULL));
  double wide[B * D];
  for (int i = 0; i < B * D; i++) wide[i] = gf[i];
  print("float", &facts.loss, 1, 1, 1);
  print("float_gradient", wide, B, D, D);

  circlet_rows p = {x, B, 2, STRIDE, NULL}, n = {x + 1, B, 2, STRIDE, NULL};
  double gp[B * 2], gn[B * 2];
  circlet_matrix out_p = {gp, B, 2, 2}, out_n = {gn, B, 2, 2};
  options.reduction = CIRCLET_MEAN;
  check(context, circlet_similarity_loss(context, CIRCLET_DOUBLE, &p, &n, &options, 1, NULL, &out_p,
                                         &out_n, &facts));
  print("given", &facts.loss, 1, 1, 1);
  print("given_p", gp, B, 2, 2);
  print("given_n", gn, B, 2, 2);

  exchange(context, &options, x, labels);
  family(context, x, labels);

  /* nothing at all is no error */
  circlet_rows none = {NULL, 0, D, D, NULL};
  check(context, circlet_pair_forward(context, CIRCLET_FLOAT, &none, NULL, NULL, NULL, &facts));
  printf("none %g %lld\n", facts.loss, (long long)facts.n_anchors);

  /* misuse */
  circlet_rows bad = rows;
  refused("type", context, circlet_pair_forward(context, 2, &rows, NULL, NULL, NULL, &facts));
  bad.data = NULL;
  refused("data", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  bad = rows, bad.row_stride = D - 1;
  refused("stride", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  bad = rows, bad.rows = -1;
  refused("rows", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  bad = rows, bad.rows = INT64_MAX / 2, bad.row_stride = INT64_MAX / 2;
  refused("huge", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  bad = rows, bad.labels = NULL;
  refused("labels", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  refused("null", context, circlet_pair_forward(context, 1, NULL, NULL, NULL, NULL, &facts));
  refused("backward", context, circlet_pair_backward(context, 1, &out, NULL));
  int64_t zero[B] = {1, 2, 0, 2, 1, 2};
  bad = rows, bad.labels = zero;
  refused("zero", context, circlet_pair_forward(context, 1, &bad, NULL, NULL, NULL, &facts));
  circlet_options other = options;
  other.size = 8;
  refused("size", context, circlet_pair_forward(context, 1, &rows, NULL, &other, NULL, &facts));
  other = options, other.similarity = 3;
  refused("choice", context, circlet_pair_forward(context, 1, &rows, NULL, &other, NULL, &facts));
  other = options, other.reduction = CIRCLET_NONE;
  refused("each", context, circlet_pair_forward(context, 1, &rows, NULL, &other, NULL, &facts));
  other = options, other.gamma = -1;
  refused("gamma", context, circlet_pair_forward(context, 1, &rows, NULL, &other, NULL, &facts));
  check(context, circlet_pair_forward(context, 1, &rows, NULL, &options, NULL, &facts));
  out.columns = D - 1;
  refused("out", context, circlet_pair_backward(context, 1, &out, NULL));
  refused("refs", context, circlet_pair_backward(context, 1, NULL, &out_refs));
  circlet_interrupt();
  static double big[600 * 8], grad_big[600 * 8];
  static int64_t many[600];
  for (int i = 0; i < 600; i++) many[i] = 1 + i % 7;
  for (int i = 0; i < 600 * 8; i++) big[i] = sin((double)i);
  circlet_rows large = {big, 600, 8, 8, many};
  circlet_matrix out_large = {grad_big, 600, 8, 8};
  refused("interrupt", context, circlet_pair_forward(context, 1, &large, NULL, NULL, NULL, &facts));
  check(context, circlet_pair_forward(context, 1, &large, NULL, NULL, NULL, &facts)); /* once */
  check(context, circlet_pair_backward(context, 1, &out_large, NULL));
  printf("init %d %d %d\n", circlet_options_init(&options, 8), circlet_context_new(NULL),
         circlet_pair_backward(NULL, 1, NULL, NULL));
  circlet_set_threads(2);
  printf("threads %d\n", circlet_threads());
  circlet_context_free(context);
  circlet_context_free(NULL);
  return 0;
}
