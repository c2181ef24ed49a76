/* Body of nn_conv_kernels.c for one type: REAL, VECTOR (BYTES wide), FUSED(a, b, c) = a*b + c, and
 * NAMED(function) that appends the type's suffix. */

static void NAMED(pack)(void *ppacked, const void *pweight, int64_t O, int64_t C, int64_t kH,
                        int64_t kW, bool turned) {
  REAL *packed = ppacked;
  const REAL *weight = pweight;
  int64_t window = kH * kW, taps = C * window;
  for (int64_t from = 0; from < O; from += ROWS)
    for (int64_t k = 0; k < taps; k++)
      for (int64_t r = 0; r < ROWS; r++) {
        int64_t o = from + r, c = k / window, at = k % window;
        int64_t index = turned ? (c * O + o) * window + window - 1 - at : o * taps + k;
        *packed++ = o < O ? weight[index] : 0;
      }
}

/* Zeros, in pieces between which Ctrl-C is looked for. */
static void NAMED(clear)(REAL *room, int64_t count) {
  const int64_t piece = 1 << 22;
  for (int64_t at = 0; at < count && !ct_interrupted(); at += piece)
    memset(room + at, 0, (size_t)(count - at < piece ? count - at : piece) * sizeof *room);
}

/* Bringing an image into the buffer. Borders are zeros from the start and are never written. */

static void NAMED(place)(REAL *buffer, const REAL *source, const ct_conv_plan *p) {
  int64_t count = p->x_to - p->x_from;
  for (int64_t c = 0; c < p->source_planes && count > 0 && !ct_interrupted(); c++)
    for (int64_t y = p->y_from; y < p->y_to; y++) {
      const REAL *from = source + (c * p->source_h + y) * p->source_w + p->x_from;
      REAL *to = buffer + c * p->plane + (y * p->step_h + p->top) * p->pitch +
                 p->x_from * p->step_w + p->left;
      if (p->step_w == 1)
        for (int64_t x = 0; x < count; x++) to[x] = from[x];
      else
        for (int64_t x = 0; x < count; x++) to[x * p->step_w] = from[x];
    }
}

static void NAMED(columns)(REAL *buffer, const REAL *source, const ct_conv_plan *p) {
  int64_t window = p->kernel_h * p->kernel_w;
  for (int64_t k = 0; k < p->taps && !ct_interrupted(); k++) {
    const REAL *plane = source + k / window * p->source_h * p->source_w;
    int64_t ky = k % window / p->kernel_w, kx = k % p->kernel_w;
    REAL *to = buffer + k * p->plane;
    for (int64_t y = 0; y < p->out_h; y++) {
      int64_t sy = y * p->step_h - p->top + ky;
      bool inside = sy >= 0 && sy < p->source_h;
      for (int64_t x = 0; x < p->out_w; x++) {
        int64_t sx = x * p->step_w - p->left + kx;
        *to++ = inside && sx >= 0 && sx < p->source_w ? plane[sy * p->source_w + sx] : 0;
      }
    }
  }
}

static void NAMED(lower)(REAL *buffer, const REAL *source, const ct_conv_plan *p) {
  if (p->columns)
    NAMED(columns)(buffer, source, p);
  else
    NAMED(place)(buffer, source, p);
}

