-- What the specs of measures share: the measures of a ranking from their definitions (all
-- similarities, one full sort per query, every rank looked at), and data that any language can draw
-- again. Rows, labels and cameras are Lua tables; refs nil means leave one out.
local assert = require "luassert"
local support = require "spec.support"

local brute = {}

brute.names = { "r_precision", "map_at_r", "map", "mrr", "minp" }

local similarities = {
  dot = function(a, b)
    local sum = 0
    for d = 1, #a do sum = sum + a[d] * b[d] end
    return sum
  end,
  euclidean = function(a, b)
    local sum = 0
    for d = 1, #a do sum = sum + (a[d] - b[d]) ^ 2 end
    return -sum
  end,
}
function similarities.cosine(a, b)
  local norms = math.sqrt(similarities.dot(a, a)) * math.sqrt(similarities.dot(b, b))
  return norms == 0 and 0 or similarities.dot(a, b) / norms
end

local function by_rank(a, b)
  if a.s ~= b.s then return a.s > b.s end
  return a.index < b.index
end

brute.similarities = similarities

-- cameras: { of the rows, of the refs }, or nil.
function brute.ranking(q, rows, labels, refs, ref_labels, kind, cameras)
  local list, relevant = {}, 0
  for r = 1, #(refs or rows) do
    local taken_out = not refs and r == q
    if cameras and labels[q] == (ref_labels or labels)[r] then
      taken_out = taken_out or cameras[1][q] == (cameras[2] or cameras[1])[r]
    end
    if not taken_out then
      local hit = labels[q] == (ref_labels or labels)[r]
      local s = similarities[kind](rows[q], (refs or rows)[r])
      list[#list + 1] = { s = s, index = r, hit = hit }
      if hit then relevant = relevant + 1 end
    end
  end
  table.sort(list, by_rank)
  return list, relevant
end

function brute.measures(rows, labels, refs, ref_labels, kind, cutoffs, cameras)
  local result = { recall = {}, n_queries = 0, n_lone = 0 }
  for _, name in ipairs(brute.names) do result[name] = 0 end
  for _, k in ipairs(cutoffs) do result.recall[k] = 0 end
  for q = 1, #rows do
    local list, R = brute.ranking(q, rows, labels, refs, ref_labels, kind, cameras)
    if R == 0 then
      result.n_lone = result.n_lone + 1
    else
      local found, first, last, ap, ap_r, found_r = 0, nil, nil, 0, 0, 0
      for i, entry in ipairs(list) do
        if entry.hit then
          found, first, last = found + 1, first or i, i
          ap = ap + found / i
          if i <= R then ap_r, found_r = ap_r + found / i, found_r + 1 end
        end
      end
      result.n_queries = result.n_queries + 1
      result.map, result.mrr = result.map + ap / R, result.mrr + 1 / first
      result.map_at_r = result.map_at_r + ap_r / R
      result.minp = result.minp + R / last
      result.r_precision = result.r_precision + found_r / R
      for _, k in ipairs(cutoffs) do
        result.recall[k] = result.recall[k] + (first <= k and 1 or 0)
      end
    end
  end
  for _, name in ipairs(brute.names) do result[name] = result[name] / result.n_queries end
  for _, k in ipairs(cutoffs) do result.recall[k] = result.recall[k] / result.n_queries end
  return result
end

-- Means of at most a few hundred terms up to 1, in double: each sum errs by less than n * 2^-53.
function brute.same(expected, got)
  assert.equal(expected.n_queries, got.n_queries)
  assert.equal(expected.n_lone, got.n_lone)
  for _, name in ipairs(brute.names) do
    if got[name] then support.near({ expected[name] }, { got[name] }, 1e-13, name) end
  end
  for k, value in pairs(expected.recall) do
    support.near({ value }, { (got.recall or got.cmc)[k] }, 1e-13, "recall at " .. k)
  end
end

-- A linear congruential generator: the same data in any language.
function brute.generator(state)
  return function()
    state = (1103515245 * state + 12345) % 0x80000000
    return state / 0x80000000 - 0.5
  end
end

function brute.random_rows(draw, n, d, make)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for c = 1, d do rows[i][c] = make and make(draw()) or draw() end
  end
  return rows
end

function brute.random_labels(draw, n, classes)
  local labels = {}
  for i = 1, n do labels[i] = 1 + math.floor((draw() + 0.5) * classes) end
  return labels
end

function brute.integers(range)
  return function(u) return math.floor(u * (2 * range + 1) + 0.5) end
end

return brute
