/* Resampling in two passes, first along rows, then along columns, in float between them. Weights of
 * a result's pixel are those of a triangle around its centre in the source, one source pixel wide
 * or, where the part shrinks, as wide as a result's pixel; they are scaled to sum 1. */
#include "io/image_fit.h"
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/random.h"

/* Parts */

ct_image_part ct_image_whole(const ct_image_plan *plan, int64_t height, int64_t width) {
  double h = (double)height, w = (double)width;
  ct_image_part part = {0, 0, h, w, false, 1, 1, 1};
  if (!plan->cover) return part;
  double shape = (double)plan->width / (double)plan->height;
  part.width = fmin(w, h * shape);
  part.height = fmin(h, w / shape);
  part.left = (w - part.width) / 2;
  part.top = (h - part.height) / 2;
  return part;
}

ct_image_part ct_image_vary(const ct_image_plan *plan, int64_t height, int64_t width,
                            uint64_t number) {
  enum { AREA, SHAPE, DOWN, RIGHT, FLIP, BRIGHTNESS, CONTRAST, SATURATION, DRAWS };
  ct_image_part part = ct_image_whole(plan, height, width);
  double u[DRAWS];
  for (int i = 0; i < DRAWS; i++)
    u[i] = ct_random_uniform_at(plan->seed, number * ct_random_blocks(DRAWS), (uint64_t)i);
  if (plan->crop < 1) {
    double area = plan->crop + (1 - plan->crop) * u[AREA];
    double shape = exp((2 * u[SHAPE] - 1) * log(4.0 / 3)); /* 3/4 to 4/3, each as likely as 1/it */
    shape = fmin(fmax(shape, area), 1 / area);             /* neither side beyond the part's */
    double h = part.height * sqrt(area / shape), w = part.width * sqrt(area * shape);
    part.top += (part.height - h) * u[DOWN];
    part.left += (part.width - w) * u[RIGHT];
    part.height = h, part.width = w;
  }
  part.flip = u[FLIP] < plan->flip;
  part.brightness = 1 + plan->brightness * (2 * u[BRIGHTNESS] - 1);
  part.contrast = 1 + plan->contrast * (2 * u[CONTRAST] - 1);
  part.saturation = 1 + plan->saturation * (2 * u[SATURATION] - 1);
  return part;
}

/* Resampling */

/* Result pixel i takes taps[i].count source pixels from taps[i].first, weights beside each other.
 */
typedef struct tap {
  int64_t first, count;
} tap;

typedef struct filter {
  tap *taps;
  float *weights; /* [length, most] */
  int64_t most;
} filter;

static void release_filter(filter *f) {
  ct_free(f->taps);
  ct_free(f->weights);
}

/* From `size` source pixels, of which [begin, begin + extent) is taken, to `length`. */
static ct_status make_filter(filter *f, int64_t size, double begin, double extent, int64_t length,
                             ct_error *error) {
  double scale = extent / (double)length, reach = scale > 1 ? scale : 1;
  f->most = (int64_t)ceil(2 * reach) + 2;
  if (f->most > size) f->most = size;
  CT_TRY(ct_alloc(&f->taps, length, sizeof *f->taps, "image", error));
  CT_TRY(ct_alloc(&f->weights, length * f->most, sizeof *f->weights, "image", error));
  for (int64_t i = 0; i < length; i++) {
    double centre = begin + ((double)i + 0.5) * scale, sum = 0;
    int64_t first = (int64_t)floor(centre - reach), last = (int64_t)ceil(centre + reach);
    if (first < 0) first = 0;
    if (last > size) last = size;
    float *weight = f->weights + i * f->most;
    tap t = {first, 0};
    for (int64_t x = first; x < last && t.count < f->most; x++) {
      double w = 1 - fabs((double)x + 0.5 - centre) / reach;
      if (w <= 0 && t.count == 0) t.first = x + 1;
      if (w <= 0) continue;
      weight[t.count++] = (float)w;
      sum += w;
    }
    for (int64_t k = 0; k < t.count; k++) weight[k] = (float)((double)weight[k] / sum);
    f->taps[i] = t;
  }
  return CT_OK;
}

