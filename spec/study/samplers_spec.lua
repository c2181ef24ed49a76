local study = require "circlet.study"
local draw = require "circlet.study.draw"
local distribution = require "circlet.study.distribution"
local samplers = study.samplers
local support = require "spec.study.support"
local raises = require("spec.support").raises

local function trial(number, asked)
  return { number = number, index = number, asked = function() return asked or 0 end }
end

describe("a number in [0, 1)", function()
  it("is one function of seed, number and name, and differs in each", function()
    assert.equal(draw.unit(1, 2, "x"), draw.unit(1, 2, "x"))
    local seen = {}
    for seed = 0, 3 do
      for number = 0, 24 do
        for _, name in ipairs { "x", "y", "xy", "" } do
          local u = draw.unit(seed, number, name)
          assert.is_true(u >= 0 and u < 1)
          assert.is_nil(seen[u])
          seen[u] = true
        end
      end
    end
  end)

  -- 4000 draws: a mean is off by 1/sqrt(12 * 4000) = 0.0046; bars at 4.5 deviations.
  it("is uniform, and stays so under another name for the same trial", function()
    local sum, products = 0, 0
    for number = 1, 4000 do
      local a, b = draw.unit(7, number, "a"), draw.unit(7, number, "b")
      sum, products = sum + a, products + (a - 0.5) * (b - 0.5)
    end
    assert.is_true(math.abs(sum / 4000 - 0.5) < 0.0205)
    assert.is_true(math.abs(products / 4000) < 4.5 / 12 / math.sqrt(4000))
  end)

  it("gives every choice and step the same share, and never leaves the range", function()
    local almost = 1 - 2 ^ -53
    for _, d in ipairs {
      distribution.categorical("c", { "a", "b", "c" }), distribution.int("n", -1, 1),
      distribution.int("n", 0, 5, { step = 2 }), distribution.float("x", 0, 0.5, { step = 0.25 }),
    } do
      local counts = {}
      for i = 0, 299 do
        local value = draw.from_unit(d, (i + 0.5) / 300)
        counts[value] = (counts[value] or 0) + 1
      end
      local kinds = 0
      for _, count in pairs(counts) do
        kinds = kinds + 1
        assert.equal(100, count)
      end
      assert.equal(3, kinds)
      assert.truthy(distribution.external(d, draw.from_unit(d, almost)))
    end
    local wide = distribution.float("x", -1e308, 1e308)
    for _, u in ipairs { 0, 0.5, almost } do
      local value = draw.from_unit(wide, u)
      assert.is_true(value >= -1e308 and value <= 1e308)
    end
    local log = distribution.float("x", 1e-4, 1, { log = true })
    -- exp(log(x)) is off by up to |log x| + 1 units in the last place, 2^-53 each.
    assert.is_true(math.abs(draw.from_unit(log, 0) - 1e-4) <= 1e-4 * 11 * 2 ^ -53)
    assert.is_true(math.abs(draw.from_unit(log, 0.5) - 1e-2) < 1e-15)
    local int = distribution.int("n", 1, 4, { log = true })
    local last = 1
    for i = 0, 100 do -- every number, in order
      local value = draw.from_unit(int, i / 100.0001)
      assert.is_true(value == last or value == last + 1)
      last = value
    end
    assert.equal(4, last)
  end)
end)

describe("Sobol points", function()
  -- scipy 1.17.1, stats.qmc.Sobol(64, scramble=False, bits=32): its point i is ours with the index
  -- i ~ i >> 1, times 2^11 and 2^32.
  it("are those of another implementation, in all 64 dimensions", function()
    local plain = samplers.sobol { scramble = false }
    local expected = { 1029, 1281, 55, 11, 991, 1607, 261, 2037, 661, 1549, 1345, 1457, 209, 1131,
      1821, 1089, 1065, 155, 989, 1351, 913, 665, 493, 1849, 2021, 1691, 1339, 1301, 395, 127, 783,
      1765, 189, 331, 373, 1147, 1095, 1333, 9, 141, 1697, 1463, 255, 1961, 1869, 863, 453, 1121,
      1337, 535, 1269, 1675, 2045, 1887, 247, 557, 255, 1037, 1397, 37, 1999, 517, 1373, 2029 }
    for k = 1, 64 do assert.equal(expected[k], plain:point(1537 ~ 1537 >> 1, k) * 2048) end
    expected = { 463044608, 401047552, 49971200, 987922432, 276070400, 354779136, 846299136,
      3432022016 }
    for i, value in ipairs(expected) do
      assert.equal(value, plain:point(69999 ~ 69999 >> 1, 9 * i - 8) * 2 ^ 32)
    end
  end)

  it("fill every interval once, scrambled or not, and boxes of two dimensions", function()
    for _, options in ipairs { { scramble = false }, { seed = 1 }, { seed = 2 } } do
      local sobol = samplers.sobol(options)
      for _, k in ipairs { 1, 2, 3, 17, 64 } do
        local seen = {}
        for index = 0, 127 do
          local cell = math.floor(sobol:point(index, k) * 128)
          assert.is_nil(seen[cell])
          seen[cell] = true
        end
      end
      for a = 0, 6 do -- 2^a columns, 2^(6-a) rows, 64 points
        local seen = {}
        for index = 0, 63 do
          local cell = math.floor(sobol:point(index, 1) * 2 ^ a) * 64
            + math.floor(sobol:point(index, 2) * 2 ^ (6 - a))
          assert.is_nil(seen[cell])
          seen[cell] = true
        end
      end
    end
    local one, two = samplers.sobol { seed = 1 }, samplers.sobol { seed = 2 }
    assert.is_true(one:point(0, 1) ~= two:point(0, 1))
  end)

  it("go on at random beyond 64 parameters", function()
    local sobol, d = samplers.sobol { seed = 5 }, distribution.float("x", 0, 1)
    assert.equal(draw.unit(5, 3, "x"), sobol:suggest(nil, trial(3, 64), "x", d))
    assert.equal(sobol:point(3, 64), sobol:suggest(nil, trial(3, 63), "x", d))
  end)
end)

