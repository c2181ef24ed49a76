local circlet = require "circlet"
local core = require "circlet.core"
local support = require "spec.support"

describe("memory_budget", function()
  local function data(name, rows, columns)
    local x = circlet.randn(rows, columns):type("circlet." .. name .. "Tensor")
    return x, circlet.LongTensor(rows):random(1, 9)
  end

  -- Losses and gradients of rows among themselves and against references.
  local function results(f, x, labels, refs, ref_labels, options)
    local loss, grad = f(x, labels, options)
    local cross, grads = f({ x, refs }, { labels, ref_labels }, options)
    return { losses = { loss, cross }, gradients = { grad, grads[1], grads[2] } }
  end

  local function same(expected, actual)
    assert.same(expected.losses, actual.losses)
    for i = 1, 3 do assert.is_true(circlet.equal(expected.gradients[i], actual.gradients[i])) end
  end

  before_each(function() circlet.manualSeed(11) end)

  it("changes no bit of loss and gradients, whether all, some or no tiles fit", function()
    for _, name in ipairs(support.real_types) do
      for _, similarity in ipairs { "cosine", "euclidean" } do
        local x, labels = data(name, 300, 33)
        local refs, ref_labels = data(name, 170, 33)
        local plain = { gamma = 32, similarity = similarity }
        local expected = results(circlet.circle_loss, x, labels, refs, ref_labels, plain)
        for _, budget in ipairs { 0, 2e4, 1e5, 1e9, math.huge } do
          local options = { gamma = 32, similarity = similarity, memory_budget = budget }
          same(expected, results(circlet.circle_loss, x, labels, refs, ref_labels, options))
        end
      end
    end
  end)

  -- Logits far apart: references that tiles shared in forward rise far above them until backward.
  it("changes no bit where logits are far apart, whatever the threads", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local cases = {}
    for _, gamma in ipairs { 256, 2000 } do
      cases[#cases + 1] = { "circle_loss", { gamma = gamma } }
      cases[#cases + 1] = { "circle_loss", { gamma = gamma, through_alpha = true } }
      cases[#cases + 1] = { "circle_loss", { gamma = gamma, aggregate = "batch" } }
      cases[#cases + 1] = { "unified_loss", { gamma = gamma } }
    end
    cases[#cases + 1] = { "multi_similarity_loss", { alpha = 200, beta = 500 } }
    for _, name in ipairs(support.real_types) do
      local x, labels = data(name, 600, 5)
      local refs, ref_labels = data(name, 170, 5)
      for _, case in ipairs(cases) do
        local f, options = circlet[case[1]], case[2]
        options.memory_budget = 0
        circlet.setnumthreads(1)
        local expected = results(f, x, labels, refs, ref_labels, options)
        for i, budget in ipairs { 1e5, 1e9, math.huge } do
          circlet.setnumthreads(({ 2, 3, 8 })[i])
          options.memory_budget = budget
          same(expected, results(f, x, labels, refs, ref_labels, options))
        end
      end
    end
  end)

  -- Bytes held at most during a call beyond what was held before and the gradient.
  local function workspace(x, labels, budget)
    collectgarbage()
    collectgarbage()
    circlet.memory(true)
    local before = circlet.memory()
    circlet.circle_loss(x, labels, { memory_budget = budget })
    local _, most = circlet.memory()
    return most - before - 4 * x:nElement()
  end

  it("spends no more than the budget, and something of it", function()
    local x, labels = data("Float", 1024, 8)
    local without = workspace(x, labels, 0)
    local with = workspace(x, labels, 500000)
    assert.is_true(with <= without + 500000 + 64) -- 64: the block's header
    assert.is_true(with >= without + 300000)
  end)

  it("keeps everything by default where that is little", function()
    local x, labels = data("Float", 1024, 8)
    assert.equal(workspace(x, labels, math.huge), workspace(x, labels, nil))
  end)

  it("keeps the workspace within four copies of the rows by default", function()
    local x, labels = data("Float", 2560, 512)
    local copy, threads = 4 * x:nElement(), circlet.getnumthreads()
    circlet.setnumthreads(2) -- each has a tile of its own
    local plain, default = workspace(x, labels, 0), workspace(x, labels, nil)
    circlet.setnumthreads(threads)
    assert.is_true(default <= 4 * copy, default / copy .. " copies")
    assert.is_true(default >= plain + copy / 2, (default - plain) / copy .. " copies kept")
  end)

  it("keeps beside references what they take, at most 256 MiB, by default", function()
    -- workspaces at budgets of nothing, so many bytes, more, and the default
    local function used(rows, refs, columns, bytes)
      local x, labels = data("Float", rows, columns)
      local y, y_labels = circlet.zeros(refs, columns), circlet.LongTensor(refs):random(1, 9)
      local list = {}
      for i, budget in ipairs { 0, bytes, 1.1 * bytes, -1 } do
        local context = core.pair_context()
        collectgarbage()
        collectgarbage()
        circlet.memory(true)
        local before = circlet.memory()
        context:forward("spec", { memory_budget = budget >= 0 and budget or nil }, x, labels, y,
          y_labels)
        list[i] = select(2, circlet.memory()) - before
      end
      return list
    end
    for _, case in ipairs { { 512, 6000, 64, 4 * 6000 * 64 }, { 128, 560000, 128, 2 ^ 28 } } do
      local nothing, exact, more, default = table.unpack(used(table.unpack(case)))
      assert.equal(exact, default)
      assert(nothing < exact and exact < more)
    end
  end)

  it("lets backward run more than once on what forward kept", function()
    local x, labels = data("Float", 200, 16)
    local context, first, second = core.pair_context(), circlet.Tensor(), circlet.Tensor()
    context:forward("spec", { memory_budget = 1e9 }, x, labels)
    context:backward("spec", 1, first)
    context:backward("spec", 1, second)
    assert.is_true(circlet.equal(first, second))
  end)

  it("must be a number of bytes", function()
    local x, labels = data("Float", 4, 3)
    for _, wrong in ipairs { -1, 0 / 0 } do
      support.raises("memory_budget must be a number of bytes >= 0", circlet.circle_loss, x, labels,
        { memory_budget = wrong })
    end
    support.raises("option memory_budget must be a number", circlet.circle_loss, x, labels,
      { memory_budget = "1G" })
  end)
end)
