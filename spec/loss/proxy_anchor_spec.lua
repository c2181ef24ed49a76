-- proxy_anchor_loss against the oracle of core/ref, a published implementation's values,
-- hand-computed ones, differences, and itself.
local circlet = require "circlet"
local core = require "circlet.core"
local cases = require "spec.loss.class_cases"
local data = require "spec.loss.circle_cases"
local support = require "spec.support"
local values = require "spec.ref.class_values"

local flat, raises = support.flat, support.raises
local Float, Double, Long = circlet.FloatTensor, circlet.DoubleTensor, circlet.LongTensor
local loss_of = circlet.proxy_anchor_loss

local function compare(what, x, w, labels, opts)
  local truth = { core.ref_proxy_anchor_loss(x, w, labels, opts) }
  truth[3].n_valid = w:size(1) -- every proxy has a part of the loss
  for _, dtype in ipairs(support.real_types) do
    local as = dtype:lower()
    local got = { loss_of({ x[as](x), w[as](w) }, labels, opts) }
    cases.compare(what, dtype, opts.scale or 32, 1, got, truth)
  end
end

describe("proxy_anchor_loss", function()
  it("gives the values of a public implementation", function()
    for _, case in ipairs(values.proxy_anchor) do
      local loss, grads = loss_of({ Double(values.x()), Double(values.w(4)) },
        Long(values.proxy_labels), case.opts)
      assert.near(case.loss, loss, 1e-13 * case.loss)
      support.near(case.grad_x, flat(grads[1]), 1e-12)
      support.near(case.grad_w, flat(grads[2]), 1e-12)
    end
  end)

  it("averages over proxies with rows and over all proxies apart", function()
    -- a row of class 1 at its proxy, at right angles to the other two
    local loss, grads = loss_of({ Double { { 2, 0 } }, Double { { 1, 0 }, { 0, 1 }, { 0, -1 } } },
      Long { 1 }, { margin = 0.1, scale = 2 })
    assert.near(math.log(1 + math.exp(-1.8)) + 2 * math.log(1 + math.exp(0.2)) / 3, loss, 1e-15)
    assert.same({ 1, 2 }, grads[1]:size():totable())
    assert.same({ 3, 2 }, grads[2]:size():totable())
    assert.near(0, grads[1][1][2], 1e-16) -- the two others balance
  end)

  for _, kind in ipairs { "random", "clustered", "duplicated", "zero", "tiny", "huge" } do
    it("agrees with the reference on data of kind " .. kind, function()
      for n, size in ipairs { { 1, 2, 1 }, { 5, 3, 2 }, { 64, 10, 31 }, { 130, 257, 3 },
        { 33, 70, 128 }, { 300, 140, 17 }, { 3, 1, 4 }, { 1, 1, 2 } } do
        local settings = { {}, { margin = 0 }, { scale = 4, margin = 0.3 }, { scale = 100 } }
        local opts = settings[n % 4 + 1]
        local x, w, labels = cases.make(kind, size[1], size[2], size[3])
        compare(("%s %dx%dx%d"):format(kind, table.unpack(size)), x, w, labels, opts)
      end
    end)
  end

  it("is the gradient of its value, by differences", function()
    local x, w, labels = cases.make("random", 7, 5, 4)
    x, w = x:double(), w:double()
    local h, given = 1e-6, { x, w }
    local _, grads = loss_of(given, labels, { scale = 8 })
    for k, grad in ipairs(grads) do
      local moved, most = given[k]:view(-1), grad:clone():abs():max()
      for i = 1, moved:size(1) do
        local was = moved[i]
        moved[i] = was + h
        local above = loss_of(given, labels, { scale = 8 })
        moved[i] = was - h
        local below = loss_of(given, labels, { scale = 8 })
        moved[i] = was
        assert.near(grad:view(-1)[i], (above - below) / (2 * h),
          1e-9 * most + 2 ^ -50 / h * math.abs(above))
      end
    end
  end)

  it("pulls no proxy without rows, and gives nothing without rows or proxies to push", function()
    for _, dtype in ipairs(support.real_types) do
      local of = circlet[dtype .. "Tensor"]
      local loss, grads, info = loss_of({ of(0, 3), of(4, 3):normal() }, Long())
      assert.equal(0, loss)
      assert.same({ 0, 3 }, grads[1]:size():totable())
      assert.equal(0, grads[2]:norm())
      assert.equal(0, info.n_valid)
      -- one class: only the part of positives
      loss = loss_of({ of { { 1, 0 } }, of { { 1, 0 } } }, Long { 1 }, { scale = 2 })
      assert.near(math.log(1 + math.exp(-1.8)), loss, 1e-15)
    end
  end)

  it("gives the same bits for 1, 2, 3 and 8 threads, and for every layout", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    for _, dtype in ipairs(support.real_types) do
      local as = dtype:lower()
      local x, w, labels = cases.make("random", 500, 400, 24)
      x, w = x[as](x), w[as](w)
      local first
      for _, count in ipairs { 1, 2, 3, 8 } do
        circlet.setnumthreads(count)
        for k, layout in ipairs(support.layouts(x)) do
          local loss, grads = loss_of({ layout, support.layouts(w)[k] }, labels)
          first = first or { loss, grads }
          assert.equal(first[1], loss)
          for n = 1, 2 do assert.is_true(circlet.equal(first[2][n], grads[n])) end
        end
      end
    end
  end)

  it("holds no rows x classes", function()
    local B, C, D = 2048, 8192, 8
    local x, w = data.make("random", B, D, 3), data.make("random", C, D, 4)
    local labels = circlet.range(1, B):long()
    collectgarbage()
    collectgarbage()
    circlet.memory(true)
    local before = circlet.memory()
    loss_of({ x, w }, labels, { memory_budget = 0 })
    local _, peak = circlet.memory()
    local used, bytes = peak - before, 4 * (B + C) * D
    -- inputs packed and their gradients, and 8 MiB for tiles and sums; B*C floats are 64
    assert(used <= 6 * bytes + (8 << 20), ("%.1f MiB"):format(used / 2 ^ 20))
  end)

  it("refuses what means nothing", function()
    local x, w = Float { { 1, 2 }, { 2, 1 } }, Float { { 1, 2 }, { 2, 1 }, { -1, 1 } }
    local labels = Long { 1, 3 }
    raises("proxy_anchor_loss: labels must hold classes 1..3, got 4 at element 2", loss_of,
      { x, w }, Long { 1, 4 })
    raises("proxy_anchor_loss: labels must have 2 elements, one per row of x, got 1", loss_of,
      { x, w }, Long { 1 })
    raises("proxy_anchor_loss: labels must hold integers >= 1, got 0 at element 2", loss_of,
      { x, w }, Long { 1, 0 })
    raises("proxy_anchor_loss: the first argument must be a table {x, w}", loss_of, x, labels)
    raises("proxy_anchor_loss: the first argument must be a table {x, w}", loss_of, { x, w, w },
      labels)
    raises("proxy_anchor_loss: there is no option alpha", loss_of, { x, w }, labels, { alpha = 1 })
    raises("proxy_anchor_loss: there is no option reduction", loss_of, { x, w }, labels,
      { reduction = "sum" })
    raises("proxy_anchor_loss: there is no option centres", loss_of, { x, w }, labels,
      { centres = 2 })
    raises("proxy_anchor_loss: scale must be a number > 0, got 0", loss_of, { x, w }, labels,
      { scale = 0 })
    raises("proxy_anchor_loss: margin must be a finite number, got inf", loss_of, { x, w }, labels,
      { margin = 1 / 0 })
    x[2][1] = 0 / 0
    raises("proxy_anchor_loss: x has a NaN or an infinite value in row 2", loss_of, { x, w },
      labels)
    x[2][1], w[3][2] = 1, 1 / 0
    raises("proxy_anchor_loss: w has a NaN or an infinite value in row 3", loss_of, { x, w },
      labels)
  end)
end)
