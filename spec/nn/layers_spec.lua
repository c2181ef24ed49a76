-- Layers without much geometry: Linear, ReLU, Tanh, Dropout, Normalize, LogSoftMax, View, Reshape,
-- Identity.
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

before_each(function() circlet.manualSeed(1) end)

describe("nn.Linear", function()
  local function plain(module, x)
    local out = {}
    for b = 1, x:size(1) do
      for o = 1, module.weight:size(1) do
        local sum = module.bias and module.bias[o] or 0
        for d = 1, x:size(2) do sum = sum + module.weight[o][d] * x[b][d] end
        out[#out + 1] = sum
      end
    end
    return out
  end

  it("computes x W' + b", function()
    for _, s in ipairs { { 1, 1, 1 }, { 3, 5, 2 }, { 64, 7, 33 } } do
      local module = nn.Linear(s[2], s[3]):double()
      local x = jacobian.random { s[1], s[2] }
      support.near(plain(module, x), support.flat(module:forward(x)), 1e-14)
      module:noBias()
      support.near(plain(module, x), support.flat(module:forward(x)), 1e-14)
    end
  end)

  it("has the gradients of its output", function()
    jacobian.check(nn.Linear(5, 3):double(), jacobian.random { 4, 5 })
    jacobian.check(nn.Linear(5, 3):double(), jacobian.random { 5 })
    jacobian.check(nn.Linear(5, 3, false):double(), jacobian.random { 1, 5 })
  end)

  it("agrees between Float and Double", function() -- 300 products: 300 * 2^-24 at worst
    jacobian.check_float(nn.Linear(300, 40):double(), jacobian.random { 50, 300 }, 1.8e-5)
  end)

  it("takes inputs in any layout", function()
    jacobian.check_layouts(nn.Linear(5, 3):double(), jacobian.random { 4, 5 })
  end)

  it("takes parameters in any layout", function()
    local module = nn.Linear(5, 3):double()
    local x = jacobian.random { 4, 5 }
    local gy = module:forward(x):clone()
    local y = support.flat(gy)
    module:zeroGradParameters()
    module:backward(x, gy)
    local gw, gb = support.flat(module.gradWeight), support.flat(module.gradBias)
    for _, w in ipairs(support.layouts(module.weight)) do
      local other = nn.Linear(5, 3):double()
      other.weight, other.bias = w, module.bias
      other.gradWeight = support.layouts(module.gradWeight)[2]:zero()
      other.gradBias = support.layouts(module.gradBias)[2]:zero()
      assert.same(y, support.flat(other:forward(x)))
      other:backward(x, gy)
      assert.same(gw, support.flat(other.gradWeight))
      assert.same(gb, support.flat(other.gradBias))
    end
  end)

  it("gives the same bits on any number of threads", function()
    jacobian.check_threads(nn.Linear(200, 150), circlet.FloatTensor(300, 200):uniform(-1, 1))
  end)

  it("starts uniform in +-1/sqrt(D)", function()
    local module = nn.Linear(100, 50)
    assert(module.weight:max() <= 0.1 and module.weight:max() > 0.099)
    assert(module.weight:min() >= -0.1 and module.weight:min() < -0.099)
    assert(module.bias:norm() > 0)
    module:reset(1) -- Torch7: a standard deviation
    assert(module.weight:max() <= math.sqrt(3) and module.weight:max() > 1.7)
  end)

  it("lets an empty batch through", function()
    local module = nn.Linear(5, 3)
    local x = circlet.FloatTensor(0, 5)
    local y = module:forward(x)
    assert.same({ 0, 3 }, y:size():totable())
    module:zeroGradParameters()
    assert.same({ 0, 5 }, module:backward(x, y):size():totable())
    assert.equal(0, module.gradWeight:norm())
  end)

  it("shows NaN in the rows that hold it", function()
    local x = circlet.FloatTensor(2, 5):fill(1)
    x[2][3] = 0 / 0
    local y = nn.Linear(5, 3):forward(x)
    for j = 1, 3 do assert(y[1][j] == y[1][j] and y[2][j] ~= y[2][j]) end
  end)

  it("names what is wrong", function()
    local module = nn.Linear(784, 10)
    local function raises(text, x) support.raises(text, module.forward, module, x) end
    raises("nn.Linear: input must be [B, 784] or [784], got 32x100", circlet.FloatTensor(32, 100))
    raises("input must be [B, 784] or [784], got 1x1x784", circlet.FloatTensor(1, 1, 784))
    raises("input must be [B, 784] or [784], got empty", circlet.FloatTensor())
    raises("input must be a Float tensor, got Double", circlet.DoubleTensor(784))
    raises("tensor expected, got table", {})
    local x = circlet.FloatTensor(2, 784)
    support.raises("nn.Linear: gradOutput must be 2x10, got 2x9", module.backward, module, x,
      circlet.FloatTensor(2, 9))
    module.bias = circlet.FloatTensor(9)
    raises("bias must be [10], got 9", x)
    module.weight = nil
    raises("field weight must be a tensor, got nil", x)
  end)

  it("prints as in Torch7", function()
    assert.equal("nn.Linear(784 -> 256)", tostring(nn.Linear(784, 256)))
    assert.equal("nn.Linear(2 -> 3) without bias", tostring(nn.Linear(2, 3, false)))
  end)
end)

describe("nn.ReLU", function()
  it("keeps what is positive", function()
    local x = circlet.FloatTensor { -2, -0.0, 0, 3, 0 / 0, math.huge, -math.huge }
    support.near({ 0, 0, 0, 3, 0 / 0, math.huge, 0 }, support.flat(nn.ReLU():forward(x)), 0)
  end)

  it("passes the gradient where the input is positive", function()
    local module = nn.ReLU()
    local x, gy = circlet.FloatTensor { -2, 0, 3, 0 / 0 }, circlet.FloatTensor { 5, 6, 7, 8 }
    module:forward(x)
    assert.same({ 0, 0, 7, 8 }, support.flat(module:backward(x, gy)))
    jacobian.check(nn.ReLU():double(), jacobian.random { 30, 7 })
    jacobian.check_layouts(nn.ReLU():double(), jacobian.random { 3, 4, 5 })
    jacobian.check_threads(nn.ReLU(), circlet.FloatTensor(50000):uniform(-1, 1))
  end)

  it("works in place when asked", function()
    local module = nn.ReLU(true)
    local x, gy = circlet.FloatTensor { -2, 3 }, circlet.FloatTensor { 5, 7 }
    assert.same({ 0, 3 }, support.flat(module:forward(x)))
    assert.same({ 0, 3 }, support.flat(x))
    module:backward(x, gy)
    assert.same({ 0, 7 }, support.flat(gy))
  end)

  it("names what is wrong", function()
    local module = nn.ReLU()
    support.raises("nn.ReLU: input must be a Float tensor, got Double", module.forward, module,
      circlet.DoubleTensor(2))
    local x = circlet.FloatTensor(2, 3)
    module:forward(x)
    support.raises("nn.ReLU: gradOutput must be 2x3, got 3x2", module.backward, module, x,
      circlet.FloatTensor(3, 2))
    support.raises("got Long", module.forward, module, circlet.LongTensor(2))
  end)
end)

describe("nn.Tanh", function()
  it("is tanh with its gradient", function()
    local x = jacobian.random({ 4, 5 }, -3, 3)
    local y, list = nn.Tanh():double():forward(x), support.flat(x)
    for i, v in ipairs(list) do list[i] = (math.exp(2 * v) - 1) / (math.exp(2 * v) + 1) end
    support.near(list, support.flat(y), 1e-14)
    jacobian.check(nn.Tanh():double(), x)
    jacobian.check_layouts(nn.Tanh():double(), x)
    jacobian.check_float(nn.Tanh():double(), x, 4e-7)
  end)
end)

describe("nn.Dropout", function()
  it("drops about p of the elements and scales the rest", function()
    local y = nn.Dropout(0.25):forward(circlet.FloatTensor(20000):fill(3))
    local zeros, n = 0, y:nElement()
    for _, v in ipairs(support.flat(y)) do
      if v == 0 then zeros = zeros + 1 else assert(v == 4) end
    end
    assert(math.abs(zeros / n - 0.25) < 5 * math.sqrt(0.25 * 0.75 / n)) -- five deviations
  end)

  it("drops what the generator's draws say, whatever the layout and the threads", function()
    local module = nn.Dropout(0.4):double()
    local function seed() circlet.manualSeed(5) end
    jacobian.check(module, jacobian.random { 6, 5 }, seed)
    jacobian.check_layouts(module, jacobian.random { 3, 4, 5 }, seed)
    jacobian.check_threads(module:float(), circlet.FloatTensor(30001):uniform(-1, 1), seed)
    local x = circlet.FloatTensor(100):fill(1)
    assert.is_not.same(support.flat(module:forward(x)), support.flat(module:forward(x)))
  end)

  it("does nothing in evaluation, and can be undone in place", function()
    local module = nn.Dropout(0.5)
    local x = circlet.FloatTensor { 1, 2, 3 }
    module:evaluate()
    assert.same({ 1, 2, 3 }, support.flat(module:forward(x)))
    assert.same({ 1, 2, 3 }, support.flat(module:backward(x, x)))
    module:training()
    module.inplace = true
    local long = circlet.FloatTensor(64):fill(1)
    local y = support.flat(module:forward(long))
    assert.same(y, support.flat(long))
    assert.same(y, support.flat(module.noise))
  end)

  it("knows Torch7's first version, which scales in evaluation", function()
    local module = nn.Dropout(0.25, true)
    local x = circlet.FloatTensor(50):fill(1)
    for _, v in ipairs(support.flat(module:forward(x))) do assert(v == 0 or v == 1) end
    module:evaluate()
    assert.equal(0.75, module:forward(x)[1])
    assert.equal(0.75, module:backward(x, x)[1])
  end)

  it("names what is wrong", function()
    support.raises("nn.Dropout: the probability must be in [0, 1), got 1", nn.Dropout, 1)
    support.raises("gradOutput must have the size of the input", function()
      nn.Dropout():backward(circlet.FloatTensor(2), circlet.FloatTensor(3))
    end)
    assert.equal("nn.Dropout(0.500000)", tostring(nn.Dropout()))
  end)
end)

describe("nn.Normalize", function()
  it("divides rows by their norm", function()
    local y = nn.Normalize(2):double():forward(circlet.DoubleTensor { { 3, 4 }, { 0, 0 } })
    -- eps = 1e-10 beside a square of 25: 2e-12 relative
    support.near({ 0.6, 0.8, 0, 0 }, support.flat(y), 4e-12)
  end)

  it("has the gradient of its output", function()
    for _, s in ipairs { { 4, 7 }, { 1, 1 }, { 9 }, { 3, 40 } } do
      jacobian.check(nn.Normalize(2):double(), jacobian.random(s, 0.5, 2))
    end
    jacobian.check_layouts(nn.Normalize(2):double(), jacobian.random { 4, 5 })
    jacobian.check_float(nn.Normalize(2):double(), jacobian.random { 30, 64 }, 4e-7)
    jacobian.check_threads(nn.Normalize(2), circlet.FloatTensor(700, 64):uniform(-1, 1))
  end)

  it("keeps extreme rows in range", function()
    for kind, sizes in pairs { Float = { 1e-30, 1e30 }, Double = { 1e-300, 1e200, 1e300 } } do
      for _, size in ipairs(sizes) do
        local x = circlet[kind .. "Tensor"] { { 3 * size, 4 * size } }
        local module = nn.Normalize(2, 0):type("circlet." .. kind .. "Tensor")
        support.near({ 0.6, 0.8 }, support.flat(module:forward(x)), 1e-7)
        local gx = module:backward(x, x:clone():fill(1)) -- (1 - 1.4 * {.6, .8}) / (5 size)
        support.near({ 0.16 / 5, -0.12 / 5 }, { gx[1][1] * size, gx[1][2] * size }, 1e-6)
      end
    end
  end)

  it("names what is wrong", function()
    support.raises("nn.Normalize: the norm must be 2, got 1", nn.Normalize, 1)
    support.raises("nn.Normalize: input must be [B, n] or [n] with n >= 1, got 2x2x2", function()
      nn.Normalize(2):forward(circlet.FloatTensor(2, 2, 2))
    end)
    assert.same({ 0, 3 }, nn.Normalize(2):forward(circlet.FloatTensor(0, 3)):size():totable())
  end)
end)

describe("nn.LogSoftMax", function()
  it("is the logarithm of the soft maximum, however large the scores", function()
    local x = circlet.DoubleTensor { { 1, 2, 3 }, { 1e4, 1e4 + 1, 0 }, { 5, 5, 5 } }
    local function row(a, b, c)
      local most = math.max(a, b, c)
      local sum = most + math.log(math.exp(a - most) + math.exp(b - most) + math.exp(c - most))
      return a - sum, b - sum, c - sum
    end
    local y = support.flat(nn.LogSoftMax():double():forward(x))
    local expected = { row(1, 2, 3) }
    for _, v in ipairs { row(1e4, 1e4 + 1, 0) } do expected[#expected + 1] = v end
    for _, v in ipairs { row(5, 5, 5) } do expected[#expected + 1] = v end
    support.near(expected, y, 4e-12) -- 1e4 + log is rounded to 2e-12
  end)

  it("has the gradient of its output", function()
    jacobian.check(nn.LogSoftMax():double(), jacobian.random { 4, 6 })
    jacobian.check(nn.LogSoftMax():double(), jacobian.random { 6 })
    jacobian.check_layouts(nn.LogSoftMax():double(), jacobian.random { 4, 5 })
    jacobian.check_float(nn.LogSoftMax():double(), jacobian.random { 30, 10 }, 1e-6)
    jacobian.check_threads(nn.LogSoftMax(), circlet.FloatTensor(400, 40):uniform(-1, 1))
  end)

  it("takes the classes of each pixel of an image", function()
    local layer, x = nn.LogSoftMax():double(), jacobian.random { 2, 3, 4, 5 }
    local y = layer:forward(x):clone()
    for b = 1, 2 do
      for h = 1, 4 do
        for w = 1, 5 do
          local pixel = nn.LogSoftMax():double():forward(x[{ b, {}, h, w }]:clone())
          support.near(support.flat(pixel), support.flat(y[{ b, {}, h, w }]), 0)
        end
      end
    end
    assert.same(support.flat(y[2]), support.flat(layer:forward(x[2])))
    jacobian.check(nn.LogSoftMax():double(), jacobian.random { 3, 2, 4 })
    jacobian.check(nn.LogSoftMax():double(), jacobian.random { 2, 3, 2, 2 })
    jacobian.check_layouts(nn.LogSoftMax():double(), jacobian.random { 2, 3, 2, 2 })
    layer:forward(x)
    support.raises("gradOutput must be 2x3x4x5, got 3x4x5", layer.backward, layer, x, y[1])
  end)

  it("shows NaN in the rows that hold it", function()
    local y = nn.LogSoftMax():forward(circlet.FloatTensor { { 1, 0 / 0 }, { 1, 2 } })
    assert(y[1][1] ~= y[1][1] and y[2][1] == y[2][1])
  end)
end)

describe("nn.View", function()
  it("skips the gradient of the input when gradInput is nil", function()
    local net = nn.Sequential(nn.View(8), nn.Linear(8, 3))
    local x = circlet.FloatTensor(6, 2, 4):fill(1)
    net:get(1).gradInput, net:get(2).gradInput = nil, nil
    local y = net:forward(x)
    net:zeroGradParameters()
    assert.is_nil(net:backward(x, y))
    assert(net:get(2).gradWeight:norm() > 0)
    net:clearState() -- and does so again after it
    assert.is_nil(net:backward(x, net:forward(x)))
  end)

  local x = circlet.FloatTensor(6, 2, 4)

  it("keeps the batch in front", function()
    assert.same({ 6, 8 }, nn.View(8):forward(x):size():totable())
    assert.same({ 6, 4, 2 }, nn.View(4, 2):forward(x):size():totable())
    assert.same({ 8 }, nn.View(8):forward(x[1]):size():totable())
    assert.same({ 0, 8 }, nn.View(8):forward(circlet.FloatTensor(0, 2, 4)):size():totable())
  end)

  it("infers one size", function()
    assert.same({ 48 }, nn.View(-1):forward(x):size():totable())
    assert.same({ 12, 4 }, nn.View(-1, 4):forward(x):size():totable())
    assert.same({ 6, 8 }, nn.View(-1):setNumInputDims(2):forward(x):size():totable())
    assert.same({ 1, 8 }, nn.View(-1):setNumInputDims(2):forward(x[{ { 1 } }]):size():totable())
    assert.same({ 8 }, nn.View(-1):setNumInputDims(2):forward(x[1]):size():totable())
  end)

  it("shares memory with a contiguous input and gives the gradient its shape", function()
    local module = nn.View(8)
    module:forward(x):fill(3)
    assert.equal(3, x[2][1][1])
    assert.same({ 6, 2, 4 }, module:backward(x, module.output):size():totable())
    jacobian.check_layouts(nn.View(8):double(), jacobian.random { 3, 2, 4 })
  end)

  it("names what is wrong", function()
    support.raises("nn.View: input of 6x2x4 does not hold whole views of 7", function()
      nn.View(7):forward(x)
    end)
    support.raises("only one size may be -1", nn.View, -1, -1)
    support.raises("a whole number", nn.View, 1.5)
    assert.equal("nn.View(-1, 4)", tostring(nn.View(-1, 4)))
  end)
end)

describe("nn.Reshape", function()
  local x = circlet.FloatTensor(6, 2, 4)

  it("reshapes every example, or all when told", function()
    assert.same({ 6, 8 }, nn.Reshape(8):forward(x):size():totable())
    assert.same({ 8 }, nn.Reshape(8):forward(x[1]):size():totable())
    assert.same({ 1, 8 }, nn.Reshape(8):forward(x[{ { 1 } }]):size():totable())
    assert.same({ 12, 4 }, nn.Reshape(12, 4, false):forward(x):size():totable())
    assert.same({ 6, 4, 2 }, nn.Reshape(4, 2, true):forward(x):size():totable())
    jacobian.check_layouts(nn.Reshape(8):double(), jacobian.random { 3, 2, 4 })
  end)

  it("names what is wrong", function()
    support.raises("nn.Reshape: input of 6x2x4 does not hold a batch of 7", function()
      nn.Reshape(7):forward(x)
    end)
    assert.equal("nn.Reshape(4x2)", tostring(nn.Reshape(4, 2)))
  end)
end)

describe("nn.Identity", function()
  it("hands on the input and the gradient themselves", function()
    local module, x = nn.Identity(), circlet.FloatTensor(2)
    assert.equal(x, module:forward(x))
    assert.equal(x, module:backward(x, x))
    module:clearState()
    assert.equal(2, x:nElement())
    assert.equal(0, module.output:nElement())
  end)
end)
