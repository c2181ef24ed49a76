// Convolutions by cuDNN, where it is found.
#ifndef CIRCLET_CUDA_CUDNN_CUH
#define CIRCLET_CUDA_CUDNN_CUH

#include "cuda/launch.cuh"
#include "cuda/nn.h"

typedef enum ct_cudnn_pass {
  CT_CUDNN_FORWARD,  // y = x * w
  CT_CUDNN_BACKWARD, // x: the gradient of the input, from y, the gradient of the output
  CT_CUDNN_WEIGHT    // w += scale * the gradient of the weight, from x and y
} ct_cudnn_pass;

// *done is false where cuDNN is absent, switched off or has no way of computing this that gives the
// same bits each time: then nothing has been written. `scale` is that of CT_CUDNN_WEIGHT. Tensors
// are contiguous: x [B,C,H,W], w [O,C,kH,kW], y [B,O,oH,oW].
ct_status ct_cudnn_convolve(bool *done, ct_cudnn_pass pass, int device, ct_dtype dtype, void *x,
                            void *w, void *y, double scale, const ct_cuda_conv *shape,
                            ct_error *error);

int64_t ct_cudnn_version(void); // 90100 is 9.1; 0: absent or switched off
void ct_cudnn_use(bool on);     // of the calling thread

#endif
