/* The body of retrieval_f32_kernels.c and retrieval_f64_kernels.c, which define `real`, the element
 * type, real_max, and FMA(a, b, c) on vectors of it.
 *
 * Products. A tile of ROWS queries times one panel is summed in registers, one step per depth; how
 * many rows fit is all that differs between instruction sets. There are no edge cases, so no
 * element's sum depends on where it stands (OpenBLAS's edge kernels sum in another order, and
 * duplicates would not tie).
 *
 * Ranking. Every measure of a query follows from the ranks of its relevant references, so only
 * those are sorted: a bucket sort over their range of similarities. Each irrelevant reference then
 * finds, within the bucket it falls into, how many relevant ones stand before it, and is counted
 * there; a running sum of the counts gives `ahead`. Buckets are numbered from the best similarity
 * down by a monotone function, so a reference in a better bucket is better; within a bucket values
 * are compared exactly. Where only the first ranks matter, references in buckets that lie wholly
 * beyond them are left out. Cost: linear while buckets are thin, n log(relevant) at worst. */

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64, ROWS = 12 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32, ROWS = 3 };
#else
enum { VECTOR_BYTES = 16, ROWS = 1 };
#endif
enum { WIDTH = CT_PANEL_BYTES / (int)sizeof(real), VECTORS = CT_PANEL_BYTES / VECTOR_BYTES };
_Static_assert(CT_TILE_ROWS % (int)ROWS == 0, "groups of rows must be whole tiles");

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));

static void tile(real *s, const real *q, const real *panel, int64_t depth, int64_t stride) {
  vec sum[ROWS][VECTORS] = {0};
  for (int64_t d = 0; d < depth; d++) {
    const vec *r = (const vec *)(panel + d * WIDTH);
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
      vec a = q[i * depth + d] - (vec){0};
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; v++) sum[i][v] = FMA(a, r[v], sum[i][v]);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) ((vec *)(s + i * stride))[v] = sum[i][v];
}

static void products(void *s, const void *q, const void *panel, int64_t rows, int64_t panels,
                     int64_t depth) {
  for (int64_t p = 0; p < panels && !ct_interrupted(); p++)
    for (int64_t i = 0; i < rows; i += ROWS)
      tile((real *)s + (i * panels + p) * WIDTH, (const real *)q + i * depth,
           (const real *)panel + p * depth * WIDTH, depth, panels * WIDTH);
}

/* How similarities become buckets: floor((best - x) * scale) held within [0, buckets]. Relevant
 * ones fall below `buckets`; what is worse than all of them may fall on it. */
typedef struct quantiser {
  real best, scale, limit;
} quantiser;

static quantiser make_quantiser(real worst, real best, int64_t buckets) {
  real scale = best > worst ? (real)(buckets - 1) / (best - worst) : 0;
  /* subnormal ranges would make it infinite, and 0 * inf a NaN */
  return (quantiser){best, scale < real_max ? scale : real_max, (real)buckets};
}

static inline int32_t bucket_of(real s, real best, real scale, real limit) {
  real b = (best - s) * scale;
  b = b > 0 ? b : 0;
  return (int32_t)(b < limit ? b : limit);
}

static void quantise(int32_t *restrict bucket, const real *restrict s, int64_t n, quantiser z) {
  for (int64_t i = 0; i < n; i++) bucket[i] = bucket_of(s[i], z.best, z.scale, z.limit);
}

static inline bool before(real a, int32_t a_place, real b, int32_t b_place) {
  return a > b || (a == b && a_place < b_place);
}

/* Entries in order, for short or nearly sorted runs. */
static void insertion_sort(real *value, int32_t *place, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    real v = value[i];
    int32_t p = place[i];
    int64_t j = i;
    for (; j > 0 && before(v, p, value[j - 1], place[j - 1]); j--)
      value[j] = value[j - 1], place[j] = place[j - 1];
    value[j] = v, place[j] = p;
  }
}

/* For crowded buckets: short runs by insertion, then merged between the two pairs of arrays. */
enum { CROWD = 16 };

static void merge_sort(real *value, int32_t *place, real *value_spare, int32_t *place_spare,
                       int64_t n) {
  real *from = value, *to = value_spare;
  int32_t *from_place = place, *to_place = place_spare;
  for (int64_t i = 0; i < n; i += CROWD)
    insertion_sort(value + i, place + i, n - i < CROWD ? n - i : CROWD);
  for (int64_t width = CROWD; width < n; width *= 2) {
    for (int64_t i = 0; i < n; i += 2 * width) {
      int64_t a = i, middle = i + width < n ? i + width : n, b = middle;
      int64_t end = middle + width < n ? middle + width : n;
      for (int64_t out = i; out < end; out++) {
        bool left =
            b == end || (a < middle && before(from[a], from_place[a], from[b], from_place[b]));
        int64_t taken = left ? a++ : b++;
        to[out] = from[taken], to_place[out] = from_place[taken];
      }
    }
    real *swap = from;
    int32_t *swap_place = from_place;
    from = to, to = swap, from_place = to_place, to_place = swap_place;
  }
  if (from == value) return;
  memcpy(value, from, (size_t)n * sizeof *value);
  memcpy(place, from_place, (size_t)n * sizeof *place);
}

