local circlet = require "circlet"
local models = require "circlet.train.models"
local support = require "spec.support"

describe("the models of the programs", function()
  it("embed images of any number, one included", function()
    circlet.manualSeed(1)
    for _, name in ipairs(models.names) do
      local net = models[name]({ 1, 28, 28 }, 64)
      net:evaluate()
      for _, batch in ipairs { 1, 3 } do
        local out = net:forward(circlet.FloatTensor(batch, 1, 28, 28):fill(0.5))
        assert.same({ batch, 64 }, out:size():totable())
      end
    end
  end)

  it("have the parameters that their description has", function()
    local function count(net)
      return net:getParameters():nElement()
    end
    assert.equal(784 * 256 + 256 + 256 * 64 + 64, count(models.mlp({ 1, 28, 28 }, 64)))
    assert.equal((9 + 1) * 16 + 32 + (9 * 16 + 1) * 32 + 64 + (9 * 32 + 1) * 64 + 128
      + 64 * 64 + 64, count(models.conv({ 1, 28, 28 }, 64)))
  end)

  it("take other shapes, and say which they cannot take", function()
    local x = circlet.FloatTensor(2, 3, 10, 12):fill(1)
    assert.same({ 2, 5 }, models.conv({ 3, 10, 12 }, 5):forward(x):size():totable())
    assert.same({ 2, 5 }, models.mlp({ 7 }, 5):forward(circlet.FloatTensor(2, 7):fill(1))
      :size():totable())
    support.raises("at least 4 x 4 expected (channels, height, width), got 1 x 3 x 9",
      models.conv, { 1, 3, 9 }, 5)
    support.raises("got 784", models.conv, { 784 }, 5)
  end)
end)
