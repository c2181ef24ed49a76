--- study.samplers.grid { { "gamma", { 64, 256 } }, { "m", { 0, 0.25 } } }: every combination once,
-- the last parameter changing fastest. A study with a grid ends by itself.
--
-- Which cell a trial has stands in its system attribute `circlet:grid`. The next trial gets the
-- first cell that none has, whoever makes it; a failed trial keeps its cell unless it is tried
-- again.
-- @param axes table[] pairs of a name and its values
-- @return table sampler
-- @example
-- local grid = study.samplers.grid { { "gamma", { 64 } } }
-- local s = study.open { path = "a.journal", sampler = grid }
-- s:ask():suggest_float("gamma", 1, 512)    --> 64
local distribution = require "circlet.study.distribution"

local Grid = {}
Grid.__index = Grid

local attribute = "circlet:grid"

local function cells_of(study)
  local taken = {}
  for _, trial in ipairs(study.trials) do
    local cell = trial.system_attrs[attribute]
    if cell then taken[cell] = true end
  end
  return taken
end

--- How many cells no trial has yet, and a list of them.
function Grid:left(study)
  local taken, list = cells_of(study), {}
  for cell = 0, self.count - 1 do
    if not taken[cell] then list[#list + 1] = cell end
  end
  return #list, list
end

function Grid:begin(study)
  local taken = cells_of(study)
  for cell = 0, self.count - 1 do
    if not taken[cell] then return { [attribute] = cell } end
  end
  return false
end

--- The values of a cell (0 .. count-1), by name.
function Grid:cell(cell)
  local values = {}
  for i = #self.axes, 1, -1 do
    local name, list = table.unpack(self.axes[i])
    values[name] = list[cell % #list + 1]
    cell = cell // #list
  end
  return values
end

function Grid:suggest(_, trial, name, d)
  local cell = trial:system_attr(attribute)
  if not cell then
    error(("study: trial %d has no place in the grid; give it all parameters when it is enqueued")
      :format(trial.number), 0)
  end
  local value = self:cell(cell)[name]
  if value == nil then error("study: the grid has no parameter " .. name, 0) end
  return distribution.internal(d, value)
    or error(("study: the grid's value %s is not one of %s"):format(tostring(value), name), 0)
end

return function(axes)
  local self = setmetatable({ axes = axes, count = 1, ends = true }, Grid)
  if type(axes) ~= "table" or #axes == 0 then
    error("study.samplers.grid: a list of { name, values } expected", 2)
  end
  local seen = {}
  for i, axis in ipairs(axes) do
    local name, list = axis[1], axis[2]
    if type(name) ~= "string" or type(list) ~= "table" or #list == 0 or seen[name] then
      error(("study.samplers.grid: entry %d must be a new name and its values"):format(i), 2)
    end
    seen[name], self.count = true, self.count * #list
  end
  return self
end
