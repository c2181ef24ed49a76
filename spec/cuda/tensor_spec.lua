-- Tensors of a GPU beyond arithmetic: how they print, types by name, memory that is shared.
local circlet = require "circlet"
local support = require "spec.cuda.nn_support"

if support.absent(pending, "tensors on the GPU") then return end

describe("tensors on the GPU", function()
  it("print like those of the CPU, under their own name", function()
    circlet.manualSeed(2)
    for _, x in ipairs { circlet.randn(7), circlet.randn(5, 40), circlet.randn(2, 3, 4),
      circlet.FloatTensor(), circlet.FloatTensor(0, 3), circlet.randn(4, 6):t() } do
      assert.equal((tostring(x):gsub("FloatTensor", "CudaTensor")), tostring(x:cuda()))
    end
    local half = circlet.FloatTensor { 0.5, -2 }
    assert.equal((tostring(half):gsub("FloatTensor", "CudaHalfTensor")), tostring(half:cudaHalf()))
    local whole = circlet.LongTensor { 1, 2 ^ 40 }
    assert.equal((tostring(whole):gsub("LongTensor", "CudaLongTensor")), tostring(whole:cudaLong()))
  end)

  it("print from a huge tensor what is shown", function()
    local x = circlet.CudaByteTensor(1 << 23):fill(3)
    assert.truthy(tostring(x):find("elements 21 to 8388588 left out", 1, true))
  end)

  it("are what constructors make where their type is the default", function()
    local before = circlet.getdefaulttensortype()
    finally(function() circlet.setdefaulttensortype(before) end)
    circlet.setdefaulttensortype "circlet.CudaTensor"
    for _, x in ipairs { circlet.Tensor(2, 3), circlet.zeros(2), circlet.ones(3), circlet.randn(4),
      circlet.rand(2), circlet.eye(3), circlet.range(1, 5), circlet.linspace(0, 1, 4) } do
      assert.equal("circlet.CudaTensor", x:type())
      assert.equal(1, x:getDevice())
    end
    assert.equal("circlet.CudaTensor", circlet.FloatTensor(2):typeAs(circlet.zeros(1)):type())
    assert.equal("circlet.CudaTensor", circlet.zeros(1):new(2, 2):type())
  end)

  it("share memory by DLPack, in every type and layout", function()
    for _, kind in ipairs { "Cuda", "CudaDouble", "CudaHalf", "CudaBFloat16", "CudaLong", "CudaInt",
      "CudaByte" } do
      local x = circlet.LongTensor(4, 6):random(0, 99):type("circlet." .. kind .. "Tensor"):t()
      local y = circlet.from_dlpack(circlet.to_dlpack(x:narrow(1, 2, 3)))
      assert.equal(x:type(), y:type())
      assert.same({ 3, 4 }, y:size():totable())
      assert.same(x:narrow(1, 2, 3):totable(), y:totable())
      y:fill(5)
      assert.equal(5, x[2][1])
      assert.has_error(function() x:resize(99) end) -- while it is shared
    end
  end)

  it("set their products' precision in words", function()
    assert.equal("fp32", circlet.cuda.getPrecision())
    finally(function() circlet.cuda.setPrecision "fp32" end)
    local x = circlet.randn(64, 64)
    local exact = x * x
    for word, digits in pairs { tf32 = 10, bf16 = 7 } do
      circlet.cuda.setPrecision(word)
      assert.equal(word, circlet.cuda.getPrecision())
      local y = x:cuda()
      -- each of 64 products has two factors rounded to so many bits
      local most = 64 * 2 * 2 ^ -digits * x:clone():abs():max() ^ 2
      assert.is_true(circlet.dist((y * y):float(), exact, math.huge) <= most)
    end
    assert.has_error(function() circlet.cuda.setPrecision "fp8" end)
  end)
end)
