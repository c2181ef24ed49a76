local circlet = require "circlet"
local brute = require "spec.metric.brute"
local support = require "spec.support"

local verification = circlet.metrics.verification
local rates = { 0, 1e-3, 0.01, 0.1, 0.3, 1 }

-- The pairs as { s =, same = }, most similar first.
local function all_pairs(rows, labels, refs, ref_labels, kind)
  local list = {}
  for q = 1, #rows do
    for r = refs and 1 or q + 1, #(refs or rows) do
      list[#list + 1] = {
        s = brute.similarities[kind](rows[q], (refs or rows)[r]),
        same = labels[q] == (ref_labels or labels)[r],
      }
    end
  end
  table.sort(list, function(a, b) return a.s > b.s end)
  return list
end

-- Everything from the definitions: a threshold at each similarity that occurs, the area by
-- trapezoids.
local function from_definitions(list)
  local genuine, impostors = 0, 0
  for _, pair in ipairs(list) do
    if pair.same then genuine = genuine + 1 else impostors = impostors + 1 end
  end
  local result = { n_genuine = genuine, n_impostor = impostors, tar = {}, far = {}, auc = 0 }
  for _, f in ipairs(rates) do result.tar[f], result.far[f] = 0, 0 end
  local accepted, wrongly, i = 0, 0, 1
  while i <= #list do
    local s, far, tar = list[i].s, wrongly / impostors, accepted / genuine
    while list[i] and list[i].s == s do
      if list[i].same then accepted = accepted + 1 else wrongly = wrongly + 1 end
      i = i + 1
    end
    local next_far, next_tar = wrongly / impostors, accepted / genuine
    result.auc = result.auc + (next_far - far) * (tar + next_tar) / 2
    local before, after = far + tar - 1, next_far + next_tar - 1
    if before < 0 and after >= 0 then
      result.eer = far + (next_far - far) * (-before / (after - before))
    end
    for _, f in ipairs(rates) do
      if next_far <= f and next_tar > result.tar[f] then
        result.tar[f], result.far[f] = next_tar, next_far
      end
    end
  end
  return result
end

-- Quotients of small integers agree to the last bit; the area is a sum of up to a few thousand.
local function same(expected, got)
  assert.equal(expected.n_genuine, got.n_genuine)
  assert.equal(expected.n_impostor, got.n_impostor)
  support.near({ expected.auc, expected.eer }, { got.auc, got.eer }, 1e-12, "auc, eer")
  for _, f in ipairs(rates) do
    support.near({ expected.tar[f], expected.far[f] }, { got.tar[f], got.far[f] }, 1e-15)
  end
end

local function check(rows, labels, refs, ref_labels, kind, tensor_type)
  local T = circlet[(tensor_type or "Double") .. "Tensor"]
  local x, l, options = T(rows), circlet.LongTensor(labels), { similarity = kind, far = rates }
  local got = refs and verification({ x, T(refs) }, { l, circlet.LongTensor(ref_labels) }, options)
    or verification(x, l, options)
  same(from_definitions(all_pairs(rows, labels, refs, ref_labels, kind)), got)
end

-- 120 rows around nine centres; the rows of the reference values below.
local function clusters()
  local draw, rows = brute.generator(41), {}
  local centres, labels = brute.random_rows(draw, 9, 6), brute.random_labels(draw, 120, 9)
  for i = 1, 120 do
    rows[i] = {}
    for d = 1, 6 do rows[i][d] = centres[labels[i]][d] + 0.9 * draw() end
  end
  return circlet.DoubleTensor(rows), circlet.LongTensor(labels)
end

