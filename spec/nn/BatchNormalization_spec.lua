-- nn.BatchNormalization and nn.SpatialBatchNormalization
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

before_each(function() circlet.manualSeed(1) end)

-- mean and sum of squares about it of channel c, by the definition
local function moments(x, c)
  local list = support.flat(x:select(2, c))
  local mean, m2 = 0, 0
  for _, v in ipairs(list) do mean = mean + v / #list end
  for _, v in ipairs(list) do m2 = m2 + (v - mean) ^ 2 end
  return mean, m2, #list
end

local shapes = {
  { 5, 3 }, { 2, 70 }, { 3, 2, 3, 3 }, { 1, 2, 5, 7 }, { 4, 3, 1, 1 }, { 2, 2, 1, 9 },
}

local function build(shape, ...)
  local class = #shape == 2 and nn.BatchNormalization or nn.SpatialBatchNormalization
  local module = class(shape[2], ...):double()
  if module.weight then
    module.weight:uniform(0.5, 2)
    module.bias:uniform(-1, 1)
  end
  return module, jacobian.random(shape, -1, 3)
end

describe("batch normalisation", function()
  it("gives every channel its weight and bias as deviation and mean", function()
    for _, shape in ipairs(shapes) do
      local module, x = build(shape)
      local y = module:forward(x)
      for c = 1, shape[2] do
        local mean, m2, n = moments(x, c)
        local expected = support.flat(x:select(2, c))
        for i, v in ipairs(expected) do
          expected[i] = (v - mean) / math.sqrt(m2 / n + 1e-5) * module.weight[c] + module.bias[c]
        end
        support.near(expected, support.flat(y:select(2, c)), 1e-13)
      end
    end
  end)

  it("has the gradients of its output, in training and in evaluation", function()
    for _, shape in ipairs(shapes) do
      for _, affine in ipairs { true, false } do
        local module, x = build(shape, nil, nil, affine)
        -- two equal or close values in a channel of two make the variance small and the third
        -- derivative large: a wide batch only
        if shape[1] > 2 or #shape == 4 then jacobian.check(module, x) end
        module:evaluate()
        module.running_var:uniform(0.5, 2)
        module.running_mean:uniform(-1, 1)
        jacobian.check(module, x)
      end
    end
  end)

  it("moves the running statistics towards the batch's", function()
    for _, shape in ipairs { shapes[1], shapes[3] } do
      local module, x = build(shape, 1e-5, 0.25)
      module:forward(x)
      for c = 1, shape[2] do
        local mean, m2, n = moments(x, c)
        assert.near(0.25 * mean, module.running_mean[c], 1e-14)
        assert.near(0.75 + 0.25 * m2 / (n - 1), module.running_var[c], 1e-14)
        assert.near(mean, module.save_mean[c], 1e-14)
        assert.near(1 / math.sqrt(m2 / n + 1e-5), module.save_std[c], 1e-13)
      end
    end
  end)

  it("uses the running statistics in evaluation and leaves them alone", function()
    local module, x = build(shapes[3])
    module.running_mean:uniform(-1, 1)
    module.running_var:uniform(0.5, 2)
    module:evaluate()
    local mean, var = support.flat(module.running_mean), support.flat(module.running_var)
    local y = module:forward(x)
    for c = 1, 2 do
      local expected = support.flat(x:select(2, c))
      for i, v in ipairs(expected) do
        expected[i] = (v - mean[c]) / math.sqrt(var[c] + 1e-5) * module.weight[c] + module.bias[c]
      end
      support.near(expected, support.flat(y:select(2, c)), 1e-14)
    end
    assert.same(mean, support.flat(module.running_mean))
    assert.same({ 1, 2, 3, 3 }, module:forward(x[{ { 1 } }]):size():totable())
  end)

  it("keeps its accuracy far from zero", function()
    -- values near 1000 with deviation 1: Float inputs are off by 2^-24 * 1000 = 6e-5 already; the
    -- statistics must add nothing to it
    local x = circlet.FloatTensor(64, 2, 8, 8):uniform(999, 1001)
    local exact = nn.SpatialBatchNormalization(2, nil, nil, false):double():forward(x:double())
    local y = nn.SpatialBatchNormalization(2, nil, nil, false):forward(x)
    for i, v in ipairs(support.flat(y)) do
      -- the mean rounded to Float moves all by at most 3e-5 deviations of 0.577
      assert(math.abs(v - support.flat(exact)[i]) < 6e-5)
      if i == 50 then break end
    end
  end)

  it("agrees between Float and Double", function()
    for _, shape in ipairs { { 40, 30 }, { 8, 5, 9, 9 } } do
      local module, x = build(shape)
      jacobian.check_float(module, x:float():double(), 2e-6)
    end
  end)

  it("takes inputs in any layout", function()
    for _, k in ipairs { 1, 3 } do
      local module, x = build(shapes[k])
      jacobian.check_layouts(module, x)
    end
  end)

  it("gives the same bits on any number of threads", function()
    jacobian.check_threads(nn.BatchNormalization(300), circlet.FloatTensor(90, 300):uniform(-1, 1))
    jacobian.check_threads(nn.SpatialBatchNormalization(7),
      circlet.FloatTensor(33, 7, 15, 14):uniform(-1, 1))
  end)

  it("shows NaN in its channel and nowhere else", function()
    local module, x = build(shapes[3])
    x[1][1][1][1] = 0 / 0
    local y = module:forward(x)
    assert(y[3][1][3][3] ~= y[3][1][3][3])
    assert(y[3][2][3][3] == y[3][2][3][3])
  end)

  it("names what is wrong", function()
    local module = nn.BatchNormalization(3)
    local function raises(text, x) support.raises(text, module.forward, module, x) end
    raises("nn.BatchNormalization: 3 channels expected in dimension 2, got 4x2",
      circlet.FloatTensor(4, 2))
    raises("nn.BatchNormalization: input must have 2 dimensions, got 4",
      circlet.FloatTensor(2, 3, 2, 2))
    raises("training needs at least 2 values a channel, got 1; use evaluate()",
      circlet.FloatTensor(1, 3))
    raises("training needs at least 2 values a channel, got 0", circlet.FloatTensor(0, 3))
    module:evaluate()
    assert.same({ 1, 3 }, module:forward(circlet.FloatTensor(1, 3)):size():totable())
    module:training()
    support.raises("nn.BatchNormalization: forward comes before backward", function()
      nn.BatchNormalization(3):backward(circlet.FloatTensor(2, 3), circlet.FloatTensor(2, 3))
    end)
    assert.equal("nn.SpatialBatchNormalization (4D) (16)",
      tostring(nn.SpatialBatchNormalization(16)))
  end)

  it("starts with weights in [0, 1) and no bias", function()
    local module = nn.BatchNormalization(2000)
    assert(module.weight:min() >= 0 and module.weight:max() < 1 and module.weight:max() > 0.99)
    assert.equal(0, module.bias:norm())
    assert.is_nil(nn.BatchNormalization(3, nil, nil, false).weight)
  end)
end)
