/* ct_distance_of and ct_distance_slope of loss/rule.h for the inner loops, without branches.
 * Include with REAL, NAME(x) and SQRT(x) defined. */

CT_LOSS_INLINE REAL NAME(distance)(REAL s) {
  REAL square = 2 - 2 * s, least = (REAL)CT_DISTANCE_SQUARE_LEAST;
  REAL root = SQRT(square > least ? square : least);
  return square > least ? root : 0;
}

CT_LOSS_INLINE REAL NAME(distance_slope)(REAL s) {
  REAL square = 2 - 2 * s, least = (REAL)CT_DISTANCE_SQUARE_LEAST;
  REAL slope = -1 / SQRT(square > least ? square : least);
  return square > least ? slope : 0;
}