/* out[r*line + 0..vectors) = bias[r] + sum_k a[k*ROWS + r] * b[offset[k] + 0..vectors) */
ALWAYS_INLINE void NAMED(tile)(int vectors, REAL *out, int64_t line, const REAL *a, const REAL *b,
                               const int64_t *offset, int64_t taps, const REAL *bias) {
  const int lanes = BYTES / (int)sizeof(REAL);
  VECTOR sum[ROWS][VECTORS];
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++) sum[r][v] = bias[r] - (VECTOR){0};
  for (int64_t k = 0; k < taps; k++, a += ROWS) {
    const REAL *row = b + offset[k];
    VECTOR x[VECTORS];
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++) x[v] = *(const VECTOR *)(row + v * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++) {
      VECTOR w = a[r] - (VECTOR){0}; /* a broadcast */
#pragma GCC unroll 3
      for (int v = 0; v < vectors; v++) sum[r][v] = FUSED(w, x[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
    for (int v = 0; v < vectors; v++) *(VECTOR *)(out + r * line + v * lanes) = sum[r][v];
}

/* One strip of output rows for ROWS outputs, at the plan's pitch, into `out` of `line` a row. */
static void NAMED(strip)(REAL *out, int64_t line, int64_t positions, const REAL *a, const REAL *b,
                         const ct_conv_plan *p, const REAL *bias) {
  const int64_t lanes = BYTES / (int)sizeof(REAL);
  int64_t at = 0;
  for (; positions - at > 2 * lanes; at += 3 * lanes)
    NAMED(tile)(3, out + at, line, a, b + at, p->offset, p->taps, bias);
  if (positions - at > lanes)
    NAMED(tile)(2, out + at, line, a, b + at, p->offset, p->taps, bias);
  else if (positions > at)
    NAMED(tile)(1, out + at, line, a, b + at, p->offset, p->taps, bias);
}

/* One image: strips of rows outside, blocks of outputs inside, so that the strip's rows of the
 * buffer stay in the nearest cache. */
static void NAMED(image)(REAL *out, const REAL *buffer, const REAL *packed, const REAL *bias,
                         const ct_conv_plan *p, REAL *wide) {
  int64_t rows = ct_conv_strip(p), line = ct_conv_line(rows * p->pitch);
  for (int64_t y = 0; y < p->out_h && !ct_interrupted(); y += rows) {
    int64_t height = p->out_h - y < rows ? p->out_h - y : rows;
    for (int64_t o = 0; o < p->out_planes; o += ROWS) {
      int64_t outs = p->out_planes - o < ROWS ? p->out_planes - o : ROWS;
      NAMED(strip)
      (wide, line, (height - 1) * p->pitch + p->out_w, packed + o * p->taps, buffer + y * p->pitch,
       p, bias + o);
      for (int64_t r = 0; r < outs; r++)
        for (int64_t i = 0; i < height; i++) {
          REAL *to = out + ((o + r) * p->out_h + y + i) * p->out_w;
          const REAL *from = wide + r * line + i * p->pitch;
          for (int64_t x = 0; x < p->out_w; x++) to[x] = from[x];
        }
    }
  }
}

static bool NAMED(run)(void *out, const void *source, const void *packed, const void *bias,
                       int64_t B, const ct_conv_plan *p, void *work, int threads) {
  int64_t per_thread = ct_conv_run_work(p, ROWS);
  int64_t in = p->source_planes * p->source_h * p->source_w;
  int64_t result = p->out_planes * p->out_h * p->out_w;
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    REAL *buffer = (REAL *)work + per_thread * omp_get_thread_num();
    NAMED(clear)(buffer, per_thread);
#pragma omp for schedule(dynamic, 2)
    for (int64_t b = 0; b < B; b++) {
      if (ct_interrupted()) continue;
      NAMED(lower)(buffer, (const REAL *)source + b * in, p);
      NAMED(image)
      ((REAL *)out + b * result, buffer, packed, bias, p, buffer + ct_conv_line(p->buffer));
    }
  }
  return !ct_interrupted();
}

/* sum[r*stride + t] += over `count` images and `line` positions of gy[r] * b[offset[t]], r < ROWS
 * and t < TAPS. gy_step and b_step lead to the next image. */
static void NAMED(weight_tile)(REAL *sums, int64_t stride, int64_t outs, int64_t taps,
                               const REAL *gy, int64_t gy_step, const REAL *b, int64_t b_step,
                               const int64_t *offset, int64_t count, int64_t line) {
  const int lanes = BYTES / (int)sizeof(REAL);
  VECTOR sum[ROWS][TAPS];
  const REAL *tap[TAPS];
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; r++)
#pragma GCC unroll 3
    for (int t = 0; t < TAPS; t++) sum[r][t] = (VECTOR){0};
  for (int t = 0; t < TAPS; t++) tap[t] = b + offset[t < taps ? t : taps - 1];
  for (int64_t i = 0; i < count; i++, gy += gy_step) {
    const REAL *tap0 = tap[0] + i * b_step, *tap1 = tap[1] + i * b_step,
               *tap2 = tap[2] + i * b_step;
    for (int64_t at = 0; at < line; at += lanes) {
      VECTOR x[TAPS] = {*(const VECTOR *)(tap0 + at), *(const VECTOR *)(tap1 + at),
                        *(const VECTOR *)(tap2 + at)};
#pragma GCC unroll 8
      for (int r = 0; r < ROWS; r++) {
        VECTOR g = *(const VECTOR *)(gy + r * line + at);
        IN_REGISTER(g);
#pragma GCC unroll 3
        for (int t = 0; t < TAPS; t++) sum[r][t] = FUSED(g, x[t], sum[r][t]);
      }
    }
  }
  REAL lane[ROWS][TAPS][BYTES / sizeof(REAL)];
  memcpy(lane, sum, sizeof lane);
  for (int64_t r = 0; r < outs; r++)
    for (int64_t t = 0; t < taps; t++) {
      REAL *l = lane[r][t];
#pragma GCC unroll 4
      for (int half = lanes / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) l[i] += l[i + half];
      sums[r * stride + t] += l[0];
    }
}

