--- Principal components: the directions in which rows differ most.
--
-- By block power iteration on the covariance [D, D] with a Rayleigh-Ritz step, until the variances
-- change by less than 1e-12 of the largest or 1000 times; a component is less exact when the
-- variance beyond the block is nearly its own. The same bits for every number of threads. t-SNE and
-- UMAP are not here: Debian packages them for Python and R alone.
-- @param x circlet.Tensor [N, D] Float or Double
-- @param count? integer how many components, 2 by default, at most D
-- @return circlet.DoubleTensor places [N, count]: the rows less their mean along the components
-- @return table facts components (DoubleTensor [count, D], rows of length 1, perpendicular, the
--   largest of the numbers of each being positive), variance (list: the mean square of the rows
--   along each, over N), share (list: of the whole variance, 0 where there is none), mean
--   (DoubleTensor [1, D])
-- @error Raises for NaN and infinities, for no rows, and for more than D components.
-- @source Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 2011
-- @example
-- local places, facts = circlet.plot.pca(circlet.DoubleTensor { { 1, 1 }, { 2, 2 }, { 3, 3 } }, 1)
-- places, facts.share[1]        --> {{-1.4142}, {0}, {1.4142}}  1.0
local check = require "circlet.plot.check"
local circlet = require "circlet"
local eigen = require "circlet.eigen"

local MOST, TOLERANCE = 1000, 1e-12
local EXTRA = 8 -- directions beyond those asked for, which make the iteration converge faster

-- Rows made perpendicular, of length 1, in place; a row that the ones before it span becomes 0.
-- Twice is enough (Kahan and Parlett).
local function orthonormalize(q)
  for _ = 1, 2 do
    for i = 1, q:size(1) do
      local row = q[i]
      local before = row:norm()
      for j = 1, i - 1 do row:add(-row:dot(q[j]), q[j]) end
      local norm = row:norm()
      if norm > 1e-13 * before then row:div(norm) else row:zero() end
    end
  end
  return q
end

-- Eigenvalues and eigenvectors (rows) of a small symmetric positive matrix, largest first.
local function sorted_eigen(matrix)
  local values, columns = eigen(matrix)
  local order, sorted, vectors = {}, {}, {}
  for i = 1, #values do order[i] = i end
  table.sort(order, function(i, j) return values[i] > values[j] end)
  for place, i in ipairs(order) do
    sorted[place], vectors[place] = math.max(values[i], 0), {}
    for k = 1, #values do vectors[place][k] = columns[k][i] end
  end
  return sorted, vectors
end

-- Directions to begin with, the same every time: no structure of real data is perpendicular to all.
local function beginning(count, dim)
  local rows = {}
  for i = 1, count do
    rows[i] = {}
    for j = 1, dim do rows[i][j] = math.sin(12.9898 * i + 78.233 * j + (i * j) % 7) end
  end
  return orthonormalize(circlet.DoubleTensor(rows))
end

-- The largest eigenvalues of a symmetric positive matrix and their vectors, as rows.
local function largest(matrix, count)
  local dim, last = matrix:size(1), {}
  local q = beginning(math.min(count + EXTRA, dim), dim)
  local values, vectors
  for _ = 1, MOST do
    local image = circlet.mm(q, matrix)
    values, vectors = sorted_eigen(circlet.mm(image, q:t()):totable())
    local ritz = circlet.DoubleTensor(vectors)
    local change = 0
    for i = 1, count do change = math.max(change, math.abs(values[i] - (last[i] or math.huge))) end
    last = values
    if change <= TOLERANCE * values[1] or values[1] == 0 then return values, circlet.mm(ritz, q) end
    q = orthonormalize(circlet.mm(ritz, image))
  end
  return values, q
end

return function(x, count)
  local kind = circlet.type(x)
  if kind ~= "circlet.FloatTensor" and kind ~= "circlet.DoubleTensor" or x:dim() ~= 2
    or x:nElement() == 0 then
    check.fail("pca", "rows [N, D], a FloatTensor or a DoubleTensor, expected, got %s", kind)
  end
  local n, dim = x:size(1), x:size(2)
  count = check.whole("pca", "count", count, 2, 1)
  if count > dim then check.fail("pca", "%d components of rows of %d numbers", count, dim) end
  local rows = kind == "circlet.DoubleTensor" and x:clone() or x:double()
  local sum = rows:sum()
  if sum - sum ~= 0 then
    check.fail("pca", "a row holds NaN or an infinity, or numbers too large to add")
  end
  local mean = rows:mean(1)
  rows:add(-1, mean:expandAs(rows))
  local covariance = circlet.mm(rows:t(), rows):div(n)
  local values, components = largest(covariance, count)
  components = components:narrow(1, 1, count):clone()
  local whole, facts = 0, { components = components, variance = {}, share = {}, mean = mean }
  for i = 1, dim do whole = whole + covariance[i][i] end
  for i = 1, count do
    local row = components[i]
    if row:max() < -row:min() then row:mul(-1) end
    facts.variance[i], facts.share[i] = values[i], whole > 0 and values[i] / whole or 0
  end
  return circlet.mm(rows, components:t()), facts
end
