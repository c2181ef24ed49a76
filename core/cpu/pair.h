/* The streaming driver of pair-wise losses on the CPU: similarities are met tile by tile, never
 * stored. core/loss/pair.c prepares what is streamed and says what the sums mean. */
#ifndef CIRCLET_CPU_PAIR_H
#define CIRCLET_CPU_PAIR_H

#include "cpu/isa.h"
#include "loss/family.h"
#include "loss/loss.h"

/* Rows, sorted by label and packed (core/cpu/tile.h) in the compute type. */
typedef struct ct_pair_side {
  int64_t rows, padded;  /* padded: up to a multiple of CT_TILE_ROWS; the rows added are zero */
  int64_t pitch;         /* rows from one panel by dimension to the next */
  void *by_dim, *by_row; /* both layouts of tile.h */
  void *half;            /* [padded] what is added to similarities: 1/2 - |x|^2/2 for the euclidean
                            one, a class's bias; otherwise NULL */
  int64_t *first, *last; /* [rows] a row's positives are rows first..last-1 of the other side; NULL
                            for rows that are no anchors */
} ct_pair_side;

/* A block of rows in a thread's room, and what becomes of it. */
typedef struct ct_pair_block {
  ct_pair_side side;
  double *inverse_norm; /* [side.padded] for the cosine */
  void *gradient;       /* by dimension, as side.by_dim */
  double *weight;       /* [side.padded] sums of the weights */
  void *row;            /* room for two rows of the compute type */
} ct_pair_block;

/* References, which are met a block at a time and never held as a whole. `load` packs rows
 * from..from+block->side.rows-1, with zeros up to block->side.padded; `unload` takes their
 * gradient. Of classes of several rows, a block holds the first of each class first, then the
 * second ones. */
typedef struct ct_pair_columns {
  int64_t rows;
  bool half; /* their blocks have side.half */
  void *source;
  void (*load)(void *source, int64_t from, ct_pair_block *block);
  void (*unload)(void *source, int64_t from, ct_pair_block *block);
} ct_pair_columns;

/* Running statistics of each anchor's pairs of one kind (loss/rule.h). CT_LSE: the sum of
 * 2^(l - reference) over logits l to base 2 without the part that all pairs share; reference is the
 * largest, rounded. CT_EXTREME: reference is the largest coordinate, sum how many pairs reach it.
 */
typedef struct ct_pair_sums {
  void *reference;      /* [rows] compute type; at first ct_pair_kernels.start */
  double *sum;          /* [rows] */
  double *sum_s;        /* [rows] similarities; only the total over all rows has a meaning */
  double *term, *count; /* [rows] CT_TERM: the terms, and how many are not zero; otherwise NULL */
} ct_pair_sums;

/* Of a rule with `couple` (loss/rule.h): what positive pairs take from the log-sum-exps of their
 * ends' negatives, and what becomes of it. */
typedef struct ct_pair_coupling {
  const double *own;             /* [rows] log-sum-exps */
  double *term, *count, *by_own; /* [rows] to be added to */
} ct_pair_coupling;

/* What a pair's weight takes from its anchor: factor * 2^(l - reference) * slope, or for CT_EXTREME
 * factor * slope where its coordinate is the reference; and linear * slope of its term. Float holds
 * the integers of logits up to 2^CT_FLOAT_LOGITS with room to spare. */
enum { CT_FLOAT_LOGITS = 18 };

typedef struct ct_pair_factors {
  const void *reference[CT_KINDS], *factor[CT_KINDS], *linear[CT_KINDS]; /* [rows] compute type */
  const double *own;         /* [rows] of a rule with `couple`, as in ct_pair_coupling */
  const void *cut[CT_KINDS]; /* [rows] compute type: pairs whose rounded logit is below that of each
                                anchor among their ends weigh nothing; NULL: no pair is dropped */
} ct_pair_factors;

/* Of a rule over triplets: every anchor's list of positives, [start[i], start[i+1]) for rows
 * first..last-1 of the other side, or for the columns named, ascending. One that is no positive,
 * such as the anchor itself, stands at distance -INFINITY. */
typedef struct ct_pair_triplets {
  double margin; /* of all anchors; a refinement has one for each */
  bool soft;
  int64_t *start;      /* [rows + 1] */
  int64_t *column;     /* [start[rows]]; NULL: ranges */
  double *far, *slope; /* [start[rows]] distances; sums of the slopes of their triplets */
  double *share;       /* [start[rows]] a triplet counts as often as the shares of its positive and
                          of its negative say; NULL: once */
} ct_pair_triplets;

/* What passes note about the pairs of each anchor when they are asked to. [rows] arrays; totals
 * over all rows are what alpha and bins are good for. A pair that serves two anchors counts twice.
 */
