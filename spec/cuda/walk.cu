// Walks of core/cuda/strided.cuh on the host: merged dimensions, halved walks, the place of each
// element. Prints what is wrong; says "n walks" in the end.
#include <stdio.h>
#include <stdlib.h>
#include <vector>
#include "cuda/strided.cuh"

extern "C" int64_t ct_tensor_count(const ct_tensor *t) {
  int64_t count = t->dims ? 1 : 0;
  for (int d = 0; d < t->dims; d++) count *= t->size[d];
  return count;
}

// The place of element i of a tensor, in row-major order, from its strides.
static int64_t place(const ct_tensor &t, int64_t i) {
  int64_t at = 0;
  for (int d = t.dims - 1; d >= 0; d--) {
    at += i % t.size[d] * t.stride[d];
    i /= t.size[d];
  }
  return at;
}

// Visits all of the walk in parts of at most `most` elements, as ct_walk_parts does for 2^31.
static void visit(ct_walk<2> w, int64_t most, std::vector<int64_t> *seen) {
  while (w.count > most) {
    ct_walk<2> rest = ct_walk_halve<2>(&w);
    visit(rest, most, seen);
  }
  for (int64_t i = 0; i < w.count; i++) {
    int64_t offset[2];
    ct_walk_to<2>(w, (uint32_t)i, offset);
    if (offset[1] < 0 || offset[1] >= (int64_t)seen->size() || (*seen)[offset[1]] != -1)
      printf("element %lld of the second is visited twice, or is none\n", (long long)offset[1]);
    else
      (*seen)[offset[1]] = offset[0];
  }
}

static int number(int most) { return rand() % most + 1; }

int main() {
  srand(1);
  int walks = 0;
  for (; walks < 2000; walks++) {
    ct_tensor a = {}, b = {}; // b is dense, in a random order of dimensions; a has gaps, or repeats
    a.dims = b.dims = number(5);
    int order[5] = {0, 1, 2, 3, 4};
    for (int d = a.dims - 1; d > 0; d--) {
      int e = number(d + 1) - 1, held = order[d];
      order[d] = order[e], order[e] = held;
    }
    int64_t step = 1;
    for (int d = a.dims - 1; d >= 0; d--) {
      a.size[d] = b.size[d] = number(4);
      a.stride[d] = number(3) == 1 ? 0 : number(9);
    }
    for (int k = 0; k < b.dims; k++) b.stride[order[k]] = step, step *= b.size[order[k]];
    const ct_tensor *operand[2] = {&a, &b};
    ct_walk<2> w = ct_walk_of<2>(operand);
    int64_t count = ct_tensor_count(&a);
    if (w.count != count || !ct_walk_is_small<2>(w)) printf("another number of elements\n");
    std::vector<int64_t> seen((size_t)count, -1);
    visit(w, number(7), &seen);
    for (int64_t i = 0; i < count; i++)
      if (seen[(size_t)place(b, i)] != place(a, i))
        printf("element %lld is misplaced\n", (long long)i);
  }
  // A contiguous tensor is one dimension; one beyond 2^31 elements is not small, its halves are.
  ct_tensor huge = {};
  huge.dims = 3;
  huge.size[0] = 3, huge.size[1] = 1 << 16, huge.size[2] = 1 << 14;
  huge.stride[0] = (int64_t)1 << 30, huge.stride[1] = 1 << 14, huge.stride[2] = 1;
  const ct_tensor *operand[2] = {&huge, nullptr};
  ct_walk<2> w = ct_walk_of<2>(operand);
  if (w.dims != 1 || ct_walk_is_small<2>(w)) printf("a contiguous tensor is one dimension\n");
  ct_walk<2> rest = ct_walk_halve<2>(&w);
  if (!ct_walk_is_small<2>(w) || !ct_walk_is_small<2>(rest) || w.count + rest.count != 3LL << 30 ||
      rest.base[0] != w.count || rest.base[1] != 0)
    printf("halves of a huge tensor\n");
  printf("%d walks\n", walks);
  return 0;
}
