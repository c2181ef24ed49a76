-- nn.CircleCriterion, nn.CircleClassCriterion and nn.CircleSimilarityCriterion: Torch7's contract
-- of a criterion around the functions that spec/loss judges.
local circlet = require "circlet"
local nn = circlet.nn
local cases = require "spec.loss.circle_cases"
local support = require "spec.support"

local flat = support.flat

local function similarities()
  return { circlet.FloatTensor { { 0.8, 0.1 }, { 0.5, 0.7 } },
    circlet.FloatTensor { { 0.6, -0.2, 0.3 }, { 0.4, 0.1, 0.9 } } }
end

--- The three criterions: how one is made, an input and a target for it, and the function behind.
local subjects = {
  {
    name = "CircleCriterion",
    make = function(opts) return nn.CircleCriterion(0.3, 24, opts) end,
    input = function() return (cases.make("clustered", 30, 7, 3)) end,
    target = function() return (select(2, cases.make("clustered", 30, 7, 3))) end,
    call = function(_, input, target, opts)
      return circlet.circle_loss(input, target, opts)
    end,
  },
  {
    name = "CircleClassCriterion",
    make = function(opts) return nn.CircleClassCriterion(7, 5, 0.3, 24, opts) end,
    input = function() return (cases.make("clustered", 30, 7, 3)) end,
    target = function()
      local labels = circlet.LongTensor(30)
      for i = 1, 30 do labels[i] = i % 5 + 1 end
      return labels
    end,
    call = function(criterion, input, target, opts)
      local loss, grads = circlet.circle_class_loss({ input, criterion.weight }, target, opts)
      return loss, grads[1], grads[2]
    end,
  },
  {
    name = "CircleSimilarityCriterion",
    make = function(opts) return nn.CircleSimilarityCriterion(0.3, 24, opts) end,
    input = similarities,
    target = function() end,
    call = function(_, input, _, opts) return circlet.circle_similarity_loss(input, opts) end,
  },
}

