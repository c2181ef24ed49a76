/* Circle Loss from C. Build: cc -Icore scripts/embed/circle.c -Lbuild -lcirclet -lm -o circle */
#include <circlet.h>
#include <math.h>
#include <stdio.h>

enum { B = 8, D = 5, STRIDE = 6 };

int main(void) {
  float x[B * STRIDE], gradient[B * D];
  int64_t labels[B] = {1, 2, 1, 2, 3, 3, 1, 2};
  for (int i = 0; i < B * STRIDE; i++) x[i] = (float)sin(1 + i);

  circlet_context *context;
  circlet_facts facts;
  circlet_rows rows = {x, B, D, STRIDE, labels};
  circlet_matrix out = {gradient, B, D, D};
  if (circlet_context_new(&context) != CIRCLET_OK) return 1;
  int status = circlet_pair_forward(context, CIRCLET_FLOAT, &rows, NULL, NULL, NULL, &facts);
  if (status == CIRCLET_OK) status = circlet_pair_backward(context, 1, &out, NULL);
  if (status != CIRCLET_OK) {
    fprintf(stderr, "%s\n", circlet_last_error(context));
  } else {
    double sum = 0;
    for (int i = 0; i < B * D; i++) sum += fabs(gradient[i]);
    printf("%.9g %.9g\n", facts.loss, sum);
  }
  circlet_context_free(context);
  return status != CIRCLET_OK;
}
