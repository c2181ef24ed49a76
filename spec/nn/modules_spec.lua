-- Torch7's further modules: values by hand, gradients by differences, and what they refuse.
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"
local random = jacobian.random

before_each(function() circlet.manualSeed(1) end)

local function tensor(t) return circlet.DoubleTensor(t) end

--- The outputs of a Double module for a list of numbers.
local function map(module, values) return support.flat(module:double():forward(tensor(values))) end

describe("modules of elements", function()
  -- points away from kinks, with a kink between every two of them
  local points = tensor { { -2.5, -1.25, -0.3, 0.4 }, { 0.75, 1.5, 2.25, 4 } }
  local positive = tensor { { 0.2, 0.7, 1.3 }, { 2, 3.5, 5 } }
  local function e(x) return math.exp(x) end

  local cases = {
    { "Sigmoid", nn.Sigmoid(), points, function(x) return 1 / (1 + e(-x)) end },
    { "LogSigmoid", nn.LogSigmoid(), points, function(x) return -math.log(1 + e(-x)) end },
    { "SoftPlus", nn.SoftPlus(3), points, function(x) return math.log(1 + e(3 * x)) / 3 end },
    { "SoftSign", nn.SoftSign(), points, function(x) return x / (1 + math.abs(x)) end },
    { "Abs", nn.Abs(), points, math.abs },
    { "Square", nn.Square(), points, function(x) return x * x end },
    { "Exp", nn.Exp(), points, e },
    { "Log", nn.Log(), positive, math.log },
    { "Sqrt", nn.Sqrt(0.5), positive, function(x) return math.sqrt(x + 0.5) end },
    { "Power", nn.Power(2.5), positive, function(x) return x ^ 2.5 end },
    { "ELU", nn.ELU(0.7), points, function(x) return x > 0 and x or 0.7 * (e(x) - 1) end },
    { "LeakyReLU", nn.LeakyReLU(0.2), points, function(x) return x > 0 and x or 0.2 * x end },
    { "HardTanh", nn.HardTanh(), points, function(x) return math.max(-1, math.min(1, x)) end },
    { "Clamp", nn.Clamp(-1, 2), points, function(x) return math.max(-1, math.min(2, x)) end },
    { "Threshold", nn.Threshold(0.5, 9), points, function(x) return x > 0.5 and x or 9 end },
    { "MulConstant", nn.MulConstant(-3), points, function(x) return -3 * x end },
    { "AddConstant", nn.AddConstant(2), points, function(x) return x + 2 end },
  }

  for _, case in ipairs(cases) do
    local name, module, input, f = table.unpack(case)
    it(("map each element and have the gradient of it: %s"):format(name), function()
      module:double()
      local expected = {}
      for i, x in ipairs(support.flat(input)) do expected[i] = f(x) end
      support.near(expected, support.flat(module:forward(input)), 1e-14, name)
      jacobian.check(module, input:clone())
      jacobian.check_layouts(module, input)
      jacobian.check_float(module, input, 1e-6) -- a few roundings of 2^-24
      assert.equal(0, module:forward(circlet.DoubleTensor()):nElement())
      support.raises(("nn.%s: gradOutput must be 2x%d, got 3"):format(name, input:size(2)),
        module.backward, module, input, circlet.DoubleTensor(3))
      support.raises(("nn.%s: input must be a tensor, got table"):format(name), module.forward,
        module, { input })
    end)
  end

  it("do not overflow where their value is finite", function()
    support.near({ 0, 0.5, 1 }, map(nn.Sigmoid(), { -1000, 0, 1000 }), 0)
    support.near({ -1000, -math.log(2), 0 }, map(nn.LogSigmoid(), { -1000, 0, 1000 }), 1e-16)
    support.near({ 0, math.log(2), 1000 }, map(nn.SoftPlus(), { -1000, 0, 1000 }), 1e-16)
    assert.same({ 0, 1 }, map(nn.ELU(), { 0, 1 }))
  end)

  it("give 0 as the gradient where there is none", function()
    local zero = tensor { 0 }
    for _, module in ipairs { nn.Abs(), nn.Sqrt() } do
      module:double():forward(zero)
      assert.same({ 0 }, support.flat(module:backward(zero, tensor { 1 })))
    end
  end)

  it("write a LeakyReLU over its input when told", function()
    local x, gy = points:clone(), random { 2, 4 }
    local plain, inplace = nn.LeakyReLU(0.3):double(), nn.LeakyReLU(0.3, true):double()
    local y = support.flat(plain:forward(x))
    local gx = support.flat(plain:backward(x, gy))
    assert.same(y, support.flat(inplace:forward(x)))
    assert.same(y, support.flat(x))
    assert.same(gx, support.flat(inplace:backward(x, gy)))
    assert.same(gx, support.flat(gy))
    assert.equal("nn.LeakyReLU(0.3)", tostring(plain))
  end)

  it("refuse settings that make no sense", function()
    support.raises("nn.LeakyReLU: in place the slope must be above 0, got 0", nn.LeakyReLU, 0, true)
    support.raises("nn.SoftPlus: beta must be above 0, got -1", nn.SoftPlus, -1)
    support.raises("nn.HardTanh: the limits must differ", nn.HardTanh, 1, 1)
    support.raises("nn.Clamp: the lower limit must be a number, got nil", nn.Clamp)
    support.raises("nn.Power: p must be a number, got nil", nn.Power)
    support.raises("nn.MulConstant: the constant must be a number, got string", nn.MulConstant, "x")
  end)
end)

