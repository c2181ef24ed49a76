--- Parameters as coordinates in [0, 1], in which model-based samplers work: logarithms where a
-- range is logarithmic, and for whole numbers and steps every value in the middle of an interval of
-- its own. A choice stays the index of a choice.
local distribution = require "circlet.study.distribution"
local draw = require "circlet.study.draw"

local space = {}

-- The ends of the range that [0, 1] stands for, before logarithms are taken.
local function ends(d)
  local half = d.step and d.step / 2 or 0
  if d.name == "IntDistribution" then half = (d.step or 1) / 2 end
  return d.low - half, d.high + half
end

--- The coordinate of a number in the journal.
function space.to_unit(d, internal)
  local low, high = ends(d)
  if d.log then low, high, internal = math.log(low), math.log(high), math.log(internal) end
  if high == low then return 0.5 end
  return math.max(0, math.min(1, (internal - low) / (high - low)))
end

--- The number in the journal for a coordinate.
function space.from_unit(d, u)
  return draw.from_unit(d, math.max(0, math.min(u, 1 - 2 ^ -53)))
end

--- The largest share of [0, 1] that belongs to one value; 0 for continuous ranges.
function space.grain(d)
  local low, high = ends(d)
  local step = d.name == "IntDistribution" and (d.step or 1) or d.step
  if not step then return 0 end
  if d.log then return math.log((d.low + 0.5) / low) / math.log(high / low) end
  return step / (high - low)
end

--- The parameters that all of these records have with one distribution, sorted by name: a list of
-- { name, distribution }. accepts(distribution): which kinds (all by default). Ranges of one value
-- are left out.
function space.common(list, accepts)
  local shared = {}
  for i, record in ipairs(list) do
    if i == 1 then
      for name, d in pairs(record.distributions) do
        if not (d.low and d.low == d.high) and (not accepts or accepts(d)) then shared[name] = d end
      end
    else
      for name, d in pairs(shared) do
        local other = record.distributions[name]
        if not other or not distribution.same(d, other) then shared[name] = nil end
      end
    end
  end
  local names = {}
  for name in pairs(shared) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = { name, shared[name] } end
  return names
end

return space
