local circlet = require "circlet"
local brute = require "spec.metric.brute"
local support = require "spec.support"

local metrics = circlet.metrics

-- Re-ranking from its definitions, with whole matrices. rows: queries, then references; returns
-- distances[q][i] for all rows i.
local function dense(rows, kind, k1, k2, lambda)
  local n, d, near, farthest = #rows, {}, {}, {}
  for i = 1, n do
    d[i], near[i], farthest[i] = {}, {}, 0
    for j = 1, n do
      d[i][j] = kind == "cosine" and 2 - 2 * brute.similarities.cosine(rows[i], rows[j])
        or -brute.similarities.euclidean(rows[i], rows[j])
      farthest[i] = math.max(farthest[i], d[i][j])
      near[i][j] = j
    end
    table.sort(near[i], function(a, b)
      if d[i][a] ~= d[i][b] then return d[i][a] < d[i][b] end
      return a < b
    end)
  end
  local function share(i, j) return farthest[i] > 0 and d[i][j] / farthest[i] or 0 end
  local function among(i, j, k) -- is j among the first k + 1 neighbours of i?
    for a = 1, math.min(k + 1, n) do if near[i][a] == j then return true end end
    return false
  end
  local function mutual(i, k)
    local set = {}
    for j = 1, n do if among(i, j, k) and among(j, i, k) then set[j] = true end end
    return set
  end
  local half = k1 // 2
  if k1 % 4 == 3 then half = half + 1 end -- halves go to the even number
  local code = {}
  for i = 1, n do
    local own, sum = mutual(i, k1), 0
    local set = {}
    for j in pairs(own) do
      set[j] = true
      local theirs, size, shared = mutual(j, half), 0, 0
      for other in pairs(theirs) do
        size = size + 1
        if own[other] then shared = shared + 1 end
      end
      if shared > 2 / 3 * size then for other in pairs(theirs) do set[other] = true end end
    end
    code[i] = {}
    for j = 1, n do
      code[i][j] = set[j] and math.exp(-share(i, j)) or 0
      sum = sum + code[i][j]
    end
    for j = 1, n do code[i][j] = code[i][j] / sum end
  end
  local final, mean = {}, {}
  for i = 1, n do
    mean[i] = {}
    for c = 1, n do
      local sum, count = 0, math.min(k2, n)
      for a = 1, count do sum = sum + code[near[i][a]][c] end
      mean[i][c] = sum / count
    end
  end
  for i = 1, n do
    final[i] = {}
    for j = 1, n do
      local both = 0
      for c = 1, n do both = both + math.min(mean[i][c], mean[j][c]) end
      final[i][j] = (1 - lambda) * (1 - both / (2 - both)) + lambda * share(i, j)
    end
  end
  return final
end

