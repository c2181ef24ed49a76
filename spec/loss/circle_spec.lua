-- Circle Loss against the oracle of core/ref, published values and differences.
local circlet = require "circlet"
local core = require "circlet.core"
local cases = require "spec.loss.circle_cases"
local circle_lua = require "spec.loss.circle_lua"
local support = require "spec.support"

local flat = support.flat

-- One case per kind of data and size of batch, three times with other D, gamma and m. Each kind
-- meets every value of every axis (checked below); the full product is in circle_long_spec.lua.
local function designed()
  local list = {}
  for k, kind in ipairs(cases.kinds) do
    for round = 0, 2 do
      for n, B in ipairs(cases.batches) do
        local large = B == 1000
        if not large or round == 0 then
          local pick = function(axis, step, last) return axis[(n + k + step * round) % last + 1] end
          list[#list + 1] = { kind = kind, B = B,
            D = pick(cases.dimensions, 2, large and 4 or 6), gamma = pick(cases.gammas, 3, 4),
            m = pick(cases.margins, 1, 5),
            types = large and { k % 2 == 0 and "Float" or "Double" } or nil }
        end
      end
    end
  end
  return list
end

describe("circle_loss", function()
  it("meets every value of every axis with every kind of data, where there are pairs", function()
    local met = {}
    for _, case in ipairs(designed()) do
      met[case.kind .. " B " .. case.B] = true
      for _, axis in ipairs(case.B >= 5 and { "D", "gamma", "m" } or {}) do
        met[case.kind .. " " .. axis .. " " .. case[axis]] = true
      end
    end
    for _, kind in ipairs(cases.kinds) do
      for axis, values in pairs { B = cases.batches, D = cases.dimensions, gamma = cases.gammas,
        m = cases.margins } do
        for _, value in ipairs(values) do
          assert(met[kind .. " " .. axis .. " " .. value],
            ("%s never meets %s = %s"):format(kind, axis, value))
        end
      end
    end
  end)

  for _, kind in ipairs(cases.kinds) do
    it("agrees with the reference on data of kind " .. kind, function()
      for _, case in ipairs(designed()) do
        if case.kind == kind then
          local x, labels = cases.make(kind, case.B, case.D, 10 * case.B + case.D)
          local name = ("%s B=%d D=%d gamma=%g m=%g"):format(kind, case.B, case.D, case.gamma,
            case.m)
          cases.compare(name, x, labels, { gamma = case.gamma, m = case.m }, case.types)
        end
      end
    end)
  end

  it("agrees with the reference under every option, within a set and against references", function()
    local x, labels = cases.make("random", 37, 5, 3)
    local refs, ref_labels = cases.make("clustered", 21, 5, 4)
    for _, entry in ipairs(cases.combinations { m = { 0.3 }, gamma = { 20 },
      similarity = { "cosine", "dot", "euclidean" }, aggregate = { "anchor", "batch" },
      reduction = { "mean", "mean_all", "sum" }, through_alpha = { false, true } }) do
      local opts, name = table.unpack(entry)
      cases.compare("set" .. name, x, labels, opts)
      cases.compare("references" .. name, { x, refs }, { labels, ref_labels }, opts)
    end
  end)

  it("agrees with the reference against few and many references of every kind", function()
    for k, kind in ipairs(cases.kinds) do
      for _, size in ipairs { { 1, 300 }, { 300, 1 }, { 70, 130 }, { 5, 0 }, { 0, 5 } } do
        local x, labels = cases.make(kind, size[1], 17, 5)
        local refs, ref_labels = cases.make(kind, size[2], 17, 6)
        cases.compare(("%s %dx%d"):format(kind, size[1], size[2]), { x, refs },
          { labels, ref_labels }, { gamma = cases.gammas[k % 4 + 1] })
      end
    end
  end)

  it("agrees with the reference where the logits of a tile lie any number of bits apart", function()
    -- Anchor i, its positive and one negative in a plane of their own: the negative at a cosine
    -- that makes its logit `bits` i/n to base 2, all others at 0. The driver scales by powers of
    -- two, by one for a whole tile where its anchors' largest logits are within 76 (Double: 512)
    -- of each other.
    local n, m, gamma = 24, 0.25, 1600
    local list = { 10, 60, 75, 76, 77, 78, 100, 124, 126, 128, 160, 400, 511, 513, 1000 }
    for _, bits in ipairs(list) do
      local x, labels = circlet.DoubleTensor(3 * n, 2 * n):zero(), circlet.LongTensor(3 * n)
      for i = 1, n do
        local cosine = math.sqrt(bits * i / n * math.log(2) / gamma)
        for k, s in ipairs { 1, 0.9, cosine } do
          x[3 * i - 3 + k][2 * i - 1], x[3 * i - 3 + k][2 * i] = s, math.sqrt(1 - s * s)
          labels[3 * i - 3 + k] = k < 3 and i or n + i // 2 + 1
        end
      end
      cases.compare(("%d bits"):format(bits), x, labels, { gamma = gamma, m = m })
      cases.compare(("%d bits, references"):format(bits), { x, x:clone() },
        { labels, labels:clone() }, { gamma = gamma, m = m })
    end
  end)

  it("treats references that are the anchors themselves as other elements", function()
    -- every anchor has itself as a positive at similarity 1: valid even when alone in its class
    local x = circlet.DoubleTensor { { 1, 0 }, { 0, 2 } }
    local labels = circlet.LongTensor { 1, 2 }
    local loss, _, info = circlet.circle_loss({ x, x }, { labels, labels }, { m = 0.25, gamma = 2 })
    assert.equal(2, info.n_valid)
    -- l_p = -2*0.25*0.25, l_n = 2*0.25*(0-0.25)
    assert.near(math.log(1 + math.exp(-0.125 - 0.125)), loss, 1e-15)
    assert.equal(0, (select(3, circlet.circle_loss(x, labels))).n_valid)
  end)

  it("gives the published values", function()
    local rows = {}
    for i, degrees in ipairs { 0, 20, 40, 60, 80 } do
      rows[i] = { 2 * math.cos(math.rad(degrees)), 0.5 * math.sin(math.rad(degrees)) }
    end
    local x, labels = circlet.DoubleTensor(rows), circlet.LongTensor { 1, 1, 2, 2, 3 }
    local each, _, info = circlet.circle_loss(x, labels,
      { m = 0.25, gamma = 256, reduction = "none" })
    assert.equal("circlet.DoubleTensor", each:type())
    -- 17 digits of each, evaluated by mpmath at 50; nine of them are the published ones
    support.near({ 213.21376676630491, 220.57302311123308, 220.67487207828958,
      199.09468087632163, 0 }, flat(each), 1e-13)
    assert.equal(4, info.n_valid)
    assert.equal(5, info.n_anchors)
    for value, opts in pairs {
      [213.38908570803730] = { m = 0.25, gamma = 256 },
      [170.71126856642984] = { m = 0.25, gamma = 256, reduction = "mean_all" },
      [853.55634283214919] = { m = 0.25, gamma = 256, reduction = "sum" },
      [221.31869296015600] = { m = 0.25, gamma = 256, aggregate = "batch" },
      [51.110266916430689] = { m = 0.4, gamma = 80 },
    } do
      assert.near(value, (circlet.circle_loss(x, labels, opts)), 1e-13 * value)
      assert.near(value, (circlet.circle_loss(x:float(), labels, opts)), 1e-6 * value)
    end
    assert.near(213.38908570803730, (circlet.circle_loss(x, labels)), 1e-11) -- the defaults
  end)

  it("is the derivative of its loss, the weights held fixed or differentiated", function()
    circlet.manualSeed(11)
    local rows = circlet.randn(9, 4):totable()
    local refs = circlet.randn(6, 4):totable()
    local problem = { x = rows, labels = { 1, 1, 2, 2, 3, 1, 4, 3, 3 } }
    local against = { x = rows, labels = problem.labels, refs = refs,
      ref_labels = { 1, 2, 3, 3, 1, 5 } }
    local function call(p, opts)
      local x, labels = circlet.DoubleTensor(p.x), circlet.LongTensor(p.labels)
      if not p.refs then return circlet.circle_loss(x, labels, opts) end
      return circlet.circle_loss({ x, circlet.DoubleTensor(p.refs) },
        { labels, circlet.LongTensor(p.ref_labels) }, opts)
    end
    local function check(p, opts, name)
      local function at(moved) -- held fixed: only plain Lua can move s without alpha
        if opts.through_alpha then return (call(moved, opts)) end
        local frozen = { alpha_at = p }
        for key, value in pairs(opts) do frozen[key] = value end
        return (circle_lua.loss(moved, frozen))
      end
      local _, grad = call(p, opts)
      for side, g in pairs(p.refs and { x = grad[1], refs = grad[2] } or { x = grad }) do
        local list, most = flat(g), 0
        for _, value in ipairs(list) do most = math.max(most, math.abs(value)) end
        local expected = circle_lua.difference(at, p, side, math.min(1e-6, 1e-3 / opts.gamma))
        for i, value in ipairs(circle_lua.flat(expected)) do
          assert(math.abs(value - list[i]) <= 1e-7 * most,
            ("%s %s %d: %.17g, by differences %.17g"):format(name, side, i, list[i], value))
        end
      end
    end
    for _, entry in ipairs(cases.combinations { m = { 0.35 }, gamma = { 80, 256, 1e4 },
      similarity = { "cosine", "euclidean" }, aggregate = { "anchor", "batch" },
      through_alpha = { false, true } }) do
      check(problem, entry[1], "set" .. entry[2])
      check(against, entry[1], "references" .. entry[2])
    end
  end)

  it("gives the loss of each anchor on request, and the gradient of their sum", function()
    local x, labels = cases.make("clustered", 33, 6, 9)
    for _, dtype in ipairs(support.real_types) do
      local input = x:type("circlet." .. dtype .. "Tensor")
      local each, grad = circlet.circle_loss(input, labels, { gamma = 32, reduction = "none" })
      local sum, same = circlet.circle_loss(input, labels, { gamma = 32, reduction = "sum" })
      local expected = core.ref_circle_loss(x, labels, { gamma = 32, reduction = "none" })
      assert.equal(input:type(), each:type())
      assert.same({ 33 }, each:size():totable())
      assert.same(flat(same), flat(grad))
      -- each to the bar of a loss (Float: one more rounding, into the tensor)
      local tolerance = dtype == "Float" and 2e-7 or 1e-13
      local total = 0
      for i, value in ipairs(flat(each)) do
        local e = expected[i]
        assert.near(e, value, tolerance * 32 * math.max(1, e))
        total = total + value
      end
      assert.near(total, sum, 33 * tolerance * sum)
    end
  end)

  it("gives an anchor without a positive or a negative no loss and no say in the mean", function()
    local x = cases.make("random", 6, 3, 2)
    local labels = circlet.LongTensor { 1, 1, 2, 3, 4, 5 }
    local each = circlet.circle_loss(x, labels, { reduction = "none" })
    assert.same({ 0, 0, 0, 0 }, flat(each:narrow(1, 3, 4)))
    assert.is_true(each[1] > 0 and each[2] > 0)
    local sum = circlet.circle_loss(x, labels, { reduction = "sum" })
    local mean, _, info = circlet.circle_loss(x, labels)
    local mean_all = circlet.circle_loss(x, labels, { reduction = "mean_all" })
    assert.equal(2, info.n_valid)
    assert.near(sum / 2, mean, 1e-7 * sum)
    assert.near(sum / 6, mean_all, 1e-7 * sum)
    -- Rows 5 and 6 lie at right angles to all others and their logits as negatives are far below
    -- the rest: whatever gradient they get could only come through themselves as anchors.
    local apart = circlet.DoubleTensor { { 1, 0.2, 0, 0 }, { 0.8, -1, 0, 0 }, { 1, 1, 0, 0 },
      { 0.3, -1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 1, 1 } }
    local _, grad = circlet.circle_loss(apart, circlet.LongTensor { 1, 1, 2, 2, 3, 4 },
      { gamma = 1e4 })
    local most = 0
    for _, g in ipairs(flat(grad)) do most = math.max(most, math.abs(g)) end
    assert.is_true(most > 100)
    for _, g in ipairs(flat(grad:narrow(1, 5, 2))) do assert.is_true(math.abs(g) < 1e-12 * most) end
  end)

  it("counts a valid anchor whose loss underflows", function()
    for _, dtype in ipairs(support.real_types) do
      -- rows 1 to 4 are two tight classes far apart; rows 5 to 7 are confused
      local x = circlet[dtype .. "Tensor"] { { 1, 0, 0 }, { 1, 0, 0 }, { -1, 0, 0 }, { -1, 0, 0 },
        { 0, 1, 0 }, { 0, 1, 1 }, { 0, 1, 0.5 } }
      local labels = circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4 }
      local opts = { m = 0.25, gamma = 2e4 } -- z = -2e4/16 + log 6 for the first four
      local mean, _, info = circlet.circle_loss(x, labels, opts)
      opts.reduction = "sum"
      local sum = circlet.circle_loss(x, labels, opts)
      opts.reduction = "none"
      local each = flat((circlet.circle_loss(x, labels, opts)))
      assert.same({ 0, 0, 0, 0 }, { table.unpack(each, 1, 4) })
      assert.is_true(each[5] > 0 and each[6] > 0)
      assert.equal(6, info.n_valid)
      assert.near(sum / 6, mean, 1e-7 * sum)
    end
  end)

  it("gives zero loss and zero gradient when there is nothing to compare", function()
    for _, case in ipairs { { "same", 64 }, { "distinct", 64 }, { "random", 1 }, { "random", 2 },
      { "random", 0 } } do
      for _, reduction in ipairs { "mean", "mean_all", "sum" } do
        for _, aggregate in ipairs { "anchor", "batch" } do
          local x, labels = cases.make(case[1], case[2], 3)
          local loss, grad, info = circlet.circle_loss(x, labels,
            { reduction = reduction, aggregate = aggregate })
          assert.equal(0, loss)
          assert.equal(0, info.n_valid)
          assert.equal(case[2], info.n_anchors)
          assert.same({ case[2], 3 }, grad:size():totable())
          for _, g in ipairs(flat(grad)) do assert.equal(0, g) end
        end
      end
    end
  end)

  it("takes labels of every type and inputs in every layout", function()
    local x, labels = cases.make("clustered", 20, 7)
    local loss, grad = circlet.circle_loss(x, labels)
    for _, of in ipairs { "long", "int", "byte", "float", "double" } do
      for _, label_layout in ipairs(support.layouts(labels[of](labels))) do
        for _, layout in ipairs(support.layouts(x)) do
          local other_loss, other = circlet.circle_loss(layout, label_layout)
          assert.equal(loss, other_loss)
          assert.same(flat(grad), flat(other))
          assert.is_true(other:isContiguous())
        end
      end
    end
    -- labels need not be small or dense
    local sparse = circlet.LongTensor(20)
    for i = 1, 20 do sparse[i] = labels[i] * (1 << 40) end
    local other_loss, other = circlet.circle_loss(x, sparse)
    assert.equal(loss, other_loss)
    assert.same(flat(grad), flat(other))
  end)

  it("orders many labels, small or large, dense or sparse, given in any order", function()
    circlet.manualSeed(5)
    for _, rows in ipairs { 4095, 4097 } do -- labels are ordered by other digits from 4096 rows on
      local x, dense = circlet.randn(rows, 2), circlet.LongTensor(rows):random(1, 900)
      local loss, grad = circlet.circle_loss(x, dense)
      for _, spread in ipairs { 1, 31, 8191, 1 << 33 } do
        local other_loss, other = circlet.circle_loss(x, dense:clone():mul(spread))
        assert.equal(loss, other_loss)
        assert.is_true(other:equal(grad))
      end
      local ascending, from = circlet.sort(dense)
      local same_loss, same = circlet.circle_loss(x:index(1, from), ascending)
      assert.equal(loss, same_loss)
      assert.is_true(same:equal(grad:index(1, from)))
    end
  end)

  it("leaves its inputs as they were", function()
    local x, labels = cases.make("random", 30, 4)
    local x0, labels0 = flat(x), flat(labels)
    circlet.circle_loss(x, labels)
    circlet.circle_loss({ x, x }, { labels, labels })
    circlet.circle_class_loss({ x, x }, labels)
    assert.same(x0, flat(x))
    assert.same(labels0, flat(labels))
  end)

  it("tells what the pass knows", function()
    local x, labels = cases.make("clustered", 70, 9)
    for _, aggregate in ipairs { "anchor", "batch" } do
      local _, _, info = circlet.circle_loss(x:double(), labels, { aggregate = aggregate })
      local _, _, facts = core.ref_circle_loss(x, labels, { aggregate = aggregate })
      assert.equal(facts.n_valid, info.n_valid)
      assert.equal(facts.n_anchors, info.n_anchors)
      assert.near(facts.mean_sp, info.mean_sp, 1e-14)
      assert.near(facts.mean_sn, info.mean_sn, 1e-14)
    end
  end)

  it("is as exact for unbounded similarities whose logits leave float32 no digits", function()
    local labels = circlet.LongTensor(70)
    for i = 1, 70 do labels[i] = (i - 1) // 5 + 1 end
    for _, similarity in ipairs { "dot", "euclidean" } do
      for _, length in ipairs { 3, 30, 1e3, 1e8 } do
        circlet.manualSeed(5)
        local x, opts = circlet.FloatTensor(70, 6):normal():mul(length), { similarity = similarity }
        local loss, grad = circlet.circle_loss(x, labels, opts)
        local truth, true_grad = circlet.circle_loss(x:double(), labels, opts)
        assert.near(truth, loss, 1e-14 * truth) -- both are computed in double
        local err = (grad:double() - true_grad):norm() / true_grad:norm()
        assert(err <= 2 ^ -24, ("%s %g: %g"):format(similarity, length, err)) -- one rounding
      end
    end
  end)
