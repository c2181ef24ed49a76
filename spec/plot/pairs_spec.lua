-- Pictures of similarities: histograms, the boundary, gradient fields.
local circlet = require "circlet"
local plot = circlet.plot
local raises = require("spec.support").raises
local support = require "spec.plot.support"

-- The density at each step of the outline, twice a bin.
local function densities(p, name)
  local list = {}
  for i, row in ipairs(support.rows(p, name)) do
    if i % 2 == 0 then list[#list + 1] = row[2] end
  end
  return list
end

describe("plot.similarities", function()
  it("draws both kinds of pairs as densities with area 1", function()
    local p = plot.similarities({ positive = { 0.9, 0.8, 0.4, 0 / 0 },
      negative = circlet.FloatTensor { -1, 1, 0.1, 0.1 } }, { bins = 4, m = 0.25 })
    assert.same({ 0, 0, 2 / 3, 4 / 3 }, (function()
      local list = densities(p, "positive")
      for i, x in ipairs(list) do list[i] = math.floor(x * 3 + 0.5) / 3 end
      return list
    end)())
    assert.same({ 0.5, 0, 1, 0.5 }, densities(p, "negative"))
    support.commands(p, "label '1-m' at 0.75", "label 'm' at 0.25", "title 'positive pairs'")
    support.draws(p)
  end)

  it("counts all pairs of embeddings as the loss does, however labels are numbered", function()
    circlet.manualSeed(3)
    local x = circlet.randn(40, 5)
    local labels = circlet.LongTensor(40):random(1, 4)
    local _, _, facts = circlet.circle_loss(x, labels, { diagnostics = true })
    local p = plot.similarities(facts)
    assert.equal(40, #densities(p, "positive"))
    local shifted = {}
    for i, label in ipairs(labels:totable()) do shifted[i] = -7 * label end
    assert.equal(p.data, plot.similarities(x, shifted).data)
    assert.equal(p.data, plot.similarities(x, labels:double(), { title = "the same" }).data)
    local sum = 0
    for _, density in ipairs(densities(p, "negative")) do sum = sum + density * 2 / 40 end
    assert.near(1, sum, 1e-12)
  end)

  it("has nothing to draw without a pair, and draws one kind alone", function()
    local p = plot.similarities { positive = {}, negative = { 0 / 0 } }
    assert.equal("no pair to draw", p.empty)
    assert.equal("no pair to draw", plot.similarities(circlet.randn(1, 4), { 1 }).empty)
    p = plot.similarities(circlet.randn(3, 4), { 1, 1, 1 })
    assert.is_nil(support.rows(p, "negative"))
    support.draws(p)
  end)

  it("refuses what does not fit", function()
    raises("embeddings, facts or { positive, negative } expected, got nil", plot.similarities)
    raises("facts of a loss with { diagnostics = true } expected", plot.similarities,
      { n_anchors = 3 })
    raises("labels must have 3 elements, got 2", plot.similarities, circlet.randn(3, 4), { 1, 2 })
    raises("label 2 must be a whole number, got 1.5", plot.similarities, circlet.randn(2, 4),
      { 1, 1.5 })
    raises("embeddings must be [N, D], got 1 dimensions", plot.similarities, circlet.randn(3),
      { 1, 1, 2 })
    raises("embeddings must be a FloatTensor or a DoubleTensor, got circlet.LongTensor",
      plot.similarities, circlet.LongTensor(3, 3), { 1, 1, 2 })
    raises("row 2", plot.similarities, circlet.FloatTensor { { 1, 0 }, { 0 / 0, 1 } }, { 1, 1 })
    raises("negative must be a list of numbers", plot.similarities, { positive = { 1 } })
  end)
end)

describe("plot.hardest", function()
  -- By the definition: all pairs, one after the other.
  local function by_definition(x, labels)
    local s_n, s_p = {}, {}
    for i = 1, #labels do
      local other, same
      for j = 1, #labels do
        local norms = x[i]:norm() * x[j]:norm()
        local s = norms > 0 and x[i]:dot(x[j]) / norms or 0
        if i ~= j and labels[i] == labels[j] then same = math.min(same or 2, s) end
        if labels[i] ~= labels[j] then other = math.max(other or -2, s) end
      end
      if other and same then s_n[#s_n + 1], s_p[#s_p + 1] = other, same end
    end
    return s_n, s_p
  end

  it("gives the hardest pairs of each anchor that has both kinds", function()
    circlet.manualSeed(5)
    local x = circlet.DoubleTensor(12, 3):normal()
    x[4]:zero()
    local labels = { 1, 1, 2, 2, 2, 3, 1, 4, 4, 2, 1, 9 } -- 3 and 9 have one row
    local s_n, s_p = plot.hardest(x, labels)
    local other, same = by_definition(x, labels)
    assert.equal(10, #s_n)
    require("spec.support").near(other, s_n, 1e-14)
    require("spec.support").near(same, s_p, 1e-14)
    local wide = circlet.DoubleTensor(12, 6):zero()
    wide:narrow(2, 1, 3):copy(x)
    s_n = plot.hardest(wide:narrow(2, 1, 3), circlet.LongTensor(labels))
    require("spec.support").near(other, s_n, 1e-14)
  end)

  it("goes through large classes block by block", function()
    local x, labels = circlet.FloatTensor(1201, 2), {}
    for i = 1, 1200 do
      x[i][1], x[i][2] = math.cos(i / 1200), math.sin(i / 1200)
      labels[i] = 5
    end
    x[1201][1], x[1201][2], labels[1201] = -1, 0, 7
    local s_n, s_p = plot.hardest(x, labels)
    assert.equal(1200, #s_n)
    for _, i in ipairs { 1, 600, 1000, 1001, 1200 } do
      assert.near(-math.cos(i / 1200), s_n[i], 1e-6)
      assert.near(math.cos(math.max(i - 1, 1200 - i) / 1200), s_p[i], 1e-6)
    end
  end)

  it("gives nothing where there are no pairs", function()
    for _, labels in ipairs { {}, { 1 }, { 1, 1 }, { 1, 2 } } do
      local s_n, s_p = plot.hardest(circlet.FloatTensor(#labels, 3):fill(1), labels)
      assert.same({ {}, {} }, { s_n, s_p })
    end
  end)
end)

describe("plot.boundary", function()
  it("draws the circle on which the logits of Circle Loss add up to 0", function()
    local m, gamma = 0.3, 7
    local p = plot.boundary({ { title = "pairs", s_n = { -0.9, 0.4 }, s_p = { 0.2, 0.9 } } },
      { m = m, low = -1 })
    local rows = support.rows(p, "boundary")
    assert(#rows > 100)
    for _, row in ipairs(rows) do
      local l_n = gamma * math.max(row[1] + m, 0) * (row[1] - m)
      local l_p = -gamma * math.max(1 + m - row[2], 0) * (row[2] - (1 - m))
      assert.near(0, l_n + l_p, 1e-12)
    end
    assert.same({ -1, 0.7 }, rows[1])
    assert.near(1, rows[#rows][2], 1e-12)
    assert.same({ { 0, 1 }, { 0.3, 0.7 } }, support.rows(p, "marks"))
    support.commands(p, "set xrange [-1:1]", "title 'pairs'")
    support.draws(p)
  end)

  it("draws the straight boundary of the other losses", function()
    local p = plot.boundary({ { s_n = { 0.1 }, s_p = { 0.2 } } }, { m = 0.25, shape = "line" })
    assert.same({ { 0, 0.25 }, { 0.75, 1 } }, support.rows(p, "boundary"))
    support.draws(p)
  end)

  it("takes points evenly where there are too many, and leaves NaN out", function()
    local many = circlet.FloatTensor(1000):fill(0.5)
    many[1] = 0 / 0
    local p = plot.boundary({ { s_n = many, s_p = many } }, { most = 10 })
    assert.equal(9, #support.rows(p, "set1"))
    p = plot.boundary { { s_n = { 0.1, -0.41 }, s_p = { 0.5, 1 } } }
    support.commands(p, "set xrange [-0.5:1]")
  end)

  it("has nothing to draw without a pair, and refuses what does not fit", function()
    assert.equal("no pair to draw", plot.boundary({}).empty)
    assert.equal("no pair to draw", plot.boundary({ { s_n = {}, s_p = {} } }).empty)
    raises("a list of sets expected, got nil", plot.boundary)
    raises("set 1 has 1 numbers in s_n and 2 in s_p", plot.boundary,
      { { s_n = { 1 }, s_p = { 1, 2 } } })
    raises('shape must be "circle" or "line", got ellipse', plot.boundary, {},
      { shape = "ellipse" })
    raises("m must be 0 or more", plot.boundary, {}, { m = -0.1 })
    raises("m must be a number, got ", plot.boundary, {}, { m = 0 / 0 })
  end)
end)

describe("plot.gradient_field", function()
  it("draws the gradients of the paper's formulas", function()
    local m, gamma = 0.25, 3
    local p = plot.gradient_field({ { title = "Circle", loss = "circle",
      options = { m = m, gamma = gamma } } }, { steps = 4, points = { { "A", 0.8, 0.8 } } })
    local rows = support.rows(p, "grid1")
    assert.equal(25, #rows)
    for _, row in ipairs(rows) do
      local s_n, s_p = row[1], row[2]
      local alpha_n, alpha_p = math.max(s_n + m, 0), math.max(1 + m - s_p, 0)
      local z = gamma * (alpha_n * (s_n - m) - alpha_p * (s_p - (1 - m)))
      local share = 1 - math.exp(-math.log(1 + math.exp(z)))
      -- Float64 through softplus and back: a few units of 2^-52 of gamma * 1.25.
      assert.near(share * gamma * alpha_p, row[3], 1e-13)
      assert.near(share * gamma * alpha_n, row[4], 1e-13)
    end
    support.commands(p, "|dL/ds_p|", "set title 'Circle: |dL/ds_n|'", "$marks")
    assert.same({ { '"A"', 0.8, 0.8 } }, support.rows(p, "marks"))
    support.draws(p)
  end)

  it("has both gradients equal for losses of s_n - s_p, and arrows that go down", function()
    for name, options in pairs { unified = { m = 0.25, gamma = 8 },
                                 triplet_hard = { margin = 0.25, measure = "similarity" } } do
      local p = plot.gradient_field({ { loss = name, options = options } }, { steps = 12 })
      -- Each end rounds a product or two of numbers up to gamma: two units of 2^-52 of 8.
      for _, row in ipairs(support.rows(p, "grid1")) do assert.near(row[3], row[4], 2^-48) end
      for _, arrow in ipairs(support.rows(p, "arrows1")) do
        assert(arrow[3] < 0 and arrow[4] > 0)
      end
    end
  end)

  it("takes a function, and draws a gradient of nothing", function()
    local fields = { { title = "none", loss = function() return 0, 0 end },
                     { title = "some", loss = function(s_n, s_p) return s_n, -s_p end } }
    support.draws(plot.gradient_field(fields, { steps = 6, low = -1 }))
    assert.equal("no loss to draw", plot.gradient_field({}).empty)
  end)

  it("refuses what does not fit", function()
    raises("there is no loss oval", plot.gradient_field, { { loss = "oval" } })
    raises("there is no loss nil", plot.gradient_field, { {} })
    raises("a list of fields", plot.gradient_field)
    raises("low from -1 to below 1", plot.gradient_field, {}, { low = 1 })
    raises("is not a number", plot.gradient_field, { { loss = function() return 0 / 0, 1 end } })
    raises("gamma", plot.gradient_field, { { loss = "circle", options = { gamma = -1 } } })
  end)
end)
