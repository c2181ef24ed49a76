-- On a GPU beside the CPU: what says which pairs of a loss count and how often, parameters of each
-- anchor, and what diagnostics tell of them.
local circlet = require "circlet"
local class_cases = require "spec.loss.class_cases"
local data = require "spec.loss.circle_cases"
local parity = require "spec.cuda.loss_parity"
local refine = require "spec.loss.refine_cases"
local support = require "spec.support"

local raises, spread, several, with = support.raises, refine.spread, refine.several, parity.with

local function to(t) return parity.to(t, "cuda") end
local function same(t) return t end

-- Facts that are numbers, and histograms. Similarities of float32 err by some units: one at the
-- edge of a bin may fall to its other side, and alphas and sums of weights err by as much, times
-- gamma.
local function same_facts(info, got, what)
  for key, value in pairs(info or {}) do
    if type(value) == "table" then
      local moved, all = 0, 0
      for bin, count in ipairs(value) do
        moved, all = moved + math.abs(count - got[key][bin]), all + count
      end
      assert(moved <= 2 + 1e-4 * all, ("%s: %s: %d of %d moved"):format(what, key, moved, all))
    elseif value ~= value then
      assert(got[key] ~= got[key], what .. ": " .. key)
    else
      assert.near(value, got[key], 1e-4 * math.max(1, math.abs(value)), what .. ": " .. key)
    end
  end
end

-- Every refinement of a loss, of one set and of two: f(input, labels, options).
local function each_refinement(entry, B, D, seed, f)
  local x, labels = data.make("clustered", B, D, seed)
  local refs, ref_labels = data.make("clustered", B + 13, D, seed + 1)
  local C = math.max(labels:max(), ref_labels:max())
  for n, refinement in ipairs(refine.refinements(entry)) do
    local make = refinement.sets and several or same
    f(x, make(labels), refinement.options(B, B, C), n)
    f({ x, refs }, { make(labels), make(ref_labels) }, refinement.options(B, B + 13, C), n)
  end
end