/* Sorts the relevant references into room->value and room->place, best first, and leaves
 * start[b] = entries in buckets better than b, for b in [0, buckets + 1]. Takes their
 * similarities from room->value_spare, in the order of columns. */
static quantiser sort_relevant(ct_rank_room *room, const ct_ranking *g, int64_t relevant) {
  real *value = room->value, worst = real_max, best = -real_max;
  const real *unsorted = room->value_spare;
  int64_t buckets = ct_rank_buckets(relevant);
  int32_t *start = room->start, *bucket = room->place_spare, crowd = 0;
  for (int64_t i = 0; i < relevant; i++) {
    worst = unsorted[i] < worst ? unsorted[i] : worst;
    best = unsorted[i] > best ? unsorted[i] : best;
  }
  quantiser z = make_quantiser(worst, best, buckets);
  quantise(bucket, unsorted, relevant, z);
  memset(start, 0, (size_t)(buckets + 3) * sizeof *start);
  for (int64_t i = 0; i < relevant; i++) start[bucket[i] + 2]++;
  for (int64_t b = 2; b <= buckets + 2; b++) {
    crowd = start[b] > crowd ? start[b] : crowd;
    start[b] += start[b - 1];
  }
  for (int64_t i = 0, c = g->begin; i < relevant; i++, c++) {
    if (c == g->skip) c = g->skip_end;
    int32_t at = start[bucket[i] + 1]++;
    value[at] = unsorted[i], room->place[at] = g->position[c];
  }
  for (int64_t b = 0; crowd > CROWD && b < buckets; b++)
    if (start[b + 1] - start[b] > CROWD)
      merge_sort(value + start[b], room->place + start[b], room->value_spare, room->place_spare,
                 start[b + 1] - start[b]);
  insertion_sort(value, room->place, relevant); /* the thin buckets; the others are in order */
  return z;
}

/* Entries of [low, high) that stand before (v, p). */
static int32_t search(const real *value, const int32_t *place, int32_t low, int32_t high, real v,
                      int32_t p) {
  while (high - low > 8) {
    int32_t middle = low + (high - low) / 2;
    if (before(value[middle], place[middle], v, p))
      low = middle + 1;
    else
      high = middle;
  }
  while (low < high && before(value[low], place[low], v, p)) low++;
  return low;
}

/* How many relevant ones stand before (v, p), which falls into bucket b. */
static inline int32_t levels_before(const real *value, const int32_t *place, const int32_t *start,
                                    int32_t b, real v, int32_t p) {
  int32_t low = start[b], inside = start[b + 1] - low;
  if (inside > 1) return search(value, place, low, low + inside, v, p);
  /* nearly always; in arithmetic, because a branch could not be foretold */
  return low + (inside & ((value[low] > v) | ((value[low] == v) & (place[low] < p))));
}

static int64_t count_up_to(const int32_t *bucket, int64_t n, int32_t limit) {
  int32_t count = 0;
  for (int64_t i = 0; i < n; i++) count += bucket[i] <= limit;
  return count;
}

/* The first bucket up to which there are `depth` references or more, relevant and irrelevant;
 * the last one when there never are. */
static int32_t last_bucket(const ct_rank_room *room, int64_t irrelevant, int64_t relevant,
                           int64_t depth) {
  int32_t low = 0, high = (int32_t)ct_rank_buckets(relevant) - 1;
  if (depth >= relevant + irrelevant) return high;
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    if (room->start[middle + 1] + count_up_to(room->bucket, irrelevant, middle) >= depth)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* Counts the irrelevant references s[0..n) whose buckets do not lie beyond `last`, each under the
 * number of relevant ones before it. */
static void count_ahead(const ct_rank_room *room, const real *s, const int32_t *position,
                        const int32_t *bucket, int64_t n, int32_t last) {
  int64_t kept = 0;
  for (int64_t i = 0; i < n; i++) {
    room->kept[kept] = (int32_t)i;
    kept += bucket[i] <= last;
  }
  for (int64_t k = 0; k < kept; k++) {
    int32_t i = room->kept[k];
    room->ahead[levels_before(room->value, room->place, room->start, bucket[i], s[i],
                              position[i])]++;
  }
}

static int64_t rank(ct_rank_room *room, const void *similarity, const ct_ranking *g) {
  const real *s = similarity;
  int64_t skipped = g->skip_end - g->skip, first = g->skip - g->begin;
  int64_t relevant = g->end - g->begin - skipped, behind = g->n - g->end;
  if (relevant <= 0) return 0;
  memcpy(room->value_spare, s + g->begin, (size_t)first * sizeof *s);
  memcpy((real *)room->value_spare + first, s + g->skip_end,
         (size_t)(relevant - first) * sizeof *s);
  quantiser z = sort_relevant(room, g, relevant);
  quantise(room->bucket, s, g->begin, z);
  quantise(room->bucket + g->begin, s + g->end, behind, z);
  int32_t last = last_bucket(room, g->begin + behind, relevant, g->depth);
  memset(room->ahead, 0, (size_t)(relevant + 1) * sizeof *room->ahead);
  count_ahead(room, s, g->position, room->bucket, g->begin, last);
  count_ahead(room, s + g->end, g->position + g->end, room->bucket + g->begin, behind, last);
  for (int64_t j = 1; j < relevant; j++) room->ahead[j] += room->ahead[j - 1];
  return relevant;
}
