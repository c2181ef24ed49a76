local circlet = require "circlet"
local brute = require "spec.metric.brute"
local support = require "spec.support"

local retrieval = circlet.metrics.retrieval
local names, same, brute_force, ranking = brute.names, brute.same, brute.measures, brute.ranking
local generator, random_rows, random_labels, integers = brute.generator, brute.random_rows,
  brute.random_labels, brute.integers

local function check(rows, labels, refs, ref_labels, kind, tensor_type)
  local cutoffs = { 1, 2, 5, 1000 }
  local T = circlet[(tensor_type or "Double") .. "Tensor"]
  local options = { similarity = kind, k = cutoffs }
  local expected = brute_force(rows, labels, refs, ref_labels, kind or "cosine", cutoffs)
  local x, l = T(rows), circlet.LongTensor(labels)
  local got = refs and retrieval({ x, T(refs) }, { l, circlet.LongTensor(ref_labels) }, options)
    or retrieval(x, l, options)
  same(expected, got)
  return got
end

describe("retrieval", function()
  describe("equals a full sort of everything", function()
    it("on random rows of every similarity, leave one out and against references", function()
      local draw = generator(1)
      for _, size in ipairs { { 2, 1 }, { 13, 3 }, { 40, 5 }, { 101, 16 } } do
        local n, d = size[1], size[2]
        for _, kind in ipairs { "cosine", "dot", "euclidean" } do
          local rows, labels = random_rows(draw, n, d), random_labels(draw, n, 4)
          local refs, ref_labels = random_rows(draw, n + 7, d), random_labels(draw, n + 7, 5)
          if d > 1 or kind ~= "cosine" then -- in 1-d every cosine is 1 or -1, but for rounding
            check(rows, labels, nil, nil, kind)
            check(rows, labels, refs, ref_labels, kind)
          end
        end
      end
    end)

    it("on clusters tight and loose, with an outlier that crowds the others into one bucket",
      function()
        local draw = generator(2)
        for _, spread in ipairs { 1e-3, 0.3, 2 } do
          local rows, labels = random_rows(draw, 150, 6), random_labels(draw, 150, 3)
          for i, row in ipairs(rows) do
            for c = 1, 6 do row[c] = row[c] * spread + (c == labels[i] and 1 or 0) end
          end
          for c = 1, 6 do rows[1][c] = -rows[1][c] end
          check(rows, labels, nil, nil, "cosine")
          for c = 1, 6 do rows[1][c] = rows[1][c] * 1e6 end
          check(rows, labels, nil, nil, "dot")
        end
      end)

    it("where small integers make ties everywhere, in Float and in Double", function()
      local draw = generator(3)
      for range = 1, 3 do
        for _, tensor_type in ipairs(support.real_types) do
          local rows = random_rows(draw, 120, 3, integers(range))
          local labels = random_labels(draw, 120, 4)
          local refs = random_rows(draw, 90, 3, integers(range))
          local ref_labels = random_labels(draw, 90, 4)
          for _, kind in ipairs { "dot", "euclidean" } do -- products of integers: exact
            check(rows, labels, nil, nil, kind, tensor_type)
            check(rows, labels, refs, ref_labels, kind, tensor_type)
          end
        end
      end
    end)

    it("when one label holds nearly all references", function()
      local draw = generator(4)
      local rows, labels = random_rows(draw, 300, 2), random_labels(draw, 300, 1)
      labels[7], labels[200] = 2, 2
      check(rows, labels, nil, nil, "dot")
    end)

    it("in Float, where float32 tells all similarities apart", function()
      local draw = generator(26)
      local rows, labels = random_rows(draw, 25, 6), random_labels(draw, 25, 3)
      for q = 1, #rows do -- an error of 6 * 2^-24 in each cosine cannot swap two of them
        local list = ranking(q, rows, labels, nil, nil, "cosine")
        for i = 2, #list do assert(list[i - 1].s - list[i].s > 1e-6) end
      end
      check(rows, labels, nil, nil, "cosine", "Float")
    end)
  end)

  it("agrees with pytorch-metric-learning and scikit-learn", function()
    -- Constants from pytorch-metric-learning 2.9.0 (AccuracyCalculator with a CustomKNN of
    -- CosineSimilarity or LpDistance(normalize_embeddings=False) in float64, k = all references)
    -- and scikit-learn 1.9.1 (mean of average_precision_score over queries: the same mAP), on the
    -- data below: centres = rows(7, 8); labels i*i % 7 + 1; rows centre + 1.5 * draw.
    local draw = generator(7)
    local centres = random_rows(draw, 7, 8)
    local function sample(n)
      local rows, labels = random_rows(draw, n, 8), {}
      for i = 1, n do
        labels[i] = i * i % 7 + 1
        for c = 1, 8 do rows[i][c] = centres[labels[i]][c] + 1.5 * rows[i][c] end
      end
      return circlet.DoubleTensor(rows), circlet.LongTensor(labels)
    end
    local x, labels = sample(60)
    local refs, ref_labels = sample(45)
    local function expect(got, map, map_at_r, mrr, first, r_precision)
      support.near({ map, map_at_r, first, r_precision },
        { got.map, got.map_at_r, got.recall[1], got.r_precision }, 1e-14)
      support.near({ mrr }, { got.mrr }, 2 ^ -24) -- the library takes 1/rank in float32
    end
    local got = retrieval(x, labels)
    expect(got, 0.58888412511978, 0.3933386068395376, 0.8514087200164795, 0.7666666666666667,
      0.5261904761904762)
    support.near({ 0.8833333333333333, 0.9333333333333333, 1 },
      { got.recall[2], got.recall[4], got.recall[8] }, 1e-14)
    expect(retrieval(x, labels, { similarity = "euclidean" }), 0.5593259543812353,
      0.3550859986652861, 0.8380876183509827, 0.75, 0.4934873949579831)
    expect(retrieval({ x, refs }, { labels, ref_labels }), 0.6352860167663226,
      0.43542559648328877, 0.8694444298744202, 0.7833333333333333, 0.5517094017094017)
  end)

  it("follows the definitions on a case worked by hand", function()
    -- Query 1 (label 1) ranks rows 2 (no), 3 (yes), 4 (no), 5 (yes): R = 2, ranks 2 and 4.
    -- R-precision 1/2, MAP@R (1/2)/2 = 1/4, average precision (1/2 + 2/4)/2 = 1/2, first at 2.
    local x = circlet.DoubleTensor { { 1, 0 }, { 9, 0 }, { 8, 0 }, { 7, 0 }, { 6, 0 } }
    local got = retrieval({ x:narrow(1, 1, 1), x:narrow(1, 2, 4) },
      { circlet.LongTensor { 1 }, circlet.LongTensor { 2, 1, 3, 1 } },
      { similarity = "dot", k = { 1, 2 } })
    assert.same({ recall = { 0, 1 }, r_precision = 0.5, map_at_r = 0.25, map = 0.5, mrr = 0.5,
      minp = 0.5, n_queries = 1, n_lone = 0 }, got)
  end)

  describe("breaks ties by the smaller index", function()
    it("between equal rows, wherever they stand in a tile", function()
      for _, n in ipairs { 2, 3, 12, 33, 70, 131 } do
        local draw, ones = generator(n), {}
        for i = 1, n do ones[i] = { 1 } end
        local labels = random_labels(draw, n, 3)
        local expected = brute_force(ones, labels, nil, nil, "dot", { 1 })
        for _, d in ipairs { 1, 3, 17, 64, 65 } do
          local row, rows = random_rows(draw, 1, d)[1], {}
          for i = 1, n do rows[i] = row end
          for _, tensor_type in ipairs(support.real_types) do
            local x = circlet[tensor_type .. "Tensor"](rows)
            for _, kind in ipairs { "cosine", "dot", "euclidean" } do
              same(expected, retrieval(x, circlet.LongTensor(labels), { similarity = kind, k = 1 }))
            end
          end
        end
      end
    end)

    it("between duplicates scattered among other rows", function()
      local draw = generator(5)
      local base, rows = random_rows(draw, 35, 9), {}
      for i = 1, 105 do rows[i] = base[(i * 17) % 35 + 1] end -- each row three times
      check(rows, random_labels(draw, 105, 6), nil, nil, "cosine")
      check(rows, random_labels(draw, 105, 6), nil, nil, "dot")
    end)

    it("when zero rows are at 0 from everything", function()
      local rows = { { 0, 0 }, { 1, 0 }, { 0, 0 }, { -1, 0 }, { 0, 2 } }
      check(rows, { 1, 2, 1, 2, 1 }, nil, nil, "cosine")
      check(rows, { 2, 2, 1, 1, 1 }, nil, nil, "cosine")
    end)
  end)

  describe("gives the same bits", function()
    local x, labels
    setup(function()
      local draw = generator(11)
      x = circlet.FloatTensor(random_rows(draw, 300, 10))
      labels = circlet.LongTensor(random_labels(draw, 300, 5))
    end)

    it("for every number of threads and every block", function()
      local threads = circlet.getnumthreads()
      finally(function() circlet.setnumthreads(threads) end)
      for _, similarity in ipairs { "cosine", "euclidean" } do
        circlet.setnumthreads(1)
        local expected = retrieval(x, labels, { similarity = similarity })
        for _, count in ipairs { 1, 2, 3, 8 } do
          circlet.setnumthreads(count)
          for _, block in ipairs { 1, 12, 100, 65536 } do
            assert.same(expected, retrieval(x, labels, { similarity = similarity, block = block }))
          end
        end
      end
    end)

    -- A block given, queries are ranked one by one; without, all at once.
    it("for pairs computed once as for pairs computed from both ends", function()
      local draw, n = generator(15), 650
      for _, kind in ipairs { "FloatTensor", "DoubleTensor" } do
        local rows = random_rows(draw, n, 6)
        for i = 1, 40 do rows[10 * i] = rows[i] end -- of other labels, mostly: ties
        for _, count in ipairs { 6, 200 } do
          local its = circlet.LongTensor(random_labels(draw, n, count))
          local centres = circlet[kind](random_rows(draw, count, 6))
          for _, spread in ipairs { 0, 2 } do -- levels drop out late, or soon
            local own = circlet[kind](rows) + centres:index(1, its) * spread
            for _, measures in ipairs { { "recall", "map_at_r", "mrr" }, { "map", "minp" } } do
              for _, similarity in ipairs { "cosine", "dot" } do
                local options = { measures = measures, similarity = similarity }
                local found = retrieval(own, its, options)
                options.block = 96
                assert.same(retrieval(own, its, options), found)
              end
            end
          end
        end
      end
    end)

    it("for every layout and every type of labels", function()
      local expected = retrieval(x, labels)
      for _, layout in ipairs(support.layouts(x)) do
        for _, kind in ipairs { "long", "int", "byte", "float", "double" } do
          for _, label_layout in ipairs(support.layouts(labels[kind](labels))) do
            assert.same(expected, retrieval(layout, label_layout))
          end
        end
      end
    end)

    it("for rows scaled by powers of two, however large or small", function()
      local expected = retrieval(x:double(), labels)
      for _, power in ipairs { -1000, -300, 300, 1000 } do
        local list = support.flat(x)
        for i = 1, #list do list[i] = list[i] * 2.0 ^ power end
        local scaled = circlet.DoubleTensor(list):view(300, 10)
        assert.same(expected, retrieval(scaled, labels))
      end
    end)

    it("whatever is asked for beside it", function()
      local all = retrieval(x, labels, { k = { 1, 10 } })
      local some = retrieval(x, labels, { k = { 1, 10 },
        measures = { "recall", "r_precision", "map_at_r" } })
      assert.same({ recall = all.recall, r_precision = all.r_precision, map_at_r = all.map_at_r,
        n_queries = 300, n_lone = 0 }, some)
      assert.same({ mrr = all.mrr, n_queries = 300, n_lone = 0 },
        retrieval(x, labels, { measures = { "mrr" } }))
    end)
  end)

  it("finds the ranks up to R without the rest, also among ties", function()
    local draw = generator(6)
    for trial = 1, 60 do
      local range = ({ 1, 2, 50 })[trial % 3 + 1]
      local x = circlet.DoubleTensor(random_rows(draw, 60, 3, integers(range)))
      local labels = circlet.LongTensor(random_labels(draw, 60, 2 + trial % 10))
      for _, similarity in ipairs { "dot", "cosine", "euclidean" } do
        local all = retrieval(x, labels, { similarity = similarity })
        all.map, all.minp = nil, nil
        assert.same(all, retrieval(x, labels, { similarity = similarity,
          measures = { "recall", "r_precision", "map_at_r", "mrr" } }))
      end
    end
  end)

  describe("leaves out and counts", function()
    it("queries without any other row of their label", function()
      local draw = generator(8)
      local got = check(random_rows(draw, 5, 2), { 1, 2, 1, 3, 4 })
      assert.equal(2, got.n_queries)
      assert.equal(3, got.n_lone)
    end)

    it("queries whose label no reference has", function()
      local draw = generator(9)
      local got = check(random_rows(draw, 3, 2), { 1, 9, 2 }, random_rows(draw, 2, 2), { 1, 2 })
      assert.equal(1, got.n_lone)
    end)

    it("everything, when there is one row, no row or no reference: the means are NaN", function()
      local one, label = circlet.FloatTensor { { 1, 2 } }, circlet.LongTensor { 1 }
      local none, no_label = circlet.FloatTensor(), circlet.LongTensor()
      local function is_nan(n_lone, got)
        assert.equal(0, got.n_queries)
        assert.equal(n_lone, got.n_lone)
        for _, name in ipairs(names) do assert(got[name] ~= got[name], name) end
        assert(got.recall[1] ~= got.recall[1])
      end
      is_nan(1, retrieval(one, label))
      is_nan(0, retrieval(none, no_label))
      is_nan(1, retrieval({ one, none }, { label, no_label }))
      is_nan(0, retrieval({ none, one }, { no_label, label }))
    end)
  end)

  it("finds everything when all rows have one label", function()
    local draw = generator(10)
    local x = circlet.FloatTensor(random_rows(draw, 50, 4))
    local got = retrieval(x, circlet.LongTensor(50):fill(3), { k = 1 })
    support.near({ 1, 1, 1, 1, 1 },
      { got.recall[1], got.r_precision, got.map_at_r, got.map, got.mrr }, 1e-15)
    assert.equal(50, got.n_queries)
  end)

  it("works in the memory it states", function()
    local draw = generator(12)
    local n, threads = 1000, circlet.getnumthreads()
    local x = circlet.FloatTensor(random_rows(draw, n, 4))
    local labels = circlet.LongTensor(random_labels(draw, n, 10))
    local function within(bound, options)
      collectgarbage()
      collectgarbage()
      local before = circlet.memory(true)
      retrieval(x, labels, options)
      local after, peak = circlet.memory()
      assert.equal(before, after)
      assert(peak - before <= bound, ("%d bytes, %d allowed"):format(peak - before, bound))
    end
    -- Per thread `block` similarities and two more numbers for each reference, and at most 10
    -- numbers for each relevant one (fewer than n / 5); per row the copies, labels, positions and
    -- measures.
    within(threads * (14 * 4 * (n + 64) + 10 * 4 * n / 5) + 128 * n, { block = 12 })
    -- 28 bytes for each row with each of its label; per thread a group of 96 rows with at most two
    -- labels' columns, or a block of them; per row 100 bytes more than above.
    local pairs_of_labels = 0
    for i = 1, n do pairs_of_labels = pairs_of_labels + labels:eq(labels[i]):sum() end
    within(28 * pairs_of_labels + threads * 97 * 4 * (2 * n / 5 + 64) + 228 * n)
  end)

  it("leaves nothing behind when memory is refused, at whichever allocation", function()
    local x, labels = circlet.FloatTensor(20, 3):fill(1), circlet.IntTensor(20):fill(1)
    collectgarbage() -- what specs before have left goes now, not in the midst
    collectgarbage()
    local before, refused, nth = circlet.memory(), 0, 1
    repeat
      circlet.fail_allocation(nth)
      local ok, message = pcall(retrieval, x, labels)
      circlet.fail_allocation(0)
      if not ok then
        refused = refused + 1
        assert(tostring(message):find("not enough memory", 1, true), message)
      end
      assert.equal(before, (circlet.memory()))
      nth = nth + 1
    until ok
    assert(refused >= 8)
  end)

  it("stops when it is interrupted", function()
    -- In full the call takes a minute of processor time.
    local ok = os.execute [==[lua5.4 -e '
      local circlet = require "circlet"
      local x, labels = circlet.FloatTensor(40000, 256):fill(1), circlet.IntTensor(40000):fill(1)
      local process, started = io.open("/proc/self/stat"):read("n"), os.clock()
      os.execute("(sleep 0.2; kill -INT " .. process .. ") &")
      local through = pcall(circlet.metrics.retrieval, x, labels)
      os.exit(not through and os.clock() - started < 4)']==]
    assert(ok)
  end)

  describe("refuses", function()
    local x = circlet.FloatTensor { { 1, 2 }, { 3, 4 }, { 5, 6 } }
    local labels = circlet.LongTensor { 1, 1, 2 }

    it("NaN and infinity, naming the first such row", function()
      for _, bad in ipairs { 0 / 0, math.huge, -math.huge } do
        for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
          local y = x:clone()
          y[2][2], y[3][1] = bad, bad
          local options = { similarity = similarity }
          support.raises("row 2 of embeddings holds a NaN or an infinity", retrieval, y, labels,
            options)
          support.raises("row 2 of references", retrieval, { x, y }, { labels, labels }, options)
          support.raises("row 2 of queries", retrieval, { y, x }, { labels, labels }, options)
        end
      end
    end)

    it("products that overflow", function()
      local huge = circlet.FloatTensor { { 1e30, 0 }, { 0, 1e30 } }
      local two = circlet.LongTensor { 1, 1 }
      support.raises("do not fit in a Float", retrieval, huge, two, { similarity = "dot" })
      assert.equal(1, retrieval(huge, two, { similarity = "euclidean" }).map)
      support.raises("do not fit in a Double", retrieval,
        circlet.DoubleTensor { { 1e200 }, { 1 } }, two, { similarity = "euclidean" })
    end)

    it("labels that are not whole numbers from 1, or too many or few", function()
      support.raises("labels must have 3 elements, one per row, got 2", retrieval, x,
        circlet.LongTensor { 1, 2 })
      support.raises("whole numbers from 1, got 0 at 2", retrieval, x,
        circlet.IntTensor { 1, 0, 1 })
      support.raises("whole numbers from 1, got 1.5 at 3", retrieval, x,
        circlet.FloatTensor { 1, 2, 1.5 })
      support.raises("whole numbers from 1, got", retrieval, x,
        circlet.DoubleTensor { 1, 0 / 0, 1 })
      support.raises("reference labels must have 3", retrieval, { x, x },
        { labels, circlet.LongTensor { 1 } })
    end)

    it("tensors of another shape or type", function()
      support.raises("two dimensions, got size 3", retrieval, circlet.FloatTensor(3), labels)
      support.raises("Float or Double tensor, got Long", retrieval, circlet.LongTensor(3, 2),
        labels)
      support.raises("queries are Float but references are Double", retrieval, { x, x:double() },
        { labels, labels })
      support.raises("queries have 2 columns but references have 3", retrieval,
        { x, circlet.FloatTensor(3, 3) }, { labels, labels })
      support.raises("tensor expected, got number", retrieval, 1, labels)
      support.raises("needs {labels, reference labels}", retrieval, { x, x }, labels)
      support.raises("references must be a tensor, got nil", retrieval, { x }, { labels, labels })
    end)

    it("options that are unknown or out of range", function()
      local function with(options) return retrieval, x, labels, options end
      support.raises("there is no option simularity", with { simularity = "dot" })
      support.raises("one of cosine, dot, euclidean, got l1", with { similarity = "l1" })
      support.raises("option k must hold integers from 1, got 0", with { k = { 1, 0 } })
      support.raises("option k must hold integers from 1, got 1.5", with { k = { 1.5 } })
      support.raises("option k must be a list of ranks, got string", with { k = "all" })
      support.raises("a measure is one of recall, r_precision", with { measures = { "f1" } })
      support.raises("measures must be a list of names, got string", with { measures = "map" })
      support.raises("option block must be an integer from 1", with { block = 0 })
      support.raises("option block must be an integer from 1", with { block = 0 / 0 })
      support.raises("options must be a table", with(5))
    end)
  end)
end)
