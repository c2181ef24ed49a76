/* The body of verification_f32_kernels.c and verification_f64_kernels.c, which define `real`, the
 * element type, and real_max.
 *
 * A number's bucket is a monotone function of it, so values in lower buckets are below it and those
 * in higher ones above: only its own bucket is searched, and compared exactly. */

enum { RUN = 16, CHUNK = 512 };

static void insertion_sort(real *value, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    real v = value[i];
    int64_t j = i;
    for (; j > 0 && v < value[j - 1]; j--) value[j] = value[j - 1];
    value[j] = v;
  }
}

static void sort(void *values, void *spare, int64_t n) {
  real *from = values, *to = spare;
  for (int64_t i = 0; i < n && !ct_interrupted(); i += RUN)
    insertion_sort(from + i, n - i < RUN ? n - i : RUN);
  for (int64_t width = RUN; width < n && !ct_interrupted(); width *= 2) {
    for (int64_t i = 0; i < n && !ct_interrupted(); i += 2 * width) {
      int64_t a = i, middle = i + width < n ? i + width : n, b = middle;
      int64_t end = middle + width < n ? middle + width : n;
      for (int64_t out = i; out < end; out++) {
        bool left = b == end || (a < middle && from[a] <= from[b]);
        to[out] = from[left ? a : b];
        a += left, b += !left;
      }
    }
    real *swap = from;
    from = to, to = swap;
  }
  if (from != values) memcpy(values, from, (size_t)n * sizeof *from);
}

static int64_t distinct(void *values, int64_t *times, int64_t n) {
  real *value = values;
  int64_t count = 0;
  for (int64_t i = 0; i < n; i++) {
    if (count == 0 || value[i] != value[count - 1]) value[count] = value[i], times[count++] = 0;
    times[count - 1]++;
  }
  return count;
}

static inline int32_t bucket_of(real s, real least, real scale, real last) {
  real b = (s - least) * scale;
  b = b > 0 ? b : 0;
  return (int32_t)(b < last ? b : last);
}

static void spread(ct_levels *levels) {
  const real *value = levels->value;
  real least = value[0], greatest = value[levels->count - 1], last = (real)(levels->buckets - 1);
  real scale = greatest > least ? last / (greatest - least) : 0;
  if (!(scale < real_max)) scale = real_max; /* 0 * inf would be a NaN */
  levels->least = least, levels->scale = scale;
  memset(levels->start, 0, (size_t)(levels->buckets + 1) * sizeof *levels->start);
  for (int64_t i = 0; i < levels->count; i++)
    levels->start[bucket_of(value[i], least, scale, last) + 1]++;
  for (int64_t b = 0; b < levels->buckets; b++) levels->start[b + 1] += levels->start[b];
}

/* The first of value[low..high) that is not below s, or high. */
static int32_t search(const real *value, int32_t low, int32_t high, real s) {
  while (high - low > 8) {
    int32_t middle = low + (high - low) / 2;
    if (value[middle] < s)
      low = middle + 1;
    else
      high = middle;
  }
  while (low < high && value[low] < s) low++;
  return low;
}

static void count(uint32_t *tally, const void *similarities, int64_t n, const ct_levels *levels) {
  const real *value = levels->value;
  const int32_t *start = levels->start;
  real least = (real)levels->least, scale = (real)levels->scale;
  real last = (real)(levels->buckets - 1);
  int32_t bucket[CHUNK], kept[CHUNK];
  for (int64_t first = 0; first < n; first += CHUNK) {
    const real *s = (const real *)similarities + first;
    int64_t m = n - first < CHUNK ? n - first : CHUNK, some = 0;
    for (int64_t i = 0; i < m; i++) bucket[i] = bucket_of(s[i], least, scale, last);
    for (int64_t i = 0; i < m; i++) { /* most impostors are below all levels: no search for them */
      kept[some] = (int32_t)i;
      some += s[i] >= least;
    }
    tally[0] += (uint32_t)(m - some);
    for (int64_t k = 0; k < some; k++) {
      int32_t i = kept[k], end = start[bucket[i] + 1];
      int32_t p = search(value, start[bucket[i]], end, s[i]);
      tally[2 * (int64_t)p + (p < end && value[p] == s[i])]++;
    }
  }
}
