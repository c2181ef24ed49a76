/* All similarities, a few rows at a time: for measures that look at one query's whole row. */
#ifndef CIRCLET_METRIC_TILES_H
#define CIRCLET_METRIC_TILES_H

#include "metric/rows.h"

/* Row q of the queries: `similarity` [references.places] of the packs' type, places beyond the last
 * reference zero; `room`: the thread's own, as the last row left it. */
typedef void ct_row_visit(void *context, int64_t q, const void *similarity, void *room);

/* Calls visit for every query, on all threads, in any order; each thread has `room_bytes` of zeros
 * at first, and CT_TILE_ROWS rows of similarities. Fails with CT_EINTERRUPTED after Ctrl-C. */
ct_status ct_visit_rows(const ct_packed *queries, const ct_packed *references, int64_t room_bytes,
                        ct_row_visit *visit, void *context, const char *function, ct_error *error);

/* Squared Euclidean distances d [references.rows] from similarities: of rows packed for
 * CT_SIMILARITY_COSINE between the normalised rows, 2 - 2 cos; of CT_SIMILARITY_EUCLIDEAN with
 * `square` = |q|^2. Rounding may leave a distance of 0 slightly below it. */
void ct_squared_distances(double *d, const void *similarity, const ct_packed *references,
                          ct_similarity kind, double square);

#endif
