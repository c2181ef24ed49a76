// Operands as Hopper's copy engine sees them. The driver's function that describes them is looked
// up at run time: circlet is not linked with the driver.
#include "cuda/operand_map.cuh"
#include <stdlib.h>
#include <string.h>

namespace {

typedef CUresult encode_function(CUtensorMap *, CUtensorMapDataType, cuuint32_t, void *,
                                 const cuuint64_t *, const cuuint64_t *, const cuuint32_t *,
                                 const cuuint32_t *, CUtensorMapInterleave, CUtensorMapSwizzle,
                                 CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

encode_function *encode() {
  static encode_function *const found = [] {
    void *address = nullptr;
    cudaDriverEntryPointQueryResult result;
    if (cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &address, 12000,
                                         cudaEnableDefault, &result) != cudaSuccess ||
        result != cudaDriverEntryPointSuccess)
      address = nullptr;
    cudaGetLastError();
    return (encode_function *)address;
  }();
  return found;
}

} // namespace

bool ct_has_fused(int device) {
  int major = 0, minor = 0;
  const char *asked = getenv("CIRCLET_CUDA_FUSED");
  if (asked && !strcmp(asked, "0")) return false;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return major == 9 && minor == 0 && encode();
}

ct_status ct_map_operand(CUtensorMap *map, const void *rows, int64_t count, int64_t pitch,
                         bool bfloat16, const char *what, ct_error *error) {
  const cuuint64_t size[2] = {(cuuint64_t)pitch, (cuuint64_t)count};
  const cuuint64_t stride[1] = {(cuuint64_t)pitch * 2};
  const cuuint32_t box[2] = {CT_FUSED_STEP, CT_FUSED_ROWS}, step[2] = {1, 1};
  const CUresult result =
      encode()(map, bfloat16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
               2, const_cast<void *>(rows), size, stride, box, step, CU_TENSOR_MAP_INTERLEAVE_NONE,
               CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result == CUDA_SUCCESS) return CT_OK;
  return ct_fail(error, CT_EIO, "%s: CUDA: rows cannot be described to the copy engine (%d)", what,
                 (int)result);
}
