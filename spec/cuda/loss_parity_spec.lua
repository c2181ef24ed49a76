-- Circle Loss on tensors of a GPU against the oracle of core/ref: shapes, data, layouts, types,
-- options.
local circlet = require "circlet"
local data = require "spec.loss.circle_cases"
local parity = require "spec.cuda.loss_parity"

local function class_data(kind, B, C, D, seed)
  local x = data.make(kind, B, D, seed)
  local w = data.make("random", C, D, seed + 1)
  local labels = circlet.LongTensor(B)
  for i = 1, B do labels[i] = (i * i) % C + 1 end
  return x, w, labels
end

-- Shapes at and around the sizes of tiles and warps, and others at random, the same on every run.
local function shapes()
  local list = { { 1, 1 }, { 2, 3 }, { 3, 1 }, { 31, 31 }, { 32, 32 }, { 33, 7 }, { 63, 65 },
    { 64, 64 }, { 65, 128 }, { 127, 100 }, { 128, 16 }, { 129, 129 }, { 255, 33 }, { 256, 256 },
    { 257, 8 }, { 300, 600 } }
  circlet.manualSeed(17)
  local rows, columns = circlet.LongTensor(24):random(1, 300), circlet.LongTensor(24):random(1, 600)
  for i = 1, 24 do list[#list + 1] = { rows[i], columns[i] } end
  return list
end

parity.describe(describe, pending, "circle_loss on a GPU", function()
  it("agrees with the reference for every shape, in every type", function()
    for n, shape in ipairs(shapes()) do
      local B, D = table.unpack(shape)
      local x, labels = data.make(n % 2 == 0 and "random" or "clustered", B, D, n)
      parity.compare("circle", x, labels, { gamma = ({ 256, 80, 32 })[n % 3 + 1] },
        { what = ("%dx%d"):format(B, D), labels_as = n % 2 == 0 and "cudaLong" or nil,
          types = n % 3 > 0 and { "cuda", "cudaDouble" } or nil })
    end
    parity.lacked(pending)
  end)

  it("agrees with the reference for more rows than a tile or a block of tiles has", function()
    for n, shape in ipairs { { 1025, 64 }, { 1500, 31 }, { 2049, 16 } } do
      local B, D = table.unpack(shape)
      local x, labels = data.make("clustered", B, D, n)
      parity.compare("circle", x, labels, {}, { what = ("%dx%d"):format(B, D),
        types = { "cuda", "cudaBFloat16" } })
    end
    parity.lacked(pending)
  end)

  for _, kind in ipairs(data.kinds) do
    it("agrees with the reference on data of kind " .. kind, function()
      for n, B in ipairs { 0, 1, 2, 5, 64, 150, 257 } do
        local x, labels = data.make(kind, B, ({ 3, 1, 2, 7, 16, 33, 5 })[n], 10 * B + n)
        for _, opts in ipairs { { gamma = 1, m = 0 }, { gamma = 80, m = 0.4 }, {},
                                { gamma = 1024, m = -0.2 } } do
          parity.compare("circle", x, labels, opts, { what = kind .. " " .. B,
            types = { "cuda", "cudaDouble" } })
        end
      end
      parity.lacked(pending)
    end)
  end

  it("agrees with the reference against references and class vectors", function()
    for n, shape in ipairs { { 1, 1, 4 }, { 5, 70, 3 }, { 64, 10, 31 }, { 130, 257, 100 },
      { 300, 64, 600 }, { 1030, 129, 17 }, { 33, 1500, 64 } } do
      local B, R, D = table.unpack(shape)
      local what = ("%dx%dx%d"):format(B, R, D)
      local x, labels = data.make("clustered", B, D, n)
      local refs, ref_labels = data.make("clustered", R, D, n + 50)
      parity.compare("circle", { x, refs }, { labels, ref_labels }, {}, { what = what,
        labels_as = n % 2 == 0 and "cudaLong" or nil })
      local rows, w, classes = class_data("random", B, R, D, n)
      parity.compare("circle_class", { rows, w }, classes, { gamma = 64 }, { what = what })
    end
    parity.lacked(pending)
  end)

  it("agrees with the reference for every combination of options", function()
    local x, labels = data.make("clustered", 90, 6, 4)
    local refs, ref_labels = data.make("clustered", 66, 6, 5)
    local rows, w, classes = class_data("clustered", 90, 13, 6, 6)
    for _, t in ipairs { x, refs, rows, w } do t:div(3) end
    local combinations = data.combinations { aggregate = { "anchor", "batch" },
      reduction = { "mean", "mean_all", "sum", "none" }, similarity = { "cosine", "dot",
      "euclidean" } }
    for n, entry in ipairs(combinations) do
      local opts = parity.with(entry[1], { gamma = 16, through_alpha = n % 2 == 0 })
      if opts.aggregate == "anchor" or opts.reduction ~= "none" then
        local settings = { types = { "cuda", "cudaDouble" }, size = 8 }
        parity.compare("circle", x, labels, opts, settings)
        parity.compare("circle", { x, refs }, { labels, ref_labels }, opts, settings)
        if opts.aggregate == "anchor" then
          parity.compare("circle_class", { rows, w }, classes, opts, settings)
        end
      end
    end
    parity.lacked(pending)
  end)

  it("reads rows however they lie in memory, and gives the same bits for each layout", function()
    for _, kind in ipairs(parity.types) do
      local x, labels = data.make("random", 133, 37, 3)
      x = parity.to(x, kind.as)
      local loss, grad = circlet.circle_loss(x, labels)
      for n, layout in ipairs(parity.layouts(x)) do
        local what = ("%s, layout %d"):format(kind.as, n)
        local other, other_grad = circlet.circle_loss(layout, labels)
        assert.equal(loss, other, what)
        assert.equal(0, parity.distance(other_grad, grad), what)
        assert.same({ 133, 37 }, other_grad:size():totable())
      end
    end
  end)

  it("gives the same bits on every run", function()
    for _, kind in ipairs(parity.types) do
      for _, shape in ipairs { { 300, 64 }, { 1500, 130 } } do
        local x, labels = data.make("clustered", shape[1], shape[2], 9)
        x = parity.to(x, kind.as)
        local float = kind.as == "cuda"
        for _, precision in ipairs(float and { "fp32", "tf32", "bf16" } or { "fp32" }) do
          local opts = not parity.on_cpu and { precision = precision } or {}
          local loss, grad, info = parity.try("twice", circlet.circle_loss, x, labels, opts)
          for _ = 1, loss and 4 or 0 do
            local again, again_grad, again_info = circlet.circle_loss(x, labels, opts)
            assert.equal(loss, again)
            assert.equal(0, parity.distance(again_grad, grad))
            assert.same(info, again_info)
          end
        end
      end
    end
    parity.lacked(pending)
  end)

  it("takes the facts from the same pairs as the CPU", function()
    local x, labels = data.make("clustered", 200, 16, 11)
    local _, _, expected = circlet.circle_loss(x:double(), labels)
    local _, _, info = circlet.circle_loss(parity.to(x, "cuda"), labels)
    for key, value in pairs(expected) do
      assert.is_number(info[key], key)
      -- means of similarities, each of which errs by a few units of float32
      assert.near(value, info[key], math.type(value) == "integer" and 0 or 1e-6, key)
    end
  end)
end)

parity.describe(describe, pending, "the accuracy of circle_loss on a GPU at gamma 256", function()
  -- What users count on, for embeddings as they come: at random and in clusters.
  local truths = {}
  local function errors(B, D, kind, opts)
    local x, labels = data.make(kind, B, D, B + D)
    local there, key = parity.to(x, "cuda"), ("%s %d %d"):format(kind, B, D)
    truths[key] = truths[key] or { parity.losses.circle.truth(x:double(), labels, {}) }
    local loss, grad = table.unpack(truths[key])
    local got, got_grad = parity.try("accuracy", circlet.circle_loss, there, labels, opts)
    if not got then return 0, 0 end
    -- a loss below gamma/16 is what is left of logits that are multiples of gamma
    return math.abs(got - loss) / math.max(loss, 256 / 16),
      parity.distance(got_grad, grad) / grad:norm()
  end

  for _, case in ipairs {
    -- 24 bits. The bar of the project: gradients within 2e-5, the loss within 1e-6
    { opts = {}, loss = 1e-6, gradient = 2e-5 },
    { opts = { precision = "fp32" }, loss = 1e-6, gradient = 2e-5 },
    -- Rows of length 1 rounded to 11 bits, and everything else in double: gradients of these data
    -- are then off by 5e-4 to 1.2e-3. Products that cut bits off in place of rounding lean one way:
    -- similarities are 2^-10 of themselves too small, which takes up to 5e-4 of the loss.
    { opts = { precision = "tf32" }, loss = 1e-3, gradient = 2e-3 },
    -- The same with 8 bits: 4e-3 to 8e-3, and 8 times as much of the loss.
    { opts = { precision = "bf16" }, loss = 1e-2, gradient = 2e-2 },
  } do
    it("keeps to its bar with " .. parity.describe_options(case.opts), function()
      for _, size in ipairs { { 256, 512 }, { 1024, 512 }, { 1024, 128 } } do
        for _, kind in ipairs { "random", "clustered" } do
          if not (parity.on_cpu and case.opts.precision) then
            local loss, gradient = errors(size[1], size[2], kind, case.opts)
            local what = ("%s %dx%d"):format(kind, size[1], size[2])
            assert(loss <= case.loss, ("%s: loss off by %.3g"):format(what, loss))
            assert(gradient <= case.gradient, ("%s: gradient off by %.3g"):format(what, gradient))
          end
        end
      end
      parity.lacked(pending)
    end)
  end
end)
