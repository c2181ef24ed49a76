--- The operations that a journal's lines stand for, and what each does to the studies read so far.
-- The format is Optuna's; every line has `op_code` and `worker_id`. Ids count from 0 in the order
-- of creation: studies over the file, trials over the file (`number`: within their study).
--
-- Lines that cannot hold any more are passed over, as Optuna passes over them: what concerns a
-- deleted or unknown study or trial, a finished trial, a second claim of a waiting trial, a
-- parameter of another kind than the study knows. Two processes that act at once write such lines.
local json = require "circlet.json"
local journal_line = require("circlet.core").io.journal_line
local distribution = require "circlet.study.distribution"

local records = {}

--- The codes, by name.
records.op = {
  create_study = 0, delete_study = 1, study_user_attr = 2, study_system_attr = 3,
  create_trial = 4, set_param = 5, set_state = 6, set_intermediate = 7, trial_user_attr = 8,
  trial_system_attr = 9,
}

--- The states of a trial, by number.
records.state = { [0] = "running", "complete", "pruned", "fail", "waiting" }
local number_of = { running = 0, complete = 1, pruned = 2, fail = 3, waiting = 4 }
records.number_of = number_of

--- The directions of an objective, by number.
records.direction = { "minimize", "maximize" }

local finished = { complete = true, pruned = true, fail = true }
records.finished = finished

local Wrong = {}

local function wrong(what, ...) error(setmetatable({ what:format(...) }, Wrong)) end

-- A field of the type that its line needs; json.null counts as absent where `optional`.
local function field(line, name, kind, optional)
  local value = line[name]
  if value == json.null then value = nil end
  if value == nil and optional then return nil end
  local have = kind == "integer" and math.type(value) or type(value)
  if have ~= kind then
    wrong("op_code %d needs the %s %s, got %s", line.op_code, kind, name, tostring(line[name]))
  end
  return value
end

local function numbers(line, name)
  local list = field(line, name, "table", true)
  for i, value in ipairs(list or {}) do
    if type(value) ~= "number" then wrong("%s[%d] is not a number", name, i) end
  end
  return list
end

local function decode_distribution(text)
  if type(text) ~= "string" then wrong("a distribution that is not a string") end
  local d, message = distribution.decode(text)
  if not d then wrong("distribution: %s", message) end
  return d
end

-- What a trial has once it is looked at: most trials of most studies have no attributes and no
-- intermediate values, and 100,000 trials should not cost a million tables.
local parts = {
  params = function(trial)
    local params = {}
    for name, internal in pairs(trial.internal) do
      params[name] = distribution.external(trial.distributions[name], internal)
    end
    return params
  end,
}
for _, name in ipairs { "internal", "user_attrs", "system_attrs", "intermediate" } do
  parts[name] = function() return {} end
end

-- The distributions of a trial without parameters.
local none = {}
function parts.distributions() return none end

-- Trials that have asked for the same parameters share one table of distributions, which never
-- changes: with one parameter more they have another. all.further leads from one to the other, by
-- name and distribution.
local function with_one_more(all, distributions, name, d)
  local names = all.further[distributions]
  if not names then
    names = {}
    all.further[distributions] = names
  end
  local list = names[name]
  if not list then
    list = {}
    names[name] = list
  end
  local more = list[d]
  if not more then
    more = { [name] = d }
    for other, its in pairs(distributions) do more[other] = other == name and d or its end
    list[d] = more
  end
  return more
end

local Record = {
  __index = function(trial, name)
    local make = parts[name]
    if not make then return nil end
    local part = make(trial)
    trial[name] = part
    return part
  end,
}

-- Adds a parameter to a trial unless the study knows it as another kind.
local function set_param(all, study, trial, name, internal, d)
  if type(internal) ~= "number" then wrong("the value of %s is not a number", name) end
  local before = study.distributions[name]
  if before ~= d then
    if before and not distribution.compatible(before, d) then return end
    study.distributions[name] = d
  end
  if d.choices and distribution.external(d, internal) == nil then
    wrong("%s has no choice %s", name, tostring(internal))
  end
  local own = rawget(trial, "internal")
  if not own then
    own = { a = nil, b = nil } -- places for two, the least that is worth it
    trial.internal = own
  end
  own[name] = internal
  trial.distributions = with_one_more(all, trial.distributions, name, d)
  local params = rawget(trial, "params")
  if params then params[name] = distribution.external(d, internal) end
end

