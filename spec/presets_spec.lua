local circlet = require "circlet"
local support = require "spec.support"

local presets = circlet.presets

-- `each` samples of `classes` classes, in turn.
local function labels_of(classes, each)
  return circlet.range(circlet.LongTensor(), 0, classes * each - 1):remainder(classes):add(1)
end

describe("presets", function()
  it("have the paper's settings", function()
    local labels = labels_of(20, 6)
    for name, expected in pairs {
      face = { "class", 0.25, 256 }, reid = { "class", 0.25, 128 },
      fine_grained = { "pair", 0.4, 80, 16, 5 },
    } do
      local preset = presets[name](labels, { dim = 8 })
      local s = preset.settings
      assert.same(expected, { s.level, s.m, s.gamma, name == "fine_grained" and s.P or nil,
        name == "fine_grained" and s.K or nil })
      assert.equal(expected[2], preset.criterion.m)
      assert.equal(expected[3], preset.criterion.gamma)
      assert.same({}, preset.warnings)
      assert.equal(name, s.task)
    end
    -- and say which of them are not
    assert.same({ "batch", "dim" }, presets.face(labels).ours)
    assert.same({ "K", "P", "dim" }, presets.reid(labels).ours)
    assert.same({}, presets.fine_grained(labels).ours)
    assert.same({ "K" }, presets.reid(labels, { P = 8, dim = 8 }).ours)
    assert.equal(512, presets.fine_grained(labels).settings.dim)
    assert.same({ 20, 512 }, presets.face(labels).criterion.weight:size():totable())
  end)

  it("give batches that their criterions learn from", function()
    circlet.manualSeed(1)
    local labels = labels_of(20, 6)
    local x = circlet.randn(120, 8)
    for _, name in ipairs { "face", "reid", "fine_grained" } do
      local preset = presets[name](labels, { dim = 8 })
      local again = presets[name](labels, { dim = 8 })
      local batches, rows_seen = again.batches(2), 0
      for b, rows in preset.batches(2) do
        local other, same = batches()
        assert.equal(b, other)
        assert(rows:equal(same))
        rows_seen = rows_seen + rows:nElement()
        local some = x:index(1, rows)
        local loss = preset.criterion:forward(some, labels:index(1, rows))
        assert(loss > 0)
        assert(preset.criterion:backward(some, labels:index(1, rows)):norm() > 0)
        assert.equal(rows:nElement(), preset.criterion.info.n_valid)
      end
      assert(rows_seen > 0)
    end
    local rows = select(2, presets.fine_grained(labels).batches(1)())
    assert.equal(80, rows:nElement())
  end)

  it("measure what the paper reports", function()
    circlet.manualSeed(2)
    local labels = labels_of(20, 6)
    local x, y = circlet.randn(120, 8), circlet.randn(40, 8)
    assert.same(circlet.metrics.retrieval(x, labels),
      presets.fine_grained(labels, { dim = 8 }).evaluate(x, labels))
    local sides, both = { y, x }, { labels_of(20, 2), labels }
    assert.same(circlet.metrics.cmc(sides, both, { rerank = true }),
      presets.reid(labels, { dim = 8 }).evaluate(sides, both, { rerank = true }))
    local face = presets.face(labels, { dim = 8 })
    assert.same(circlet.metrics.verification(x, labels), face.evaluate(x, labels))
    local pairs_list = { first = { 1, 1, 2, 2 }, second = { 21, 2, 22, 3 }, same = { 1, 0, 1, 0 },
      fold = { 1, 1, 2, 2 } }
    for name, list in pairs(pairs_list) do pairs_list[name] = circlet.LongTensor(list) end
    assert.same(circlet.metrics.lfw(x, pairs_list), face.evaluate(x, pairs_list))
  end)

  it("take other settings where they are given", function()
    local labels = labels_of(4, 6)
    local preset = presets.fine_grained(labels, { gamma = 64, m = 0.3, P = 2, K = 3, seed = 9 })
    assert.equal(64, preset.criterion.gamma)
    assert.equal(6, select(2, preset.batches(1)()):nElement())
    assert.equal(10, select(2, presets.face(labels, { batch = 10 }).batches(1)()):nElement())
    assert.equal(24, presets.face(labels).settings.batch) -- no more than there are
  end)

  it("warn of what does not fit the data", function()
    local labels = circlet.LongTensor { 1, 1, 1, 2, 2, 4, 4, 4 }
    local warnings = presets.reid(labels, { P = 2, K = 3 }).warnings
    assert.equal(2, #warnings)
    assert.truthy(warnings[1]:find("1 of 4 classes have no sample", 1, true))
    assert.truthy(warnings[2]:find("1 classes have fewer than K = 3", 1, true))
    assert.equal(1, #presets.fine_grained(labels, { P = 2, K = 3 }).warnings)
    assert.truthy(presets.face(circlet.LongTensor { 1, 1, 2 }).warnings[1]:find("single", 1, true))
  end)

  it("refuse what they cannot use, naming it", function()
    local labels = labels_of(4, 2)
    support.raises("presets.face: there is no option P", presets.face, labels, { P = 3 })
    support.raises("presets.reid: option K must be a number, got string", presets.reid, labels,
      { K = "4" })
    support.raises("presets.reid: options must be a table, got number", presets.reid, labels, 3)
    support.raises("presets.face: labels must be a tensor, got nil", presets.face)
    support.raises("presets.face: labels must be whole numbers from 1, got 0 at 2", presets.face,
      circlet.LongTensor { 1, 0 })
    support.raises("presets.face: there are no labels", presets.face, circlet.LongTensor())
    support.raises("4", presets.fine_grained, labels) -- 16 classes a batch
  end)
end)
