local circlet = require "circlet"
local support = require "spec.support"

local flat, raises = support.flat, support.raises

describe("operators", function()
  it("make new tensors from tensors and numbers", function()
    for _, type in ipairs(support.types) do
      local x = circlet[type .. "Tensor"] { { 2, 4 }, { 6, 8 } }
      for _, laid in ipairs(support.layouts(x)) do
        assert.same({ 4, 8, 12, 16 }, flat(laid + x))
        assert.same({ 0, 0, 0, 0 }, flat(laid - x))
        assert.same({ 5, 7, 9, 11 }, flat(laid + 3))
        assert.same({ 5, 7, 9, 11 }, flat(3 + laid))
        assert.same({ 1, 3, 5, 7 }, flat(laid - 1))
        assert.same({ 7, 5, 3, 1 }, flat(9 - laid))
        assert.same({ 6, 12, 18, 24 }, flat(laid * 3))
        assert.same({ 6, 12, 18, 24 }, flat(3 * laid))
        assert.same({ 1, 2, 3, 4 }, flat(laid / 2))
        assert.same({ 12, 6, 4, 3 }, flat(24 / laid))
        assert.same({ 2, 1, 0, 2 }, flat(laid % 3))
        assert.same({ 4, 16, 36, 64 }, flat(laid ^ 2))
        assert.same({ 4, 16, 64, (type == "Byte" or type == "Char") and 0 or 256 }, flat(2 ^ laid))
        assert.same({ 2, 4, 6, 8 }, flat(laid))
      end
    end
    assert.same({ -1, 2 }, flat(-circlet.LongTensor { 1, -2 }))
    assert.equal("circlet.DoubleTensor", (1 / circlet.DoubleTensor { 2 }):type())
  end)

  it("multiply vectors and matrices as in linear algebra", function()
    for _, type in ipairs(support.real_types) do
      local m = circlet[type .. "Tensor"] { { 1, 2, 3 }, { 4, 5, 6 } }
      local v = circlet[type .. "Tensor"] { 1, 0, -1 }
      assert.equal(2, v * v)
      assert.same({ -2, -2 }, flat(m * v))
      assert.same({ 14, 32, 32, 77 }, flat(m * m:t()))
      raises("*: vectors or matrices expected, got 3 and 2x3", function() return v * m end)
      raises("1x2x3", function() return m:view(1, 2, 3) * v end)
    end
  end)

  it("refuse what has no meaning", function()
    local x = circlet.FloatTensor { 1, 2 }
    raises("/: a number expected beside a tensor, got two tensors", function() return x / x end)
    raises("+: a tensor and a number expected, got tensor and nil", function() return x + nil end)
    raises("-: a tensor and a number expected, got table and tensor", function() return {} - x end)
    raises("+: tensors of one size expected, got 2 and 3", function()
      return x + circlet.FloatTensor(3)
    end)
    raises("/: LongTensor divided by zero", function() return 1 / circlet.LongTensor { 0 } end)
    raises("*: a LongTensor needs an integer, got 0.5", function()
      return circlet.LongTensor { 1 } * 0.5
    end)
  end)
end)
