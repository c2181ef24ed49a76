-- Options that all pair-wise losses share: ignore_label and weights.
local circlet = require "circlet"
local cases = require "spec.loss.family_cases"
local data = require "spec.loss.circle_cases"
local support = require "spec.support"

local flat = support.flat

local function with(options, more)
  local all = {}
  for _, from in ipairs { options, more } do
    for key, value in pairs(from) do all[key] = value end
  end
  return all
end

--- x and labels with rows of `label` among them, which hold NaN; and where the others are.
local function mixed(x, labels, label)
  local rows, marks, places = {}, {}, {}
  local from, names = x:totable(), labels:totable()
  for i = 1, #from do
    if i % 3 == 1 then
      rows[#rows + 1], marks[#marks + 1] = {}, label
      for d = 1, x:size(2) do rows[#rows][d] = 0 / 0 end
    end
    rows[#rows + 1], marks[#marks + 1], places[i] = from[i], names[i], #rows + 1
  end
  return circlet.FloatTensor(rows), circlet.LongTensor(marks), circlet.LongTensor(places)
end

for _, entry in ipairs(cases.losses) do
  describe(entry.name .. "_loss", function()
    local loss_of = circlet[entry.name .. "_loss"]

    it("leaves rows of ignore_label out, whatever they hold", function()
      for _, B in ipairs { 2, 30, 150 } do
        local x, labels = data.make("clustered", B, 6, B)
        local refs, ref_labels = data.make("clustered", B + 1, 6, B + 1)
        for _, label in ipairs { -1, 0, 10 ^ 6 } do
          for _, reduction in ipairs { "mean", "none" } do
            local opts = with(entry.options[2], { reduction = reduction })
            local some = with(opts, { ignore_label = label })
            local wide, marks, places = mixed(x, labels, label)
            local wide_refs, ref_marks, ref_places = mixed(refs, ref_labels, label)
            for _, two in ipairs { false, true } do
              local loss, grad, info, got, got_grad, got_info
              if two then
                loss, grad, info = loss_of({ x, refs }, { labels, ref_labels }, opts)
                got, got_grad, got_info = loss_of({ wide, wide_refs }, { marks, ref_marks }, some)
              else
                loss, grad, info = loss_of(x, labels, opts)
                got, got_grad, got_info = loss_of(wide, marks, some)
                grad, got_grad = { grad }, { got_grad }
              end
              if reduction == "none" then
                assert.equal(wide:size(1), got:size(1))
                assert.near(got:sum(), got:index(1, places):sum(), 1e-5 * (1 + got:sum()))
                loss, got = flat(loss), flat(got:index(1, places))
              end
              assert.same(loss, got)
              assert.same(info.n_anchors, got_info.n_anchors)
              assert.same(info.n_valid, got_info.n_valid)
              for k, at in ipairs { places, ref_places } do
                if grad[k] then
                  assert.same(flat(grad[k]), flat(got_grad[k]:index(1, at)))
                  -- and the rest is zero: both have the same norm
                  assert.near(grad[k]:norm(), got_grad[k]:norm(), 1e-6 * grad[k]:norm())
                end
              end
            end
          end
        end
      end
    end)

    it("has no anchors where all rows are ignored", function()
      local x, labels = data.make("random", 5, 3, 1)
      local loss, grad, info = loss_of(x, labels:fill(3), { ignore_label = 3 })
      assert.equal(0, loss)
      assert.equal(0, info.n_anchors)
      for _, g in ipairs(flat(grad)) do assert.equal(0, g) end
      assert.equal(5, #flat((loss_of(x, labels, { ignore_label = 3, reduction = "none" }))))
    end)

    if entry.unweighted then
      it("refuses weights", function()
        local x, labels = data.make("random", 5, 3, 1)
        support.raises(entry.name .. "_loss: there are no weights", loss_of, x, labels,
          { weights = circlet.ones(5) })
      end)
    else
      it("counts an anchor as often as its weight says", function()
        local x, labels = data.make("clustered", 40, 5, 9)
        x = x:double()
        local weights = circlet.DoubleTensor(40):uniform(0, 3)
        weights[7], weights[8] = 0, 1
        for _, opts in ipairs(entry.options) do
          local each = loss_of(x, labels, with(opts, { reduction = "none" }))
          local got = loss_of(x, labels, with(opts, { reduction = "none", weights = weights }))
          support.near(flat(circlet.cmul(each, weights)), flat(got), 1e-14)
          local sum, grad = loss_of(x, labels, with(opts, { reduction = "sum", weights = weights }))
          assert.near(got:sum(), sum, 1e-13 * (1 + sum))
          -- the gradient is linear in the weights
          local parts = circlet.DoubleTensor(40, 5):zero()
          for _, kept in ipairs { 0, 1 } do
            local half = weights:clone()
            for i = 1, 40 do if i % 2 == kept then half[i] = 0 end end
            parts:add((select(2, loss_of(x, labels,
              with(opts, { reduction = "sum", weights = half })))))
          end
          support.near(flat(grad), flat(parts), 1e-11 * (1 + grad:norm()))
          local all = with(opts, { reduction = "sum" })
          local _, plain = loss_of(x, labels, all)
          local _, once = loss_of(x, labels, with(all, { weights = circlet.ones(40):double() }))
          assert.same(flat(plain), flat(once))
        end
        local opts = entry.options[1]
        for _, reduction in ipairs { "mean", "mean_all", "mean_nonzero" } do
          local once = with(opts, { reduction = reduction })
          local loss, grad = loss_of(x, labels, once)
          local twice, twice_grad = loss_of(x, labels,
            with(once, { weights = circlet.DoubleTensor(40):fill(2) }))
          assert.near(loss, twice, 1e-14 * (1 + loss))
          support.near(flat(grad), flat(twice_grad), 1e-13 * (1 + grad:norm()))
        end
      end)
    end
  end)
end

describe("shared options", function()
  local x, labels = data.make("clustered", 6, 3, 2)

  it("weigh the mean over valid anchors", function()
    local marks = circlet.LongTensor { 1, 1, 2, 2, 3, 4 } -- rows 5 and 6 have no positive
    local opts = { gamma = 8, reduction = "none" }
    local each = circlet.unified_loss(x, marks, opts):totable()
    opts.reduction, opts.weights = "mean", circlet.DoubleTensor { 1, 2, 0, 3, 5, 5 }
    local sum = each[1] + 2 * each[2] + 3 * each[4]
    assert.near(sum / 6, circlet.unified_loss(x, marks, opts), 1e-6)
    opts.reduction = "mean_all"
    assert.near(sum / 16, circlet.unified_loss(x, marks, opts), 1e-6)
    opts.weights:zero()
    for _, reduction in ipairs { "mean", "mean_all", "mean_nonzero", "sum" } do
      opts.reduction = reduction
      local loss, grad = circlet.unified_loss(x, marks, opts)
      assert.equal(0, loss)
      assert.equal(0, grad:norm())
    end
  end)

  it("go with criterions, which can be saved", function()
    local nn = circlet.nn
    local opts = { ignore_label = 0, weights = circlet.DoubleTensor { 1, 2, 0, 3, 5, 5 } }
    local marks = circlet.LongTensor { 1, 1, 2, 2, 0, 2 }
    local criterion = circlet.deserialize(circlet.serialize(nn.SupConCriterion(opts)))
    assert.equal((circlet.supcon_loss(x, marks, opts)), criterion:forward(x, marks))
    local classes = nn.CircleClassCriterion(3, 4, 0.25, 16, { ignore_label = 0 })
    classes:forward(x, marks)
    classes:backward(x, marks)
    assert.equal(0, classes.gradInput[5]:norm())
    assert.equal(5, classes.info.n_anchors)
  end)

  it("weigh losses of class vectors", function()
    local rows, w = circlet.randn(20, 4):double(), circlet.randn(5, 4):double()
    local marks = circlet.LongTensor(20):random(1, 5)
    local weights = circlet.DoubleTensor(20):uniform(0, 3)
    for _, name in ipairs { "circle_class_loss", "margin_loss" } do
      local opts = { reduction = "none", label_smoothing = name == "margin_loss" and 0.1 or nil }
      local each = circlet[name]({ rows, w }, marks, opts)
      opts.reduction, opts.weights = "sum", weights
      local sum, grads = circlet[name]({ rows, w }, marks, opts)
      assert.near(circlet.cmul(each, weights):sum(), sum, 1e-12 * sum)
      local parts = { rows:clone():zero(), w:clone():zero() }
      for _, kept in ipairs { 0, 1 } do
        opts.weights = weights:clone()
        for i = 1, 20 do if i % 2 == kept then opts.weights[i] = 0 end end
        local _, half = circlet[name]({ rows, w }, marks, opts)
        for k = 1, 2 do parts[k]:add(half[k]) end
      end
      for k = 1, 2 do support.near(flat(grads[k]), flat(parts[k]), 1e-11 * grads[k]:norm()) end
    end
  end)

  it("refuse what means nothing", function()
    local loss = circlet.circle_loss
    for _, bad in ipairs { -1, 0 / 0, 1 / 0 } do
      support.raises("circle_loss: weights must be numbers >= 0, got", loss, x, labels,
        { weights = circlet.DoubleTensor { 1, 1, bad, 1, 1, 1 } })
    end
    support.raises("circle_loss: weights must be a Float or Double tensor of 6 elements", loss, x,
      labels, { weights = circlet.ones(5) })
    support.raises("circle_loss: weights must be a Float or Double tensor of 6 elements", loss, x,
      labels, { weights = labels })
    support.raises("circle_loss: option weights must be a tensor, got table", loss, x, labels,
      { weights = { 1 } })
    support.raises("circle_loss: weights need one term per anchor", loss, x, labels,
      { weights = circlet.ones(6), aggregate = "batch" })
    support.raises("circle_loss: option ignore_label must be an integer", loss, x, labels,
      { ignore_label = 0.5 })
    support.raises("circle_loss: labels must hold integers >= 1, got 0 at element 2", loss, x,
      circlet.LongTensor { -1, 0, 1, 1, 2, 2 }, { ignore_label = -1 })
  end)
end)
