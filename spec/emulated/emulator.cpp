// An emulated GPU: the threads of a block as fibers, and as much of the CUDA runtime as circlet
// calls, on the host's memory. See emulator.h.
#include "emulator.h"
#include <cuda.h>
#include <map>
#include <mutex>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <vector>

ct_emulated_place ct_here;

namespace {

enum { STACK = 64 << 10, MOST_THREADS = 1024 };
enum wait_kind { RUNNING, AT_WARP, AT_BLOCK, ENDED };

struct fiber {
  ucontext_t context;
  char *stack;
  wait_kind state;
  uint64_t given[2];
  int turn;
};

fiber fibers[MOST_THREADS];
ucontext_t scheduler;
int current, count;
const std::function<void()> *body;
std::vector<char> dynamic;
std::mutex one_kernel;
bool in_kernel;
std::vector<std::function<void()>> copies; // of the copy engine, under way
// CIRCLET_EMULATED_SEED: another number, another order of events; the same on every run.
uint64_t chance = [] {
  const char *seed = getenv("CIRCLET_EMULATED_SEED");
  return 88172645463325252u + (seed ? strtoull(seed, nullptr, 10) : 0) * 0x9e3779b97f4a7c15u;
}();

// Often true, often not.
bool perhaps() {
  chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
  return chance >> 40 & 1;
}

// Copies arrive late and in any order.
void arrive() {
  for (size_t i = 0; i < copies.size();) {
    if (!perhaps()) {
      i++;
      continue;
    }
    copies[i]();
    copies.erase(copies.begin() + (ptrdiff_t)i);
  }
}

void place(int t) {
  current = t;
  const dim3 d = ct_here.threads;
  ct_here.thread = {t % d.x, t / d.x % d.y, t / (d.x * d.y)};
}

void enter() {
  (*body)();
  fibers[current].state = ENDED;
}

void wait(wait_kind kind) {
  fiber *f = &fibers[current];
  f->state = kind;
  swapcontext(&f->context, &scheduler);
}

void die(const char *what) {
  fprintf(stderr, "emulated GPU: %s\n", what);
  abort();
}

// Lets go on what waits together. False when all have ended.
bool release() {
  bool any = false, blocked = true;
  for (int first = 0; first < count; first += 32) {
    bool together = true, waiting = false;
    for (int t = first; t < first + 32 && t < count; t++) {
      const wait_kind s = fibers[t].state;
      blocked = blocked && s != RUNNING;
      any = any || s != ENDED;
      waiting = waiting || s == AT_WARP;
      together = together && (s == AT_WARP || s == ENDED);
    }
    if (!waiting) continue;
    if (!together) continue;
    blocked = false;
    for (int t = first; t < first + 32 && t < count; t++)
      if (fibers[t].state == AT_WARP) fibers[t].state = RUNNING;
  }
  if (!any || !blocked) return any;
  for (int t = 0; t < count; t++)
    if (fibers[t].state == AT_WARP) die("some threads of a warp wait for others that do not come");
  for (int t = 0; t < count; t++)
    if (fibers[t].state == AT_BLOCK) fibers[t].state = RUNNING;
  return true;
}

void run_block() {
  for (int t = 0; t < count; t++) {
    fiber *f = &fibers[t];
    if (!f->stack) f->stack = (char *)malloc(STACK);
    f->state = RUNNING, f->turn = 0;
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK;
    f->context.uc_link = &scheduler;
    makecontext(&f->context, enter, 0);
  }
  do { // warps run on as they are let, of equals none before all others
    for (int t = 0; t < count; t++) {
      if (t % 32 == 0 && perhaps()) {
        t += 31;
        continue;
      }
      if (fibers[t].state != RUNNING) continue;
      place(t);
      swapcontext(&scheduler, &fibers[t].context);
    }
    arrive();
  } while (release());
  if (!copies.empty()) die("a block ended before its copies arrived");
}

// CIRCLET_EMULATED_HOPPER=1: with the tensor cores and the copy engine of sm_90.
bool is_hopper() {
  const char *asked = getenv("CIRCLET_EMULATED_HOPPER");
  return asked && !strcmp(asked, "1");
}

CUresult encode(CUtensorMap *map, CUtensorMapDataType, cuuint32_t, void *data,
                const cuuint64_t *size, const cuuint64_t *stride, const cuuint32_t *box,
                const cuuint32_t *, CUtensorMapInterleave, CUtensorMapSwizzle,
                CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  const bool sound = (uintptr_t)data % 16 == 0 && stride[0] % 16 == 0 && box[0] <= 256 &&
                     box[1] <= 256 && box[0] * 2 <= 128 && size[0] && size[1];
  const ct_emulated_map m = {data,
                             {(int64_t)size[0], (int64_t)size[1]},
                             (int64_t)stride[0] / 2,
                             {(int)box[0], (int)box[1]}};
  memcpy(map, &m, sizeof m);
  return sound ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

cudaError_t last_error = cudaSuccess;

cudaError_t report(cudaError_t e) {
  if (e != cudaSuccess) last_error = e;
  return e;
}

} // namespace

void ct_emulate(const std::function<void()> &thread, dim3 grid, dim3 block, size_t shared,
                cudaStream_t) {
  const uint64_t threads = (uint64_t)block.x * block.y * block.z;
  const bool sound = threads >= 1 && threads <= MOST_THREADS && grid.x >= 1 && grid.y >= 1 &&
                     grid.z >= 1 && grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535 &&
                     shared <= 227 << 10;
  if (!sound) {
    report(cudaErrorInvalidConfiguration);
    return;
  }
  std::lock_guard<std::mutex> hold(one_kernel);
  if (in_kernel) die("a kernel inside a kernel");
  in_kernel = true;
  dynamic.assign(shared + 16, (char)0x7f);
  body = &thread, count = (int)threads;
  ct_here.grid = grid, ct_here.threads = block;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        ct_here.block = {x, y, z};
        run_block();
      }
  in_kernel = false;
}

