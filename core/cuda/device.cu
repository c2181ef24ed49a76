// Devices, streams and memory.
//
// Blocks come from the driver's own pool of each device (cudaMallocAsync), which keeps what is
// freed and hands it out again in the order of a stream. Invariant: a block is freed in the stream
// that it was allocated in, after the work that every stream of the device holds by then, so that
// whoever gets it next cannot meet an earlier user's kernels.
#include "cuda/device.cuh"
#include "cuda/staging.cuh"
#include <string.h>
#include <atomic>
#include <mutex>
#include <unordered_map>
extern "C" {
#include "base/memory.h"
}

namespace {

enum { MOST_DEVICES = 64, MOST_STREAMS = 256 };

// All streams, of threads (their own) and made on demand. They live as long as the process.
struct known_stream {
  int device;
  cudaStream_t stream;
  cudaEvent_t event;
};
known_stream streams[MOST_STREAMS];
ct_staging staging[MOST_STREAMS];
std::atomic<int> stream_count{0};
std::mutex streams_lock;

// Of each live block: its size and the stream that it was allocated in, by number.
struct block_facts {
  int64_t bytes;
  int stream;
};
std::unordered_map<void *, block_facts> blocks;
std::mutex blocks_lock;
std::atomic<int64_t> live_bytes{0};

// Numbers of streams; -1: none yet.
struct thread_streams {
  int device = 0;
  int own[MOST_DEVICES], current[MOST_DEVICES];
  thread_streams() {
    for (int d = 0; d < MOST_DEVICES; d++) own[d] = current[d] = -1;
  }
};
thread_local thread_streams mine;

// The number of a new stream of the device, or -1.
int add_stream(int device, cudaError_t *result) {
  ct_on_device on(device);
  std::lock_guard<std::mutex> hold(streams_lock);
  int number = stream_count.load();
  *result = cudaErrorMemoryAllocation;
  if (number == MOST_STREAMS) return -1;
  known_stream s = {device, nullptr, nullptr};
  *result = cudaStreamCreateWithFlags(&s.stream, cudaStreamNonBlocking);
  if (*result == cudaSuccess) *result = cudaEventCreateWithFlags(&s.event, cudaEventDisableTiming);
  if (*result != cudaSuccess) return -1;
  streams[number] = s;
  stream_count.store(number + 1);
  return number;
}

// The number of the calling thread's stream of the device; -1 when none could be made, which the
// next call to CUDA then reports.
int stream_number(int device) {
  cudaError_t ignored;
  if (mine.current[device] < 0) {
    mine.own[device] = add_stream(device, &ignored);
    mine.current[device] = mine.own[device];
  }
  return mine.current[device];
}

// Memory is kept by the pool until empty_cache, not given back at every synchronisation.
cudaMemPool_t pool_of(int device) {
  static std::once_flag kept[MOST_DEVICES];
  cudaMemPool_t pool = nullptr;
  cudaDeviceGetDefaultMemPool(&pool, device);
  std::call_once(kept[device], [pool] {
    uint64_t all = UINT64_MAX;
    cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all);
  });
  return pool;
}

int devices() {
  static const int count = [] {
    int n = 0;
    if (cudaGetDeviceCount(&n) != cudaSuccess) n = 0;
    cudaGetLastError();
    return n < MOST_DEVICES ? n : MOST_DEVICES;
  }();
  return count;
}

int current() { return mine.device; }

ct_status check_device(int device, ct_error *error) {
  CT_TRY(ct_cuda_require(error));
  if (device >= 0 && device < devices()) return CT_OK;
  return ct_fail(error, CT_EINVALID, "CUDA: there is no GPU %d, this machine has %d", device + 1,
                 devices());
}

ct_status select(int device, ct_error *error) {
  CT_TRY(check_device(device, error));
  CT_CUDA_TRY(cudaSetDevice(device), "setDevice", error);
  mine.device = device;
  return CT_OK;
}

ct_status describe(int device, ct_cuda_device *out, ct_error *error) {
  cudaDeviceProp p;
  size_t free_bytes, total;
  CT_TRY(check_device(device, error));
  ct_on_device on(device);
  CT_CUDA_TRY(cudaGetDeviceProperties(&p, device), "getDeviceProperties", error);
  CT_CUDA_TRY(cudaMemGetInfo(&free_bytes, &total), "getDeviceProperties", error);
  *out = {};
  static_assert(sizeof out->name == sizeof p.name, "names of devices have 256 bytes");
  memcpy(out->name, p.name, sizeof out->name);
  out->major = p.major, out->minor = p.minor;
  out->multiprocessors = p.multiProcessorCount;
  out->total_bytes = (int64_t)total, out->free_bytes = (int64_t)free_bytes;
  return CT_OK;
}

