--- Trial after trial, in the process that calls it: what optimize() does without workers, and what
-- each worker does.
local circlet = require "circlet"
local json = require "circlet.json"
local folders = require "circlet.study.folders"
local Trial = require "circlet.study.Trial"
local text = require "circlet.report.text"
local turns = require "circlet.study.turns"

local loop = {}

--- What a trial's values amount to: an outcome, as turns.next() takes it.
function loop.outcome_of(study, values)
  local expected = #study.directions
  if #values ~= expected then
    return { state = "fail",
             error = ("%s expected, got %d"):format(text.count(expected, "value"), #values) }
  end
  for _, value in ipairs(values) do
    if type(value) ~= "number" or value ~= value then
      return { state = "fail", error = ("a number expected, got %s"):format(tostring(value)) }
    end
  end
  return { state = "complete", values = json.array(values) }
end

--- The outcome of a pruned trial: its value is what it reported last.
function loop.pruned_outcome(study, trial)
  local steps = require "circlet.study.pruners.steps"
  local _, value = steps.last(study.journal.trials[trial.id])
  return { state = "pruned", values = value and value == value and json.array { value } or nil }
end

-- Every trial begins with the same random numbers, whoever runs it and whatever ran before.
local function seed(trial)
  local number = trial:seed()
  circlet.manualSeed(number)
  math.randomseed(number)
end

local function run(study, objective, trial, on_error)
  seed(trial)
  local trace
  local results = table.pack(xpcall(objective, function(message)
    if message ~= Trial.pruned and on_error then trace = debug.traceback(tostring(message), 2) end
    return message
  end, trial))
  if results[1] then
    local values = results[2]
    if type(values) ~= "table" then values = { table.unpack(results, 2, results.n) } end
    return loop.outcome_of(study, values)
  end
  if results[2] == Trial.pruned then return loop.pruned_outcome(study, trial) end
  local message = tostring(results[2])
  if trace then on_error(trace) end
  local interrupted = message:find("interrupted!", 1, true) ~= nil
  return { state = "fail", error = message, interrupted = interrupted, blameless = interrupted }
end

--- Calls the objective for one trial, its random numbers seeded. Returns the outcome.
function loop.once(study, objective, trial) return run(study, objective, trial) end

--- Runs trials until the study is complete. options: those of Study:optimize. hooks, each optional:
-- began(trial), failed(traceback), ended(record). Returns how many trials it ran; or nil, message,
-- code. Raises when it is interrupted, the trial then waiting to be tried again.
function loop.run(study, objective, options, hooks)
  local ran, before, outcome = 0, nil, nil
  local limit = options.only_failed and 0 or options.trials
  while true do
    local stop = outcome and (outcome.interrupted or outcome.state == "fail" and options.fail_fast)
    local good, trial, message, code = pcall(turns.next, study, before, outcome, limit, stop)
    if not good then
      turns.abandon(study, before, outcome)
      error(trial, 0)
    end
    if trial == nil then return nil, message, code end
    if before then
      local record = study.journal.trials[before.id]
      if hooks.ended then hooks.ended(record, before) end
      if options.on_end and not hooks.quiet then options.on_end(record) end
    end
    if outcome and outcome.interrupted then error(outcome.error, 0) end
    if stop then
      return nil, ("trial %d failed: %s"):format(before.number, outcome.error), "trial"
    end
    if not trial then return ran end
    if hooks.began then hooks.began(trial) end
    outcome = run(study, objective, trial, hooks.failed)
    outcome.retries = options.retries
    before, ran = trial, ran + 1
  end
end

--- What comes before the first trial of a run, with workers or without: trials that are nobody's
-- any more wait again, and failed ones where options say so. closed(record): called for each that
-- is nobody's. Returns true; or nil, message, code.
function loop.prepare(study, options, closed)
  local ok, message, code = turns.requeue_stale(study, closed)
  if ok and options.only_failed then ok, message, code = turns.retry_failed(study) end
  if not ok then return nil, message, code end
  return true
end

-- Facts of the run, asked for when a first folder needs them.
local function facts_once()
  local facts
  return function()
    facts = facts or require("circlet.study.run").facts()
    return facts
  end
end

-- Whether a trial that this process ran may be left running: its end could not be written. Then the
-- heartbeat stays, and the next start finds the trial by it.
local function owns_trial(study, worker)
  if not study:refresh() then return true end
  for _, record in pairs(study:record().running) do
    if record.worker == worker then return true end
  end
  return false
end

--- The same without workers: folders for the trials that want one, and a heartbeat.
function loop.alone(study, objective, options)
  local heartbeat = require "circlet.study.heartbeat"
  local facts, worker = facts_once(), study.journal.worker
  local function closed(record, trial)
    if not folders.exists(study, record.number) then return end
    trial = trial or Trial.new(study, record)
    folders.close(study, record, { seed = trial:seed(), run = facts() })
  end
  local ok, message, code = loop.prepare(study, options, closed)
  if ok then ok, message, code = heartbeat.start(study.folder, worker) end
  if not ok then return nil, message, code end
  local guard <close> = setmetatable({}, { -- luacheck: ignore guard
    __close = function()
      study.journal.log:settle()
      if not owns_trial(study, worker) then heartbeat.stop(study.folder, worker) end
    end,
  })
  return loop.run(study, objective, options, {
    began = options.folders and function(trial) trial:folder() end or nil,
    ended = closed,
  })
end

return loop