void *ct_emulated_shared() { return (void *)(((uintptr_t)dynamic.data() + 15) & ~(uintptr_t)15); }
void __syncthreads() { wait(AT_BLOCK); }
void __syncwarp(unsigned) { wait(AT_WARP); }
void ct_emulated_yield() { wait(RUNNING); }
void ct_emulated_later(const std::function<void()> &copy) { copies.push_back(copy); }

int __syncthreads_or(int predicate) {
  static int any;
  __syncthreads();
  any = 0;
  __syncthreads();
  any |= predicate;
  __syncthreads();
  return any;
}

int ct_emulated_lane() { return current % 32; }

uint64_t ct_emulated_exchange(uint64_t value, int lane) {
  fiber *f = &fibers[current];
  const int turn = f->turn;
  f->turn = 1 - turn;
  f->given[turn] = value;
  wait(AT_WARP);
  const int other = current / 32 * 32 + lane;
  return other < count ? fibers[other].given[turn] : value;
}

// The runtime. Blocks have 512 guard bytes behind them, looked at when they are freed.
extern "C" {

enum { GUARD = 512, TOTAL = 1 << 30 };
static std::map<void *, size_t> live;
static std::mutex live_lock;
static size_t used, used_peak;

cudaError_t cudaMallocAsync(void **out, size_t bytes, cudaStream_t) {
  std::lock_guard<std::mutex> hold(live_lock);
  if (used + bytes > (size_t)TOTAL) return report(cudaErrorMemoryAllocation);
  char *block = (char *)aligned_alloc(256, (bytes + GUARD + 255) / 256 * 256);
  memset(block, 0xff, bytes); // NaN: what is not written first shows
  memset(block + bytes, 0x5a, GUARD);
  live[block] = bytes;
  used += bytes;
  if (used > used_peak) used_peak = used;
  *out = block;
  return cudaSuccess;
}

cudaError_t cudaFreeAsync(void *block, cudaStream_t) {
  std::lock_guard<std::mutex> hold(live_lock);
  auto found = live.find(block);
  if (found == live.end()) die("a block that is not live is freed");
  for (size_t i = 0; i < GUARD; i++)
    if (((unsigned char *)block)[found->second + i] != 0x5a) die("a kernel wrote behind a block");
  used -= found->second;
  live.erase(found);
  free(block);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void **out, size_t bytes) { return cudaMallocAsync(out, bytes, nullptr); }
cudaError_t cudaFree(void *block) { return block ? cudaFreeAsync(block, nullptr) : cudaSuccess; }
cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned) {
  *out = malloc(bytes);
  return *out ? cudaSuccess : report(cudaErrorMemoryAllocation);
}
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  memmove(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyPeerAsync(void *to, int, const void *from, int, size_t bytes, cudaStream_t) {
  memmove(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t) {
  memset(to, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int *count_out) {
  *count_out = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : report(cudaErrorInvalidDevice);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int) {
  memset((void *)p, 0, sizeof *p);
  strcpy(p->name, "emulated");
  p->major = is_hopper() ? 9 : 8, p->multiProcessorCount = 132;
  p->sharedMemPerBlockOptin = 227 << 10;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
  case cudaDevAttrMultiProcessorCount:
    *value = 3;
    break; // so that persistent blocks have much to do
  case cudaDevAttrComputeCapabilityMajor: *value = is_hopper() ? 9 : 8; break;
  case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
  case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = 227 << 10; break;
  default: *value = 0;
  }
  return cudaSuccess;
}
// No other function of the driver is there.
cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **function, unsigned,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult *result) {
  const bool there = is_hopper() && !strcmp(name, "cuTensorMapEncodeTiled");
  *function = there ? (void *)encode : nullptr;
  *result = there ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void *, cudaFuncAttribute a, int value) {
  const bool fits = a != cudaFuncAttributeMaxDynamicSharedMemorySize || value <= 227 << 10;
  return fits ? cudaSuccess : report(cudaErrorInvalidValue);
}
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total) {
  *free_bytes = TOTAL - used, *total = TOTAL;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int *v) {
  *v = 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int *v) {
  *v = 13000;
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize(void) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned) {
  static intptr_t next = 16;
  *s = (cudaStream_t)(next += 16);
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned) {
  *e = (cudaEvent_t)16;
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t *e) { return cudaEventCreateWithFlags(e, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t, cudaEvent_t) {
  *ms = 1;
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int) {
  *pool = (cudaMemPool_t)16;
  return cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr a, void *) {
  if (a == cudaMemPoolAttrUsedMemHigh) used_peak = used;
  return cudaSuccess;
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr a, void *value) {
  const bool peak = a == cudaMemPoolAttrUsedMemHigh || a == cudaMemPoolAttrReservedMemHigh;
  *(uint64_t *)value = peak ? used_peak : used;
  return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, size_t) { return cudaSuccess; }
cudaError_t cudaGetLastError(void) {
  cudaError_t e = last_error;
  last_error = cudaSuccess;
  return e;
}
cudaError_t cudaPeekAtLastError(void) { return last_error; }
const char *cudaGetErrorString(cudaError_t e) {
  return e == cudaErrorMemoryAllocation       ? "out of memory"
         : e == cudaErrorInvalidConfiguration ? "invalid configuration argument"
                                              : "an error of the emulated GPU";
}

} // extern "C"
