local circlet = require "circlet"
local support = require "spec.support"
local nn = circlet.nn

-- Losses and gradients over the same pairs, summed in the ring's order instead of that of time.
local tolerance = 1e-12

local function batch(rows, kind)
  return circlet[(kind or "Double") .. "Tensor"](rows, 5):normal(),
    circlet.LongTensor(rows):random(1, 3)
end

-- The last `size` rows of a list of {x, labels}, oldest first; nil without any.
local function concatenated(batches, size)
  if #batches == 0 then return nil end
  local rows, labels = {}, {}
  for i, b in ipairs(batches) do rows[i], labels[i] = b[1], b[2] end
  local x, l = circlet.cat(rows, 1), circlet.cat(labels, 1)
  local kept = math.min(size, x:size(1))
  return x:narrow(1, x:size(1) - kept + 1, kept), l:narrow(1, x:size(1) - kept + 1, kept)
end

describe("nn.CrossBatchMemory", function()
  before_each(function() circlet.manualSeed(4) end)

  it("gives the loss and gradient against the concatenated history", function()
    for _, size in ipairs { 1, 3, 8, 13, 24, 100 } do
      local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), size)
      local seen = {}
      for step, rows in ipairs { 4, 6, 8, 3, 8, 1, 17, 8 } do
        local x, labels = batch(rows)
        local history, history_labels = concatenated(seen, size)
        local loss, gradient = 0, x:clone():zero()
        if history then
          local gradients
          loss, gradients = circlet.circle_loss({ x, history }, { labels, history_labels },
            { m = 0.25, gamma = 32 })
          gradient = gradients[1]
        end
        local what = ("size %d, step %d"):format(size, step)
        support.near({ loss }, { criterion:forward(x, labels) }, tolerance, what)
        support.near(support.flat(gradient), support.flat(criterion:backward(x, labels)),
          tolerance, what)
        seen[#seen + 1] = { x:clone(), labels:clone() }
        x:fill(9) -- the memory must hold rows of its own
        labels:fill(9)
        local held = concatenated(seen, size)
        assert.equal(held:size(1), criterion.count)
        assert.equal(held:size(1), criterion:history():size(1))
      end
    end
  end)

  it("adds the loss within the batch where it is asked for", function()
    local options = { m = 0.25, gamma = 32 }
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 50,
      { batch_weight = 0.5, memory_weight = 2 })
    local x, labels = batch(9)
    local within, own = circlet.circle_loss(x, labels, options)
    support.near({ 0.5 * within }, { criterion:forward(x, labels) }, tolerance)
    support.near(support.flat(own:mul(0.5)), support.flat(criterion:backward(x, labels)), tolerance)
    local y, y_labels = batch(7)
    local across, gradients, info = circlet.circle_loss({ y, x }, { y_labels, labels }, options)
    within, own = circlet.circle_loss(y, y_labels, options)
    support.near({ 2 * across + 0.5 * within }, { criterion:forward(y, y_labels) }, tolerance)
    support.near({ across, within }, { criterion.memory_output, criterion.batch_output }, tolerance)
    assert.equal(info.n_valid, criterion.info.n_valid)
    support.near(support.flat(gradients[1]:mul(2):add(0.5, own)),
      support.flat(criterion:backward(y, y_labels)), tolerance)
  end)

  it("remembers what was trained on, once, and forgets on demand", function()
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(), 10)
    local x, labels = batch(4)
    assert.is_nil(criterion:history())
    criterion:forward(x, labels)
    criterion:forward(x, labels)
    assert.equal(0, criterion.count)
    criterion:backward(x, labels)
    assert.equal(4, criterion.count)
    support.raises("backward needs a forward pass first", criterion.backward, criterion, x, labels)
    assert.equal(4, criterion.count)
    assert.equal(criterion, criterion:clear())
    assert.equal(0, criterion:forward(x, labels))
    assert.is_nil(criterion:history())
  end)

  it("keeps its memory when it is cloned, saved and converted", function()
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 6)
    local x, labels = batch(5, "Float")
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    local y, y_labels = batch(4, "Float")
    local copies = { criterion:clone(), circlet.deserialize(circlet.serialize(criterion)) }
    local loss = criterion:forward(y, y_labels)
    criterion:backward(y, y_labels)
    for _, copy in ipairs(copies) do
      assert.equal(5, copy.count)
      assert.equal(loss, copy:forward(y, y_labels))
      copy:backward(y, y_labels)
      assert.same(criterion:history():totable(), copy:history():totable())
    end
    criterion:double()
    assert.equal("circlet.DoubleTensor", (criterion:history():type()))
    criterion:forward(y:double(), y_labels)
    assert.equal("circlet.DoubleTensor", criterion:backward(y:double(), y_labels):type())
  end)

  it("takes batches in any layout and labels of any type", function()
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 8)
    local x, labels = batch(5)
    local y, y_labels = batch(4)
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    local expected, gradient = criterion:clone()(y, y_labels)
    for _, layout in ipairs(support.layouts(y)) do
      for _, kind in ipairs { "int", "float", "byte" } do
        local copy = criterion:clone()
        assert.equal(expected, copy:forward(layout, y_labels[kind](y_labels)))
        assert.same(gradient:totable(), copy:backward(layout, y_labels[kind](y_labels)):totable())
        local held = copy.labels -- three more rows to the end, the fourth at the start
        assert.same(y_labels:totable(), { held[6], held[7], held[8], held[1] })
      end
    end
  end)

  it("trains in chunks with accumulate", function()
    local model = nn.Linear(5, 3):double()
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 20)
    local expected = criterion:clone()
    for _ = 1, 3 do
      local x, labels = batch(6)
      local loss = expected:forward(model:forward(x), labels)
      expected:backward(model.output, labels)
      support.near({ loss }, { (circlet.accumulate(model, criterion, x, labels, 2)) }, tolerance)
    end
    assert.equal(18, criterion.count)
  end)

  it("refuses what it cannot hold, and holds nothing of it", function()
    local circle = nn.CircleCriterion()
    support.raises("a criterion without parameters expected, got nn.CircleClassCriterion",
      nn.CrossBatchMemory, nn.CircleClassCriterion(5, 3), 9)
    support.raises("a criterion without parameters expected, got nn.Linear", nn.CrossBatchMemory,
      nn.Linear(2, 2), 9)
    for _, size in ipairs { 0, 2.5, -3 } do
      support.raises("the size must be an integer from 1", nn.CrossBatchMemory, circle, size)
    end
    support.raises("there is no option weight", nn.CrossBatchMemory, circle, 9, { weight = 1 })
    support.raises("batch_weight must be a number from 0, got -1", nn.CrossBatchMemory, circle, 9,
      { batch_weight = -1 })
    local criterion = nn.CrossBatchMemory(circle, 9)
    local x, labels = batch(4)
    x[2][3] = 0 / 0
    support.raises("row 2", criterion.forward, criterion, x, labels)
    support.raises("must be tensors", criterion.forward, criterion, { x }, { labels })
    support.raises("target must hold integers", criterion.forward, criterion, x:zero(),
      circlet.FloatTensor { 1, 1.5, 2, 2 })
    support.raises("forward pass first", criterion.backward, criterion, x, labels)
    assert.equal(0, criterion.count)
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    assert(not pcall(criterion.forward, criterion, x:float(), labels))
    assert(not pcall(criterion.forward, criterion, circlet.DoubleTensor(4, 6), labels))
    assert.equal(4, criterion.count)
  end)
end)
