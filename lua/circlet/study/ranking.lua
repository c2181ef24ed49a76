--- Which trials are better than others.
local ranking = {}

--- Whether all constraints of a record hold: numbers <= 0, as Optuna keeps them, one by one or in a
-- list. A trial without constraints is feasible.
function ranking.feasible(record)
  for name, value in pairs(record.system_attrs) do
    if name == "constraints" and type(value) == "table" then
      for _, one in ipairs(value) do
        if not (type(one) == "number" and one <= 0) then return false end
      end
    elseif name:find("^constraints:") and not (type(value) == "number" and value <= 0) then
      return false
    end
  end
  return true
end

--- A copy of a record for users, which they may change.
function ranking.view(record)
  local copy = { number = record.number, state = record.state, started = record.started,
                 completed = record.completed, feasible = ranking.feasible(record) }
  for _, part in ipairs { "params", "user_attrs", "intermediate", "values" } do
    if record[part] then
      copy[part] = {}
      for key, value in pairs(record[part]) do copy[part][key] = value end
    end
  end
  if #record.study.directions == 1 then copy.value = record.values and record.values[1] end
  return copy
end

-- Complete, feasible, and all values numbers.
local function eligible(study)
  local list = {}
  for _, record in ipairs(study.trials) do
    local good = record.state == "complete" and record.values
      and #record.values == #study.directions and ranking.feasible(record)
    for _, value in ipairs(good and record.values or {}) do good = good and value == value end
    if good then list[#list + 1] = record end
  end
  return list
end

local function views(list)
  for i, record in ipairs(list) do list[i] = ranking.view(record) end
  return list
end

--- The eligible trials of a study with one objective, best first.
function ranking.ranked(study)
  local list, sign = eligible(study), study.directions[1] == "maximize" and -1 or 1
  table.sort(list, function(a, b)
    local x, y = sign * a.values[1], sign * b.values[1]
    if x ~= y then return x < y end
    return a.number < b.number
  end)
  return views(list)
end

local function dominates(a, b, directions)
  local better = false
  for i, direction in ipairs(directions) do
    local x, y = a.values[i], b.values[i]
    if direction == "maximize" then x, y = -x, -y end
    if x > y then return false end
    better = better or x < y
  end
  return better
end

--- The eligible trials that no other dominates.
function ranking.pareto(study)
  local all, list = eligible(study), {}
  for _, one in ipairs(all) do
    local beaten = false
    for _, other in ipairs(all) do
      beaten = beaten or dominates(other, one, study.directions)
    end
    if not beaten then list[#list + 1] = one end
  end
  return views(list)
end

return ranking
