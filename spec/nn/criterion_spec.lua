-- nn.Criterion and the criterions ClassNLL, CrossEntropy and MSE
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

before_each(function() circlet.manualSeed(1) end)

describe("nn.Criterion", function()
  it("starts with output 0 and an empty gradInput, which it keeps", function()
    local criterion = nn.MSECriterion()
    assert.equal(0, criterion.output)
    assert.equal(0, criterion.gradInput:nElement())
    local gradInput = criterion.gradInput
    local x, t = circlet.FloatTensor { 1, 2 }, circlet.FloatTensor { 1, 4 }
    local loss = criterion:forward(x, t)
    assert.equal("number", type(loss))
    assert.equal(loss, criterion.output)
    assert.equal(gradInput, criterion:backward(x, t))
    assert.equal(gradInput, criterion.gradInput)
    local again, gradient = criterion(x, t)
    assert.equal(loss, again)
    assert.equal(gradInput, gradient)
  end)

  it("converts its tensors and is copied whole", function()
    local criterion = nn.CrossEntropyCriterion(circlet.FloatTensor { 1, 2, 3 })
    local x, t = jacobian.random { 4, 3 }, circlet.LongTensor { 1, 2, 3, 1 }
    local single = criterion:forward(x:float(), t)
    assert.equal(criterion, criterion:double())
    assert.equal("circlet.DoubleTensor", criterion.nll.weights:type())
    assert.equal("circlet.DoubleTensor", criterion:type())
    assert.near(single, criterion:forward(x, t), 1e-6)
    local copy = criterion:clone()
    copy.nll.weights:fill(1)
    assert.equal(2, criterion.nll.weights[2])
    assert.equal("nn.CrossEntropyCriterion", tostring(copy))
  end)
end)

describe("nn.ClassNLLCriterion", function()
  local x = circlet.DoubleTensor { { -1, -2, -3 }, { -4, -5, -6 } }

  it("averages minus the right class's value, by weight", function()
    local t = circlet.LongTensor { 3, 1 }
    assert.equal(3.5, nn.ClassNLLCriterion():double():forward(x, t))
    assert.equal(7, nn.ClassNLLCriterion(nil, false):double():forward(x, t))
    local weights = circlet.DoubleTensor { 3, 0, 1 }
    assert.equal((3 * 4 + 3) / 4, nn.ClassNLLCriterion(weights):double():forward(x, t))
    assert.same({ 0, 0, -0.25, -0.75, 0, 0 },
      support.flat(nn.ClassNLLCriterion(weights):double():backward(x, t)))
  end)

  it("reads sizeAverage anew at each call", function()
    local criterion = nn.ClassNLLCriterion():double()
    criterion.sizeAverage = false
    assert.equal(7, criterion:forward(x, circlet.LongTensor { 3, 1 }))
  end)

  it("has the gradient of its output", function()
    for _, average in ipairs { true, false } do
      for _, weights in ipairs { false, circlet.DoubleTensor { 0.5, 2, 1 } } do
        local criterion = nn.ClassNLLCriterion(weights or nil, average):double()
        jacobian.check_criterion(criterion, jacobian.random { 2, 3 }, circlet.LongTensor { 2, 3 })
      end
    end
  end)

  it("takes targets of every type, and a number for one example", function()
    local criterion = nn.ClassNLLCriterion():double()
    for _, kind in ipairs(support.types) do
      assert.equal(3.5, criterion:forward(x, circlet[kind .. "Tensor"] { 3, 1 }))
    end
    assert.equal(2, criterion:forward(x[1], 2))
    assert.same({ 0, -1, 0 }, support.flat(criterion:backward(x[1], 2)))
    for _, layout in ipairs(support.layouts(x)) do
      for _, t in ipairs(support.layouts(circlet.LongTensor { 3, 1 })) do
        assert.equal(3.5, criterion:forward(layout, t))
      end
    end
  end)

  it("lets NaN through and costs nothing without examples", function()
    local criterion = nn.ClassNLLCriterion():double()
    local bad = circlet.DoubleTensor { { 0 / 0, 1 } }
    local loss = criterion:forward(bad, circlet.LongTensor { 1 })
    assert(loss ~= loss)
    local none = circlet.DoubleTensor(0, 3)
    assert.equal(0, criterion:forward(none, circlet.LongTensor()))
    assert.same({ 0, 3 }, criterion:backward(none, circlet.LongTensor()):size():totable())
  end)

  it("names what is wrong", function()
    local criterion = nn.ClassNLLCriterion():double()
    local function raises(text, input, target)
      support.raises(text, criterion.forward, criterion, input, target)
      support.raises(text, criterion.backward, criterion, input, target)
    end
    local text = "nn.ClassNLLCriterion: target 2 must be a whole number from 1 to 3, got "
    raises(text .. "0", x, circlet.LongTensor { 1, 0 })
    raises(text .. "4", x, circlet.LongTensor { 1, 4 })
    raises(text .. "1.5", x, circlet.FloatTensor { 1, 1.5 })
    raises("must be a whole number from 1 to 3", x, circlet.FloatTensor { 1, 0 / 0 })
    raises("target must have 2 elements, got 3", x, circlet.LongTensor { 1, 2, 3 })
    raises("input must be [B, C] or [C]", circlet.DoubleTensor(1, 2, 3), circlet.LongTensor { 1 })
    support.raises("weights must be [3], got 2", function()
      nn.ClassNLLCriterion(circlet.DoubleTensor(2)):double():forward(x, circlet.LongTensor { 1, 1 })
    end)
  end)
end)

