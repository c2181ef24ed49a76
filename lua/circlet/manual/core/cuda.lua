--- GPUs: core/bind/cuda.c, lua/circlet/cuda.lua. Nobody runs this file; it is the manual.
-- @module circlet.cuda

---
-- Everything but available, built, getDeviceCount and deviceOf raises where there is no GPU or where this
-- build has no CUDA code, and says which.
-- @deffamily gpu
-- @error Raises without CUDA code or without a GPU, and for a GPU that the machine does not have.

--- Whether this build has CUDA code and a GPU to run it on.
-- @name circlet.cuda.available
-- @return boolean available
-- @return string? reason
-- @example
-- type((circlet.cuda.available()))    --> boolean
function circlet.cuda.available() end

--- Whether this build has CUDA code.
-- @name circlet.cuda.built
-- @return boolean built
-- @example
-- type(circlet.cuda.built())    --> boolean
function circlet.cuda.built() end

--- How many GPUs there are.
-- @name circlet.cuda.getDeviceCount
-- @return integer count
-- @example
-- circlet.cuda.getDeviceCount() >= 0    --> true
function circlet.cuda.getDeviceCount() end

--- The current GPU of the calling thread, and choosing another one, from 1.
-- @name circlet.cuda.getDevice, circlet.cuda.setDevice
-- @param device? integer of setDevice
-- @return integer device
-- @family gpu
-- @example
-- if circlet.cuda.available() then circlet.cuda.setDevice(circlet.cuda.getDevice()) end
function circlet.cuda.getDevice(device) end

--- What a GPU is: name, major, minor, multiProcessorCount, totalGlobalMem and freeGlobalMem (bytes),
-- driverVersion, runtimeVersion (13000 is 13.0).
-- @name circlet.cuda.getDeviceProperties
-- @param device? integer the current one by default
-- @return table properties
-- @family gpu
-- @example
-- if circlet.cuda.available() then print(circlet.cuda.getDeviceProperties().name) end
function circlet.cuda.getDeviceProperties(device) end

--- Waits for all work of a GPU; a kernel that failed raises here at the latest.
-- @name circlet.cuda.synchronize
-- @param device? integer the current one by default
-- @family gpu
-- @example
-- if circlet.cuda.available() then circlet.cuda.synchronize() end
function circlet.cuda.synchronize(device) end

--- Bytes in live tensors and workspaces of a GPU, and held from the driver for them; and the most of each.
-- @name circlet.cuda.memory
-- @param device? integer the current one by default
-- @param reset? boolean peaks count from here
-- @return table bytes {used, used_peak, reserved, reserved_peak}
-- @family gpu
-- @example
-- if circlet.cuda.available() then print(circlet.cuda.memory().used) end
function circlet.cuda.memory(device, reset) end

--- Gives what is reserved and not used back to the driver.
-- @name circlet.cuda.emptyCache
-- @param device? integer the current one by default
-- @family gpu
-- @example
-- if circlet.cuda.available() then circlet.cuda.emptyCache() end
function circlet.cuda.emptyCache(device) end

--- Streams: a new one's number, the one that work is queued in (0: the thread's own), and having work wait for
-- what another holds, streamWaitFor(stream, other).
-- @name circlet.cuda.newStream, circlet.cuda.setStream, circlet.cuda.getStream, circlet.cuda.streamWaitFor
-- @param stream? integer
-- @param other? integer
-- @return integer stream
-- @family gpu
-- @example
-- if circlet.cuda.available() then
--   circlet.cuda.setStream(circlet.cuda.newStream())
--   circlet.cuda.setStream(0)
-- end
function circlet.cuda.newStream(stream, other) end

--- How products of CudaTensors are computed in this thread: "fp32" (the default), or on tensor cores with factors
-- rounded to 10 or 7 bits after the point, "tf32" and "bf16".
-- @name circlet.cuda.setPrecision, circlet.cuda.getPrecision
-- @param precision? string of setPrecision
-- @return string precision
-- @family gpu
-- @example
-- if circlet.cuda.available() then circlet.cuda.setPrecision "fp32" end
function circlet.cuda.setPrecision(precision) end

--- The version of cuDNN that this thread's convolutions run on (90100 is 9.1), nil when they run on circlet's own
-- kernels; and whether they may.
-- @name circlet.cuda.cudnnVersion, circlet.cuda.setCudnn
-- @param use? boolean of setCudnn
-- @return integer? version
-- @family gpu
-- @example
-- if circlet.cuda.available() then print(circlet.cuda.cudnnVersion()) end
function circlet.cuda.cudnnVersion(use) end

--- The number of the GPU that a tensor lies on, 0 on the CPU; also tensor:getDevice().
-- @name circlet.cuda.deviceOf, Tensor:getDevice
-- @param tensor circlet.Tensor
-- @return integer device
-- @example
-- circlet.ones(1):getDevice()    --> 0
function circlet.cuda.deviceOf(tensor) end

--- The tensor on the current GPU, in the type of the name: itself where it is there already.
-- @name Tensor:cuda, Tensor:cudaDouble, Tensor:cudaHalf, Tensor:cudaBFloat16, Tensor:cudaLong, Tensor:cudaInt, Tensor:cudaByte
-- @return circlet.Tensor tensor
-- @family gpu
-- @example
-- if circlet.cuda.available() then print(circlet.ones(2):cuda():float()) end
function Tensor:cuda() end

--- Tensors and storages on the current GPU: float32, float64, float16, bfloat16, int64, int32, uint8. Their
-- constructors take what those of the CPU take.
-- @name circlet.CudaTensor, circlet.CudaDoubleTensor, circlet.CudaHalfTensor, circlet.CudaBFloat16Tensor, circlet.CudaLongTensor, circlet.CudaIntTensor, circlet.CudaByteTensor,
--   circlet.CudaTensor.new, circlet.CudaDoubleTensor.new, circlet.CudaHalfTensor.new, circlet.CudaBFloat16Tensor.new, circlet.CudaLongTensor.new, circlet.CudaIntTensor.new, circlet.CudaByteTensor.new,
--   circlet.CudaStorage, circlet.CudaDoubleStorage, circlet.CudaHalfStorage, circlet.CudaBFloat16Storage, circlet.CudaLongStorage, circlet.CudaIntStorage, circlet.CudaByteStorage,
--   circlet.CudaStorage.new, circlet.CudaDoubleStorage.new, circlet.CudaHalfStorage.new, circlet.CudaBFloat16Storage.new, circlet.CudaLongStorage.new, circlet.CudaIntStorage.new, circlet.CudaByteStorage.new
-- @param ...? any
-- @return circlet.Tensor tensor
-- @family gpu
-- @example
-- circlet.CudaTensor():type()    --> circlet.CudaTensor
function circlet.CudaTensor(...) end