ct_status versions(int *driver, int *runtime, ct_error *error) {
  CT_CUDA_TRY(cudaDriverGetVersion(driver), "driver", error);
  return ct_cuda_status(cudaRuntimeGetVersion(runtime), "runtime", error);
}

ct_status synchronize(int device, ct_error *error) {
  CT_TRY(check_device(device, error));
  ct_on_device on(device);
  return ct_cuda_status(cudaDeviceSynchronize(), "synchronize", error);
}

ct_status new_stream(int *number, ct_error *error) {
  cudaError_t result;
  CT_TRY(ct_cuda_require(error));
  stream_number(mine.device);
  *number = add_stream(mine.device, &result) + 1;
  return ct_cuda_status(result, "newStream", error);
}

// The index of stream `number` as users count them: 0 is the thread's own.
ct_status find_stream(int number, int *index, ct_error *error) {
  CT_TRY(ct_cuda_require(error));
  stream_number(mine.device);
  *index = number == 0 ? mine.own[mine.device] : number - 1;
  if (number >= 0 && number <= stream_count.load() && *index >= 0 &&
      streams[*index].device == mine.device)
    return CT_OK;
  return ct_fail(error, CT_EINVALID, "CUDA: GPU %d has no stream %d", mine.device + 1, number);
}

ct_status set_stream(int number, ct_error *error) {
  int index;
  CT_TRY(find_stream(number, &index, error));
  mine.current[mine.device] = index;
  return CT_OK;
}

int get_stream() {
  int index = stream_number(mine.device);
  return index == mine.own[mine.device] ? 0 : index + 1;
}

ct_status wait_stream(int number, int other, ct_error *error) {
  int first, second;
  CT_TRY(find_stream(number, &first, error));
  CT_TRY(find_stream(other, &second, error));
  std::lock_guard<std::mutex> hold(streams_lock);
  CT_CUDA_TRY(cudaEventRecord(streams[second].event, streams[second].stream), "waitStream", error);
  return ct_cuda_status(cudaStreamWaitEvent(streams[first].stream, streams[second].event, 0),
                        "waitStream", error);
}

ct_status refuse(int device, int64_t bytes, const char *what, ct_error *error) {
  size_t free_bytes = 0, total = 0;
  cudaMemGetInfo(&free_bytes, &total);
  cudaGetLastError();
  return ct_fail(error, CT_ENOMEM,
                 "%s: GPU %d has no room for %lld bytes: %lld of its %lld MiB are free, tensors "
                 "hold %lld",
                 what, device + 1, (long long)bytes, (long long)(free_bytes >> 20),
                 (long long)(total >> 20), (long long)(live_bytes.load() >> 20));
}

ct_status allocate(int device, void **out, int64_t bytes, const char *what, ct_error *error) {
  ct_on_device on(device);
  int number = stream_number(device);
  cudaMemPool_t pool = pool_of(device);
  void *block = nullptr;
  if (number < 0 || ct_memory_fails()) return refuse(device, bytes, what, error);
  cudaStream_t stream = streams[number].stream;
  size_t room = bytes > 0 ? (size_t)bytes : 1;
  cudaError_t result = cudaMallocAsync(&block, room, stream);
  if (result == cudaErrorMemoryAllocation) { // what the pool holds in other sizes, given back
    cudaGetLastError();
    cudaDeviceSynchronize();
    cudaMemPoolTrimTo(pool, 0);
    result = cudaMallocAsync(&block, room, stream);
  }
  if (result == cudaErrorMemoryAllocation) return refuse(device, bytes, what, error);
  CT_CUDA_TRY(result, what, error);
  std::lock_guard<std::mutex> hold(blocks_lock);
  blocks[block] = {bytes, number};
  live_bytes += bytes;
  *out = block;
  return CT_OK;
}

// The block's stream waits for what the others of its device hold.
void wait_for_others(int device, int number) {
  int count = stream_count.load();
  std::lock_guard<std::mutex> hold(streams_lock);
  for (int i = 0; i < count; i++) {
    if (i == number || streams[i].device != device) continue;
    cudaEventRecord(streams[i].event, streams[i].stream);
    cudaStreamWaitEvent(streams[number].stream, streams[i].event, 0);
  }
}

void release(int device, void *block) {
  block_facts facts;
  if (!block) return;
  {
    std::lock_guard<std::mutex> hold(blocks_lock);
    auto found = blocks.find(block);
    if (found == blocks.end()) return;
    facts = found->second;
    blocks.erase(found);
  }
  live_bytes -= facts.bytes;
  ct_on_device on(device);
  wait_for_others(device, facts.stream);
  cudaFreeAsync(block, streams[facts.stream].stream);
  cudaGetLastError();
}

int64_t live() { return live_bytes.load(); }

