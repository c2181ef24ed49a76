-- TPE and CMA-ES: what they are made of, and that they learn.
local study = require "circlet.study"
local distribution = require "circlet.study.distribution"
local draw = require "circlet.study.draw"
local space = require "circlet.study.space"
local Evolution = require "circlet.study.samplers.evolution"
local Parzen = require "circlet.study.samplers.parzen"
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("coordinates", function()
  it("go to [0, 1] and back, whole numbers and steps to the middle of their share", function()
    for _, d in ipairs {
      distribution.float("x", -3, 5), distribution.float("x", 1e-6, 10, { log = true }),
      distribution.float("x", 0, 1, { step = 0.25 }), distribution.int("n", -2, 7),
      distribution.int("n", 1, 64, { log = true }), distribution.int("n", 0, 9, { step = 3 }),
    } do
      for i = 0, 20 do
        local value = space.from_unit(d, i / 20)
        local u = space.to_unit(d, value)
        assert.is_true(u >= 0 and u <= 1)
        local again = space.from_unit(d, u)
        -- Logarithm and exponential: a few units in the last place of numbers below 10.
        assert.is_true(math.abs(again - value) <= 1e-14 * math.max(1, math.abs(value)))
        if d.name == "IntDistribution" then assert.equal(value, again) end
      end
    end
    assert.equal(0.5, space.to_unit(distribution.int("n", 1, 3), 2))
    assert.equal(1 / 3, space.grain(distribution.int("n", 1, 3)))
    assert.equal(0.2, space.grain(distribution.float("x", 0, 1, { step = 0.25 })))
    assert.equal(0, space.grain(distribution.float("x", 0, 1)))
  end)

  it("are shared by what all trials have alike", function()
    local a, b = distribution.float("a", 0, 1), distribution.int("b", 1, 2)
    local c = distribution.categorical("c", { 1, 2 })
    local list = { { distributions = { b = b, a = a, c = c } },
                   { distributions = { a = distribution.float("a", 0, 1), c = c } },
                   { distributions = { a = a, b = b, c = c } } }
    assert.same({ { "a", a }, { "c", c } }, space.common(list))
    assert.same({ { "a", a } }, space.common(list, function(d) return not d.choices end))
    list[2].distributions.a = distribution.float("a", 0, 2)
    assert.same({ { "c", c } }, space.common(list))
    assert.same({}, space.common {})
  end)
end)

describe("a Parzen estimate", function()
  local x, c = distribution.float("x", 0, 1), distribution.categorical("c", { "a", "b", "c" })

  it("is a density: it adds up to one", function()
    for _, points in ipairs { {}, { { 0.02 } }, { { 0.02 }, { 0.5 }, { 1 }, { 0.97 } } } do
      local estimate = Parzen.new({ { "x", x } }, points)
      local sum = 0
      for i = 1, 20000 do
        sum = sum + math.exp(estimate:log_density { (i - 0.5) / 20000 }) / 20000
      end
      assert.is_true(math.abs(sum - 1) < 1e-5, sum) -- the normal integral is good to 1.5e-7 / 0.38
    end
    local estimate = Parzen.new({ { "x", x }, { "c", c } }, { { 0.3, 1 }, { 0.8, 2 } })
    local sum = 0
    for choice = 0, 2 do
      for i = 1, 5000 do
        sum = sum + math.exp(estimate:log_density { (i - 0.5) / 5000, choice }) / 5000
      end
    end
    assert.is_true(math.abs(sum - 1) < 1e-5, sum)
  end)

  -- 4000 draws: shares are off by up to 0.008 (one deviation).
  it("is drawn from as it is written", function()
    local estimate = Parzen.new({ { "x", x }, { "c", c } }, { { 0.1, 1 }, { 0.1, 1 }, { 0.9, 2 } })
    local uniform, counts, low = draw.stream(3, 0, "x"), { [0] = 0, 0, 0 }, 0
    for _ = 1, 4000 do
      local point = estimate:sample(uniform)
      counts[point[2]] = counts[point[2]] + 1
      if point[1] < 0.4 then low = low + 1 end
    end
    local expected_low, expected = 0, { [0] = 0, 0, 0 }
    for choice = 0, 2 do
      for i = 1, 1000 do
        local p = math.exp(estimate:log_density { (i - 0.5) / 1000, choice }) / 1000
        expected[choice] = expected[choice] + p
        if i <= 400 then expected_low = expected_low + p end
      end
    end
    assert.is_true(math.abs(low / 4000 - expected_low) < 0.032)
    for choice = 0, 2 do
      assert.is_true(math.abs(counts[choice] / 4000 - expected[choice]) < 0.032)
    end
  end)
end)

