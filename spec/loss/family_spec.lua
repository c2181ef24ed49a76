-- Every pair-wise loss of the family against the oracle of core/ref, differences, and itself.
local circlet = require "circlet"
local cases = require "spec.loss.family_cases"
local data = require "spec.loss.circle_cases"
local support = require "spec.support"

local flat, with, compare = support.flat, cases.with, cases.compare
local list_of, distance = cases.list_of, cases.distance

local reductions = { "mean", "mean_all", "sum", "none", "mean_nonzero" }
local kinds = { "random", "clustered", "duplicated", "same", "distinct", "zero" }

for _, entry in ipairs(cases.losses) do
  describe(entry.name .. "_loss", function()
    local loss_of = circlet[entry.name .. "_loss"]

    for _, kind in ipairs(kinds) do
      it("agrees with the reference on data of kind " .. kind, function()
        for n, B in ipairs { 0, 1, 2, 5, 40, 150 } do
          local x, labels = data.make(kind, B, ({ 3, 1, 2, 7, 16, 33 })[n], 10 * B + n)
          for _, opts in ipairs(entry.options) do compare(entry, x, labels, opts, 1) end
        end
      end)
    end

    it("agrees with the reference for every similarity and reduction", function()
      circlet.manualSeed(3)
      local x, labels = data.make("clustered", 70, 6, 4)
      local refs, ref_labels = data.make("clustered", 66, 6, 5)
      for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
        if similarity == "dot" then x, refs = x:clone():div(4), refs:clone():div(4) end
        for n, opts in ipairs(entry.options) do
          local distances = entry.measured and opts.measure ~= "similarity"
          for _, reduction in ipairs(n == 1 and reductions or { "mean" }) do
            local all = with(opts, { similarity = similarity, reduction = reduction })
            if similarity ~= "dot" or not distances then
              compare(entry, x, labels, all, 2)
              compare(entry, { x, refs }, { labels, ref_labels }, all, 2)
            end
          end
        end
        if entry.batch then
          compare(entry, x, labels, with(entry.options[1], { aggregate = "batch" }), 2)
          compare(entry, { x, refs }, { labels, ref_labels },
            with(entry.options[2], { aggregate = "batch" }), 2)
        end
      end
    end)

    it("has the gradient of its value, by differences", function()
      local x, labels = data.make("random", 13, 4, 8)
      local refs, ref_labels = data.make("random", 9, 4, 9)
      x, refs = x:double(), refs:double()
      for _, opts in ipairs(entry.options) do
        local h = 1e-4 / (1 + entry.sharp(opts))
        for _, call in ipairs { { x, labels, x }, { { x, refs }, { labels, ref_labels }, refs } } do
          local _, grads = loss_of(call[1], call[2], opts)
          local grad, moved = list_of(grads)[type(grads) == "table" and 2 or 1], call[3]
          local most = grad:clone():abs():max()
          for i = 1, moved:size(1) do
            for d = 1, 4 do
              local value = moved[i][d]
              moved[i][d] = value + h
              local above = loss_of(call[1], call[2], opts)
              moved[i][d] = value - h
              local below = loss_of(call[1], call[2], opts)
              moved[i][d] = value
              -- h^2 of the third derivative, sharp^2 of the first; rounding: 2^-50 / h of the loss
              assert.near(grad[i][d], (above - below) / (2 * h),
                1e-6 * most + 2 ^ -50 / h * math.abs(above))
            end
          end
        end
      end
    end)

    it("gives the same bits for every number of threads, kept similarities or not", function()
      local threads = circlet.getnumthreads()
      finally(function() circlet.setnumthreads(threads) end)
      local x, labels = data.make("clustered", 700, 24, 6)
      local refs, ref_labels = data.make("clustered", 500, 24, 7)
      for _, opts in ipairs { entry.options[1], with(entry.options[1], { memory_budget = 1e6 }) } do
        for _, call in ipairs { { x, labels }, { { x, refs }, { labels, ref_labels } } } do
          local first, first_grads
          for _, count in ipairs { 1, 2, 3, 8 } do
            circlet.setnumthreads(count)
            local loss, grads = loss_of(call[1], call[2], opts)
            if not first then first, first_grads = loss, list_of(grads) end
            assert.equal(first, loss)
            for k, grad in ipairs(list_of(grads)) do
              assert.equal(0, distance(grad, first_grads[k]))
            end
          end
        end
      end
    end)

    it("does not depend on the order of rows, nor on how they lie in memory", function()
      local x, labels = data.make("clustered", 30, 5, 12)
      x = x:double()
      local opts = entry.options[1]
      local loss, grad = loss_of(x, labels, opts)
      local order = circlet.randperm(30):long()
      local other, other_grad = loss_of(x:index(1, order), labels:index(1, order), opts)
      assert.near(loss, other, 1e-13 * (1 + math.abs(loss)))
      assert(distance(other_grad, grad:index(1, order)) <= 1e-12 * (1 + grad:norm()))
      for _, layout in ipairs(support.layouts(x)) do
        local again, again_grad = loss_of(layout, labels, opts)
        assert.equal(loss, again)
        assert.same(flat(grad), flat(again_grad))
      end
    end)

    it("refuses what means nothing", function()
      local x, labels = data.make("random", 4, 3, 1)
      local name = entry.name .. "_loss"
      support.raises(name .. ": there is no option gama", loss_of, x, labels, { gama = 1 })
      support.raises(name .. ": labels must have 4 elements, one per row of x, got 3", loss_of, x,
        labels:narrow(1, 1, 3))
      support.raises(name .. ": x must be a tensor or a table {x, refs}, got nil", loss_of)
      for _, parameter in ipairs(entry.parameters) do
        for _, bad in ipairs { 0 / 0, 1 / 0, parameter.above and 0 or nil } do
          support.raises(("%s: %s must be a %s, got "):format(name, parameter[1],
            parameter.above and "number > 0" or "finite number"), loss_of, x, labels,
            { [parameter[1]] = bad })
        end
      end
      if not entry.batch then
        support.raises(name .. ": aggregate must be \"anchor\"", loss_of, x, labels,
          { aggregate = "batch" })
      end
      if entry.measured then
        support.raises(name .. ": measure \"distance\" needs similarity \"cosine\" or", loss_of,
          x, labels, { similarity = "dot" })
      end
      x[2][1] = 0 / 0
      support.raises(name .. ": x has a NaN or an infinite value in row 2", loss_of, x, labels)
    end)

    it("is a criterion too", function()
      local nn = circlet.nn
      local x, labels = data.make("clustered", 20, 5, 3)
      local opts = entry.options[2]
      local criterion = nn[entry.criterion](opts)
      local loss, grad, info = loss_of(x, labels, opts)
      assert.equal(loss, criterion:forward(x, labels))
      assert.same(flat(grad), flat(criterion:backward(x, labels)))
      assert.equal(info.n_valid, criterion.info.n_valid)
      assert.equal(loss, circlet.deserialize(circlet.serialize(criterion)):forward(x, labels))
      criterion.sizeAverage = false
      assert.equal(loss_of(x, labels, with(opts, { reduction = "sum" })),
        criterion:forward(x, labels))
      criterion = nn[entry.criterion](opts)
      loss, grad = loss_of({ x, x }, { labels, labels }, opts)
      assert.equal(loss, criterion:forward({ x, x }, { labels, labels }))
      local both = criterion:backward({ x, x }, { labels, labels })
      for k = 1, 2 do assert.same(flat(grad[k]), flat(both[k])) end
      support.raises("reduction \"none\" is for circlet." .. entry.name .. "_loss", function()
        nn[entry.criterion] { reduction = "none" }:forward(x, labels)
      end)
    end)
  end)
