-- margin_loss against the oracle of core/ref, published implementations' values, hand-computed
-- ones, differences, and itself.
local circlet = require "circlet"
local core = require "circlet.core"
local cases = require "spec.loss.class_cases"
local data = require "spec.loss.circle_cases"
local support = require "spec.support"
local values = require "spec.ref.class_values"

local flat, raises = support.flat, support.raises
local Float, Double, Long = circlet.FloatTensor, circlet.DoubleTensor, circlet.LongTensor
local margin_loss = circlet.margin_loss

local function with(options, more)
  local all = {}
  for _, from in ipairs { options, more } do
    for key, value in pairs(from) do all[key] = value end
  end
  return all
end

describe("margin_loss", function()
  it("gives the values of public implementations", function()
    for n, case in ipairs(values.margin) do
      local opts = with({ monotone = false }, case.opts)
      for dtype, bar in pairs { Double = 1e-13, Float = 1e-6 } do
        local new = circlet[dtype .. "Tensor"]
        local loss, grads = margin_loss({ new(values.x()), new(values.w(4 * (opts.centres or 1))),
          case.grad_b and new(values.bias) }, Long(values.labels), opts)
        assert.near(case.loss, loss, bar * case.loss)
        for k, name in ipairs { "grad_x", "grad_w", "grad_b" } do
          local expected = case[name] and Double(case[name])
          if expected then
            local err = (grads[k]:double():contiguous():view(-1) - expected):norm()
            assert(err <= bar * expected:norm(), ("%d %s %s: %g"):format(n, name, dtype, err))
          end
        end
      end
    end
  end)

  it("knows its presets, their margins and what may be set besides", function()
    local x, w, labels = cases.make("random", 70, 9, 6)
    for preset, reference in pairs(cases.presets) do
      cases.compare_margin(preset, x, w, labels, { preset = preset }, reference, nil,
        preset == "softmax" and 20 or 1)
      local own = { cosface = "m3", am_softmax = "m3", arcface = "m2", sphereface = "m1" }
      if own[preset] then
        cases.compare_margin(preset .. " margin", x, w, labels,
          { preset = preset, margin = 1.5, scale = 7 },
          with(reference, { [own[preset]] = 1.5, scale = 7 }))
      end
    end
    assert.equal(margin_loss({ x, w }, labels), margin_loss({ x, w }, labels, { scale = 64,
      m1 = 1, m2 = 0, m3 = 0, monotone = true, easy_margin = false, label_smoothing = 0,
      centres = 1, similarity = "cosine", reduction = "mean" }))
  end)

  for _, kind in ipairs { "random", "clustered", "duplicated", "zero", "tiny", "huge" } do
    it("agrees with the reference on data of kind " .. kind, function()
      for n, size in ipairs { { 1, 2, 1 }, { 5, 3, 2 }, { 64, 10, 31 }, { 130, 257, 3 },
        { 33, 70, 128 }, { 300, 40, 17 } } do
        for k, opts in ipairs(cases.margins) do
          local centres = (n + k) % 3 + 1
          local all = with(opts, { centres = centres })
          local x, w, labels = cases.make(kind, size[1], size[2], size[3], centres)
          cases.compare_margin(("%s %dx%dx%d %s"):format(kind, size[1], size[2], size[3],
            cases.describe(all)), x, w, labels, all)
        end
      end
    end)
  end

  it("agrees with the reference for every similarity, reduction and bias", function()
    for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
      for _, B in ipairs { 20, 90 } do
        for centres = 1, 3, 2 do
          local x, w, labels = cases.make("clustered", B, 13, 6, centres)
          x:div(3)
          for _, reduction in ipairs { "mean", "mean_all", "sum", "none" } do
            local opts = { similarity = similarity, reduction = reduction, scale = 3, m3 = 0.2,
              label_smoothing = 0.25, centres = centres }
            cases.compare_margin(cases.describe(opts), x, w, labels, opts, nil, nil, 30)
            if similarity == "dot" then
              circlet.manualSeed(4)
              cases.compare_margin("bias " .. cases.describe(opts), x, w, labels, opts, nil,
                circlet.randn(13), 30)
            end
          end
        end
      end
    end
  end)

  it("is the gradient of its value, by differences", function()
    local x, w, labels = cases.make("random", 9, 5, 4, 2)
    local bias = Double(5):normal()
    x, w = x:double(), w:double()
    for _, opts in ipairs { { preset = "arcface", scale = 8 }, { preset = "sphereface", scale = 8 },
      { preset = "cosface", scale = 8, label_smoothing = 0.2 },
      { scale = 8, m2 = 1, easy_margin = true }, { preset = "softmax", label_smoothing = 0.1 } } do
      opts.centres = 2
      local given = { x, w, opts.preset == "softmax" and bias or nil }
      local h, _, grads = 1e-6, margin_loss(given, labels, opts)
      for k, grad in ipairs(grads) do
        local moved, most = given[k]:view(-1), grad:clone():abs():max()
        for i = 1, moved:size(1) do
          local was = moved[i]
          moved[i] = was + h
          local above = margin_loss(given, labels, opts)
          moved[i] = was - h
          local below = margin_loss(given, labels, opts)
          moved[i] = was
          -- h^2 of third derivatives, (8 * 4)^2 of the first; 2^-50 / h of the loss by rounding
          assert.near(grad:view(-1)[i], (above - below) / (2 * h),
            1e-8 * most + 2 ^ -50 / h * math.abs(above))
        end
      end
    end
  end)

  it("is cross-entropy of plain logits with preset softmax", function()
    local x, w, labels = cases.make("random", 20, 6, 5)
    local bias = Double(6):normal()
    x, w = x:double(), w:double()
    local linear, entropy = circlet.nn.Linear(5, 6):double(), circlet.nn.CrossEntropyCriterion()
    entropy:double()
    linear.weight:copy(w)
    linear.bias:copy(bias)
    local logits = linear:forward(x)
    local expected = entropy:forward(logits, labels)
    linear:zeroGradParameters()
    local grad_x = linear:backward(x, entropy:backward(logits, labels))
    local loss, grads = margin_loss({ x, w, bias }, labels, { preset = "softmax" })
    assert.near(expected, loss, 1e-14 * expected)
    support.near(flat(grad_x), flat(grads[1]), 1e-14)
    support.near(flat(linear.gradWeight), flat(grads[2]), 1e-14)
    support.near(flat(linear.gradBias), flat(grads[3]), 1e-14)
  end)

  it("has the unified loss of class vectors as its CosFace", function()
    -- softplus(LSE(g (s_n + m)) - g s_p) = -log(e^(g (s_p - m)) / ...): Sun et al., section 3.1
    local x, w, labels = cases.make("random", 20, 6, 5)
    x, w = x:double(), w:double()
    local loss, grads = margin_loss({ x, w }, labels, { preset = "cosface", scale = 32 })
    local other, others = circlet.unified_loss({ x, w }, { labels, circlet.range(1, 6):long() },
      { m = 0.35, gamma = 32 })
    assert.near(other, loss, 1e-14 * loss)
    support.near(flat(others[1]), flat(grads[1]), 1e-13)
    support.near(flat(others[2]), flat(grads[2]), 1e-13)
  end)
end)

