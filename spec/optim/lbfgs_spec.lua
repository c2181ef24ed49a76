-- optim.lbfgs, its line search, rmsprop and adagrad
local circlet = require "circlet"
local optim = circlet.optim
local support = require "spec.support"

before_each(function() circlet.manualSeed(1) end)

local function tensor(t) return circlet.DoubleTensor(t) end

-- Rosenbrock's valley, minimum 0 at (1, 1); `calls` counts. One tensor serves for all gradients, as
-- in nets.
local function rosenbrock()
  local counter, g = { calls = 0 }, circlet.DoubleTensor(2)
  return function(x)
    counter.calls = counter.calls + 1
    local a, b = x[1], x[2]
    g[1] = -400 * a * (b - a * a) - 2 * (1 - a)
    g[2] = 200 * (b - a * a)
    return 100 * (b - a * a) ^ 2 + (1 - a) ^ 2, g
  end, counter
end

-- (x - c)' A (x - c) / 2 with A positive definite
local function quadratic(n)
  local root, c = circlet.DoubleTensor(n, n):normal(), circlet.DoubleTensor(n):normal()
  local a = (root * root:t()):add(circlet.eye(circlet.DoubleTensor(), n))
  return function(x)
    local d = x - c
    local g = a * d
    return d:dot(g) / 2, g
  end, c
end

