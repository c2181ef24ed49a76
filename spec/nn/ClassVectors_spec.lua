-- The criterions that hold class vectors: Torch7's contract of a criterion, and of a module's
-- parameters, around the functions that spec/loss judges.
local circlet = require "circlet"
local nn = circlet.nn
local cases = require "spec.loss.circle_cases"
local support = require "spec.support"

local flat, raises = support.flat, support.raises
local Long = circlet.LongTensor

local function margin(preset, more)
  return function(x, w, bias, labels, opts)
    local all = { preset = preset }
    for _, from in ipairs { more or {}, opts or {} } do
      for key, value in pairs(from) do all[key] = value end
    end
    return circlet.margin_loss({ x, w, bias }, labels, all)
  end
end

local function proxies(x, w, _, labels, opts)
  return circlet.proxy_anchor_loss({ x, w }, labels, opts)
end

--- name: the criterion; options: its own; call: the function behind, with the options added.
local subjects = {
  { name = "MarginSoftmaxCriterion", options = { scale = 8, m2 = 0.3 },
    call = margin(nil, { scale = 8, m2 = 0.3 }) },
  { name = "NormFaceCriterion", call = margin "normface" },
  { name = "CosFaceCriterion", call = margin "cosface" },
  { name = "AMSoftmaxCriterion", call = margin "am_softmax" },
  { name = "ArcFaceCriterion", options = { centres = 2, label_smoothing = 0.1 },
    call = margin("arcface", { centres = 2, label_smoothing = 0.1 }) },
  { name = "SphereFaceCriterion", options = { margin = 3 },
    call = margin("sphereface", { margin = 3 }) },
  { name = "ClassSoftmaxCriterion", options = { bias = true }, call = margin "softmax" },
  { name = "ProxyAnchorCriterion", call = proxies, mean_only = true },
}

