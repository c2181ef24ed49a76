/* Rows of similarities from blocks of queries times all references. A row depends on nothing but
 * its query, so the number of threads changes no bit of it. */
#include "metric/tiles.h"
#include <string.h>
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cpu/retrieval.h"

static void visit_block(const ct_packed *queries, const ct_packed *references, int64_t first,
                        char *tile, void *room, ct_row_visit *visit, void *context) {
  const ct_retrieval_kernels *kernels = queries->dtype == CT_FLOAT
                                            ? CT_ISA_SELECT(ct_retrieval_kernels_f32)
                                            : CT_ISA_SELECT(ct_retrieval_kernels_f64);
  size_t element = ct_dtype_size(queries->dtype);
  int64_t last = first + CT_TILE_ROWS < queries->rows ? first + CT_TILE_ROWS : queries->rows;
  kernels->products(tile, (char *)queries->data + (size_t)(first * queries->depth) * element,
                    references->data, CT_TILE_ROWS, references->panels, queries->depth);
  for (int64_t q = first; q < last && !ct_interrupted(); q++)
    visit(context, q, tile + (size_t)((q - first) * references->places) * element, room);
}

ct_status ct_visit_rows(const ct_packed *queries, const ct_packed *references, int64_t room_bytes,
                        ct_row_visit *visit, void *context, const char *function, ct_error *error) {
  int64_t blocks = (queries->rows + CT_TILE_ROWS - 1) / CT_TILE_ROWS, tile_bytes, bytes;
  int threads = ct_threads_for(queries->rows * references->rows), worker = 0;
  if (threads > blocks) threads = (int)blocks;
  if (blocks == 0) return CT_OK;
  room_bytes = (room_bytes + 63) / 64 * 64;
  char *own = NULL;
  if (!ct_size_mul(references->places, CT_TILE_ROWS * (int64_t)ct_dtype_size(queries->dtype),
                   &tile_bytes) ||
      !ct_size_mul(threads, tile_bytes + room_bytes, &bytes))
    return ct_fail(error, CT_ENOMEM, "%s: the tiles exceed the address space", function);
  CT_TRY(ct_alloc(&own, bytes, 1, function, error));
  memset(own, 0, (size_t)bytes);
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    char *tile;
#pragma omp critical(ct_visit_rows)
    tile = own + worker++ * (tile_bytes + room_bytes);
#pragma omp for schedule(dynamic)
    for (int64_t b = 0; b < blocks; b++)
      if (!ct_interrupted())
        visit_block(queries, references, b * CT_TILE_ROWS, tile, tile + tile_bytes, visit, context);
  }
  ct_free(own);
  return ct_interrupted() ? ct_fail(error, CT_EINTERRUPTED, "%s: interrupted", function) : CT_OK;
}

void ct_squared_distances(double *d, const void *similarity, const ct_packed *references,
                          ct_similarity kind, double square) {
  bool cosine = kind == CT_SIMILARITY_COSINE;
  double from = cosine ? 2 : square, times = cosine ? 2 : 1;
  if (references->dtype == CT_FLOAT) {
    const float *s = similarity;
    for (int64_t c = 0; c < references->rows; c++) d[c] = from - times * (double)s[c];
  } else {
    const double *s = similarity;
    for (int64_t c = 0; c < references->rows; c++) d[c] = from - times * s[c];
  }
}
