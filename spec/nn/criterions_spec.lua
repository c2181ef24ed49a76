-- Torch7's further criterions: values by hand, gradients by differences, and what they refuse.
local circlet = require "circlet"
local nn = circlet.nn
local class = require "circlet.class"
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"
local random = jacobian.random

before_each(function() circlet.manualSeed(1) end)

local function tensor(t) return circlet.DoubleTensor(t) end
local function signs(t) return circlet.LongTensor(t) end

-- Value with and without sizeAverage, and the gradient both ways.
local function check(criterion, input, target, sum, count)
  criterion:double()
  assert.near(sum / count, criterion:forward(input, target), 1e-14)
  assert.equal(criterion.output, criterion:forward(input, target))
  criterion.sizeAverage = false
  assert.near(sum, criterion:forward(input, target), 1e-14)
  if not circlet.isTensor(input) then return end
  for _, average in ipairs { true, false } do
    criterion.sizeAverage = average
    jacobian.check_criterion(criterion, input:clone(), target)
  end
  local _, gradient = criterion(input, target)
  for _, layout in ipairs(support.layouts(input)) do
    assert.near(criterion.output, criterion:forward(layout, target), 1e-14)
    support.near(support.flat(gradient), support.flat(criterion:clone():backward(layout, target)),
      1e-14)
  end
end

