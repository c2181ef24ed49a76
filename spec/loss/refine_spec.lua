-- Refinements of the pair-wise losses: hardest negatives, weights of pairs, positives by labels in
-- common, parameters of each anchor or label; against the oracle of core/ref, and themselves.
local circlet = require "circlet"
local cases = require "spec.loss.family_cases"
local data = require "spec.loss.circle_cases"
local refine = require "spec.loss.refine_cases"
local support = require "spec.support"

local flat, with = support.flat, cases.with

local losses, spread, several = refine.losses, refine.spread, refine.several
local refinements, largest = refine.refinements, refine.largest

--- The sharpest that an entry is with the parameters of any anchor.
local function sharpest(entry, opts)
  local numbers = with(opts)
  for key, value in pairs(opts) do
    local values = type(value) == "table" and value.by_label or value
    if circlet.isTensor(values) and values:nElement() > 0 and key ~= "pair_weights" then
      numbers[key] = key == "temperature" and values:min() or values:max()
    end
  end
  return entry.sharp(numbers)
end

--- Compares a loss with its oracle, of one set and of two.
local function compare(entry, x, labels, refs, ref_labels, refinement, more)
  local make = refinement.sets and several or function(t) return t end
  local C = math.max(largest(labels), largest(ref_labels))
  for _, two in ipairs { false, true } do
    local partners = two and refs:size(1) or x:size(1)
    local opts = with(more, refinement.options(x:size(1), partners, C))
    local sharp = { name = entry.name, floor = entry.floor,
      sharp = function() return sharpest(entry, opts) end }
    cases.compare(sharp, two and { x, refs } or x,
      two and { make(labels), make(ref_labels) } or make(labels), opts, 1)
  end
end

