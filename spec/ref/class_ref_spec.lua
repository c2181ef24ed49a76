-- The oracle of the losses of class vectors is itself checked: against values evaluated elsewhere,
-- against differences of its own loss, and on what the definitions say of limits.
local circlet = require "circlet"
local core = require "circlet.core"
local support = require "spec.support"
local values = require "spec.ref.class_values"

local flat = support.flat
local Double, Long = circlet.DoubleTensor, circlet.LongTensor

local function check(case, loss, grads)
  assert.near(case.loss, loss, 1e-13 * case.loss)
  for k, name in ipairs { "grad_x", "grad_w", "grad_b" } do
    local most = 0
    for _, g in ipairs(case[name] or {}) do most = math.max(most, math.abs(g)) end
    for i, g in ipairs(case[name] or {}) do
      -- sums of six rows in float64 there, and acos of a rounded cosine: some tens of last bits
      assert.near(g, flat(grads[k])[i], 1e-13 * most, name .. i)
    end
  end
end

describe("ref_margin_loss", function()
  it("gives the values of public implementations", function()
    for _, case in ipairs(values.margin) do
      local opts = case.opts
      local loss, grads = core.ref_margin_loss(Double(values.x()),
        Double(values.w(4 * (opts.centres or 1))), Long(values.labels), opts,
        case.grad_b and Double(values.bias))
      check(case, loss, grads)
    end
  end)

  it("is the derivative of its loss", function()
    local h = 1e-6
    for _, opts in ipairs { { scale = 8, m1 = 1, m2 = 0.5, monotone = true },
      { scale = 8, m1 = 3, monotone = true }, { scale = 8, m1 = 1.3, m2 = 0.2, m3 = 0.1 },
      { scale = 8, m2 = 0.5, easy_margin = true, label_smoothing = 0.3 },
      { scale = 4, centres = 2, m2 = 0.3 }, { scale = 1, similarity = "dot", m3 = 0.5 },
      { scale = 2, similarity = "euclidean", label_smoothing = 0.1 } } do
      local data = { values.x(), values.w(4 * (opts.centres or 1)), { values.bias } }
      local bias = opts.similarity == "dot"
      local function loss_of()
        return core.ref_margin_loss(Double(data[1]), Double(data[2]), Long(values.labels), opts,
          bias and Double(data[3][1]) or nil)
      end
      local _, grads = loss_of()
      for k, grad in ipairs(grads) do
        local list, at = flat(grad), 0
        for _, row in ipairs(data[k]) do
          for d = 1, #row do
            at = at + 1
            local was = row[d]
            row[d] = was + h
            local up = loss_of()
            row[d] = was - h
            local down = loss_of()
            row[d] = was
            -- h^2 of third derivatives up to 8^3, and rounding of 1e-15/h
            assert.near((up - down) / (2 * h), list[at], 1e-8 * math.max(1, math.abs(list[at])))
          end
        end
      end
    end
  end)

  it("has one vector's angle at 0, pi/2 and pi", function()
    -- x = (1,0) against w1 = (cos t, sin t) and w2 = (0,1): z = (scale*psi(t), 0)
    for _, case in ipairs {
      { { m2 = 0.5 }, { math.cos(0.5), -math.sin(0.5), -math.cos(0.5) } },
      { { m2 = 0.5, monotone = true },
        { math.cos(0.5), -math.sin(0.5), -1 - 0.5 * math.sin(0.5) } },
      { { m2 = 0.5, easy_margin = true }, { math.cos(0.5), 0, -1 } },
      { { m1 = 4, monotone = true }, { 1, 1 - 4, 1 - 8 } },
      { { m1 = 4 }, { 1, 1, 1 } },
      { { m3 = 0.25 }, { 0.75, -0.25, -1.25 } } } do
      for k, w in ipairs { { 1, 0 }, { 0, 1 }, { -1, 0 } } do
        case[1].scale = 2
        local loss, grads = core.ref_margin_loss(Double { { 3, 0 } }, Double { w, { 0, -5 } },
          Long { 1 }, case[1])
        assert.near(math.log(1 + math.exp(-2 * case[2][k])), loss, 1e-15)
        for _, g in ipairs(flat(grads[1])) do assert.is_true(g == g and math.abs(g) < 10) end
      end
    end
  end)

  it("takes a class's nearest centre, the first of equals, and gives it the gradient", function()
    local x, labels = Double { { 1, 0 } }, Long { 2 }
    local w = Double { { 0, 1 }, { 1, 1 }, { 2, 0 }, { 5, 0 } }
    local loss, grads = core.ref_margin_loss(x, w, labels, { scale = 1, centres = 2 })
    local one, g = core.ref_margin_loss(x, Double { { 1, 1 }, { 2, 0 } }, labels, { scale = 1 })
    assert.equal(one, loss)
    assert.same({ 0, 0, g[2][1][1], g[2][1][2], g[2][2][1], g[2][2][2], 0, 0 }, flat(grads[2]))
  end)

  it("has no loss when there is one class", function()
    local loss, grads, facts = core.ref_margin_loss(Double { { 1, 2 } }, Double { { 3, 4 } },
      Long { 1 }, { label_smoothing = 0.5, m2 = 1 })
    assert.equal(0, loss)
    assert.equal(0, facts.n_valid)
    assert.same({ 0, 0, 0, 0 }, { grads[1][1][1], grads[1][1][2], grads[2][1][1], grads[2][1][2] })
  end)
end)

describe("ref_proxy_anchor_loss", function()
  it("gives the values of public implementations", function()
    for _, case in ipairs(values.proxy_anchor) do
      check(case, core.ref_proxy_anchor_loss(Double(values.x()), Double(values.w(4)),
        Long(values.proxy_labels), case.opts))
    end
  end)

  it("counts the proxies that have rows apart from all proxies", function()
    -- rows (1,0) of class 1; proxies (1,0), (0,1): log(1+e^(-g(1-m)))/1 + log(1+e^(g m))/2
    local loss, _, facts = core.ref_proxy_anchor_loss(Double { { 1, 0 } },
      Double { { 1, 0 }, { 0, 1 } }, Long { 1 }, { margin = 0.1, scale = 2 })
    assert.near(math.log(1 + math.exp(-1.8)) + math.log(1 + math.exp(0.2)) / 2, loss, 1e-15)
    assert.equal(1, facts.n_valid)
    assert.equal(2, facts.n_anchors)
  end)
end)