describe("optim.lbfgs", function()
  it("finds the minimum of a quadratic, with and without a line search", function()
    for _, search in ipairs { false, optim.lswolfe } do
      local f, c = quadratic(6)
      local x = circlet.DoubleTensor(6):zero()
      local same, history, evaluations = optim.lbfgs(f, x, { maxIter = 100, maxEval = 400,
        tolFun = 1e-10, tolX = 1e-14, lineSearch = search or nil })
      assert.equal(x, same)
      assert.near(0, (x - c):norm(), 2e-7) -- it ends when f, about |x - c|^2 / 2, stands still
      assert(history[#history] < 1e-13 and evaluations >= #history)
    end
  end)

  it("walks down Rosenbrock's valley", function()
    local f, counter = rosenbrock()
    local x, config = tensor { -1.2, 1 }, { maxIter = 100, maxEval = 200, tolFun = 1e-9,
      tolX = 1e-12, lineSearch = optim.lswolfe }
    local _, history, evaluations = optim.lbfgs(f, x, config)
    support.near({ 1, 1 }, support.flat(x), 1e-7)
    assert.near(24.2, history[1], 1e-13)
    for i = 2, #history do assert(history[i] < history[i - 1]) end
    assert.equal(counter.calls, evaluations)
    assert.equal(counter.calls, config.funcEval)
    assert(counter.calls < 70, counter.calls) -- steepest descent needs thousands
  end)

  it("goes on from its state where the last call ended", function()
    local function run(calls, each)
      local f = quadratic(5)
      local x, config = circlet.DoubleTensor(5):zero(), { maxIter = each, maxEval = 1000,
        lineSearch = optim.lswolfe, tolFun = 0, tolX = 0 }
      for _ = 1, calls do
        optim.lbfgs(f, x, config)
        config.lineSearch = nil -- a function cannot be saved
        config = circlet.deserialize(circlet.serialize(config))
        config.lineSearch = optim.lswolfe
      end
      return support.flat(x)
    end
    circlet.manualSeed(3)
    local whole = run(1, 6)
    circlet.manualSeed(3)
    support.near(whole, run(6, 1), 1e-9)
  end)

  it("stops where told and remembers what it was told to", function()
    local f, counter = rosenbrock()
    optim.lbfgs(f, tensor { -1.2, 1 }, { maxIter = 5, lineSearch = optim.lswolfe, maxEval = 3 })
    assert(counter.calls >= 3 and counter.calls < 30)
    local config = { maxIter = 30, nCorrection = 2, lineSearch = optim.lswolfe }
    optim.lbfgs(f, tensor { -1.2, 1 }, config)
    assert.equal(2, #config.old_dirs)
    local x = tensor { 1, 1 } -- there already
    local _, history, evaluations = optim.lbfgs(f, x, {})
    assert.same({ { 1, 1 }, { 0 }, 1 }, { support.flat(x), history, evaluations })
    -- one step without a line search: the last is not evaluated
    counter.calls = 0
    optim.lbfgs(f, tensor { 0, 0 }, { maxIter = 1, learningRate = 0.5 })
    assert.equal(1, counter.calls)
  end)

  it("refuses what is no function, gradient or setting", function()
    local f, x = rosenbrock(), tensor { 0, 0 }
    support.raises("lbfgs: lineSearch must be a function, got string", optim.lbfgs, f, x,
      { lineSearch = "wolfe" })
    support.raises("lbfgs: nCorrection must be at least 1", optim.lbfgs, f, x, { nCorrection = 0 })
    support.raises("lbfgs: df/dx must be 2 of circlet.DoubleTensor, got 3 of circlet.DoubleTensor",
      optim.lbfgs, function() return 1, circlet.DoubleTensor(3) end, x, {})
    support.raises("lbfgs: opfunc must be a function", optim.lbfgs, nil, x, {})
  end)
end)

describe("optim.lswolfe", function()
  it("ends at a step with both Wolfe conditions", function()
    for _, first in ipairs { 1e-3, 0.1, 1, 50 } do
      local f = rosenbrock()
      local x = tensor { -1.2, 1 }
      local value, g = f(x)
      g = g:clone()
      local d = -g
      local slope = g:dot(d)
      local new, df, same, t, evaluations = optim.lswolfe(f, x, first, d, value, g, slope,
        { maxIter = 60 })
      assert.equal(x, same)
      support.near(support.flat(tensor { -1.2, 1 }:add(t, d)), support.flat(x), 0)
      assert(new <= value + 1e-4 * t * slope, first)
      assert(math.abs(df:dot(d)) <= -0.9 * slope, first)
      assert(evaluations <= 60)
    end
  end)

  it("refuses a direction that does not go down", function()
    local f, x = rosenbrock(), tensor { 0, 0 }
    support.raises("lswolfe: the slope along d must be below 0, got 0", optim.lswolfe, f, x, 1, x,
      0, x, 0)
  end)
end)

describe("optim.rmsprop and optim.adagrad", function()
  local gradients = { { 1, -2 }, { 0.5, 4 }, { -3, 0.25 } }

  local function run(name, config)
    local x = tensor { 1, 2 }
    for _, g in ipairs(gradients) do
      local given = tensor(g)
      local same, fx = optim[name](function() return 7, given end, x, config)
      assert.equal(x, same)
      assert.same({ 7 }, fx)
      assert.same(g, support.flat(given)) -- the gradient is not ours
    end
    return support.flat(x)
  end

  it("compute what their formulas say", function()
    for _, decay in ipairs { 0, 0.1 } do
      local r, a, m, s = { 1, 2 }, { 1, 2 }, { 0.5, 0.5 }, { 0, 0 }
      for step, g in ipairs(gradients) do
        for i = 1, 2 do
          local d = g[i] + decay * r[i]
          m[i] = 0.9 * m[i] + 0.1 * d * d
          r[i] = r[i] - 0.05 * d / (math.sqrt(m[i]) + 1e-6)
          d = g[i] + decay * a[i]
          s[i] = s[i] + d * d
          a[i] = a[i] - 0.2 / (1 + (step - 1) * 0.5) * d / (math.sqrt(s[i]) + 1e-10)
        end
      end
      support.near(r, run("rmsprop", { learningRate = 0.05, alpha = 0.9, epsilon = 1e-6,
        initialMean = 0.5, weightDecay = decay }), 1e-14)
      support.near(a, run("adagrad", { learningRate = 0.2, learningRateDecay = 0.5,
        weightDecay = decay }), 1e-14)
    end
  end)

  it("keep their state in config, or in a table of its own", function()
    local config, state = { learningRate = 0.1 }, {}
    local function f(x) return 0, x:clone():fill(1) end
    optim.adagrad(f, tensor { 1 }, config, state)
    optim.rmsprop(f, tensor { 1 }, config, state)
    assert.same({ learningRate = 0.1 }, config)
    assert.equal(1, state.paramVariance[1])
    assert.near(0.01, state.m[1], 1e-15)
    assert.equal(1, state.evalCounter)
  end)

  it("refuse what they cannot use", function()
    local x = tensor { 1 }
    for _, name in ipairs { "rmsprop", "adagrad" } do
      support.raises(name .. ": df/dx must be 1 of circlet.DoubleTensor", optim[name],
        function() return 1, circlet.FloatTensor(1) end, x, {})
      support.raises(name .. ": learningRate must be a number, got string", optim[name],
        function() return 1, x end, x, { learningRate = "high" })
    end
    support.raises("rmsprop: alpha must be at least 0 and below 1, got 1", optim.rmsprop,
      function() return 1, x end, x, { alpha = 1 })
  end)
end)
