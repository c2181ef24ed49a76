local circlet = require "circlet"
local support = require "spec.support"

local optim = circlet.optim

-- f(x) = sum a (x - c)^2 / 2 + 0.1 sin 3x, from the same start as in the PyTorch runs below.
local start = { 0.5, -1.25, 2, 0, -3 }
local a, c = { 1, 0.5, 2, 0.25, 0.75 }, { 0, 1, -1, 0.5, 2 }
local function bumpy(x)
  local f, g = 0, x:clone()
  for i = 1, 5 do
    f = f + a[i] * (x[i] - c[i]) ^ 2 / 2 + 0.1 * math.sin(3 * x[i])
    g[i] = a[i] * (x[i] - c[i]) + 0.3 * math.cos(3 * x[i])
  end
  return f, g
end

local function constant(...)
  local gradient = ...
  return function() return 1, gradient end
end

local methods = { "sgd", "adam", "adamw" }

describe("optim", function()
  -- x after steps 1, 10 and 20 of torch.optim 2.15.0 in float64: loss (a*(x-c)**2/2 +
  -- 0.1*torch.sin(3*x)).sum(), zero_grad, backward, step; where learningRateDecay d is set, the
  -- rate of step i (from 0) was set to lr / (1 + i * d).
  local runs = {
    { "sgd", { learningRate = 0.1 }, {
      { 0.4478778839499689, -1.1128832192798133, 1.371194891400489, -0.017500000000000005,
        -2.59766609214346 },
      { 0.03697099641263674, -0.2834538952790006, -0.6975984867911326, -0.14759122509611983,
        -0.263190121223558 },
      { -0.17142413488582894, 0.012537671029861764, -0.8611381649470256, -0.2279437786313298,
        0.9112213530757655 } } },
    { "sgd", { learningRate = 0.1, weightDecay = 0.01, learningRateDecay = 0.5 }, {
      { 0.4473778839499689, -1.111633219279813, 1.369194891400489, -0.017500000000000005,
        -2.5946660921434597 },
      { 0.2930481424073441, -0.7329761939260422, 0.2797528814643771, -0.06685396963835157,
        -1.6936935005815015 },
      { 0.23327550256842494, -0.6107496728122974, -0.03692578165884878, -0.08534216129958587,
        -1.3563635910828968 } } },
    { "sgd", { learningRate = 0.05, momentum = 0.9, weightDecay = 0.02 }, { -- dampening = momentum
      { 0.47343894197498443, -1.1801916096399065, 1.6835974457002445, -0.008750000000000003,
        -2.79583304607173 },
      { 0.23736174067618895, -0.5734848712897018, -0.6991887133501931, -0.08554224002862733,
        -1.1254807672851357 },
      { -0.0006673813275930423, -0.0822157248349242, -1.79626307122712, -0.1602114480740639,
        0.2805099349660907 } } },
    { "sgd", { learningRate = 0.05, momentum = 0.9, dampening = 0 }, {
      { 0.47393894197498443, -1.1814416096399065, 1.6855974457002445, -0.008750000000000003,
        -2.7988330460717297 },
      { -0.3939121594878792, 0.7421889996977932, -2.7742050711505533, -0.2969027428919162,
        2.553677588184065 },
      { -0.15874688039301701, 1.8209503704176953, -0.02156982253118559, -0.35081524139747317,
        3.3616002249135435 } } },
    { "sgd", { learningRate = 0.05, momentum = 0.9, dampening = 0, nesterov = true,
      weightDecay = 0.02 }, {
      { 0.44953398975247044, -1.1173640583158224, 1.3988351468304645, -0.016625000000000004,
        -2.612082787536287 },
      { -0.39591115247544867, 0.7347923315990167, -2.103913611193099, -0.30261580932680127,
        2.551306210160378 },
      { -0.18226108879551495, 1.6554340137604961, -0.5343509877799941, -0.31853633121524794,
        3.1152950609527545 } } },
    { "adam", { learningRate = 0.1 }, {
      { 0.4000000019185714, -1.1500000007293054, 1.9000000001590318, -0.09999999428571461,
        -2.90000000024855 },
      { -0.3933809538768315, -0.2808370119699477, 1.0200011449689617, -0.29229429699560744,
        -2.0162175012982115 },
      { -0.2226569299998188, 0.3864568476152541, 0.1398550257297382, -0.3043981170407287,
        -1.0835482926175695 } } },
    { "adam", { learningRate = 0.05, beta1 = 0.8, beta2 = 0.99, epsilon = 1e-3, weightDecay = 0.1,
      learningRateDecay = 0.1 }, {
      { 0.4500873788029025, -1.2000333963900103, 1.9500077052868496, -0.049715909090909095,
        -2.9500115624605496 },
      { 0.1460493669823646, -0.8931441339681949, 1.6440301426354158, -0.289292338104545,
        -2.6434993761730285 },
      { -0.03402742149155502, -0.6988027083031849, 1.4477690222878214, -0.2630546180177364,
        -2.4456569114566467 } } },
    { "adamw", { learningRate = 0.1 }, {
      { 0.3995000019185714, -1.1487500007293054, 1.8980000001590318, -0.09999999428571461,
        -2.89700000024855 },
      { -0.3932448736470234, -0.2735644725029709, 1.0049977324571706, -0.29146579446158055,
        -1.9913103548064108 },
      { -0.2205899111404151, 0.390311184233525, 0.12028144456280174, -0.3048105452144232,
        -1.0428633804109215 } } },
    { "adamw", { learningRate = 0.05, beta1 = 0.7, beta2 = 0.95, epsilon = 1e-6,
      weightDecay = 0.5 }, {
      { 0.43750009592838485, -1.1687500364652403, 1.900000007951588, -0.04999971428734693,
        -2.8750000124274853 },
      { -0.03976777661488506, -0.5409635435853262, 1.1249961954272232, -0.30808430912342727,
        -1.9020348491263275 },
      { -0.23449412082628832, -0.12708949338819822, 0.5048874248875429, -0.2772998441434209,
        -1.0714089911329105 } } },
  }

  it("walks the same 20 steps as PyTorch", function()
    for number, run in ipairs(runs) do
      local method, config, expected = run[1], {}, run[3]
      for key, value in pairs(run[2]) do config[key] = value end
      local x, at = circlet.DoubleTensor(start), 1
      local y = circlet.FloatTensor(start)
      local y_config = {}
      for key, value in pairs(run[2]) do y_config[key] = value end
      for i = 1, 20 do
        optim[method](bumpy, x, config)
        optim[method](bumpy, y, y_config)
        if i == 1 or i == 10 or i == 20 then
          local what = method .. " run " .. number .. " step " .. i
          support.near(expected[at], support.flat(x), 1e-12, what)
          -- 20 steps of a few roundings each, which momentum (a factor of 10) may add up
          support.near(expected[at], support.flat(y), 100 * support.epsilon.Float, what .. " Float")
          at = at + 1
        end
      end
    end
  end)

  it("returns x itself and the function value, and leaves the gradient alone", function()
    for _, method in ipairs(methods) do
      local x, g = circlet.FloatTensor { 1, 2 }, circlet.FloatTensor { 3, -4 }
      local returned, values = optim[method](function(p)
        assert(rawequal(p, x))
        return 7.5, g
      end, x, { weightDecay = 0.1, momentum = 0.5 })
      assert(rawequal(returned, x))
      assert.same({ 7.5 }, values)
      assert.same({ 3, -4 }, support.flat(g))
      assert.not_same({ 1, 2 }, support.flat(x))
    end
  end)

  it("keeps its state in config, or in a table of its own", function()
    local x, g = circlet.FloatTensor { 1 }, circlet.FloatTensor { 1 }
    local config = { learningRate = 0.1, momentum = 0.9 }
    optim.sgd(constant(g), x, config)
    assert.equal(1, config.evalCounter)
    assert.same({ 1 }, support.flat(config.dfdx))
    config = { learningRate = 0.1 }
    local state = {}
    optim.adam(constant(g), x, config, state)
    optim.adam(constant(g), x, config, state)
    assert.same({ learningRate = 0.1 }, config)
    assert.equal(2, state.t)
    support.near({ 1 - 0.9 ^ 2, 1 - 0.999 ^ 2 }, { state.m[1], state.v[1] }, 1e-6)
    optim.adamw(constant(g), x) -- all defaults
  end)

  it("goes on from copied state to the same bits", function()
    for number, run in ipairs(runs) do
      local method = optim[run[1]]
      local x, config = circlet.FloatTensor(start), {}
      for key, value in pairs(run[2]) do config[key] = value end
      for _ = 1, 7 do method(bumpy, x, config) end
      local y, copy = x:clone(), {}
      for key, value in pairs(config) do
        assert(type(value) == "number" or type(value) == "boolean" or circlet.isTensor(value))
        copy[key] = circlet.isTensor(value) and value:clone() or value
      end
      for _ = 1, 5 do
        method(bumpy, x, config)
        method(bumpy, y, copy)
      end
      assert.same(support.flat(x), support.flat(y), "run " .. number)
    end
  end)

  it("reads settings at each call, so that schedules work", function()
    local x, g = circlet.DoubleTensor { 1 }, circlet.DoubleTensor { 1 }
    local config = { learningRate = 0.5 }
    optim.sgd(constant(g), x, config)
    config.learningRate = 0.25
    optim.sgd(constant(g), x, config)
    assert.equal(0.25, x[1])
  end)

  it("takes a rate and a decay for each element", function()
    local x, g = circlet.DoubleTensor { 1, 2, 3 }, circlet.DoubleTensor { 1, 1, 1 }
    local config = { learningRate = 0.5, learningRates = circlet.DoubleTensor { 0, 1, 2 },
      weightDecays = circlet.DoubleTensor { 1, 0, 2 } }
    optim.sgd(constant(g), x, config)
    assert.same({ 1, 1.5, 3 - 0.5 * 2 * 7 }, support.flat(x))
    config.weightDecay, config.learningRates = 1, nil -- the number goes first
    x:fill(2)
    optim.sgd(constant(g), x, config)
    assert.same({ 0.5, 0.5, 0.5 }, support.flat(x))
    config = { learningRate = 1, momentum = 0.5, learningRates = circlet.DoubleTensor { 1, 2, 3 } }
    x:zero()
    optim.sgd(constant(g), x, config) -- v = 1
    optim.sgd(constant(g), x, config) -- v = 0.5 + 0.5
    assert.same({ -2, -4, -6 }, support.flat(x))
  end)

  -- Three steps from the same start; state made by the optimiser.
  local function walk(method, x, g)
    local config = { learningRate = 0.01, momentum = 0.9, weightDecay = 0.1 }
    for _ = 1, 3 do optim[method](constant(g), x, config) end
    return x
  end

  it("gives the same bits for every layout", function()
    for _, kind in ipairs(support.real_types) do
      local base = circlet[kind .. "Tensor"](3, 37)
      local gradient = base:clone()
      for i = 1, 3 do
        for j = 1, 37 do base[i][j], gradient[i][j] = math.sin(i + j), math.cos(i * j) end
      end
      for _, method in ipairs(methods) do
        local expected = support.flat(walk(method, base:clone(), gradient))
        for _, x in ipairs(support.layouts(base)) do
          for _, g in ipairs(support.layouts(gradient)) do
            assert.same(expected, support.flat(walk(method, x:copy(base), g)))
          end
        end
      end
    end
  end)

  it("gives the same bits for every number of threads", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local n, list = 35001, {} -- three pieces of work, and a tail that fills no vector
    for i = 1, n do list[i] = math.sin(i) end
    local base = circlet.FloatTensor(list)
    for _, method in ipairs(methods) do
      local expected
      for _, count in ipairs { 1, 2, 3, 8 } do
        circlet.setnumthreads(count)
        local got = walk(method, base:clone(), base):totable()
        expected = expected or got
        for i = 1, n do assert(expected[i] == got[i]) end
      end
    end
  end)

  it("reads a gradient that shares x's memory before x changes", function()
    for _, method in ipairs(methods) do
      local storage = circlet.DoubleTensor(40001):fill(1)
      local x, g = storage:narrow(1, 2, 40000), storage:narrow(1, 1, 40000)
      optim[method](constant(g), x, { learningRate = 0.5, weightDecay = 0 })
      local list = support.flat(x)
      for i = 1, #list do support.near({ 0.5 }, { list[i] }, 1e-7) end
      x:fill(1)
      optim[method](constant(x), x, { learningRate = 0.5, weightDecay = 0 }) -- g is x itself
      support.near({ 0.5, 0.5 }, { x[1], x[40000] }, 1e-7)
    end
  end)

  it("lets a NaN or an infinity in the gradient be seen in x, there alone", function()
    for _, method in ipairs(methods) do
      for _, bad in ipairs { 0 / 0, math.huge } do
        local x = circlet.FloatTensor(40):fill(1)
        local g = x:clone()
        g[7] = bad
        optim[method](constant(g), x, { learningRate = 0.5 })
        for i = 1, 40 do
          local finite = x[i] == x[i] and math.abs(x[i]) < math.huge
          assert.equal(i ~= 7, finite)
        end
      end
    end
  end)

  it("accepts an empty x", function()
    for _, method in ipairs(methods) do
      local x = circlet.FloatTensor()
      assert(rawequal(x, (optim[method](constant(circlet.FloatTensor()), x, { momentum = 0.9 }))))
    end
  end)

  it("finds the minimum of a quadratic and of Rosenbrock's valley", function()
    local function rosenbrock(x)
      local u, v = x[1], x[2]
      local f = (1 - u) ^ 2 + 100 * (v - u * u) ^ 2
      return f, circlet.DoubleTensor { -2 * (1 - u) - 400 * u * (v - u * u), 200 * (v - u * u) }
    end
    local function quadratic(x)
      return x[1] ^ 2 + 10 * (x[2] - 3) ^ 2, circlet.DoubleTensor { 2 * x[1], 20 * (x[2] - 3) }
    end
    local function minimise(method, f, steps, config)
      local x = circlet.DoubleTensor { -1.2, 1 }
      for _ = 1, steps do optim[method](f, x, config) end
      return support.flat(x)
    end
    support.near({ 0, 3 }, minimise("sgd", quadratic, 300, { learningRate = 0.04 }), 1e-6)
    support.near({ 0, 3 }, minimise("sgd", quadratic, 300,
      { learningRate = 0.02, momentum = 0.8, dampening = 0, nesterov = true }), 1e-6)
    support.near({ 0, 3 }, minimise("adam", quadratic, 2000, { learningRate = 0.02 }), 1e-3)
    support.near({ 0, 3 }, minimise("adamw", quadratic, 2000,
      { learningRate = 0.02, weightDecay = 0 }), 1e-3)
    support.near({ 1, 1 }, minimise("sgd", rosenbrock, 20000,
      { learningRate = 2e-4, momentum = 0.9, dampening = 0 }), 1e-2)
    support.near({ 1, 1 }, minimise("adam", rosenbrock, 8000, { learningRate = 0.02 }), 1e-2)
  end)

  it("shrinks x by rate * weightDecay in AdamW, whatever the gradient", function()
    local x = circlet.DoubleTensor { 4, -2 }
    optim.adamw(constant(circlet.DoubleTensor { 0, 0 }), x, { learningRate = 0.5,
      weightDecay = 0.5 })
    assert.same({ 3, -1.5 }, support.flat(x))
  end)

  describe("refuses", function()
    local x, g = circlet.FloatTensor { 1, 2 }, circlet.FloatTensor { 1, 1 }

    it("a missing or useless opfunc", function()
      for _, method in ipairs(methods) do
        support.raises(method .. ": opfunc must be a function that returns f and df/dx, got nil",
          optim[method], nil, x)
        support.raises(method .. ": opfunc must return f and df/dx, a tensor; got number and nil",
          optim[method], function() return 1 end, x)
        support.raises(method .. ": x must be a tensor, got number", optim[method], constant(g), 1)
        support.raises(method .. ": config and state must be tables, got number and number",
          optim[method], constant(g), x, 1)
      end
      local callable = setmetatable({}, { __call = function() return 1, g end })
      optim.sgd(callable, x:clone())
    end)

    it("tensors that do not go with x, and then changes nothing", function()
      for _, method in ipairs(methods) do
        local config = { momentum = 0.9 }
        support.raises(method .. ": x has size 2 but the gradient has size 3", optim[method],
          constant(circlet.FloatTensor(3)), x, config)
        support.raises(method .. ": x is Float but the gradient is Double", optim[method],
          constant(g:double()), x, config)
        support.raises(method .. ": x must be a Float or Double tensor, got Int", optim[method],
          constant(g:int()), x:int(), config)
        assert.same({ momentum = 0.9 }, config)
        assert.same({ 1, 2 }, support.flat(x))
      end
      support.raises("sgd: x has size 2 but state.dfdx has size 3", optim.sgd, constant(g), x,
        { momentum = 0.9, dfdx = circlet.FloatTensor(3) })
      support.raises("adam: x is Float but state.m is Double", optim.adam, constant(g), x,
        { m = g:double() })
      support.raises("adam: state.v shares memory with x", optim.adam, constant(g), x, { v = x })
      local m = g:clone()
      support.raises("adam: state.m shares memory with state.v", optim.adam, constant(g), x,
        { m = m, v = m })
      support.raises("sgd: x has size 2 but learningRates has size 1", optim.sgd, constant(g), x,
        { learningRates = circlet.FloatTensor(1) })
      support.raises("sgd: x is Float but weightDecays is Double", optim.sgd, constant(g), x,
        { weightDecays = g:double() })
    end)

    it("settings that make no sense, naming the place of the call", function()
      local function at_this_file(f)
        local ok, message = pcall(f)
        assert(not ok and message:find("optim_spec.lua", 1, true), message)
      end
      support.raises("learningRate must be a number, got string", optim.sgd, constant(g), x,
        { learningRate = "0.1" })
      support.raises("nesterov needs a momentum above 0 and dampening = 0", optim.sgd, constant(g),
        x, { momentum = 0.9, nesterov = true })
      support.raises("adam: beta1 must be at least 0 and below 1, got 1", optim.adam, constant(g),
        x, { beta1 = 1 })
      support.raises("adamw: beta2 must be at least 0 and below 1", optim.adamw, constant(g), x,
        { beta2 = 0 / 0 })
      at_this_file(function() optim.sgd(nil, x) return 0 end)
      at_this_file(function() optim.sgd(constant(g), x, { momentum = true }) return 0 end)
      at_this_file(function() optim.adam(constant(g), x, { beta1 = 2 }) return 0 end)
      at_this_file(function() optim.adamw(constant(g), x, 5) return 0 end)
    end)
  end)
end)

