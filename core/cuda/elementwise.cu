// Elementwise operations on the GPU.
//
// A kernel serves all operations of one number of inputs and one element type: which of them is
// asked for is looked up for each element, which costs nothing beside the memory traffic.
// Arithmetic on narrow types is done in float, on integers in 64 bits, where wrapping and cutting
// to the type give what arithmetic in the type gives. A number among the inputs has the type that
// is computed in.
#include "cuda/device.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

// Transcendental functions: out of line, so that each is compiled once for a type, not once for a
// kernel. The functions that training calls most lie before the switch's long tail.
template <class W> __device__ __noinline__ W function_of(int op, W a) {
  switch (op) {
  case CT_EXP: return exp(a);
  case CT_LOG: return log(a);
  case CT_LOG1P: return log1p(a);
  case CT_SIN: return sin(a);
  case CT_COS: return cos(a);
  case CT_TAN: return tan(a);
  case CT_ASIN: return asin(a);
  case CT_ACOS: return acos(a);
  case CT_ATAN: return atan(a);
  case CT_SINH: return sinh(a);
  case CT_COSH: return cosh(a);
  case CT_TANH: return tanh(a);
  case CT_ROUND: return round(a);
  default: { // CT_SIGMOID: through e^-|x|, so that neither tail overflows
    W e = exp(-fabs(a));
    return (a < 0 ? e : (W)1) / (1 + e);
  }
  }
}