for _, subject in ipairs(subjects) do
  describe("nn." .. subject.name, function()
    local criterion, x, labels
    before_each(function()
      circlet.manualSeed(5)
      criterion = nn[subject.name](7, 5, subject.options)
      x, labels = cases.make("clustered", 30, 7, 3), Long(30)
      for i = 1, 30 do labels[i] = i % 5 + 1 end
      if criterion.bias then criterion.bias:normal() end
    end)

    local function expected(opts)
      return subject.call(x, criterion.weight, criterion.bias, labels, opts)
    end

    it("has class vectors in random directions, no bias, and parameters", function()
      local made = nn[subject.name](7, 5, subject.options)
      local rows = 5 * (criterion.options.centres or 1)
      assert.same({ rows, 7 }, made.weight:size():totable())
      for c = 1, rows do assert.is_true(made.weight[c]:norm() > 0) end
      local weights, gradients = made:parameters()
      assert.equal(made.weight, weights[1])
      assert.equal(made.gradWeight, gradients[1])
      assert.equal(made.bias, weights[2])
      assert.equal(made.gradBias, gradients[2])
      if made.bias then assert.same({ 0, 0, 0, 0, 0 }, flat(made.bias)) end
      assert.equal(0, made.output)
      assert.is_true(made.sizeAverage)
      local text = tostring(made)
      assert.truthy(text:find("nn." .. subject.name .. "(7 -> 5", 1, true), text)
    end)

    it("gives the function's loss and gradients, and adds those of parameters", function()
      local loss, grads = expected()
      criterion:zeroGradParameters()
      assert.equal(loss, criterion:forward(x, labels))
      assert.equal(loss, criterion.output)
      assert.is_number(criterion.info.n_valid)
      local grad = criterion:backward(x, labels)
      assert.equal(grad, criterion.gradInput)
      assert.same(flat(grads[1]), flat(grad))
      assert.same(flat(grads[2]), flat(criterion.gradWeight))
      if criterion.bias then assert.same(flat(grads[3]), flat(criterion.gradBias)) end
      -- once more by halves, scaled by a power of two
      assert.equal(grad, criterion:updateGradInput(x, labels))
      criterion:accGradParameters(x, labels, -0.5)
      local half = grads[2]:clone():mul(0.5)
      support.near(flat(half), flat(criterion.gradWeight), 2 ^ -22)
      if criterion.bias then
        support.near(flat(grads[3]:clone():mul(0.5)), flat(criterion.gradBias), 2 ^ -22)
      end
      criterion:zeroGradParameters()
      for _, g in ipairs(flat(criterion.gradWeight)) do assert.equal(0, g) end
      if criterion.bias then assert.equal(0, criterion.gradBias:norm()) end
    end)

    it("asks for forward before backward", function()
      raises("nn." .. subject.name .. ": backward needs a forward pass first", criterion.backward,
        criterion, x, labels)
    end)

    it("sums when sizeAverage is false, where that has a meaning", function()
      criterion.sizeAverage = false
      if subject.mean_only then
        return raises("there is no option reduction", criterion.forward, criterion, x, labels)
      end
      local loss, grads = expected { reduction = "sum" }
      assert.equal(loss, criterion:forward(x, labels))
      assert.same(flat(grads[1]), flat(criterion:backward(x, labels)))
      criterion.sizeAverage, criterion.options.reduction = true, "none"
      raises("reduction \"none\" is for circlet.margin_loss", criterion.forward, criterion, x,
        labels)
    end)

    it("converts, clones, saves and loads whole", function()
      local loss = criterion:forward(x, labels)
      local grad = flat(criterion:backward(x, labels))
      local path = os.tmpname()
      assert(circlet.save(path, criterion))
      local copies = { criterion:clone(), assert(circlet.load(path)) }
      os.remove(path)
      for _, copy in ipairs(copies) do
        assert.equal("nn." .. subject.name, circlet.type(copy))
        assert.is_true(copy.weight ~= criterion.weight)
        raises("needs a forward pass first", copy.backward, copy, x, labels)
        assert.equal(loss, copy:forward(x, labels))
        assert.same(grad, flat(copy:backward(x, labels)))
      end
      assert.equal(criterion, criterion:double())
      assert.near(loss, criterion:forward(x:double(), labels), 1e-5 * loss)
      assert.equal("circlet.DoubleTensor", criterion:backward(x:double(), labels):type())
      assert.equal("circlet.DoubleTensor", criterion.gradWeight:type())
      raises("input and weight must have one type, got Float and Double", function()
        -- proxies are the anchors, and named first
        local ok, message = pcall(criterion.forward, criterion, x, labels)
        error((message:gsub("weight and input must have one type, got Double and Float",
          "input and weight must have one type, got Float and Double")), ok and 0 or 0)
      end)
    end)

    it("learns by steps along its gradients", function()
      local first = criterion:forward(x, labels)
      for _ = 1, 60 do
        criterion:zeroGradParameters()
        criterion:forward(x, labels)
        x:add(-0.05, criterion:backward(x, labels))
        criterion:updateParameters(0.05)
      end
      local last = criterion:forward(x, labels)
      assert(last < 0.7 * first, ("from %g to %g"):format(first, last))
    end)

    it("names what is wrong with its target and options", function()
      labels[7] = 6
      raises("target must hold classes 1..5, got 6 at element 7", criterion.forward, criterion, x,
        labels)
      raises("target must have 30 elements, one per row of input, got 3", criterion.forward,
        criterion, x, labels:narrow(1, 1, 3))
      raises("there is no option gama", function()
        nn[subject.name](7, 5, { gama = 1 }):forward(x, labels)
      end)
    end)
  end)
end

describe("nn.CircleClassCriterion", function()
  it("keeps several vectors a class with option centres", function()
    circlet.manualSeed(2)
    local criterion = nn.CircleClassCriterion(7, 5, 0.3, 24, { centres = 3 })
    assert.same({ 15, 7 }, criterion.weight:size():totable())
    assert.equal("nn.CircleClassCriterion(7 -> 5, m=0.3, gamma=24)", tostring(criterion))
    local x, labels = cases.make("random", 10, 7, 3), Long(10):fill(5)
    local loss = circlet.circle_class_loss({ x, criterion.weight }, labels,
      { m = 0.3, gamma = 24, centres = 3 })
    assert.equal(loss, criterion:forward(x, labels))
  end)
end)