describe("samplers in a study", function()
  local folder, path

  before_each(function()
    folder = support.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() support.remove(folder) end)

  local function space(t)
    local x = t:suggest_float("x", -1, 1)
    local kind = t:suggest_categorical("kind", { "a", "b" })
    if kind == "b" then t:suggest_int("n", 1, 9) end
    return x * x
  end

  local function params(s)
    local list = {}
    for i, one in ipairs(s:trials()) do list[i] = one.params end
    return list
  end

  it("propose the same whether one process works or three in turns", function()
    for _, kind in ipairs { "random", "sobol" } do
      local one = assert(study.open { path = path, name = kind,
                                      sampler = samplers[kind] { seed = 3 } })
      assert.equal(12, one:optimize(space, { trials = 12 }))
      local other = folder .. "/b.journal"
      local workers = {}
      for i = 1, 3 do
        workers[i] = assert(study.open { path = other, name = kind,
                                         sampler = samplers[kind] { seed = 3 } })
      end
      for turn = 1, 4 do
        local running = {}
        for i = 1, 3 do running[i] = assert(workers[i]:ask()) end
        for i = 3, 1, -1 do -- they end in another order, and ask in another
          if turn % 2 == 0 then running[i]:suggest_float("x", -1, 1) end
        end
        for i = 3, 1, -1 do assert(workers[i]:tell(running[i], space(running[i]))) end
      end
      assert(one:refresh() and workers[1]:refresh())
      assert.same(params(one), params(workers[1]))
      assert.equal(12, #params(one))
    end
  end)

  it("visit every cell of a grid once, the last parameter fastest, and then end", function()
    local grid = samplers.grid { { "a", { 1, 2, 3 } }, { "b", { "x", "y" } } }
    local s = assert(study.open { path = path, sampler = grid })
    local other = assert(study.open { path = path, sampler = grid })
    local function objective(t)
      return t:suggest_int("a", 1, 3) + (t:suggest_categorical("b", { "x", "y" }) == "x" and 0 or 9)
    end
    assert(s:optimize(objective, { trials = 2 }))
    local held = assert(other:ask())
    assert.equal(3, s:optimize(objective))
    assert(other:tell(held, objective(held)))
    assert.is_false(s:ask())
    assert.same({ { a = 1, b = "x" }, { a = 1, b = "y" }, { a = 2, b = "x" }, { a = 2, b = "y" },
                  { a = 3, b = "x" }, { a = 3, b = "y" } }, params(s))
    assert.equal(0, s:optimize(objective))
  end)

  it("keep the cell of a failed trial for its next try", function()
    local s = assert(study.open { path = path, sampler = samplers.grid { { "a", { 1, 2 } } } })
    local failures = 0
    assert(s:optimize(function(t)
      local a = t:suggest_int("a", 1, 2)
      if a == 1 and failures == 0 then
        failures = 1
        error "once"
      end
      return a
    end, { retries = 1 }))
    local list = {}
    for i, one in ipairs(s:trials()) do list[i] = one.state .. one.params.a end
    assert.same({ "fail1", "complete1", "complete2" }, list)
  end)

  it("say what does not fit the grid", function()
    local s = assert(study.open { path = path, sampler = samplers.grid { { "a", { 1, 7 } } } })
    assert(s:optimize(function(t) return t:suggest_int("a", 1, 3) end))
    assert.truthy(s:trials()[2].user_attrs.error:find("value 7 is not one of a", 1, true))
    assert(s:enqueue {})
    local t = assert(s:ask())
    raises("no place in the grid", t.suggest_int, t, "a", 1, 3)
    raises("a list of { name, values }", samplers.grid, {})
    raises("entry 2", samplers.grid, { { "a", { 1 } }, { "a", { 2 } } })
    raises("entry 1", samplers.grid, { { "a", {} } })
  end)
end)
