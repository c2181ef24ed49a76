local circlet = require "circlet"
local brute = require "spec.metric.brute"
local support = require "spec.support"

local cmc = circlet.metrics.cmc

-- One side of an evaluation: rows around the centres of their identities, seen by `cameras`.
local function side(draw, n, centres, cameras, dim, make)
  local rows, labels = {}, brute.random_labels(draw, n, #centres)
  local seen_by = brute.random_labels(draw, n, cameras)
  for i = 1, n do
    rows[i] = {}
    for d = 1, dim do
      local noise = draw()
      rows[i][d] = make and make(noise) or centres[labels[i]][d] + 1.2 * noise
    end
  end
  return { rows = rows, labels = labels, cameras = seen_by }
end

local function tensors(s)
  return circlet.DoubleTensor(s.rows), circlet.LongTensor(s.labels), circlet.LongTensor(s.cameras)
end

-- queries against a gallery; gallery nil: queries against themselves
local function evaluate(queries, gallery, options)
  local x, labels, cameras = tensors(queries)
  if not gallery then
    options.cameras = cameras
    return cmc(x, labels, options)
  end
  local y, gallery_labels, gallery_cameras = tensors(gallery)
  options.cameras = { cameras, gallery_cameras }
  return cmc({ x, y }, { labels, gallery_labels }, options)
end

local function check(queries, gallery, similarity)
  local cutoffs = { 1, 2, 5, 10, 1000 }
  local g = gallery or {}
  brute.same(
    brute.measures(queries.rows, queries.labels, g.rows, g.labels, similarity, cutoffs,
      { queries.cameras, g.cameras }),
    evaluate(queries, gallery, { similarity = similarity, k = cutoffs }))
end

describe("cmc", function()
  it("follows the definitions on a case worked by hand", function()
    -- A query of identity 1, camera 1. By similarity: identity 1 camera 1 (taken out), 2, 1 from
    -- camera 2, 2 from camera 1, 1 from camera 3. Relevant at ranks 2 and 4 of four: average
    -- precision (1/2 + 2/4)/2, inverse negative penalty 2/4.
    local gallery = circlet.DoubleTensor { { 9, 0 }, { 8, 0 }, { 7, 0 }, { 6, 0 }, { 5, 0 } }
    local got = cmc({ circlet.DoubleTensor { { 1, 0 } }, gallery },
      { circlet.LongTensor { 1 }, circlet.LongTensor { 1, 2, 1, 2, 1 } },
      { similarity = "dot", k = { 1, 2, 3 },
        cameras = { circlet.LongTensor { 1 }, circlet.ByteTensor { 1, 3, 2, 1, 3 } } })
    assert.same({ cmc = { 0, 1, 1 }, map = 0.5, minp = 0.5, n_queries = 1, n_lone = 0 }, got)
  end)

  it("equals a full sort of everything that is not taken out", function()
    local draw = brute.generator(31)
    for _, n in ipairs { 7, 40, 140 } do
      local centres = brute.random_rows(draw, 6, 4)
      local queries, gallery = side(draw, n, centres, 3, 4), side(draw, n + 9, centres, 4, 4)
      for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
        check(queries, gallery, similarity)
        check(queries, nil, similarity)
      end
    end
  end)

  it("breaks ties by the smaller index, whatever the cameras", function()
    local draw = brute.generator(32)
    for range = 0, 2 do
      local centres = brute.random_rows(draw, 5, 3)
      local queries = side(draw, 60, centres, 3, 3, brute.integers(range))
      local gallery = side(draw, 90, centres, 3, 3, brute.integers(range))
      for _, similarity in ipairs { "dot", "euclidean" } do -- products of integers: exact
        check(queries, gallery, similarity)
        check(queries, nil, similarity)
      end
    end
  end)

  it("agrees with scikit-learn's average precision and NumPy's sort", function()
    -- scikit-learn 1.9.1: the mean over queries of average_precision_score on the gallery without
    -- the query's identity and camera; ranks by numpy.argsort. Data: centres = rows(9, 6), then for
    -- each side labels (9), cameras (3) and rows centre + 1.2 * draw.
    local draw = brute.generator(21)
    local centres = brute.random_rows(draw, 9, 6)
    local queries, gallery = side(draw, 40, centres, 3, 6), side(draw, 130, centres, 3, 6)
    local function expect(got, map, minp, first, five, ten, twenty)
      support.near({ map, minp, first, five, ten, twenty },
        { got.map, got.minp, got.cmc[1], got.cmc[5], got.cmc[10], got.cmc[20] }, 1e-13)
    end
    expect(evaluate(queries, gallery, {}), 0.23850080217606653, 0.1338247481384804, 0.25, 0.575,
      0.775, 0.9)
    expect(evaluate(gallery, nil, {}), 0.34114527250442306, 0.17749696152201383,
      0.46153846153846156, 0.7923076923076923, 0.8615384615384616, 0.9230769230769231)
  end)

  it("without cameras is what retrieval gives", function()
    local draw = brute.generator(33)
    local x, labels = tensors(side(draw, 50, brute.random_rows(draw, 4, 3), 1, 3))
    local got = cmc(x, labels, { k = { 1, 3 } })
    local all = circlet.metrics.retrieval(x, labels, { k = { 1, 3 } })
    assert.same({ cmc = all.recall, map = all.map, minp = all.minp, n_queries = all.n_queries,
      n_lone = all.n_lone }, got)
  end)

  it("leaves out and counts queries that only their own camera has seen", function()
    local x = circlet.FloatTensor { { 1, 0 }, { 1, 1 }, { 0, 1 }, { 1, 2 } }
    local got = cmc(x, circlet.LongTensor { 1, 1, 2, 2 },
      { cameras = circlet.LongTensor { 1, 1, 1, 2 } })
    assert.equal(2, got.n_queries)
    assert.equal(2, got.n_lone)
    assert.equal(2, circlet.metrics.retrieval(x, circlet.LongTensor { 1, 1, 2, 2 },
      { cameras = circlet.LongTensor { 1, 1, 1, 2 } }).n_lone)
  end)

  it("gives the same bits for every number of threads and layout", function()
    local draw, threads = brute.generator(34), circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local x, labels, cameras = tensors(side(draw, 200, brute.random_rows(draw, 9, 5), 4, 5))
    circlet.setnumthreads(1)
    local expected = cmc(x, labels, { cameras = cameras })
    for _, count in ipairs { 2, 3, 8 } do
      circlet.setnumthreads(count)
      for _, layout in ipairs(support.layouts(cameras:int())) do
        assert.same(expected, cmc(x, labels, { cameras = layout, block = 5 * count }))
      end
    end
  end)

  it("refuses cameras that do not fit, and what it does not know", function()
    local x, labels = circlet.FloatTensor(3, 2):fill(1), circlet.LongTensor { 1, 1, 2 }
    local function with(options) return cmc, x, labels, options end
    support.raises("cmc: cameras must have 3 elements, one per row, got 2",
      with { cameras = circlet.LongTensor { 1, 2 } })
    support.raises("cmc: cameras must be whole numbers from 1, got 0 at 2",
      with { cameras = circlet.LongTensor { 1, 0, 2 } })
    support.raises("cmc: option cameras must be a tensor, got number", with { cameras = 3 })
    support.raises("cmc: option cameras must be {cameras, reference cameras}, got userdata", cmc,
      { x, x }, { labels, labels }, { cameras = labels })
    support.raises("cmc: reference cameras must be a tensor, got nil", cmc, { x, x },
      { labels, labels }, { cameras = { labels } })
    support.raises("cmc: reference cameras must have 3 elements", cmc, { x, x },
      { labels, labels }, { cameras = { labels, circlet.LongTensor { 1 } } })
    support.raises("cmc: there is no option measures", with { measures = { "map" } })
    support.raises("cmc: option block must be an integer from 1", with { block = 1.5 })
    support.raises("cmc: labels must have 3", cmc, x, circlet.LongTensor { 1 })
    x[2][1] = 0 / 0
    support.raises("cmc: row 2 of embeddings holds a NaN", with {})
  end)
end)
