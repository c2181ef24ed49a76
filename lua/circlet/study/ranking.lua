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

-- Seconds since the day began, of a journal's time.
local function clock(time)
  local hours, minutes, seconds = (time or ""):match "T(%d+):(%d+):([%d.]+)"
  return hours and hours * 3600 + minutes * 60 + seconds
end

--- How many seconds a trial (or a view of it) took; nil when it has not ended, or never ran.
function ranking.seconds(record)
  local began, ended = clock(record.started), clock(record.completed)
  return began and ended and (ended - began) % 86400 -- past midnight
end

local function row_of(record)
  local row = {}
  for _, part in ipairs { "user_attrs", "params" } do
    for name, value in pairs(record[part]) do row[name] = value end
  end
  row.number, row.state, row.value = record.number, record.state, record.values and record.values[1]
  if #record.study.directions > 1 and record.values then
    row.value = table.concat(record.values, " ")
  end
  row.seconds = ranking.seconds(record)
  return row
end

--- The trials of a study as flat rows: those that are complete first, best first.
function ranking.rows(study)
  local rows, seen = {}, {}
  local best = #study.directions == 1 and ranking.ranked(study) or ranking.pareto(study)
  for i, view in ipairs(best) do
    rows[i], seen[view.number] = row_of(study.trials[view.number + 1]), true
  end
  for _, record in ipairs(study.trials) do
    if not seen[record.number] and not record.system_attrs["circlet:interrupted"] then
      rows[#rows + 1] = row_of(record)
    end
  end
  return rows
end

-- The sum by which constraints are missed.
local function violation(record)
  local sum = 0
  for name, value in pairs(record.system_attrs) do
    local list = name == "constraints" and type(value) == "table" and value
      or name:find("^constraints:") and { value } or {}
    for _, one in ipairs(list) do
      if type(one) ~= "number" or one ~= one then return math.huge end
      sum = sum + math.max(0, one)
    end
  end
  return sum
end

local function usable(record, directions)
  if not record.values or #record.values ~= directions then return false end
  for _, value in ipairs(record.values) do
    if value ~= value then return false end
  end
  return true
end

--- Ended records in the order in which a sampler trusts them: complete ones by their value (of
-- several objectives, by how many trials beat them), then pruned ones, those that went on longest
-- first and then by their last value, then infeasible ones by how much their constraints are
-- missed.
function ranking.order(study, list)
  local single, keys = #study.directions == 1, {}
  local sign = study.directions[1] == "maximize" and -1 or 1
  for _, record in ipairs(list) do
    local wrong, group, value, last = violation(record), 1, 0, 0
    if wrong > 0 then
      group, value = 3, wrong
    elseif record.state ~= "complete" or not usable(record, #study.directions) then
      group = 2
      for step in pairs(record.intermediate) do last = math.max(last, step) end
      value = sign * (record.intermediate[last] or math.huge)
      if value ~= value then value = math.huge end
    elseif single then
      value = sign * record.values[1]
    else
      for _, other in ipairs(list) do
        if other.state == "complete" and usable(other, #study.directions)
          and violation(other) == 0 and dominates(other, record, study.directions) then
          value = value + 1
        end
      end
    end
    keys[record] = { group, -last, value, record.number }
  end
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted, function(a, b)
    local x, y = keys[a], keys[b]
    for i = 1, 4 do
      if x[i] ~= y[i] then return x[i] < y[i] end
    end
    return false
  end)
  return sorted
end

return ranking
