local circlet = require "circlet"
local support = require "spec.support"
local nn, accumulate = circlet.nn, circlet.accumulate

local function mlp()
  return nn.Sequential(nn.Linear(7, 9), nn.Tanh(), nn.Linear(9, 4)):double()
end

local function batch(rows)
  return circlet.DoubleTensor(rows, 7):normal(), circlet.LongTensor(rows):random(1, 3)
end

-- Loss and gradients of one pass over everything.
local function whole(model, criterion, input, target)
  model:zeroGradParameters()
  local loss = criterion:forward(model:forward(input), target)
  model:backward(input, criterion:backward(model.output, target))
  local _, gradients = model:parameters()
  local copies = {}
  for i, g in ipairs(gradients) do copies[i] = g:clone() end
  return loss, copies
end

-- Sums of a few dozen products in another order: 64 * 2^-53 of the largest terms, and some more
-- for those that cancel.
local tolerance = 1e-13

local function check(model, criterion, input, target, size)
  local loss, expected = whole(model, criterion, input, target)
  local output = model.output:clone()
  model:zeroGradParameters()
  local got, embeddings = accumulate(model, criterion, input, target, size)
  support.near({ loss }, { got }, tolerance, "loss")
  assert(support.relative_error(embeddings, output) < tolerance)
  local _, gradients = model:parameters()
  for i, g in ipairs(gradients) do
    assert(expected[i]:norm() > 0)
    local e = support.relative_error(g, expected[i])
    assert(e < tolerance, ("gradient %d is off by %g in chunks of %d"):format(i, e, size))
  end
end