-- Trials that count towards a limit: all but waiting ones; with a failed one its further tries are
-- one. And those that wait or run, by number. Called around a change: `by` -1 before and 1 after.
-- (A table of numbers that come and go is made anew every few of them. So a trial that a pass of
-- reading brings is listed when the pass ends, see list_opened().)
local function count(trial, by)
  local attrs, state, study = rawget(trial, "system_attrs"), trial.state, trial.study
  if state ~= "waiting" and not (attrs and attrs.failed_trial) then
    study.counted = study.counted + by
  end
  local list = state == "running" and study.running or state == "waiting" and study.waiting
  if list then list[trial.number] = by > 0 and trial or nil end
end

local function state_of(code)
  local state = records.state[code]
  if not state then wrong("state %d is unknown", code) end
  return state
end

local function merge(into, line, name)
  for key, value in pairs(field(line, name, "table")) do into[key] = value end
end

local apply = {}

apply[0] = function(all, line)
  local name, directions = field(line, "study_name", "string"), {}
  for i, code in ipairs(field(line, "directions", "table")) do
    directions[i] = records.direction[code]
    if not directions[i] then wrong("direction %s is unknown", tostring(code)) end
  end
  if #directions == 0 then wrong("a study without directions") end
  if all.by_name[name] then return end
  local study = { id = all.study_count, name = name, directions = directions, user_attrs = {},
                  system_attrs = {}, distributions = {}, trials = {}, waiting = {}, running = {},
                  counted = 0, retried = 0 }
  all.study_count = all.study_count + 1
  all.studies[study.id], all.by_name[name] = study, study
end

apply[1] = function(all, line)
  local study = all.studies[field(line, "study_id", "integer")]
  if study then all.studies[study.id], all.by_name[study.name] = nil, nil end
end

local function study_attr(part)
  return function(all, line)
    local study = all.studies[field(line, "study_id", "integer")]
    if study then merge(study[part .. "s"], line, part) end
  end
end
apply[2], apply[3] = study_attr "user_attr", study_attr "system_attr"

