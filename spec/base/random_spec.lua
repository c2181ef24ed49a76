local circlet = require "circlet"
local support = require "spec.support"

local flat, raises = support.flat, support.raises

-- Moments of a list.
local function moments(list)
  local n, mean, square, cube, fourth = #list, 0, 0, 0, 0
  for i = 1, n do mean = mean + list[i] / n end
  for i = 1, n do
    local d = list[i] - mean
    square, cube, fourth = square + d ^ 2 / n, cube + d ^ 3 / n, fourth + d ^ 4 / n
  end
  return mean, square, cube, fourth
end

-- The bounds below are 5 standard errors of the statistic for n draws: one seed in a million fails,
-- and the seed is fixed.
local n = 100000
local function draws(method, ...)
  local x = circlet.DoubleTensor(n)
  return x[method](x, circlet.Generator(7), ...):totable()
end

describe("Philox4x32-10", function()
  -- The rows of kat_vectors in the authors' Random123 distribution: counter, key, result.
  it("gives the published answers", function()
    local function answer(...)
      local list = { circlet.philox(...) }
      for i = 1, 4 do list[i] = ("%08x"):format(list[i]) end
      return table.concat(list, " ")
    end
    local ones = 0xffffffff
    assert.equal("6627e8d5 e169c58d bc57ac4c 9b00dbd8", answer(0, 0, 0, 0, 0, 0))
    assert.equal("408f276d 41c83b0e a20bc7c6 6d5451fd", answer(ones, ones, ones, ones, ones, ones))
    assert.equal("d16cfe09 94fdcceb 5001e420 24126ea1",
      answer(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))
  end)

  it("is what uniform draws are made of", function()
    local x = circlet.DoubleTensor(5000):uniform(circlet.Generator(0x123456789))
    for _, i in ipairs { 1, 2, 3, 127, 128, 129, 2049, 5000 } do
      local w = { circlet.philox((i - 1) // 2, 0, 0, 0, 0x23456789, 1) }
      local high, low = table.unpack(w, i % 2 == 1 and 1 or 3)
      assert.equal((high << 21 | low >> 11) * 2.0 ^ -53, x[i])
    end
  end)
end)

describe("random draws", function()
  it("are uniform in [0, 1)", function()
    local x = draws "uniform"
    local mean, variance = moments(x)
    assert(math.abs(mean - 1 / 2) < 5 * math.sqrt(1 / 12 / n))
    assert(math.abs(variance - 1 / 12) < 5 * math.sqrt(1 / 180 / n)) -- Var of (u-1/2)^2 is 1/180
    local bins, low, high = {}, 1, 0
    for i = 1, n do
      local bin = math.floor(x[i] * 100)
      bins[bin] = (bins[bin] or 0) + 1
      low, high = math.min(low, x[i]), math.max(high, x[i])
    end
    assert(low >= 0 and low < 20 / n and high < 1 and high > 1 - 20 / n)
    local chi = 0 -- chi square of 99 degrees: mean 99, deviation sqrt(198)
    for bin = 0, 99 do chi = chi + (bins[bin] - n / 100) ^ 2 / (n / 100) end
    assert(math.abs(chi - 99) < 5 * math.sqrt(198), chi)
  end)

  it("never round up to the open end", function()
    local x = circlet.FloatTensor(n):uniform(circlet.Generator(3), 1 - 2 ^ -23, 1)
    local y = circlet.FloatTensor(n):uniform(circlet.Generator(3), 0, 1e-45)
    for i = 1, n do
      assert(x[i] >= 1 - 2 ^ -23 and x[i] < 1)
      assert(y[i] == 0)
    end
  end)

  it("are normal, neighbours and tails included", function()
    local x = draws "normal"
    local mean, variance, skew, kurtosis = moments(x)
    assert(math.abs(mean) < 5 * math.sqrt(1 / n))
    assert(math.abs(variance - 1) < 5 * math.sqrt(2 / n))
    assert(math.abs(skew) < 5 * math.sqrt(15 / n))
    assert(math.abs(kurtosis - 3) < 5 * math.sqrt(96 / n))
    -- the two numbers of one block, and of neighbouring blocks, are uncorrelated
    for lag = 1, 2 do
      local sum = 0
      for i = 1, n - lag do sum = sum + x[i] * x[i + lag] / n end
      assert(math.abs(sum) < 5 * math.sqrt(1 / n))
    end
    -- P(|x| > t) from tables of the normal distribution
    for t, p in pairs { [0.5] = 0.6170751, [1] = 0.3173105, [2] = 0.0455003, [3] = 0.0026998 } do
      local count = 0
      for i = 1, n do if math.abs(x[i]) > t then count = count + 1 end end
      assert(math.abs(count - n * p) < 5 * math.sqrt(n * p * (1 - p)), t)
    end
    local scaled = circlet.DoubleTensor(4):normal(circlet.Generator(7), 10, 3)
    for i = 1, 4 do assert.equal(10 + x[i] * 3, scaled[i]) end
  end)

  it("follow Box and Muller's formula", function()
    local g, h = circlet.Generator(11), circlet.Generator(11)
    local u, z = circlet.DoubleTensor(1000):uniform(g), circlet.DoubleTensor(1000):normal(h)
    for i = 1, 999, 2 do
      local radius, angle = math.sqrt(-2 * math.log(1 - u[i])), 2 * math.pi * u[i + 1]
      local pair = { radius * math.cos(angle), radius * math.sin(angle) }
      support.near(pair, { z[i], z[i + 1] }, 1e-14)
    end
  end)

  it("have the mean and variance of their distribution", function()
    local function check(list, mean, variance, kurtosis)
      local m, v = moments(list)
      assert(math.abs(m - mean) < 5 * math.sqrt(variance / n), "mean " .. m)
      -- the variance of a sample variance is about (kurtosis - 1) variance^2 / n
      assert(math.abs(v - variance) < 5 * variance * math.sqrt((kurtosis - 1) / n), "spread " .. v)
    end
    check(draws("exponential", 2), 1 / 2, 1 / 4, 9)
    check(draws("bernoulli", 0.3), 0.3, 0.21, 1 / 0.21 - 3)
    check(draws("geometric", 0.6), 2.5, 0.6 / 0.16, 9 + 0.16 / 0.6)
    check(draws("random", 3, 7), 5, 2, 1.7) -- (n^2-1)/12 and 3 - 6(n^2+1)/(5(n^2-1)) with n = 5
    local logs = {}
    for i, x in ipairs(draws("logNormal", 0.5, 2)) do logs[i] = math.log(x) end
    check(logs, 0.5, 4, 3)
    -- a Cauchy variable has no moments, but quartiles: median -+ scale
    local below = { 0, 0, 0 }
    for _, x in ipairs(draws("cauchy", 1, 2)) do
      for k, limit in ipairs { -1, 1, 3 } do if x < limit then below[k] = below[k] + 1 end end
    end
    for k = 1, 3 do
      assert(math.abs(below[k] - n * k / 4) < 5 * math.sqrt(n * k / 4 * (1 - k / 4)))
    end
  end)

  it("of integers reach both ends and nothing else", function()
    for _, type in ipairs(support.types) do
      local seen = {}
      for _, v in ipairs(flat(circlet[type .. "Tensor"](300):random(circlet.Generator(1), 2, 5))) do
        seen[v] = true
      end
      assert.same({ [2] = true, [3] = true, [4] = true, [5] = true }, seen)
    end
    for _, v in ipairs(flat(circlet.IntTensor(300):random(circlet.Generator(1), 3))) do
      assert(v >= 1 and v <= 3)
    end
    for _, v in ipairs(flat(circlet.LongTensor(50):random())) do assert(v >= 0) end
    assert.equal(math.mininteger, circlet.LongTensor(1):random(math.mininteger, math.mininteger)[1])
    circlet.LongTensor(9):random(math.mininteger, math.maxinteger)
  end)

  it("take one probability per element", function()
    local p = circlet.FloatTensor(1000):fill(1)
    p:narrow(1, 1, 500):zero()
    local x = circlet.ByteTensor(10, 100):bernoulli(p)
    for i, v in ipairs(flat(x)) do assert.equal(i > 500 and 1 or 0, v) end
    raises("as many probabilities as elements expected, got 1000 and 3", function()
      circlet.FloatTensor(3):bernoulli(p)
    end)
    p[7] = 1.5
    raises("a probability from 0 to 1 expected, got 1.5", x.bernoulli, x, p)
  end)
end)

describe("fills", function()
  local methods = {
    "uniform", "normal", "exponential", "cauchy", "logNormal", "bernoulli", "random",
  }

  it("give element i draw i in every layout", function()
    for _, method in ipairs(methods) do
      local line = circlet.FloatTensor(6)
      line = flat(line[method](line, circlet.Generator(5)))
      for _, laid in ipairs(support.layouts(circlet.FloatTensor(2, 3))) do
        assert.equal(laid, laid[method](laid, circlet.Generator(5)))
        assert.same(line, flat(laid))
      end
    end
  end)

  it("have the same bits for every number of threads and instruction set", function()
    local threads = circlet.getnumthreads()
    for _, method in ipairs(methods) do
      local x = circlet.FloatTensor(20001)
      circlet.setnumthreads(1)
      local one = x[method](x, circlet.Generator(5)):storage():string()
      circlet.setnumthreads(3)
      assert(one == x[method](x, circlet.Generator(5)):storage():string(), method)
    end
    circlet.setnumthreads(threads)
    -- fixed for good: the stream is part of what a seed means
    local x = circlet.DoubleTensor(2):normal(circlet.Generator(1))
    assert.equal("-0x1.cdf76d60308f7p+0 -0x1.140ede645dfcep+0", ("%a %a"):format(x[1], x[2]))
  end)

  it("go on where the last one stopped", function()
    local g = circlet.Generator(9)
    local a, b = circlet.DoubleTensor(4):uniform(g), circlet.DoubleTensor(4):uniform(g)
    local both = circlet.DoubleTensor(8):uniform(circlet.Generator(9))
    assert.same(flat(both), { a[1], a[2], a[3], a[4], b[1], b[2], b[3], b[4] })
  end)

  it("leave empty tensors alone", function()
    local g = circlet.Generator(9)
    for _, method in ipairs(methods) do
      local x = circlet.FloatTensor()
      assert.equal(x, x[method](x, g))
    end
    assert.same({ 9, 0 }, g:getRNGState():totable())
  end)
end)

describe("generators", function()
  it("are independent of the module's generator", function()
    circlet.manualSeed(3)
    local expected = { circlet.uniform(), circlet.uniform() }
    circlet.manualSeed(3)
    local g = circlet.Generator(3)
    assert.equal(expected[1], circlet.uniform(g))
    assert.equal(expected[1], circlet.uniform())
    assert.equal(expected[2], circlet.uniform(g))
    assert.equal(expected[2], circlet.uniform())
  end)

  it("save and restore their state", function()
    circlet.manualSeed(-12)
    circlet.randn(7)
    local state = circlet.getRNGState()
    assert.equal("circlet.LongTensor", state:type())
    assert.same({ -12, 4 }, state:totable())
    local first = flat(circlet.randn(5))
    circlet.setRNGState(state)
    assert.same(first, flat(circlet.randn(5)))
    local g = circlet.Generator(8)
    circlet.randn(g, 3)
    local clone = g:clone()
    assert.same(flat(circlet.rand(g, 4)), flat(circlet.rand(clone, 4)))
    g:setRNGState(state)
    assert.equal(-12, g:initialSeed())
    assert.same(first, flat(circlet.randn(circlet.FloatTensor(), g, 5)))
    assert.equal(g, g:manualSeed(8))
    assert.same({ 8, 0 }, circlet.getRNGState(g):totable())
    raises("a state is a LongTensor of two elements", circlet.setRNGState, circlet.LongTensor(3))
    raises("circlet.LongTensor expected", circlet.setRNGState, circlet.FloatTensor(2))
  end)

  it("can be seeded by chance", function()
    local g = circlet.Generator()
    local seed = g:seed()
    assert.equal(seed, g:initialSeed())
    assert(seed >= 0 and seed < 2 ^ 53 and seed ~= g:seed())
    circlet.manualSeed(1)
  end)

  it("serve single draws", function()
    local g = circlet.Generator(4)
    assert(circlet.uniform(g, 5, 6) >= 5 and circlet.uniform(g, -5) < 1)
    assert.equal("integer", math.type(circlet.random(g)))
    assert.equal("integer", math.type(circlet.bernoulli(g, 0.5)))
    assert.equal("integer", math.type(circlet.geometric(g, 0.5)))
    for _ = 1, 100 do
      local die = circlet.random(g, 6)
      assert(die >= 1 and die <= 6)
      assert.equal(-3, circlet.random(g, -3, -3))
      assert(circlet.exponential(g, 3) >= 0 and circlet.logNormal(g) > 0)
    end
    assert.equal(1, circlet.bernoulli(1))
    assert.equal(2, circlet.normal(g, 2, 0))
    assert.equal("float", math.type(circlet.cauchy(g)))
  end)
end)

describe("rand, randn and randperm", function()
  it("take sizes, a result, a generator", function()
    local sizes = circlet.LongStorage { 2, 3 }
    local expected = flat(circlet.randn(circlet.Generator(2), 2, 3))
    assert.same({ 2, 3 }, circlet.randn(2, 3):size():totable())
    assert.equal("circlet.FloatTensor", circlet.rand(4):type())
    assert.same(expected, flat(circlet.randn(circlet.Generator(2), sizes)))
    local result = circlet.FloatTensor(9)
    assert.equal(result, circlet.randn(result, circlet.Generator(2), 2, 3))
    assert.same(expected, flat(result))
    assert.equal(result, circlet.rand(result, sizes))
    raises("sizes expected", circlet.rand)
    raises("rand: not defined for LongTensor", circlet.rand, circlet.LongTensor(), 3)
  end)

  it("permute the numbers from 1 to n", function()
    local seen = {}
    local order = circlet.randperm(circlet.Generator(1), 1000)
    assert.equal("circlet.LongTensor", order:type())
    local fixed = 0
    for i, v in ipairs(order:totable()) do
      assert(not seen[v] and v >= 1 and v <= 1000)
      seen[v] = true
      if v == i then fixed = fixed + 1 end
    end
    assert(fixed < 8) -- Poisson with mean 1: eight or more once in 100,000 seeds
    assert.same({ 1 }, circlet.randperm(1):totable())
    local result = circlet.IntTensor()
    assert.equal(result, circlet.randperm(result, 5))
    assert.equal(5, result:nElement())
    raises("randperm: 1..255 numbers fit a ByteTensor, got 256", circlet.randperm,
      circlet.ByteTensor(), 256)
    raises("got 0", circlet.randperm, 0)
  end)

  it("permute without preference", function()
    local g, count = circlet.Generator(5), {}
    for _ = 1, 6000 do
      local key = table.concat(circlet.randperm(g, 3):totable())
      count[key] = (count[key] or 0) + 1
    end
    local kinds = 0
    for _, c in pairs(count) do -- binomial: 1000 each, deviation sqrt(6000 * 5/36) = 29
      kinds = kinds + 1
      assert(math.abs(c - 1000) < 5 * 29)
    end
    assert.equal(6, kinds)
  end)
end)

describe("random methods and functions", function()
  it("say what was wrong", function()
    local x, long = circlet.FloatTensor(3), circlet.LongTensor(3)
    raises("uniform: a <= b expected, got 2 and 1", x.uniform, x, 2, 1)
    raises("uniform: a <= b expected", x.uniform, x, 0 / 0, 1)
    raises("normal: a standard deviation >= 0 expected, got -1", x.normal, x, 0, -1)
    raises("normal: not defined for LongTensor", long.normal, long)
    raises("exponential: a rate > 0 expected, got 0", x.exponential, x, 0)
    raises("cauchy: a scale > 0 expected, got 0", circlet.cauchy, 0, 0)
    raises("logNormal: a standard deviation > 0 expected", x.logNormal, x, 0, -2)
    raises("bernoulli: a probability from 0 to 1 expected, got 1.5", x.bernoulli, x, 1.5)
    raises("geometric: 0 < p < 1 expected, got 1", x.geometric, x, 1)
    raises("number expected, got no value", x.geometric, x)
    raises("random: first <= last expected, got 3 and 2", x.random, x, 3, 2)
    raises("random: 1..256 is out of the range of a ByteTensor", function()
      circlet.ByteTensor(3):random(256)
    end)
    raises("no integer representation", circlet.random, 1.5)
    raises("uniform: at most 2 arguments expected, got 3", circlet.uniform, 1, 2, 3)
    raises("number expected, got string", circlet.manualSeed, "one")
    raises("no integer representation", circlet.manualSeed, 1.5)
  end)
end)
