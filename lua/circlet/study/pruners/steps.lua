--- Reported values, as pruners look at them.
local steps = {}

--- The last step a record has reported, and its value; nil when it has reported nothing.
function steps.last(record)
  local last
  for step in pairs(record.intermediate) do
    if not last or step > last then last = step end
  end
  return last, last and record.intermediate[last]
end

--- Whether a is better than b in the study's direction. NaN is worse than everything.
function steps.better(study, a, b)
  if a ~= a then return false end
  if b ~= b then return true end
  if study.directions[1] == "maximize" then return a > b end
  return a < b
end

--- The best value reported, NaN when none is a number.
function steps.best(study, record)
  local best = 0 / 0
  for _, value in pairs(record.intermediate) do
    if steps.better(study, value, best) then best = value end
  end
  return best
end

--- options with defaults for what is absent. Raises for names that are not in `defaults`, and for
-- what is not a whole number of at least `least[name]`.
function steps.options(pruner, options, defaults, least)
  local result = {}
  for name, value in pairs(defaults) do result[name] = value end
  for name, value in pairs(options or {}) do
    local whole = math.tointeger(value)
    if defaults[name] == nil then
      error(("study.pruners.%s: there is no option %s"):format(pruner, tostring(name)), 3)
    elseif not whole or whole < least[name] then
      error(("study.pruners.%s: %s must be a whole number of at least %d, got %s"):format(pruner,
        name, least[name], tostring(value)), 3)
    end
    result[name] = whole
  end
  return result
end

return steps
