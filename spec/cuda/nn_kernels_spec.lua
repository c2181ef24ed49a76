-- Each module on the GPU against the same module on the CPU, forward and backward, in float and in
-- double.
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.cuda.nn_support"
local close, module = support.close, support.module

if support.absent(pending, "nn on a GPU") then return end

describe("nn on a GPU computes what the CPU does:", function()
  for _, case in ipairs {
    { "Linear", function() return nn.Linear(37, 19) end, { 23, 37 }, 37 },
    { "Linear of one row", function() return nn.Linear(5, 3) end, { 1, 5 }, 5 },
    { "Linear of a vector", function() return nn.Linear(5, 3) end, { 5 }, 5 },
    { "Linear without a bias", function() return nn.Linear(300, 70, false) end, { 600, 300 }, 600 },
    { "Linear of many rows", function() return nn.Linear(3, 40) end, { 3000, 3 }, 3000 },
    { "ReLU", function() return nn.ReLU() end, { 3, 4, 5 }, 1 },
    { "Tanh", function() return nn.Tanh() end, { 33, 7 }, 4 },
    { "LogSoftMax", function() return nn.LogSoftMax() end, { 9, 33 }, 33 },
    { "LogSoftMax of long rows", function() return nn.LogSoftMax() end, { 3, 5000 }, 5000 },
    { "Normalize", function() return nn.Normalize(2) end, { 9, 65 }, 65 },
    { "Normalize of long rows", function() return nn.Normalize(2) end, { 2, 4097 }, 4097 },
    { "BatchNormalization", function() return nn.BatchNormalization(13) end, { 50, 13 }, 50 },
    { "BatchNormalization of many rows", function() return nn.BatchNormalization(40) end,
      { 3000, 40 }, 3000 },
    { "SpatialBatchNormalization", function() return nn.SpatialBatchNormalization(5) end,
      { 7, 5, 6, 9 }, 400 },
    { "SpatialBatchNormalization of large planes",
      function() return nn.SpatialBatchNormalization(3) end, { 2, 3, 70, 65 }, 9100 },
    { "SpatialMaxPooling", function() return nn.SpatialMaxPooling(2, 2, 2, 2) end,
      { 3, 4, 8, 6 }, 4 },
    { "SpatialMaxPooling of windows that overlap",
      function() return nn.SpatialMaxPooling(3, 3, 2, 1, 1, 1):ceil() end, { 2, 3, 9, 7 }, 9 },
    { "SpatialAveragePooling", function() return nn.SpatialAveragePooling(3, 2, 2, 1, 1, 1) end,
      { 2, 3, 9, 7 }, 6 },
    { "SpatialAveragePooling over the edge",
      function() return nn.SpatialAveragePooling(3, 3, 2, 2, 1, 1):ceil():setCountExcludePad() end,
      { 2, 3, 8, 8 }, 9 },
    { "SpatialConvolution", function() return nn.SpatialConvolution(3, 5, 3, 3, 1, 1, 1, 1) end,
      { 4, 3, 9, 11 }, 400 },
    { "SpatialConvolution with steps",
      function() return nn.SpatialConvolution(2, 3, 3, 2, 2, 3, 1, 0) end, { 3, 2, 10, 12 }, 60 },
    { "SpatialConvolution of an image", function() return nn.SpatialConvolution(2, 3, 5, 5) end,
      { 2, 8, 8 }, 50 },
    { "SpatialConvolution of points", function() return nn.SpatialConvolution(6, 4, 1, 1) end,
      { 2, 6, 5, 5 }, 50 },
  } do
    it(case[1], function() module(case[2], case[3], case[4]) end)
  end

  it("convolutions on cuDNN, where it is found, and on circlet's own kernels", function()
    local version = circlet.cuda.cudnnVersion()
    for _, on in ipairs { true, false } do
      circlet.cuda.setCudnn(on)
      assert.equal(on and version or nil, circlet.cuda.cudnnVersion())
      module(function() return nn.SpatialConvolution(3, 5, 3, 3, 1, 1, 1, 1) end,
        { 4, 3, 9, 11 }, 400)
      module(function() return nn.SpatialConvolution(2, 3, 3, 2, 2, 3, 1, 0) end,
        { 3, 2, 10, 12 }, 60)
    end
    circlet.cuda.setCudnn(true)
    assert.equal(version, circlet.cuda.cudnnVersion())
  end)

  it("batches of nothing", function()
    module(function() return nn.Linear(4, 3) end, { 0, 4 }, 1)
    module(nn.LogSoftMax, { 0, 4 }, 1)
    module(function() return nn.Normalize(2) end, { 0, 4 }, 1)
    module(function() return nn.SpatialConvolution(2, 3, 3, 3) end, { 0, 2, 5, 5 }, 1)
    module(function() return nn.SpatialMaxPooling(2, 2) end, { 0, 2, 4, 4 }, 1)
    module(nn.ReLU, { 0, 2, 4, 4 }, 1)
  end)

  it("batch normalisation in evaluation, by the statistics that training left", function()
    local here = nn.SpatialBatchNormalization(3)
    local there = here:clone():cuda()
    for _ = 1, 3 do
      local x = circlet.randn(4, 3, 5, 6):mul(2):add(1)
      here:forward(x)
      there:forward(x:cuda())
    end
    close("running_mean", there.running_mean, here.running_mean, 1e-6)
    close("running_var", there.running_var, here.running_var, 1e-6)
    here:evaluate()
    there:evaluate()
    local x = circlet.randn(2, 3, 5, 6)
    local gy = circlet.randn(2, 3, 5, 6)
    close("output", there:forward(x:cuda()), here:forward(x), 1e-6)
    close("gradInput", there:backward(x:cuda(), gy:cuda()), here:backward(x, gy), 1e-6)
  end)
end)