end

describe("values by hand:", function()
  -- rows of one dimension: dot products 0.5 (a positive), -1 and -0.5 (negatives of rows 1 and 2)
  local x, labels = circlet.DoubleTensor { { 1 }, { 0.5 }, { -1 } }, circlet.LongTensor { 4, 4, 9 }
  local function each(name, opts)
    opts = with(opts, { similarity = "dot", reduction = "none" })
    return flat((circlet[name .. "_loss"](x, labels, opts)))
  end
  local exp, log = math.exp, math.log

  it("unified", function()
    support.near({ log(1 + exp(2 * -1.2)), log(1 + exp(2 * -0.7)), 0 },
      each("unified", { gamma = 2, m = 0.3 }), 1e-15)
  end)

  it("multi_similarity", function()
    support.near({
      log(1 + exp(-2 * 0.4)) / 2 + log(1 + exp(3 * -1.1)) / 3,
      log(1 + exp(-2 * 0.4)) / 2 + log(1 + exp(3 * -0.6)) / 3,
      log(1 + exp(3 * -1.1) + exp(3 * -0.6)) / 3, -- row 3 has negatives alone
    }, each("multi_similarity", { alpha = 2, beta = 3, base = 0.1 }), 1e-15)
  end)

  it("contrastive", function()
    local opts = { measure = "similarity", pos_margin = 0.8, neg_margin = -0.7 }
    support.near({ 0.3, 0.3 + 0.2, 0.2 }, each("contrastive", opts), 1e-15)
    -- positives: 0.3 twice; negatives: of four ordered pairs two are 0.2, two are 0
    for reduction, value in pairs { mean_nonzero = 0.3 + 0.2, mean = 0.3 + 0.4 / 4, sum = 1,
      mean_all = 1 / 3 } do
      opts.similarity, opts.reduction = "dot", reduction
      local loss, _, info = circlet.contrastive_loss(x, labels, opts)
      assert.near(value, loss, 1e-15)
      assert.equal(4, info.n_nonzero)
    end
    -- euclidean distances 0.5, 2 and 1.5
    support.near({ 0.4, 0.4 + 0.1, 0.1 }, flat((circlet.contrastive_loss(x, labels,
      { similarity = "euclidean", pos_margin = 0.1, neg_margin = 1.6, reduction = "none" }))),
      1e-15)
  end)

  it("triplet_hard", function()
    local opts = { measure = "similarity", margin = 1.2 }
    support.near({ 0, 0.2, 0 }, each("triplet_hard", opts), 1e-15)
    opts.soft = true
    support.near({ log(1 + exp(-0.3)), log(1 + exp(0.2)), 0 }, each("triplet_hard", opts), 1e-15)
    support.near({ 0, 0.1, 0 }, flat((circlet.triplet_hard_loss(x, labels,
      { similarity = "euclidean", margin = 1.1, reduction = "none" }))), 1e-15)
  end)

  it("triplet_all", function()
    local opts = { measure = "similarity", margin = 1.2 }
    support.near({ 0, 0.2, 0 }, each("triplet_all", opts), 1e-15)
    opts.soft = true
    support.near({ log(1 + exp(-0.3)), log(1 + exp(0.2)), 0 }, each("triplet_all", opts), 1e-15)
    -- one anchor more, of which each positive meets each negative
    local rows = circlet.DoubleTensor { { 1 }, { 0.5 }, { -1 }, { 2 } }
    opts = { measure = "similarity", similarity = "dot", margin = 1 }
    local labels4, violations = circlet.LongTensor { 4, 4, 9, 4 }, {}
    for _, t in ipairs { { 1, 0.5 }, { 1, 2 }, { 0.5, 1 }, { 0.5, 2 }, { 2, 1 }, { 2, 0.5 } } do
      local z = -t[1] - t[1] * t[2] + 1
      if z > 0 then violations[#violations + 1] = z end
    end
    assert.same({}, violations) -- 0.5 * 1 + 0.5 = 1: exactly 0
    assert.equal(0, (circlet.triplet_all_loss(rows, labels4, opts)))
    opts.margin = 1.75
    local loss, _, info = circlet.triplet_all_loss(rows, labels4, opts)
    assert.near((0.25 + 0.75 + 0.25) / 3, loss, 1e-15)
    assert.equal(3, info.n_nonzero)
    opts.reduction = "mean"
    assert.near((0.25 + 0.75 + 0.25) / 6, circlet.triplet_all_loss(rows, labels4, opts), 1e-15)
  end)

  it("triplet_hard, where pairs tie: they share the gradient", function()
    local rows = circlet.DoubleTensor { { 1, 0 }, { 0, 1 }, { 0, -1 }, { 2, 0 } }
    local loss, grad = circlet.triplet_hard_loss(rows:narrow(1, 1, 3),
      circlet.LongTensor { 1, 2, 2 },
      { measure = "similarity", similarity = "dot", margin = 3, reduction = "sum" })
    -- row 1 has no positive; rows 2 and 3: 0 + 1 + 3 each
    assert.equal(8, loss)
    support.near({ 0, 0, 1, 2, 1, -2 }, flat(grad), 1e-15)
    local _, tied = circlet.triplet_hard_loss(rows, circlet.LongTensor { 1, 2, 2, 1 },
      { measure = "similarity", similarity = "dot", margin = -1, reduction = "sum" })
    -- rows 2 and 3 have the negatives 1 and 4 at the same similarity 0: half of 1 each; the loss of
    -- rows 1 and 4, 0 - 2 - 1, is 0, that of rows 2 and 3 is 0 + 1 - 1 = 0: no violation
    support.near({ 0, 0, 0, 0, 0, 0, 0, 0 }, flat(tied), 1e-15)
    _, tied = circlet.triplet_hard_loss(rows, circlet.LongTensor { 1, 2, 2, 1 },
      { measure = "similarity", similarity = "dot", margin = 0, reduction = "sum" })
    -- violation 1 of rows 2 and 3; each: half of rows 1 and 4, minus the positive at both ends
    support.near({ 0, 0, 1.5, 2, 1.5, -2, 0, 0 }, flat(tied), 1e-15)
  end)

  it("lifted", function()
    local opts = { measure = "similarity", pos_margin = 1, neg_margin = -1 }
    local J = log(exp(0) + exp(0.5)) + 0.5 -- both ends' negatives
    support.near({ J ^ 2 / 2, J ^ 2 / 2, 0 }, each("lifted", opts), 1e-15)
    opts.reduction, opts.similarity = "mean", "dot"
    assert.near(J ^ 2 / 2, circlet.lifted_loss(x, labels, opts), 1e-15)
    -- a reference is no anchor and brings no negatives
    local refs = circlet.DoubleTensor { { 0.5 }, { -1 } }
    J = 0.5 + 0 -- the negative of row 1 is at -1 + 1
    assert.near(J ^ 2 / 2, circlet.lifted_loss({ x:narrow(1, 1, 1), refs },
      { labels:narrow(1, 1, 1), circlet.LongTensor { 4, 9 } }, opts), 1e-15)
  end)

  it("generalized_lifted", function()
    support.near({ 0.5 + 0, 0.5 + 0.5, 0 }, each("generalized_lifted",
      { measure = "similarity", pos_margin = 1, neg_margin = -1 }), 1e-15)
  end)

  it("supcon", function()
    local function term(...)
      local sum = 0
      for _, s in ipairs { ... } do sum = sum + exp(s / 0.5) end
      return log(sum) - (...) / 0.5
    end
    support.near({ term(0.5, -1), term(0.5, -0.5), 0 }, each("supcon", { temperature = 0.5 }),
      1e-15)
  end)

  it("nt_xent", function()
    local both = { log(1 + exp(-1.5 / 0.5)), log(1 + exp(-1 / 0.5)), 0 }
    support.near(both, each("nt_xent", { temperature = 0.5 }), 1e-15)
    -- two positives, one negative: the mean is over positive pairs, not over anchors
    local rows = circlet.DoubleTensor { { 1 }, { 0.5 }, { -1 }, { 2 } }
    local sum, n = 0, 0
    for _, t in ipairs { { 1, 0.5 }, { 1, 2 }, { 0.5, 1 }, { 0.5, 2 }, { 2, 1 }, { 2, 0.5 } } do
      sum, n = sum + log(1 + exp((-t[1] - t[1] * t[2]) / 0.5)), n + 1
    end
    assert.near(sum / n, circlet.nt_xent_loss(rows, circlet.LongTensor { 4, 4, 9, 4 },
      { temperature = 0.5, similarity = "dot" }), 1e-15)
  end)
end)
