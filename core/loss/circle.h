/* Circle Loss: the scalar maths of one pair (Sun et al., CVPR 2020, Eq. 5-6).
 *
 * With d = s for a negative and d = 1-s for a positive, O_n = -m, D_n = m, O_p = 1+m, D_p = 1-m
 * turn both logits into the same function:
 *
 *     l(d) = gamma * [d+m]_+ * (d-m)  =  gamma * (v^2 - m^2),   v = |d| where d > -m, else |m|.
 *
 * So a positive of similarity s is treated as a negative of similarity 1-s, and the logit grows
 * with the coordinate v. Logits reach 1000, where float32 is spaced by 6e-5: they are kept as sums
 * of two numbers.
 *
 * Include with REAL (float or double), NAME(x) and REST(a, b, p), which is a*b - p for p = a*b
 * rounded, defined; C and CUDA compile it alike. */

/* The coordinate of a pair, >= 0. */
CT_LOSS_INLINE REAL NAME(circle_coordinate)(REAL d, REAL m) {
  REAL v = d > -m ? d : m;
  return v < 0 ? -v : v;
}

/* scale * v^2 = high + low, where gamma/ln 2 = scale + scale_low: the logit to base 2 without the
 * part that all pairs share. */
CT_LOSS_INLINE void NAME(circle_logit)(REAL v, REAL scale, REAL scale_low, REAL *high, REAL *low) {
  REAL square = v * v, product = square * scale;
  *high = product;
  *low = (REST(v, v, square) * scale + square * scale_low) + REST(square, scale, product);
}

/* The part that all pairs share, to base e. */
CT_LOSS_INLINE REAL NAME(circle_logit_offset)(REAL m, REAL gamma) { return -gamma * m * m; }

/* dl/dd with the weight [d+m]_+ held fixed (the paper's gradient, Eq. 9-10). */
CT_LOSS_INLINE REAL NAME(circle_slope_held)(REAL d, REAL m, REAL gamma) {
  return d > -m ? gamma * (d + m) : 0;
}

/* dl/dd of the full formula. */
CT_LOSS_INLINE REAL NAME(circle_slope_through)(REAL d, REAL m, REAL gamma) {
  return d > -m ? 2 * gamma * d : 0;
}
