/* Two sides of a loss, class vectors among them: types, labels, centres and biases. */
#include "loss/classes.h"
#include <math.h>
#include "base/memory.h"
#include "loss/margin.h"

ct_status ct_classes_check(const ct_sorted_rows *rows, const char *function, const ct_loss_rows *in,
                           int64_t classes, ct_error *error) {
  int64_t bad = -1;
  for (int64_t i = rows->rows - 1; i >= 0 && rows->label[i] > classes; i--)
    if (bad < 0 || rows->origin[i] < rows->origin[bad]) bad = i;
  if (bad < 0) return CT_OK;
  return ct_fail(error, CT_EINVALID, "%s: %s must hold classes 1..%lld, got %lld at element %lld",
                 function, in->labels_name, (long long)classes, (long long)rows->label[bad],
                 (long long)rows->origin[bad] + 1);
}

static ct_status check_centres(const char *function, const ct_loss_rows *in, ct_error *error) {
  if (in->centres < 0 || in->centres > CT_MOST_CENTRES)
    return ct_fail(error, CT_EINVALID, "%s: centres must be an integer from 1 to %d, got %lld",
                   function, CT_MOST_CENTRES, (long long)in->centres);
  if (in->centres > 1 && in->x->dims == 2 && in->x->size[0] % in->centres)
    return ct_fail(error, CT_EINVALID, "%s: %s must have %lld rows for each class, got %lld rows",
                   function, in->x_name, (long long)in->centres, (long long)in->x->size[0]);
  return CT_OK;
}

ct_status ct_classes_check_sides(const char *function, const ct_loss_options *options,
                                 const ct_loss_rows *queries, const ct_loss_rows *references,
                                 ct_error *error) {
  if (references->x->dtype != queries->x->dtype)
    return ct_fail(error, CT_EINVALID, "%s: %s and %s must have one type, got %s and %s", function,
                   queries->x_name, references->x_name, ct_dtype_name(queries->x->dtype),
                   ct_dtype_name(references->x->dtype));
  CT_TRY(check_centres(function, references, error));
  if (queries->several && (!references->labels || !queries->labels))
    return ct_fail(error, CT_EINVALID, "%s: classes have one label each", function);
  if (references->bias && options->own[CT_MARGIN_SCALE].values)
    return ct_fail(error, CT_EINVALID, "%s: a bias goes with one scale for all", function);
  return CT_OK;
}

ct_status ct_classes_bias(ct_sorted_rows *rows, const char *function, const ct_loss_rows *in,
                          double scale, ct_error *error) {
  const ct_tensor *b = in->bias;
  int64_t classes = rows->rows / rows->centres;
  if (!b) return CT_OK;
  if (rows->similarity != CT_DOT)
    return ct_fail(error, CT_EINVALID, "%s: a bias goes with similarity \"dot\"", function);
  if (b->dtype != in->x->dtype || b->dims > 1 || ct_tensor_count(b) != classes)
    return ct_fail(error, CT_EINVALID,
                   "%s: bias must have %lld elements, one per class, of the type of %s", function,
                   (long long)classes, in->x_name);
  CT_TRY(ct_alloc(&rows->lift, classes, sizeof(double), "bias", error));
  for (int64_t k = 0; k < classes; k++) {
    const char *at = ct_tensor_data(b);
    double v = ct_scalar_load(b->dtype, at + k * b->stride[0] * (int64_t)ct_dtype_size(b->dtype)).d;
    if (!isfinite(v))
      return ct_fail(error, CT_EINVALID, "%s: bias has a NaN or an infinite value at element %lld",
                     function, (long long)k + 1);
    rows->lift[k] = v / scale;
  }
  return CT_OK;
}

ct_status ct_classes_bias_gradient(ct_tensor *to, const double *lift, int64_t classes, double scale,
                                   ct_error *error) {
  int64_t step;
  CT_TRY(ct_tensor_resize(to, 1, &classes, error));
  step = to->stride[0] * (int64_t)ct_dtype_size(to->dtype);
  for (int64_t k = 0; k < classes; k++)
    ct_scalar_store(to->dtype, (char *)ct_tensor_data(to) + k * step,
                    ct_scalar_of(lift[k] / scale));
  return CT_OK;
}