/* rows [source rows of `down`, width, channels]: each source row that matters, narrowed. */
static void along_rows(float *rows, const ct_image *image, const filter *across, int64_t width,
                       int64_t first, int64_t last) {
  int channels = image->channels;
  for (int64_t y = first; y < last; y++) {
    const unsigned char *row = image->pixel + (size_t)(y * image->width * channels);
    for (int64_t x = 0; x < width; x++) {
      const float *weight = across->weights + x * across->most;
      float sum[3] = {0, 0, 0};
      for (int64_t k = 0; k < across->taps[x].count; k++) {
        const unsigned char *pixel = row + (across->taps[x].first + k) * channels;
        for (int c = 0; c < channels; c++) sum[c] += weight[k] * (float)pixel[c];
      }
      for (int c = 0; c < channels; c++) *rows++ = sum[c];
    }
  }
}

/* out [height, width, channels]. */
static void along_columns(float *out, const float *rows, const filter *down, int64_t height,
                          int64_t across, int64_t first) {
  for (int64_t y = 0; y < height; y++, out += across) {
    memset(out, 0, (size_t)across * sizeof *out);
    for (int64_t k = 0; k < down->taps[y].count; k++) {
      const float *row = rows + (down->taps[y].first + k - first) * across;
      float weight = down->weights[y * down->most + k];
      for (int64_t x = 0; x < across; x++) out[x] += weight * row[x];
    }
  }
}

static ct_status resample(float *out, const ct_image *image, const ct_image_plan *plan,
                          const ct_image_part *part, ct_error *error) {
  filter across = {0}, down = {0};
  float *rows = NULL;
  int64_t row = plan->width * image->channels, first = 0, last = 0;
  ct_status status =
      make_filter(&across, image->width, part->left, part->width, plan->width, error);
  if (status == CT_OK)
    status = make_filter(&down, image->height, part->top, part->height, plan->height, error);
  if (status == CT_OK) {
    first = down.taps[0].first;
    last = down.taps[plan->height - 1].first + down.taps[plan->height - 1].count;
    status = ct_alloc(&rows, (last - first) * row, sizeof *rows, "image", error);
  }
  if (status == CT_OK) {
    along_rows(rows, image, &across, plan->width, first, last);
    along_columns(out, rows, &down, plan->height, row, first);
  }
  ct_free(rows);
  release_filter(&across);
  release_filter(&down);
  return status;
}

/* Colours */

static float grey_of(const float *pixel, int channels) {
  return channels == 1 ? *pixel : 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
}

static void change_colours(float *pixel, int64_t count, int channels, const ct_image_part *part) {
  float brightness = (float)part->brightness, contrast = (float)part->contrast;
  float saturation = (float)part->saturation;
  double sum = 0;
  for (int64_t i = 0; i < count; i++)
    sum += (double)(grey_of(pixel + i * channels, channels) * brightness);
  float mean = (float)(sum / (double)count);
  for (int64_t i = 0; i < count; i++) {
    float *p = pixel + i * channels;
    for (int c = 0; c < channels; c++) p[c] = mean + (p[c] * brightness - mean) * contrast;
    float grey = grey_of(p, channels);
    for (int c = 0; channels == 3 && c < 3; c++) p[c] = grey + (p[c] - grey) * saturation;
  }
}

static unsigned char to_byte(float v) {
  return v <= 0 ? 0 : v >= 255 ? 255 : (unsigned char)(v + 0.5f);
}

ct_status ct_image_fit(unsigned char *out, const ct_image *image, const ct_image_plan *plan,
                       const ct_image_part *part, ct_error *error) {
  int64_t height = plan->height, width = plan->width;
  int channels = image->channels;
  float *pixel = NULL;
  CT_TRY(ct_alloc(&pixel, height * width * channels, sizeof *pixel, "image", error));
  ct_status status = resample(pixel, image, plan, part, error);
  if (status == CT_OK) {
    if (part->brightness != 1 || part->contrast != 1 || part->saturation != 1)
      change_colours(pixel, height * width, channels, part);
    for (int c = 0; c < channels; c++)
      for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
          *out++ = to_byte(pixel[(y * width + (part->flip ? width - 1 - x : x)) * channels + c]);
  }
  ct_free(pixel);
  return status;
}
