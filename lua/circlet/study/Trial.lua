--- A trial that runs: what an objective is called with. Everything it is told stands in the journal
-- at once, so that others see it and nothing is lost with the process.
local distribution = require "circlet.study.distribution"
local json = require "circlet.json"

local Trial = {}
Trial.__index = Trial

--- Raised by Trial:prune().
Trial.pruned = setmetatable({}, { __tostring = function() return "the trial was pruned" end })

--- The trial with a record (Journal) that the study has just made or claimed. number counts from 0.
function Trial.new(study, record)
  return setmetatable({ study = study, id = record.id, number = record.number, params = {},
                        count = 0 }, Trial)
end

-- The record, which another pass of reading may have made anew.
local function record_of(self) return self.study.journal.trials[self.id] end

-- Writes one line about this trial. Raises when it cannot: a trial whose traces are lost must end.
local function write(self, op, fields)
  local record = record_of(self)
  if not record or record.state ~= "running" then
    error(("study: trial %d does not run any more"):format(self.number), 3)
  end
  fields.trial_id = self.id
  local ok, message = self.study.journal:update(function(add) add(op, fields) end, { sync = false })
  if not ok then error(message, 0) end
end

--- How many parameters the trial has asked for.
function Trial:asked() return self.count end

--- A system attribute of the trial, or nil.
function Trial:system_attr(name) return record_of(self).system_attrs[name] end

local function suggest(self, name, d)
  if type(name) ~= "string" then
    error(("study: the name of a parameter expected, got %s"):format(type(name)), 3)
  end
  local record = record_of(self)
  local known = record.distributions[name]
  if known and self.params[name] ~= nil then
    if not distribution.compatible(known, d) then
      error(("study: %s was asked for before as another kind"):format(name), 3)
    end
    return self.params[name]
  end
  local before = self.study:record().distributions[name]
  if before and not distribution.compatible(before, d) then
    error(("study: earlier trials have %s as another kind or with other choices"):format(name), 3)
  end
  local fixed, internal = record.system_attrs.fixed_params, nil
  if known then
    internal = distribution.internal(d, record.params[name]) -- a trial taken up again
  elseif type(fixed) == "table" and fixed[name] ~= nil then
    internal = distribution.internal(d, fixed[name])
    if not internal then
      error(("study: the value %s given for %s is out of its range"):format(
        json.encode(fixed[name]), name), 3)
    end
  end
  if not internal and distribution.single(d) then internal = d.choices and 0 or d.low + 0.0 end
  internal = internal or self.study.sampler:suggest(self.study, self, name, d)
  write(self, "set_param", { param_name = name, param_value_internal = internal,
                             distribution = distribution.encode(d) })
  self.count = self.count + 1
  local value = distribution.external(d, internal)
  self.params[name] = value
  return value
end

--- A number in low..high. options: log (its logarithm is uniform), step. Asked again under the same
-- name, the same number.
function Trial:suggest_float(name, low, high, options)
  return suggest(self, name, distribution.float(name, low, high, options))
end

--- A whole number in low..high. options: log, step.
function Trial:suggest_int(name, low, high, options)
  return suggest(self, name, distribution.int(name, low, high, options))
end

--- One of a list of strings, numbers, booleans or json.null.
function Trial:suggest_categorical(name, choices)
  return suggest(self, name, distribution.categorical(name, choices))
end

--- Notes the value of the objective at a step (a whole number >= 0), for pruners and curves. A step
-- that was reported before keeps its value.
function Trial:report(value, step)
  step = math.tointeger(step)
  if type(value) ~= "number" then
    error(("Trial:report: a number expected, got %s"):format(type(value)), 2)
  elseif not step or step < 0 then
    error("Trial:report: step must be a whole number of at least 0", 2)
  elseif #self.study.directions > 1 then
    error("Trial:report: a study of several objectives has no single value to report", 2)
  end
  if record_of(self).intermediate[step] == nil then
    write(self, "set_intermediate", { step = step, intermediate_value = value })
  end
end

--- Whether the study's pruner would end this trial; false without a pruner.
function Trial:should_prune()
  local pruner = self.study.pruner
  if not pruner then return false end
  local ok, message = self.study.journal:refresh()
  if not ok then error(message, 0) end
  return pruner:prune(self.study:record(), record_of(self), function(name, value)
    write(self, "trial_system_attr", { system_attr = { [name] = value } })
  end)
end

--- Ends the objective: the trial counts as pruned, with the value it reported last.
function Trial.prune() error(Trial.pruned, 0) end

--- Keeps a value (anything JSON can hold) with the trial.
function Trial:set_user_attr(name, value)
  if type(name) ~= "string" then error("Trial:set_user_attr: a name expected", 2) end
  write(self, "trial_user_attr", { user_attr = { [name] = value == nil and json.null or value } })
end

--- Keeps a constraint: the trial is feasible when all its constraints are <= 0.
function Trial:set_constraint(name, value)
  if type(name) ~= "string" or type(value) ~= "number" then
    error("Trial:set_constraint: a name and a number expected", 2)
  end
  write(self, "trial_system_attr", { system_attr = { ["constraints:" .. name] = value } })
end

return Trial
