-- Modules and criterions as objects on the GPU: conversion, parameters, copies, files, gradients by
-- finite differences, training.
local circlet = require "circlet"
local nn, optim = circlet.nn, circlet.optim
local support = require "spec.cuda.nn_support"

if support.absent(pending, "modules on a GPU") then return end

local function network()
  return nn.Sequential()
    :add(nn.SpatialConvolution(1, 4, 3, 3, 1, 1, 1, 1))
    :add(nn.SpatialBatchNormalization(4))
    :add(nn.ReLU(true))
    :add(nn.SpatialMaxPooling(2, 2, 2, 2))
    :add(nn.View(-1, 4 * 4 * 4))
    :add(nn.Linear(64, 10))
    :add(nn.LogSoftMax())
end

-- The greatest difference of two tensors, wherever they lie.
local function difference(a, b)
  assert.same(a:size():totable(), b:size():totable())
  return (a:double() - b:double()):abs():max()
end

describe("a module on a GPU", function()
  it("has all its real tensors there, and comes back with the same numbers", function()
    local here = network()
    local there = here:clone():cuda()
    assert.equal("circlet.CudaTensor", there:type())
    local want, got = here:parameters(), there:parameters()
    for i, p in ipairs(got) do
      assert.equal("circlet.CudaTensor", p:type())
      assert.equal(1, p:getDevice())
      assert.equal(0, difference(p, want[i]))
    end
    there:float()
    for i, p in ipairs((there:parameters())) do
      assert.equal("circlet.FloatTensor", p:type())
      assert.equal(0, difference(p, want[i]))
    end
    assert.equal("circlet.CudaDoubleTensor", there:cudaDouble():type())
    assert.equal("circlet.CudaTensor", nn.MSECriterion():cuda():type())
    assert.equal("circlet.CudaTensor", nn.Linear(2, 2):type("torch.CudaTensor"):type())
  end)

  it("takes no input from the CPU, and says so", function()
    for _, module in ipairs { nn.Linear(3, 2), nn.ReLU(), nn.Normalize(2),
                              nn.BatchNormalization(3), nn.LogSoftMax() } do
      module:cuda()
      local ok, message = pcall(module.forward, module, circlet.randn(4, 3))
      assert.is_false(ok, tostring(module))
      assert.truthy(message:find("Cuda", 1, true), message)
    end
    local ok, message = pcall(nn.ReLU().forward, nn.ReLU(), circlet.CudaHalfTensor(3))
    assert.is_false(ok)
    assert.truthy(message:find("CudaHalf", 1, true), message)
  end)

  it("has its parameters in one vector, of which its tensors are views", function()
    local there = network():cuda()
    local weights, gradients = there:getParameters()
    assert.equal("circlet.CudaTensor", weights:type())
    assert.equal(weights:nElement(), gradients:nElement())
    weights:fill(0.5)
    assert.equal(0.5, there:get(1).weight:float():min())
    assert.equal(0.5, there:get(6).bias:float():max())
    gradients:fill(3)
    there:zeroGradParameters()
    assert.equal(0, gradients:float():abs():max())
    local again = there:getParameters()
    assert.equal(weights:nElement(), again:nElement())
  end)

  it("is cloned there, and shares nothing", function()
    local there = network():cuda()
    local copy = there:clone()
    there:get(6).weight:zero()
    assert.equal("circlet.CudaTensor", copy:get(6).weight:type())
    assert.is_true(copy:get(6).weight:float():abs():max() > 0)
    local shared = there:clone("weight")
    there:get(6).weight:fill(2)
    assert.equal(2, shared:get(6).weight:float():min())
  end)

  it("is written to a file and read on the CPU, in both modes", function()
    local there = network():cuda()
    there:forward(circlet.randn(3, 1, 8, 8):cuda())
    for _, mode in ipairs { "binary", "ascii" } do
      local read = circlet.deserialize(circlet.serialize(there, mode), mode)
      assert.equal("circlet.FloatTensor", read:type())
      local x = circlet.randn(3, 1, 8, 8)
      read:evaluate()
      there:evaluate()
      assert.is_true(difference(read:forward(x), there:forward(x:cuda())) < 1e-5)
      there:training()
    end
  end)

  it("drops with clearState what the next forward computes again", function()
    local there = network():cuda()
    local x = circlet.randn(3, 1, 8, 8):cuda()
    local y = there:forward(x):float()
    there:backward(x, there.output:clone())
    there:clearState()
    assert.equal(0, there.output:nElement())
    assert.equal(0, there:get(4).indices:nElement())
    assert.equal("circlet.CudaTensor", there:get(1).output:type())
    assert.is_true(difference(there:forward(x), y) < 1e-6)
  end)
end)

