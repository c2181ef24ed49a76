-- The other losses of the family, pair-wise and of class vectors, on tensors of a GPU against the
-- oracle of core/ref.
local circlet = require "circlet"
local class_cases = require "spec.loss.class_cases"
local data = require "spec.loss.circle_cases"
local family = require "spec.loss.family_cases"
local parity = require "spec.cuda.loss_parity"

local both = { "cuda", "cudaDouble" }
local reductions = { "mean", "mean_all", "sum", "none", "mean_nonzero" }
local kinds = { "random", "clustered", "duplicated", "same", "distinct", "zero" }

for _, entry in ipairs(family.losses) do
  local name = entry.name
  parity.describe(describe, pending, name .. "_loss on a GPU", function()
    it("agrees with the reference on every kind of data", function()
      for _, kind in ipairs(kinds) do
        for n, B in ipairs { 0, 1, 2, 5, 65, 150 } do
          local x, labels = data.make(kind, B, ({ 3, 1, 2, 7, 16, 33 })[n], 10 * B + n)
          for _, opts in ipairs(entry.options) do
            parity.compare(name, x, labels, opts, { types = both, what = kind .. " " .. B })
          end
        end
      end
      parity.lacked(pending)
    end)

    it("agrees with the reference for many rows and columns, in every type", function()
      for n, shape in ipairs { { 300, 600 }, { 129, 31 }, { 1030, 16 } } do
        local x, labels = data.make("clustered", shape[1], shape[2], n)
        parity.compare(name, x, labels, entry.options[1], { labels_as = "cudaLong",
          types = shape[1] > 1000 and { "cuda" } or nil,
          what = ("%dx%d"):format(shape[1], shape[2]) })
      end
      parity.lacked(pending)
    end)

    it("agrees with the reference for references, every similarity and reduction", function()
      local x, labels = data.make("clustered", 90, 6, 4)
      local refs, ref_labels = data.make("clustered", 66, 6, 5)
      x:div(4)
      refs:div(4)
      for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
        for n, opts in ipairs(entry.options) do
          local distances = entry.measured and opts.measure ~= "similarity"
          for _, reduction in ipairs(n == 1 and reductions or { "mean" }) do
            local all = parity.with(opts, { similarity = similarity, reduction = reduction })
            if similarity ~= "dot" or not distances then
              parity.compare(name, x, labels, all, { types = both, size = 2 })
              parity.compare(name, { x, refs }, { labels, ref_labels }, all,
                { types = both, size = 2 })
            end
          end
        end
        if entry.batch then
          parity.compare(name, x, labels, parity.with(entry.options[1], { aggregate = "batch",
            similarity = similarity }), { types = both, size = 2 })
        end
      end
      parity.lacked(pending)
    end)

    it("gives the same bits on every run and for every layout", function()
      local x, labels = data.make("clustered", 333, 45, 6)
      x = parity.to(x, "cuda")
      local loss_of = parity.losses[name].call
      for _, opts in ipairs(entry.options) do
        local loss, grad = parity.try(name, loss_of, x, labels, opts)
        for _, layout in ipairs(loss and parity.layouts(x) or {}) do
          local other, other_grad = loss_of(layout, labels, opts)
          assert.equal(loss, other)
          assert.equal(0, parity.distance(other_grad, grad))
        end
      end
      parity.lacked(pending)
    end)

    it("is a criterion too", function()
      local x, labels = data.make("clustered", 70, 9, 3)
      x = parity.to(x, "cuda")
      local criterion = circlet.nn[entry.criterion](entry.options[1])
      if not parity.on_cpu then criterion:cuda() end
      local loss, grad = parity.try(name, parity.losses[name].call, x, labels, entry.options[1])
      if loss then
        assert.equal(loss, criterion:forward(x, labels))
        assert.equal(0, parity.distance(criterion:backward(x, labels), grad))
        assert.equal(x:type(), criterion.gradInput:type())
      end
      parity.lacked(pending)
    end)
  end)
end

parity.describe(describe, pending, "margin_loss on a GPU", function()
  for _, kind in ipairs { "random", "clustered", "duplicated", "zero", "huge" } do
    it("agrees with the reference on data of kind " .. kind, function()
      for n, size in ipairs { { 1, 2, 1 }, { 5, 3, 2 }, { 64, 10, 31 }, { 130, 257, 3 },
                              { 300, 40, 17 } } do
        for k, opts in ipairs(class_cases.margins) do
          local all = parity.with(opts, { centres = (n + k) % 3 + 1 })
          local x, w, labels = class_cases.make(kind, size[1], size[2], size[3], all.centres)
          parity.compare("margin", { x, w }, labels, all, { types = both,
            what = ("%s %dx%dx%d"):format(kind, table.unpack(size)) })
        end
      end
      parity.lacked(pending)
    end)
  end

  it("agrees with the reference for more classes than a block has, in every type", function()
    local x, w, labels = class_cases.make("random", 70, 3000, 100)
    parity.compare("margin", { x, w }, labels, { scale = 32, m3 = 0.35 },
      { labels_as = "cudaLong" })
    parity.lacked(pending)
  end)

  it("agrees with the reference for every similarity and reduction, and with a bias", function()
    for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
      local x, w, labels = class_cases.make("clustered", 90, 13, 6, 2)
      x:div(3)
      for _, reduction in ipairs { "mean", "mean_all", "sum", "none" } do
        local opts = { similarity = similarity, reduction = reduction, scale = 3, m3 = 0.2,
          label_smoothing = 0.25, centres = 2 }
        parity.compare("margin", { x, w }, labels, opts, { types = both, size = 30 })
        if similarity == "dot" then
          circlet.manualSeed(4)
          parity.compare("margin", { x, w, circlet.randn(13) }, labels, opts,
            { types = both, size = 30 })
        end
      end
    end
    parity.lacked(pending)
  end)

  it("knows its presets", function()
    local x, w, labels = class_cases.make("random", 70, 9, 6)
    for preset in pairs(class_cases.presets) do
      local loss, grads = circlet.margin_loss({ x:double(), w:double() }, labels,
        { preset = preset })
      local got, got_grads = parity.try(preset, circlet.margin_loss,
        { parity.to(x, "cuda"), parity.to(w, "cuda") }, labels, { preset = preset })
      if got then
        -- some units of float32, times a slope of 64
        assert.near(loss, got, 1e-5 * loss, preset)
        for k, grad in ipairs(got_grads) do
          assert(parity.distance(grad, grads[k]) <= 1e-4 * grads[k]:norm(), preset)
        end
      end
    end
    parity.lacked(pending)
  end)
end)

parity.describe(describe, pending, "proxy_anchor_loss on a GPU", function()
  it("agrees with the reference for every shape and kind of data", function()
    for _, kind in ipairs { "random", "clustered", "duplicated", "zero", "huge" } do
      for n, size in ipairs { { 1, 2, 1 }, { 5, 3, 2 }, { 64, 10, 31 }, { 130, 257, 3 },
                              { 300, 40, 100 }, { 1030, 70, 17 } } do
        local x, w, labels = class_cases.make(kind, size[1], size[2], size[3])
        parity.compare("proxy_anchor", { x, w }, labels,
          ({ {}, { margin = 0.3, scale = 8 }, { margin = 0, scale = 64 } })[n % 3 + 1],
          { what = ("%s %dx%dx%d"):format(kind, table.unpack(size)),
            types = n > 2 and both or nil })
      end
    end
    parity.lacked(pending)
  end)
end)
