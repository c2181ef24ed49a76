local circlet = require "circlet"
local support = require "spec.support"

local flat, raises = support.flat, support.raises
local function sizes(t) return t:size():totable() end

describe("creators", function()
  it("make constants of any size", function()
    assert.same({ 0, 0, 0, 0, 0, 0 }, flat(circlet.zeros(2, 3)))
    assert.same({ 2, 3 }, sizes(circlet.ones(circlet.LongStorage { 2, 3 })))
    assert.same({ 1, 1 }, flat(circlet.ones(2)))
    local result = circlet.LongTensor(7)
    assert.equal(result, circlet.ones(result, 1, 2))
    assert.same({ 1, 1 }, flat(result))
    for _, type in ipairs(support.types) do
      local x = circlet[type .. "Tensor"](2, 2):fill(7)
      assert.equal(x:type(), circlet.zerosLike(x):type())
      assert.same({ 0, 0, 0, 0 }, flat(circlet.zerosLike(x)))
      assert.same({ 1, 1, 1, 1 }, flat(circlet.onesLike(circlet.FloatTensor(), x)))
      assert.same({ 7, 7, 7, 7 }, flat(x))
    end
    raises("sizes expected", circlet.zeros)
    raises("number expected, got string", circlet.ones, "a")
  end)

  it("use the default type", function()
    circlet.setdefaulttensortype("circlet.DoubleTensor")
    local type = circlet.zeros(1):type()
    circlet.setdefaulttensortype("circlet.FloatTensor")
    assert.equal("circlet.DoubleTensor", type)
    assert.equal("circlet.FloatTensor", circlet.zeros(1):type())
  end)

  it("make identities", function()
    assert.same({ 1, 0, 0, 1 }, flat(circlet.eye(2)))
    assert.same({ 1, 0, 0, 0, 1, 0 }, flat(circlet.eye(2, 3)))
    assert.same({ 1, 0, 0, 1, 0, 0 }, flat(circlet.eye(circlet.ByteTensor(), 3, 2)))
    local transposed = circlet.FloatTensor(3, 2):fill(5):t()
    assert.same({ 1, 0, 0, 0, 1, 0 }, flat(circlet.eye(transposed, 2, 3)))
    raises("eye: positive sizes expected, got 0 and 0", circlet.eye, 0)
  end)

  it("make ranges with both ends", function()
    assert.same({ 2, 3, 4, 5 }, flat(circlet.range(2, 5)))
    assert.same({ 5, 3, 1 }, flat(circlet.range(5, 1, -2)))
    assert.same({ 0, 0.25, 0.5 }, flat(circlet.range(0, 0.7, 0.25)))
    assert.same({ 4 }, flat(circlet.range(4, 4)))
    local big = math.maxinteger - 2
    assert.same({ big, big + 1, big + 2 }, flat(circlet.range(circlet.LongTensor(), big, big + 2)))
    assert.same({ 1, 3, 5 }, flat(circlet.range(circlet.IntTensor(), 1, 6, 2)))
    raises("range: no steps of 1 lead from 2 to 1", circlet.range, 2, 1)
    raises("range: no steps of 0 lead", circlet.range, 1, 2, 0)
    raises("range: no steps of 1 lead", circlet.range, 0 / 0, 2)
    raises("range: a LongTensor needs integers", circlet.range, circlet.LongTensor(), 0, 1, 0.5)
    raises("exceed", circlet.range, 0, 1e300)
  end)

  it("make equal steps", function()
    assert.same({ 0, 0.25, 0.5, 0.75, 1 }, flat(circlet.linspace(0, 1, 5)))
    assert.equal(100, circlet.linspace(0, 1):nElement())
    assert.same({ 3 }, flat(circlet.linspace(3, 9, 1)))
    local x = circlet.linspace(circlet.DoubleTensor(), 0.1, 0.3, 7)
    assert.equal(0.3, x[7])
    -- 10^x through libm: 1 ulp of double, then rounded to Float
    support.near({ 0.1, 1, 10, 100 }, flat(circlet.logspace(-1, 2, 4)), support.epsilon.Float)
    raises("linspace: at least one element expected, got 0", circlet.linspace, 0, 1, 0)
    raises("logspace: not defined for IntTensor", circlet.logspace, circlet.IntTensor(), 0, 1, 2)
  end)

  it("leave little behind them that nobody holds, though the collector sees no bytes", function()
    -- 16 MiB or sixteen times Lua's heap, and the tensor that brings it beyond; in a process of its
    -- own, where the heap is small
    local pipe = assert(io.popen([[lua5.4 -e '
      local circlet = require "circlet"
      for _, elements in ipairs { 1 << 18, 1 << 21 } do
        collectgarbage()
        collectgarbage()
        circlet.memory(true)
        local before = circlet.memory()
        for _ = 1, (64 << 20) // (4 * elements) do circlet.FloatTensor(elements) end
        print(4 * elements, select(2, circlet.memory()) - before, collectgarbage "count")
      end' 2>&1]]))
    local sizes_met = 0
    for line in pipe:lines() do
      local bytes, left, heap = line:match("^(%d+)\t(%d+)\t([%d.]+)$")
      assert(bytes, line)
      bytes, left, heap = tonumber(bytes), tonumber(left), tonumber(heap)
      assert.is_true(left <= math.max(16 << 20, 16 * 1024 * heap) + bytes,
        left .. " bytes were left")
      assert.is_true(left > bytes, "nothing was left to be collected")
      sizes_met = sizes_met + 1
    end
    pipe:close()
    assert.equal(2, sizes_met)
  end)
end)

describe("apply, map and map2", function()
  it("visit elements row by row in every layout", function()
    for _, type in ipairs(support.types) do
      local x = circlet[type .. "Tensor"] { { 1, 2, 3 }, { 4, 5, 6 } }
      for k, laid in ipairs(support.layouts(x)) do
        local seen = {}
        assert.equal(laid, laid:apply(function(v)
          seen[#seen + 1] = v
          return v * 2
        end))
        assert.same({ 1, 2, 3, 4, 5, 6 }, seen)
        assert.same({ 2, 4, 6, 8, 10, 12 }, flat(laid))
        local layouts = support.layouts(x)
        local other = layouts[k % #layouts + 1]
        laid:map(other, function(a, b) return a + b end)
        assert.same({ 3, 6, 9, 12, 15, 18 }, flat(laid))
        laid:map2(other, x, function(a, b, c) return a + 2 * b + c end)
        assert.same({ 6, 12, 18, 24, 30, 36 }, flat(laid))
      end
    end
  end)

  it("keep an element when the function returns nothing", function()
    local x = circlet.FloatTensor { 1, 2, 3 }
    x:apply(function(v) if v == 2 then return 9 end end)
    assert.same({ 1, 9, 3 }, flat(x))
    assert.equal(0, circlet.FloatTensor():apply(error):nElement())
  end)

  it("survive errors and meddling functions", function()
    local x = circlet.FloatTensor { 1, 2, 3 }
    raises("stop here", x.apply, x, function(v)
      if v == 2 then error("stop here") end
      return 7
    end)
    assert.same({ 7, 2, 3 }, flat(x))
    raises("apply: the function must return a number or nil, got string", x.apply, x, tostring)
    raises("map: tensors of one size expected, got 3 and 1x3", x.map, x, x:view(1, 3), math.max)
    raises("function expected", x.apply, x, 3)
    -- resizing and replacing the tensor while it is walked moves memory, but nothing is lost
    local count, kept = 0, x:narrow(1, 1, 3)
    x:apply(function(v)
      count = count + 1
      x:resize(100000 * count)
      if count == 2 then x:set(circlet.FloatTensor { 5 }) end
      collectgarbage()
      return v + 1
    end)
    assert.equal(3, count)
    assert.same({ 8, 3, 4 }, flat(kept))
  end)
end)

describe("Timer", function()
  local function burn()
    local clock, sum = circlet.tic(), 0
    while circlet.toc(clock) < 0.02 do sum = sum + 1 end
    return sum
  end

  it("counts real, user and system seconds while it runs", function()
    local timer = circlet.Timer()
    burn()
    local time = timer:time()
    assert(time.real >= 0.02 and time.real < 10 and time.user >= 0 and time.sys >= 0)
    assert.equal(timer, timer:stop())
    local stopped = timer:time()
    burn()
    assert.same(stopped, timer:time())
    timer:stop()
    assert.same(stopped, timer:time())
    timer:resume()
    burn()
    assert(timer:time().real >= stopped.real + 0.02)
    assert(timer:reset():time().real < stopped.real + 0.02)
    timer:stop():reset()
    assert.same({ real = 0, user = 0, sys = 0 }, timer:time())
    raises("circlet.Timer expected", timer.time, 3)
  end)
end)
