-- nn.Module's services and the containers
local circlet = require "circlet"
local class = require "circlet.class"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

before_each(function() circlet.manualSeed(1) end)

local function small()
  return nn.Sequential():add(nn.Linear(4, 5)):add(nn.Tanh()):add(nn.Linear(5, 3))
end

describe("nn.Sequential", function()
  it("chains its modules forward and backward", function()
    local net = small():double()
    jacobian.check(net, jacobian.random { 6, 4 })
    jacobian.check_layouts(net, jacobian.random { 6, 4 })
    local x = jacobian.random { 2, 4 }
    local by_hand = net:get(3):forward(net:get(2):forward(net:get(1):forward(x)))
    assert.same(support.flat(by_hand), support.flat(net:forward(x)))
    assert.same(support.flat(by_hand), support.flat(net(x)))
  end)

  it("holds a convolutional net together", function()
    local net = nn.Sequential()
      :add(nn.SpatialConvolution(1, 2, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(2))
      :add(nn.ReLU()):add(nn.SpatialMaxPooling(2, 2)):add(nn.SpatialConvolution(2, 3, 2, 2))
      :add(nn.SpatialAveragePooling(2, 2)):add(nn.View(3)):add(nn.Linear(3, 2))
      :add(nn.Normalize(2)):double()
    jacobian.check(net, jacobian.random { 3, 1, 6, 6 })
    jacobian.check_threads(net:float(), circlet.FloatTensor(40, 1, 6, 6):uniform(-1, 1))
  end)

  it("can be taken apart and put together", function()
    local net = small()
    local last = net:get(-1)
    net:remove()
    assert.equal(2, net:size())
    net:insert(last, 1):remove(1)
    assert.equal("nn.Linear(4 -> 5)", tostring(net:get(1)))
    support.raises("nn.Sequential: index 3 is out of range 1..2", net.get, net, 3)
    support.raises("insert at 9 is out of range 1..3", net.insert, net, last, 9)
    support.raises("add expects a module, got nil", net.add, net, nil)
    assert.same({ 2 }, nn.Sequential():forward(circlet.FloatTensor(2)):size():totable())
  end)

  it("prints as in Torch7", function()
    local net = nn.Sequential():add(nn.Linear(2, 3)):add(nn.Sequential():add(nn.ReLU()))
    assert.equal([[
nn.Sequential {
  [input -> (1) -> (2) -> output]
  (1): nn.Linear(2 -> 3)
  (2): nn.Sequential {
    [input -> (1) -> output]
    (1): nn.ReLU
  }
}]], tostring(net))
  end)
end)

describe("tables of modules", function()
  local function block()
    return nn.Sequential()
      :add(nn.ConcatTable():add(nn.Linear(3, 3)):add(nn.Identity()))
      :add(nn.CAddTable())
  end

  it("make a residual block with its gradients", function()
    jacobian.check(block():double(), jacobian.random { 4, 3 })
    local inplace = block():double()
    inplace:get(2).inplace = true
    local x = jacobian.random { 4, 3 }
    local plain = block():double()
    plain:share(inplace, "weight", "bias")
    assert.same(support.flat(plain:forward(x)), support.flat(inplace:forward(x)))
  end)

  it("give each module its own input in a ParallelTable", function()
    local pair = nn.ParallelTable():add(nn.Linear(2, 2)):add(nn.Linear(3, 2)):double()
    local net = nn.Sequential():add(pair):add(nn.CAddTable():double())
    local a, b = jacobian.random { 4, 2 }, jacobian.random { 4, 3 }
    local y = net:forward { a, b }
    local expected = pair:get(1).output:clone():add(pair:get(2).output)
    assert.same(support.flat(expected), support.flat(y))
    net:zeroGradParameters()
    local gradients = net:backward({ a, b }, y)
    assert(gradients[1]:isSameSizeAs(a) and gradients[2]:isSameSizeAs(b))
    local half = { support.flat(gradients[1]), support.flat(gradients[2]) }
    net:updateGradInput({ a, b }, y)
    assert.same(half, { support.flat(net.gradInput[1]), support.flat(net.gradInput[2]) })
    support.raises("nn.ParallelTable: input must be a table of 2", pair.forward, pair, { a })
  end)

  it("sum gradients of table inputs", function()
    local net = nn.ConcatTable():add(nn.CAddTable()):add(nn.CAddTable()):double()
    local a, b = jacobian.random { 2 }, jacobian.random { 2 }
    net:forward { a, b }
    local gy = { circlet.DoubleTensor { 1, 2 }, circlet.DoubleTensor { 3, 4 } }
    local g = net:backward({ a, b }, gy)
    assert.same({ { 4, 6 }, { 4, 6 } }, { support.flat(g[1]), support.flat(g[2]) })
    support.raises("gradOutput must be a table of 2, got 1", net.backward, net, { a, b }, { a })
    support.raises("nn.CAddTable: tensor 2 must be 2, got 3", function()
      nn.CAddTable():forward { circlet.FloatTensor(2), circlet.FloatTensor(3) }
    end)
  end)

  it("print as in Torch7", function()
    assert.equal([[
nn.ConcatTable {
  input
    |`-> (1): nn.Linear(2 -> 3)
     `-> (2): nn.Identity
     ... -> output
}]], tostring(nn.ConcatTable():add(nn.Linear(2, 3)):add(nn.Identity())))
  end)
end)

describe("getParameters", function()
  it("moves everything into one vector that the modules share", function()
    local net = small()
    local before = {}
    for _, p in ipairs(net:parameters()) do
      for _, v in ipairs(support.flat(p)) do before[#before + 1] = v end
    end
    local flat, gradients = net:getParameters()
    assert.same({ 4 * 5 + 5 + 5 * 3 + 3 }, flat:size():totable())
    assert.same(before, support.flat(flat))
    flat:fill(2)
    assert.equal(2, net:get(3).bias[3])
    net:get(1).weight[1][2] = 7
    assert.equal(7, flat[2])
    net:get(1).gradWeight:fill(3)
    assert.equal(3, gradients[20])
    local y = net:forward(circlet.FloatTensor(1, 4):fill(1))
    net:zeroGradParameters()
    assert.equal(0, gradients:norm())
    net:backward(circlet.FloatTensor(1, 4):fill(1), y)
    assert(gradients:norm() > 0)
    local again = net:getParameters()
    assert.same(flat:size():totable(), again:size():totable())
    again:fill(5)
    assert.equal(5, flat[1]) -- what is flat already stays where it is
  end)

  it("counts shared parameters once and keeps them shared", function()
    local a = nn.Linear(3, 3)
    local b = a:clone("weight", "gradWeight", "bias", "gradBias")
    local net = nn.Sequential():add(a):add(b):add(nn.Linear(3, 2))
    local flat, gradients = net:getParameters()
    assert.equal(3 * 3 + 3 + 3 * 2 + 2, flat:nElement())
    assert.equal(flat:nElement(), gradients:nElement())
    b.weight:fill(9)
    assert.equal(9, a.weight[2][2])
    assert.equal(9, flat[5])
    a.gradWeight:fill(4)
    assert.equal(4, b.gradWeight[1][1])
  end)

  it("takes parameters that are views of one another, and refuses gaps", function()
    local a, b = nn.Linear(3, 4, false), nn.Linear(4, 3, false)
    b.weight, b.gradWeight = a.weight:t(), a.gradWeight:t()
    local net = nn.Sequential():add(a):add(b)
    local flat = net:getParameters()
    assert.equal(12, flat:nElement())
    flat:copy(circlet.range(1, 12))
    assert.equal(a.weight[2][3], b.weight[3][2])
    a.weight = circlet.FloatTensor(4, 6):narrow(2, 1, 3)
    support.raises("getParameters: a parameter has gaps", net.getParameters, net)
  end)

  it("gives empty vectors to modules without parameters", function()
    local flat, gradients = nn.ReLU():getParameters()
    assert.same({ 0, 0 }, { flat:nElement(), gradients:nElement() })
  end)
end)

describe("nn.Module", function()
  it("switches between training and evaluation everywhere", function()
    local net = nn.Sequential():add(nn.Dropout()):add(nn.Sequential():add(nn.BatchNormalization(2)))
    net:evaluate()
    for _, m in ipairs(net:listModules()) do assert.is_false(m.train) end
    net:training()
    for _, m in ipairs(net:listModules()) do assert.is_true(m.train) end
  end)

  it("finds, lists, visits and replaces modules", function()
    local net = nn.Sequential():add(small()):add(nn.Linear(3, 2))
    local found, containers = net:findModules("nn.Linear")
    assert.equal(3, #found)
    assert.equal(net:get(1), containers[1])
    assert.equal(net, containers[3])
    assert.equal(6, #net:listModules())
    local names = {}
    net:apply(function(m) names[#names + 1] = class.type(m) end)
    assert.same({ "nn.Sequential", "nn.Sequential", "nn.Linear", "nn.Tanh", "nn.Linear",
      "nn.Linear" }, names)
    net:replace(function(m) return class.type(m) == "nn.Tanh" and nn.ReLU() or m end)
    assert.equal("nn.ReLU", class.type(net:get(1):get(2)))
  end)

  it("clones without sharing, cycles and shared storages included", function()
    local net = small()
    local flat = net:getParameters()
    net.extra = { net = net, label = "kept", list = circlet.LongTensor { 1, 2 } }
    local copy = net:clone()
    assert.equal("nn.Sequential", class.type(copy))
    assert.equal(copy, copy.extra.net)
    assert.equal("kept", copy.extra.label)
    copy.extra.list[1] = 9
    assert.equal(1, net.extra.list[1])
    local before = support.flat(flat)
    local copied = copy:getParameters()
    assert.same(before, support.flat(copied))
    copied:fill(0)
    assert.same(before, support.flat(flat))
    local x = circlet.FloatTensor(2, 4):uniform(-1, 1)
    assert.equal(0, copy:forward(x):norm())
    assert(net:forward(x):norm() > 0)
  end)

  it("shares the fields named", function()
    local net = small()
    local twin = net:clone("weight", "bias")
    net:get(1).weight:fill(3)
    assert.equal(3, twin:get(1).weight[2][2])
    net:get(1).gradWeight:fill(3)
    twin:get(1).gradWeight:fill(4)
    assert.equal(3, net:get(1).gradWeight[1][1])
  end)

  it("converts its type in place and keeps what is shared together", function()
    local net = small()
    local flat = net:getParameters()
    local x = circlet.FloatTensor(2, 4):uniform(-1, 1)
    local single = support.flat(net:forward(x))
    assert.equal(net, net:double())
    assert.equal("circlet.DoubleTensor", net:type())
    assert.equal("circlet.DoubleTensor", net:get(1).weight:type())
    support.near(single, support.flat(net:forward(x:double())), 1e-6)
    local converted = net:getParameters()
    assert.same(support.flat(flat), support.flat(converted))
    converted:fill(1)
    assert.equal(1, net:get(1).weight[1][1])
    assert.equal("circlet.FloatTensor", net:type("torch.FloatTensor"):get(3).bias:type())
    support.raises("CudaTensor or CudaDoubleTensor expected, got torch.LongTensor",
      net.type, net, "torch.LongTensor")
  end)

  it("drops its buffers and computes on", function()
    local net = nn.Sequential():add(nn.SpatialConvolution(1, 2, 3, 3))
      :add(nn.SpatialMaxPooling(2, 2)):add(nn.SpatialBatchNormalization(2)):add(nn.Dropout(0.5))
      :add(nn.View(-1))
    local x = circlet.FloatTensor(2, 1, 6, 6):uniform(-1, 1)
    circlet.manualSeed(3)
    local y = support.flat(net:forward(x))
    local gy = net.output:clone()
    net:backward(x, gy)
    net:clearState()
    for _, m in ipairs(net:listModules()) do
      for _, field in ipairs { "output", "gradInput", "indices", "noise", "save_mean" } do
        assert(not m[field] or m[field]:nElement() == 0, class.type(m) .. " keeps " .. field)
      end
    end
    assert.equal(72, x:nElement())
    assert.equal(16, gy:nElement())
    circlet.manualSeed(3)
    assert.same(y, support.flat(net:forward(x)))
    net:backward(x, gy)
  end)

  it("descends along its gradients", function()
    local net = small():double()
    local x, t = jacobian.random { 8, 4 }, jacobian.random { 8, 3 }
    local criterion = nn.MSECriterion():double()
    local first, last
    for _ = 1, 50 do
      last = criterion:forward(net:forward(x), t)
      first = first or last
      net:zeroGradParameters()
      net:backward(x, criterion:backward(net.output, t))
      net:updateParameters(0.5)
    end
    assert(last < first / 2)
  end)
end)