--- A tensor, or a table of tensors, as one flat list.
local function numbers(value)
  if type(value) ~= "table" then return flat(value) end
  local list = {}
  for _, t in ipairs(value) do table.move(flat(t), 1, t:nElement(), #list + 1, list) end
  return list
end

local function options(reduction, more)
  local opts = { m = 0.3, gamma = 24, reduction = reduction }
  for key, value in pairs(more or {}) do opts[key] = value end
  return opts
end

--- input (a tensor or a table of them) as "float" or "double".
local function as(input, real)
  if type(input) ~= "table" then return input[real](input) end
  local list = {}
  for k, t in ipairs(input) do list[k] = t[real](t) end
  return list
end

for _, subject in ipairs(subjects) do
  describe("nn." .. subject.name, function()
    local criterion, input, target
    before_each(function()
      circlet.manualSeed(5)
      criterion, input, target = subject.make(), subject.input(), subject.target()
    end)

    it("starts with output 0, nothing in gradInput, and averaging", function()
      assert.equal(0, criterion.output)
      local empty = criterion.gradInput
      assert.equal(0, type(empty) == "table" and #empty or empty:nElement())
      assert.is_true(criterion.sizeAverage)
      assert.equal("nn." .. subject.name, tostring(criterion):match "^nn%.%a+")
    end)

    it("gives the loss as a number and keeps it", function()
      local loss = criterion:forward(input, target)
      assert.equal("float", math.type(loss))
      assert.equal(loss, criterion.output)
      assert.equal(loss, (subject.call(criterion, input, target, options "mean")))
      assert.is_true(loss > 0)
    end)

    it("gives the gradient in the object that it keeps, call after call", function()
      criterion:forward(input, target)
      local grad = criterion:backward(input, target)
      assert.equal(grad, criterion.gradInput)
      local _, expected = subject.call(criterion, input, target, options "mean")
      assert.same(numbers(expected), numbers(grad))
      local tensors = type(grad) == "table" and { grad[1], grad[2] } or { grad }
      criterion:forward(input, target)
      assert.equal(grad, criterion:backward(input, target))
      for k, t in ipairs(tensors) do
        assert.equal(t, type(grad) == "table" and grad[k] or grad)
      end
      local output, again = criterion(input, target)
      assert.equal(criterion.output, output)
      assert.equal(grad, again)
    end)

    it("asks for forward before backward, and follows it to batches of other sizes", function()
      support.raises("forward", criterion.backward, criterion, input, target)
      local other = type(input) == "table"
        and { input[1]:narrow(1, 1, 1), input[2]:narrow(1, 1, 1) } or input:narrow(1, 1, 20)
      local fewer = target and target:narrow(1, 1, 20)
      for _, batch in ipairs { { input, target }, { other, fewer }, { input, target } } do
        local loss, expected = subject.call(criterion, batch[1], batch[2], options "mean")
        assert.equal(loss, criterion:forward(batch[1], batch[2]))
        assert.same(numbers(expected), numbers(criterion:backward(batch[1], batch[2])))
      end
    end)

    it("sees an input that changed in place between forward and backward", function()
      criterion:forward(input, target)
      local t = type(input) == "table" and input[1] or input
      t[1][1] = t[1][1] * 0.5
      local _, expected = subject.call(criterion, input, target, options "mean")
      criterion:forward(input, target)
      assert.same(numbers(expected), numbers(criterion:backward(input, target)))
    end)

    it("sums when sizeAverage is false, from the next call on", function()
      local mean = criterion:forward(input, target)
      criterion.sizeAverage = false
      local sum, expected = subject.call(criterion, input, target, options "sum")
      assert.is_true(sum > mean)
      assert.equal(sum, criterion:forward(input, target))
      assert.same(numbers(expected), numbers(criterion:backward(input, target)))
      criterion.sizeAverage = true
      assert.equal(mean, criterion:forward(input, target))
    end)

    it("takes the options of the function", function()
      for _, more in ipairs { { through_alpha = true }, { aggregate = "batch" },
        { reduction = "mean_all" } } do
        circlet.manualSeed(5)
        local with = subject.make(more)
        local opts = options("mean", more)
        local loss, expected = subject.call(with, input, target, opts)
        assert.equal(loss, with:forward(input, target))
        assert.same(numbers(expected), numbers(with:backward(input, target)))
      end
      support.raises("no option gama", function()
        local with = subject.make { gama = 1 }
        with:forward(input, target)
      end)
    end)

    it("converts with type(), double() and float(), labels left alone", function()
      local single = criterion:forward(input, target)
      criterion:backward(input, target)
      assert.equal(criterion, criterion:double())
      assert.equal("circlet.DoubleTensor", criterion:type())
      local wide = as(input, "double")
      local double = criterion:forward(wide, target)
      assert.near(single, double, 1e-5 * single)
      local grad = criterion:backward(wide, target)
      local first = type(grad) == "table" and grad[1] or grad
      assert.equal("circlet.DoubleTensor", first:type())
      if target then assert.equal("circlet.LongTensor", target:type()) end
      assert.equal(criterion, criterion:type("circlet.FloatTensor"))
      assert.equal(single, criterion:forward(input, target))
      criterion:float()
      first = criterion:backward(input, target)
      first = type(first) == "table" and first[1] or first
      assert.equal("circlet.FloatTensor", first:type())
    end)

    it("is copied whole by clone and by saving and loading", function()
      local loss = criterion:forward(input, target)
      local before = numbers(criterion:backward(input, target))
      criterion.sizeAverage = false
      local path = os.tmpname()
      assert(circlet.save(path, criterion))
      local copies = { criterion:clone(), assert(circlet.load(path)) }
      os.remove(path)
      criterion.sizeAverage = true
      for _, copy in ipairs(copies) do
        assert.is_false(copy.sizeAverage)
        assert.equal(loss, copy.output)
        assert.is_true(copy.gradInput ~= criterion.gradInput)
        copy.sizeAverage = true
        assert.equal(loss, copy:forward(input, target))
        local g = copy:backward(input, target)
        assert.same(before, numbers(g))
        ;(type(g) == "table" and g[1] or g):fill(9)
        assert.same(before, numbers(criterion.gradInput))
      end
    end)

    it("refuses what the function refuses, and settings without meaning", function()
      for _, gamma in ipairs { 0, -1, 0 / 0 } do
        support.raises("gamma", function()
          local with = subject.name == "CircleClassCriterion"
            and nn.CircleClassCriterion(7, 5, 0.3, gamma) or nn[subject.name](0.3, gamma)
          with:forward(input, target)
        end)
      end
      if target then
        support.raises("must have 30 elements, one per row of", criterion.forward, criterion, input,
          target:narrow(1, 1, 29))
      end
      assert.is_number(criterion:forward(input, target)) -- and is none the worse for it
    end)
  end)
end

describe("nn.CircleCriterion", function()
  it("takes labels of every type", function()
    local x, labels = cases.make("clustered", 20, 4, 2)
    local criterion = nn.CircleCriterion(0.25, 32)
    local loss = criterion:forward(x, labels)
    for _, of in ipairs { "int", "byte", "float", "double" } do
      assert.equal(loss, criterion:forward(x, labels[of](labels)))
    end
  end)

  it("takes queries and references", function()
    local x, labels = cases.make("clustered", 20, 4, 2)
    local refs, ref_labels = cases.make("clustered", 31, 4, 3)
    local criterion = nn.CircleCriterion(0.25, 32)
    local loss, expected = circlet.circle_loss({ x, refs }, { labels, ref_labels },
      { m = 0.25, gamma = 32 })
    assert.equal(loss, criterion:forward({ x, refs }, { labels, ref_labels }))
    local grad = criterion:backward({ x, refs }, { labels, ref_labels })
    assert.same(numbers(expected), numbers(grad))
    assert.equal(grad, criterion.gradInput)
  end)
end)

describe("nn.CircleClassCriterion", function()
  local criterion, x, labels
  before_each(function()
    circlet.manualSeed(3)
    criterion = nn.CircleClassCriterion(6, 4, 0.25, 32)
    x = cases.make("random", 16, 6, 2)
    labels = circlet.LongTensor(16)
    for i = 1, 16 do labels[i] = i % 4 + 1 end
  end)

  it("has a weight per class, drawn from the seed, and its gradient", function()
    assert.same({ 4, 6 }, criterion.weight:size():totable())
    assert.same({ 4, 6 }, criterion.gradWeight:size():totable())
    local weights, gradients = criterion:parameters()
    assert.equal(1, #weights)
    assert.equal(criterion.weight, weights[1])
    assert.equal(1, #gradients)
    assert.equal(criterion.gradWeight, gradients[1])
    circlet.manualSeed(3)
    assert.same(flat(criterion.weight), flat(nn.CircleClassCriterion(6, 4, 0.25, 32).weight))
    assert.not_same(flat(criterion.weight), flat(nn.CircleClassCriterion(6, 4, 0.25, 32).weight))
    for c = 1, 4 do -- classes point somewhere
      local square = 0
      for d = 1, 6 do square = square + criterion.weight[c][d] ^ 2 end
      assert.is_true(square > 0)
    end
  end)

  it("adds to gradWeight at each backward until zeroGradParameters", function()
    local _, grads = circlet.circle_class_loss({ x, criterion.weight }, labels,
      { m = 0.25, gamma = 32 })
    criterion:zeroGradParameters()
    local held = criterion.gradWeight
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    assert.same(flat(grads[2]), flat(criterion.gradWeight))
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    local twice = {}
    for i, g in ipairs(flat(grads[2])) do twice[i] = 2 * g end
    support.near(twice, flat(criterion.gradWeight), 2 ^ -22) -- one rounding of a float32 sum
    criterion:forward(x, labels) -- forward alone adds nothing
    support.near(twice, flat(criterion.gradWeight), 2 ^ -22)
    criterion:zeroGradParameters()
    for _, g in ipairs(flat(criterion.gradWeight)) do assert.equal(0, g) end
    assert.equal(held, criterion.gradWeight)
  end)

  it("learns classes by steps along its gradients", function()
    local first = criterion:forward(x, labels)
    for _ = 1, 30 do
      criterion:zeroGradParameters()
      criterion:forward(x, labels)
      local grad = criterion:backward(x, labels)
      for pair, g in pairs { [x] = grad, [criterion.weight] = criterion.gradWeight } do
        local a, b = pair:storage(), g:storage()
        for i = 1, pair:nElement() do a[i] = a[i] - 0.05 * b[i] end
      end
    end
    assert.is_true(criterion:forward(x, labels) < first / 2)
  end)

  it("names a label that is no class", function()
    labels[7] = 5
    support.raises("classes 1..4, got 5 at element 7", criterion.forward, criterion, x, labels)
  end)
end)

describe("nn.CircleSimilarityCriterion", function()
  it("gives the published values for one anchor", function()
    local criterion = nn.CircleSimilarityCriterion(0.25, 1):double()
    local s = { circlet.DoubleTensor { 0.8 }, circlet.DoubleTensor { 0.8 } }
    assert.near(1.0086660582148960, criterion:forward(s), 1e-13)
    local grad = criterion:backward(s)
    assert.near(-0.28588268219526, grad[1][1], 1e-13)
    assert.near(0.66705959178895, grad[2][1], 1e-13)
  end)
end)
