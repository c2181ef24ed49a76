-- Losses on tensors of a GPU beside the same losses on the CPU: options that core/ref does not
-- know, facts, criterions, rows without pairs, and wrong use.
local circlet = require "circlet"
local core = require "circlet.core"
local data = require "spec.loss.circle_cases"
local parity = require "spec.cuda.loss_parity"
local support = require "spec.support"

local nn, raises = circlet.nn, support.raises
local nan, inf = 0 / 0, 1 / 0

local function to(t) return parity.to(t, "cuda") end

-- Gradients as a list, on the CPU in double.
local function list(grads)
  grads = type(grads) == "table" and grads or { grads }
  return parity.each(grads, function(g) return g:double() end)
end

local beside = parity.beside

local function sample(B, D, seed)
  local x, labels = data.make("clustered", B, D, seed)
  local refs, ref_labels = data.make("clustered", B + 13, D, seed + 1)
  return x, labels, refs, ref_labels
end

local names = { "circle", "unified", "multi_similarity", "contrastive", "triplet_hard",
  "triplet_all", "generalized_lifted", "supcon", "nt_xent" }
local gentle = { circle = { gamma = 32 }, unified = { gamma = 32 } }

parity.describe(describe, pending, "options of losses on a GPU", function()
  it("weights: anchors count as they do on the CPU", function()
    local x, labels, refs, ref_labels = sample(150, 20, 1)
    local weights = circlet.rand(150)
    for i = 1, 150, 7 do weights[i] = 0 end
    for _, name in ipairs(names) do
      local opts = parity.with(gentle[name] or {}, { weights = weights })
      beside(name, x, labels, opts)
      beside(name, { x, refs }, { labels, ref_labels }, opts)
    end
    beside("circle_class", { x, refs }, labels, { gamma = 32, weights = weights:double() })
    beside("margin", { x, refs }, labels, { scale = 16, weights = weights })
    parity.lacked(pending)
  end)

  it("ignore_label: rows of that label take no part, whatever they hold", function()
    local x, labels, refs, ref_labels = sample(140, 17, 3)
    for i = 1, 140, 5 do
      labels[i] = -1
      x[i][2] = nan
    end
    for i = 1, 153, 9 do ref_labels[i] = -1 end
    for _, name in ipairs(names) do
      local opts = parity.with(gentle[name] or {}, { ignore_label = -1 })
      local loss_of = circlet[name .. "_loss"]
      local loss, grad = parity.try(name, loss_of, to(x), labels, opts)
      if loss then
        local expected, expected_grad = loss_of(x:double(), labels, opts)
        assert(math.abs(loss - expected) <= 1e-6 * math.max(1, math.abs(expected)), name)
        assert(parity.distance(grad, expected_grad) <= 2e-5 * expected_grad:norm(), name)
        for i = 1, 140, 5 do assert.equal(0, grad:float()[i]:norm()) end
      end
      local finite = x:clone()
      for i = 1, 140, 5 do finite[i][2] = 1 end
      beside(name, { finite, refs }, { labels, ref_labels }, opts)
    end
    parity.lacked(pending)
  end)

  it("filter_eps of 1e-8 costs no digit, and a large one drops pairs", function()
    local x, labels, refs, ref_labels = sample(300, 24, 5)
    for _, name in ipairs { "circle", "unified", "multi_similarity", "supcon" } do
      local opts = parity.with(gentle[name] or {}, { filter_eps = 1e-8 })
      beside(name, x, labels, opts)
      beside(name, { x, refs }, { labels, ref_labels }, opts)
    end
    local _, whole = parity.try("filter_eps", circlet.circle_loss, to(x), labels, {})
    local _, part = parity.try("filter_eps", circlet.circle_loss, to(x), labels,
      { filter_eps = 0.05 })
    if part then assert(parity.distance(part, whole) > 1e-6 * whole:float():norm()) end
    parity.lacked(pending)
  end)

  it("memory_budget changes no bit", function()
    local x, labels, refs, ref_labels = sample(260, 40, 7)
    for _, name in ipairs(names) do
      local loss_of, opts = circlet[name .. "_loss"], gentle[name] or {}
      for _, call in ipairs { { to(x), labels },
                              { { to(x), to(refs) }, { labels, ref_labels } } } do
        local loss, grads = parity.try(name, loss_of, call[1], call[2], opts)
        for _, budget in ipairs { 0, 1e5, 1e9 } do
          local other, other_grads = parity.try(name, loss_of, call[1], call[2],
            parity.with(opts, { memory_budget = budget }))
          if loss and other then
            assert.equal(loss, other, name)
            for k, grad in ipairs(list(other_grads)) do
              assert.equal(0, parity.distance(grad, list(grads)[k]), name)
            end
          end
        end
      end
    end
    parity.lacked(pending)
  end)

  it("precision: a name that is none is refused, and says which there are", function()
    if parity.on_cpu then return end
    local x, labels = sample(5, 3, 1)
    for _, name in ipairs { "circle", "unified" } do
      local ok, message = pcall(circlet[name .. "_loss"], to(x), labels, { precision = "tf64" })
      assert.is_false(ok)
      for _, word in ipairs { "precision", "fp32", "tf32", "bf16", "tf64" } do
        assert(message:find(word, 1, true), message)
      end
    end
  end)
end)

