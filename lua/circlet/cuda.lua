--- GPUs. Names follow cutorch; devices are counted from 1.
--
--     local circlet = require "circlet"
--     if circlet.cuda.available() then
--       local x = circlet.randn(4096, 512):cuda()          -- a CudaTensor on the current GPU
--       print(circlet.cuda.memory().used)
--     end
--
-- available() -> boolean [, reason]: whether this build has CUDA code and a GPU to run it on.
-- getDeviceCount(), getDevice(), setDevice(i): the current GPU belongs to the calling thread.
-- getDeviceProperties([i]) -> name, major, minor, multiProcessorCount, totalGlobalMem and
--   freeGlobalMem (bytes), driverVersion, runtimeVersion (as CUDA counts: 13000 is 13.0).
-- synchronize([i]): waits for all work of the GPU; a kernel that failed raises here at the latest.
-- memory([i [, reset]]) -> used, used_peak, reserved, reserved_peak in bytes: in live tensors and
--   workspaces, and held from the driver for them; reset: peaks count from here.
-- emptyCache([i]): gives what is reserved and not used back to the driver.
-- newStream() -> number; setStream(number); getStream(); streamWaitFor(number, other): work that is
--   queued in `number` from now on begins after what `other` holds. 0 is the thread's own stream.
-- setPrecision("fp32" | "tf32" | "bf16"), getPrecision(): how products of CudaTensors are computed
--   in this thread: in float ("fp32", the default) or on tensor cores with factors rounded to 10 or
--   7 bits after the point and sums in float. Products run on cuBLAS, which is looked up when first
--   needed (CIRCLET_CUBLAS names the file); without it they raise an error that says so.
-- cudnnVersion() -> the version of cuDNN (90100 is 9.1) that this thread's convolutions run on, nil
--   when they run on circlet's own kernels and cuBLAS; setCudnn(boolean): whether they may. cuDNN 9
--   is looked up when first needed; CIRCLET_CUDNN names the file, CIRCLET_CUDNN=0 does without.
-- deviceOf(tensor) -> the number of its GPU, 0 on the CPU; also tensor:getDevice().
local core = require "circlet.core"

local cuda = {}

for name, value in pairs(core.cuda_functions) do cuda[name] = value end

core.tensor_methods.getDevice = cuda.deviceOf

return cuda