typedef struct ct_pair_diagnosis {
  int64_t rows;
  double m;                  /* alpha is [1 + m - s]_+ of a positive and [s + m]_+ of a negative */
  double *alpha[CT_KINDS];   /* sums */
  double *hardest[CT_KINDS]; /* the least s of a positive, the greatest of a negative */
  double *weight[CT_KINDS], *square[CT_KINDS]; /* sums of |dL/ds| and of its squares (gradient) */
  ct_count bins[CT_KINDS][CT_DIAGNOSIS_BINS];  /* as in ct_loss_diagnosis */
  uint8_t *valid;         /* anchors with the pairs that the loss needs; set after the pass */
  double gradient_square; /* of the last backward, over all gradients; NaN: there was none */
  void *room;
} ct_pair_diagnosis;

/* What makes pairs differ beyond their similarity and kind: every pair may count for the anchor at
 * either of its ends with a share >= 0 of its own, 0 being no pair, and every anchor may have
 * parameters of its own. core/cpu/pair_shares.h finds the shares of a tile. */
typedef struct ct_pair_refinement {
  /* Of anchors: [rows, CT_LOSS_PARAMETERS]; and in the compute type, [rows] one after the other,
   * each parameter, and by kind logits' scale / ln 2 in two parts. */
  const double *own;
  void *parameters, *scale[CT_KINDS];
  /* Rows with several labels: numbers of the labels of each row, ascending, and the columns that
   * carry each. NULL: positives are the ranges of ct_pair_side. */
  const int64_t *set_start, *set;
  const int64_t *carrier_start, *carrier;
  const int64_t *column_labels; /* [columns] how many a column has */
  bool soft; /* a positive pair's share is that of the labels in common among those of both ends */
  /* Weights of pairs, each NULL where there are none: of every column as a partner (of one set: of
   * every row); by the labels, numbered from 0, of the anchor and of its partner, [labels, labels].
   */
  const double *partner;
  const double *by_label;
  const int64_t *row_label, *column_label;
  int64_t labels;
  /* The hardest negatives of each anchor: those with the largest similarities, the lower `order`
   * among equals. At first a heap for each anchor, the last of its negatives on top; then that one
   * alone, in heap_s[anchor] and heap_order[anchor]. */
  int64_t hardest;      /* 0: all negatives count */
  const int64_t *order; /* [columns]; NULL: that of the columns */
  double *heap_s;       /* [rows, hardest], then [rows] */
  int64_t *heap_order, *heap_count;
  bool chosen; /* ct_pair_stream_choose has run */
  /* What ct_pair_stream_sums adds up for each anchor: pairs with a share, and their shares. */
  int64_t *pairs[CT_KINDS];
  double *mass[CT_KINDS];
} ct_pair_refinement;

/* What the powers of a tile's pairs of one kind were relative to when they were summed, if that was
 * one reference (ct_pair_run.together). */
typedef struct ct_pair_note {
  bool is;
  double reference, least;
} ct_pair_note;

typedef struct ct_pair_stream {
  ct_dtype dtype; /* compute type: CT_FLOAT or CT_DOUBLE */
  int64_t dim;
  const ct_pair_side *rows; /* the anchors */
  /* NULL: the rows themselves, all anchors, a row being no pair with itself; each unordered pair is
   * then met once, for both ends. */
  const ct_pair_columns *columns;
  /* So many consecutive columns are one class, of which a row meets the most similar, the first of
   * equals; what counts columns beyond the driver counts classes. 1: each column is one. */
  int64_t centres;
  const ct_loss_rule *rule;
  const double *parameters; /* [CT_LOSS_PARAMETERS] */
  int variant;
  const ct_pair_triplets *triplets; /* NULL: the loss is of pairs */
  void *kept; /* room for the similarities of the first `kept_tiles` tiles: ct_pair_stream_sums
                 fills it and ct_pair_stream_gradient reads it in place of computing them again */
  int64_t kept_tiles;
  /* [tiles, CT_KINDS], or NULL. ct_pair_stream_sums fills it, and ct_pair_stream_gradient takes the
   * same references; where tiles are kept, slopes (ct_pair_run) then take the place of
   * similarities, so that weights come at a sum and a product. Only for losses of log-sum-exps
   * whose pairs all count once, none dropped or diagnosed. */
  ct_pair_note (*noted)[CT_KINDS];
  ct_pair_refinement *refinement; /* NULL: every pair counts once, all anchors share parameters */
  ct_pair_diagnosis *diagnosis;   /* NULL: nothing is noted */
} ct_pair_stream;

/* How many tiles of a pass there are and how many elements the similarities of one take. */
void ct_pair_stream_tiles(const ct_pair_stream *stream, int64_t *tiles, int64_t *elements);

/* Finds the hardest negatives of a refinement that asks for them, before any other pass. */
ct_status ct_pair_stream_choose(const ct_pair_stream *stream, ct_error *error);

