local circlet = require "circlet"

describe("the elementwise frame", function()
  local threads
  before_each(function() threads = circlet.getnumthreads() end)
  after_each(function() circlet.setnumthreads(threads) end)

  it("meets every element of overlapping windows, whatever the number of threads", function()
    circlet.setnumthreads(8)
    local x = circlet.LongTensor(400000)
    local windows = x:unfold(1, 200000, 1000) -- most elements lie in 200 windows
    local visits = windows:nElement()
    for _ = 1, 5 do
      x:zero()
      windows:add(1)
      assert.equal(visits, x:sum())
    end
  end)

  it("meets every element of an expanded view", function()
    circlet.setnumthreads(8)
    local x = circlet.LongTensor(1, 4):zero()
    x:expand(50000, 4):add(1)
    assert.same({ 50000, 50000, 50000, 50000 }, x:select(1, 1):totable())
  end)

  it("gives transposed and strided operands their own elements", function()
    local x = circlet.range(1, 6):view(2, 3)
    local y = circlet.FloatTensor(3, 2):zero()
    y:t():copy(x)
    assert.same({ { 1, 4 }, { 2, 5 }, { 3, 6 } }, y:totable())
  end)
end)
