--- A density over several parameters at once, estimated from observations: a mixture with one part
-- for each observation and one, the prior, that covers everything. A part is a product over the
-- parameters: of a normal density cut off at 0 and 1 for a number's coordinate, of a distribution
-- that favours the observed choice for a categorical one.
local draw = require "circlet.study.draw"
local space = require "circlet.study.space"

local Parzen = {}
Parzen.__index = Parzen

-- The normal distribution function, off by less than 1.5e-7 (Abramowitz and Stegun 7.1.26), which
-- suffices where the result is a share of at least a third.
local function normal_below(x)
  local z = math.abs(x) / math.sqrt(2)
  local t = 1 / (1 + 0.3275911 * z)
  local tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027
    + t * 1.061405429)))) * math.exp(-z * z)
  return x >= 0 and 1 - tail / 2 or tail / 2
end

-- One parameter of all parts: centres, and what they share or have each.
local function numeric(d, centres, dimensions)
  local n = #centres
  -- Narrower with more observations, as Scott's rule has it. The factor was chosen among 0.2, 0.1,
  -- 0.07 and 0.05 by the functions of scripts/bench/samplers.lua with the seeds 1 to 8. Never
  -- narrower than half of what belongs to a single value.
  local width = 0.07 * math.max(n, 1) ^ (-1 / (dimensions + 4))
  width = math.max(width, 0.005, space.grain(d) / 2)
  local parts = {}
  for i, centre in ipairs(centres) do parts[i] = { centre, width } end
  parts[n + 1] = { 0.5, 1 } -- the prior
  for _, part in ipairs(parts) do
    local centre, deviation = part[1], part[2]
    local share = normal_below((1 - centre) / deviation) - normal_below(-centre / deviation)
    part[3] = -math.log(deviation * math.sqrt(2 * math.pi) * share)
  end
  return parts
end

local function categorical(d, centres)
  local n, parts = #centres, {}
  local favour = n + 1 -- against a share of one for every choice
  for i, centre in ipairs(centres) do
    local own, others = math.log((favour + 1) / (favour + #d.choices)),
      math.log(1 / (favour + #d.choices))
    parts[i] = { centre, own, others }
  end
  parts[n + 1] = { -1, 0, -math.log(#d.choices) }
  return parts
end

--- The density of observations. axes: a list of { name, distribution }; points: a list of lists of
-- coordinates (indices of choices), one number an axis.
function Parzen.new(axes, points)
  local self = setmetatable({ axes = axes, count = #points + 1, dimensions = {} }, Parzen)
  for k, axis in ipairs(axes) do
    local centres = {}
    for i, point in ipairs(points) do centres[i] = point[k] end
    self.dimensions[k] = axis[2].choices and categorical(axis[2], centres)
      or numeric(axis[2], centres, #axes)
  end
  return self
end

--- The logarithm of the density at a point.
function Parzen:log_density(point)
  local logs, most = {}, -math.huge
  for i = 1, self.count do
    local sum = -math.log(self.count)
    for k, axis in ipairs(self.axes) do
      local part = self.dimensions[k][i]
      if axis[2].choices then
        sum = sum + (point[k] == part[1] and part[2] or part[3])
      else
        local z = (point[k] - part[1]) / part[2]
        sum = sum + part[3] - z * z / 2
      end
    end
    logs[i] = sum
    if sum > most then most = sum end
  end
  local total = 0
  for i = 1, self.count do total = total + math.exp(logs[i] - most) end
  return most + math.log(total)
end

local function choose(part, d, uniform)
  local own = part[1] >= 0 and math.exp(part[2]) - math.exp(part[3]) or 0
  if uniform() < own then return part[1] end
  return math.floor(uniform() * #d.choices)
end

--- A point drawn from the density; its numbers stand for values that the distributions can give.
function Parzen:sample(uniform)
  local i, point = math.floor(uniform() * self.count) + 1, {}
  for k, axis in ipairs(self.axes) do
    local d, part = axis[2], self.dimensions[k][i]
    if d.choices then
      point[k] = choose(part, d, uniform)
    else
      local u
      repeat u = part[1] + part[2] * draw.normal(uniform) until u >= 0 and u <= 1
      point[k] = space.to_unit(d, space.from_unit(d, u))
    end
  end
  return point
end

return Parzen
