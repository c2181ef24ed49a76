// Page-locked memory of a stream, through which small copies between host and device go: a copy
// from there is queued without the driver's own detour.
#ifndef CIRCLET_CUDA_STAGING_CUH
#define CIRCLET_CUDA_STAGING_CUH

#include <cuda_runtime.h>
#include <mutex>

class ct_staging {
  enum { HALF = 1 << 20, ALIGNMENT = 256 };

public:
  // To be held from `room` until what it gave has been used or its copy is queued.
  std::mutex lock;

  // Room for `bytes`, untouched until copies that were queued in `stream` before have been done;
  // NULL where there is none: too much is asked, or the host has no such memory left.
  char *room(size_t bytes, cudaStream_t stream) {
    const size_t whole = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (whole > HALF || !begin()) return nullptr;
    if (at_ + whole > HALF) {
      cudaEventRecord(left_[half_], stream);
      half_ = 1 - half_, at_ = 0;
      cudaEventSynchronize(left_[half_]);
    }
    char *here = memory_ + half_ * HALF + at_;
    at_ += whole;
    return here;
  }

private:
  char *memory_ = nullptr;
  cudaEvent_t left_[2] = {nullptr, nullptr}; // a half, by the stream
  bool begun_ = false;
  int half_ = 0;
  size_t at_ = 0;

  // Streams live as long as the process, and this with them.
  bool begin() {
    void *memory = nullptr;
    if (begun_) return memory_;
    begun_ = true;
    bool there = cudaHostAlloc(&memory, 2 * HALF, cudaHostAllocPortable) == cudaSuccess;
    for (int h = 0; h < 2 && there; h++)
      there = cudaEventCreateWithFlags(&left_[h], cudaEventDisableTiming) == cudaSuccess;
    if (there)
      memory_ = (char *)memory;
    else
      cudaGetLastError();
    return there;
  }
};

#endif