describe("criterions of elements", function()
  it("measure distances", function()
    local x, t = tensor { { 1, -2 }, { 0.5, 4 } }, tensor { { 0.25, 1 }, { 0.75, 3.5 } }
    check(nn.AbsCriterion(), x, t, 0.75 + 3 + 0.25 + 0.5, 4)
    check(nn.SmoothL1Criterion(), x, t, 0.75 ^ 2 / 2 + 2.5 + 0.25 ^ 2 / 2 + 0.125, 4)
    for _, criterion in ipairs { nn.AbsCriterion(), nn.SmoothL1Criterion() } do
      local name = class.type(criterion)
      assert.equal(0, criterion:forward(circlet.FloatTensor(), circlet.FloatTensor()))
      support.raises(name .. ": target must be 2x2, got 4", criterion.forward, criterion, x,
        random { 4 })
      support.raises(name .. ": target must be a circlet.DoubleTensor, got a circlet.FloatTensor",
        criterion.forward, criterion, x, t:float())
    end
    assert.same(false, nn.AbsCriterion(false).sizeAverage)
  end)

  it("measure entropy", function()
    local p, t = tensor { { 0.25, 0.5 }, { 0.75, 0.9 } }, tensor { { 1, 0 }, { 0.5, 1 } }
    local function bce(x, y) return -(y * math.log(x) + (1 - y) * math.log(1 - x)) end
    local terms = { bce(0.25, 1), bce(0.5, 0), bce(0.75, 0.5), bce(0.9, 1) }
    -- e = 1e-12 shifts a logarithm by 1e-12 / 0.1 at most
    local criterion = nn.BCECriterion():double()
    assert.near((terms[1] + terms[2] + terms[3] + terms[4]) / 4, criterion:forward(p, t), 4e-12)
    jacobian.check_criterion(criterion, p:clone(), t)
    local weighted = nn.BCECriterion(tensor { 3, 0.5 }, false):double()
    assert.near(3 * (terms[1] + terms[3]) + 0.5 * (terms[2] + terms[4]), weighted:forward(p, t),
      4e-11)
    jacobian.check_criterion(weighted, p:clone(), t)
    assert.near(-math.log(1e-12), criterion:forward(tensor { 0 }, 1), 1e-9) -- finite
    assert.equal(0, criterion:forward(circlet.DoubleTensor(), circlet.DoubleTensor()))
    support.raises("nn.BCECriterion: input must hold probabilities from 0 to 1, got -1 to 2",
      criterion.forward, criterion, tensor { -1, 2 }, tensor { 0, 0 })
    support.raises("nn.BCECriterion: weights must fit the input of 2x2, got 3", criterion.forward,
      nn.BCECriterion(tensor { 1, 1, 1 }), p, t)
  end)

  it("measure divergence", function()
    local x, t = tensor { { -1, -2, -3 } }, tensor { { 0.5, 0, 0.25 } }
    local sum = 0.5 * (math.log(0.5) + 1) + 0.25 * (math.log(0.25) + 3)
    check(nn.DistKLDivCriterion(), x, t, sum, 3)
    assert.equal(0, nn.DistKLDivCriterion():forward(x, tensor { { 0, 0, 0 } }))
    support.raises("nn.DistKLDivCriterion: target must be 1x3, got 2", nn.AbsCriterion().forward,
      nn.DistKLDivCriterion(), x, random { 2 })
  end)

  it("ask for a margin", function()
    local x, t = tensor { { 0.5, -2 }, { 3, 0.25 } }, signs { { 1, -1 }, { 1, -1 } }
    check(nn.MarginCriterion(), x, t, 0.5 + 0 + 0 + 1.25, 4)
    check(nn.MarginCriterion(2.5), x, t, 2 + 0.5 + 0 + 2.75, 4)
    check(nn.HingeEmbeddingCriterion(1), x, t, 0.5 + 3 + 3 + 0.75, 4)
    assert.equal(3, nn.HingeEmbeddingCriterion(5):forward(2, -1))
    assert.equal(2, nn.HingeEmbeddingCriterion(5):forward(2, 1))
    local function soft(z) return math.log(1 + math.exp(-z)) end
    check(nn.SoftMarginCriterion(), x, t, soft(0.5) + soft(2) + soft(3) + soft(-0.25), 4)
    assert.equal(1000, nn.SoftMarginCriterion():double():forward(tensor { -1000 }, 1))
    for _, criterion in ipairs { nn.MarginCriterion(), nn.HingeEmbeddingCriterion(),
      nn.SoftMarginCriterion() } do
      local name = class.type(criterion)
      support.raises(name .. ": target must be 1 or -1, 1 elements are neither", criterion.forward,
        criterion, x, signs { 1, -1, 2, 1 })
      support.raises(name .. ": target must have 4 elements, got 2", criterion.forward, criterion,
        x, signs { 1, -1 })
      support.raises(name .. ": target must be a tensor or a number, got nil", criterion.forward,
        criterion, x)
      assert.equal(0, criterion:forward(circlet.FloatTensor(), signs {}))
      assert.equal(0, criterion:backward(circlet.FloatTensor(), signs {}):nElement())
    end
  end)

  it("ask for a margin between classes", function()
    local x, t = tensor { { 0.25, 1, -1.5 }, { 2, 0.5, 1.75 } }, circlet.LongTensor { 2, 3 }
    check(nn.MultiMarginCriterion(), x, t, (0.25 + 1.25) / 3, 2)
    check(nn.MultiMarginCriterion(2), x, t, (0.25 ^ 2 + 1.25 ^ 2) / 3, 2)
    check(nn.MultiMarginCriterion(1, tensor { 1, 3, 0.5 }, 2), x, t,
      (3 * 1.25 + 0.5 * (2.25 + 0.75)) / 3, 2)
    assert.near(0.25 / 3, nn.MultiMarginCriterion():double():forward(x[1], 2), 1e-15)
    local criterion = nn.MultiMarginCriterion()
    support.raises("nn.MultiMarginCriterion: target must hold whole numbers from 1 to 3",
      criterion.forward, criterion, x, circlet.LongTensor { 1, 4 })
    support.raises("target must hold whole numbers from 1 to 3", criterion.forward, criterion, x,
      circlet.FloatTensor { 1, 1.5 })
    support.raises("target must have 2 elements, got 1", criterion.forward, criterion, x,
      circlet.LongTensor { 1 })
    support.raises("nn.MultiMarginCriterion: p must be 1 or 2, got 3", nn.MultiMarginCriterion, 3)
  end)
end)

-- Gradients of a criterion of two tensors by differences.
local function check_pair(criterion, x, y, target)
  criterion:double()
  for _, average in ipairs { true, false } do
    criterion.sizeAverage = average
    criterion:forward({ x, y }, target)
    local gradient = criterion:backward({ x, y }, target)
    for k, t in ipairs { x, y } do
      local expected, flat = {}, t:view(-1)
      for i = 1, flat:nElement() do
        local kept = flat[i]
        flat[i] = kept + 1e-6
        local above = criterion:forward({ x, y }, target)
        flat[i] = kept - 1e-6
        local below = criterion:forward({ x, y }, target)
        flat[i] = kept
        expected[i] = (above - below) / 2e-6
      end
      assert(gradient[k]:isSameSizeAs(t))
      support.near(expected, support.flat(gradient[k]), 1e-7)
    end
  end