describe("nn.CrossEntropyCriterion", function()
  it("is the log-soft-max's negative log-likelihood with its gradient", function()
    local x = circlet.DoubleTensor { { 1, 2, 3 } }
    local sum = math.log(math.exp(1) + math.exp(2) + math.exp(3))
    assert.near(sum - 2, nn.CrossEntropyCriterion():double():forward(x, circlet.LongTensor { 2 }),
      1e-14)
    for _, average in ipairs { true, false } do
      jacobian.check_criterion(nn.CrossEntropyCriterion(nil, average):double(),
        jacobian.random { 5, 4 }, circlet.LongTensor { 1, 4, 2, 2, 3 })
    end
  end)
end)

describe("nn.MSECriterion", function()
  it("averages squared differences over all elements", function()
    local x, t = circlet.DoubleTensor { { 1, 2 }, { 3, 4 } }, circlet.DoubleTensor(2, 2)
    assert.equal(7.5, nn.MSECriterion():double():forward(x, t))
    assert.equal(30, nn.MSECriterion(false):double():forward(x, t))
    for _, average in ipairs { true, false } do
      jacobian.check_criterion(nn.MSECriterion(average):double(), jacobian.random { 50, 3 },
        jacobian.random { 50, 3 })
    end
    for _, a in ipairs(support.layouts(x)) do
      for _, b in ipairs(support.layouts(t)) do
        assert.equal(7.5, nn.MSECriterion():double():forward(a, b))
        assert.same({ 0.5, 1, 1.5, 2 }, support.flat(nn.MSECriterion():double():backward(a, b)))
      end
    end
  end)

  it("names what is wrong and costs nothing without elements", function()
    local criterion = nn.MSECriterion()
    support.raises("nn.MSECriterion: target must be 2x3, got 3x2", criterion.forward, criterion,
      circlet.FloatTensor(2, 3), circlet.FloatTensor(3, 2))
    support.raises("target must be a Float tensor, got Double", criterion.forward, criterion,
      circlet.FloatTensor(2), circlet.DoubleTensor(2))
    assert.equal(0, criterion:forward(circlet.FloatTensor(), circlet.FloatTensor()))
  end)
end)