template <class W> __device__ __noinline__ W function_of(int op, W a, W b) {
  W r = 0;
  switch (op) {
  case CT_POW: return pow(a, b);
  case CT_ATAN2: return atan2(a, b);
  default: r = fmod(a, b);
  }
  return op == CT_REMAINDER && r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

template <class W> __device__ __forceinline__ W unary_real(int op, W a) {
  switch (op) {
  case CT_ABS: return fabs(a);
  case CT_NEG: return -a;
  case CT_SIGN: return (W)((a > 0) - (a < 0));
  case CT_CEIL: return ceil(a);
  case CT_FLOOR: return floor(a);
  case CT_TRUNC: return trunc(a);
  case CT_FRAC: return a - trunc(a);
  case CT_SQRT: return sqrt(a);
  case CT_RSQRT: return 1 / sqrt(a);
  case CT_CINV: return 1 / a;
  default: return function_of(op, a);
  }
}

template <class W> __device__ __forceinline__ W binary_real(int op, W a, W b) {
  switch (op) {
  case CT_ADD: return a + b;
  case CT_SUB: return a - b;
  case CT_MUL: return a * b;
  case CT_DIV: return a / b;
  case CT_MAX: return a > b || a != a ? a : b;
  case CT_MIN: return a < b || a != a ? a : b;
  default: return function_of(op, a, b);
  }
}

__device__ __forceinline__ int64_t unary_integer(int op, int64_t a) {
  if (op == CT_SIGN) return (a > 0) - (a < 0);
  return op == CT_NEG || a < 0 ? (int64_t)(0 - (uint64_t)a) : a;
}

__device__ __forceinline__ int64_t divide(int64_t a, int64_t b) { // the least number / -1 wraps
  return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

__device__ __noinline__ int64_t binary_integer(int op, int64_t a, int64_t b) {
  uint64_t result = 1, base = (uint64_t)a, exponent = (uint64_t)b;
  int64_t r = 0;
  switch (op) {
  case CT_ADD: return (int64_t)((uint64_t)a + (uint64_t)b);
  case CT_SUB: return (int64_t)((uint64_t)a - (uint64_t)b);
  case CT_MUL: return (int64_t)((uint64_t)a * (uint64_t)b);
  case CT_DIV: return divide(a, b);
  case CT_MAX: return a > b ? a : b;
  case CT_MIN: return a < b ? a : b;
  case CT_POW:
    for (; exponent; exponent >>= 1, base *= base)
      if (exponent & 1) result *= base;
    return (int64_t)result;
  default: r = b == -1 ? 0 : a % b;
  }
  return op == CT_REMAINDER && r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

template <class W> W number_of(ct_scalar number) {
  if constexpr (std::is_integral_v<W>)
    return (W)number.i;
  else
    return (W)number.d;
}

template <class T> struct one_input {
  typedef typename ct_computed<T>::type W;
  T *r;
  const T *a;
  W v, w;
  int op; // CT_UNARIES: clamp between v and w
  __device__ void operator()(const int64_t *offset) const {
    W x = ct_convert<W, T>(a[offset[1]]), y;
    if (op == CT_UNARIES)
      y = x < v ? v : x > w ? w : x;
    else if constexpr (std::is_integral_v<T>)
      y = unary_integer(op, x);
    else
      y = unary_real(op, x);
    r[offset[0]] = ct_convert<T, W>(y);
  }
};

enum { ADD_SCALED = CT_BINARIES, LERP };

template <class T> struct two_inputs {
  typedef typename ct_computed<T>::type W;
  T *r;
  const T *a, *b;
  W v;
  int op, number_at;
  __device__ void operator()(const int64_t *offset) const {
    W x = number_at == 1 ? v : ct_convert<W, T>(a[offset[1]]), y;
    W z = number_at == 2 ? v : ct_convert<W, T>(b[offset[2]]);
    if constexpr (std::is_integral_v<T>) {
      y = op == ADD_SCALED ? (W)((uint64_t)x + (uint64_t)v * (uint64_t)z)
                           : binary_integer(op, x, z);
    } else {
      y = op == ADD_SCALED ? x + v * z : op == LERP ? x + v * (z - x) : binary_real(op, x, z);
    }
    r[offset[0]] = ct_convert<T, W>(y);
  }
};

template <class T> struct three_inputs { // a + v*b*c, or a + v*b/c
  typedef typename ct_computed<T>::type W;
  T *r;
  const T *a, *b, *c;
  W v;
  bool divide_by_c;
  __device__ void operator()(const int64_t *offset) const {
    W x = ct_convert<W, T>(a[offset[1]]), y = ct_convert<W, T>(b[offset[2]]);
    W z = ct_convert<W, T>(c[offset[3]]);
    if constexpr (std::is_integral_v<T>) {
      uint64_t product = (uint64_t)v * (uint64_t)y;
      uint64_t term = divide_by_c ? (uint64_t)divide((int64_t)product, z) : product * (uint64_t)z;
      x = (W)((uint64_t)x + term);
    } else {
      x = divide_by_c ? x + v * y / z : x + v * y * z;
    }
    r[offset[0]] = ct_convert<T, W>(x);
  }
};

template <class T> struct comparison { // a number is of type T here, as elements are
  typedef typename ct_computed<T>::type W;
  uint8_t *r;
  const T *a, *b;
  W v;
  int op;
  bool number;
  __device__ void operator()(const int64_t *offset) const {
    W x = ct_convert<W, T>(a[offset[1]]), y = number ? v : ct_convert<W, T>(b[offset[2]]);
    bool less = x<y, equal = x == y, more = x> y, answer;
    switch (op) {
    case CT_LT: answer = less; break;
    case CT_LE: answer = less || equal; break;
    case CT_GT: answer = more; break;
    case CT_GE: answer = more || equal; break;
    case CT_EQ: answer = equal; break;
    default: answer = !equal; break;
    }
    r[offset[0]] = answer;
  }
};

// The inputs' type is T; an operand that is a number has no tensor.
template <class T>
ct_status run(const ct_elementwise_call *call, const ct_tensor *const *operand, ct_error *error) {
  typedef typename ct_computed<T>::type W;
  const int device = operand[0]->storage->device;
  const W v = number_of<W>(call->numbers.v), w = number_of<W>(call->numbers.w);
  T *r = (T *)ct_tensor_data(operand[0]);
  const T *in[3] = {};
  const int inputs = call->family == CT_BINARY || call->family == CT_COMPARE ? 2
                     : call->family == CT_UNARY || call->op == CT_CLAMP      ? 1
                     : call->op == CT_ADDCMUL || call->op == CT_ADDCDIV      ? 3
                                                                             : 2;
  for (int k = 0; k < inputs; k++)
    if (operand[1 + k]) in[k] = (const T *)ct_tensor_data(operand[1 + k]);
  if (call->family == CT_COMPARE) {
    ct_element rounded;
    W number = v;
    if (call->number_at) {
      ct_scalar_store(operand[1]->dtype, &rounded, call->numbers.v);
      number = number_of<W>(ct_scalar_load(operand[1]->dtype, &rounded));
    }
    comparison<T> body = {(uint8_t *)r, in[0], in[1], number, call->op, call->number_at != 0};
    return ct_for_each<3>(device, operand, body, call->name, error);
  }
  if (inputs == 1) {
    one_input<T> body = {r, in[0], v, w, call->family == CT_SCALED ? CT_UNARIES : call->op};
    return ct_for_each<2>(device, operand, body, call->name, error);
  }
  if (inputs == 3) {
    three_inputs<T> body = {r, in[0], in[1], in[2], v, call->op == CT_ADDCDIV};
    return ct_for_each<4>(device, operand, body, call->name, error);
  }
  int op = call->family == CT_BINARY ? call->op : call->op == CT_LERP ? LERP : ADD_SCALED;
  two_inputs<T> body = {r, in[0], in[1], v, op, call->number_at};
  return ct_for_each<3>(device, operand, body, call->name, error);
}

ct_status elementwise(const ct_elementwise_call *call, const ct_tensor *const *operand,
                      ct_error *error) {
  if (ct_tensor_count(operand[0]) == 0) return CT_OK;
  return ct_with_type(operand[call->number_at == 1 ? 2 : 1]->dtype,
                      [&]<class T>() { return run<T>(call, operand, error); });
}

template <class T> struct finder {
  const T *a;
  int *found;
  bool negative;
  __device__ void operator()(const int64_t *offset) const {
    int64_t x = (int64_t)a[offset[0]];
    if (negative ? x < 0 : x == 0) *found = 1; // whoever writes, writes the same
  }
};

ct_status find(ct_find what, const ct_tensor *a, bool *found, const char *name, ct_error *error) {
  *found = false;
  if (ct_dtype_is_real(a->dtype) || ct_tensor_count(a) == 0) return CT_OK;
  const int device = a->storage->device;
  const bool negative = what == CT_FIND_NEGATIVE;
  ct_device_block<int> flag;
  int seen = 0;
  CT_TRY(flag.allocate(device, 1, name, error));
  CT_TRY(ct_cuda()->zero(device, flag.get(), sizeof seen, error));
  const void *data = ct_tensor_data(a);
  switch (a->dtype) {
  case CT_CUDA_LONG: {
    finder<int64_t> body = {(const int64_t *)data, flag.get(), negative};
    CT_TRY(ct_for_each<1>(device, &a, body, name, error));
    break;
  }
  case CT_CUDA_INT: {
    finder<int32_t> body = {(const int32_t *)data, flag.get(), negative};
    CT_TRY(ct_for_each<1>(device, &a, body, name, error));
    break;
  }
  default: {
    finder<uint8_t> body = {(const uint8_t *)data, flag.get(), negative};
    CT_TRY(ct_for_each<1>(device, &a, body, name, error));
  }
  }
  CT_TRY(ct_cuda()->download(device, &seen, flag.get(), sizeof seen, error));
  *found = seen != 0;
  return CT_OK;
}

} // namespace

void ct_cuda_fill_elementwise(ct_cuda_table *table) {
  table->elementwise = elementwise;
  table->find = find;
}
