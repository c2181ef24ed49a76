/* One reference for all anchors of a tile, for one compute type. Include with REAL, NAME(x) and
 * PAIRS defined, before the tile.
 *
 * A pair's power of two relative to the references of its ends takes a scaling for each end.
 * Relative to one reference that serves all anchors of the tile it takes one, and sums and factors
 * are scaled for each anchor instead of each pair. That is possible where the references are so
 * near each other that powers relative to the largest are normal numbers wherever they count. */

typedef struct NAME(shared) {
  bool is;
  REAL reference, least;        /* the least logit that counts */
  REAL *row_lift, *column_lift; /* [rows]; [columns] 2^(reference - own) */
} NAME(shared);

/* How far apart references may be that are shared, and how far below all of them a power counts:
 * 2^-48, of a hundred thousand pairs that are lost, is less than 1e-9 of a sum. Both within the
 * range of normal powers. */
enum {
  NAME(NEAR) = sizeof(REAL) == sizeof(float) ? 76 : 512,
  NAME(DEEP) = sizeof(REAL) == sizeof(float) ? 48 : 256
};

/* The range of the references of anchors from..from+n-1 that have pairs of the kind among the rows
 * or columns low..high-1; `all` have. */
static void NAME(widen)(const pass *p, int kind, const REAL *reference, int64_t from, int64_t n,
                        int64_t low, int64_t high, bool all, NAME(shared) * range) {
  REAL least = range->least, most = range->reference;
  for (int64_t i = from; i < from + n; i++) {
    if (!all && !has_pairs(p, i, kind, low, high)) continue;
    most = reference[i] > most ? reference[i] : most;
    least = reference[i] < least ? reference[i] : least;
  }
  range->least = least, range->reference = most;
}

/* Of anchors without such pairs, any number. An anchor's reference may have risen above what was
 * shared: pairs of the tile then count for less, or for nothing. */
static void NAME(lift)(const REAL *reference, int64_t n, REAL shared, REAL *lift) {
  for (int64_t i = 0; i < n; i++) {
    REAL below = reference[i] - shared, above = below;
    below = below < 0 ? below : 0;
    below = below > -NAME(NEAR) ? below : -NAME(NEAR);
    above = above > 0 ? above : 0;
    lift[i] = NAME(ct_power)(-above) / NAME(ct_power)(below);
  }
}

static void NAME(lift_ends)(const tile *t, const REAL *reference, bool columns,
                            const NAME(shared) * to) {
  NAME(lift)(reference + t->row, t->rows, to->reference, to->row_lift);
  if (columns) NAME(lift)(reference + t->column, t->columns, to->reference, to->column_lift);
}

/* Whether one reference serves all anchors of the tile, and the lifts of each, into room for
 * [LARGEST_BLOCK] of rows and as much behind it of columns. */
static NAME(shared) NAME(share_reference)(const pass *p, const tile *t, int kind,
                                          const REAL *reference, bool columns, REAL *room) {
  NAME(shared)
  shared = {.reference = -INFINITY,
            .least = INFINITY,
            .row_lift = room,
            .column_lift = room + LARGEST_BLOCK};
  if (p->stream->refinement || !(p->stream->rule->statistics(kind == CT_POSITIVE) & CT_LSE))
    return shared;
  const int64_t row_end = t->row + t->rows, column_end = t->column + t->columns;
  const bool all = !has_positives(p, t);
  NAME(widen)(p, kind, reference, t->row, t->rows, t->column, column_end, all, &shared);
  if (columns)
    NAME(widen)(p, kind, reference, t->column, t->columns, t->row, row_end, all, &shared);
  const REAL whole = sizeof(REAL) == sizeof(float) ? 0x1p20 : 0x1p48; /* doubles may be larger */
  const REAL most = shared.reference;
  shared.is = most - shared.least <= NAME(NEAR) && -whole < most && most < whole;
  shared.least -= NAME(DEEP);
  if (shared.is) NAME(lift_ends)(t, reference, columns, &shared);
  return shared;
}

/* Whether forward shared a reference, and what backward needs to share it again: only log-sum-exps
 * have nothing else to take from similarities. */
static ct_pair_note NAME(note_of)(const pass *p, int kind, const NAME(shared) * shared) {
  const bool alone = p->stream->rule->statistics(kind == CT_POSITIVE) == CT_LSE;
  return (ct_pair_note){.is = shared->is && alone,
                        .reference = (double)shared->reference,
                        .least = (double)shared->least};
}

/* The reference of forward once more, with lifts to what references are now. */
static NAME(shared)
    NAME(share_noted)(const tile *t, int kind, const REAL *reference, bool columns, REAL *room) {
  NAME(shared)
  shared = {.is = true,
            .reference = (REAL)t->note[kind].reference,
            .least = (REAL)t->note[kind].least,
            .row_lift = room,
            .column_lift = room + LARGEST_BLOCK};
  NAME(lift_ends)(t, reference, columns, &shared);
  return shared;
}