describe("verification", function()
  it("follows the definitions on a case worked by hand", function()
    -- Genuine pairs at 9 and 4, impostors at 6, 6, 4 and 1. Accepted at 9: 1/2 of the genuine, no
    -- impostor; at 6: two impostors more; at 4: everything but one impostor. The curve rises to
    -- (0, 1/2), goes on to (1/2, 1/2), to (3/4, 1) and (1, 1): FAR = 1 - TAR at 1/2. Of the 8
    -- comparisons the genuine wins 4 and 1, and one is a tie.
    local q = circlet.DoubleTensor { { 1 } }
    local refs = circlet.DoubleTensor { { 6 }, { 9 }, { 4 }, { 4 }, { 6 }, { 1 } }
    local got = verification({ q, refs },
      { circlet.LongTensor { 1 }, circlet.LongTensor { 2, 1, 1, 3, 3, 2 } },
      { similarity = "dot", far = { 0, 0.5, 0.75 } })
    assert.same({
      tar = { [0] = 0.5, [0.5] = 0.5, [0.75] = 1 }, far = { [0] = 0, [0.5] = 0, [0.75] = 0.75 },
      threshold = { [0] = 9, [0.5] = 9, [0.75] = 4 }, auc = 5.5 / 8, auc_error = 0,
      eer = 0.5, eer_threshold = 4, n_genuine = 2, n_impostor = 4,
    }, got)
  end)

  it("equals all pairs sorted, of every similarity, within one set and between two", function()
    local draw = brute.generator(42)
    for _, size in ipairs { { 3, 2 }, { 20, 3 }, { 97, 5 }, { 130, 2 } } do
      local n, d = size[1], size[2]
      for _, kind in ipairs { "cosine", "dot", "euclidean" } do
        local rows, labels = brute.random_rows(draw, n, d), brute.random_labels(draw, n, 4)
        local refs, ref_labels = brute.random_rows(draw, 40, d), brute.random_labels(draw, 40, 5)
        labels[1], labels[2], labels[3] = 1, 1, 2
        check(rows, labels, nil, nil, kind)
        ref_labels[1], ref_labels[2] = 1, 5
        check(rows, labels, refs, ref_labels, kind)
      end
    end
  end)

  describe("with more genuine pairs than it may keep", function()
    -- All but auc as where everything is kept, and auc within what it says.
    local function check_keeping(x, labels, keep, more)
      local options, far = { keep = 2 ^ 20 }, { 0, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.9, 1 }
      for name, value in pairs(more or {}) do options[name] = value end
      options.far = far
      local exact = verification(x, labels, options)
      assert.equal(0, exact.auc_error)
      options.keep = keep
      local got = verification(x, labels, options)
      assert(math.abs(got.auc - exact.auc) <= got.auc_error * (1 + 1e-12),
        ("auc %.9g for %.9g, within %.3g"):format(got.auc, exact.auc, got.auc_error))
      local error_bound = got.auc_error
      got.auc, got.auc_error = exact.auc, 0
      assert.same(exact, got)
      return error_bound
    end

    it("is as exact as without a limit, but for the area", function()
      local draw = brute.generator(46)
      for _, spread in ipairs { 0.2, 0.8, 3 } do
        local rows, labels = brute.random_rows(draw, 300, 5), brute.random_labels(draw, 300, 3)
        for i, row in ipairs(rows) do
          for d = 1, 5 do row[d] = row[d] * spread + (d == labels[i] and 1 or 0) end
        end
        for _, tensor_type in ipairs(support.real_types) do
          local x, l = circlet[tensor_type .. "Tensor"](rows), circlet.LongTensor(labels)
          for _, keep in ipairs { 16, 100, 5000 } do
            for _, kind in ipairs { "cosine", "dot", "euclidean" } do
              local bound = check_keeping(x, l, keep, { similarity = kind })
              -- Intervals hold some times 4 / keep of the genuine pairs, and count half.
              assert(bound < 12 / keep, bound)
            end
          end
        end
        local x, l = circlet.DoubleTensor(rows), circlet.LongTensor(labels)
        check_keeping({ x:narrow(1, 1, 100), x:narrow(1, 101, 200) },
          { l:narrow(1, 1, 100), l:narrow(1, 101, 200) }, 50)
      end
    end)

    it("is so where similarities tie, or are all the same", function()
      local draw = brute.generator(47)
      for range = 0, 3 do
        local rows = brute.random_rows(draw, 200, 3, brute.integers(range))
        local l = circlet.LongTensor(brute.random_labels(draw, 200, 2))
        for _, kind in ipairs { "dot", "euclidean" } do
          check_keeping(circlet.FloatTensor(rows), l, 16, { similarity = kind })
        end
      end
    end)

    it("gives the same bits for every number of threads", function()
      local threads = circlet.getnumthreads()
      finally(function() circlet.setnumthreads(threads) end)
      circlet.manualSeed(3)
      local x, labels = circlet.FloatTensor(900, 8):normal(), circlet.LongTensor(900):random(1, 3)
      local known
      for _, count in ipairs { 1, 2, 5 } do
        circlet.setnumthreads(count)
        local got = verification(x, labels, { keep = 1000 })
        known = known or got
        assert.same(known, got)
      end
    end)

    it("takes memory that does not grow with them", function()
      local threads = circlet.getnumthreads()
      finally(function() circlet.setnumthreads(threads) end)
      circlet.setnumthreads(2)
      -- 2250000 genuine pairs would take 100 MB; rows and tiles take 1 MB, and 4096 kept
      -- similarities, with as many collected, less than that.
      local x, labels = circlet.FloatTensor(3000, 4):normal(), circlet.LongTensor(3000):random(1, 2)
      local before = circlet.memory(true)
      verification(x, labels, { keep = 4096 })
      local _, peak = circlet.memory()
      assert(peak - before < 3e6, "it took " .. peak - before .. " bytes")
    end)

    it("refuses to keep next to none", function()
      support.raises("verification: option keep must be an integer from 16", verification,
        circlet.FloatTensor(2, 2), circlet.LongTensor { 1, 1 }, { keep = 15 })
    end)
  end)

  it("takes ties together, in Float and in Double", function()
    local draw = brute.generator(43)
    for range = 0, 3 do
      for _, tensor_type in ipairs(support.real_types) do
        local rows = brute.random_rows(draw, 110, 3, brute.integers(range))
        local labels = brute.random_labels(draw, 110, 4)
        for _, kind in ipairs { "dot", "euclidean" } do -- products of integers: exact
          check(rows, labels, nil, nil, kind, tensor_type)
          check(rows, labels, { table.unpack(rows, 3, 60) }, { table.unpack(labels, 9, 66) }, kind,
            tensor_type)
        end
      end
    end
  end)

  it("agrees with scikit-learn", function()
    -- scikit-learn 1.9.1: roc_auc_score; roc_curve(drop_intermediate=False) at the greatest TPR
    -- with FPR at most the rate; the EER where its straight-line interpolation crosses 1 - FPR
    -- (scipy.optimize.brentq, to 1e-15, on an interpolation of its own rounding).
    local x, labels = clusters()
    local function expect(got, auc, eer, at_3, at_2, at_1, threshold)
      support.near({ auc }, { got.auc }, 1e-13)
      support.near({ eer }, { got.eer }, 1e-9)
      support.near(at_3, { got.tar[1e-3], got.far[1e-3] }, 1e-15)
      support.near(at_2, { got.tar[1e-2], got.far[1e-2] }, 1e-15)
      support.near(at_1, { got.tar[1e-1], got.far[1e-1] }, 1e-15)
      support.near({ threshold }, { got.threshold[1e-1] }, 1e-14)
    end
    local options = {}
    expect(verification(x, labels, options), 0.8633603305202844, 0.216710182767624,
      { 0.03655352480417755, 0.0009413241292751804 }, { 0.1462140992167102, 0.009727016002510198 },
      { 0.5848563968668408, 0.09962347034828993 }, 0.5131901145878803)
    options.similarity = "euclidean"
    expect(verification(x, labels, options), 0.8369450877872819, 0.23909632883589618,
      { 0.014360313315926894, 0.0009413241292751804 }, { 0.0731070496083551, 0.009727016002510198 },
      { 0.42297650130548303, 0.09962347034828993 }, 0.7115514784869197 ^ 0.5)
    options.similarity = "dot" -- ties everywhere
    expect(verification(x:clone():mul(2):round(), labels, options), 0.7866135352414877,
      0.29138460136505123, { 0.02741514360313316, 0.0009413241292751804 },
      { 0.05352480417754569, 0.0031377470975839346 },
      { 0.2310704960835509, 0.04110448697834954 }, 3)
    options.similarity = nil
    expect(verification({ x:narrow(1, 1, 40), x:narrow(1, 41, 80) },
        { labels:narrow(1, 1, 40), labels:narrow(1, 41, 80) }, options), 0.8640405979866939,
      0.22257383966244731, { 0.05337078651685393, 0.0007032348804500703 },
      { 0.19382022471910113, 0.009845288326300985 },
      { 0.5870786516853933, 0.09985935302390998 }, 0.5131901145878803)
  end)

  it("gives the same bits for every number of threads and layout", function()
    local draw, threads = brute.generator(44), circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local x = circlet.FloatTensor(brute.random_rows(draw, 700, 8)) -- more than one tile each way
    local labels = circlet.LongTensor(brute.random_labels(draw, 700, 30))
    circlet.setnumthreads(1)
    local expected = verification(x, labels)
    for _, count in ipairs { 2, 3, 8 } do
      circlet.setnumthreads(count)
      for _, layout in ipairs(support.layouts(x)) do
        assert.same(expected, verification(layout, labels:int()))
      end
    end
    circlet.setnumthreads(2)
    local order = circlet.randperm(700):long() -- a pair is the same pair in any order of rows
    assert.same(expected, verification(x:index(1, order), labels:index(1, order)))
  end)

  it("works across tiles as within one", function()
    local draw = brute.generator(45)
    local rows, labels = brute.random_rows(draw, 600, 2, brute.integers(20)), {}
    for i = 1, 600 do labels[i] = i % 7 + 1 end
    check(rows, labels, nil, nil, "dot", "Float")
  end)

  it("has no rates without genuine pairs or without impostors", function()
    local x = circlet.FloatTensor { { 1, 0 }, { 0, 1 }, { 1, 1 } }
    local function is_nan(genuine, impostor, got)
      assert.equal(genuine, got.n_genuine)
      assert.equal(impostor, got.n_impostor)
      for _, value in ipairs { got.auc, got.eer, got.eer_threshold, got.tar[0.01], got.far[0.01],
        got.threshold[0.01] } do
        assert(value ~= value)
      end
    end
    is_nan(0, 3, verification(x, circlet.LongTensor { 1, 2, 3 }))
    is_nan(3, 0, verification(x, circlet.LongTensor { 2, 2, 2 }))
    is_nan(0, 0, verification(circlet.FloatTensor(), circlet.LongTensor()))
    is_nan(0, 0, verification({ x, circlet.FloatTensor() },
      { circlet.LongTensor { 1, 2, 3 }, circlet.LongTensor() }))
  end)

  it("says what accepts nothing", function()
    local q, refs = circlet.DoubleTensor { { 1 } }, circlet.DoubleTensor { { 1 }, { 2 } }
    local labels = { circlet.LongTensor { 1 }, circlet.LongTensor { 1, 2 } }
    local got = verification({ q, refs }, labels, { similarity = "dot", far = 0.1 })
    assert.same({ 0, 0, math.huge }, { got.tar[0.1], got.far[0.1], got.threshold[0.1] })
    got = verification({ q * 2, refs }, labels, { similarity = "euclidean", far = 0.1 })
    assert.equal(-math.huge, got.threshold[0.1])
  end)

  it("works in the memory it states", function()
    local n, threads = 3000, circlet.getnumthreads()
    local x = circlet.randn(n, 4)
    local labels = circlet.LongTensor(n)
    for i = 1, n do labels[i] = i % 300 + 1 end -- 13,500 genuine pairs of 4.5 million
    local before = circlet.memory(true)
    local got = verification(x, labels)
    local after, peak = circlet.memory()
    assert.equal(before, after)
    local bound = 128 * n + threads * (2e5 + 8 * got.n_genuine) + 48 * got.n_genuine
    assert(peak - before <= bound, ("%d bytes, %d allowed"):format(peak - before, bound))
  end)

  it("stops when it is interrupted", function()
    -- In full the call takes a minute of processor time.
    local ok = os.execute [==[lua5.4 -e '
      local circlet = require "circlet"
      local x, labels = circlet.randn(60000, 256), circlet.IntTensor(60000):random(1, 6000)
      local process, started = io.open("/proc/self/stat"):read("n"), os.clock()
      os.execute("(sleep 0.3; kill -INT " .. process .. ") &")
      local through = pcall(circlet.metrics.verification, x, labels)
      os.exit(not through and os.clock() - started < 4)']==]
    assert(ok)
  end)

  it("refuses what has no meaning", function()
    local x, labels = circlet.FloatTensor(3, 2):fill(1), circlet.LongTensor { 1, 1, 2 }
    local function with(options) return verification, x, labels, options end
    support.raises("verification: option far must hold numbers from 0 to 1, got 1.5",
      with { far = { 0.1, 1.5 } })
    support.raises("verification: option far must hold numbers from 0 to 1, got",
      with { far = 0 / 0 })
    support.raises("verification: option far must be a list of rates, got string",
      with { far = "all" })
    support.raises("verification: there is no option k", with { k = 1 })
    support.raises("verification: labels must have 3 elements", verification, x,
      circlet.LongTensor { 1 })
    support.raises("verification: queries have 2 columns but references have 3", verification,
      { x, circlet.FloatTensor(1, 3) }, { labels, circlet.LongTensor { 1 } })
    for _, similarity in ipairs { "cosine", "dot", "euclidean" } do
      local y = x:clone()
      y[2][2] = math.huge
      support.raises("row 2 of embeddings holds a NaN or an infinity", verification, y, labels,
        { similarity = similarity })
    end
    local huge = circlet.DoubleTensor { { 1e200 }, { 1 } }
    support.raises("do not fit in a Double", verification,
      { huge, circlet.DoubleTensor { { 1 } } },
      { circlet.LongTensor { 1, 2 }, circlet.LongTensor { 1 } }, { similarity = "euclidean" })
  end)
end)
