/* What the CUDA backend offers to the rest of the core: one table of functions, in C.
 *
 * ct_cuda() is NULL in a build without nvcc (none.c); a build with it has the table (table.cu) also
 * on a machine without a GPU, where ct_cuda_require() says why nothing can run. A tensor whose type
 * lies on a GPU has memory only where both hold, so that what handles one may take the table as
 * given.
 *
 * Work is queued in the calling thread's stream of the device and not waited for, except by
 * download() and synchronize(). A kernel that fails is reported by a later call: CUDA says so. */
#ifndef CIRCLET_CUDA_CUDA_H
#define CIRCLET_CUDA_CUDA_H

#ifdef __cplusplus
extern "C" {
#endif

#include "tensor/tensor.h"

/* Facts of a device. */
typedef struct ct_cuda_device {
  char name[256];
  int major, minor; /* compute capability */
  int multiprocessors;
  int64_t total_bytes, free_bytes;
} ct_cuda_device;

/* Bytes of a device's pool of memory: in live blocks and held from the driver, now and at most. */
typedef struct ct_cuda_memory {
  int64_t used, used_peak, reserved, reserved_peak;
} ct_cuda_memory;

typedef struct ct_cuda_table {
  /* Devices, counted from 0. The current one and its stream belong to the calling thread. */
  int (*devices)(void);
  int (*current)(void);
  ct_status (*select)(int device, ct_error *error);
  ct_status (*describe)(int device, ct_cuda_device *out, ct_error *error);
  ct_status (*versions)(int *driver, int *runtime, ct_error *error);
  /* Waits for all work of the device and reports what failed. */
  ct_status (*synchronize)(int device, ct_error *error);

  /* Streams of the current device. Number 0 is the thread's own; others are made by new_stream and
   * live as long as the process. Work in one stream is not ordered with that in others, except
   * through wait_stream(a, b): what is queued in a from now on begins after what b holds now. */
  ct_status (*new_stream)(int *number, ct_error *error);
  ct_status (*set_stream)(int number, ct_error *error);
  int (*get_stream)(void);
  ct_status (*wait_stream)(int number, int other, ct_error *error);

  /* Memory. A released block is used again, in the order of the streams that may use it; CT_ENOMEM
   * says how much was asked for and leaves everything usable. */
  ct_status (*allocate)(int device, void **out, int64_t bytes, const char *what, ct_error *error);
  void (*release)(int device, void *block); /* NULL is allowed */
  ct_status (*memory)(int device, ct_cuda_memory *out, bool reset_peak, ct_error *error);
  ct_status (*empty_cache)(int device, ct_error *error);
  int64_t (*live)(void); /* bytes in live blocks of all devices */

  ct_status (*zero)(int device, void *to, int64_t bytes, ct_error *error);
  ct_status (*copy)(int device, void *to, const void *from, int64_t bytes, ct_error *error);
  ct_status (*upload)(int device, void *to, const void *from, int64_t bytes, ct_error *error);
  ct_status (*download)(int device, void *to, const void *from, int64_t bytes, ct_error *error);

  /* Tensors of one size on one device, of any type on a GPU and any strides, that do not overlap.
   */
  ct_status (*convert)(ct_tensor *to, const ct_tensor *from, ct_error *error);
  ct_status (*fill)(ct_tensor *to, ct_scalar value, ct_error *error);
  /* The same bytes from one device to another: both contiguous. */
  ct_status (*across)(ct_tensor *to, const ct_tensor *from, ct_error *error);
} ct_cuda_table;

const ct_cuda_table *ct_cuda(void);

/* CT_OK when there is a GPU to run on; otherwise CT_EIO with CUDA's own words. */
ct_status ct_cuda_require(ct_error *error);

#ifdef __cplusplus
}
#endif

#endif
