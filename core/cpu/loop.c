/* The elementwise frame.
 *
 * Dimensions are sorted by the first operand's stride and merged wherever all operands allow, so
 * most calls end as one long run. The run dimension is cut into pieces of at most PIECE (or the
 * caller's number of) elements; pieces are numbered and shared out to threads. Where an operand
 * goes from cache line to cache line along a run, as in a transposed copy, pieces are short, and
 * those of ABREAST runs follow each other: the next runs find the lines that the first brought. An
 * output that revisits memory (an expanded view, overlapping windows) is walked by one thread. */
#include "cpu/loop.h"
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/threads.h"

enum { PIECE = 16384, SHORT = 256, ABREAST = 16, LINE = 64 };

typedef struct plan {
  int dims, operands;
  int64_t size[CT_MAX_DIMS];
  int64_t stride[CT_MAX_OPERANDS][CT_MAX_DIMS]; /* bytes */
  char *base[CT_MAX_OPERANDS];
} plan;

static void swap_dims(plan *p, int a, int b) {
  int64_t s = p->size[a];
  p->size[a] = p->size[b], p->size[b] = s;
  for (int k = 0; k < p->operands; k++) {
    s = p->stride[k][a];
    p->stride[k][a] = p->stride[k][b], p->stride[k][b] = s;
  }
}

static bool mergeable(const plan *p, int d) {
  for (int k = 0; k < p->operands; k++)
    if (p->stride[k][d] != p->stride[k][d + 1] * p->size[d + 1]) return false;
  return true;
}

static void make_plan(plan *p, int operands, const ct_tensor *const *operand) {
  p->operands = operands;
  p->dims = 0;
  for (int k = 0; k < operands; k++) p->base[k] = ct_tensor_data(operand[k]);
  for (int d = 0; d < operand[0]->dims; d++) {
    if (operand[0]->size[d] == 1) continue;
    p->size[p->dims] = operand[0]->size[d];
    for (int k = 0; k < operands; k++)
      p->stride[k][p->dims] = operand[k]->stride[d] * (int64_t)ct_dtype_size(operand[k]->dtype);
    p->dims++;
  }
  for (int i = 1; i < p->dims; i++)
    for (int d = i; d > 0 && p->stride[0][d - 1] < p->stride[0][d]; d--) swap_dims(p, d - 1, d);
  for (int d = p->dims - 2; d >= 0; d--) {
    if (!mergeable(p, d)) continue;
    p->size[d] *= p->size[d + 1];
    for (int k = 0; k < operands; k++) p->stride[k][d] = p->stride[k][d + 1];
    for (int e = d + 1; e < p->dims - 1; e++) swap_dims(p, e, e + 1);
    p->dims--;
  }
  if (p->dims == 0) { /* a single element */
    p->dims = 1;
    p->size[0] = 1;
    for (int k = 0; k < operands; k++) p->stride[k][0] = 0;
  }
}

/* Whether operand k may meet one element of memory twice (an expanded view, overlapping windows):
 * from the smallest stride up, each dimension must step over all that lies within it. */
static bool revisits(const plan *p, int k, int64_t element) {
  bool used[CT_MAX_DIMS] = {false};
  int64_t extent = element;
  for (int n = 0; n < p->dims; n++) {
    int inner = -1;
    for (int d = 0; d < p->dims; d++)
      if (!used[d] && (inner < 0 || p->stride[k][d] < p->stride[k][inner])) inner = d;
    used[inner] = true;
    if (p->size[inner] == 1) continue;
    if (p->stride[k][inner] < extent) return true;
    extent += (p->size[inner] - 1) * p->stride[k][inner];
  }
  return false;
}

/* Whether an operand steps over cache lines along the runs and not across them. */
static bool crosses_lines(const plan *p) {
  for (int k = 0; k < p->operands && p->dims > 1; k++) {
    int64_t along = llabs(p->stride[k][p->dims - 1]), across = llabs(p->stride[k][p->dims - 2]);
    if (along >= LINE && across < along) return true;
  }
  return false;
}

static void run_piece(const plan *p, int64_t piece, int64_t pieces_per_row, int64_t rows,
                      int64_t abreast, int64_t most, ct_run_fn run, const void *context) {
  char *pointer[CT_MAX_OPERANDS];
  int64_t stride[CT_MAX_OPERANDS];
  int inner = p->dims - 1;
  int64_t first = piece / (pieces_per_row * abreast) * abreast; /* of the runs abreast */
  int64_t together = rows - first < abreast ? rows - first : abreast;
  int64_t at = piece - first * pieces_per_row, row = first + at % together;
  int64_t start = at / together * most;
  int64_t count = p->size[inner] - start < most ? p->size[inner] - start : most;
  for (int k = 0; k < p->operands; k++) {
    stride[k] = p->stride[k][inner];
    pointer[k] = p->base[k] + start * stride[k];
  }
  for (int d = inner - 1; d >= 0; d--) {
    int64_t index = row % p->size[d];
    row /= p->size[d];
    for (int k = 0; k < p->operands; k++) pointer[k] += index * p->stride[k][d];
  }
  run(context, count, pointer, stride);
}

void ct_loop_pieces(int operands, int written, const ct_tensor *const *operand, int64_t piece,
                    int64_t weight, ct_run_fn run, const void *context) {
  int64_t total = ct_tensor_count(operand[0]), work;
  if (total == 0) return;
  plan p;
  make_plan(&p, operands, operand);
  bool crosses = crosses_lines(&p);
  if (crosses && piece > SHORT) piece = SHORT;
  int64_t inner = p.size[p.dims - 1], per_row = (inner + piece - 1) / piece;
  int64_t rows = total / inner, pieces = rows * per_row, abreast = crosses ? ABREAST : 1;
  if (!ct_size_mul(total, weight, &work)) work = INT64_MAX;
  bool alone = pieces == 1;
  for (int k = 0; k < written; k++)
    alone = alone || revisits(&p, k, (int64_t)ct_dtype_size(operand[k]->dtype));
  int threads = alone ? 1 : ct_threads_for(work);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t k = 0; k < pieces; k++)
    run_piece(&p, k, per_row, rows, abreast, piece, run, context);
}

void ct_loop(int operands, int written, const ct_tensor *const *operand, ct_run_fn run,
             const void *context) {
  ct_loop_pieces(operands, written, operand, PIECE, 1, run, context);
}