for _, entry in ipairs(losses) do
  describe(entry.name .. "_loss", function()
    local loss_of = circlet[entry.name .. "_loss"]

    for _, kind in ipairs { "random", "clustered", "duplicated", "same", "zero" } do
      it("agrees with the reference under every refinement on data of kind " .. kind, function()
        -- more than 64 rows are computed in Float where the input is
        for n, B in ipairs { 1, 5, kind == "clustered" and 90 or 30 } do
          local D = ({ 3, 2, 16 })[n]
          local x, labels = data.make(kind, B, D, 10 * B + n)
          local refs, ref_labels = data.make(kind, B + 3, D, 10 * B + n + 1)
          for _, refinement in ipairs(refinements(entry)) do
            compare(entry, x, labels, refs, ref_labels, refinement, entry.options[1])
          end
        end
      end)
    end

    it("agrees with the reference for every option, similarity and reduction", function()
      local x, labels = data.make("clustered", 30, 6, 4)
      local refs, ref_labels = data.make("clustered", 27, 6, 5)
      local list = refinements(entry)
      local most = list[#list]
      for _, opts in ipairs(entry.options) do
        compare(entry, x, labels, refs, ref_labels, most, opts)
      end
      for _, more in ipairs { { reduction = "sum" }, { reduction = "none" },
        { reduction = "mean_all" }, { reduction = "mean_nonzero" } } do
        compare(entry, x, labels, refs, ref_labels, most, with(entry.options[1], more))
      end
      x, refs = x:div(4), refs:div(4)
      for _, refinement in ipairs(list) do
        compare(entry, x, labels, refs, ref_labels, refinement,
          with(entry.options[1], { similarity = "euclidean" }))
      end
    end)

    it("has the gradient of its value under refinements, by differences", function()
      local x, labels = data.make("random", 13, 4, 8)
      x = x:double()
      for _, refinement in ipairs(refinements(entry)) do
        local opts = with(entry.options[#entry.options],
          refinement.options(13, 13, largest(labels)))
        local marks = refinement.sets and several(labels) or labels
        if entry.name == "circle" then opts.through_alpha = true end
        local h = 1e-4 / (1 + sharpest(entry, opts))
        local _, grad = loss_of(x, marks, opts)
        local most = grad:clone():abs():max()
        for i = 1, 13, 3 do
          for d = 1, 4 do
            local value = x[i][d]
            x[i][d] = value + h
            local above = loss_of(x, marks, opts)
            x[i][d] = value - h
            local below = loss_of(x, marks, opts)
            x[i][d] = value
            -- as in family_spec
            assert.near(grad[i][d], (above - below) / (2 * h),
              1e-6 * most + 2 ^ -50 / h * math.abs(above))
          end
        end
      end
    end)

    it("gives the same bits for every number of threads, kept similarities or not", function()
      local threads = circlet.getnumthreads()
      finally(function() circlet.setnumthreads(threads) end)
      local x, labels = data.make("clustered", 300, 24, 6)
      local refs, ref_labels = data.make("clustered", 290, 24, 7)
      local list = refinements(entry)
      local refinement = list[#list]
      local make = refinement.sets and several or function(t) return t end
      for _, two in ipairs { false, true } do
        local opts = refinement.options(300, two and 290 or 300, largest(labels))
        local first, first_grads
        for _, setting in ipairs { { 1 }, { 3 }, { 2, 0 }, { 1, 2e5 }, { 8, 1e9 } } do
          circlet.setnumthreads(setting[1])
          local loss, grads = loss_of(two and { x, refs } or x,
            two and { make(labels), make(ref_labels) } or make(labels),
            with(with(entry.options[1], opts), { memory_budget = setting[2] }))
          grads = two and grads or { grads }
          first, first_grads = first or loss, first_grads or grads
          assert.equal(first, loss)
          for k, grad in ipairs(grads) do assert.same(flat(first_grads[k]), flat(grad)) end
        end
      end
    end)

    it("is as without refinements where every pair counts once", function()
      local x, labels = data.make("clustered", 60, 7, 3)
      x = x:double()
      local sets = circlet.LongTensor(60, 2):zero()
      sets:select(2, 2):copy(labels)
      local once = { { hardest_negatives = 60 }, { hardest_negatives = 2 ^ 40 } }
      if not entry.unweighted then
        once[#once + 1] = { pair_weights = circlet.DoubleTensor(60):fill(1) }
        once[#once + 1] = { pair_weights = circlet.FloatTensor(60, 60):fill(1) }
      end
      for _, opts in ipairs(entry.options) do
        for _, filter in ipairs { 0, 1e-4 } do
          local plain = with(opts, { diagnostics = true, filter_eps = filter })
          local loss, grad, info = loss_of(x, labels, plain)
          for n = 1, #once + 2 do
            local own_opts = once[n] or { positives = n == #once + 1 and "shared" or "soft" }
            local got, got_grad, facts = loss_of(x, once[n] and labels or sets,
              with(plain, own_opts))
            assert.near(loss, got, 1e-12 * (1 + math.abs(loss)))
            support.near(flat(grad), flat(got_grad), 1e-11 * (1 + grad:norm()))
            refine.equal_facts(info, facts)
          end
        end
      end
    end)
  end)
end

describe("hardest negatives", function()
  -- anchor 1 has the negatives 3 (similarity 2), 4 and 5 (both 1), 6 (0.5), as dot products
  local x = circlet.DoubleTensor { { 1, 0 }, { 1, 1 }, { 2, 0 }, { 1, 3 }, { 1, 4 }, { 0.5, 0 } }
  local labels = circlet.LongTensor { 1, 1, 2, 3, 3, 2 }

  local function first(k)
    local each = circlet.unified_loss(x, labels,
      { m = 0, gamma = 1, similarity = "dot", reduction = "none", hardest_negatives = k })
    return each[1]
  end

  it("are those with the largest similarities, few or many", function()
    local exp, log = math.exp, math.log
    local function loss(...)
      local sum = 0
      for _, s in ipairs { ... } do sum = sum + exp(s - 1) end
      return log(1 + sum)
    end
    assert.near(loss(2), first(1), 1e-14)
    assert.near(loss(2, 1), first(2), 1e-14)
    assert.near(loss(2, 1, 1), first(3), 1e-14)
    assert.near(loss(2, 1, 1, 0.5), first(4), 1e-14)
    assert.near(loss(2, 1, 1, 0.5), first(5), 1e-14)
  end)

  it("are the caller's first among equals, of rows and of references", function()
    local weights = circlet.DoubleTensor { 1, 0, 0, 0, 0, 0 } -- the loss of anchor 1 alone
    local opts = { m = 0, gamma = 1, similarity = "dot", reduction = "sum", hardest_negatives = 2,
      weights = weights }
    local _, grad = circlet.unified_loss(x, labels, opts)
    assert.truthy(grad[4]:norm() > 0)
    assert.equal(0, grad[5]:norm())
    assert.equal(0, grad[6]:norm())
    -- labels that sort the other way round
    local turned = circlet.LongTensor { 5, 5, 4, 3, 2, 4 }
    _, grad = circlet.unified_loss(x, turned, opts)
    assert.truthy(grad[4]:norm() > 0)
    assert.equal(0, grad[5]:norm())
    local queries = x:narrow(1, 1, 1)
    opts.weights = nil
    local _, grads = circlet.unified_loss({ queries, x }, { turned:narrow(1, 1, 1), turned }, opts)
    assert.truthy(grads[2][4]:norm() > 0)
    assert.equal(0, grads[2][5]:norm())
  end)

  it("count in the facts", function()
    local _, _, info = circlet.unified_loss(x, labels,
      { similarity = "dot", hardest_negatives = 2 })
    assert.equal(12, info.n_negative)
    assert.equal(6, info.n_positive)
    _, _, info = circlet.unified_loss(x, labels, { similarity = "dot", hardest_negatives = 1,
      diagnostics = true })
    local pairs_counted = 0
    for _, n in ipairs(info.histogram_sn) do pairs_counted = pairs_counted + n end
    assert.equal(6, pairs_counted)
  end)

  it("are classes where rows meet class vectors", function()
    circlet.manualSeed(4)
    local rows, w = circlet.randn(20, 6):double(), circlet.randn(9, 6):double()
    local marks = circlet.LongTensor(20):random(1, 9)
    local classes = circlet.range(circlet.LongTensor(), 1, 9)
    local opts = { gamma = 16, hardest_negatives = 3 }
    local loss, grads = circlet.circle_class_loss({ rows, w }, marks, opts)
    local same, same_grads = circlet.circle_loss({ rows, w }, { marks, classes }, opts)
    assert.equal(same, loss)
    for k = 1, 2 do assert.same(flat(same_grads[k]), flat(grads[k])) end
    -- softmax over the own class and the three most similar others
    local each = circlet.margin_loss({ rows, w }, marks,
      { scale = 4, hardest_negatives = 3, reduction = "none" })
    local cosines = circlet.mm(rows:clone():cdiv(rows:norm(2, 2):expandAs(rows)),
      w:clone():cdiv(w:norm(2, 2):expandAs(w)):t())
    for i = 1, 20 do
      local others = {}
      for c = 1, 9 do
        if c ~= marks[i] then others[#others + 1] = math.exp(4 * cosines[i][c]) end
      end
      table.sort(others, function(a, b) return a > b end)
      local z = math.exp(4 * cosines[i][marks[i]])
      assert.near(math.log((z + others[1] + others[2] + others[3]) / z), each[i], 1e-12)
    end
    -- of sub-centres, each class counts once
    loss = circlet.circle_class_loss({ rows, circlet.cat({ w, w }, 2):view(18, 6) }, marks,
      with(opts, { centres = 2 }))
    assert.near(same, loss, 1e-12)
  end)
end)

describe("parameters of anchors", function()
  it("give each anchor the loss that it has with them alone", function()
    local x, labels = data.make("clustered", 30, 5, 2)
    x = x:double()
    local gammas, ms = spread(30, 4, 60), spread(30, -0.1, 0.3)
    local each = circlet.circle_loss(x, labels, { gamma = gammas, m = ms, reduction = "none" })
    for i = 1, 30, 4 do
      local alone = circlet.circle_loss(x, labels,
        { gamma = gammas[i], m = ms[i], reduction = "none" })
      assert.near(alone[i], each[i], 1e-12 * (1 + alone[i]))
    end
  end)

  it("go with losses of class vectors, by label", function()
    circlet.manualSeed(5)
    local x, w = circlet.randn(12, 4):double(), circlet.randn(5, 4):double()
    local labels = circlet.LongTensor(12):random(1, 5)
    local margins = circlet.DoubleTensor { 0, 0.1, 0.2, 0.3, 0.4 }
    for _, call in ipairs { { "margin_loss", "margin", { preset = "arcface", scale = 8 } },
      { "margin_loss", "m3", { scale = 8 } }, { "circle_class_loss", "m", { gamma = 8 } } } do
      local name, key, opts = table.unpack(call)
      local sum, grads = circlet[name]({ x, w }, labels,
        with(opts, { [key] = { by_label = margins }, reduction = "sum" }))
      local parts, whole = { x:clone():zero(), w:clone():zero() }, 0
      for c = 1, 5 do -- the anchors of one label at a time
        local weights = labels:eq(c):double()
        local loss, part = circlet[name]({ x, w }, labels,
          with(opts, { [key] = margins[c], reduction = "sum", weights = weights }))
        whole = whole + loss
        for k = 1, 2 do parts[k]:add(part[k]) end
      end
      assert.near(whole, sum, 1e-12 * (1 + whole))
      for k = 1, 2 do support.near(flat(parts[k]), flat(grads[k]), 1e-11) end
    end
  end)

  it("make logits too large for Float be computed in Double", function()
    local x, labels = data.make("clustered", 100, 5, 2)
    local gammas = circlet.DoubleTensor(100):fill(16)
    gammas[7] = 1e6
    local loss = circlet.circle_loss(x, labels, { gamma = gammas, reduction = "none" })
    local double = circlet.circle_loss(x:double(), labels, { gamma = gammas, reduction = "none" })
    assert.near(1, loss[7] / double[7], 1e-6)
  end)
end)

describe("labels in common", function()
  local x = circlet.DoubleTensor { { 1, 0 }, { 0.6, 0.8 }, { 0, 1 }, { -1, 0 } }
  local sets = circlet.LongTensor { { 1, 2 }, { 2, 3 }, { 3, 0 }, { 0, 0 } }

  it("make positives; a row without labels has none", function()
    local _, _, info = circlet.supcon_loss(x, sets, { positives = "shared" })
    assert.equal(4, info.n_positive) -- rows 1 and 2, rows 2 and 3
    assert.equal(8, info.n_negative)
    assert.equal(3, info.n_valid)
    assert.equal(1, info.n_without_positive)
  end)

  it("count softly by Jaccard's index", function()
    local each = circlet.contrastive_loss(x, sets,
      { positives = "soft", measure = "similarity", pos_margin = 1, neg_margin = 2,
        reduction = "none" })
    -- {1,2} and {2,3}: 1/3; {2,3} and {3}: 1/2; hinges 1 - s
    support.near({ 0.4 / 3, 0.4 / 3 + 0.2 / 2, 0.2 / 2, 0 }, flat(each), 1e-14)
  end)

  it("may be repeated, and say the same as one label where there is one", function()
    local rows, labels = data.make("clustered", 40, 5, 9)
    local twice = circlet.LongTensor(40, 2)
    twice:select(2, 1):copy(labels)
    twice:select(2, 2):copy(labels)
    for _, kind in ipairs { "shared", "soft" } do
      local loss = circlet.circle_loss(rows, twice, { positives = kind })
      assert.near((circlet.circle_loss(rows, labels)), loss, 1e-6)
    end
  end)

  it("leave rows of ignore_label out", function()
    local marked = circlet.LongTensor { { 1, 2 }, { 9, 2 }, { 2, 3 }, { 3, 0 }, { 0, 9 } }
    local wide = circlet.DoubleTensor { { 1, 0 }, { 0 / 0, 1 }, { 0.6, 0.8 }, { 0, 1 },
      { 1, 1 / 0 } }
    local opts = { positives = "shared", ignore_label = 9, gamma = 4 }
    local loss, grad, info = circlet.circle_loss(wide, marked, opts)
    assert.near((circlet.circle_loss(x:narrow(1, 1, 3), sets:narrow(1, 1, 3),
      { positives = "shared", gamma = 4 })), loss, 1e-14)
    assert.equal(3, info.n_anchors)
    assert.equal(0, grad[2]:norm() + grad[5]:norm())
  end)

  it("go with criterions and cross-batch memory's kind of call", function()
    local criterion = circlet.nn.SupConCriterion { positives = "shared" }
    local loss = circlet.supcon_loss(x, sets, { positives = "shared" })
    assert.equal(loss, criterion:forward(x, sets))
    assert.equal(2, criterion:backward(x, sets):dim())
    local saved = circlet.deserialize(circlet.serialize(circlet.nn.CircleCriterion(0.25,
      { by_label = circlet.DoubleTensor { 4, 8, 16 } }, { hardest_negatives = 2 })))
    local labels = circlet.LongTensor { 1, 1, 2, 3 }
    assert.equal((circlet.circle_loss(x, labels, { gamma = circlet.DoubleTensor { 4, 4, 8, 16 },
      hardest_negatives = 2 })), saved:forward(x, labels))
  end)
end)

describe("refinements", function()
  local x, labels = data.make("clustered", 6, 3, 2)
  local loss = circlet.circle_loss
  local Double = circlet.DoubleTensor

  it("leave no anchor valid where no pair has weight", function()
    local got, grad, info = loss(x, labels, { pair_weights = Double(6):zero() })
    assert.equal(0, got)
    assert.equal(0, grad:norm())
    assert.equal(0, info.n_valid + info.n_positive + info.n_negative)
  end)

  it("take no rows at all, and one", function()
    for _, B in ipairs { 0, 1 } do
      local few, marks = data.make("random", B, 3, 1)
      for _, opts in ipairs { { hardest_negatives = 2 }, { gamma = Double(B) },
        { pair_weights = Double(B) }, { pair_weights = Double(3, 3):fill(1) } } do
        if opts.gamma and B > 0 then opts.gamma:fill(3) end
        if B > 0 and opts.pair_weights then opts.pair_weights:fill(1) end
        local got, _, info = loss(few, marks:fill(1), opts)
        assert.equal(0, got)
        assert.equal(B, info.n_anchors)
      end
      assert.equal(0, (loss(few, circlet.LongTensor(B, 2):fill(1), { positives = "soft" })))
    end
  end)

  it("read tensors however they lie in memory", function()
    local weights = Double(6, 2):uniform(0, 2)
    local column = weights:select(2, 2)
    assert.equal((loss(x, labels, { pair_weights = column:clone() })),
      (loss(x, labels, { pair_weights = column })))
    local square = Double(6, 6):uniform(0, 2)
    assert.equal((loss(x, labels, { pair_weights = square:t():clone() })),
      (loss(x, labels, { pair_weights = square:t() })))
  end)

  it("refuse what means nothing", function()
    local function refuses(message, opts, marks)
      support.raises("circle_loss: " .. message, loss, x, marks or labels, opts)
    end
    refuses("option hardest_negatives must be an integer from 1", { hardest_negatives = 0 })
    refuses("option hardest_negatives must be an integer from 1", { hardest_negatives = 1.5 })
    refuses("gamma must have 6 elements, one per anchor, got 5", { gamma = Double(5):fill(1) })
    refuses("gamma must be a number > 0, got 0 at element 2",
      { gamma = Double { 1, 0, 1, 1, 1, 1 } })
    refuses("m must be a finite number, got inf at element 1", { m = Double(6):fill(1 / 0) })
    refuses("m must be a number or a Float or Double tensor of one dimension", { m = Double(6, 1) })
    refuses("gamma by label has 1 elements, but label 3 occurs",
      { gamma = { by_label = Double { 1 } } }, circlet.LongTensor { 1, 1, 1, 3, 3, 1 })
    refuses("option gamma must be a number, a tensor or { by_label = tensor }", { gamma = { 1 } })
    refuses("option by_label must be a tensor, got number", { gamma = { by_label = 3 } })
    refuses("option gamma must be a number, got string", { gamma = "3" })
    refuses("pair_weights must be a Float or Double tensor of 6 elements, one per partner, or [C",
      { pair_weights = Double(5):fill(1) })
    refuses("option pair_weights must be a tensor, got table", { pair_weights = { 1 } })
    for _, bad in ipairs { -1, 0 / 0, 1 / 0 } do
      refuses("pair_weights must be numbers >= 0, got", { pair_weights = Double(6):fill(bad) })
    end
    refuses("pair_weights are of labels 1..2, but label 5 occurs",
      { pair_weights = Double(2, 2):fill(1) }, circlet.LongTensor { 1, 1, 2, 2, 5, 5 })
    refuses("option positives must be", { positives = "some" })
    refuses("labels must be [6, G], some for each row of x, got 6", { positives = "shared" })
    refuses("labels must have one dimension", {}, circlet.LongTensor(6, 2):fill(1))
    local sets = circlet.LongTensor(6, 2):fill(1)
    sets[3][2] = -4
    refuses("labels must hold integers >= 0, got -4 at row 3, column 2", { positives = "soft" },
      sets)
    sets[3][2] = 4
    refuses("ignore_label must not be 0", { positives = "soft", ignore_label = 0 }, sets)
    refuses("gamma by label needs one label per row",
      { positives = "soft", gamma = { by_label = Double { 1 } } }, sets)
    refuses("pair_weights by label need one label per row",
      { positives = "soft", pair_weights = Double(9, 9):fill(1) }, sets)
    for _, opts in ipairs { { hardest_negatives = 2 }, { pair_weights = Double(6):fill(1) } } do
      refuses(next(opts) .. " need one term per anchor", with(opts, { aggregate = "batch" }))
    end
    refuses("m of each anchor needs one term per anchor", { m = Double(6), aggregate = "batch" })
    support.raises("lifted_loss: pair_weights must be one for all", circlet.lifted_loss, x, labels,
      { pair_weights = Double(6):fill(1) })
    support.raises("lifted_loss: neg_margin must be one for all", circlet.lifted_loss, x, labels,
      { neg_margin = Double(6):fill(1) })
    local w = circlet.randn(9, 3)
    support.raises("there is no option positives", circlet.circle_class_loss, { x, w }, labels,
      { positives = "shared" })
    support.raises("there is no option hardest_negatives", circlet.proxy_anchor_loss, { x, w },
      labels, { hardest_negatives = 2 })
    support.raises("margins of the angle, m1 and m2, go with", circlet.margin_loss, { x, w },
      labels, { m2 = Double(6):fill(0.1), similarity = "dot" })
    support.raises("a bias goes with one scale for all", circlet.margin_loss,
      { x, w, circlet.randn(9) }, labels, { preset = "softmax", scale = Double(6):fill(1) })
    support.raises("option m must be a number", circlet.circle_similarity_loss,
      { circlet.ones(3), circlet.ones(3) }, { m = Double(3) })
  end)

  it("give their memory back, also when a call is refused at any allocation", function()
    for name, call in pairs {
      circle = { labels, { hardest_negatives = 2, gamma = Double(6):fill(4) } },
      triplet_all = { several(labels), { positives = "soft", pair_weights = Double(6):fill(1) } },
    } do
      assert.is_true(support.survives_allocations(function()
        circlet[name .. "_loss"](x, call[1], call[2])
      end, 60) > 20)
    end
  end)
end)