parity.describe(describe, pending, "rows and anchors on a GPU", function()
  it("without pairs give no loss and no gradient", function()
    local x = circlet.randn(130, 9)
    for _, mark in ipairs { function() return 4 end, function(i) return i end } do
      local labels = circlet.LongTensor(130)
      for i = 1, 130 do labels[i] = mark(i) end
      for _, reduction in ipairs { "mean", "mean_all", "sum" } do
        local loss, grad, info = circlet.circle_loss(to(x), labels, { reduction = reduction })
        assert.equal(0, loss)
        assert.equal(0, grad:float():norm())
        assert.equal(0, info.n_valid)
        assert.equal(130, info.n_anchors)
      end
    end
    -- one class of two rows, one of one: row 3 is no anchor, but a negative
    local rows, labels = circlet.randn(3, 5), circlet.LongTensor { 1, 1, 2 }
    local each, grad, info = circlet.circle_loss(to(rows), labels, { reduction = "none" })
    assert.equal(0, each:float()[3])
    assert(grad:float()[3]:norm() > 0)
    assert.equal(2, info.n_valid)
  end)

  it("of zeros have no gradient, to the bit", function()
    local x, labels = data.make("zero", 100, 12, 3)
    local _, grad = circlet.circle_loss(to(x), labels)
    grad = grad:float()
    for i = 1, 100 do
      if x[i]:norm() == 0 then assert.equal(0, grad[i]:norm()) end
    end
  end)

  it("that are not numbers are named, the first of them", function()
    local x, labels = data.make("random", 700, 67, 2)
    for _, kind in ipairs(parity.types) do
      for _, bad in ipairs { nan, inf, -inf } do
        local y = x:clone()
        y[613][40], y[699][1] = bad, nan
        local there, good = parity.to(y, kind.as), parity.to(x, kind.as)
        raises("circle_loss: x has a NaN or an infinite value in row 613", circlet.circle_loss,
          there, labels)
        raises("circle_loss: x has a NaN or an infinite value in row 613", circlet.circle_loss,
          parity.to(y:t():clone(), kind.as):t(), labels)
        raises("circle_loss: refs has a NaN or an infinite value in row 613", circlet.circle_loss,
          { good, there }, { labels, labels })
        raises("circle_class_loss: w has a NaN or an infinite value in row 613",
          circlet.circle_class_loss, { good, there }, labels)
        raises("supcon_loss: x has a NaN or an infinite value in row 613", circlet.supcon_loss,
          there, labels)
        assert.is_number((circlet.circle_loss(good, labels))) -- and the GPU goes on
      end
    end
  end)

  it("take labels of any integer type, on the CPU and on the GPU", function()
    local x, labels = data.make("clustered", 90, 8, 5)
    local loss, grad = circlet.circle_loss(to(x), labels)
    local kinds = { labels:int(), labels:double(), parity.to(labels, "cudaLong") }
    if not parity.on_cpu then kinds[#kinds + 1] = labels:int():cudaInt() end
    for _, other in ipairs(kinds) do
      local again, again_grad = circlet.circle_loss(to(x), other)
      assert.equal(loss, again)
      assert.equal(0, parity.distance(again_grad, grad))
    end
    local spread = circlet.LongTensor(90, 2):fill(0)
    spread:select(2, 1):copy(labels)
    assert.equal(loss, (circlet.circle_loss(to(x), parity.to(spread, "cudaLong"):select(2, 1))))
  end)

  it("refuse labels that mean nothing", function()
    local x, w = circlet.randn(4, 3), circlet.randn(3, 3)
    for _, place in ipairs { function(t) return t end,
      function(t) return parity.to(t, "cudaLong") end } do
      raises("circle_loss: labels must have 4 elements, one per row of x, got 3",
        circlet.circle_loss, to(x), place(circlet.LongTensor { 1, 1, 2 }))
      raises("circle_loss: labels must hold integers >= 1, got 0 at element 3",
        circlet.circle_loss, to(x), place(circlet.LongTensor { 1, 1, 0, 2 }))
      raises("circle_class_loss: labels must hold classes 1..3, got 4 at element 4",
        circlet.circle_class_loss, { to(x), to(w) }, place(circlet.LongTensor { 1, 2, 3, 4 }))
    end
    raises("there is no option gama", circlet.circle_loss, to(x), circlet.LongTensor(4):fill(1),
      { gama = 1 })
  end)

  it("must lie together and have one type", function()
    if parity.on_cpu then return end
    local x, labels = circlet.randn(4, 3), circlet.LongTensor { 1, 1, 2, 2 }
    for _, call in ipairs {
      function() return circlet.circle_loss({ x:cuda(), x }, { labels, labels }) end,
      function() return circlet.circle_loss({ x, x:cuda() }, { labels, labels }) end,
      function() return circlet.circle_class_loss({ x:cuda(), x }, labels) end,
      function() return circlet.circle_class_loss({ x:cuda(), x:cudaDouble() }, labels) end,
      function() return circlet.circle_loss({ x:cuda(), x:cudaHalf() }, { labels, labels }) end,
      function() return circlet.circle_loss(x:cudaLong(), labels) end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert(message:find("circle", 1, true), message)
      assert(message:find("Cuda", 1, true) or message:find("GPU", 1, true), message)
    end
    assert.is_number((circlet.circle_loss(x:cuda(), labels)))
  end)
end)

parity.describe(describe, pending, "a loss on a GPU", function()
  it("of given similarities agrees with the reference", function()
    circlet.manualSeed(2)
    for _, size in ipairs { { 1, 1, 1 }, { 70, 3, 130 }, { 300, 1, 1000 } } do
      local s_p = circlet.rand(size[1], size[2]):mul(2):csub(1)
      local s_n = circlet.rand(size[1], size[3]):mul(2):csub(1)
      local loss, grads = core.ref_circle_similarity_loss(s_p, s_n, { gamma = 32 })
      local got, got_grads = parity.try("similarities", circlet.circle_similarity_loss,
        { to(s_p), to(s_n) }, { gamma = 32 })
      if got then
        assert.near(loss, got, 1e-6 * loss)
        for k, grad in ipairs(got_grads) do
          assert(parity.distance(grad, grads[k]) <= 2e-5 * grads[k]:norm())
        end
      end
    end
    parity.lacked(pending)
  end)

  it("takes memory that grows with rows, not with pairs of them", function()
    if parity.on_cpu then return end
    local B, D = 24000, 64
    local x, labels = to(circlet.randn(B, D)), circlet.LongTensor(B):random(1, B // 8)
    circlet.circle_loss(x, labels) -- what is loaded once
    collectgarbage()
    collectgarbage()
    circlet.cuda.synchronize()
    for _, opts in ipairs { {}, { precision = "tf32" }, { precision = "bf16" } } do
      local before = circlet.cuda.memory(nil, true).used
      if parity.try("memory", circlet.circle_loss, x, labels, opts) then
        local added = circlet.cuda.memory().used_peak - before
        -- all similarities are 2.3 GB; gradient, copies of rows and tiles
        assert(added <= 16 * 4 * B * D + 2 ^ 28, ("%d MB"):format(added // 1e6))
      end
      collectgarbage()
      collectgarbage()
    end
    parity.lacked(pending)
  end)

  it("gives the same bits in a stream of its own", function()
    if parity.on_cpu then return end
    local cuda = circlet.cuda
    local x, labels = data.make("clustered", 400, 32, 4)
    local loss, grad = circlet.circle_loss(to(x), labels)
    local stream, before = cuda.newStream(), cuda.getStream()
    finally(function() cuda.setStream(before) end)
    cuda.setStream(stream)
    local again, again_grad = circlet.circle_loss(to(x), labels)
    assert.equal(loss, again)
    assert.equal(0, parity.distance(again_grad, grad))
  end)

  it("ends soon after Ctrl-C, with everything as it was", function()
    if parity.on_cpu then return end
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    -- 6e14 operations or more: seconds on any GPU
    file:write [[
      local circlet = require "circlet"
      local x = circlet.randn(400000, 512):cuda()
      local labels = circlet.LongTensor(400000):random(1, 9)
      local few, marks = x:narrow(1, 1, 64), labels:narrow(1, 1, 64)
      local before = circlet.circle_loss(few, marks)
      local timer = circlet.Timer()
      os.execute("(sleep 0.5; kill -INT " .. io.open("/proc/self/stat"):read("n") .. ") &")
      local ok, message = pcall(circlet.circle_loss, x, labels)
      print(ok, (message:gsub(".*interrupted", "interrupted")), timer:time().real < 2)
      for _ = 1, 1e6 do end -- a hook left behind would raise here
      print(circlet.circle_loss(few, marks) == before)
    ]]
    file:close()
    local child = assert(io.popen("timeout --signal=INT --kill-after=60 60 lua5.4 " .. path
      .. " 2>&1"))
    local output = child:read("a")
    child:close()
    os.remove(path)
    assert.equal("false\tinterrupted!\ttrue\ntrue\n", output)
  end)
end)

parity.describe(describe, pending, "criterions of losses on a GPU", function()
  local function onto(criterion) return parity.on_cpu and criterion or criterion:cuda() end

  it("give loss and gradient of the function", function()
    local x, labels, refs, ref_labels = sample(80, 11, 2)
    local criterion = onto(nn.CircleCriterion(0.3, 64))
    for _, marks in ipairs { labels, parity.to(labels, "cudaLong") } do
      local loss, grad = circlet.circle_loss(to(x), labels, { m = 0.3, gamma = 64 })
      assert.equal(loss, criterion:forward(to(x), marks))
      assert.equal(0, parity.distance(criterion:backward(to(x), marks), grad))
    end
    local loss, grads = circlet.circle_loss({ to(x), to(refs) }, { labels, ref_labels },
      { m = 0.3, gamma = 64 })
    local input, marks = { to(x), to(refs) }, { labels, ref_labels }
    assert.equal(loss, criterion:forward(input, marks))
    for k, grad in ipairs(criterion:backward(input, marks)) do
      assert.equal(0, parity.distance(grad, grads[k]))
    end
  end)

  it("with class vectors keep these on the GPU, and add to their gradient", function()
    local x, _, w = sample(60, 7, 4)
    w = w:narrow(1, 1, 9):clone()
    local labels = circlet.LongTensor(60):random(1, 9)
    for name, make in pairs {
      circle_class = function() return nn.CircleClassCriterion(7, 9, 0.25, 32) end,
      margin = function() return nn.ArcFaceCriterion(7, 9, { scale = 16 }) end,
      proxy_anchor = function() return nn.ProxyAnchorCriterion(7, 9) end,
    } do
      local criterion = onto(make())
      criterion.weight:copy(w)
      criterion:zeroGradParameters()
      local opts = ({ circle_class = { gamma = 32 }, margin = { preset = "arcface", scale = 16 },
        proxy_anchor = {} })[name]
      local loss, grads = parity.try(name, circlet[name .. "_loss"], { to(x), to(w) }, labels, opts)
      if loss then
        assert.equal(to(w):type(), criterion.weight:type())
        for turn = 1, 2 do
          assert.equal(loss, criterion:forward(to(x), labels))
          assert.equal(0, parity.distance(criterion:backward(to(x), labels), grads[1]))
          assert(parity.distance(criterion.gradWeight, grads[2]:double():mul(turn))
            <= 1e-6 * grads[2]:double():norm(), name)
        end
      end
    end
    parity.lacked(pending)
  end)

  it("go to the GPU and back", function()
    if parity.on_cpu then return end
    local criterion = nn.CircleClassCriterion(7, 9, 0.25, 32)
    local weight = criterion.weight:clone()
    criterion:cuda()
    assert.equal("circlet.CudaTensor", criterion.weight:type())
    criterion:float()
    assert.equal(0, parity.distance(criterion.weight, weight))
    local copy = circlet.deserialize(circlet.serialize(nn.CircleCriterion(0.25, 64)))
    local x, labels = sample(40, 5, 8)
    assert.equal(circlet.circle_loss(to(x), labels, { gamma = 64 }), copy:forward(to(x), labels))
  end)

  it("remember batches that lie there", function()
    local criterion = onto(nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 100))
    local plain = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 32), 100)
    local f = function()
      for n = 1, 4 do
        local x, labels = data.make("clustered", 40, 6, n)
        local expected = plain:forward(x:clone(), labels)
        assert.near(expected, criterion:forward(to(x), labels), 1e-5 * math.max(1, expected))
        local grad = plain:backward(x, labels)
        assert(parity.distance(criterion:backward(to(x), labels), grad) <= 1e-4 * grad:norm())
      end
      return true
    end
    parity.try("memory", f)
    parity.lacked(pending)
  end)
end)
