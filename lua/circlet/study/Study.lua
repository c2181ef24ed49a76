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
local json = require "circlet.json"
local ranking = require "circlet.study.ranking"
local Journal = require "circlet.study.Journal"
local Trial = require "circlet.study.Trial"
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

--- Opens a study, or makes it. options: path (of the journal), name (default: the file's name
-- without its ending), direction ("minimize") or directions (a list), sampler (study.samplers,
-- random by default), pruner (none by default), sync (false: never wait for the disk; then a power
-- cut may lose trials). Returns nil, message, code: "io", "format" when the journal is damaged or
-- holds a study of that name with other directions.
function Study.open(options)
  if type(options) ~= "table" or type(options.path) ~= "string" then
    error("study.open: a table with the path of a journal expected", 2)
  end
  local list, codes = directions_of(options)
  local name = options.name or options.path:match("([^/]+)$"):gsub("%.[^.]*$", "")
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
  return setmetatable({
    journal = journal, name = name, id = record.id, directions = record.directions,
    sampler = options.sampler or require "circlet.study.samplers.random" {},
    pruner = options.pruner,
  }, Study)
end

--- What the journal says of the study: trials (a list), user_attrs, ... As of the last reading.
function Study:record()
  return self.journal.studies[self.id] or error("study: " .. self.name .. " was deleted", 2)
end

--- Reads what others have written. Returns true; or nil, message, code.
function Study:refresh() return self.journal:refresh() end

--- Keeps a value (anything JSON can hold) with the study. Returns true; or nil, message, code.
function Study:set_user_attr(name, value)
  return self.journal:update(function(write)
    write("study_user_attr", { study_id = self.id, user_attr = { [name] = value } })
  end)
end

--- Has a trial with these parameters run before others; parameters that are not given are sampled.
-- Returns true; or nil, message, code.
function Study:enqueue(params, user_attrs)
  if type(params) ~= "table" then error("Study:enqueue: a table of parameters expected", 2) end
  return self.journal:update(function(write) turns.enqueue(self, write, params, user_attrs) end)
end

--- A trial to run: a waiting one, or a new one. Returns false when the sampler has no more; nil,
-- message, code when the journal cannot be written.
function Study:ask() return turns.next(self) end

-- What a trial's values amount to: the outcome of finish().
local function outcome_of(self, values)
  local expected = #self.directions
  if #values ~= expected then
    return { state = "fail", error = ("%d value%s expected, got %d"):format(expected,
      expected > 1 and "s" or "", #values) }
  end
  for _, value in ipairs(values) do
    if type(value) ~= "number" or value ~= value then
      return { state = "fail", error = ("a number expected, got %s"):format(tostring(value)) }
    end
  end
  return { state = "complete", values = json.array(values) }
end

local function pruned_outcome(self, trial)
  local steps = require "circlet.study.pruners.steps"
  local _, value = steps.last(self.journal.trials[trial.id])
  return { state = "pruned", values = value and value == value and json.array { value } or nil }
end

--- Ends a trial that ask() gave: with its value (a list of values for several objectives), or with
-- the state "pruned" or "fail". Returns true; or nil, message, code.
function Study:tell(trial, value, state)
  local outcome
  if state == "pruned" then
    outcome = pruned_outcome(self, trial)
  elseif state == "fail" then
    outcome = { state = "fail", error = value and tostring(value) }
  elseif state == nil or state == "complete" then
    outcome = outcome_of(self, type(value) == "table" and value or { value })
  else
    error(('Study:tell: a state is "complete", "pruned" or "fail", got %s'):format(
      tostring(state)), 2)
  end
  local ok, message, code = turns.next(self, trial, outcome, nil, true)
  if ok == nil then return nil, message, code end
  return true
end

local function run(self, objective, trial)
  local results = table.pack(pcall(objective, trial))
  if results[1] then
    local values = results[2]
    if type(values) ~= "table" then values = { table.unpack(results, 2, results.n) } end
    return outcome_of(self, values)
  end
  if results[2] == Trial.pruned then return pruned_outcome(self, trial) end
  local message = tostring(results[2])
  return { state = "fail", error = message,
           interrupted = message:find("interrupted!", 1, true) ~= nil }
end

--- Calls objective(trial) for trial after trial until the study has options.trials of them (those
-- that ran earlier, and those of other processes, count; a failed one that is tried again does
-- not), or the sampler has no more. The objective returns its value (several for several
-- objectives), or ends with trial:prune(). An error or a value that is not a number fails that
-- trial alone; its message is kept as the trial's user attribute `error`. options: trials; retries
-- (0): how often a failed trial is tried again; fail_fast: stop at the first failure;
-- on_end(record): called after each trial. Ctrl-C has the trial run again next time, and raises.
-- Returns how many trials it ran; or nil, message, code.
function Study:optimize(objective, options)
  options = options or {}
  if not options.trials and not self.sampler.ends then
    error("Study:optimize: options.trials expected: this sampler never ends by itself", 2)
  end
  local ran, before, outcome = 0, nil, nil
  while true do
    local stop = outcome and (outcome.interrupted or outcome.state == "fail" and options.fail_fast)
    local good, trial, message, code = pcall(turns.next, self, before, outcome, options.trials,
      stop)
    if not good then
      turns.abandon(self, before, outcome)
      error(trial, 0)
    end
    if trial == nil then return nil, message, code end
    if before and options.on_end then options.on_end(self.journal.trials[before.id]) end
    if outcome and outcome.interrupted then error(outcome.error, 0) end
    if stop then
      return nil, ("trial %d failed: %s"):format(before.number, outcome.error), "trial"
    end
    if not trial then return ran end
    outcome = run(self, objective, trial)
    outcome.retries = outcome.interrupted and math.huge or options.retries or 0
    before, ran = trial, ran + 1
  end
end

--- The trials so far in the order of their numbers: records with number, state, params, values,
-- value (of a single objective), user_attrs, intermediate (by step), feasible. state: only those.
function Study:trials(state)
  local list = {}
  for _, record in ipairs(self:record().trials) do
    if not state or record.state == state then list[#list + 1] = ranking.view(record) end
  end
  return list
end

--- The best trial that is complete and feasible, or nil. For a single objective.
function Study:best() return self:ranked()[1] end

--- Complete, feasible trials, best first; of equals the earlier one first. For a single objective.
function Study:ranked()
  if #self.directions > 1 then
    error("Study: several objectives have a pareto() set, no best", 2)
  end
  return ranking.ranked(self:record())
end

--- The complete, feasible trials that no other is better than: at least as good in every objective
-- and better in one. In the order of their numbers.
function Study:pareto() return ranking.pareto(self:record()) end

return Study