for _, entry in ipairs(refine.losses) do
  parity.describe(describe, pending, entry.name .. "_loss on a GPU", function()
    local gentle = entry.name == "circle" and { gamma = 32 } or entry.options[1]

    it("agrees with the CPU under every refinement, in Float and Double", function()
      -- with up to 64 anchors all is double
      for n, size in ipairs { { 70, 9 }, { 20, 5 } } do
        each_refinement(entry, size[1], size[2], n, function(input, labels, own, k)
          parity.beside(entry.name, input, labels, with(gentle, own),
            k % 2 == n % 2 and "cuda" or "cudaDouble")
        end)
      end
      parity.lacked(pending)
    end)

    it("agrees with it for more rows than a tile of the emulated GPU has", function()
      local list = refine.refinements(entry)
      local x, labels = data.make("clustered", 270, 4, 3)
      for n, refinement in ipairs { list[1], list[#list] } do
        parity.beside(entry.name, x, (refinement.sets and several or same)(labels),
          with(gentle, refinement.options(270, 270, labels:max())),
          n == 1 and "cuda" or "cudaDouble")
      end
      local info, got = parity.beside(entry.name, x, labels, with(gentle, { diagnostics = true }))
      same_facts(info, got, entry.name)
      parity.lacked(pending)
    end)

    it("agrees with it for every option, similarity and reduction, and in narrow types", function()
      local list = refine.refinements(entry)
      local most = list[#list]
      local x, labels = data.make("clustered", 70, 6, 4)
      local refs, ref_labels = data.make("clustered", 66, 6, 5)
      local make = most.sets and several or same
      x:div(4)
      refs:div(4)
      local function both(more, as)
        parity.beside(entry.name, x, make(labels),
          with(entry.options[1], most.options(70, 70, labels:max()), more), as)
        parity.beside(entry.name, { x, refs }, { make(labels), make(ref_labels) },
          with(entry.options[1], most.options(70, 66, labels:max()), more), as)
      end
      for _, opts in ipairs(entry.options) do both(opts, "cudaDouble") end
      for _, reduction in ipairs { "sum", "none", "mean_all", "mean_nonzero" } do
        both { reduction = reduction }
      end
      for _, similarity in ipairs { "euclidean", entry.measured and "cosine" or "dot" } do
        both { similarity = similarity }
      end
      both({ filter_eps = 1e-3 }, "cudaDouble")
      both({}, "cudaHalf")
      both({}, "cudaBFloat16")
      parity.lacked(pending)
    end)

    it("tells with diagnostics what the CPU tells", function()
      local opts = with(entry.options[1], { diagnostics = true })
      local x, labels = data.make("clustered", 70, 6, 9)
      local refs, ref_labels = data.make("clustered", 66, 6, 10)
      for n, call in ipairs { { x, labels }, { { x, refs }, { labels, ref_labels } } } do
        for _, as in ipairs { "cuda", "cudaDouble" } do
          local info, got = parity.beside(entry.name, call[1], call[2], opts, as)
          same_facts(info, got, ("%s %d"):format(as, n))
        end
      end
      each_refinement(entry, 30, 6, 3, function(input, marks, own)
        local info, got = parity.beside(entry.name, input, marks,
          with(opts, own, { filter_eps = 1e-3 }), "cudaDouble")
        same_facts(info, got, parity.describe_options(own))
      end)
      parity.lacked(pending)
    end)

    it("gives the same bits on every run, for every layout, and as a criterion", function()
      local list = refine.refinements(entry)
      local refinement = list[#list]
      local x, labels = data.make("clustered", 70, 7, 6)
      labels = refinement.sets and several(labels) or labels
      x = to(x)
      local opts = with(entry.options[1], refinement.options(70, 70, 9), { diagnostics = true })
      local loss_of = parity.losses[entry.name].call
      local loss, grad, info = loss_of(x, labels, opts)
      for _, layout in ipairs(parity.layouts(x)) do
        local again, again_grad, again_info = loss_of(layout, labels, opts)
        assert.equal(loss, again)
        assert.equal(0, parity.distance(again_grad, grad))
        assert.same(info, again_info)
      end
      assert.equal(loss, (loss_of(x, parity.to(labels, "cudaLong"), opts)))
    end)
  end)
end

parity.describe(describe, pending, "losses of class vectors on a GPU", function()
  local x, w, labels = class_cases.make("clustered", 70, 30, 7, 2)
  local plain = class_cases.make("clustered", 70, 30, 7, 1)

  it("take parameters, pair weights, hardest negatives and diagnostics like the CPU's", function()
    local margins = spread(30, 0, 0.4)
    for _, as in ipairs { "cuda", "cudaDouble", "cudaHalf" } do
      for _, opts in ipairs {
        { hardest_negatives = 5 },
        { scale = spread(70, 4, 30) },
        { m3 = { by_label = margins }, label_smoothing = 0.1 },
        { m2 = { by_label = margins }, hardest_negatives = 3, diagnostics = true },
      } do
        for _, centres in ipairs { 1, 2 } do
          local rows = centres == 2 and w or w:narrow(1, 1, 30)
          local info, got = parity.beside("margin", { plain, rows }, labels,
            with({ scale = 16, centres = centres }, opts), as)
          same_facts(info, got, as)
        end
      end
      for _, opts in ipairs {
        { hardest_negatives = 5, pair_weights = spread(30, 0, 2) },
        { gamma = { by_label = spread(30, 8, 40) }, m = spread(70, -0.1, 0.3) },
        { pair_weights = spread(900, 0.5, 2):view(30, 30), diagnostics = true },
      } do
        for _, centres in ipairs { 1, 2 } do
          local rows = centres == 2 and w or w:narrow(1, 1, 30)
          local info, got = parity.beside("circle_class", { x, rows }, labels,
            with({ gamma = 16, centres = centres }, opts), as)
          same_facts(info, got, as)
        end
      end
      local info, got = parity.beside("proxy_anchor", { x, w:narrow(1, 1, 30) }, labels,
        { diagnostics = true }, as)
      same_facts(info, got, as)
    end
    parity.lacked(pending)
  end)
end)

parity.describe(describe, pending, "refinements on a GPU", function()
  local x, labels = data.make("clustered", 6, 3, 2)
  local Double = circlet.DoubleTensor

  it("read their tensors where they lie: on the GPU, too, and strided", function()
    local rows, marks = data.make("clustered", 80, 5, 7)
    local wide = Double(80, 2):uniform(4, 30)
    local gammas, weights = wide:select(2, 1), Double(80):uniform(0, 2)
    local loss, grad = circlet.circle_loss(to(rows), marks,
      { gamma = gammas:clone(), pair_weights = weights, weights = weights })
    for _, place in ipairs { same, function(t) return parity.to(t, "cudaDouble") end } do
      local again, again_grad = circlet.circle_loss(to(rows), marks, { gamma =
        place(wide):select(2, 1), pair_weights = place(weights), weights = place(weights) })
      assert.equal(loss, again)
      assert.equal(0, parity.distance(again_grad, grad))
    end
    if parity.on_cpu then return end
    raises("circle_loss: gamma must be a number or a Float or Double tensor", circlet.circle_loss,
      rows, marks, { gamma = gammas:clone():cudaDouble() })
    raises("circle_loss: pair_weights must be a Float or Double tensor", circlet.circle_loss, rows,
      marks, { pair_weights = weights:cudaDouble() })
    raises("circle_loss: weights must be a Float or Double tensor", circlet.circle_loss, rows,
      marks, { weights = weights:cudaDouble() })
  end)

  it("choose the caller's first among equal negatives", function()
    -- rows 3 to 102 are all the same, so that their similarities are
    local rows, marks = circlet.FloatTensor(102, 2):fill(1), circlet.range(circlet.LongTensor(), 1,
      102):mul(-1):add(200) -- labels that sort the other way round
    rows[1][2], rows[2][2], marks[2] = 0, 0.5, marks[1]
    local weights = Double(102):zero()
    weights[1] = 1 -- the loss of anchor 1 alone
    local opts = { gamma = 1, reduction = "sum", hardest_negatives = 3, weights = weights }
    local _, grad = circlet.unified_loss(to(rows), marks, opts)
    grad = grad:float()
    for i = 3, 102 do assert.equal(i < 6, grad[i]:norm() > 0, "row " .. i) end
  end)

  it("are as none where every pair counts once", function()
    local rows, marks = data.make("clustered", 90, 7, 3)
    local sets = circlet.LongTensor(90, 2):zero()
    sets:select(2, 2):copy(marks)
    for _, name in ipairs { "circle", "triplet_all", "nt_xent" } do
      local loss_of = circlet[name .. "_loss"]
      local loss, grad, info = loss_of(parity.to(rows, "cudaDouble"), marks, { diagnostics = true })
      for _, case in ipairs { { marks, { hardest_negatives = 89 } },
        { sets, { positives = "soft" } }, { marks, { hardest_negatives = 2 ^ 40 } },
        { marks, { pair_weights = Double(90):fill(1) } } } do
        local got, got_grad, facts = loss_of(parity.to(rows, "cudaDouble"), case[1],
          with(case[2], { diagnostics = true }))
        -- sums in another order, of logits up to 1000
        assert.near(loss, got, 1e-12 * (1 + math.abs(loss)))
        assert(parity.distance(got_grad, grad) <= 1e-11 * grad:norm())
        refine.equal_facts(info, facts)
      end
    end
  end)

  it("have labels in common for one term of the batch, too", function()
    local rows, marks = data.make("clustered", 90, 7, 3)
    for _, as in ipairs { "cuda", "cudaDouble" } do
      parity.beside("circle", rows, several(marks),
        { gamma = 32, aggregate = "batch", positives = "shared" }, as)
    end
    parity.lacked(pending)
  end)

  it("leave rows of ignore_label out, whatever they hold", function()
    local rows, marks = data.make("clustered", 80, 5, 4)
    local sets = several(marks)
    for i = 1, 80, 9 do
      sets[i][2] = 999
      rows[i][2] = 0 / 0
    end
    for _, name in ipairs { "circle", "triplet_all" } do
      parity.beside(name, rows, sets, { positives = "soft", ignore_label = 999,
        hardest_negatives = 4, gamma = name == "circle" and 32 or nil })
    end
    parity.lacked(pending)
  end)

  it("leave no anchor valid where no pair has weight, and take no rows at all, or one", function()
    local got, grad, info = circlet.circle_loss(to(x), labels, { pair_weights = Double(6):zero() })
    assert.equal(0, got)
    assert.equal(0, grad:float():norm())
    assert.equal(0, info.n_valid + info.n_positive + info.n_negative)
    for _, B in ipairs { 0, 1 } do
      local few, marks = data.make("random", B, 3, 1)
      for _, opts in ipairs { { hardest_negatives = 2 }, { gamma = Double(B) },
        { pair_weights = Double(B) }, { diagnostics = true } } do
        if opts.gamma and B > 0 then opts.gamma:fill(3) end
        if opts.pair_weights and B > 0 then opts.pair_weights:fill(1) end
        got, grad, info = circlet.circle_loss(to(few), marks:fill(1), opts)
        assert.equal(0, got)
        assert.equal(B, info.n_anchors)
        assert.equal(B * 3, grad:nElement())
      end
      assert.equal(0, (circlet.circle_loss(to(few), circlet.LongTensor(B, 2):fill(1),
        { positives = "soft" })))
    end
  end)

  it("name the first row that is no number", function()
    local rows, marks = data.make("random", 90, 4, 2)
    rows[63][2] = 0 / 0
    for _, opts in ipairs { { hardest_negatives = 3 }, { diagnostics = true },
      { pair_weights = Double(90):fill(1) } } do
      raises("circle_loss: x has a NaN or an infinite value in row 63", circlet.circle_loss,
        to(rows), marks, opts)
    end
    raises("circle_loss: x has a NaN or an infinite value in row 63", circlet.circle_loss, to(rows),
      several(marks), { positives = "soft" })
  end)

  it("make logits too large for Float be computed in Double", function()
    local rows, marks = data.make("clustered", 100, 5, 2)
    local gammas = Double(100):fill(16)
    gammas[7] = 1e6
    local opts = { gamma = gammas, reduction = "none" }
    local double = circlet.circle_loss(rows:double(), marks, opts)
    assert.near(1, circlet.circle_loss(to(rows), marks, opts):double()[7] / double[7], 1e-6)
    local loss = circlet.circle_loss(rows:double(), marks, { gamma = 1e6 })
    assert.near(1, circlet.circle_loss(to(rows), marks, { gamma = 1e6 }) / loss, 1e-6)
  end)

  it("refuse what means nothing, in the words of the CPU", function()
    local sets = circlet.LongTensor(6, 2):fill(1)
    local w = circlet.randn(9, 3)
    for _, call in ipairs {
      { labels, { gamma = Double(5):fill(1) } },
      { labels, { gamma = Double { 1, 0, 1, 1, 1, 1 } } },
      { labels, { m = Double(6, 1) } },
      { circlet.LongTensor { 1, 1, 1, 3, 3, 1 }, { gamma = { by_label = Double { 1 } } } },
      { labels, { pair_weights = Double(5):fill(1) } },
      { labels, { pair_weights = Double(6):fill(-1) } },
      { circlet.LongTensor { 1, 1, 2, 2, 5, 5 }, { pair_weights = Double(2, 2):fill(1) } },
      { labels, { positives = "shared" } },
      { sets, {} },
      { sets, { positives = "soft", ignore_label = 0 } },
      { sets, { positives = "soft", gamma = { by_label = Double { 1 } } } },
      { sets, { positives = "soft", pair_weights = Double(9, 9):fill(1) } },
      { labels, { hardest_negatives = 2, aggregate = "batch" } },
      { labels, { m = Double(6), aggregate = "batch" } },
      { labels, { weights = Double(5) } },
    } do
      local ok, message = pcall(circlet.circle_loss, x, call[1], call[2])
      assert.is_false(ok)
      raises(message:match "circle_loss: .*", circlet.circle_loss, to(x), call[1], call[2])
    end
    raises("margins of the angle, m1 and m2, go with", circlet.margin_loss, { to(x), to(w) },
      labels, { m2 = Double(6):fill(0.1), similarity = "dot" })
    raises("a bias goes with one scale for all", circlet.margin_loss,
      { to(x), to(w), to(circlet.randn(9)) }, labels,
      { preset = "softmax", scale = Double(6):fill(1) })
  end)
end)
