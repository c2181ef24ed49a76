--- study.samplers.sobol { seed = 0, scramble = true }: points that fill the space more evenly than
-- random ones: among the first 2^k trials every parameter has one value in each of 2^k intervals.
--
-- The k-th parameter that a trial asks for is the k-th dimension, and the trial's index (its
-- number, retries not counted) that of its point, so ask for parameters that only some trials have
-- after those that all have. Beyond 64 parameters values are drawn at random. Sobol points start at
-- the corner 0; scrambling (a random lower triangular matrix on the bits, then a random shift:
-- Matousek 1998) moves them without losing their evenness and makes seeds differ.
-- @param options? table
-- @option seed integer 0 by default
-- @return table sampler
-- @example
-- local s = study.open { path = "a.journal", sampler = study.samplers.sobol { seed = 1 } }
-- s:ask():suggest_float("m", 0, 1) <= 1    --> true
local draw = require "circlet.study.draw"
local numbers = require "circlet.study.samplers.sobol_numbers"

local Sobol = {}
Sobol.__index = Sobol

local width = 32

-- Direction numbers of a dimension: direction[j] belongs to bit j-1 of the index, and its highest
-- bit stands for one half.
local function directions(dimension)
  local v = {}
  if dimension == 1 then
    for j = 1, width do v[j] = 1 << (width - j) end
    return v
  end
  local row = numbers[dimension - 1]
  local polynomial, degree = row[1], #row - 1
  for j = 1, width do
    if j <= degree then
      v[j] = row[j + 1] << (width - j)
    else
      -- The recurrence of Bratley and Fox (1988), by the polynomial's coefficients.
      local value = v[j - degree] ~ (v[j - degree] >> degree)
      for k = 1, degree - 1 do
        if polynomial >> (degree - k) & 1 == 1 then value = value ~ v[j - k] end
      end
      v[j] = value
    end
  end
  return v
end

local function parity(x)
  x = x ~ x >> 16
  x = x ~ x >> 8
  x = x ~ x >> 4
  return 0x6996 >> (x & 15) & 1
end

-- Multiplies a direction by a random lower triangular matrix with ones on the diagonal: bit r of
-- the result depends on bit r and those above it alone, so intervals are permuted, never split.
local function scramble(v, seed, dimension)
  local rows = {}
  for r = 1, width do
    local word = draw.words(seed, r, "sobol matrix " .. dimension)
    local above = (0xffffffff << (width - r + 1)) & 0xffffffff
    rows[r] = word & above | 1 << (width - r)
  end
  for j = 1, width do
    local value = 0
    for r = 1, width do value = value << 1 | parity(rows[r] & v[j]) end
    v[j] = value
  end
end

local function dimension_of(self, k)
  local found = self.dimensions[k]
  if found then return found end
  found = { v = directions(k), shift = 0 }
  if self.scramble then
    scramble(found.v, self.seed, k)
    found.shift = draw.words(self.seed, 0, "sobol shift " .. k)
  end
  self.dimensions[k] = found
  return found
end

--- Coordinate `dimension` (1..64) of point `index` (0..2^32-1), in [0, 1).
function Sobol:point(index, dimension)
  local of, j = dimension_of(self, dimension), 1
  local bits = of.shift
  while index > 0 and j <= width do
    if index & 1 == 1 then bits = bits ~ of.v[j] end
    index, j = index >> 1, j + 1
  end
  return bits / 4294967296.0
end

function Sobol:suggest(_, trial, name, d)
  local k = trial:asked() + 1
  local u = k <= #numbers + 1 and self:point(trial.index, k)
    or draw.unit(self.seed, trial.index, name)
  return draw.from_unit(d, u)
end

return function(options)
  options = options or {}
  return setmetatable({ seed = options.seed or 0, scramble = options.scramble ~= false,
                        dimensions = {} }, Sobol)
end
