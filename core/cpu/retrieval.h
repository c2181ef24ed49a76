/* What retrieval does per tile: similarities of some queries with all references, and the ranks of
 * the references that share a query's label. */
#ifndef CIRCLET_CPU_RETRIEVAL_H
#define CIRCLET_CPU_RETRIEVAL_H

#include <stdbool.h>
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

/* Of every row of one set, which are sorted by label: the levels at which its relevant rows stand,
 * best first, and how many irrelevant ones lie before each. A row's part of value, place and ahead
 * begins at at[row] and is one longer than its relevant ones are many; that of start begins at
 * 4 at[row]. */
typedef struct ct_rank_levels {
  int64_t *at;                    /* [rows + 1] */
  void *value;                    /* of the similarity's type, as the next three */
  void *least;                    /* [rows] what is below it need not be counted */
  void *best, *scale, *limit;     /* [rows] how similarities become buckets */
  int32_t *place, *ahead, *start; /* as in ct_rank_room, but ahead is not summed up */
  int32_t *alive;                 /* [rows] levels that may be within the depth */
  int32_t *recent;                /* [rows] counted since alive was looked at */
  const int32_t *position;        /* [rows] as in ct_ranking */
  bool full;                      /* the whole ranking is asked for, not as far as R */
} ct_rank_levels;

/* Rows from `row` on and columns from `column` on of one set, and their similarities. */
typedef struct ct_rank_tile {
  const void *s;
  int64_t row, rows, column, columns, stride;
} ct_rank_tile;

typedef struct ct_retrieval_kernels {
  /* s: [rows, panels * columns of a panel], s[i][j] = q_i . r_j, summed in the order of depth: the
   * same bits for equal rows wherever they stand. rows is a multiple of CT_TILE_ROWS; everything is
   * aligned to CT_PANEL_BYTES / 2. After an interrupt what is left of s is not set. */
  void (*products)(void *s, const void *q, const void *panel, int64_t rows, int64_t panels,
                   int64_t depth);
  /* room->ahead[j] = irrelevant references ranked before the j-th best relevant one (0-based),
   * whose rank is therefore ahead[j] + j + 1, for ranks up to `depth`; beyond it, a number that
   * makes the rank greater than depth. Returns how many are relevant. similarity: [n], values
   * within a quarter of the type's range. */
  int64_t (*rank)(ct_rank_room *room, const void *similarity, const ct_ranking *ranking);
  /* Makes the levels of a row. similarity: as of rank, but of the references in [begin, end) alone.
   * room: value_spare and place_spare. */
  void (*level)(ct_rank_levels *levels, int64_t row, const void *similarity,
                const ct_ranking *ranking, const ct_rank_room *room);
  /* Counts each pair of a tile that has two labels, for both its ends; of a tile of rows against
   * themselves, each pair once. ranking: of the rows. */
  void (*meet)(ct_rank_levels *levels, const ct_rank_tile *tile, const ct_ranking *ranking);
} ct_retrieval_kernels;

CT_ISA_DECLARE(ct_retrieval_kernels, ct_retrieval_kernels_f32);
CT_ISA_DECLARE(ct_retrieval_kernels, ct_retrieval_kernels_f64);

#endif