-- A trial of a study; nil values keep places in the table for what comes later.
local function create_trial(all, study, state, worker, started)
  local id, trials = all.trial_count, study.trials
  local number = #trials
  local trial = setmetatable({
    id = id, number = number, index = number - study.retried, study = study, state = state,
    worker = worker, started = started, completed = nil, values = nil, internal = nil,
    distributions = nil,
  }, Record)
  all.trial_count = id + 1
  all.trials[id] = trial
  trials[number + 1] = trial
  all.opened[#all.opened + 1] = trial
  return trial
end

-- At the end of a pass: lists the trials it has brought that wait or run.
local function list_opened(all)
  for i, trial in ipairs(all.opened) do
    local list = trial.study[trial.state]
    if list then list[trial.number] = trial end
    all.opened[i] = nil
  end
end

-- The trial that a line may still change, or nil.
local function open_trial(all, id)
  local trial = all.trials[id]
  if trial and not finished[trial.state] and all.studies[trial.study.id] then return trial end
  return nil
end

local function set_state(all, id, state, worker, started, completed, values)
  if finished[state] then
    if not completed then wrong("op_code 6 needs the string datetime_complete, got nil") end
  else
    completed = nil
  end
  local trial = open_trial(all, id)
  if not trial or state == "running" and trial.state ~= "waiting" then return end
  if state == "running" then
    if not started then wrong("op_code 6 needs the string datetime_start, got nil") end
    trial.started, trial.worker = started, worker
  end
  local study = trial.study
  if completed and trial.state == "running" then -- which counts before and after
    study.running[trial.number] = nil
    trial.state, trial.completed = state, completed
  else
    count(trial, -1)
    trial.state, trial.completed = state, completed
    count(trial, 1)
  end
  if values then trial.values = values end
end

local function set_intermediate(all, id, step, value)
  local trial = open_trial(all, id)
  if trial then trial.intermediate[step] = value end
end

-- The common lines, by operation: what core.io.journal_line gives for them.
local plain = {
  [4] = function(all, study_id, worker, started)
    local study = all.studies[study_id]
    if not study then return end
    create_trial(all, study, "running", worker, started)
    study.counted = study.counted + 1
  end,
  [5] = function(all, trial_id, name, internal, d)
    local trial = open_trial(all, trial_id)
    if trial then set_param(all, trial.study, trial, name, internal, d) end
  end,
  [6] = function(all, trial_id, code, worker, started, completed, values)
    set_state(all, trial_id, state_of(code), worker, started, completed, values)
  end,
  [7] = set_intermediate,
}

apply[4] = function(all, line)
  local study = all.studies[field(line, "study_id", "integer")]
  if not study then return end
  local state = line.state and state_of(field(line, "state", "integer")) or "running"
  local trial = create_trial(all, study, state, line.worker_id,
    field(line, "datetime_start", "string", true))
  trial.completed = field(line, "datetime_complete", "string", true)
  trial.values = numbers(line, "values")
  local value = field(line, "value", "number", true)
  if value and not trial.values then trial.values = { value } end
  local texts = field(line, "distributions", "table", true) or {}
  for name, internal in pairs(field(line, "params", "table", true) or {}) do
    set_param(all, study, trial, name, internal, decode_distribution(texts[name]))
  end
  if line.user_attrs then merge(trial.user_attrs, line, "user_attrs") end
  if line.system_attrs then merge(trial.system_attrs, line, "system_attrs") end
  -- What proposals depend on: the number less the retries so far, so that a retry (which has the
  -- index of what it repeats) shifts nothing.
  local attrs = rawget(trial, "system_attrs")
  local first = attrs and study.trials[(math.tointeger(attrs.failed_trial) or -1) + 1]
  if first then trial.index, study.retried = first.index, study.retried + 1 end
  for step, seen in pairs(field(line, "intermediate_values", "table", true) or {}) do
    -- An object's keys are strings; {"0":..} is not an array.
    step = math.tointeger(tonumber(step))
    if not step or type(seen) ~= "number" then wrong("an intermediate value that is no number") end
    trial.intermediate[step] = seen
  end
  count(trial, 1)
end

apply[5] = function(all, line)
  plain[5](all, field(line, "trial_id", "integer"), field(line, "param_name", "string"),
    line.param_value_internal, decode_distribution(line.distribution))
end

apply[6] = function(all, line)
  local id, state = field(line, "trial_id", "integer"), state_of(field(line, "state", "integer"))
  if line.values == nil then wrong("op_code 6 needs values, if only null") end
  set_state(all, id, state, line.worker_id, field(line, "datetime_start", "string", true),
    field(line, "datetime_complete", "string", true), numbers(line, "values"))
end

apply[7] = function(all, line)
  set_intermediate(all, field(line, "trial_id", "integer"), field(line, "step", "integer"),
    field(line, "intermediate_value", "number"))
end

local function trial_attr(part)
  return function(all, line)
    local trial = open_trial(all, field(line, "trial_id", "integer"))
    local attrs = field(line, part, "table")
    if not trial then return end
    count(trial, -1)
    for key, value in pairs(attrs) do trial[part .. "s"][key] = value end
    count(trial, 1)
  end
end
apply[8], apply[9] = trial_attr "user_attr", trial_attr "system_attr"

--- Nothing read yet. studies, trials: by id; by_name: studies by name.
function records.empty()
  return { studies = {}, trials = {}, by_name = {}, study_count = 0, trial_count = 0, lines = 0,
           further = {}, opened = {}, kept = { distribution = decode_distribution } }
end

-- Applies a decoded line; raises what is wrong with it.
local function apply_line(all, line)
  if type(line) ~= "table" or math.type(line.op_code) ~= "integer" then
    wrong "not an operation: op_code is missing"
  end
  local f = apply[line.op_code]
  if not f then wrong("op_code %d is unknown", line.op_code) end
  if type(line.worker_id) ~= "string" then wrong "worker_id is missing" end
  f(all, line)
end

local bare = { nan = "bare" }

local function apply_text(all, text)
  local line, message = json.decode(text, bare)
  if line == nil then wrong("%s", message) end
  apply_line(all, line)
end

--- Applies the lines in text[first..last], which are whole. all.lines counts them; all.kept is the
-- reader's. Returns nothing, or what is wrong with line all.lines.
function records.apply(all, text, first, last)
  local lines = all.lines
  local ok, message = pcall(function()
    local at, kept = first, all.kept
    while at <= last do
      lines = lines + 1
      local after, op, a, b, c, d, e, f = journal_line(text, at, kept)
      if op then
        plain[op](all, a, b, c, d, e, f)
      else
        apply_text(all, text:sub(at, after - 2))
      end
      at = after
    end
  end)
  list_opened(all)
  all.lines = lines
  if ok then return nil end
  if getmetatable(message) ~= Wrong then error(message, 0) end
  return message[1]
end

return records