describe("the margin", function()
  -- A row at angle t to its class vector (1, 0) and at right angles to the other's: the loss is
  -- softplus(-scale * psi(t)).
  local function psi(t, opts, dtype)
    local of = circlet[(dtype or "Double") .. "Tensor"]
    local scale = 2
    local loss, grads = margin_loss({ of { { 3 * math.cos(t), 3 * math.sin(t), 0 } },
      of { { 5, 0, 0 }, { 0, 0, 1 } } }, Long { 1 }, with(opts, { scale = scale }))
    return -math.log(math.exp(loss) - 1) / scale, grads
  end

  it("has the values of the formulas at 0, pi/2, pi and between", function()
    local s = math.sin
    for _, case in ipairs {
      { { m2 = 0.5, monotone = false }, function(t) return math.cos(t + 0.5) end },
      { { m2 = 0.5 }, function(t)
        return t + 0.5 <= math.pi and math.cos(t + 0.5) or math.cos(t) - 0.5 * s(0.5)
      end },
      { { m2 = 0.5, easy_margin = true }, function(t)
        return math.cos(t) > 0 and math.cos(t + 0.5) or math.cos(t)
      end },
      { { m1 = 4, monotone = false }, function(t) return math.cos(4 * t) end },
      { { m1 = 4 }, function(t)
        local k = math.min(math.floor(4 * t / math.pi), 3)
        return (-1) ^ k * math.cos(4 * t) - 2 * k
      end },
      { { m3 = 0.35 }, function(t) return math.cos(t) - 0.35 end },
      { { m1 = 1.5, m2 = 0.25, m3 = 0.125, monotone = false },
        function(t) return math.cos(1.5 * t + 0.25) - 0.125 end },
    } do
      for _, t in ipairs { 0, 0.3, math.pi / 4 + 0.01, math.pi / 2, 2, math.pi - 0.4, math.pi } do
        -- at pi SphereFace's own formula has k = 3 or 4, which agree
        assert.near(case[2](t), (psi(t, case[1])), 1e-13, cases.describe(case[1]) .. " at " .. t)
        -- Float rows of a given angle: 2^-24 of rounding in each element, slope up to 4
        assert.near(case[2](t), (psi(t, case[1], "Float")), 1e-6)
      end
    end
  end)

  it("falls with the angle all the way when monotone, and not otherwise", function()
    for _, opts in ipairs { { m2 = 0.5 }, { m1 = 4 }, { m1 = 2.5, m2 = 0.7 }, { m2 = 2.3 } } do
      local falls, before = { 0, 0 }, { psi(0, opts), psi(0, with(opts, { monotone = false })) }
      for step = 1, 200 do
        for k, monotone in ipairs { true, false } do
          local now = psi(step / 200 * math.pi, with(opts, { monotone = monotone }))
          if now > before[k] then falls[k] = falls[k] + 1 end
          before[k] = now
        end
      end
      assert.equal(0, falls[1])
      assert.is_true(falls[2] > 0)
    end
  end)

  it("agrees with the reference next to the poles", function()
    for _, opts in ipairs { { scale = 4, m2 = 0.5 }, { scale = 4, m1 = 4 }, { scale = 4, m3 = 0.3 },
      { scale = 4, m1 = 1.35, m2 = 0.2 }, { scale = 4, m1 = 3, monotone = false } } do
      for _, side in ipairs { 1, -1 } do
        for _, t in ipairs { 1e-2, 1e-3, 1.01e-4, 0.99e-4, 1e-5, 1e-7, 0 } do
          local x = Double { { side * 3 * math.cos(t), 3 * math.sin(t), 0 }, { 1, 1, 1 } }
          local w, labels = Double { { 2, 0, 0 }, { 0, 0, 1 }, { 0, 1, 1 } }, Long { 1, 3 }
          local got = { margin_loss({ x, w }, labels, opts) }
          local truth = { core.ref_margin_loss(x, w, labels, cases.reference(opts)) }
          -- the direction of a gradient is that of the difference of unit rows, whose last bits
          -- count for 1/t; below the least angle no more
          cases.compare(cases.describe(opts) .. " at " .. t, "Double", opts.scale,
            1 / math.max(t, 1e-4), got, truth)
        end
      end
    end
  end)

  it("keeps its digits next to the poles, where those of the cosine are gone", function()
    for _, t in ipairs { 1e-3, 1e-5, 1e-7 } do
      for _, pole in ipairs { 0, math.pi } do
        -- cos(t) leaves 1e-16/t of the angle: 1e-13 for the first, 1e-9 for the last
        local opts, angle = { m2 = 0.5, monotone = false }, math.abs(pole - t)
        local value, grads = psi(angle, opts)
        if pole > 0 then -- sin(pi - t) of a rounded pi: the row is made by hand
          local loss
          loss, grads = margin_loss({ Double { { -3 * math.cos(t), 3 * math.sin(t), 0 } },
            Double { { 5, 0, 0 }, { 0, 0, 1 } } }, Long { 1 }, { m2 = 0.5, monotone = false,
            scale = 2 })
          value = -math.log(math.exp(loss) - 1) / 2
        end
        local sign = pole > 0 and -1 or 1
        local expected = sign * math.cos(t + sign * 0.5)
        assert.near(expected, value, 1e-14)
        if t > 1e-4 then
          -- along the arc, |x| = 3: scale * sigma * sin(theta + m2)/3 towards larger angles is up
          local z = 2 * expected
          local sigma = 1 / (1 + math.exp(z))
          local up = grads[1]:dot(Double { { -math.sin(t), sign * math.cos(t), 0 } })
          assert.near(2 * sigma * math.sin(t + sign * 0.5) / 3, up, 2e-13)
        end
      end
    end
  end)

  it("has no direction at its poles: own vectors give a finite gradient, of the others alone",
    function()
      for _, dtype in ipairs(support.real_types) do
        for _, B in ipairs { 1, 70 } do -- 70: computed in Float
          local w = circlet[dtype .. "Tensor"] { { 1, 2, 2 }, { 2, -1, 0.5 } }
          local x = w:narrow(1, 1, 1):clone():mul(3):expand(B, 3):contiguous()
          local labels = Long(B):fill(1)
          for _, opts in ipairs { { m2 = 0.5 }, { m1 = 4 }, { m2 = 0.5, m1 = 2 } } do
            opts.scale = 4
            local _, grads = margin_loss({ x, w }, labels, opts)
            local other = w[2]:double() / w[2]:double():norm()
            local own = w[1]:double() / w[1]:double():norm()
            other:add(-own:dot(other), own)
            local g = grads[1][1]:double()
            local along = g:dot(other) / other:norm()
            assert.is_true(along > 0)
            -- what is left is rounding, magnified by the slope at the least angle: 1e4 * 2^-24
            local rest = (g - other * (along / other:norm())):norm()
            assert(rest <= (dtype == "Float" and B > 64 and 1e-2 or 1e-6) * g:norm(),
              ("%s %d: %g of %g"):format(dtype, B, rest, g:norm()))
          end
        end
      end
    end)
end)

