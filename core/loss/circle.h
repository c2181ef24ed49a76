/* Circle Loss: the scalar maths of one pair (Sun et al., CVPR 2020, Eq. 5-6).
 *
 * With d = s for a negative and d = 1-s for a positive, O_n = -m, D_n = m, O_p = 1+m, D_p = 1-m
 * turn both logits into the same function:
 *
 *     l(d) = gamma * [d+m]_+ * (d-m)  =  gamma * (v^2 - m^2),   v = |d| where d > -m, else |m|.
 *
 * So a positive of similarity s is treated as a negative of similarity 1-s, the logit grows with
 * the coordinate v, and a difference of logits has a form free of cancellation, gamma*(v-r)*(v+r).
 * That matters: logits reach 1000, where float32 is spaced by 6e-5.
 *
 * Include with REAL (float or double) and NAME(x) defined; C and CUDA compile it alike. */

/* The coordinate of a pair, >= 0. */
CT_LOSS_INLINE REAL NAME(circle_coordinate)(REAL d, REAL m) {
  REAL v = d > -m ? d : m;
  return v < 0 ? -v : v;
}

/* l(v) - l(r). */
CT_LOSS_INLINE REAL NAME(circle_gap)(REAL v, REAL r, REAL gamma) {
  return gamma * ((v - r) * (v + r));
}

/* dl/dd with the weight [d+m]_+ held fixed (the paper's gradient, Eq. 9-10). */
CT_LOSS_INLINE REAL NAME(circle_slope_held)(REAL d, REAL m, REAL gamma) {
  return d > -m ? gamma * (d + m) : 0;
}

/* dl/dd of the full formula. */
CT_LOSS_INLINE REAL NAME(circle_slope_through)(REAL d, REAL m, REAL gamma) {
  return d > -m ? 2 * gamma * d : 0;
}
