--- A study: trials of one or several objectives, in a journal that other processes and Optuna
-- share.
--
--     local study = assert(circlet.study.open { path = "runs/a.journal", direction = "maximize" })
--     assert(study:optimize(function(trial)
--       local gamma = trial:suggest_float("gamma", 8, 512, { log = true })
--       local m = trial:suggest_float("m", 0, 0.5)
--       return train_and_measure(gamma, m)
--     end, { trials = 50 }))
--     print(study:best().value, study:best().params.gamma)
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s.name    --> a
local json = require "circlet.json"
local folders = require "circlet.study.folders"
local loop = require "circlet.study.loop"
local ranking = require "circlet.study.ranking"
local Journal = require "circlet.study.Journal"
local turns = require "circlet.study.turns"

local Study = {}
Study.__index = Study

local function directions_of(options)
  local list = options.directions or { options.direction or "minimize" }
  local codes = {}
  for i, name in ipairs(list) do
    codes[i] = name == "minimize" and 1 or name == "maximize" and 2
      or error(('study.open: a direction is "minimize" or "maximize", got %s'):format(
        tostring(name)), 3)
  end
  if #codes == 0 then error("study.open: at least one direction expected", 3) end
  return list, codes
end

-- Notes what results depend on, unless the study has it; refuses other values.
local function keep_settings(journal, record, settings)
  local there = record.user_attrs.settings
  if there == nil then
    return journal:update(function(write)
      write("study_user_attr", { study_id = record.id, user_attr = { settings = settings } })
    end)
  end
  local difference = require("circlet.report.record").difference(there, settings)
  if not difference then return true end
  return nil, ("%s holds a study with other settings (%s)"):format(journal.path, difference),
    "format"
end

