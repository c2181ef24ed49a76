--- How the trials of a study follow each other in its journal: taken, ended, tried again.
-- Everything here happens with the journal locked, so that no two processes take the same trial.
local json = require "circlet.json"
local records = require "circlet.study.records"
local Journal = require "circlet.study.Journal"
local Trial = require "circlet.study.Trial"

local turns = {}

local number_of = records.number_of

--- Writes the line that makes a waiting trial with given parameters.
function turns.enqueue(self, write, params, user_attrs, system_attrs)
  local attrs = { fixed_params = params }
  for name, value in pairs(system_attrs or {}) do attrs[name] = value end
  write("create_trial", {
    study_id = self.id, datetime_start = json.null, state = number_of.waiting, value = json.null,
    values = json.null, distributions = {}, params = {}, user_attrs = user_attrs or {},
    system_attrs = attrs, intermediate_values = {},
  })
end

-- With the journal locked: claims the first waiting trial or makes a new one; its id, or nil when
-- the study is complete.
local function take(self, write, limit)
  local record, first = self:record(), nil
  for number in pairs(record.waiting) do first = math.min(first or number, number) end
  if first then
    local trial = record.waiting[first]
    write("set_state", { trial_id = trial.id, state = number_of.running,
                         datetime_start = Journal.now() })
    return trial.id
  end
  if limit and record.counted >= limit then return nil end
  local attrs = self.sampler.begin and self.sampler:begin(record)
  if attrs == false then return nil end
  local fields = { study_id = self.id, datetime_start = Journal.now() }
  if attrs then
    fields.state, fields.value, fields.values = number_of.running, json.null, json.null
    fields.distributions, fields.params, fields.user_attrs = {}, {}, {}
    fields.system_attrs, fields.intermediate_values = attrs, {}
  end
  write("create_trial", fields)
  return self.journal.trial_count
end

-- Has a failed trial tried again with its parameters, unless it was `retries` times already.
local function write_retry(self, write, record, retries)
  local history = record.system_attrs.retry_history or {}
  if #history >= retries then return false end
  local params, again = {}, json.array {}
  for name, value in pairs(record.system_attrs.fixed_params or {}) do params[name] = value end
  for name, value in pairs(record.params) do params[name] = value end
  for i, number in ipairs(history) do again[i] = number end
  again[#again + 1] = record.number
  local attrs = { failed_trial = again[1], retry_history = again }
  attrs["circlet:grid"] = record.system_attrs["circlet:grid"]
  turns.enqueue(self, write, params, record.user_attrs, attrs)
  return true
end

-- With the journal locked: notes how a trial ended. outcome: state, values or error, retries.
local function finish(self, write, trial, outcome)
  local record = self.journal.trials[trial.id]
  if not record or record.state ~= "running" then return end
  if outcome.error then
    write("trial_user_attr", { trial_id = trial.id, user_attr = { error = outcome.error } })
  end
  write("set_state", { trial_id = trial.id, state = number_of[outcome.state],
                       values = outcome.values or json.null, datetime_complete = Journal.now() })
  if outcome.state == "fail" then write_retry(self, write, record, outcome.retries or 0) end
end

--- Notes how the trial before ended and takes the next, in one visit to the journal where that is
-- possible: a failed trial that is tried again must stand there before the next is chosen. Returns
-- a trial; false when there are no more, or `last` is true; nil, message, code.
function turns.next(self, before, outcome, limit, last)
  if before and outcome.state == "fail" and not last then
    local ok, message, code = turns.next(self, before, outcome, nil, true)
    if ok == nil then return nil, message, code end
    before = nil
  end
  local more = false
  local id, message, code = self.journal:update(function(write)
    if before then finish(self, write, before, outcome) end
    more = not last and take(self, write, limit) or false
    return more
  end, { sync = function() return not more or "soon" end })
  if id == nil then return nil, message, code end
  return id and Trial.new(self, self.journal.trials[id])
end

--- What Ctrl-C in the midst of a visit leaves running is tried again. Whatever this meets, the
-- error that brought us here is the one to raise.
function turns.abandon(self, before, outcome)
  pcall(function()
    if before then turns.next(self, before, outcome, nil, true) end
    self.journal:update(function(write)
      for _, record in ipairs(self:record().trials) do
        if record.state == "running" and record.worker == self.journal.worker then
          finish(self, write, record, { state = "fail", error = "interrupted!",
                                        retries = math.huge })
        end
      end
    end)
  end)
end

return turns
