--- What a report shows of a study, as plain data: for the page (html.lua), for pictures
-- (figures.lua), for files (export.lua).
local distribution = require "circlet.study.distribution"
local folders = require "circlet.study.folders"
local importance = require "circlet.study.importance"
local json = require "circlet.json"
local jsonl = require "circlet.report.jsonl"
local ranking = require "circlet.study.ranking"

local data = {}

-- Days from 1970-01-01 to a date of the Gregorian calendar; years begin in March here, so that a
-- leap day is the last one.
local function days(year, month, day)
  if month < 3 then year, month = year - 1, month + 12 end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day
    - 719469
end

--- Seconds since 1970 of a journal's time ("2026-01-31T12:00:00.5+01:00"; without a zone as UTC),
-- or nil.
function data.seconds(time)
  local date = { (time or ""):match "^(%d+)%-(%d+)%-(%d+)[T ](%d+):(%d+):(%d+%.?%d*)" }
  if #date == 0 then return nil end
  for i, digits in ipairs(date) do
    date[i] = i < 6 and math.tointeger(digits) or tonumber(digits)
  end
  local total = days(date[1], date[2], date[3]) * 86400 + date[4] * 3600 + date[5] * 60 + date[6]
  local sign, hours, minutes = time:match "([+-])(%d%d):(%d%d)$"
  if not sign then return total end
  return total - (sign == "-" and -1 or 1) * (hours * 3600 + minutes * 60)
end

--- A choice as text.
function data.choice(value)
  if type(value) == "string" then return value end
  return value == json.null and "null" or tostring(value)
end

-- The parameters of the study's trials, the most important first: { name, kind, log, low, high,
-- choices (texts), importance }.
local function parameters(study)
  local list, share, order = {}, {}, {}
  for i, entry in ipairs(#study.directions > 0 and importance(study) or {}) do
    share[entry.name], order[entry.name] = entry.importance, i
  end
  for name, d in pairs(study.distributions) do
    local entry = { name = name, kind = d.choices and "choice" or "number", log = d.log or false,
                    low = d.low, high = d.high, importance = share[name] }
    if d.choices then
      entry.choices = json.array()
      for i, choice in ipairs(d.choices) do entry.choices[i] = data.choice(choice) end
    end
    list[#list + 1] = entry
  end
  table.sort(list, function(a, b)
    local x, y = order[a.name] or math.huge, order[b.name] or math.huge
    if x ~= y then return x < y end
    return a.name < b.name
  end)
  -- The range that holds every trial's: it may have changed on the way.
  for _, entry in ipairs(list) do
    for _, record in ipairs(entry.kind == "number" and study.trials or {}) do
      local d = record.distributions[entry.name]
      if d then
        entry.low, entry.high = math.min(entry.low, d.low), math.max(entry.high, d.high)
        entry.log = entry.log and d.log
      end
    end
  end
  return list
end

-- One number a parameter: itself, or the place of the choice (from 0) in the study's list.
local function coordinates(record, list, choices)
  local values = {}
  for _, parameter in ipairs(list) do
    local internal, d = record.internal[parameter.name], record.distributions[parameter.name]
    if internal and parameter.choices then
      local text = data.choice(distribution.external(d, internal))
      values[parameter.name] = choices[parameter.name][text]
    elseif internal then
      values[parameter.name] = internal
    end
  end
  return values
end

local function curve(record)
  local points = json.array()
  for step, value in pairs(record.intermediate) do points[#points + 1] = { step, value } end
  table.sort(points, function(a, b) return a[1] < b[1] end)
  return points
end

--- The numbers that trial:log() noted in the trial's folder, in their order: visit(name, value,
-- step, seconds since the trial began).
function data.each_logged(study, number, visit)
  local lines = jsonl.read(folders.trial(study, number) .. "/metrics.jsonl") or {}
  for i, line in ipairs(lines) do
    local step, names = math.tointeger(line.step or line.epoch) or i, {}
    for name, value in pairs(line) do
      if type(value) == "number" and name ~= "seconds" and name ~= "step" then
        names[#names + 1] = name
      end
    end
    table.sort(names)
    local seconds = type(line.seconds) == "number" and line.seconds or 0
    for _, name in ipairs(names) do visit(name, line[name], step, seconds) end
  end
end

-- The curves of one trial: what it reported and what it logged, { name, points }.
local function own_curves(study, record)
  local list, by_name = json.array(), {}
  local function add(name, value, step)
    if name == "epoch" then return end
    if not by_name[name] then
      by_name[name] = { name = name, points = json.array() }
      list[#list + 1] = by_name[name]
    end
    table.insert(by_name[name].points, { step, value })
  end
  for _, point in ipairs(curve(record)) do add("reported", point[2], point[1]) end
  data.each_logged(study, record.number, add)
  for i = #list, 1, -1 do
    if #list[i].points < 2 then table.remove(list, i) end
  end
  return list
end

-- Which of many trials are shown: the best third, and the others at even distances.
local function chosen(study, most)
  local count, keep = #study.trials, {}
  if count <= most then return nil end
  local ranked = #study.directions == 1 and ranking.ranked(study) or ranking.pareto(study)
  for i = 1, math.min(#ranked, most // 3) do keep[ranked[i].number] = true end
  local rest = most - math.min(#ranked, most // 3)
  for i = 0, rest - 1 do keep[i * count // rest] = true end
  return keep
end

local function trial_of(record, parameters_list, choices, origin)
  local began, ended = data.seconds(record.started), data.seconds(record.completed)
  return {
    number = record.number, state = record.state, values = record.values and
      json.array { table.unpack(record.values) }, feasible = ranking.feasible(record),
    params = coordinates(record, parameters_list, choices), curve = curve(record),
    worker = record.worker, began = began and began - origin, ended = ended and ended - origin,
    error = type(record.user_attrs.error) == "string" and record.user_attrs.error or nil,
  }
end

--- What there is to show of a study (Study): name, path, directions, counts by state, parameters,
-- trials, total, best (numbers of the best trials), best_curves (of the first of them: names and
-- points), origin (seconds since 1970 to which times are relative). options.most: trials beyond
-- this number are thinned out (2000).
function data.of(study, options)
  local record, most = study:record(), options and options.most or 2000
  local counts, origin, choices = {}, math.huge, {}
  for _, trial in ipairs(record.trials) do
    counts[trial.state] = (counts[trial.state] or 0) + 1
    origin = math.min(origin, data.seconds(trial.started) or math.huge)
  end
  if origin == math.huge then origin = 0 end
  local list, keep, trials = parameters(record), chosen(record, most), json.array()
  for _, parameter in ipairs(list) do
    choices[parameter.name] = {}
    for i, text in ipairs(parameter.choices or {}) do choices[parameter.name][text] = i - 1 end
  end
  for _, trial in ipairs(record.trials) do
    if not keep or keep[trial.number] then
      trials[#trials + 1] = trial_of(trial, list, choices, origin)
    end
  end
  local best = json.array()
  local winners = #record.directions == 1 and { ranking.ranked(record)[1] }
    or ranking.pareto(record)
  for i, trial in ipairs(winners) do best[i] = trial.number end
  return { name = study.name, path = study.journal.path, total = #record.trials, origin = origin,
           directions = json.array { table.unpack(record.directions) }, counts = counts,
           parameters = json.array(list), trials = trials, best = best,
           best_curves = winners[1] and own_curves(study, winners[1]) or json.array() }
end

return data