--- Opens a study, or makes it. options: path (of the journal; its folder is made when it is not
-- there), name (default: the file's name without its ending), direction ("minimize") or directions
-- (a list), sampler (study.samplers, random by default), pruner (none by default), seed (of what
-- trials draw at random; default: that of the sampler), folder (default: folders.lua), settings (a
-- table of plain values that results depend on: kept with the study, and one that has others is
-- refused), fresh (true: forget the journal and the folder that are there), data (what trials learn
-- from, as data.hash takes it: its hash stands in each record.json), sync (false: never wait for
-- the disk; then a power cut may lose trials). Returns nil, message, code: "io", "format" when the
-- journal is damaged or holds a study of that name with other directions or settings.
-- @param options table
-- @return circlet.study.Study study
-- @error Returns nil, message, code.
-- @example
-- study.Study.open({ path = "a.journal" }).name    --> a
function Study.open(options)
  if type(options) ~= "table" or type(options.path) ~= "string" then
    error("study.open: a table with the path of a journal expected", 2)
  end
  local list, codes = directions_of(options)
  local name = options.name or options.path:match("([^/]+)$"):gsub("%.[^.]*$", "")
  if options.fresh and not require("circlet.study.worker").order() then
    folders.forget(options.folder or folders.of(options.path, name))
    os.remove(options.path)
  end
  local journal, message, code = Journal.open(options.path, { create = true, sync = options.sync })
  if not journal then return nil, message, code end
  local ok
  ok, message, code = journal:update(function(write)
    if not journal.by_name[name] then
      write("create_study", { study_name = name, directions = codes })
    end
  end)
  if not ok then return nil, message, code end
  local record = journal.by_name[name]
  local there = table.concat(record.directions, ", ")
  if there ~= table.concat(list, ", ") and (options.direction or options.directions) then
    return nil, ("%s: the study %s is to %s, not to %s"):format(options.path, name, there,
      table.concat(list, ", ")), "format"
  end
  if options.settings then
    ok, message, code = keep_settings(journal, record, options.settings)
    if not ok then return nil, message, code end
  end
  local sampler = options.sampler or require "circlet.study.samplers.random" {}
  return setmetatable({
    journal = journal, name = name, id = record.id, directions = record.directions,
    sampler = sampler, pruner = options.pruner, seed = options.seed or sampler.seed or 0,
    folder = options.folder or folders.of(journal.path, name), data = options.data,
  }, Study)
end

--- The hash of the data that the study was opened with, computed once.
-- @return string? hash as data.hash() gives it; nil when it was opened without data
-- @error Raises for data that data.hash() does not take.
-- @example
-- local s = study.open { path = "a.journal", data = { "nothing" } }
-- s:data_hash() == data.hash { "nothing" }    --> true
function Study:data_hash()
  if self.hashed == nil then
    self.hashed = self.data ~= nil and require("circlet").data.hash(self.data) or false
  end
  return self.hashed or nil
end

--- What the journal says of the study: trials (a list), user_attrs, ... As of the last reading.
-- @return table record
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- s:record().name    --> a
function Study:record()
  return self.journal.studies[self.id] or error("study: " .. self.name .. " was deleted", 2)
end

--- Reads what others have written. Returns true; or nil, message, code.
-- @return boolean true
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s:refresh()
function Study:refresh() return self.journal:refresh() end

--- Keeps a value (anything JSON can hold) with the study. Returns true; or nil, message, code.
-- @param name string
-- @param value any what JSON can hold
-- @return boolean true
-- @error Returns nil, message, code when the journal cannot be written.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s:set_user_attr("data", "faces")
function Study:set_user_attr(name, value)
  return self.journal:update(function(write)
    write("study_user_attr", { study_id = self.id, user_attr = { [name] = value } })
  end)
end

-- Whether a trial was enqueued before with equal parameters and attributes.
local function enqueued(self, params, attrs)
  local as_text = json.encode { params, attrs }
  for _, trial in ipairs(self:record().trials) do
    local system = trial.system_attrs
    if system["circlet:enqueued"] == as_text and not system.failed_trial then return true end
  end
  return false
end

--- Has a trial with these parameters run before others; parameters that are not given are sampled.
-- A trial that was enqueued with the same parameters and attributes before is there already: a
-- program that is started again enqueues nothing twice. Returns true; or nil, message, code.
-- @param params table
-- @param user_attrs? table
-- @return boolean true
-- @error Returns nil, message, code when the journal cannot be written.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s:enqueue { gamma = 64 }
-- s:ask():suggest_float("gamma", 1, 512)    --> 64
function Study:enqueue(params, user_attrs)
  if type(params) ~= "table" then error("Study:enqueue: a table of parameters expected", 2) end
  return self.journal:update(function(write)
    if enqueued(self, params, user_attrs or {}) then return end
    turns.enqueue(self, write, params, user_attrs,
      { ["circlet:enqueued"] = json.encode { params, user_attrs or {} } })
  end)
end

--- A trial to run: a waiting one, or a new one. Returns false when the sampler has no more; nil,
-- message, code when the journal cannot be written.
-- @return circlet.study.Trial? trial nil when there are no more
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- t.number    --> 0
function Study:ask() return turns.next(self) end

--- Ends a trial that ask() gave: with its value (a list of values for several objectives), or with
-- the state "pruned" or "fail". Returns true; or nil, message, code.
-- @param trial circlet.study.Trial
-- @param value number|number[]
-- @param state? string
-- @return boolean true
-- @error Returns nil, message, code when the journal cannot be written.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- s:tell(t, 0.5)
-- s:best().value    --> 0.5
function Study:tell(trial, value, state)
  local outcome
  if state == "pruned" then
    outcome = loop.pruned_outcome(self, trial)
  elseif state == "fail" then
    outcome = { state = "fail", error = value and tostring(value) }
  elseif state == nil or state == "complete" then
    outcome = loop.outcome_of(self, type(value) == "table" and value or { value })
  else
    error(('Study:tell: a state is "complete", "pruned" or "fail", got %s'):format(
      tostring(state)), 2)
  end
  local ok, message, code = turns.next(self, trial, outcome, nil, true)
  if ok == nil then return nil, message, code end
  return true
end

local known_options = {
  trials = "number", workers = "number", threads = "number", retries = "number",
  timeout = "number", fail_fast = "boolean", only_failed = "boolean", dry_run = "boolean",
  folders = "boolean", progress = "boolean", on_end = "function",
}

local least = { trials = 0, workers = 1, threads = 1, retries = 0, timeout = 0.001 }

local function check_options(self, options)
  for name, value in pairs(options) do
    local kind = known_options[name]
    if not kind then
      error("Study:optimize: there is no option " .. tostring(name), 3)
    elseif type(value) ~= kind then
      error(("Study:optimize: %s must be a %s, got %s"):format(name, kind, tostring(value)), 3)
    elseif least[name] and (value ~= value or value < least[name]
      or name ~= "timeout" and not math.tointeger(value)) then
      error(("Study:optimize: %s must be a %snumber of at least %s, got %s"):format(name,
        name == "timeout" and "" or "whole ", least[name], value), 3)
    end
  end
  if not options.trials and not self.sampler.ends and not options.only_failed then
    error("Study:optimize: options.trials expected: this sampler never ends by itself", 3)
  end
  if options.timeout and not options.workers then
    error("Study:optimize: a timeout needs workers (workers = 1, say)", 3)
  end
end

-- Of this process's calls with workers.
local calls = 0

--- Calls objective(trial) for trial after trial until the study has options.trials of them (those
-- that ran earlier, and those of other processes, count; a failed one that is tried again does
-- not), or the sampler has no more. The objective returns its value (several for several
-- objectives), or ends with trial:prune(). An error or a value that is not a number fails that
-- trial alone; its message is kept as the trial's user attribute `error`. Before each trial the
-- random generators (circlet's and Lua's) are seeded by trial:seed(). Options:
--   trials       how many (not needed where the sampler ends by itself: grid)
--   workers      run by so many processes of the same script (Supervisor.lua); a script that does
--                this runs in each of them, up to this call
--   threads      of each worker (default: those of this process shared out)
--   timeout      seconds after which a trial has failed; with workers
--   retries (0)  how often a failed trial is tried again
--   fail_fast    stop at the first failure
--   only_failed  nothing but trials that have failed, again
--   dry_run      only say what would run
--   folders      a folder for each trial (folders.lua); with workers always
--   progress     with workers: what is shown (screen.lua)
--   on_end       on_end(record) is called after each trial, with workers in the process that has
--                called optimize()
-- Ctrl-C has the trials that run tried again next time, and raises. What processes that were killed
-- left behind is tried again first. Returns how many trials it ran; or nil, message, code.
-- @param objective function gets a trial, gives a number or a list of them
-- @param options? table
-- @return integer trials that ended
-- @error Returns nil, message, code when the journal cannot be written.
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s:optimize(function(t) return t:suggest_float("m", 0, 1) end, { trials = 3 })
-- #s:trials "complete"    --> 3
function Study:optimize(objective, options)
  options = options or {}
  check_options(self, options)
  local reproduce = require "circlet.study.reproduce"
  local again = reproduce.order(self)
  if again then reproduce.finish(self, objective, again) end
  if options.dry_run then return require("circlet.study.plan").say(self, options) end
  if not options.workers then return loop.alone(self, objective, options) end
  calls = calls + 1
  local worker = require "circlet.study.worker"
  local order = worker.order()
  if not order then return require("circlet.study.Supervisor").run(self, options, calls) end
  -- What came before is done: the supervisor is past it.
  if calls < order.call then return 0 end
  return worker.work(self, objective, options)
end

--- The trials so far in the order of their numbers: records with number, state, params, values,
-- value (of a single objective), user_attrs, intermediate (by step), feasible. state: only those.
-- @param state? string "complete", "pruned", "fail", "running" or "waiting"
-- @return table[] trials
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- #s:trials(), #s:trials "complete"    --> 1  0
function Study:trials(state)
  local list = {}
  for _, record in ipairs(self:record().trials) do
    if not state or record.state == state then list[#list + 1] = ranking.view(record) end
  end
  return list
end

--- The trials as flat rows, for tables and CSV files: number, state, value (values separated by
-- spaces for several objectives), seconds, and parameters and user attributes by their names.
-- Complete ones come first, best first; interrupted tries are left out.
-- @return table[] rows
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- s:tell(t, 0.5)
-- #s:rows()    --> 1
function Study:rows() return ranking.rows(self:record()) end

--- The best trial that is complete and feasible, or nil. For a single objective.
-- @return table? trial
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- s:tell(t, 0.5)
-- s:best().number    --> 0
function Study:best() return self:ranked()[1] end

--- Complete, feasible trials, best first; of equals the earlier one first. For a single objective.
-- @return table[] trials
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- local t = s:ask()
-- s:tell(t, 0.5)
-- #s:ranked()    --> 1
function Study:ranked()
  if #self.directions > 1 then
    error("Study: several objectives have a pareto() set, no best", 2)
  end
  return ranking.ranked(self:record())
end

--- The complete, feasible trials that no other is better than: at least as good in every objective
-- and better in one. In the order of their numbers.
-- @return table[] trials
-- @example
-- local s = study.open { path = "a.journal", directions = { "minimize", "maximize" } }
-- s:tell(s:ask(), { 1, 2 })
-- #s:pareto()    --> 1
function Study:pareto() return ranking.pareto(self:record()) end

return Study
