// What every CUDA file shares: errors, the thread's stream, memory of one call, launch sizes.
#ifndef CIRCLET_CUDA_LAUNCH_CUH
#define CIRCLET_CUDA_LAUNCH_CUH

#include <cuda_runtime.h>
#include "cuda/cuda.h"
extern "C" {
#include "base/status.h"
}

// CT_OK, or CT_EIO with CUDA's message; CT_ENOMEM where memory was what lacked. Clears what a
// failed call leaves behind, so that the next one is not blamed for it.
ct_status ct_cuda_status(cudaError_t result, const char *what, ct_error *error);

#define CT_CUDA_TRY(call, what, error) CT_TRY(ct_cuda_status((call), (what), (error)))

// The calling thread's stream of `device`.
cudaStream_t ct_cuda_stream(int device);

// Makes `device` CUDA's current one until the end of the scope.
class ct_on_device {
public:
  explicit ct_on_device(int device) {
    cudaGetDevice(&before_);
    if (before_ != device) cudaSetDevice(device);
    changed_ = before_ != device;
  }
  ~ct_on_device() {
    if (changed_) cudaSetDevice(before_);
  }
  ct_on_device(const ct_on_device &) = delete;
  ct_on_device &operator=(const ct_on_device &) = delete;

private:
  int before_ = 0;
  bool changed_ = false;
};

// A block of the device's memory until the end of the scope: `count` elements of T.
template <class T> class ct_device_block {
public:
  ct_device_block() = default;
  ~ct_device_block() { free(); }
  ct_device_block(const ct_device_block &) = delete;
  ct_device_block &operator=(const ct_device_block &) = delete;
  ct_status allocate(int device, int64_t count, const char *what, ct_error *error) {
    void *block = nullptr;
    free();
    if (count < 0 || count > (int64_t)(INT64_MAX / sizeof(T)))
      return ct_fail(error, CT_ENOMEM, "%s: %lld elements exceed the address space", what,
                     (long long)count);
    CT_TRY(ct_cuda()->allocate(device, &block, count * (int64_t)sizeof(T), what, error));
    device_ = device;
    block_ = (T *)block;
    count_ = count;
    return CT_OK;
  }
  void free() {
    if (block_) ct_cuda()->release(device_, block_);
    block_ = nullptr;
    count_ = 0;
  }
  T *get() const { return block_; }
  int64_t count() const { return count_; }

private:
  T *block_ = nullptr;
  int64_t count_ = 0;
  int device_ = 0;
};

static inline int64_t ct_divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

#endif