ct_status memory(int device, ct_cuda_memory *out, bool reset_peak, ct_error *error) {
  uint64_t value[4], zero = 0;
  const cudaMemPoolAttr attribute[4] = {cudaMemPoolAttrUsedMemCurrent, cudaMemPoolAttrUsedMemHigh,
                                        cudaMemPoolAttrReservedMemCurrent,
                                        cudaMemPoolAttrReservedMemHigh};
  CT_TRY(check_device(device, error));
  cudaMemPool_t pool = pool_of(device);
  for (int i = 0; i < 4; i++)
    CT_CUDA_TRY(cudaMemPoolGetAttribute(pool, attribute[i], &value[i]), "memory", error);
  *out = {(int64_t)value[0], (int64_t)value[1], (int64_t)value[2], (int64_t)value[3]};
  for (int i = 1; i < 4 && reset_peak; i += 2)
    CT_CUDA_TRY(cudaMemPoolSetAttribute(pool, attribute[i], &zero), "memory", error);
  return CT_OK;
}

ct_status empty_cache(int device, ct_error *error) {
  CT_TRY(synchronize(device, error));
  return ct_cuda_status(cudaMemPoolTrimTo(pool_of(device), 0), "emptyCache", error);
}

ct_status zero(int device, void *to, int64_t bytes, ct_error *error) {
  if (bytes <= 0) return CT_OK;
  ct_on_device on(device);
  return ct_cuda_status(cudaMemsetAsync(to, 0, (size_t)bytes, ct_cuda_stream(device)), "zero",
                        error);
}

ct_status move(int device, void *to, const void *from, int64_t bytes, const char *what,
               ct_error *error) {
  if (bytes <= 0) return CT_OK;
  ct_on_device on(device);
  return ct_cuda_status(
      cudaMemcpyAsync(to, from, (size_t)bytes, cudaMemcpyDefault, ct_cuda_stream(device)), what,
      error);
}

ct_status copy(int device, void *to, const void *from, int64_t bytes, ct_error *error) {
  return move(device, to, from, bytes, "copy", error);
}

// Page-locked room of the calling thread's stream, held for the scope; NULL where there is none.
struct staged {
  std::unique_lock<std::mutex> hold;
  char *room = nullptr;
  staged(int device, int64_t bytes) {
    const int number = stream_number(device);
    if (number < 0 || bytes <= 0) return;
    hold = std::unique_lock<std::mutex>(staging[number].lock);
    room = staging[number].room((size_t)bytes, streams[number].stream);
  }
};

// The bytes have been read when the call returns.
ct_status upload(int device, void *to, const void *from, int64_t bytes, ct_error *error) {
  ct_on_device on(device);
  staged s(device, bytes);
  if (s.room) memcpy(s.room, from, (size_t)bytes);
  return move(device, to, s.room ? s.room : from, bytes, "copy to the GPU", error);
}

ct_status download(int device, void *to, const void *from, int64_t bytes, ct_error *error) {
  const char *what = "copy from the GPU";
  ct_on_device on(device);
  staged s(device, bytes);
  CT_TRY(move(device, s.room ? s.room : to, from, bytes, what, error));
  CT_CUDA_TRY(cudaStreamSynchronize(ct_cuda_stream(device)), what, error);
  if (s.room) memcpy(to, s.room, (size_t)bytes);
  return CT_OK;
}

} // namespace

ct_status ct_cuda_status(cudaError_t result, const char *what, ct_error *error) {
  if (result == cudaSuccess) return CT_OK;
  cudaGetLastError();
  return ct_fail(error, result == cudaErrorMemoryAllocation ? CT_ENOMEM : CT_EIO, "%s: CUDA: %s",
                 what, cudaGetErrorString(result));
}

cudaStream_t ct_cuda_stream(int device) {
  int number = stream_number(device);
  return number < 0 ? cudaStreamPerThread : streams[number].stream;
}

ct_status ct_cuda_require(ct_error *error) {
  int count = 0;
  if (devices() > 0) return CT_OK;
  cudaError_t result = cudaGetDeviceCount(&count);
  cudaGetLastError();
  return ct_fail(error, CT_EIO, "CUDA: no GPU: %s",
                 result == cudaSuccess ? "none is visible" : cudaGetErrorString(result));
}

void ct_cuda_fill_device(ct_cuda_table *table) {
  table->devices = devices;
  table->current = current;
  table->select = select;
  table->describe = describe;
  table->versions = versions;
  table->synchronize = synchronize;
  table->new_stream = new_stream;
  table->set_stream = set_stream;
  table->get_stream = get_stream;
  table->wait_stream = wait_stream;
  table->allocate = allocate;
  table->release = release;
  table->memory = memory;
  table->empty_cache = empty_cache;
  table->live = live;
  table->zero = zero;
  table->copy = copy;
  table->upload = upload;
  table->download = download;
}