describe("sub-centres", function()
  it("are met by the nearest, the first of equals, which takes the gradient", function()
    local x = Double { { 1, 0 }, { 0, 1 } }
    local w = Double { { 0.5, 1 }, { 1, 1 }, { 3, 1 }, { 6, 2 } } -- two of each of two classes
    local _, grads = margin_loss({ x, w }, Long { 2, 1 }, { scale = 1, centres = 2 })
    local g = grads[2]
    assert.is_true(g[2]:norm() > 0 and g[1]:norm() > 0) -- the nearest to row 1 and to row 2
    assert.is_true(g[3]:norm() > 0)
    assert.equal(0, g[4]:norm()) -- as near as the third, and later
  end)

  it("of one class and row each give what single vectors give", function()
    local x, w, labels = cases.make("random", 80, 30, 7)
    local double = Float(60, 7)
    for c = 1, 30 do
      double[2 * c - 1]:copy(w[c])
      double[2 * c]:copy(w[c]):mul(-1)
    end
    -- a vector and its opposite: |cos|, so a row's nearest is told by its sign
    local truth = { core.ref_margin_loss(x, double, labels, { scale = 8, m2 = 0.3, centres = 2 }) }
    local got = { margin_loss({ x, double }, labels, { scale = 8, m2 = 0.3, centres = 2,
      monotone = false }) }
    cases.compare("opposites", "Float", 8, 1, got, truth)
    local same = Float(60, 7)
    for c = 1, 60 do same[c]:copy(w[(c + 1) // 2]) end
    local loss, grads = margin_loss({ x, w }, labels, { scale = 8, m2 = 0.3 })
    local other, others = margin_loss({ x, same }, labels, { scale = 8, m2 = 0.3, centres = 2 })
    assert.near(loss, other, 1e-8 * loss) -- blocks are cut elsewhere
    assert.is_true(cases.distance(grads[1], others[1]) <= 1e-6 * grads[1]:norm())
    for c = 1, 30 do
      assert.is_true(cases.distance(grads[2][c], others[2][2 * c - 1]) <= 1e-5 * grads[2]:norm())
      assert.equal(0, others[2][2 * c]:norm())
    end
  end)

  it("may be as many as 64, in dimensions that leave few vectors to a block", function()
    for _, size in ipairs { { 64, 3, 5 }, { 33, 9, 700 }, { 7, 100, 64 }, { 2, 1, 3 } } do
      local centres, C, D = table.unpack(size)
      local x, w, labels = cases.make("random", 70, C, D, centres)
      cases.compare_margin(("%d centres"):format(centres), x, w, labels,
        { scale = 16, m2 = 0.2, centres = centres, label_smoothing = 0.1 })
    end
  end)

  it("serve Circle Loss as well", function()
    local x, w, labels = cases.make("random", 75, 11, 6, 3)
    local opts = { m = 0.3, gamma = 16, centres = 3 }
    for _, dtype in ipairs(support.real_types) do
      local as = dtype:lower()
      local loss, grads, info = circlet.circle_class_loss({ x[as](x), w[as](w) }, labels, opts)
      -- by hand: the nearest centre of each class as a vector of its own, for one row at a time
      local expected, sum, grad_w = 0, Double(75, 6), Double(33, 6):zero()
      for i = 1, 75 do
        local row, nearest, at = x:narrow(1, i, 1):double(), Double(11, 6), {}
        for c = 1, 11 do
          local best = -2
          for k = 1, 3 do
            local v = w[3 * (c - 1) + k]:double()
            local s = v:dot(row[1]) / v:norm()
            if s > best then best, at[c] = s, 3 * (c - 1) + k end
          end
          nearest[c]:copy(w[at[c]]:double())
        end
        local l, g = circlet.circle_class_loss({ row, nearest }, labels:narrow(1, i, 1),
          { m = 0.3, gamma = 16 })
        expected = expected + l / 75
        sum[i]:copy(g[1][1]):div(75)
        for c = 1, 11 do grad_w[at[c]]:add(1 / 75, g[2][c]) end
      end
      local bar = dtype == "Float" and 1e-5 or 1e-13
      assert.near(expected, loss, bar * expected)
      assert.is_true(cases.distance(grads[1], sum) <= bar * sum:norm())
      assert.is_true(cases.distance(grads[2], grad_w) <= bar * grad_w:norm())
      assert.equal(75, info.n_valid)
      assert.equal(750, info.n_negative)
    end
  end)
end)

describe("margin_loss at its limits", function()
  it("has no loss where there is one class, and none without rows", function()
    for _, dtype in ipairs(support.real_types) do
      local of = circlet[dtype .. "Tensor"]
      for _, opts in ipairs { {}, { label_smoothing = 0.5, m2 = 1 }, { centres = 2 } } do
        local x, w = of(3, 2):normal(), of(opts.centres or 1, 2):normal()
        local loss, grads, info = margin_loss({ x, w }, Long { 1, 1, 1 }, opts)
        assert.equal(0, loss)
        assert.equal(0, info.n_valid)
        for k = 1, 2 do assert.equal(0, grads[k]:norm()) end
        loss, grads, info = margin_loss({ of(0, 2), of(6, 2):normal() }, Long(), opts)
        assert.equal(0, loss)
        assert.equal(0, info.n_anchors)
        assert.same({ 0, 2 }, grads[1]:size():totable())
        assert.same({ 6, 2 }, grads[2]:size():totable())
        assert.equal(0, grads[2]:norm())
      end
    end
    raises("margin_loss: labels must hold classes 1..0, got 1 at element 1", margin_loss,
      { Float(1, 2):fill(1), Float(0, 2) }, Long { 1 })
  end)

  it("stays exact for logits that leave float32 no digits", function()
    local x, w, labels = cases.make("random", 80, 12, 6)
    for _, scale in ipairs { 1e4, 1e6, 1e9 } do
      for _, preset in ipairs { "arcface", "softmax" } do
        local opts = { preset = preset, scale = scale }
        local loss, grads = margin_loss({ x, w }, labels, opts)
        local truth, true_grads = margin_loss({ x:double(), w:double() }, labels, opts)
        assert.near(truth, loss, 1e-7 * truth)
        if scale > 1e4 then -- computed in double
          for k = 1, 2 do
            assert.is_true(cases.distance(grads[k], true_grads[k]) <= 2 ^ -24 * grads[k]:norm())
          end
        end
      end
    end
  end)

  it("takes labels of every type and inputs in every layout", function()
    local x, w, labels = cases.make("clustered", 70, 7, 5, 2)
    local bias, opts = Float(7):normal(), { preset = "softmax", centres = 2 }
    local loss, grads = margin_loss({ x, w, bias }, labels, opts)
    local xs, ws, bs = support.layouts(x), support.layouts(w), support.layouts(bias)
    for _, of in ipairs { "long", "int", "byte", "float", "double" } do
      for k, layout in ipairs(support.layouts(labels[of](labels))) do
        local other, others = margin_loss({ xs[k + 1], ws[k + 1], bs[k] }, layout, opts)
        assert.equal(loss, other)
        for n = 1, 3 do assert.same(flat(grads[n]), flat(others[n])) end
      end
    end
    local arcface = { preset = "arcface" }
    loss, grads = margin_loss({ x, w }, labels, arcface)
    local other, others = margin_loss({ xs[2], ws[3] }, labels, arcface)
    assert.equal(loss, other)
    for n = 1, 2 do assert.same(flat(grads[n]), flat(others[n])) end
  end)

  it("gives the same bits for 1, 2, 3 and 8 threads, with any memory budget", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    for _, dtype in ipairs(support.real_types) do
      local as = dtype:lower()
      local x, w, labels = cases.make("random", 600, 500, 24, 3)
      x, w = x[as](x), w[as](w)
      local bias = circlet[dtype .. "Tensor"](500):normal()
      for _, opts in ipairs { { preset = "arcface" }, { preset = "arcface", centres = 3 },
        { preset = "softmax", centres = 3, label_smoothing = 0.1 } } do
        local vectors = opts.centres and w or w:narrow(1, 1, 500)
        local given = { x, vectors, opts.preset == "softmax" and bias or nil }
        local first
        for _, budget in ipairs { 0, 1e6, 1e9 } do
          opts.memory_budget = budget
          for _, count in ipairs { 1, 2, 3, 8 } do
            circlet.setnumthreads(count)
            local loss, grads = margin_loss(given, labels, opts)
            first = first or { loss, grads }
            assert.equal(first[1], loss)
            for k, grad in ipairs(grads) do assert.is_true(circlet.equal(first[2][k], grad)) end
          end
        end
      end
    end
  end)

  it("leaves out of the gradient what hardly counts, with filter_eps", function()
    local x, w, labels = cases.make("clustered", 200, 150, 8, 2)
    for centres = 1, 2 do
      local opts = { preset = "arcface", centres = centres }
      local given = { x, centres == 2 and w or w:narrow(1, 1, 150) }
      local loss, grads = margin_loss(given, labels, opts)
      opts.filter_eps = 1e-6
      local other, others = margin_loss(given, labels, opts)
      assert.equal(loss, other)
      for k = 1, 2 do
        local err = cases.distance(grads[k], others[k])
        -- 150 pairs a row of less than 1e-6 each, of gradients of the same length
        assert.is_true(err > 0 and err <= 1.5e-4 * grads[k]:norm())
      end
    end
  end)

  it("holds no rows x classes: the workspace grows with (B + C) D", function()
    local B, C, D = 2048, 8192, 8
    local x, w = data.make("random", B, D, 3), data.make("random", C, D, 4)
    local labels = circlet.range(1, B):long()
    for _, opts in ipairs { { preset = "arcface" }, { centres = 2, label_smoothing = 0.1 },
      { preset = "softmax", memory_budget = 0 } } do
      opts.memory_budget = opts.memory_budget or 0
      collectgarbage()
      collectgarbage()
      circlet.memory(true)
      local before = circlet.memory()
      margin_loss({ x, w }, labels, opts)
      local _, peak = circlet.memory()
      local used, bytes = peak - before, 4 * (B + C) * D
      -- inputs packed and their gradients, and 8 MiB for tiles and sums; B*C floats are 64
      assert(used <= 6 * bytes + (8 << 20), ("%.1f MiB"):format(used / 2 ^ 20))
    end
  end)

  it("gives its memory back, also when a call is refused at any allocation", function()
    local x, w, labels = cases.make("random", 40, 12, 9, 2)
    local bias = Float(12):normal()
    local opts = { preset = "softmax", centres = 2, label_smoothing = 0.1 }
    local given = { x, w, bias }
    local loss = margin_loss(given, labels, opts)
    local refused = support.survives_allocations(function() margin_loss(given, labels, opts) end)
    assert.is_true(refused > 5)
    assert.equal(loss, (margin_loss(given, labels, opts)))
  end)
end)

describe("margin_loss refuses", function()
  local x, w, labels
  before_each(function()
    x = Float { { 1, 2 }, { 2, 1 }, { -1, 1 } }
    w = Float { { 1, 2 }, { 2, 1 }, { -1, 1 }, { 1, 1 } }
    labels = Long { 1, 4, 2 }
  end)

  it("inputs that are not rows, class vectors and perhaps biases", function()
    raises("margin_loss: the first argument must be a table {x, w}", margin_loss, x, labels)
    raises("margin_loss: w must be a tensor, got number", margin_loss, { x, 3 }, labels)
    raises("margin_loss: labels must be a tensor, got nil", margin_loss, { x, w })
    raises("margin_loss: x and w must have one type, got Float and Double", margin_loss,
      { x, w:double() }, labels)
    raises("margin_loss: w must have as many columns as x, 2, got 3", margin_loss,
      { x, Float(4, 3):fill(1) }, labels)
    raises("margin_loss: bias must be a tensor, got number", margin_loss, { x, w, 1 }, labels)
    raises("margin_loss: a bias goes with similarity \"dot\"", margin_loss,
      { x, w, Float(4):zero() }, labels)
    for _, bias in ipairs { Float(3):zero(), Double(4):zero(), Float(4, 1):zero() } do
      raises("margin_loss: bias must have 4 elements, one per class, of the type of w",
        margin_loss, { x, w, bias }, labels, { preset = "softmax" })
    end
    raises("margin_loss: bias has a NaN or an infinite value at element 3", margin_loss,
      { x, w, Float { 0, 0, 0 / 0, 0 } }, labels, { preset = "softmax" })
  end)

  it("labels that are no classes", function()
    raises("margin_loss: labels must hold classes 1..4, got 5 at element 2", margin_loss, { x, w },
      Long { 1, 5, 6 })
    raises("margin_loss: labels must hold classes 1..2, got 4 at element 2", margin_loss, { x, w },
      labels, { centres = 2 })
    raises("margin_loss: labels must hold integers >= 1, got 0 at element 1", margin_loss, { x, w },
      Long { 0, 1, 2 })
    raises("margin_loss: labels must have 3 elements, one per row of x, got 2", margin_loss,
      { x, w }, Long { 1, 2 })
  end)

  it("NaN and Inf", function()
    for _, bad in ipairs { 0 / 0, 1 / 0 } do
      local y = x:clone()
      y[2][1] = bad
      raises("margin_loss: x has a NaN or an infinite value in row 2", margin_loss, { y, w },
        labels)
      y = w:clone()
      y[3][2] = bad
      raises("margin_loss: w has a NaN or an infinite value in row 3", margin_loss, { x, y },
        labels)
    end
  end)

  it("options without meaning", function()
    local function refuses(text, opts) raises(text, margin_loss, { x, w }, labels, opts) end
    refuses("margin_loss: there is no option gamma", { gamma = 64 })
    refuses("margin_loss: there is no option aggregate", { aggregate = "anchor" })
    refuses("margin_loss: option preset must be one of softmax, normface, cosface, am_softmax, " ..
      "arcface, sphereface, got face", { preset = "face" })
    refuses("margin_loss: option margin is that of a preset that has one", { margin = 1 })
    refuses("margin_loss: option margin is that of a preset that has one",
      { preset = "normface", margin = 1 })
    refuses("margin_loss: option easy_margin must be a boolean", { easy_margin = 1 })
    for _, bad in ipairs { 0, -1, 0 / 0, 1 / 0 } do
      refuses("margin_loss: scale must be a number > 0, got ", { scale = bad })
      refuses("margin_loss: m1 must be a number > 0, got ", { m1 = bad })
    end
    for _, bad in ipairs { 0 / 0, 1 / 0 } do
      refuses("margin_loss: m2 must be a finite number, got ", { m2 = bad })
      refuses("margin_loss: m3 must be a finite number, got ", { m3 = bad })
    end
    refuses("margin_loss: label_smoothing must be a number >= 0, got -0.1",
      { label_smoothing = -0.1 })
    refuses("margin_loss: label_smoothing must be from 0 to 1, got 1.5", { label_smoothing = 1.5 })
    refuses("margin_loss: margins of the angle, m1 and m2, go with similarity \"cosine\"",
      { m2 = 0.1, similarity = "dot" })
    refuses("margin_loss: margins of the angle, m1 and m2, go with similarity \"cosine\"",
      { preset = "sphereface", similarity = "euclidean" })
    for _, bad in ipairs { 0, -1, 65, 1.5 } do
      refuses("margin_loss: option centres must be", { centres = bad })
    end
    refuses("margin_loss: w must have 3 rows for each class, got 4 rows", { centres = 3 })
  end)
end)