describe("accumulate", function()
  before_each(function() circlet.manualSeed(3) end)

  it("gives loss, embeddings and gradient of the whole batch in chunks of any size", function()
    local model, x, labels = mlp(), batch(23)
    for _, size in ipairs { 1, 2, 5, 22, 23, 100, 4.0 } do
      check(model, nn.CircleCriterion(0.25, 32), x, labels, size)
    end
  end)

  it("differs from the sum of the chunks' own losses, which is why it exists", function()
    local model, x, labels = mlp(), batch(20)
    local criterion = nn.CircleCriterion(0.25, 32, { reduction = "sum" })
    local _, expected = whole(model, criterion, x, labels)
    model:zeroGradParameters()
    for first = 1, 20, 5 do
      local part = x:narrow(1, first, 5)
      criterion:forward(model:forward(part), labels:narrow(1, first, 5))
      model:backward(part, criterion:backward(model.output))
    end
    local _, gradients = model:parameters()
    assert(support.relative_error(gradients[1], expected[1]) > 0.1)
  end)

  it("takes images, tables of inputs, views, and any criterion", function()
    local images = circlet.DoubleTensor(6, 2, 8, 8):normal()
    local conv = nn.Sequential(nn.SpatialConvolution(2, 3, 3, 3), nn.ReLU(),
      nn.SpatialMaxPooling(2, 2), nn.View(-1, 27), nn.Linear(27, 4)):double()
    local labels = circlet.LongTensor { 1, 2, 1, 2, 3, 3 }
    check(conv, nn.CircleCriterion(0.4, 16), images, labels, 4)
    check(conv, nn.CircleCriterion(0.4, 16), images:transpose(3, 4), labels, 4)
    local two = nn.Sequential(nn.ParallelTable():add(nn.Linear(7, 4)):add(nn.Linear(5, 4)),
      nn.CAddTable()):double()
    local x, y = circlet.DoubleTensor(6, 7):normal(), circlet.DoubleTensor(6, 5):normal()
    check(two, nn.MSECriterion():double(), { x, y }, circlet.DoubleTensor(6, 4):normal(), 4)
  end)

  it("adds to the gradients that are there, the criterion's own among them, once", function()
    local model, x, labels = mlp(), batch(10)
    local criterion = nn.CircleClassCriterion(4, 3, 0.25, 32):double()
    criterion:zeroGradParameters()
    local _, expected = whole(model, criterion, x, labels)
    local weights = criterion.gradWeight:clone()
    criterion:zeroGradParameters()
    accumulate(model, criterion, x, labels, 3)
    local _, gradients = model:parameters()
    assert(support.relative_error(gradients[1], expected[1]:mul(2)) < tolerance)
    assert(support.relative_error(criterion.gradWeight, weights) < tolerance)
  end)

  it("draws the same random numbers in both passes, and none more", function()
    local x, labels = batch(11)
    local model = nn.Sequential(nn.Linear(7, 9), nn.Dropout(0.4), nn.Linear(9, 6),
      nn.Dropout(0.3)):double()
    local criterion = nn.CircleCriterion(0.25, 32)
    -- The truth: one copy of the model for each chunk, so that nothing is passed twice.
    circlet.manualSeed(8)
    local copies, outputs = {}, {}
    for first = 1, 11, 4 do
      local copy = model:clone("weight", "bias")
      copy:zeroGradParameters()
      local part = x:narrow(1, first, math.min(4, 12 - first))
      outputs[#outputs + 1] = copy:forward(part)
      copies[#copies + 1] = { copy = copy, part = part, first = first }
    end
    local embeddings = circlet.cat(outputs, 1)
    local drawn = circlet.getRNGState():totable()
    local loss = criterion:forward(embeddings, labels)
    local gradient = criterion:backward(embeddings, labels)
    local expected = circlet.DoubleTensor(9, 7):zero()
    for _, c in ipairs(copies) do
      c.copy:backward(c.part, gradient:narrow(1, c.first, c.part:size(1)))
      expected:add(c.copy:get(1).gradWeight)
    end
    circlet.manualSeed(8)
    model:zeroGradParameters()
    local got, same = accumulate(model, criterion, x, labels, 4)
    assert.equal(loss, got)
    assert.is_true(same:equal(embeddings))
    assert(support.relative_error(model:get(1).gradWeight, expected) < tolerance)
    assert.same(drawn, circlet.getRNGState():totable())
  end)

  it("takes batch normalisation in evaluation, and in training where chunks are asked for",
    function()
      local x, labels = batch(12)
      local model = nn.Sequential(nn.Linear(7, 5), nn.BatchNormalization(5)):double()
      local criterion = nn.CircleCriterion(0.25, 32)
      support.raises("nn.BatchNormalization in training looks at whole batches", accumulate, model,
        criterion, x, labels, 4)
      check(model, criterion, x, labels, 12) -- one chunk is the batch
      local norm = model:get(2)
      norm.running_mean:zero()
      norm.running_var:fill(1)
      local other = model:clone()
      for first = 1, 12, 4 do other:forward(x:narrow(1, first, 4)) end
      accumulate(model, criterion, x, labels, 4, { batch_norm = "chunk" })
      assert.same(other:get(2).running_mean:totable(), norm.running_mean:totable())
      assert.same(other:get(2).running_var:totable(), norm.running_var:totable())
      model:evaluate()
      check(model, criterion, x, labels, 4)
    end)

  it("puts the generator where it belongs when the second pass fails", function()
    local x, labels = batch(6)
    local model = nn.Sequential(nn.Linear(7, 4), nn.Dropout(0.5)):double()
    circlet.manualSeed(9)
    accumulate(model, nn.CircleCriterion(), x, labels, 2)
    local expected = circlet.getRNGState():totable()
    function model.backward() error "no" end
    circlet.manualSeed(9)
    support.raises("no", accumulate, model, nn.CircleCriterion(), x, labels, 2)
    assert.same(expected, circlet.getRNGState():totable())
  end)

  it("refuses what it cannot cut", function()
    local model, criterion, x, labels = mlp(), nn.CircleCriterion(), batch(6)
    for _, size in ipairs { 0, -1, 1.5, 0 / 0 } do
      support.raises("rows per chunk must be an integer from 1", accumulate, model, criterion, x,
        labels, size)
    end
    support.raises("accumulate: input must be a tensor with rows", accumulate, model, criterion,
      circlet.DoubleTensor(), labels, 2)
    support.raises("as many rows each", accumulate, model, criterion, { x, x:narrow(1, 1, 5) },
      labels, 2)
    support.raises("one row of output for each row of input",
      accumulate, nn.Sequential(nn.View(7, -1)):double(), criterion, x, labels, 2)
    support.raises("there is no option chunk", accumulate, model, criterion, x, labels, 2,
      { chunk = 1 })
    support.raises('must be "chunk", got whole', accumulate, model, criterion, x, labels, 2,
      { batch_norm = "whole" })
    support.raises("target must have 6", function()
      accumulate(model, criterion, x, labels:narrow(1, 1, 5), 2)
    end)
  end)
end)
