--- A trial that runs: what an objective is called with. Everything it is told stands in the journal
-- at once, so that others see it and nothing is lost with the process.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t.number    --> 0
local uv = require "luv"
local distribution = require "circlet.study.distribution"
local draw = require "circlet.study.draw"
local files = require "circlet.report.files"
local folders = require "circlet.study.folders"
local json = require "circlet.json"

local Trial = {}
Trial.__index = Trial

--- Raised by Trial:prune().
Trial.pruned = setmetatable({}, { __tostring = function() return "the trial was pruned" end })

--- The trial with a record (Journal) that the study has just made or claimed. number counts from 0;
-- index is the number without retries: that of a retry is the index of what it repeats.
-- @internal
function Trial.new(study, record)
  return setmetatable({ study = study, id = record.id, number = record.number,
                        index = record.index, params = {}, count = 0, began = uv.hrtime() }, Trial)
end

--- A whole number of 32 bits for the trial's own random numbers: a function of the study's seed
-- and the trial's index alone. optimize() seeds the global generators with it.
-- @return integer seed
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:seed() == t:seed()    --> true
function Trial:seed()
  return (draw.words(self.study.seed, self.index, "circlet trial"))
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
-- @internal
function Trial:asked() return self.count end

--- A system attribute of the trial, or nil.
-- @internal
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
  if before and distribution.same(before, d) then d = before end -- whose text is known
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
-- @param name string
-- @param low number
-- @param high number
-- @param options? table
-- @option log boolean in the logarithm
-- @option step number whole steps from low on
-- @return number value
-- @error Raises for a range that is none, and a name asked for before as another kind.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- local gamma = t:suggest_float("gamma", 8, 512, { log = true })
-- gamma >= 8 and gamma <= 512    --> true
function Trial:suggest_float(name, low, high, options)
  return suggest(self, name, distribution.float(name, low, high, options))
end

--- A whole number in low..high. options: log, step.
-- @param name string
-- @param low number
-- @param high number
-- @param options? table
-- @option log boolean in the logarithm
-- @option step number whole steps from low on
-- @return integer value
-- @error Raises for a range that is none.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:suggest_int("K", 4, 4)    --> 4
function Trial:suggest_int(name, low, high, options)
  return suggest(self, name, distribution.int(name, low, high, options))
end

--- One of a list of strings, numbers, booleans or json.null.
-- @param name string
-- @param choices any[] strings, numbers, booleans
-- @return any value
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:suggest_categorical("model", { "mlp" })    --> mlp
function Trial:suggest_categorical(name, choices)
  return suggest(self, name, distribution.categorical(name, choices))
end

--- Notes the value of the objective at a step (a whole number >= 0), for pruners and curves. A step
-- that was reported before keeps its value.
-- @param value number
-- @param step integer
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:report(0.5, 1)
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
-- @return boolean prune
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:report(0.5, 1)
-- t:should_prune()    --> false
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
-- @error Raises what optimize() takes for the end of a pruned trial.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- pcall(t.prune, t)    --> false  the trial was pruned
function Trial.prune() error(Trial.pruned, 0) end

--- The folder of the trial (folders.lua), made when it is not there. Raises when it cannot be made.
-- @return string path
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:folder():match "trials/%d+"    --> trials/00000
function Trial:folder()
  local path, message = folders.make(self.study, self.number)
  return path or error(message, 0)
end

--- Notes measures by name, such as { epoch = 1, loss = 0.2 }: a line of metrics.jsonl in the
-- trial's folder, with the seconds since the trial began. Raises when it cannot be written.
-- @param values table
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:log { epoch = 1, loss = 0.5 }
function Trial:log(values)
  if type(values) ~= "table" then
    error(("Trial:log: a table of measures expected, got %s"):format(type(values)), 2)
  end
  local line = { seconds = (uv.hrtime() - self.began) / 1e9 }
  for name, value in pairs(values) do
    if type(name) ~= "string" then error("Trial:log: measures have names", 2) end
    line[name] = value
  end
  local ok, message = folders.log(self.study, self.number, line)
  if not ok then error(message, 0) end
end

--- Keeps an object (anything circlet.save takes) as the trial's checkpoint, in place of the one
-- before, whole or not at all. Raises when it cannot be written.
-- @param object any what .t7 files hold
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:save { epoch = 1 }
-- t:load().epoch    --> 1
function Trial:save(object)
  local circlet = require "circlet"
  local ok, message = circlet.save(self:folder() .. "/checkpoint.t7", object)
  if not ok then error(message, 0) end
end

--- The checkpoint of this trial, or of the latest of the tries that it repeats; nil when there is
-- none. Raises when it cannot be read.
-- @return any? object
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:load()    --> nil
function Trial:load()
  local numbers = { table.unpack(record_of(self).system_attrs.retry_history or {}) }
  numbers[#numbers + 1] = self.number
  for i = #numbers, 1, -1 do
    local path = folders.trial(self.study, numbers[i]) .. "/checkpoint.t7"
    if files.kind(path) then
      local object, message = require("circlet").load(path)
      if object == nil and message then error(message, 0) end
      return object
    end
  end
  return nil
end

--- Keeps a value (anything JSON can hold) with the trial.
-- @param name string
-- @param value any what JSON can hold
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:set_user_attr("note", "slow")
function Trial:set_user_attr(name, value)
  if type(name) ~= "string" then error("Trial:set_user_attr: a name expected", 2) end
  write(self, "trial_user_attr", { user_attr = { [name] = value == nil and json.null or value } })
end

--- Keeps a constraint: the trial is feasible when all its constraints are <= 0.
-- @param name string
-- @param value number feasible at 0 and below
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t:set_constraint("seconds over", -3)
function Trial:set_constraint(name, value)
  if type(name) ~= "string" or type(value) ~= "number" then
    error("Trial:set_constraint: a name and a number expected", 2)
  end
  write(self, "trial_system_attr", { system_attr = { ["constraints:" .. name] = value } })
end

return Trial
