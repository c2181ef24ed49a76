/* TAR changes at levels only (but for genuine pairs between levels, where those are a choice), FAR
 * between them too: walking down from the strictest threshold, each step adds what lies between two
 * levels, then everything at one. Of equal similarities all or none are accepted. */
#include "metric/roc.h"
#include <math.h>

typedef __int128 wide; /* products of numbers of pairs */

static double level_at(const ct_roc_counts *c, int64_t p) {
  return ct_real_at(c->dtype, c->level, p);
}

void ct_roc_trace(ct_verification_result *out, ct_operating_point *point, int64_t points,
                  const ct_roc_counts *c, int64_t *interval) {
  int64_t accepted = 0, wrongly = 0; /* genuine pairs and impostors */
  double genuine = (double)c->n_genuine, impostors = (double)c->n_impostor;
  wide twice_area = 0, unknown = 0, all = (wide)c->n_genuine * c->n_impostor, gap = -all;
  bool crossed = false;
  for (int64_t i = 0; i < points; i++) {
    point[i].tar = point[i].reached = 0;
    point[i].threshold = INFINITY;
    if (interval) interval[i] = c->levels;
  }
  if (interval) interval[points] = 0;
  for (int64_t p = c->levels; p >= 0; p--) {
    for (int at = 0; at < 2; at++) { /* impostors above the value below, then that value itself */
      bool tie = at == 1;
      if (tie && p == 0) break;
      int64_t more = tie ? c->genuine_at[p - 1] : c->between ? c->between[p] : 0;
      int64_t wrong = c->impostors[2 * p - tie];
      if (!tie) unknown += (wide)wrong * more;
      twice_area += (wide)wrong * (2 * accepted + more);
      wide next =
          (wide)(wrongly + wrong) * c->n_genuine + (wide)(accepted + more) * c->n_impostor - all;
      if (!crossed && next >= 0) {
        double share = next > gap ? -(double)gap / (double)(next - gap) : 0;
        out->eer = ((double)wrongly + share * (double)wrong) / impostors;
        out->eer_threshold = level_at(c, p > 0 ? p - 1 : 0);
        if (interval) interval[points] = p;
        crossed = true;
      }
      gap = next, accepted += more, wrongly += wrong;
    }
    for (int64_t i = 0; i < points && p > 0; i++) {
      double far = (double)wrongly / impostors;
      if (far > point[i].far) continue;
      point[i].tar = (double)accepted / genuine;
      point[i].reached = far;
      point[i].threshold = level_at(c, p - 1);
      if (interval) interval[i] = p - 1;
    }
  }
  out->auc = (double)((long double)twice_area / (2 * (long double)all));
  out->auc_error = (double)((long double)unknown / (2 * (long double)all));
}