describe("criterions on a GPU", function()
  it("ClassNLL: the CPU's loss and gradient, for labels on either side", function()
    local x = nn.LogSoftMax():forward(circlet.randn(700, 11)):clone()
    local labels = circlet.LongTensor(700):random(1, 11)
    local weights = circlet.rand(11):add(0.1)
    for _, weighted in ipairs { false, true } do
      for _, average in ipairs { true, false } do
        local here = nn.ClassNLLCriterion(weighted and weights or nil, average)
        local there = here:clone():cuda()
        local want = here:forward(x, labels)
        for _, target in ipairs { labels, labels:cuda() } do
          assert.near(want, there:forward(x:cuda(), target), 1e-9 * math.abs(want))
          close("gradient", there:backward(x:cuda(), target), here:backward(x, labels), 1e-6)
        end
      end
    end
  end)

  it("ClassNLL: names the first target that is no class", function()
    local criterion = nn.ClassNLLCriterion():cuda()
    local x = circlet.randn(5, 3):cuda()
    local ok, message = pcall(criterion.forward, criterion, x,
      circlet.LongTensor { 1, 2, 4, 0, 3 })
    assert.is_false(ok)
    assert.truthy(message:find("target 3 must be a whole number from 1 to 3, got 4", 1, true),
      message)
  end)

  it("MSE: the CPU's loss and gradient", function()
    local x, t = circlet.randn(300, 17), circlet.randn(300, 17)
    local here = nn.MSECriterion()
    local there = here:clone():cuda()
    assert.near(here:forward(x, t), there:forward(x:cuda(), t:cuda()), 1e-12)
    close("gradient", there:backward(x:cuda(), t:cuda()), here:backward(x, t), 1e-7)
  end)
end)

describe("optimisers on a GPU take the CPU's steps:", function()
  local function run(method, config, kind)
    circlet.manualSeed(3)
    local x = circlet.randn(41)[kind.cpu](circlet.randn(41))
    local target = circlet.randn(41)[kind.cpu](circlet.randn(41))
    local gpu_x, gpu_target = x[kind.gpu](x), target[kind.gpu](target)
    local here, there = {}, {}
    for name, value in pairs(config) do
      local tensor = circlet.isTensor(value)
      here[name] = tensor and value[kind.cpu](value) or value
      there[name] = tensor and value[kind.gpu](value) or value
    end
    for _ = 1, 4 do
      circlet.optim[method](function(w) return 0, w - target end, x, here)
      circlet.optim[method](function(w) return 0, w - gpu_target end, gpu_x, there)
    end
    close(method, gpu_x, x, 16 * kind.epsilon)
  end
  for _, case in ipairs {
    { "sgd", { learningRate = 0.1 } },
    { "sgd", { learningRate = 0.1, momentum = 0.9, weightDecay = 0.01 } },
    { "sgd", { learningRate = 0.1, momentum = 0.9, dampening = 0, nesterov = true } },
    { "sgd", { learningRate = 0.1, learningRates = circlet.rand(41) } },
    { "adam", { learningRate = 0.1, weightDecay = 0.01 } },
    { "adamw", { learningRate = 0.1 } },
    { "rmsprop", { learningRate = 0.1, weightDecay = 0.01 } },
    { "adagrad", { learningRate = 0.1 } },
  } do
    local names = {}
    for name in pairs(case[2]) do names[#names + 1] = name end
    table.sort(names)
    it(case[1] .. " with " .. table.concat(names, ", "), function()
      for _, kind in ipairs(support.kinds) do run(case[1], case[2], kind) end
    end)
  end
end)

describe("dropout on a GPU", function()
  it("draws the CPU's mask from the same seed", function()
    for _, count in ipairs { 1, 2, 1001 } do
      local here = nn.Dropout(0.3)
      local there = here:clone():cuda()
      local x = circlet.randn(count)
      circlet.manualSeed(5)
      local y = here:forward(x)
      circlet.manualSeed(5)
      assert.is_true(there:forward(x:cuda()):float():equal(y))
      assert.is_true(there.noise:float():equal(here.noise))
    end
  end)
end)
