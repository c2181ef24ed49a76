-- Pictures of what embeddings find: ROC and CMC curves, retrieval sheets, maps.
local circlet = require "circlet"
local plot, metrics = circlet.plot, circlet.metrics
local near = require("spec.support").near
local raises = require("spec.support").raises
local support = require "spec.plot.support"

local function clusters(n)
  circlet.manualSeed(9)
  local labels = circlet.LongTensor(n)
  local x = circlet.randn(n, 6)
  for i = 1, n do
    labels[i] = (i - 1) % 4 + 1
    x[i][labels[i]] = x[i][labels[i]] + 2
  end
  return x, labels
end

describe("plot.roc", function()
  it("draws the rates that the measure gives", function()
    local x, labels = clusters(60)
    local p = plot.roc({ { title = "clusters", embeddings = x, labels = labels } },
      { least = 0.01, per_decade = 4 })
    local rows = support.rows(p, "series1")
    assert.equal(9, #rows)
    for _, row in ipairs(rows) do
      local found = metrics.verification(x, labels, { far = row[1] })
      assert.equal(found.tar[row[1]], row[2])
    end
    near({ 0.01 }, { rows[1][1] }, 1e-12)
    assert.equal(1, rows[#rows][1])
    local found = metrics.verification(x, labels)
    support.commands(p, ("title 'clusters, AUC %.4f, EER %.4f'"):format(found.auc, found.eer),
      "set logscale x 10", "set xrange [0.01:1]")
    support.draws(p)
  end)

  it("takes results of metrics.verification", function()
    local x, labels = clusters(40)
    local found = metrics.verification(x, labels, { far = { 1e-3, 0.01, 0.1 } })
    local p = plot.roc(found, { least = 0.01 })
    assert.same({ { 0.01, found.tar[0.01] }, { 0.1, found.tar[0.1] } }, support.rows(p, "series1"))
    assert.equal(p.data, plot.roc({ { found = found } }, { least = 0.01 }).data)
  end)

  it("has nothing to draw without both kinds of pairs, and refuses what does not fit", function()
    local x, labels = circlet.randn(3, 2), circlet.LongTensor { 1, 2, 3 }
    local p = plot.roc { { embeddings = x, labels = labels } }
    assert.equal("no value to draw", p.empty)
    assert.equal("no value to draw", plot.roc({}).empty)
    raises("a list of curves", plot.roc)
    raises("curve 1: a result of metrics.verification expected", plot.roc, { { found = {} } })
    raises("least between 0 and 1", plot.roc, {}, { least = 0 })
    raises("verification", plot.roc, { { embeddings = circlet.randn(3, 2) } })
  end)
end)

describe("plot.cmc", function()
  it("draws the shares of all ranks, cameras being looked at", function()
    local x, labels = clusters(40)
    local cameras = circlet.LongTensor(40)
    for i = 1, 40 do cameras[i] = i % 3 + 1 end
    local p = plot.cmc({ { title = "a", embeddings = x, labels = labels, cameras = cameras } },
      { ranks = 5 })
    local found = metrics.cmc(x, labels, { cameras = cameras, k = { 1, 2, 3, 4, 5 } })
    for k, row in ipairs(support.rows(p, "series1")) do assert.same({ k, found.cmc[k] }, row) end
    support.commands(p, ("title 'a, mAP %.3f'"):format(found.map), "set xrange [1:5]")
    support.draws(p)
    local retrieval = metrics.retrieval(x, labels, { k = { 1, 4 } })
    assert.same({ { 1, retrieval.recall[1] }, { 4, retrieval.recall[4] } },
      support.rows(plot.cmc(retrieval), "series1"))
  end)

  it("has nothing to draw without a right answer, and refuses what does not fit", function()
    local x, labels = circlet.randn(2, 2), circlet.LongTensor { 1, 2 }
    local p = plot.cmc { { embeddings = x, labels = labels } }
    assert.equal("no value to draw", p.empty)
    raises("a list of curves expected, got nil", plot.cmc)
    raises("curve 1: a result of metrics.cmc", plot.cmc, { { found = {} } })
    raises("ranks must be a whole number", plot.cmc, {}, { ranks = 1.5 })
  end)
end)

describe("plot.sheet", function()
  -- Image i is of the grey value i; the similarity of row i to row 1 falls with i.
  local images = circlet.ByteTensor(6, 4, 3)
  local x, labels = circlet.FloatTensor(6, 2), { 1, 1, 2, 1, 2, 3 }
  for i = 1, 6 do
    images[i]:fill(i)
    x[i][1], x[i][2] = math.cos(i / 4), math.sin(i / 4)
  end

  it("shows each query with the images nearest to it, right and wrong ones marked", function()
    local p = plot.sheet(images, labels, x, { queries = { 1, 5 }, count = 3,
      names = { "one", "two", "three" } })
    local found = {}
    for q, one in ipairs(p.found) do
      found[q] = {}
      for k, image in ipairs(one.found) do
        found[q][k] = (image.right and "+" or "-") .. image.row
        assert.near(math.cos((image.row - one.query) / 4), image.similarity, 1e-6)
      end
    end
    assert.same({ "+2", "-3", "+4" }, found[1])
    assert.equal("+3", found[2][3])
    -- Two rows of four images of 3 x 4 pixels, 8 between them.
    local pixels = support.rows(p, "pixels")
    local width = 4 * (3 + 8) + 8
    assert.equal(width * (2 * (4 + 8) + 8), #pixels)
    local function pixel(left, top) return pixels[top * width + left + 1] end
    assert.same({ 255, 255, 255 }, pixel(7, 8))
    assert.same({ 1, 1, 1 }, pixel(8, 8))
    assert.same({ 1, 1, 1 }, pixel(10, 11))
    assert.same({ 255, 255, 255 }, pixel(11, 11))
    assert.same({ 2, 2, 2 }, pixel(19, 8))
    assert.same({ 5, 5, 5 }, pixel(8, 20))
    local right, wrong = 0, 0
    for colour in p.commands:gmatch "set object [^\n]*linecolor '(#%x+)'" do
      right = right + (colour == "#009e73" and 1 or 0)
      wrong = wrong + (colour == "#d55e00" and 1 or 0)
    end
    assert.same({ 3, 3 }, { right, wrong })
    assert.equal("one:  +one  -two  +one\ntwo:", p:text():match "^(.-two:)")
    support.draws(p)
  end)

  it("shows colours, makes large images smaller, and searches a gallery", function()
    local queries = circlet.ByteTensor(1, 3, 10, 10):fill(7)
    queries[1][2]:fill(100)
    local gallery = circlet.ByteTensor(2, 3, 10, 10):fill(9)
    local p = plot.sheet({ queries, gallery }, { { 4 }, { 4, 5 } },
      { circlet.FloatTensor { { 1, 0 } }, circlet.FloatTensor { { 0, 1 }, { 1, 1 } } },
      { size = 4 })
    local rows = {}
    for k, image in ipairs(p.found[1].found) do rows[k] = { image.row, image.right } end
    assert.same({ { 2, false }, { 1, true } }, rows)
    local width = 3 * (4 + 8) + 8 -- 10 pixels by a factor of 3, the last window being cut
    assert.same({ 7, 100, 7 }, support.rows(p, "pixels")[8 * width + 9])
    assert.same({ 7, 100, 7 }, support.rows(p, "pixels")[11 * width + 12])
    support.draws(p)
  end)

  it("takes the first image of each label without being told which", function()
    local p = plot.sheet(images, circlet.LongTensor(labels), x, { rows = 2 })
    assert.same({ 1, 3 }, { p.found[1].query, p.found[2].query })
    assert.equal(5, #p.found[1].found)
    assert.equal("no query to draw", plot.sheet(images, labels, x, { queries = {} }).empty)
    local one = plot.sheet(images:narrow(1, 1, 1), { 1 }, x:narrow(1, 1, 1))
    assert.same({}, one.found[1].found)
    support.draws(one)
  end)

  it("refuses what does not fit", function()
    raises("images must be a ByteTensor, got circlet.FloatTensor", plot.sheet, images:float(),
      labels, x)
    raises("images of the queries must be [6, H, W] or [6, C, H, W], C 1 or 3, got 5 x 4 x 3",
      plot.sheet, images:narrow(1, 1, 5), labels, x)
    raises("there are 6 images, there is no image 7", plot.sheet, images, labels, x,
      { queries = { 7 } })
    raises("labels must have 6 elements, got 1", plot.sheet, images, { 1 }, x)
    raises("tables of two expected", plot.sheet, images, labels, nil)
    raises("must have one size, got 4 x 3, 2 x 3", plot.sheet,
      { images, images:narrow(2, 1, 2) }, { labels, labels }, { x, x })
    raises("there is no option k", plot.sheet, images, labels, x, { k = 3 })
  end)
end)

describe("plot.pca", function()
  it("finds the directions and variances that rows were made with", function()
    circlet.manualSeed(2)
    local n, dim = 500, 20
    -- Perpendicular directions: the axes turned by a random orthogonal matrix.
    local x = circlet.DoubleTensor(n, dim):zero()
    for i = 1, n do
      x[i][3] = 5 * math.cos(2 * math.pi * i / n)
      x[i][7] = 3 * math.sin(2 * math.pi * i / n)
      x[i][1] = 0.1 * math.cos(4 * math.pi * i / n) + 100
    end
    local places, facts = plot.pca(x)
    near({ 12.5, 4.5 }, facts.variance, 1e-9)
    near({ 12.5 / 17.005, 4.5 / 17.005 }, facts.share, 1e-9)
    assert.near(1, facts.components[1][3], 1e-9)
    assert.near(1, facts.components[2][7], 1e-9)
    assert.near(100, facts.mean[1][1], 1e-9)
    near(x:select(2, 3):totable(), places:select(2, 1):totable(), 1e-8)
    -- Nothing but rounding is left beyond three components.
    local _, all = plot.pca(x, 4)
    assert.near(0, all.variance[4], 1e-12)
  end)

  it("gives perpendicular components of length 1 that C keeps, for Float and any layout", function()
    circlet.manualSeed(4)
    local x = circlet.randn(80, 30)
    local places, facts = plot.pca(x, 5)
    local identity = circlet.mm(facts.components, facts.components:t())
    for i = 1, 5 do
      for j = 1, 5 do assert.near(i == j and 1 or 0, identity[i][j], 1e-12) end
      -- Projected variances are the eigenvalues.
      assert.near(facts.variance[i], places:select(2, i):norm() ^ 2 / 80, 1e-9 * facts.variance[1])
    end
    local transposed = x:t():clone():t()
    assert.same(places:totable(), (plot.pca(transposed, 5)):totable())
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    circlet.setnumthreads(1)
    assert.same(places:totable(), (plot.pca(x, 5)):totable())
  end)

  it("gives rows that are all the same no variance", function()
    local places, facts = plot.pca(circlet.FloatTensor(4, 3):fill(2))
    assert.same({ 0, 0 }, facts.variance)
    assert.same({ 0, 0 }, facts.share)
    assert.equal(0, places:norm())
    assert.equal(1, (plot.pca(circlet.randn(1, 1), 1)):size(1))
  end)

  it("refuses what does not fit", function()
    raises("3 components of rows of 2 numbers", plot.pca, circlet.randn(4, 2), 3)
    raises("NaN or an infinity", plot.pca, circlet.FloatTensor { { 1, 0 / 0 }, { 0, 1 } })
    raises("rows [N, D], a FloatTensor or a DoubleTensor, expected", plot.pca, circlet.randn(4))
    raises("rows [N, D]", plot.pca, circlet.FloatTensor(0, 3))
    raises("rows [N, D]", plot.pca, { 1 })
  end)
end)

describe("plot.map", function()
  it("draws the principal components of unit rows, a series for each label", function()
    local x, labels = clusters(20)
    local p = plot.map(x, labels, { names = { [2] = "two's" } })
    local unit = x:clone():cdiv(x:norm(2, 2):expandAs(x))
    local places, facts = plot.pca(unit)
    local rows = support.rows(p, "label2")
    assert.equal(5, #rows)
    near(places[2]:totable(), { rows[1][1], rows[1][2] }, 1e-12)
    assert.equal(2, rows[1][3])
    support.commands(p, "title 'two''s'", "title '1'",
      ("principal component 1 (%.0f%% of the variance)"):format(100 * facts.share[1]))
    local text = support.draws(p)
    assert(text == "" or text:find "two's +B")
  end)

  it("draws rows of two numbers where they lie", function()
    local x = circlet.FloatTensor { { 3, 4 }, { 0, 0 }, { -1, 2 } }
    local p = plot.map(x, { 7, -3, 7 })
    assert.same({ { 3, 4, 7 }, { -1, 2, 7 } }, support.rows(p, "label2"))
    assert.same({ { 0, 0, -3 } }, support.rows(p, "label1"))
  end)

  it("colours many labels by number, and takes rows evenly where there are too many", function()
    local x = circlet.randn(100, 2)
    local labels = circlet.LongTensor(100)
    for i = 1, 100 do labels[i] = i % 50 end
    local p = plot.map(x, labels, { most = 40 })
    assert.equal(40, #support.rows(p, "points"))
    support.commands(p, "lc palette", "set cblabel 'label'")
    support.draws(p)
  end)

  it("has nothing to draw without rows, and refuses what does not fit", function()
    assert(plot.map(circlet.FloatTensor(0, 3), {}).empty)
    assert(plot.map(circlet.randn(3, 1), { 1, 2, 3 }).empty)
    raises("labels must have 3 elements, got 2", plot.map, circlet.randn(3, 4), { 1, 2 })
    raises("NaN", plot.map, circlet.FloatTensor { { 1, 2, 0 / 0 }, { 1, 2, 3 } }, { 1, 2 })
    raises("there is no option method", plot.map, circlet.randn(3, 4), { 1, 2, 3 },
      { method = "umap" })
  end)
end)
