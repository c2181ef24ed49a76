local circlet = require "circlet"
local brute = require "spec.metric.brute"
local support = require "spec.support"

local kmeans, information = circlet.metrics.kmeans, circlet.metrics.mutual_information

-- n rows around `groups` corners far apart; also the number of the corner of each row.
local function groups_of(seed, n, groups, spread)
  local draw, rows, labels = brute.generator(seed), {}, {}
  for i = 1, n do
    local g = (i * 7) % groups + 1
    labels[i], rows[i] = g, {}
    for d = 1, groups do rows[i][d] = (d == g and 10 or 0) + spread * draw() end
  end
  return circlet.DoubleTensor(rows), circlet.LongTensor(labels)
end

-- Asserts that Lloyd's iteration would change nothing: each row is with its nearest centre, each
-- centre the mean of its rows; and that the inertia is what it says.
local function check_fixed_point(x, assignment, centres, facts)
  local rows, inertia, sums, counts = x:double():totable(), 0, {}, {}
  local list = centres:totable()
  for i, row in ipairs(rows) do
    local own, c = -brute.similarities.euclidean(row, list[assignment[i]]), assignment[i]
    for other, centre in ipairs(list) do
      local d = -brute.similarities.euclidean(row, centre)
      assert(own <= d + 1e-9 * (1 + d), ("row %d is nearer to %d than to %d"):format(i, other, c))
    end
    inertia = inertia + own
    sums[c], counts[c] = sums[c] or {}, (counts[c] or 0) + 1
    for d = 1, #row do sums[c][d] = (sums[c][d] or 0) + row[d] end
  end
  for c, sum in next, sums do
    for d = 1, #sum do sum[d] = sum[d] / counts[c] end
    support.near(sum, list[c], 1e-12, "centre " .. c)
  end
  support.near({ inertia }, { facts.inertia }, 1e-9, "inertia")
  assert.is_true(facts.converged)
end