end)

describe("circle_class_loss", function()
  local function class_case(name, kind, B, C, D, opts)
    local x = cases.make(kind, B, D, 21)
    local w = cases.make(kind == "zero" and "zero" or "random", C, D, 22)
    local labels = circlet.LongTensor(B)
    for i = 1, B do labels[i] = (i * i) % C + 1 end
    local loss, grads, facts = core.ref_circle_class_loss(x, w, labels, opts)
    local truth = { loss = loss, grads = grads, facts = facts }
    local classes = circlet.LongTensor(C)
    for c = 1, C do classes[c] = c end
    local function plain()
      local l, gx, gw = core.ref_circle_plain({ x, w }, { labels, classes }, opts)
      return { loss = l, grads = { gx, gw } }
    end
    for _, dtype in ipairs(support.real_types) do
      local as = dtype:lower()
      local l, g, info = circlet.circle_class_loss({ x[as](x), w[as](w) }, labels, opts)
      local fault = cases.fault(dtype, opts, { loss = l, grads = g }, truth, plain)
      assert(not fault, name .. " " .. dtype .. ": " .. tostring(fault))
      assert.equal(facts.n_valid, info.n_valid)
    end
  end

  it("agrees with the reference on every kind of rows, every gamma and m", function()
    for k, kind in ipairs(cases.kinds) do
      for n, size in ipairs { { 1, 2, 1 }, { 5, 3, 2 }, { 64, 10, 31 }, { 130, 257, 3 },
        { 33, 70, 128 } } do
        for round = 0, 1 do
          local opts = { gamma = cases.gammas[(n + k + round) % 4 + 1],
            m = cases.margins[(n + 2 * k + round) % 5 + 1] }
          class_case(("%s %dx%dx%d gamma=%g m=%g"):format(kind, size[1], size[2], size[3],
            opts.gamma, opts.m), kind, size[1], size[2], size[3], opts)
        end
      end
    end
  end)

  it("agrees with the reference under every option", function()
    for _, entry in ipairs(cases.combinations { m = { 0.3 }, gamma = { 20 },
      similarity = { "cosine", "dot", "euclidean" }, aggregate = { "anchor", "batch" },
      reduction = { "mean", "mean_all", "sum" }, through_alpha = { false, true } }) do
      class_case("options" .. entry[2], "random", 40, 9, 6, entry[1])
    end
  end)

  it("is cross-entropy over gamma*alpha*(s-D), each at its place", function()
    local x, w = cases.make("random", 8, 5, 31), cases.make("random", 4, 5, 32)
    local labels = circlet.LongTensor { 1, 2, 3, 4, 1, 2, 3, 4 }
    local gamma, m, total = 16, 0.3, 0
    local function unit(row)
      local norm = 0
      for _, v in ipairs(row) do norm = norm + v * v end
      for d, v in ipairs(row) do row[d] = v / math.sqrt(norm) end
      return row
    end
    for i, row in ipairs(x:double():totable()) do
      local u, sum, target = unit(row), 0, nil
      for c, class in ipairs(w:double():totable()) do
        local s = 0
        for d, v in ipairs(unit(class)) do s = s + u[d] * v end
        local logit
        if c == labels[i] then
          logit = gamma * math.max(1 + m - s, 0) * (s - (1 - m))
          target = logit
        else
          logit = gamma * math.max(s + m, 0) * (s - m)
        end
        sum = sum + math.exp(logit)
      end
      total = total + math.log(sum) - target
    end
    assert.near(total / 8, (circlet.circle_class_loss({ x:double(), w:double() }, labels,
      { m = m, gamma = gamma })), 1e-12)
  end)

  it("gives no loss when there is one class", function()
    local x = cases.make("random", 4, 3)
    local loss, grads, info = circlet.circle_class_loss({ x, x:narrow(1, 1, 1) },
      circlet.LongTensor { 1, 1, 1, 1 })
    assert.equal(0, loss)
    assert.equal(0, info.n_valid)
    for k = 1, 2 do for _, g in ipairs(flat(grads[k])) do assert.equal(0, g) end end
  end)end)