/* gy of one image for outputs [o, o+outs) at the plan's pitch; what lies between rows stays 0, and
 * so do the outputs beyond out_planes that a tile of ROWS touches. */
static void NAMED(widen)(REAL *wide, int64_t line, const REAL *gy, int64_t o, int64_t outs,
                         const ct_conv_plan *p) {
  for (int64_t r = 0; r < outs; r++)
    for (int64_t y = 0; y < p->out_h; y++) {
      const REAL *from = gy + ((o + r) * p->out_h + y) * p->out_w;
      REAL *to = wide + r * line + y * p->pitch;
      for (int64_t x = 0; x < p->out_w; x++) to[x] = from[x];
    }
}

/* Images [from, to) for outputs [o, o+outs), added to sums: [outs, K]. */
static void NAMED(weight_group)(REAL *sums, const REAL *source, const REAL *gy, int64_t from,
                                int64_t to, int64_t o, int64_t outs, const ct_conv_weight_job *job,
                                const ct_conv_plan *p, REAL *work) {
  int64_t line = ct_conv_line(p->positions), buffer = ct_conv_line(p->buffer);
  int64_t in = p->source_planes * p->source_h * p->source_w;
  int64_t result = p->out_planes * p->out_h * p->out_w, wide_step = job->outs * line;
  REAL *wide = work + job->together * buffer;
  memset(wide, 0, (size_t)(job->together * wide_step) * sizeof *wide);
  for (int64_t b = from; b < to && !ct_interrupted(); b += job->together) {
    int64_t count = to - b < job->together ? to - b : job->together;
    for (int64_t i = 0; i < count; i++) {
      NAMED(lower)(work + i * buffer, source + (b + i) * in, p);
      NAMED(widen)(wide + i * wide_step, line, gy + (b + i) * result, o, outs, p);
    }
    for (int64_t r = 0; r < outs; r += ROWS)
      for (int64_t k = 0; k < p->taps && !ct_interrupted(); k += TAPS) NAMED(weight_tile)
    (sums + r * p->taps + k, p->taps, outs - r < ROWS ? outs - r : ROWS,
     p->taps - k < TAPS ? p->taps - k : TAPS, wide + r * line, wide_step, work, buffer,
     p->offset + k, count, line);
  }
}

/* Tasks are (group of images, block of outputs); group g holds images [g*B/G, (g+1)*B/G). */
static bool NAMED(weight)(void *partial, const void *source, const void *gy,
                          const ct_conv_weight_job *job, const ct_conv_plan *p, void *work,
                          int threads) {
  int64_t blocks = (p->out_planes + job->outs - 1) / job->outs;
  int64_t per_thread = ct_conv_weight_work(p, job), size = p->out_planes * p->taps;
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    REAL *mine = (REAL *)work + per_thread * omp_get_thread_num();
    NAMED(clear)(mine, per_thread);
#pragma omp for schedule(dynamic, 1)
    for (int64_t task = 0; task < job->groups * blocks; task++) {
      if (ct_interrupted()) continue;
      int64_t g = task / blocks, o = task % blocks * job->outs;
      int64_t outs = p->out_planes - o < job->outs ? p->out_planes - o : job->outs;
      REAL *sums = (REAL *)partial + g * size + o * p->taps;
      memset(sums, 0, (size_t)(outs * p->taps) * sizeof *sums);
      NAMED(weight_group)
      (sums, source, gy, g * job->B / job->groups, (g + 1) * job->B / job->groups, o, outs, job, p,
       mine);
    }
  }
  return !ct_interrupted();
}

static void NAMED(add_groups)(void *pgw, const void *ppartial, int64_t count, int64_t groups,
                              double scale, int threads) {
  REAL *gw = pgw;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t i = 0; i < count; i++) {
    double sum = 0;
    for (int64_t g = 0; g < groups; g++) sum += (double)((const REAL *)ppartial)[g * count + i];
    gw[i] = (REAL)((double)gw[i] + scale * sum);
  }
}

static void NAMED(add_bias)(void *pgb, const void *pgy, int64_t B, int64_t O, int64_t positions,
                            double scale, int threads) {
  REAL *gb = pgb;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (int64_t o = 0; o < O; o++) {
    double sum = 0;
    for (int64_t b = 0; b < B; b++) {
      const REAL *gy = (const REAL *)pgy + (b * O + o) * positions;
      double lane[16] = {0};
      int64_t i = 0;
      for (; i + 16 <= positions; i += 16)
        for (int l = 0; l < 16; l++) lane[l] += (double)gy[i + l];
      for (; i < positions; i++) sum += (double)gy[i];
      for (int l = 0; l < 16; l++) sum += lane[l];
    }
    gb[o] = (REAL)((double)gb[o] + scale * sum);
  }
}