describe("nn.SoftMax", function()
  it("makes probabilities of the classes, in images too", function()
    support.near({ 1 / 4, 3 / 4 }, map(nn.SoftMax(), { 0, math.log(3) }), 1e-15)
    support.near({ 0, 1 }, map(nn.SoftMax(), { -1000, 1000 }), 0)
    support.near({ 3 / 4, 1 / 4 }, map(nn.SoftMin(), { 0, math.log(3) }), 1e-15)
    for _, size in ipairs { { 4 }, { 3, 4 }, { 4, 2, 3 }, { 2, 4, 3, 2 } } do
      local dim = #size % 2 == 0 and 2 or 1
      local x = random(size)
      local sum = nn.SoftMax():double():forward(x):sum(dim)
      assert(sum:add(-1):abs():max() < 1e-15)
      jacobian.check(nn.SoftMax():double(), x)
      jacobian.check(nn.SoftMin():double(), x)
      jacobian.check_layouts(nn.SoftMax():double(), x)
    end
    assert.equal(0, nn.SoftMax():double():forward(circlet.DoubleTensor(0, 3)):nElement())
    support.raises("nn.SoftMax: input must have 1 to 4 dimensions, got 0", nn.SoftMax().forward,
      nn.SoftMax(), circlet.FloatTensor())
  end)
end)

describe("modules with parameters", function()
  it("learn the slope of a PReLU, one or one a channel", function()
    local x = tensor { { -2, 4 }, { 6, -8 } }
    assert.same({ -0.5, 4, 6, -2 }, support.flat(nn.PReLU():double():forward(x)))
    local two = nn.PReLU(2):double()
    two.weight:copy(tensor { 0.5, 0.125 })
    assert.same({ -1, 4, 6, -1 }, support.flat(two:forward(x)))
    jacobian.check(nn.PReLU():double(), random { 3, 2 })
    for _, size in ipairs { { 2 }, { 5, 2 }, { 2, 3, 4 }, { 3, 2, 2, 2 } } do
      jacobian.check(nn.PReLU(2):double(), random(size))
    end
    jacobian.check_layouts(nn.PReLU(2):double(), random { 5, 2 })
    support.raises("nn.PReLU: input must have 3 channels, got 5x2", two.forward, nn.PReLU(3),
      circlet.FloatTensor(5, 2))
  end)

  it("add and multiply, by example or along dimensions", function()
    jacobian.check(nn.Add(4):double(), random { 4 })
    jacobian.check(nn.Add(4):double(), random { 3, 4 })
    jacobian.check(nn.Add(4, true):double(), random { 3, 4 })
    jacobian.check(nn.Mul():double(), random { 3, 4 })
    jacobian.check(nn.CMul(4):double(), random { 3, 4 })
    jacobian.check(nn.CMul(3, 1, 2):double(), random { 3, 5, 2 })
    jacobian.check(nn.CMul(1, 3, 1, 1):double(), random { 2, 3, 2, 2 })
    jacobian.check_layouts(nn.CMul(4):double(), random { 3, 4 })
    jacobian.check_layouts(nn.Add(4):double(), random { 3, 4 })
    support.raises("nn.CMul: input must be 4 or a batch of it, got 3x5", nn.CMul(4).forward,
      nn.CMul(4), circlet.FloatTensor(3, 5))
    support.raises("nn.Add: input must be [4] or a batch of it, got 5", nn.Add(4).forward,
      nn.Add(4), circlet.FloatTensor(5))
    support.raises("nn.CMul: sizes expected", nn.CMul)
    support.raises("nn.Add: the size must be a whole number from 1, got nil", nn.Add)
  end)
end)