describe("kmeans", function()
  it("ends where its iteration changes nothing, whatever the seed", function()
    local draw = brute.generator(61)
    local x = circlet.DoubleTensor(brute.random_rows(draw, 230, 5))
    for seed = 1, 6 do
      for _, k in ipairs { 1, 2, 9, 70 } do
        local assignment, centres, facts = kmeans(x, k,
          { seed = seed, similarity = "euclidean", iterations = 1000 })
        assert.same({ k, 5 }, centres:size():totable())
        check_fixed_point(x, assignment, centres, facts)
        assert.equal(k, information(assignment, assignment).groups) -- none is empty
      end
    end
  end)

  it("finds groups that lie far apart", function()
    for _, kind in ipairs { "cosine", "euclidean" } do
      for seed = 1, 5 do
        local x, labels = groups_of(seed, 90, 6, 1)
        local assignment = kmeans(x, 6, { seed = seed, similarity = kind })
        assert.equal(1, information(labels, assignment).nmi)
        assignment = kmeans(x:float(), 6, { seed = seed, similarity = kind })
        assert.equal(1, information(labels, assignment).nmi)
      end
    end
  end)

  it("draws its seeds with a chance proportional to the squared distance", function()
    -- Points at 0, 1 and 3. The first is uniform; from 0 the second is 1 (chance 1/10) or 3; from 1
    -- it is 0 (1/5) or 3; from 3, 0 (9/13) or 1. Thus {0,1}: 1/3 (1/10 + 1/5) = .1, {0,3}: 1/3
    -- (9/10 + 9/13) = .53077, {1,3}: .36923. 3000 draws: 5 standard deviations are .046.
    local x = circlet.DoubleTensor { { 0 }, { 1 }, { 3 } }
    local seen, n = {}, 3000
    for seed = 1, n do
      local _, centres = kmeans(x, 2, { seed = seed, iterations = 0, similarity = "euclidean" })
      local a, b = centres[1][1], centres[2][1]
      local key = ("%g %g"):format(math.min(a, b), math.max(a, b))
      seen[key] = (seen[key] or 0) + 1 / n
    end
    for key, chance in next, { ["0 1"] = 0.1, ["0 3"] = 0.53077, ["1 3"] = 0.36923 } do
      assert(math.abs(seen[key] - chance) < 0.046, ("%s: %g"):format(key, seen[key]))
    end
  end)

  it("gives the same bits for every number of threads, and leaves the generator alone", function()
    local draw, threads = brute.generator(62), circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local x = circlet.FloatTensor(brute.random_rows(draw, 1100, 10))
    circlet.setnumthreads(1)
    local state = circlet.getRNGState():totable()
    local options = { restarts = 2, iterations = 6 }
    local assignment, centres, facts = kmeans(x, 45, options)
    local layouts = support.layouts(x)
    for i, count in ipairs { 2, 3, 8 } do
      circlet.setnumthreads(count)
      local a, c, f = kmeans(layouts[i], 45, options)
      assert.is_true(a:equal(assignment) and c:equal(centres))
      assert.same(facts, f)
    end
    assert.same(state, circlet.getRNGState():totable())
  end)

  it("takes the best of several runs", function()
    local draw = brute.generator(63)
    local x = circlet.DoubleTensor(brute.random_rows(draw, 200, 3))
    local before = math.huge
    for restarts = 1, 8 do
      local assignment, centres, facts = kmeans(x, 12,
        { restarts = restarts, seed = 6, similarity = "euclidean" })
      assert(facts.inertia <= before)
      check_fixed_point(x, assignment, centres, facts) -- all three of the same run
      before = facts.inertia
    end
    local _, _, one = kmeans(x, 12, { seed = 6, similarity = "euclidean" })
    assert(before < one.inertia)
  end)

  it("goes on with fewer different rows than clusters", function()
    local x = circlet.FloatTensor(20, 3):fill(1)
    x:narrow(1, 1, 10):fill(2)
    local assignment, centres, facts = kmeans(x, 5, { similarity = "euclidean" })
    assert.equal(0, facts.inertia)
    assert.equal(assignment[1], assignment[10])
    assert(assignment[1] ~= assignment[11])
    assert.same({ 5, 3 }, centres:size():totable())
    local _, _, zero = kmeans(circlet.FloatTensor(4, 2):zero(), 2)
    assert.equal(0, zero.inertia)
  end)

  it("fills clusters that lose their rows", function()
    -- Found by search: runs of Lloyd's iteration alone that end with a cluster without rows.
    local function cube(u) return u ^ 3 end
    for _, case in ipairs { { 694, 25, 2, 1, 6 }, { 1255, 12, 3, 3, 4 }, { 2996, 12, 2, 3, 4 } } do
      local data, n, dim, seed, k = table.unpack(case)
      local x = circlet.DoubleTensor(brute.random_rows(brute.generator(data), n, dim, cube))
      local assignment, centres, facts = kmeans(x, k, { seed = seed, similarity = "euclidean" })
      check_fixed_point(x, assignment, centres, facts)
      assert.equal(k, information(assignment, assignment).groups)
    end
  end)

  it("stops when it is interrupted", function()
    -- In full the call takes minutes of processor time.
    local ok = os.execute [==[lua5.4 -e '
      local circlet = require "circlet"
      local x = circlet.randn(60000, 128)
      local process, started = io.open("/proc/self/stat"):read("n"), os.clock()
      os.execute("(sleep 0.3; kill -INT " .. process .. ") &")
      local through = pcall(circlet.metrics.kmeans, x, 6000)
      os.exit(not through and os.clock() - started < 4)']==]
    assert(ok)
  end)

  it("refuses what has no meaning", function()
    local x = circlet.FloatTensor(3, 2):fill(1)
    support.raises("kmeans: from 1 to 3 clusters, as many as rows, got 4", kmeans, x, 4)
    support.raises("kmeans: from 1 to 3 clusters, as many as rows, got 0", kmeans, x, 0)
    support.raises("from 1 to 0 clusters", kmeans, circlet.FloatTensor(), 1)
    support.raises("number has no integer representation", kmeans, x, 1.5)
    support.raises("one of cosine, euclidean, got dot", kmeans, x, 2, { similarity = "dot" })
    support.raises("option restarts must be an integer from 1", kmeans, x, 2, { restarts = 0 })
    support.raises("there is no option k", kmeans, x, 2, { k = 3 })
    support.raises("embeddings must be a Float or Double tensor, got Long", kmeans, x:long(), 2)
    support.raises("do not fit in a Float", kmeans, circlet.FloatTensor(2, 2):fill(1e25), 2,
      { similarity = "euclidean" })
    x[2][2] = 0 / 0
    support.raises("kmeans: row 2 of embeddings holds a NaN", kmeans, x, 2)
  end)
end)

describe("mutual_information", function()
  it("agrees with scikit-learn", function()
    -- scikit-learn 1.9.1: normalized_mutual_info_score, adjusted_mutual_info_score,
    -- mutual_info_score, expected_mutual_information. Two draws of labels, of which the second
    -- takes over two of three from the first.
    local draw = brute.generator(51)
    for _, case in ipairs {
      { 200, 7, 9, 0.5266223972679669, 0.4932712041169368, 1.0671088397939357, 0.1333660175157708 },
      { 60, 30, 5, 0.8652848347183812, 0.5316524574961895, 2.7189251024426246, 2.238402057545639 },
      { 500, 3, 40, 0.4169622582184178, 0.3842352193817898, 0.7417276181444126,
        0.09454521866790183 },
    } do
      local a, b = brute.random_labels(draw, case[1], case[2]),
        brute.random_labels(draw, case[1], case[3])
      for i = 1, case[1] do
        if i % 3 ~= 1 then b[i] = a[i] end
      end
      local got = information(circlet.LongTensor(a), circlet.LongTensor(b))
      support.near({ table.unpack(case, 4) }, { got.nmi, got.ami, got.mi, got.expected_mi }, 1e-13)
      local back = information(circlet.DoubleTensor(b), circlet.IntTensor(a))
      support.near({ got.nmi, got.ami }, { back.nmi, back.ami }, 1e-13)
      assert.equal(got.groups, back.other_groups)
    end
  end)

  it("follows the definitions on cases worked by hand", function()
    local function check(nmi, ami, a, b)
      local got = information(circlet.LongTensor(a), circlet.LongTensor(b))
      support.near({ nmi, ami }, { got.nmi, got.ami }, 1e-14)
    end
    check(1, 1, { 1, 1, 2, 2 }, { 9, 9, 4, 4 })
    check(0, -0.5, { 1, 1, 2, 2 }, { 1, 2, 1, 2 }) -- below chance: mean over 6 ways is log(2) / 3
    check(0.8, 4 / 7, { 1, 1, 2, 3 }, { 1, 1, 2, 2 })
    check(0, 0, { 1, 2, 3 }, { 1, 1, 1 })
    for _, n in ipairs { 1, 2, 10, 1000 } do -- one group each, and one group a row each
      local one, each = circlet.LongTensor(n):fill(5), circlet.range(1, n)
      assert.same({ 1, 1 }, { information(one, one).nmi, information(one, one).ami })
      assert.same({ 1, 1 }, { information(each, each).ami, information(each, each).ami })
    end
    assert.equal(1, information(circlet.LongTensor(), circlet.LongTensor()).ami)
  end)

  it("has the mean over all permutations as its expectation", function()
    local a, b, sum, count
    local function permute(k)
      if k == 0 then
        sum = sum + information(circlet.LongTensor(a), circlet.LongTensor(b)).mi
        count = count + 1
        return
      end
      for i = 1, k do
        b[i], b[k] = b[k], b[i]
        permute(k - 1)
        b[i], b[k] = b[k], b[i]
      end
    end
    for _, case in ipairs {
      { { 1, 1, 2, 2, 2 }, { 1, 2, 2, 3, 3 } },
      { { 1, 1, 1, 1, 2 }, { 1, 1, 1, 2, 1 } }, -- the large groups meet in three rows at least
      { { 1, 1, 1, 1, 1 }, { 1, 1, 1, 2, 2 } },
    } do
      a, b, sum, count = case[1], case[2], 0, 0
      permute(#b)
      assert.equal(120, count)
      support.near({ sum / count },
        { information(circlet.LongTensor(a), circlet.LongTensor(b)).expected_mi }, 1e-14)
    end
  end)

  it("refuses labels that do not fit", function()
    local a = circlet.LongTensor { 1, 2 }
    support.raises("mutual_information: the second labels must have 2 elements", information, a,
      circlet.LongTensor { 1 })
    support.raises("the first labels must be whole numbers from 1, got 0 at 1", information,
      circlet.LongTensor { 0, 1 }, a)
  end)
end)

describe("clustering", function()
  it("clusters and compares", function()
    local x, labels = groups_of(3, 120, 5, 12)
    local got = circlet.metrics.clustering(x, labels, { seed = 4 })
    local assignment, _, facts = kmeans(x, 5, { seed = 4 })
    local agreement = information(labels, assignment)
    assert.is_true(got.assignment:equal(assignment))
    assert.same({ agreement.nmi, agreement.ami, facts.inertia, 5 },
      { got.nmi, got.ami, got.inertia, got.clusters })
    assert(got.nmi > 0.2 and got.nmi < 1)
    assert.equal(8, circlet.metrics.clustering(x, labels, { clusters = 8 }).clusters)
    assert.equal(1, circlet.metrics.clustering(groups_of(3, 60, 4, 1)).ami)
  end)

  it("refuses what its parts refuse", function()
    local x = circlet.FloatTensor(3, 2):fill(1)
    support.raises("labels must have", circlet.metrics.clustering, x, circlet.LongTensor { 1, 2 })
    support.raises("there is no option k", circlet.metrics.clustering, x,
      circlet.LongTensor { 1, 2, 2 }, { k = 3 })
    support.raises("options must be a table", circlet.metrics.clustering, x,
      circlet.LongTensor { 1, 2, 2 }, 3)
  end)
end)