local function joined(a, b)
  local list = table.move(a, 1, #a, 1, {})
  return table.move(b, 1, #b, #a + 1, list)
end

-- Sums of up to n terms below 1, each of a few roundings; distances by products lose the digits
-- that |q|^2 has before the point: 1e-12 leaves room for both.
local tolerance = 1e-12

local function check(queries, references, kind, k1, k2, lambda)
  local all = references and joined(queries, references) or queries
  local expected, flat = dense(all, kind, k1, k2, lambda), {}
  for q = 1, #queries do
    for i = references and #queries + 1 or 1, #all do flat[#flat + 1] = expected[q][i] end
  end
  local x = circlet.DoubleTensor(queries)
  local got = metrics.rerank(references and { x, circlet.DoubleTensor(references) } or x,
    { similarity = kind, k1 = k1, k2 = k2, lambda = lambda })
  assert.same({ #queries, #(references or queries) }, got:size():totable())
  support.near(flat, support.flat(got), tolerance)
end

-- Rows around seven centres, the same in any language.
local function sample(draw, centres, n)
  local rows = brute.random_rows(draw, n, 8)
  for i = 1, n do
    for c = 1, 8 do rows[i][c] = centres[i * i % 7 + 1][c] + 1.5 * rows[i][c] end
  end
  return rows
end

describe("rerank", function()
  it("gives the distances of the authors' program", function()
    -- re_ranking(q_g_dist, q_q_dist, g_g_dist, k1, k2, lambda_value) of
    -- github.com/zhunzhong07/person-re-ranking (re_ranking_ranklist.py), its float32 made float64,
    -- on Euclidean distances of these rows, as they are and normalised: the sum of all distances,
    -- three of them, the sum of their squares and the least.
    local draw = brute.generator(7)
    local centres = brute.random_rows(draw, 7, 8)
    local queries = circlet.DoubleTensor(sample(draw, centres, 20))
    local gallery = circlet.DoubleTensor(sample(draw, centres, 45))
    for _, case in ipairs {
      { "euclidean", 20, 6, 0.3, 557.3794060005359, 0.21349931093673846, 0.6386902822349776,
        0.725930804004005, 367.30205398453677, 0.023219178597064172 },
      { "euclidean", 5, 1, 0.5, 652.1125484069742, 0.16897392405504807, 0.7479456139625345,
        0.8174490659964557, 488.31744932043364, 0.16897392405504807 },
      { "euclidean", 7, 3, 0, 809.8190225388305, 0.14033220346876618, 0.9113863210832546, 1,
        748.9236403257439, 0 },
      { "cosine", 20, 6, 0.3, 561.2107442700524, 0.26855681465761894, 0.4558674878973956,
        0.6079442798064685, 375.9003041656177, 0.024268553773477183 },
      { "cosine", 5, 1, 0.5, 679.5413719651131, 0.3919313638936511, 0.732796664241948,
        0.7077331152696607, 531.2015822132296, 0.03813596712238458 },
      { "cosine", 7, 3, 0, 814.7994747071987, 0.5884185607296828, 0.8187645928168152,
        0.9813176476072559, 760.2294582343425, 0 },
    } do
      local d = metrics.rerank({ queries, gallery },
        { similarity = case[1], k1 = case[2], k2 = case[3], lambda = case[4] })
      support.near({ table.unpack(case, 5) },
        { d:sum(), d[1][1], d[4][8], d[20][45], d:norm() ^ 2, d:min() }, 1e-11)
      if case[2] == 20 then -- what the paper takes is the default
        assert(d:equal(metrics.rerank({ queries, gallery }, { similarity = case[1] })))
      end
    end
  end)

  describe("equals the definitions with whole matrices", function()
    it("on random rows, with references and without", function()
      local draw = brute.generator(3)
      local centres = brute.random_rows(draw, 7, 8)
      for _, case in ipairs {
        { 20, 6, 0.3 }, { 4, 1, 0 }, { 6, 2, 1 }, { 7, 30, 0.5 }, { 1, 3, 0.2 },
      } do
        for _, kind in ipairs { "cosine", "euclidean" } do
          local rows = sample(draw, centres, 30)
          check(rows, nil, kind, table.unpack(case))
          check(rows, sample(draw, centres, 17), kind, table.unpack(case))
        end
      end
    end)

    it("where ties are everywhere", function()
      local draw = brute.generator(9)
      for range = 1, 2 do -- small integers: distances are exact
        local rows = brute.random_rows(draw, 40, 3, brute.integers(range))
        check(rows, brute.random_rows(draw, 25, 3, brute.integers(range)), "euclidean", 6, 3, 0.3)
        check(rows, nil, "euclidean", 9, 2, 0.3)
      end
      local same = {}
      for i = 1, 15 do same[i] = { 1, 2 } end
      check(same, nil, "euclidean", 4, 2, 0.3)
    end)

    it("with fewer rows than neighbours, down to one of each", function()
      local draw = brute.generator(5)
      for n = 1, 4 do
        check(brute.random_rows(draw, n, 3), brute.random_rows(draw, 2, 3), "euclidean", 20, 6, 0.3)
      end
      check(brute.random_rows(draw, 1, 3), nil, "euclidean", 20, 6, 0.3)
    end)
  end)

  describe("in retrieval and cmc", function()
    local draw = brute.generator(12)
    local centres = brute.random_rows(draw, 7, 8)
    local queries, gallery = sample(draw, centres, 24), sample(draw, centres, 40)
    local labels, gallery_labels = brute.random_labels(draw, 24, 3),
      brute.random_labels(draw, 40, 3)
    local cameras = { brute.random_labels(draw, 24, 2), brute.random_labels(draw, 40, 2) }
    local long = circlet.LongTensor

    -- Ranks by given distances: rows are one-hot, so products with columns of -distances are exact.
    local function ranked_by(distances, the_labels, the_gallery_labels, options)
      local q = distances:size(1)
      return metrics.retrieval({ circlet.DoubleTensor(q, q):copy(circlet.eye(q)),
        distances:t():clone():mul(-1) }, { the_labels, the_gallery_labels }, options)
    end

    for _, kind in ipairs { "cosine", "euclidean" } do
      it("ranks by these distances: " .. kind, function()
        local x, y = circlet.DoubleTensor(queries), circlet.DoubleTensor(gallery)
        local l, gl = long(labels), long(gallery_labels)
        local own = { k1 = 8, k2 = 3, lambda = 0.2 }
        local distances = metrics.rerank({ x, y },
          { similarity = kind, k1 = 8, k2 = 3, lambda = 0.2 })
        local expected = ranked_by(distances, l, gl, { similarity = "dot", k = { 1, 5, 10, 20 } })
        local plain = metrics.retrieval({ x, y }, { l, gl }, { similarity = kind })
        for _, block in ipairs { 1, 13, 100 } do
          local got = metrics.retrieval({ x, y }, { l, gl },
            { similarity = kind, rerank = own, block = block, k = { 1, 5, 10, 20 } })
          assert.same(expected, got)
          assert.not_equal(plain.map, got.map)
        end
        local got = metrics.cmc({ x, y }, { l, gl }, { similarity = kind, rerank = own })
        assert.same(expected.recall, got.cmc)
        assert.equal(expected.map, got.map)
        local cams = { long(cameras[1]), long(cameras[2]) }
        expected = ranked_by(distances, l, gl,
          { similarity = "dot", k = { 1, 5, 10, 20 }, cameras = cams })
        got = metrics.cmc({ x, y }, { l, gl }, { similarity = kind, rerank = own, cameras = cams })
        assert.same(expected.recall, got.cmc)
        assert.equal(expected.map, got.map)
        assert.equal(expected.minp, got.minp)
      end)
    end

    it("leaves each query out of its own ranking when there is one set", function()
      local rows = joined(queries, gallery)
      local l = joined(labels, gallery_labels)
      local distances, cutoffs = dense(rows, "cosine", 20, 6, 0.3), { 1, 2, 4, 8 }
      local found, relevant = 0, 0
      for q = 1, #rows do
        local best
        for i = 1, #rows do
          if i ~= q and (not best or distances[q][i] < distances[q][best] - 1e-12) then best = i end
        end
        found = found + (l[best] == l[q] and 1 or 0)
        relevant = relevant + 1
      end
      local got = metrics.retrieval(circlet.DoubleTensor(rows), long(l), { rerank = true,
        k = cutoffs })
      support.near({ found / relevant }, { got.recall[1] }, 1e-15)
    end)

    it("does nothing when it is false", function()
      local x, l = circlet.DoubleTensor(queries), long(labels)
      assert.same(metrics.retrieval(x, l), metrics.retrieval(x, l, { rerank = false }))
    end)
  end)

  it("gives the same bits for every number of threads and every layout", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local draw = brute.generator(21)
    local rows = sample(draw, brute.random_rows(draw, 7, 8), 300)
    for _, kind in ipairs(support.real_types) do
      local x = circlet[kind .. "Tensor"](rows)
      circlet.setnumthreads(1)
      local expected = metrics.rerank(x)
      assert.equal("circlet." .. kind .. "Tensor", circlet.type(expected))
      for _, count in ipairs { 2, 3, 8 } do
        circlet.setnumthreads(count)
        for _, layout in ipairs(support.layouts(x)) do
          assert(expected:equal(metrics.rerank(layout)))
        end
      end
    end
  end)

  it("needs no matrix of all pairs to rank", function()
    -- 3000 rows: a matrix of floats would be 36 MB; copies of rows, codes of about a hundred
    -- numbers a row and twelve rows of similarities a thread stay far below.
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    circlet.setnumthreads(2)
    local x, labels = circlet.FloatTensor(3000, 4):normal(), circlet.LongTensor(3000):random(1, 40)
    collectgarbage()
    local before = circlet.memory(true)
    metrics.retrieval(x, labels, { rerank = true })
    local _, peak = circlet.memory()
    assert(peak - before < 18e6, "it took " .. peak - before .. " bytes")
  end)

  it("of nothing is nothing", function()
    assert.equal(0, metrics.rerank(circlet.FloatTensor()):nElement())
    assert.equal(0, metrics.rerank { circlet.FloatTensor(), circlet.FloatTensor(2, 3) }:nElement())
  end)

  it("refuses what it cannot use, naming it", function()
    local x, l = circlet.FloatTensor(4, 3):normal(), circlet.LongTensor { 1, 1, 2, 2 }
    local function refuses(text, options, rows)
      support.raises("rerank: " .. text, metrics.rerank, rows or x, options)
    end
    refuses("there is no option k", { k = 3 })
    refuses("option k1 must be an integer from 1 to 1000", { k1 = 0 })
    refuses("option k2 must be an integer from 1 to 1000", { k2 = 1.5 })
    refuses("option lambda must be from 0 to 1, got 1.5", { lambda = 1.5 })
    refuses("option lambda must be from 0 to 1", { lambda = 0 / 0 })
    refuses("option similarity must be", { similarity = "dot" })
    refuses("embeddings must be a Float or Double tensor, got Long", nil, x:long())
    refuses("references must be a tensor, got nil", nil, { x })
    refuses("queries are Float but references are Double", nil, { x, x:double() })
    refuses("queries have 3 columns but references have 2", nil, { x, circlet.FloatTensor(2, 2) })
    support.raises("retrieval: option rerank must be true or a table, got number",
      metrics.retrieval, x, l, { rerank = 20 })
    support.raises("retrieval: there is no option K1", metrics.retrieval, x, l,
      { rerank = { K1 = 3 } })
    support.raises("cmc: re-ranking needs distances", metrics.cmc, x, l,
      { rerank = true, similarity = "dot" })
    local bad = x:clone()
    bad[3][2] = 0 / 0
    refuses("row 3 of references holds a NaN", nil, { x, bad })
  end)
end)