describe("nn.LookupTable", function()
  local function table_of() return nn.LookupTable(5, 3):double() end

  it("gives the rows that indices of any type name", function()
    local m = table_of()
    local expected = {}
    for _, i in ipairs { 5, 1, 5 } do
      for j = 1, 3 do expected[#expected + 1] = m.weight[i][j] end
    end
    for _, kind in ipairs(support.types) do
      local y = m:forward(circlet[kind .. "Tensor"] { 5, 1, 5 })
      assert.same(expected, support.flat(y))
    end
    assert.same({ 2, 2, 3 }, m:forward(circlet.LongTensor { { 1, 2 }, { 3, 3 } }):size():totable())
    assert.equal("nn.LookupTable(5 -> 3)", tostring(m))
  end)

  it("adds up the gradients of rows that are named often", function()
    local m, x = table_of(), circlet.LongTensor { { 2, 4 }, { 2, 2 } }
    local r = random { 2, 2, 3 }
    m:zeroGradParameters()
    m:forward(x)
    assert.equal(0, m:backward(x, r, 1):nElement())
    local step, flat, given = 1e-6, m.weight:view(-1), support.flat(m.gradWeight)
    for i = 1, flat:nElement() do -- d sum(output * r) / d weight
      local kept = flat[i]
      flat[i] = kept + step
      local above = m:forward(x):dot(r)
      flat[i] = kept - step
      local below = m:forward(x):dot(r)
      flat[i] = kept
      assert.near((above - below) / (2 * step), given[i], 1e-8)
    end
    m:scaleGradByFreq():zeroGradParameters()
    m:accGradParameters(x, r, 2)
    assert.near(2 / 3 * given[4], m.gradWeight[2][1], 1e-15)
    assert.near(2 * given[10], m.gradWeight[4][1], 1e-15)
  end)

  it("spares the padding row and shortens long rows", function()
    local m = nn.LookupTable(3, 2, 2):double()
    m:zeroGradParameters()
    local x = circlet.LongTensor { 1, 2 }
    m:backward(x, m:forward(x):clone():fill(1))
    assert.same({ 1, 1, 0, 0, 0, 0 }, support.flat(m.gradWeight))
    m.weight:copy(tensor { { 3, 4 }, { 30, 40 }, { 0.3, 0.4 } })
    m:setMaxNorm(1):forward(circlet.LongTensor { 1, 3, 1 })
    support.near({ 0.6, 0.8, 30, 40, 0.3, 0.4 }, support.flat(m.weight), 1e-7)
  end)

  it("refuses what is no row", function()
    local m = table_of()
    local function raises(text, input)
      support.raises("nn.LookupTable: " .. text, m.forward, m, input)
    end
    raises("an index must be 1 to 5, got 6", circlet.LongTensor { 1, 6 })
    raises("an index must be 1 to 5, got 0", circlet.LongTensor { 0 })
    raises("an index must be a whole number", circlet.FloatTensor { 1.5 })
    raises("an index must be", circlet.FloatTensor { 0 / 0 })
    raises("input must have 1 to 2 dimensions, got 0", circlet.LongTensor())
    support.raises("the number of rows must be a whole number from 1, got 0", nn.LookupTable, 0, 3)
  end)
end)

describe("modules of geometry", function()
  local x = tensor { { 1, 5, 2 }, { 7, 3, 4 } }

  it("reduce a dimension", function()
    for _, case in ipairs {
      { nn.Max(1), { 7, 5, 4 } }, { nn.Max(2), { 5, 7 } }, { nn.Min(-1), { 1, 3 } },
      { nn.Min(1), { 1, 3, 2 } }, { nn.Mean(1), { 4, 4, 3 } }, { nn.Sum(2), { 8, 14 } },
      { nn.Max(1, 1), { 5, 7 } }, { nn.Mean(1, 1), { 8 / 3, 14 / 3 } },
      { nn.Sum(-1, nil, true, false), { 8 / 3, 14 / 3 } },
    } do
      local module = case[1]:double()
      support.near(case[2], support.flat(module:forward(x)), 1e-15, tostring(module))
      jacobian.check(module, x:clone())
      jacobian.check_layouts(module, x)
      jacobian.check(module, random { 2, 3 })
    end
    assert.same({ 2, 1 }, nn.Sum(2, nil, false, false):double():forward(x):size():totable())
    for _, m in ipairs { nn.Max(1), nn.Min(1), nn.Mean(1), nn.Sum(1) } do
      assert.same({ 1 }, m:double():forward(tensor { 4, 6 }):size():totable())
      jacobian.check(m, tensor { 4, 6 })
      support.raises(("%s: dimension 1 is out of range, the input is empty"):format(m),
        m.forward, m, circlet.DoubleTensor())
    end
    support.raises("nn.Max: dimension 3 is out of range, the input is 2x3", nn.Max(3).forward,
      nn.Max(3), circlet.FloatTensor(2, 3))
  end)

  it("take parts and exchange dimensions", function()
    local cube = random { 2, 3, 4 }
    local function sizes(module, input) return module:double():forward(input):size():totable() end
    for _, case in ipairs {
      { nn.Select(2, -1), { 2, 4 } }, { nn.Select(-1, 1), { 2, 3 } },
      { nn.Narrow(2, 2, -1), { 2, 2, 4 } }, { nn.Narrow(-1, 1, 3), { 2, 3, 3 } },
      { nn.Transpose({ 1, 2 }, { 2, 3 }), { 3, 4, 2 } },
      { nn.Transpose({ 1, 2 }):setNumInputDims(2), { 2, 4, 3 } },
      { nn.Replicate(2), { 2, 2, 3, 4 } }, { nn.Replicate(5, 1, 2), { 2, 5, 3, 4 } },
      { nn.Unsqueeze(4), { 2, 3, 4, 1 } }, { nn.Unsqueeze(1, 2), { 2, 1, 3, 4 } },
      { nn.Contiguous(), { 2, 3, 4 } },
    } do
      assert.same(case[2], sizes(case[1], cube))
      jacobian.check(case[1], cube)
      jacobian.check_layouts(case[1], cube)
    end
    assert.same({ 3 }, sizes(nn.Squeeze(), random { 1, 3, 1 }))
    assert.same({ 1, 3 }, sizes(nn.Squeeze(3), random { 1, 3, 1 }))
    assert.same({ 2, 3 }, sizes(nn.Squeeze(1, 2), random { 2, 1, 3 }))
    assert.same({ 1 }, sizes(nn.Squeeze(), random { 1, 1 }))
    jacobian.check(nn.Squeeze(2):double(), random { 2, 1, 3 })
    assert.same(support.flat(cube:select(2, 3)),
      support.flat(nn.Select(2, -1):double():forward(cube)))
    assert.same({ 6 }, support.flat(nn.Select(1, 2):double():forward(tensor { 4, 6 })))
    support.raises("nn.Select: there is no slice 4 along dimension 2 of 2x3x4", function()
      nn.Select(2, 4):double():forward(cube)
    end)
    support.raises("nn.Narrow: there are no slices 2 to 4 along dimension 1 of 2x3x4", function()
      nn.Narrow(1, 2, 3):double():forward(cube)
    end)
    support.raises("nn.Transpose: argument 1 must be a table of two dimensions", nn.Transpose, 1, 2)
    support.raises("nn.Unsqueeze: position 5 is out of range", function()
      nn.Unsqueeze(5):double():forward(cube)
    end)
    support.raises("nn.Replicate: dimension 5 is out of range", function()
      nn.Replicate(2, 5):double():forward(cube)
    end)
  end)

  it("pad and crop planes", function()
    local plane = tensor { { { 1, 2 }, { 3, 4 } } }
    assert.same({ 0, 0, 0, 1, 2, 0, 3, 4, 0 },
      support.flat(nn.SpatialZeroPadding(0, 1, 1, 0):double():forward(plane)))
    assert.same({ 0, 4, 0, 0 }, support.flat(nn.SpatialZeroPadding(1, -1, -1, 1):double()
      :forward(tensor { { { 1, 2 }, { 4, 3 } } })))
    for _, size in ipairs { { 2, 3, 4 }, { 2, 2, 3, 4 } } do
      jacobian.check(nn.SpatialZeroPadding(1, 2, 0, 3):double(), random(size))
      jacobian.check(nn.SpatialZeroPadding(-1, 2, 1, -2):double(), random(size))
      jacobian.check_layouts(nn.SpatialZeroPadding(1, -1, 1, -1):double(), random(size))
    end
    local m = nn.SpatialZeroPadding(-1)
    assert.equal("nn.SpatialZeroPadding(l=-1, r=-1, t=-1, b=-1)", tostring(m))
    support.raises("nn.SpatialZeroPadding: nothing is left of an input of 1x2x2", m.forward, m,
      circlet.FloatTensor(1, 2, 2))
    support.raises("nn.SpatialZeroPadding: input must have 3 to 4 dimensions, got 2", m.forward, m,
      circlet.FloatTensor(2, 2))
  end)

  it("copy between types", function()
    local m = nn.Copy("torch.FloatTensor", "circlet.DoubleTensor")
    local single, wide = circlet.FloatTensor { 1, 2 }, tensor { 3, 4 }
    assert.equal("circlet.DoubleTensor", m:forward(single):type())
    assert.same({ 1, 2 }, support.flat(m.output))
    assert.equal("circlet.FloatTensor", m:backward(single, wide):type())
    assert.same({ 3, 4 }, support.flat(m.gradInput))
    assert.equal("circlet.FloatTensor",
      nn.Copy("circlet.FloatTensor", "circlet.FloatTensor", false, true):double().output:type())
    assert(nn.Copy():forward(single):isSetTo(single))
    assert(not nn.Copy(nil, nil, true):forward(single):isSetTo(single))
    support.raises("nn.Copy: there is no type of tensor CudaTensor", nn.Copy, "CudaTensor")
  end)
end)
