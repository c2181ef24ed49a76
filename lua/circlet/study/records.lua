--- The operations that a journal's lines stand for, and what each does to the studies read so far.
-- The format is Optuna's; every line has `op_code` and `worker_id`. Ids count from 0 in the order
-- of creation: studies over the file, trials over the file (`number`: within their study).
--
-- Lines that cannot hold any more are passed over, as Optuna passes over them: what concerns a
-- deleted or unknown study or trial, a finished trial, a second claim of a waiting trial, a
-- parameter of another kind than the study knows. Two processes that act at once write such lines.
local json = require "circlet.json"
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
records.Wrong = Wrong

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

-- Adds a parameter to a trial unless the study knows it as another kind.
local function set_param(study, trial, name, internal, d)
  if type(internal) ~= "number" then wrong("the value of %s is not a number", name) end
  local before = study.distributions[name]
  if before and before ~= d and not distribution.compatible(before, d) then return end
  local value = distribution.external(d, internal)
  if value == nil then wrong("%s has no choice %s", name, tostring(internal)) end
  study.distributions[name] = d
  trial.params[name], trial.internal[name], trial.distributions[name] = value, internal, d
end

local function state_of(line)
  local state = records.state[field(line, "state", "integer")]
  if not state then wrong("state %d is unknown", line.state) end
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
                  system_attrs = {}, distributions = {}, trials = {}, waiting = {} }
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

apply[4] = function(all, line)
  local study = all.studies[field(line, "study_id", "integer")]
  if not study then return end
  local trial = {
    id = all.trial_count, number = #study.trials, study = study, params = {}, internal = {},
    distributions = {}, user_attrs = {}, system_attrs = {}, intermediate = {},
    state = line.state and state_of(line) or "running", worker = line.worker_id,
    started = field(line, "datetime_start", "string", true),
    completed = field(line, "datetime_complete", "string", true),
    values = numbers(line, "values"),
  }
  local value = field(line, "value", "number", true)
  if value and not trial.values then trial.values = { value } end
  local texts = field(line, "distributions", "table", true) or {}
  for name, internal in pairs(field(line, "params", "table", true) or {}) do
    set_param(study, trial, name, internal, decode_distribution(texts[name]))
  end
  if line.user_attrs then merge(trial.user_attrs, line, "user_attrs") end
  if line.system_attrs then merge(trial.system_attrs, line, "system_attrs") end
  for step, seen in pairs(field(line, "intermediate_values", "table", true) or {}) do
    -- An object's keys are strings; {"0":..} is not an array.
    step = math.tointeger(tonumber(step))
    if not step or type(seen) ~= "number" then wrong("an intermediate value that is no number") end
    trial.intermediate[step] = seen
  end
  all.trial_count = all.trial_count + 1
  all.trials[trial.id] = trial
  study.trials[trial.number + 1] = trial
  if trial.state == "waiting" then study.waiting[trial.number] = trial end
end

-- The trial that a line may still change, or nil.
local function open_trial(all, line)
  local trial = all.trials[field(line, "trial_id", "integer")]
  if trial and all.studies[trial.study.id] and not finished[trial.state] then return trial end
  return nil
end

apply[5] = function(all, line)
  local trial = open_trial(all, line)
  local name, internal = field(line, "param_name", "string"), line.param_value_internal
  local d = decode_distribution(line.distribution)
  if trial then set_param(trial.study, trial, name, internal, d) end
end

apply[6] = function(all, line)
  local trial, state = open_trial(all, line), state_of(line)
  if line.values == nil then wrong("op_code 6 needs values, if only null") end
  local values = numbers(line, "values")
  local completed = finished[state] and field(line, "datetime_complete", "string") or nil
  if not trial or state == "running" and trial.state ~= "waiting" then return end
  trial.state, trial.completed = state, completed
  if values then trial.values = values end
  if state == "running" then
    trial.started, trial.worker = field(line, "datetime_start", "string"), line.worker_id
  end
  trial.study.waiting[trial.number] = state == "waiting" and trial or nil
end

apply[7] = function(all, line)
  local trial, step = open_trial(all, line), field(line, "step", "integer")
  local value = field(line, "intermediate_value", "number")
  if trial then trial.intermediate[step] = value end
end

local function trial_attr(part)
  return function(all, line)
    local trial = open_trial(all, line)
    local attrs = field(line, part, "table")
    if not trial then return end
    for key, value in pairs(attrs) do trial[part .. "s"][key] = value end
  end
end
apply[8], apply[9] = trial_attr "user_attr", trial_attr "system_attr"

--- Nothing read yet. studies, trials: by id; by_name: studies by name.
function records.empty()
  return { studies = {}, trials = {}, by_name = {}, study_count = 0, trial_count = 0 }
end

--- Applies a decoded line. Returns true; or nil and what is wrong with it.
function records.apply(all, line)
  if type(line) ~= "table" or math.type(line.op_code) ~= "integer" then
    return nil, "not an operation: op_code is missing"
  end
  local f = apply[line.op_code]
  if not f then return nil, ("op_code %d is unknown"):format(line.op_code) end
  if type(line.worker_id) ~= "string" then return nil, "worker_id is missing" end
  local ok, message = pcall(f, all, line)
  if ok then return true end
  if getmetatable(message) ~= Wrong then error(message, 0) end
  return nil, message[1]
end

return records
