--- Covariance matrix adaptation (CMA-ES) with the notation, the active covariance update and the
-- default constants of Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv:1604.00772, 2016).
-- Minimises over R^n; one object is one run.
local draw = require "circlet.study.draw"
local eigen = require "circlet.eigen"

local Evolution = {}
Evolution.__index = Evolution

local function matrix(n, f)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for j = 1, n do rows[i][j] = f(i, j) end
  end
  return rows
end

local function identity(i, j) return i == j and 1 or 0 end

-- Weights, positive for the better half and negative for the worse, and learning rates.
local function constants(n, population)
  local raw, sums = {}, { 0, 0, 0, 0 }
  for i = 1, population do
    raw[i] = math.log((population + 1) / 2) - math.log(i)
    local at = raw[i] >= 0 and 1 or 3
    sums[at], sums[at + 1] = sums[at] + raw[i], sums[at + 1] + raw[i] ^ 2
  end
  local effective, negative = sums[1] ^ 2 / sums[2], sums[3] ^ 2 / sums[4]
  local c1 = 2 / ((n + 1.3) ^ 2 + effective)
  local cmu = math.min(1 - c1, 2 * (0.25 + effective + 1 / effective - 2)
    / ((n + 2) ^ 2 + effective))
  local bound = math.min(1 + c1 / cmu, 1 + 2 * negative / (effective + 2),
    (1 - c1 - cmu) / (n * cmu))
  local weights = {}
  for i, w in ipairs(raw) do weights[i] = w >= 0 and w / sums[1] or bound * w / -sums[3] end
  local cs = (effective + 2) / (n + effective + 5)
  return {
    weights = weights, effective = effective, c1 = c1, cmu = cmu, cs = cs,
    damping = 1 + 2 * math.max(0, math.sqrt((effective - 1) / (n + 1)) - 1) + cs,
    cc = (4 + effective / n) / (n + 4 + 2 * effective / n),
    length = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)), -- of a normal vector, expected
  }
end

local function decompose(self)
  local values
  values, self.basis = eigen(self.covariance)
  self.scale = {}
  for i, value in ipairs(values) do self.scale[i] = math.sqrt(math.max(value, 1e-16)) end
end

--- A run that begins at `mean` (a list of n numbers) with the deviation `sigma`.
-- population: points a generation (4 + 3 ln n).
function Evolution.new(mean, sigma, population)
  local n = #mean
  local self = setmetatable({ n = n, mean = mean, sigma = sigma, generation = 0 }, Evolution)
  self.population = population or 4 + math.floor(3 * math.log(n))
  self.constant = constants(n, self.population)
  self.covariance, self.pc, self.ps = matrix(n, identity), {}, {}
  for i = 1, n do self.pc[i], self.ps[i] = 0, 0 end
  decompose(self)
  return self
end

--- A point of the present generation; mirrored: the one opposite of what the same numbers give.
function Evolution:sample(uniform, mirrored)
  local z, x, sign = {}, {}, mirrored and -1 or 1
  for j = 1, self.n do z[j] = sign * self.scale[j] * draw.normal(uniform) end
  for i = 1, self.n do
    local sum = 0
    for j = 1, self.n do sum = sum + self.basis[i][j] * z[j] end
    x[i] = self.mean[i] + self.sigma * sum
  end
  return x
end

-- The inverse square root of the covariance, times y.
local function whiten(self, y)
  local z, result = {}, {}
  for j = 1, self.n do
    local sum = 0
    for i = 1, self.n do sum = sum + self.basis[i][j] * y[i] end
    z[j] = sum / self.scale[j]
  end
  for i = 1, self.n do
    local sum = 0
    for j = 1, self.n do sum = sum + self.basis[i][j] * z[j] end
    result[i] = sum
  end
  return result
end

local function square(v)
  local sum = 0
  for _, x in ipairs(v) do sum = sum + x * x end
  return sum
end

-- The covariance after a generation whose steps are `ys`, best first.
local function adapt(self, ys, stalled)
  local n, k = self.n, self.constant
  local weights, total = {}, 0
  for i, y in ipairs(ys) do
    local w = k.weights[i]
    total = total + w
    -- A long step in a bad direction must not make the matrix indefinite.
    weights[i] = w >= 0 and w or w * n / (square(whiten(self, y)) + 1e-12)
  end
  local keep = 1 + (stalled and k.c1 * k.cc * (2 - k.cc) or 0) - k.c1 - k.cmu * total
  self.covariance = matrix(n, function(a, b)
    local sum = 0
    for i, y in ipairs(ys) do sum = sum + weights[i] * y[a] * y[b] end
    return keep * self.covariance[a][b] + k.c1 * self.pc[a] * self.pc[b] + k.cmu * sum
  end)
end

--- Ends a generation: `points`, as many as the population, best first.
function Evolution:tell(points)
  local n, k = self.n, self.constant
  local ys, step = {}, {}
  for i, x in ipairs(points) do
    ys[i] = {}
    for j = 1, n do ys[i][j] = (x[j] - self.mean[j]) / self.sigma end
  end
  for j = 1, n do
    step[j] = 0
    for i, y in ipairs(ys) do step[j] = step[j] + math.max(0, k.weights[i]) * y[j] end
  end
  local mean, white = {}, whiten(self, step)
  for j = 1, n do
    mean[j] = self.mean[j] + self.sigma * step[j]
    self.ps[j] = (1 - k.cs) * self.ps[j] + math.sqrt(k.cs * (2 - k.cs) * k.effective) * white[j]
  end
  self.generation = self.generation + 1
  local length = math.sqrt(square(self.ps))
  local stalled = length / math.sqrt(1 - (1 - k.cs) ^ (2 * self.generation))
    >= (1.4 + 2 / (n + 1)) * k.length
  for j = 1, n do
    self.pc[j] = (1 - k.cc) * self.pc[j]
      + (stalled and 0 or math.sqrt(k.cc * (2 - k.cc) * k.effective) * step[j])
  end
  adapt(self, ys, stalled)
  self.mean = mean
  self.sigma = math.min(self.sigma * math.exp(math.min(1, k.cs / k.damping
    * (length / k.length - 1))), 1e8)
  decompose(self)
end

return Evolution