describe("an evolution", function()
  it("finds eigenvalues and vectors", function()
    local a = { { 4, 1, -2 }, { 1, 3, 0.5 }, { -2, 0.5, 5 } }
    local values, v = require "circlet.eigen"(a)
    for i = 1, 3 do
      for j = 1, 3 do
        local product, dot = 0, 0
        for k = 1, 3 do
          product = product + v[i][k] * values[k] * v[j][k]
          dot = dot + v[k][i] * v[k][j]
        end
        assert.is_true(math.abs(product - a[i][j]) < 1e-13)
        assert.is_true(math.abs(dot - (i == j and 1 or 0)) < 1e-13)
      end
    end
  end)

  local function minimise(f, n, generations, seed)
    local mean = {}
    for i = 1, n do mean[i] = 3 end
    local evolution, uniform = Evolution.new(mean, 1), draw.stream(seed, 0, "spec")
    for _ = 1, generations do
      local list = {}
      for i = 1, evolution.population do list[i] = evolution:sample(uniform) end
      table.sort(list, function(p, q) return f(p) < f(q) end)
      evolution:tell(list)
    end
    return f(evolution.mean), evolution
  end

  it("comes to the least value of long, turned valleys", function()
    local function ellipsoid(x) -- condition 1e4, axes at 45 degrees
      local a, b = (x[1] + x[2]) / math.sqrt(2), (x[1] - x[2]) / math.sqrt(2)
      return a * a + 1e4 * b * b + x[3] ^ 2
    end
    local function rosenbrock(x) return 100 * (x[2] - x[1] ^ 2) ^ 2 + (1 - x[1]) ^ 2 end
    for seed = 1, 3 do
      assert.is_true(minimise(ellipsoid, 3, 150, seed) < 1e-9)
      assert.is_true(minimise(rosenbrock, 2, 150, seed) < 1e-9)
      assert.is_true(minimise(function(x) return (x[1] - 1) ^ 2 end, 1, 60, seed) < 1e-9)
    end
  end)
end)

