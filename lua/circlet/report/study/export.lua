--- A study as rows for other programs: a list with everything about each trial, CSV, and curves for
-- TensorBoard.
local csv = require "circlet.report.csv"
local data = require "circlet.report.study.data"
local json = require "circlet.json"
local ranking = require "circlet.study.ranking"
local tensorboard = require "circlet.report.tensorboard"

local export = {}

--- The trials of a study (Study), a table each: number, state, values, params, user_attrs,
-- intermediate (a list of { step, value }), feasible, started, completed, seconds, worker.
function export.trials(study)
  local list = {}
  for _, record in ipairs(study:record().trials) do
    local began, ended = data.seconds(record.started), data.seconds(record.completed)
    local curve = json.array()
    for step, value in pairs(record.intermediate) do curve[#curve + 1] = { step, value } end
    table.sort(curve, function(a, b) return a[1] < b[1] end)
    list[#list + 1] = {
      number = record.number, state = record.state, values = record.values and
        json.array { table.unpack(record.values) }, params = record.params,
      user_attrs = record.user_attrs, intermediate = curve, feasible = ranking.feasible(record),
      started = record.started, completed = record.completed, worker = record.worker,
      seconds = began and ended and ended - began or nil,
    }
  end
  return list
end

--- One JSON object a line. NaN and infinities become null.
function export.jsonl(study)
  local lines = {}
  for _, trial in ipairs(export.trials(study)) do
    lines[#lines + 1] = json.encode(trial, { nan = "null" }) .. "\n"
  end
  return table.concat(lines)
end

local function sorted_keys(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function plain(value)
  if value == json.null then return nil end
  return type(value) == "table" and json.encode(value, { nan = "null" }) or value
end

--- A row a trial: number, state, value (value_1, value_2, ... of several objectives), the
-- parameters and the user attributes by name (params_x, user_attrs_x), times.
function export.csv(study)
  local columns, rows, names = { "number", "state" }, {}, { params = {}, user_attrs = {} }
  for i = 1, #study.directions do
    columns[#columns + 1] = #study.directions == 1 and "value" or "value_" .. i
  end
  for _, trial in ipairs(export.trials(study)) do
    local row = { number = trial.number, state = trial.state, started = trial.started,
                  completed = trial.completed, seconds = trial.seconds, worker = trial.worker,
                  feasible = trial.feasible }
    for i, value in ipairs(trial.values or {}) do row[columns[2 + i]] = value end
    for part, seen in pairs(names) do
      for name, value in pairs(trial[part]) do
        seen[name], row[part .. "_" .. name] = true, plain(value)
      end
    end
    rows[#rows + 1] = row
  end
  for _, part in ipairs { "params", "user_attrs" } do
    for _, name in ipairs(sorted_keys(names[part])) do
      columns[#columns + 1] = part .. "_" .. name
    end
  end
  for _, name in ipairs { "feasible", "started", "completed", "seconds", "worker" } do
    columns[#columns + 1] = name
  end
  return csv.encode(columns, rows)
end

-- The curves of a trial: what it reported, and the numbers that trial:log() noted. visit(tag,
-- value, step, seconds).
local function each_point(study, trial, visit)
  local began = data.seconds(trial.started) or 0
  for _, point in ipairs(trial.intermediate) do
    visit("reported", point[2], point[1], began + point[1] * 1e-3)
  end
  data.each_logged(study, trial.number, function(name, value, step, seconds)
    visit(name, value, step, began + seconds)
  end)
end

--- Writes TensorBoard event files into FOLDER/trial-NNNNN for every trial with a curve. Returns how
-- many; or nil, message, code.
function export.tensorboard(study, folder)
  local count = 0
  for _, trial in ipairs(export.trials(study)) do
    local board
    local function visit(...)
      if not board then board = assert(tensorboard.open(("%s/trial-%05d"):format(folder,
        trial.number))) end
      board:scalar(...)
    end
    local ok, message = pcall(each_point, study, trial, visit)
    if board then
      count = count + 1
      local closed, why = board:close()
      if ok and not closed then ok, message = nil, why end
    end
    if not ok then return nil, tostring(message), "io" end
  end
  return count
end

return export