describe("tensors of a GPU in a file", function()
  it("come back on the CPU with the same numbers, sharing what they shared", function()
    local whole = circlet.randn(6):cuda()
    local read = circlet.deserialize(circlet.serialize {
      whole = whole, part = whole:narrow(1, 2, 3), long = circlet.LongTensor { 7, -8 }:cudaLong(),
      half = circlet.FloatTensor { 0.5, 65504 }:cudaHalf(),
      brain = circlet.FloatTensor { 1e38, -3 }:cudaBFloat16(),
      double = circlet.DoubleTensor { 0.1 }:cudaDouble(), empty = circlet.CudaTensor(),
    })
    assert.equal("circlet.FloatTensor", read.whole:type())
    assert.equal(0, difference(read.whole, whole))
    read.whole[3] = 9
    assert.equal(9, read.part[2])
    assert.same({ 7, -8 }, read.long:totable())
    assert.same({ 0.5, 65504 }, read.half:totable())
    assert.is_true(math.abs(read.brain[1] - 1e38) < 1e36)
    assert.same({ 0.1 }, read.double:totable())
    assert.equal(0, read.empty:nElement())
  end)
end)

describe("nn.Copy", function()
  it("brings inputs to the GPU and gradients back", function()
    local copy = nn.Copy("circlet.FloatTensor", "circlet.CudaTensor")
    local x = circlet.randn(4, 3)
    local y = copy:forward(x)
    assert.equal("circlet.CudaTensor", y:type())
    assert.equal(0, difference(y, x))
    local back = copy:backward(x, circlet.ones(4, 3):cuda())
    assert.equal("circlet.FloatTensor", back:type())
    assert.equal(12, back:sum())
  end)
end)

describe("gradients on a GPU in double", function()
  for _, case in ipairs {
    { nn.Linear(5, 3), { 4, 5 } },
    { nn.LogSoftMax(), { 3, 6 } },
    { nn.Normalize(2), { 3, 5 } },
    { nn.BatchNormalization(3), { 5, 3 } },
    { nn.SpatialBatchNormalization(2), { 3, 2, 3, 2 } },
    { nn.SpatialConvolution(2, 3, 3, 2, 2, 1, 1, 0), { 2, 2, 5, 4 } },
    { nn.SpatialAveragePooling(3, 2, 2, 1, 1, 1), { 1, 2, 4, 5 } },
    { nn.Tanh(), { 3, 4 } },
  } do
    it(("agree with finite differences: %s"):format(tostring(case[1])), function()
      circlet.manualSeed(11)
      local module = case[1]:cudaDouble()
      local input = circlet.CudaDoubleTensor(table.unpack(case[2]))
      -- Central differences of step 1e-6 of numbers of order one: rounding 1e-16 / 1e-6 and a third
      -- derivative times 1e-12.
      assert.is_true(nn.Jacobian.testJacobian(module, input) < 1e-7)
      if module.weight then
        assert.is_true(nn.Jacobian.testJacobianParameters(module, input, module.weight,
          module.gradWeight) < 1e-7)
        assert.is_true(nn.Jacobian.testJacobianParameters(module, input, module.bias,
          module.gradBias) < 1e-7)
      end
    end)
  end
end)

describe("training on a GPU", function()
  local function train(kind)
    circlet.manualSeed(1)
    local centres = circlet.randn(10, 64)
    local net = network()
    local criterion = nn.ClassNLLCriterion()
    if kind == "cuda" then
      net:cuda()
      criterion:cuda()
    end
    local weights, gradients = net:getParameters()
    local config, loss, first = { learningRate = 0.02 }, nil, nil
    for _ = 1, 12 do
      local labels = circlet.LongTensor(20):random(1, 10)
      local x = centres:index(1, labels):add(circlet.randn(20, 64):mul(0.5)):view(20, 1, 8, 8)
      if kind == "cuda" then x = x:cuda() end
      gradients:zero()
      loss = criterion:forward(net:forward(x), labels)
      net:backward(x, criterion:backward(net.output, labels))
      optim.adam(function() return loss, gradients end, weights, config)
      first = first or loss
    end
    return first, loss, weights
  end

  it("starts from the CPU's loss and reaches it, twice with the same bits", function()
    local first, last = train "cpu"
    local gpu_first, gpu_last, weights = train "cuda"
    assert.near(first, gpu_first, 1e-5)
    assert.is_true(last < 0.7 * first, ("the loss went from %g to %g"):format(first, last))
    -- Differences in the last bit of float grow over twelve steps of Adam.
    assert.near(last, gpu_last, 0.02 * first)
    local _, again, same = train "cuda"
    assert.equal(gpu_last, again)
    assert.is_true(weights:float():equal(same:float()))
  end)
end)

describe("measures of embeddings on a GPU", function()
  it("are those of the same embeddings on the CPU", function()
    local x, labels = circlet.randn(60, 8), circlet.LongTensor(60):random(1, 6)
    local want = circlet.metrics.retrieval(x, labels)
    assert.same(want, circlet.metrics.retrieval(x:cuda(), labels:cuda()))
    assert.same(circlet.metrics.retrieval({ x, x }, { labels, labels }),
      circlet.metrics.retrieval({ x:cuda(), x:cuda() }, { labels, labels:cuda() }))
    assert.same(circlet.metrics.verification(x, labels, { far = 0.1 }),
      circlet.metrics.verification(x:cuda(), labels, { far = 0.1 }))
    assert.same(circlet.metrics.clustering(x, labels).nmi,
      circlet.metrics.clustering(x:cuda(), labels).nmi)
    assert.same(circlet.metrics.cmc(x, labels), circlet.metrics.cmc(x:cuda(), labels))
  end)
end)
