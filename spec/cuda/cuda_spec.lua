local circlet = require "circlet"
local cuda = circlet.cuda

local types = { "CudaTensor", "CudaDoubleTensor", "CudaHalfTensor", "CudaBFloat16Tensor",
  "CudaLongTensor", "CudaIntTensor", "CudaByteTensor" }

describe("circlet.cuda", function()
  it("says whether there is a GPU, and why there is none", function()
    local available, reason = cuda.available()
    assert.equal("boolean", type(available))
    assert.equal(not available, type(reason) == "string" and #reason > 0)
    assert.equal(available, cuda.getDeviceCount() > 0)
    if available then assert.is_true(cuda.built()) end
  end)

  it("raises with CUDA's own words where there is no GPU, and goes on", function()
    if cuda.available() then return end
    local _, reason = cuda.available()
    local x = circlet.randn(3, 4)
    for _, call in ipairs {
      function() return x:cuda() end,
      function() return circlet.CudaTensor(2, 3) end,
      function() return circlet.CudaHalfStorage(3) end,
      function() return cuda.getDevice() end,
      function() return cuda.synchronize() end,
      function() return cuda.memory() end,
      function() return cuda.newStream() end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.truthy(message:find(reason, 1, true), message)
    end
    assert.equal(12, x:nElement())
  end)

  it("has a type of tensor for each type of element on a GPU, empty ones everywhere", function()
    for _, name in ipairs(types) do
      local t = circlet[name]()
      assert.equal("circlet." .. name, circlet.type(t))
      assert.equal(0, t:nElement())
      assert.equal(0, t:getDevice())
      assert.is_true(circlet.isTensor(t))
    end
    assert.equal(0, circlet.zeros(3):getDevice())
  end)

  it("keeps tensors of a GPU from functions that only the CPU has", function()
    local t = circlet.CudaTensor()
    local ok, message = pcall(circlet.npy.save, "never-written.npy", t)
    assert.is_false(ok)
    assert.truthy(message:find("GPU", 1, true) or message:find("Cuda", 1, true), message)
  end)
end)
