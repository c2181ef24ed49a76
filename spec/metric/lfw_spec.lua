local circlet = require "circlet"
local brute = require "spec.metric.brute"
local files = require "spec.io.support"
local support = require "spec.support"

local lfw = circlet.metrics.lfw

local function tensors(list)
  local pairs = {}
  for name, values in next, list do pairs[name] = circlet.LongTensor(values) end
  return pairs
end

-- Random pairs among rows in two tight groups and noise; every fold has both kinds.
local function sample(seed, folds, each, make)
  local draw, rows = brute.generator(seed), {}
  local list = { first = {}, second = {}, same = {}, fold = {} }
  for i = 1, 40 do
    rows[i] = {}
    for d = 1, 4 do
      local noise = draw()
      rows[i][d] = make and make(noise) or noise + ((i % 8 + 1) * d % 5 - 2) * 0.2
    end
  end
  for i = 1, 2 * folds * each do
    local a, same = 1 + math.floor((draw() + 0.5) * 40), i % 2
    local b = (a - 1 + (same == 1 and 8 or 3) * math.floor(1 + (draw() + 0.5) * 4)) % 40 + 1
    list.first[i], list.second[i], list.same[i] = a, b, same
    list.fold[i] = (i - 1) // (2 * each) + 1
  end
  return rows, list
end