/* Adds every pair to the sums of its anchors. */
ct_status ct_pair_stream_sums(const ct_pair_stream *stream, const ct_pair_sums sums[CT_KINDS],
                              ct_error *error);

/* Adds the coupled terms of every positive pair; tiles without any are passed over. */
ct_status ct_pair_stream_couple(const ct_pair_stream *stream, const ct_pair_coupling *coupling,
                                ct_error *error);

/* Fills the lists of positives; ct_pair_stream_sums then adds the triplets' values to the terms of
 * negatives, and their slopes to the lists. */
ct_status ct_pair_stream_list(const ct_pair_stream *stream, ct_error *error);

/* Adds sum_j weight(i,j) x_j to row i of a gradient, and the same to j's side. */
typedef struct ct_pair_gradient {
  void *rows;          /* by dimension, written anew if there are columns; NULL: not wanted */
  double *rows_weight; /* [padded] sums of the weights; NULL: not wanted */
  bool columns;        /* columns->unload is wanted */
  bool columns_weight; /* with the sums of the weights */
} ct_pair_gradient;

ct_status ct_pair_stream_gradient(const ct_pair_stream *stream, const ct_pair_factors *factors,
                                  const ct_pair_gradient *gradient, ct_error *error);

/* Of a refinement (ct_pair_refinement): shares of a run's pairs at either end, those of positives
 * above 0, those of negatives below; parameters and scales of the anchors, `pitch` from one to the
 * next. All of the compute type; the columns' are NULL where columns are no anchors. */
typedef struct ct_pair_ends {
  const void *row_share, *column_share; /* [rows, n]; share_stride from one row to the next */
  const void *row_own, *column_own, *row_scale, *column_scale;
  int64_t share_stride, pitch;
} ct_pair_ends;

/* Inner loops over a run: `n` similarities with consecutive columns in each of `rows` rows, all of
 * one kind; 64 bytes beyond those of each row can be read. All pointers are of the compute type;
 * the column's part is NULL where columns are no anchors. */
typedef struct ct_pair_run {
  int64_t rows, n;
  int64_t stride, weight_stride; /* from one row of s, or of weights, to the next */
  int kind;
  int variant;
  const double *parameters;
  void *s;
  bool meets_self; /* row r's own element, which is no pair, stands at column self + r, if there */
  int64_t self;
  const struct ct_pair_ends *ends; /* NULL: every pair counts once, with the same parameters */
  void *row_reach, *column_reach;  /* [rows]; [n]: largest coordinates */
  const void *row_reference, *column_reference; /* [rows]; [n] */
  const void *row_factor, *column_factor;       /* [rows]; [n] */
  /* CT_LSE: whether all that is relative to a reference is so to `shared` in place of the anchors'
   * own: sums of columns and factors. Those of rows are multiplied by row_lift before they join
   * row_sum, which is not. Logits below `least` count for nothing. */
  bool together;
  double shared, least;
  /* With `together`, of CT_LSE alone: in place of each similarity, `add` leaves and `weigh` finds
   * the pair's power times its slope, which is its weight but for the factors of its ends. */
  bool slopes;
  const void *row_lift;                   /* [rows] 2^(shared - reference) */
  const void *row_linear, *column_linear; /* [rows]; [n]; of CT_TERM */
  const void *row_cut, *column_cut;       /* [rows]; [n]; row_cut is NULL: no pair is dropped */
  void *weight;                           /* may be s */
  double *row_sum, *row_sum_s, *row_term, *row_count; /* [rows] */
  void *column_sum, *column_term, *column_count;      /* [n] */
} ct_pair_run;

typedef struct ct_pair_kernels {
  /* What reaches, or references, of pairs of a kind begin with. */
  double (*start)(int kind, bool of_reference);
  /* Raises reaches to the largest coordinate of the run. */
  void (*reach)(const ct_pair_run *run);
  /* Raises references to what was reached, and rescales the sums that are relative to them. scale:
   * the anchors' own, as of a run; NULL: that of the parameters. */
  void (*raise)(int kind, int64_t n, const double *parameters, const void *scale, int64_t pitch,
                const void *reach, void *reference, double *sum);
  /* Adds the run's pairs to the statistics of both ends. */
  void (*add)(const ct_pair_run *run);
  /* The weight of each pair, dL/ds. */
  void (*weigh)(const ct_pair_run *run);
} ct_pair_kernels;

typedef struct ct_pair_kernel_set {
  ct_pair_kernels f32, f64;
} ct_pair_kernel_set;

#define ROW(loss) CT_ISA_DECLARE(ct_pair_kernel_set, ct_##loss##_kernels);
CT_LOSS_FAMILY(ROW)
#undef ROW

/* The table of a loss for the instruction set in use. */
const ct_pair_kernel_set *ct_pair_kernels_of(const ct_loss_rule *rule);

#endif