describe("a sampler that learns", function()
  local folder

  before_each(function() folder = support.folder() end)
  after_each(function() support.remove(folder) end)

  local function open(kind, options)
    options = options or {}
    options.sync = false
    options.path, options.sampler = folder .. "/a.journal", study.samplers[kind](options.sampler)
    return assert(study.open(options))
  end

  local function bowl(t)
    local x, y = t:suggest_float("x", -5, 5), t:suggest_float("y", 1e-3, 1e3, { log = true })
    local n = t:suggest_int("n", 0, 10)
    return (x - 2) ^ 2 + math.log(y) ^ 2 + (n - 7) ^ 2
  end

  -- A random trial is below 1/2 when n is 7 (1 in 11) and x and log y lie in a circle of area pi/2
  -- of 10 times 13.8: one of sixty is with 6%, and the mean of two best ones with less than 2%.
  for _, kind in ipairs { "tpe", "cmaes" } do
    it("comes closer than random search: " .. kind, function()
      local learnt, random = 0, 0
      for seed = 1, 2 do
        local s = open(kind, { name = "a" .. seed, sampler = { seed = seed } })
        assert(s:optimize(bowl, { trials = 60 }))
        learnt = learnt + s:best().value / 2
        s = open("random", { name = "r" .. seed, sampler = { seed = seed } })
        assert(s:optimize(bowl, { trials = 60 }))
        random = random + s:best().value / 2
      end
      assert.is_true(learnt < 0.5 and learnt < random / 4, ("%s against %s"):format(learnt, random))
    end)

    it("maximises as well, and repeats itself: " .. kind, function()
      local s = open(kind, { direction = "maximize", sampler = { seed = 1 } })
      assert(s:optimize(function(t) return -bowl(t) end, { trials = 25 }))
      local other = open(kind, { name = "other", sampler = { seed = 1 } })
      assert(other:optimize(bowl, { trials = 25 }))
      for i, t in ipairs(s:trials()) do
        assert.same(t.params, other:trials()[i].params)
      end
    end)

    it("goes on in another process where the first stopped: " .. kind, function()
      local s = open(kind, { name = "a", sampler = { seed = 1 } })
      assert(s:optimize(bowl, { trials = 25 }))
      for trials = 5, 25, 5 do
        assert(open(kind, { name = "b", sampler = { seed = 1 } }):optimize(bowl,
          { trials = trials }))
      end
      local parts = open(kind, { name = "b" }):trials()
      for i, t in ipairs(s:trials()) do assert.same(t.params, parts[i].params) end
    end)

    it("copes with choices, conditions, failures and running trials: " .. kind, function()
      local s = open(kind)
      local held = assert(s:ask())
      held:suggest_categorical("kind", { "a", "b" })
      assert(s:optimize(function(t)
        if t:suggest_categorical("kind", { "a", "b" }) == "a" then
          t:suggest_float("only_a", 0, 1, { step = 0.5 })
        end
        local x = t:suggest_float("x", 0, 1)
        t:suggest_float("one", 2, 2)
        if t.number % 9 == 3 then error "broken" end
        t:report(x, 1)
        if t.number % 9 == 5 then t:prune() end
        return t.number % 9 == 7 and math.huge or x
      end, { trials = 40 }))
      assert.equal(1, #s:trials "running")
      for _, t in ipairs(s:trials "fail") do
        assert.truthy(t.user_attrs.error:find "broken", t.user_attrs.error)
      end
    end)
  end

  it("begins a generation with the trial after the last one of a generation (CMA-ES)", function()
    local s = open("cmaes", { sampler = { seed = 1, population = 4 } })
    assert(s:optimize(bowl, { trials = 14 }))
    local generations = {}
    for i, t in ipairs(s:record().trials) do
      generations[i] = t.system_attrs["circlet:cma"] or -1
    end
    assert.same({ -1, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3 }, generations)
  end)

  it("draws trials 2k and 2k + 1 on opposite sides of the mean (CMA-ES)", function()
    local s = open("cmaes", { sampler = { seed = 1, population = 8, sigma = 0.05 } })
    assert(s:optimize(function(t)
      return t:suggest_float("x", 0, 1) + t:suggest_float("y", 0, 1)
    end, { trials = 8 }))
    local trials = s:trials()
    for i = 3, 7, 2 do -- numbers 2 and 3, 4 and 5, 6 and 7; the mean is the middle
      for _, name in ipairs { "x", "y" } do
        local sum = trials[i].params[name] + trials[i + 1].params[name]
        assert.is_true(math.abs(sum - 1) < 1e-12, sum)
      end
    end
  end)

  -- Mean distance of twelve proposals made without knowing how the others end.
  local function spread(seed, running)
    local s = open("tpe", { name = seed .. tostring(running), sampler = { seed = seed } })
    assert(s:optimize(function(t) return (t:suggest_float("x", 0, 1) - 0.5) ^ 2 end,
      { trials = 30 }))
    local list, sum = {}, 0
    for i = 1, 12 do
      local t = assert(s:ask())
      list[i] = t:suggest_float("x", 0, 1)
      if not running then assert(s:tell(t, nil, "fail")) end
    end
    for i = 1, 12 do
      for j = 1, 12 do sum = sum + math.abs(list[i] - list[j]) / 132 end
    end
    return sum
  end

  it("keeps workers that ask at the same time apart (TPE)", function()
    local apart, alone = 1, 1
    for seed = 1, 5 do
      apart = math.min(apart, spread(seed, true))
      alone = math.min(alone, spread(seed, false))
    end
    -- Proposals that know nothing of each other fall on one spot with some seeds.
    assert.is_true(apart > 0.1 and alone < 0.02, ("%s and %s"):format(apart, alone))
  end)

  it("looks at several objectives (TPE) or refuses them (CMA-ES)", function()
    local s = open("tpe", { name = "two", directions = { "minimize", "maximize" },
                            sampler = { seed = 2 } })
    assert(s:optimize(function(t)
      local x, y = t:suggest_float("x", 0, 1), t:suggest_float("y", 0, 1)
      return x + y, x - y -- the front is y = 0
    end, { trials = 60 }))
    local sum = 0
    for i = 41, 60 do sum = sum + s:trials()[i].params.y / 20 end
    -- 0.5 at random, with a deviation of 0.29 / sqrt(20) = 0.065.
    assert.is_true(sum < 0.3, tostring(sum))
    s = open("cmaes", { name = "none", directions = { "minimize", "maximize" } })
    raises("one objective expected", s.optimize, s, bowl, { trials = 2 })
  end)

  it("steers away from infeasible trials (TPE)", function()
    local s = open "tpe"
    assert(s:optimize(function(t)
      local x = t:suggest_float("x", 0, 1)
      t:set_constraint("c", 0.8 - x)
      return t:suggest_float("y", 0, 1)
    end, { trials = 50 }))
    local good = 0
    for i = 31, 50 do good = good + (s:trials()[i].feasible and 1 or 0) end
    assert.is_true(good >= 10, tostring(good)) -- 4 at random
  end)
end)