-- Accuracy and VAL from their definitions: every possible threshold is tried.
local function by_definition(rows, list, kind, far)
  local s = {}
  for i = 1, #list.same do
    s[i] = brute.similarities[kind](rows[list.first[i]], rows[list.second[i]])
    if kind == "euclidean" then s[i] = -math.sqrt(-s[i]) end
  end
  local function rates(threshold, fold, inside)
    local right, accepted, wrongly, genuine, n = 0, 0, 0, 0, 0
    for i = 1, #s do
      if (list.fold[i] == fold) == inside then
        local yes = s[i] >= threshold
        n, genuine = n + 1, genuine + list.same[i]
        if yes == (list.same[i] == 1) then right = right + 1 end
        if yes then accepted, wrongly = accepted + list.same[i], wrongly + 1 - list.same[i] end
      end
    end
    return right / n, accepted / genuine, wrongly / (n - genuine)
  end
  local results, folds = {}, list.fold[#list.fold]
  for f = 1, folds do
    local seen, known, candidates = {}, {}, { math.huge, -math.huge }
    for i = 1, #s do
      if list.fold[i] ~= f and not known[s[i]] then
        known[s[i]] = true
        seen[#seen + 1] = s[i]
      end
    end
    table.sort(seen)
    for i = 2, #seen do candidates[#candidates + 1] = (seen[i - 1] + seen[i]) / 2 end
    table.sort(candidates, function(a, b) return a > b end)
    local best, threshold = -1, nil
    for _, t in ipairs(candidates) do
      local right = rates(t, f, false)
      if right > best then best, threshold = right, t end
    end
    local val_threshold = math.huge
    for _, t in ipairs(seen) do
      local _, _, wrong = rates(t, f, false)
      if wrong <= far then val_threshold = math.min(val_threshold, t) end
    end
    local accuracy = rates(threshold, f, true)
    local _, val, reached = rates(val_threshold, f, true)
    results[f] = { accuracy = accuracy, val = val, far = reached, threshold = threshold,
      far_threshold = val_threshold }
  end
  return results
end

describe("lfw", function()
  it("follows the definitions on a case worked by hand", function()
    -- Distances: fold 1 has 1 (same), 3 (not); fold 2 has 2 (same), 2.5 (not), 8 (same).
    -- Tested on fold 1, fold 2 chose 2.25: right twice. Tested on fold 2, fold 1 chose 2: right
    -- for 2 and 2.5, wrong for 8.
    local x = circlet.DoubleTensor { { 0 }, { 1 }, { 3 }, { 2 }, { 2.5 }, { 8 } }
    local got = lfw(x, tensors { first = { 1, 1, 1, 1, 1 }, second = { 2, 3, 4, 5, 6 },
      same = { 1, 0, 1, 0, 1 }, fold = { 1, 1, 2, 2, 2 } }, { similarity = "euclidean", far = 0 })
    assert.same({
      { n = 2, accuracy = 1, threshold = 2.25, val = 1, far = 0, far_threshold = 2 },
      { n = 3, accuracy = 2 / 3, threshold = 2, val = 0, far = 0, far_threshold = 1 },
    }, got.folds)
    support.near({ 5 / 6, 1 / 6, 1 / 6, 0.5, 0.5, 0 }, { got.accuracy, got.accuracy_std,
      got.accuracy_error, got.val, got.val_std, got.far }, 1e-15)
  end)

  it("equals trying every threshold, ties included", function()
    for seed, make in ipairs { false, false, brute.integers(1), brute.integers(2) } do
      local rows, list = sample(seed, 5, 12, make or nil)
      for _, kind in ipairs { "cosine", "dot", "euclidean" } do
        if not make or kind ~= "cosine" then -- roots of integers: rounding decides their ties
          for _, far in ipairs { 0, 0.1, 0.5 } do
            local expected = by_definition(rows, list, kind, far)
            local got = lfw(circlet.DoubleTensor(rows), tensors(list),
              { similarity = kind, far = far })
            for f, e in ipairs(expected) do
              local g = got.folds[f]
              local sign = kind == "euclidean" and -1 or 1
              support.near({ e.accuracy, e.val, e.far, sign * e.threshold, sign * e.far_threshold },
                { g.accuracy, g.val, g.far, g.threshold, g.far_threshold }, 1e-13)
            end
          end
        end
      end
    end
  end)

  it("agrees with NumPy's deviations, as papers print them", function()
    local rows, list = sample(9, 10, 15)
    local got, sum, squares = lfw(circlet.FloatTensor(rows), tensors(list)), 0, 0
    for _, f in ipairs(got.folds) do sum, squares = sum + f.accuracy, squares + f.accuracy ^ 2 end
    support.near({ sum / 10, math.sqrt(squares / 10 - (sum / 10) ^ 2) },
      { got.accuracy, got.accuracy_std }, 1e-12)
    support.near({ math.sqrt((squares - sum ^ 2 / 10) / 9 / 10) }, { got.accuracy_error }, 1e-12)
  end)

  it("takes thousands of pairs, any label type, and zero rows", function()
    local rows, list = sample(5, 3, 1000)
    rows[3] = { 0, 0, 0, 0 }
    local pairs = tensors(list)
    local got = lfw(circlet.DoubleTensor(rows), pairs)
    pairs.same, pairs.fold = pairs.same:byte(), pairs.fold:float()
    assert.same(got, lfw(circlet.DoubleTensor(rows), pairs))
    assert.equal(2000, got.folds[3].n)
  end)

  it("refuses what it cannot decide", function()
    local x = circlet.FloatTensor(4, 2):fill(1)
    local function with(change, options)
      local list = { first = { 1, 2, 1, 2 }, second = { 3, 4, 4, 3 }, same = { 1, 0, 1, 0 },
        fold = { 1, 1, 2, 2 } }
      for name, values in next, change do list[name] = values end
      return lfw, x, tensors(list), options
    end
    support.raises("lfw: pairs.first must hold integers from 1 to 4, got 5 at 2",
      with { first = { 1, 5, 1, 2 } })
    support.raises("pairs.second must have 4 elements, one per pair, got 3",
      with { second = { 1, 2, 3 } })
    support.raises("pairs.same must hold integers from 0 to 1, got 2",
      with { same = { 2, 0, 1, 0 } })
    support.raises("two folds or more expected, got 1", with { fold = { 1, 1, 1, 1 } })
    support.raises("fold 2 must hold genuine pairs and impostors", with { same = { 1, 0, 1, 1 } })
    support.raises("fold 2 must hold", with { fold = { 1, 1, 3, 3 } })
    support.raises("one of cosine, dot, euclidean, got l1", with({}, { similarity = "l1" }))
    support.raises("option far must be a number from 0 to 1, got 2", with({}, { far = 2 }))
    support.raises("there is no option k", with({}, { k = 2 }))
    support.raises("pairs.first must be a tensor, got nil", lfw, x, {})
    support.raises("embeddings must be a Float or Double tensor", lfw, x:long(), {})
    x[3][1] = 0 / 0
    support.raises("rows 1 and 3 have no finite similarity", with {})
  end)
end)

describe("data.lfw_pairs", function()
  local folder, remove
  before_each(function() folder, remove = files.folder() end)
  after_each(function() remove() end)

  local function read(text, rows)
    files.write(folder .. "/pairs.txt", text)
    return circlet.data.lfw_pairs(folder .. "/pairs.txt", rows or function(name, n)
      return name:byte() - 64 + 10 * n
    end)
  end

  it("reads folds of pairs of one person and of two", function()
    local pairs = assert(read "2\t1\nA\t1\t2\nB\t3\tC\t1\nD_E\t2\t1\nA\t1\tB\t12\n")
    assert.same({ 11, 32, 24, 11 }, pairs.first:totable())
    assert.same({ 21, 13, 14, 122 }, pairs.second:totable())
    assert.same({ 1, 0, 1, 0 }, pairs.same:totable())
    assert.same({ 1, 1, 2, 2 }, pairs.fold:totable())
  end)

  it("takes one number as one fold, a table of rows, blanks and Windows' line ends", function()
    local pairs = assert(read("1\r\nA 1 2\r\nA 1 B 1\r\n\r\n",
      { ["A 1"] = 1, ["A 2"] = 2, ["B 1"] = 3 }))
    assert.same({ 1, 1 }, pairs.first:totable())
    assert.same({ 2, 3 }, pairs.second:totable())
    assert.same({ 1, 1 }, pairs.fold:totable())
  end)

  it("says which line is wrong, and raises for no rows at all", function()
    local refused = files.refused
    refused("format", "pairs.txt:1: the numbers of folds and of pairs expected", read "A 1 2\n")
    refused("format", "the numbers of folds", read "")
    refused("format", "the numbers of folds", read "0 5\n")
    refused("format", "pairs.txt:2: 2 lines of pairs expected, got 1", read "1\nA 1 2\n")
    refused("format", "pairs.txt:2: name, number, number expected", read "1\nA 1\nA 1 B 1\n")
    refused("format", "pairs.txt:3: name, number, name, number expected", read "1\nA 1 2\nA 1 2\n")
    refused("format", "pairs.txt:3: there is no row for B 7",
      read("1\nA 1 1\nA 1 B 7\n", { ["A 1"] = 1 }))
    refused("io", "nowhere", circlet.data.lfw_pairs(folder .. "/nowhere", {}))
    support.raises("rows must be a function or a table, got nil", circlet.data.lfw_pairs, "p")
  end)
end)