describe("circle_similarity_loss", function()
  it("gives the published values at 0.8 and 0.8", function()
    local s = circlet.DoubleTensor { 0.8 }
    local loss, grads = circlet.circle_similarity_loss({ s, s }, { m = 0.25, gamma = 1 })
    -- 17 digits by mpmath at 50; eight are published
    assert.near(1.0086660582148960, loss, 1e-13)
    assert.near(-0.28588268219526, grads[1][1], 1e-13)
    assert.near(0.66705959178895, grads[2][1], 1e-13)
    local same, through = circlet.circle_similarity_loss({ s, s },
      { m = 0.25, gamma = 1, through_alpha = true })
    assert.equal(loss, same)
    assert.near(-0.25411793972912, through[1][1], 1e-13)
    assert.near(1.0164717589165, through[2][1], 1e-12)
  end)

  it("agrees with the reference for one anchor and for many, under every option", function()
    circlet.manualSeed(41)
    local function similarities(...)
      local t = circlet.randn(...)
      local list = t:storage()
      for i = 1, t:nElement() do list[i] = math.max(-1, math.min(1, 0.5 * list[i])) end
      return t
    end
    local inputs = {
      { similarities(7), similarities(12) }, { similarities(1), similarities(1) },
      { similarities(300), similarities(2000) }, { similarities(9, 4), similarities(9, 30) },
      { similarities(40, 1), similarities(40, 300) },
      { circlet.FloatTensor { 1, 1 }, circlet.FloatTensor { -1, -1, 1 } },
      { circlet.FloatTensor(), circlet.FloatTensor { 0.5 } },
      { circlet.FloatTensor { 0.5 }, circlet.FloatTensor() },
      { circlet.FloatTensor(3, 0), circlet.FloatTensor(3, 2):fill(0.25) },
    }
    for n, input in ipairs(inputs) do
      for _, entry in ipairs(cases.combinations { gamma = cases.gammas, m = cases.margins,
        through_alpha = { false, true },
        aggregate = { "anchor", "batch" },
        reduction = n % 2 == 0 and { "mean", "sum" } or { "mean_all" } }) do
        local opts, name = table.unpack(entry)
        local loss, grads, facts = core.ref_circle_similarity_loss(input[1], input[2], opts)
        local truth = { loss = loss, grads = grads, facts = facts }
        for _, dtype in ipairs(support.real_types) do
          local as = dtype:lower()
          local l, g, info = circlet.circle_similarity_loss({ input[1][as](input[1]),
            input[2][as](input[2]) }, opts)
          local fault = cases.fault(dtype, opts, { loss = l, grads = g }, truth)
          assert(not fault, ("input %d%s %s: %s"):format(n, name, dtype, fault))
          assert.equal(facts.n_valid, info.n_valid)
        end
      end
    end
  end)
end)
