// Copies, conversions and fills of strided tensors on one GPU; whole blocks between two.
#include "cuda/device.cuh"
#include "cuda/strided.cuh"
#include "cuda/types.cuh"

namespace {

template <class To, class From> struct convert_body {
  To *to;
  const From *from;
  __device__ void operator()(const int64_t *offset) const {
    to[offset[0]] = ct_convert<To, From>(from[offset[1]]);
  }
};

ct_status convert(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  const ct_tensor *operand[2] = {to, from};
  const int device = to->storage ? to->storage->device : 0;
  if (to->dtype == from->dtype && ct_tensor_contiguous(to) && ct_tensor_contiguous(from))
    return ct_cuda()->copy(device, ct_tensor_data(to), ct_tensor_data(from),
                           ct_tensor_count(to) * (int64_t)ct_dtype_size(to->dtype), error);
  return ct_with_type(to->dtype, [&]<class To>() {
    return ct_with_type(from->dtype, [&]<class From>() {
      convert_body<To, From> body = {(To *)ct_tensor_data(to), (const From *)ct_tensor_data(from)};
      return ct_for_each<2>(device, operand, body, "copy", error);
    });
  });
}

template <class T> struct fill_body {
  T *to, value;
  __device__ void operator()(const int64_t *offset) const { to[offset[0]] = value; }
};

ct_status fill(ct_tensor *to, ct_scalar value, ct_error *error) {
  const ct_tensor *operand[1] = {to};
  const int device = to->storage ? to->storage->device : 0;
  return ct_with_type(to->dtype, [&]<class T>() {
    fill_body<T> body = {(T *)ct_tensor_data(to), T()};
    ct_scalar_store(to->dtype, &body.value, value);
    return ct_for_each<1>(device, operand, body, "fill", error);
  });
}

// Waits for both devices: streams of two of them have no order among each other.
ct_status across(ct_tensor *to, const ct_tensor *from, ct_error *error) {
  int there = to->storage->device, here = from->storage->device;
  size_t bytes = (size_t)ct_tensor_count(to) * ct_dtype_size(to->dtype);
  CT_TRY(ct_cuda()->synchronize(here, error));
  ct_on_device on(there);
  CT_CUDA_TRY(cudaMemcpyPeerAsync(ct_tensor_data(to), there, ct_tensor_data(from), here, bytes,
                                  ct_cuda_stream(there)),
              "copy between GPUs", error);
  return ct_cuda()->synchronize(there, error);
}

} // namespace

void ct_cuda_fill_copy(ct_cuda_table *table) {
  table->convert = convert;
  table->fill = fill;
  table->across = across;
}
