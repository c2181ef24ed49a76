/* What retrieval does per tile: similarities of some queries with all references, and the ranks of
 * the references that share a query's label. */
#ifndef CIRCLET_CPU_RETRIEVAL_H
#define CIRCLET_CPU_RETRIEVAL_H

#include <stdint.h>
#include "cpu/isa.h"

/* References are packed in panels of CT_PANEL_BYTES / sizeof(element) columns:
 * panel[p][depth][columns of one panel], the last panel filled up with zeros. Query rows come in
 * groups of CT_TILE_ROWS, row-major, the last group filled up with zero rows. */
enum { CT_PANEL_BYTES = 128, CT_TILE_ROWS = 12 };

/* One query's ranking problem: `n` references sorted by label (and by position within a label);
 * those in [begin, end) are relevant but for [skip, skip_end), a range within it (empty where skip
 * = skip_end) that takes no part. position[c] is where reference c stood in the user's order; of
 * two equal similarities the smaller position ranks first. `depth`: how far down ranks must be
 * known; the rank of the first relevant reference always is. */
typedef struct ct_ranking {
  int64_t n, begin, end, skip, skip_end, depth;
  const int32_t *position;
} ct_ranking;

/* Buckets that a ranking with `relevant` relevant references sorts through. Below 2^24, so that
 * every bucket's number is a float. */
static inline int64_t ct_rank_buckets(int64_t relevant) {
  return relevant < 1 << 18 ? 4 * relevant : 1 << 20;
}

/* What a ranking of n references, at most `relevant` of them relevant, works in. */
typedef struct ct_rank_room {
  void *value, *value_spare;    /* [relevant + 1] of the similarity's type */
  int32_t *place, *place_spare; /* [relevant + 1] */
  int32_t *start;               /* [ct_rank_buckets(relevant) + 3] */
  int32_t *ahead;               /* [relevant + 1] */
  int32_t *bucket, *kept;       /* [n] */
} ct_rank_room;

typedef struct ct_retrieval_kernels {
  /* s: [rows, panels * columns of a panel], s[i][j] = q_i . r_j, summed in the order of depth: the
   * same bits for equal rows wherever they stand. rows is a multiple of CT_TILE_ROWS; everything is
   * aligned to CT_PANEL_BYTES / 2. */
  void (*products)(void *s, const void *q, const void *panel, int64_t rows, int64_t panels,
                   int64_t depth);
  /* room->ahead[j] = irrelevant references ranked before the j-th best relevant one (0-based),
   * whose rank is therefore ahead[j] + j + 1, for ranks up to `depth`; beyond it, a number that
   * makes the rank greater than depth. Returns how many are relevant. similarity: [n], values
   * within a quarter of the type's range. */
  int64_t (*rank)(ct_rank_room *room, const void *similarity, const ct_ranking *ranking);
} ct_retrieval_kernels;

CT_ISA_DECLARE(ct_retrieval_kernels, ct_retrieval_kernels_f32);
CT_ISA_DECLARE(ct_retrieval_kernels, ct_retrieval_kernels_f64);

#endif
