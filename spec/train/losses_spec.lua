local circlet = require "circlet"
local losses = require "circlet.train.losses"
local support = require "spec.support"

local task = { train = { classes = 3 } }

describe("the losses of the programs", function()
  it("each make a criterion that gives a loss and gradients", function()
    circlet.manualSeed(1)
    local x, labels = circlet.randn(12, 4), circlet.range(circlet.LongTensor(), 0, 11):remainder(3)
      :add(1)
    for _, name in ipairs(losses.names()) do
      local criterion = losses.make({ loss = name, dim = 4 }, task)
      assert(criterion:forward(x, labels) > 0, name)
      local gradient = criterion:backward(x, labels)
      assert(gradient:isSameSizeAs(x) and gradient:norm() > 0, name)
    end
  end)

  it("take their own settings, those of the program, and those given for them", function()
    assert.equal("m 0.25, gamma 64", losses.describe { loss = "pair" })
    assert.equal("m 0.1, gamma 64", losses.describe { loss = "pair", m = 0.1, dim = 9 })
    local settings = { loss = "class", m = 0.1, gamma = 8, loss_options = { gamma = 9 }, dim = 4 }
    assert.equal("m 0.1, gamma 9", losses.describe(settings))
    local criterion = losses.make(settings, task)
    assert.equal(9, criterion.gamma)
    assert.equal(0.1, criterion.m)
    assert.same({ 3, 4 }, criterion.weight:size():totable())
    assert.equal(3, losses.make({ loss = "multi_similarity", m = 1, loss_options = { alpha = 3 } },
      task).options.alpha)
  end)

  it("that there are not, and settings that they do not have, are refused", function()
    support.raises("there is no loss names", losses.make, { loss = "names" }, task)
    support.raises("there is no loss nil", losses.make, {}, task)
    support.raises("Circle Loss, pair-wise has no setting alpha", losses.make,
      { loss = "pair", loss_options = { alpha = 1 } }, task)
  end)
end)