describe("optim.checkgrad", function()
  it("finds a right gradient right, in every layout, and restores x", function()
    for _, x in ipairs(support.layouts(circlet.DoubleTensor { { 1, -2, 0.5 }, { 3, 0.1, -1 } })) do
      local before = support.flat(x)
      local diff, given, estimate = optim.checkgrad(function(p)
        local f, g = 0, p:clone()
        for i = 1, 2 do
          for j = 1, 3 do f, g[{ i, j }] = f + math.exp(p[i][j]) * j, math.exp(p[i][j]) * j end
        end
        return f, g
      end, x)
      -- central differences at 1e-7: rounding of f (about 70) 2^-53 * 70 / 1e-7 = 8e-8
      assert(diff < 1e-7, diff)
      assert.same({ 2, 3 }, estimate:size():totable())
      support.near(support.flat(given), support.flat(estimate), 1e-6)
      assert.same(before, support.flat(x))
    end
  end)

  it("finds a wrong gradient wrong", function()
    local diff = optim.checkgrad(function(p) return p[1] ^ 2, circlet.DoubleTensor { p[1] } end,
      circlet.DoubleTensor { 3 })
    support.near({ (6 - 3) / (6 + 3) }, { diff }, 1e-6)
  end)

  it("takes a step that Float can see", function()
    local diff = optim.checkgrad(function(p) return p[1] ^ 2, circlet.FloatTensor { 2 * p[1] } end,
      circlet.FloatTensor { 3 })
    assert(diff < 1e-3)
  end)

  it("gives 0 for a constant and for an empty x", function()
    local zero = circlet.DoubleTensor { 0 }
    assert.equal(0, (optim.checkgrad(constant(zero), circlet.DoubleTensor { 3 })))
    assert.equal(0, (optim.checkgrad(constant(circlet.DoubleTensor()), circlet.DoubleTensor())))
  end)

  it("refuses a gradient of another size", function()
    support.raises("checkgrad: x has 2 elements but the gradient has 1", optim.checkgrad,
      constant(circlet.DoubleTensor { 0 }), circlet.DoubleTensor { 1, 2 })
  end)
end)
