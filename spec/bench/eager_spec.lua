local circlet = require "circlet"
local eager = require "circlet.bench.eager"
local support = require "spec.support"

-- Logits reach 1e2 at gamma 80; a relative spacing of 1.2e-7 in a similarity moves them by up to
-- 2*80*1.2e-7 = 2e-5, and so the softmax weights; sums over the rows stay below ten times that.
local tolerance = 2e-4

describe("the eager scheme", function()
  it("is the pair-wise loss that the engine computes", function()
    circlet.manualSeed(3)
    local x = circlet.randn(24, 10)
    local labels = circlet.LongTensor(24)
    for i = 1, 24 do labels[i] = (i - 1) // 4 + 1 end
    for _, gamma in ipairs { 2, 80 } do -- at 80 a pair of a row with itself would not be noticed
      local expected, expected_gradient = circlet.circle_loss(x, labels, { gamma = gamma })
      local loss, gradient = eager.pair(x, labels, 0.25, gamma)
      assert.near(expected, loss, 1e-6 * expected)
      assert.is_true(support.relative_error(gradient, expected_gradient) < tolerance)
    end
  end)

  it("is the class-level loss that the engine computes", function()
    circlet.manualSeed(4)
    local x, w = circlet.randn(12, 10), circlet.randn(7, 10)
    local labels = circlet.LongTensor(12)
    for i = 1, 12 do labels[i] = (i * 5) % 7 + 1 end
    local expected, expected_gradients = circlet.circle_class_loss({ x, w }, labels,
      { m = 0.25, gamma = 80 })
    local loss, gradient, w_gradient = eager.class(x, labels, w, 0.25, 80)
    assert.near(expected, loss, 1e-6 * expected)
    assert.is_true(support.relative_error(gradient, expected_gradients[1]) < tolerance)
    assert.is_true(support.relative_error(w_gradient, expected_gradients[2]) < tolerance)
  end)
end)