end

describe("criterions of pairs", function()
  it("pull rows together and push them apart", function()
    local x, y = random { 6, 3 }, random { 6, 3 }
    local t = signs { 1, -1, 1, -1, -1, -1 }
    local c = nn.CosineDistance():double():forward { x, y }
    local sum = 0
    for i = 1, 6 do sum = sum + (t[i] == 1 and 1 - c[i] or math.max(0, c[i] - 0.1)) end
    check(nn.CosineEmbeddingCriterion(0.1), { x, y }, t, sum, 6)
    check_pair(nn.CosineEmbeddingCriterion(0.1), x, y, t)
    check_pair(nn.CosineEmbeddingCriterion(-1), x[1]:clone(), y[1]:clone(), -1)
    local criterion = nn.CosineEmbeddingCriterion()
    support.raises("nn.CosineEmbeddingCriterion: the margin must be from -1 to 1, got 2",
      nn.CosineEmbeddingCriterion, 2)
    support.raises("input 2 must be 6x3, got 3", criterion.forward, criterion, { x, y[1] }, t)
    support.raises("target must have 6 elements, got 1", criterion.forward, criterion, { x, y }, 1)
  end)

  it("rank", function()
    local x, y = tensor { 1, 2, 3 }, tensor { 2.5, 0.5, 3.25 }
    check(nn.MarginRankingCriterion(0.5), { x, y }, signs { 1, 1, -1 }, 2 + 0 + 0.25, 3)
    check_pair(nn.MarginRankingCriterion(0.5), x, y, signs { 1, 1, -1 })
    check_pair(nn.MarginRankingCriterion(), tensor { 1 }, tensor { 1.5 }, -1)
    support.raises("nn.MarginRankingCriterion: input must be a table of 2, got",
      nn.MarginCriterion().forward, nn.MarginRankingCriterion(), x, signs { 1 })
  end)
end)

describe("criterions of criterions", function()
  it("weigh several of one input", function()
    local x, t = random { 4, 3 }, random { 4, 3 }
    local both = nn.MultiCriterion():add(nn.MSECriterion(), 0.5):add(nn.AbsCriterion()):double()
    assert.near(0.5 * nn.MSECriterion():double():forward(x, t)
      + nn.AbsCriterion():double():forward(x, t), both:forward(x, t), 1e-15)
    jacobian.check_criterion(both, x, t)
    check_pair(nn.MultiCriterion():add(nn.CosineEmbeddingCriterion()):add(
      nn.CosineEmbeddingCriterion(0.5), 3), random { 4, 3 }, random { 4, 3 },
      signs { 1, -1, 1, -1 })
    support.raises("nn.MultiCriterion: add expects a criterion, got nn.Linear", both.add, both,
      nn.Linear(1, 1))
  end)

  it("weigh several of several inputs", function()
    local x, y = random { 4, 3 }, random { 4, 3 }
    local t = { random { 4, 3 }, circlet.LongTensor { 1, 2, 3, 1 } }
    local both = nn.ParallelCriterion():add(nn.MSECriterion(), 0.25)
      :add(nn.CrossEntropyCriterion(), 2)
    both:double()
    assert.near(0.25 * nn.MSECriterion():double():forward(x, t[1])
      + 2 * nn.CrossEntropyCriterion():double():forward(y, t[2]), both:forward({ x, y }, t), 1e-14)
    check_pair(both, x, y, t)
    local repeated = nn.ParallelCriterion(true):add(nn.MSECriterion()):add(nn.AbsCriterion())
    check_pair(repeated, x, y, t[1])
    support.raises("nn.ParallelCriterion: target must be a table of 2, got a table of 1",
      both.forward, both, { x, y }, { t[1] })
    support.raises("nn.ParallelCriterion: input must be a table of 2, got a circlet.DoubleTensor",
      both.forward, both, x, t)
    support.raises("nn.ParallelCriterion: add expects a criterion, got nil", both.add, both)
    local copy = circlet.deserialize(circlet.serialize(both))
    assert.equal(both:forward({ x, y }, t), copy:forward({ x, y }, t))
  end)
end)
