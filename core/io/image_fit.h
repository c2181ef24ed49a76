/* Images brought to one size, and varied for training. */
#ifndef CIRCLET_IO_IMAGE_FIT_H
#define CIRCLET_IO_IMAGE_FIT_H

#include "io/image.h"

typedef struct ct_image_plan {
  int channels;          /* 1 or 3 */
  int64_t height, width; /* of the result, at least 1 */
  bool cover;            /* take the largest middle part of the result's shape; else stretch */
  /* Variations, none by default; they are drawn for each image by itself. */
  double crop; /* the least share of that part's area that a random crop keeps, 0 < crop <= 1 */
  double flip; /* the chance of left and right changing places, 0 to 1 */
  double brightness, contrast, saturation; /* factors are drawn from 1 - x to 1 + x, 0 <= x <= 1 */
  uint64_t seed;
} ct_image_plan;

/* What is done to one image: the part of it that is taken (in pixels, not whole ones), and how. */
typedef struct ct_image_part {
  double top, left, height, width;
  bool flip;
  double brightness, contrast, saturation; /* factors */
} ct_image_part;

/* The part that the plan takes of an image of this size, without variations. */
ct_image_part ct_image_whole(const ct_image_plan *plan, int64_t height, int64_t width);

/* The same with variations: draw `number` of the plan's seed. A crop has a share of the area
 * uniform in [crop, 1] and a shape of 3/4 to 4/3 times the part's (held within it), anywhere. */
ct_image_part ct_image_vary(const ct_image_plan *plan, int64_t height, int64_t width,
                            uint64_t number);

/* out [channels, height, width] of the plan: the part of the image, resampled by a triangle filter
 * that widens where the part shrinks (an image of the right size stays as it is), then factors,
 * then rounded once. Brightness multiplies; contrast moves values from the mean grey; saturation
 * moves colours from their grey. image->channels is the plan's. */
ct_status ct_image_fit(unsigned char *out, const ct_image *image, const ct_image_plan *plan,
                       const ct_image_part *part, ct_error *error);

#endif
