--- How the trials of a study follow each other in its journal: taken, ended, tried again.
-- Everything here happens with the journal locked, so that no two processes take the same trial.
local json = require "circlet.json"
local records = require "circlet.study.records"
local heartbeat = require "circlet.study.heartbeat"
local Journal = require "circlet.study.Journal"
local Trial = require "circlet.study.Trial"

local turns = {}

local number_of = records.number_of

--- The system attribute of trials that failed for no fault of their own: Ctrl-C, a machine gone.
turns.interrupted = "circlet:interrupted"

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

--- How far a study is: total and done (a trial and its further tries being one), waiting, running,
-- and how many more would be made up to the limit (nil: as many as the sampler has).
function turns.progress(self, limit)
  local record = self:record()
  local now = { waiting = 0, running = 0, trials = #record.trials }
  for _ in pairs(record.waiting) do now.waiting = now.waiting + 1 end
  for _ in pairs(record.running) do now.running = now.running + 1 end
  local open = now.waiting + now.running
  local roots = #record.trials - record.retried
  now.fresh = limit and math.max(0, limit - record.counted) or math.huge
  if self.sampler.left then now.fresh = math.min(now.fresh, (self.sampler:left(record))) end
  now.done, now.total = roots - open, roots + now.fresh
  return now
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

-- Has a failed trial tried again with its parameters, unless it was `retries` times already. What
-- happened to it for no fault of its own (blameless) is always tried again, and does not count.
local function write_retry(self, write, record, outcome)
  local history = record.system_attrs.retry_history or {}
  local failures = record.system_attrs["circlet:failures"] or #history
  if not outcome.blameless then
    if failures >= (outcome.retries or 0) then return end
    failures = failures + 1
  end
  local params, again = {}, json.array {}
  for name, value in pairs(record.system_attrs.fixed_params or {}) do params[name] = value end
  for name, value in pairs(record.params) do params[name] = value end
  for i, number in ipairs(history) do again[i] = number end
  again[#again + 1] = record.number
  local attrs = { failed_trial = again[1], retry_history = again, ["circlet:failures"] = failures }
  attrs["circlet:grid"] = record.system_attrs["circlet:grid"]
  local user_attrs = {}
  for name, value in pairs(record.user_attrs) do
    if name ~= "error" then user_attrs[name] = value end
  end
  turns.enqueue(self, write, params, user_attrs, attrs)
end

-- Text that JSON can hold: bytes that are not UTF-8 become "?".
local function clean(message)
  while not utf8.len(message) do
    local _, at = utf8.len(message)
    message = message:sub(1, at - 1) .. "?" .. message:sub(at + 1)
  end
  return message
end

-- With the journal locked: notes how a trial ended. outcome: state, values or error, retries,
-- blameless.
local function finish(self, write, trial, outcome)
  local record = self.journal.trials[trial.id]
  if not record or record.state ~= "running" then return end
  if outcome.error then
    write("trial_user_attr", { trial_id = trial.id, user_attr = { error = clean(outcome.error) } })
  end
  if outcome.blameless then
    write("trial_system_attr", { trial_id = trial.id,
                                 system_attr = { [turns.interrupted] = true } })
  end
  write("set_state", { trial_id = trial.id, state = number_of[outcome.state],
                       values = outcome.values or json.null, datetime_complete = Journal.now() })
  if outcome.state == "fail" then write_retry(self, write, record, outcome) end
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
  local id, message, code = self.journal:update(function(write, flush)
    if before then finish(self, write, before, outcome) end
    -- What a sampler notes with a new trial may depend on how the last one ended.
    if before and self.sampler.begin then flush() end
    more = not last and take(self, write, limit) or false
    return more
  end, { sync = function() return not more or "soon" end })
  if id == nil then return nil, message, code end
  return id and Trial.new(self, self.journal.trials[id])
end

--- Ends running trials as judge(record) says: it returns the outcome of one that nobody runs any
-- more, nil for the others. Returns a list of the trials ended (their ids); or nil, message, code.
function turns.reap(self, judge)
  local ended = {}
  local function find()
    local list = {}
    for _, record in pairs(self:record().running) do
      local outcome = judge(record)
      if outcome then list[#list + 1] = { id = record.id, outcome = outcome } end
    end
    table.sort(list, function(a, b) return a.id < b.id end)
    return list
  end
  if #find() == 0 then return ended end
  local ok, message, code = self.journal:update(function(write)
    for _, found in ipairs(find()) do -- again: another process may have been faster
      finish(self, write, found, found.outcome)
      ended[#ended + 1] = found.id
    end
  end)
  if not ok then return nil, message, code end
  return ended
end

--- Has trials of processes that are gone run again. closed(record) is called for each. Returns how
-- many; or nil, message, code.
function turns.requeue_stale(self, closed)
  local dead, any = heartbeat.all_dead(self.folder), false
  for _ in pairs(dead) do any = true end
  if not any then return 0 end
  local ended, message, code = turns.reap(self, function(record)
    local reason = dead[record.worker]
    return reason and { state = "fail", error = "interrupted: " .. reason, blameless = true } or nil
  end)
  if not ended then return nil, message, code end
  for _, id in ipairs(ended) do closed(self.journal.trials[id]) end
  for worker in pairs(dead) do heartbeat.stop(self.folder, worker) end
  return #ended
end

--- The failed trials that were not tried again.
function turns.failed(self)
  local record, tried, list = self:record(), {}, {}
  for _, trial in ipairs(record.trials) do
    for _, number in ipairs(trial.system_attrs.retry_history or {}) do tried[number] = true end
  end
  for _, trial in ipairs(record.trials) do
    if trial.state == "fail" and not tried[trial.number] then list[#list + 1] = trial end
  end
  return list
end

--- Has them tried again. Returns true; or nil, message, code.
function turns.retry_failed(self)
  return self.journal:update(function(write)
    for _, trial in ipairs(turns.failed(self)) do
      write_retry(self, write, trial, { blameless = true })
    end
  end)
end

--- What Ctrl-C in the midst of a visit leaves running is tried again. Whatever this meets, the
-- error that brought us here is the one to raise.
function turns.abandon(self, before, outcome)
  pcall(function()
    if before then turns.next(self, before, outcome, nil, true) end
    turns.reap(self, function(record)
      return record.worker == self.journal.worker
        and { state = "fail", error = "interrupted!", blameless = true } or nil
    end)
  end)
end

return turns
