--- Running a trial of a study again: the same script, parameters and random numbers, beside the
-- study and not in it.
--
-- The trial's record.json says which program ran it. That program is started once more with the
-- order in its environment; when it comes to optimize() of the study, the objective runs once, in a
-- study of its own below the study's folder (reproduced/NNNNN), and the process ends.
local uv = require "luv"
local files = require "circlet.report.files"
local folders = require "circlet.study.folders"
local json = require "circlet.json"
local shell = require "circlet.report.shell"
local text = require "circlet.report.text"

local reproduce = {}

--- The environment variable that carries the order.
reproduce.variable = "CIRCLET_STUDY_REPRODUCE"

-- The trial's record.json, or nil, message, code.
local function facts_of(study, number)
  local path = folders.trial(study, number) .. "/record.json"
  local content, message, code = files.read(path)
  if not content then return nil, message, code end
  local facts
  facts, message, code = json.decode(content)
  if type(facts) == "table" then return facts end
  return nil, ("%s: %s"):format(path, message or "no record"), code or "format"
end

-- What ran the trial, as its record.json has it.
local function run_of(study, number)
  local facts, message, code = facts_of(study, number)
  if not facts then return nil, message, code end
  local path, run = folders.trial(study, number) .. "/record.json", facts.run
  if type(run) ~= "table" or type(run.script) ~= "string" then
    return nil, path .. " does not say which script ran the trial", "format"
  end
  return run
end

--- The command that runs trial `number` of `study` again, for a shell. words: the program with its
-- arguments, a list; by default the one that ran the trial, in the folder where it did. Returns
-- nil, message, code when that is not known.
function reproduce.command(study, number, words)
  local parts = {}
  if not words then
    local run, message, code = run_of(study, number)
    if not run then return nil, message, code end
    words = table.move(run.interpreter or { "lua5.4" }, 1, #(run.interpreter or { 1 }), 1, {})
    words[#words + 1] = run.script
    table.move(run.arguments or {}, 1, #(run.arguments or {}), #words + 1, words)
    if run.folder then parts[1] = "cd " .. shell.quote(run.folder) .. " &&" end
    local threads = math.tointeger(run.threads)
    if threads then parts[#parts + 1] = "OMP_NUM_THREADS=" .. threads end
  end
  parts[#parts + 1] = reproduce.variable .. "=" .. shell.quote(json.encode {
    journal = study.journal.path, study = study.name, number = number })
  for _, word in ipairs(words) do parts[#parts + 1] = shell.quote(word) end
  return table.concat(parts, " ")
end

--- The order that this process was started with if it is about `study`: its number; otherwise nil.
function reproduce.order(study)
  local order = json.decode(os.getenv(reproduce.variable) or "null")
  if type(order) ~= "table" or order.journal ~= study.journal.path or order.study ~= study.name then
    return nil
  end
  return math.tointeger(order.number)
end

-- A study of one trial with the parameters of `record`.
local function beside(study, record)
  local folder = ("%s/reproduced/%05d"):format(study.folder, record.number)
  local ok, message, code = files.make_folder(folder)
  if not ok then return nil, message, code end
  local path = folder .. "/trial.journal"
  os.remove(path)
  local Study = require "circlet.study.Study"
  local copy
  copy, message, code = Study.open { path = path, name = study.name, folder = folder,
    directions = study.directions, sampler = study.sampler, seed = study.seed }
  if not copy then return nil, message, code end
  local params = {}
  for name, value in pairs(record.params) do params[name] = value end
  ok, message, code = copy:enqueue(params)
  if not ok then return nil, message, code end
  return copy
end

local function words_of(values)
  local words = {}
  for i, value in ipairs(values) do words[i] = text.number(value) end
  return table.concat(words, ", ")
end

-- Whether the data are those of the trial, as far as its record.json and this study tell; says what
-- they tell.
local function same_data(study, number, say)
  local facts, now = facts_of(study, number), study:data_hash()
  local there = facts and facts.data_hash
  if there == now then
    if now then say(("  the same data (%s)"):format(now)) end
    return true
  end
  if there and now then
    say(("  OTHER DATA: %s then, %s now"):format(there, now))
    return false
  end
  say(there and ("  its data (%s) cannot be compared: this study was opened without"):format(there)
    or "  whether its data were the same is not known")
  return true
end

--- Runs trial `number` of `study` again, in this process, and says how its values and its data
-- (record.json's hash) compare. Returns true when the values are the same to the last bit (or there
-- were none) and the data did not differ, otherwise false; nil, message, code when it cannot run or
-- fails. say(line): print by default.
function reproduce.run(study, objective, number, say)
  say = say or print
  local record = study:record().trials[number + 1]
  if not record then return nil, ("the study has no trial %d"):format(number), "format" end
  local copy, message, code = beside(study, record)
  if not copy then return nil, message, code end
  local trial
  trial, message, code = copy:ask()
  if not trial then return nil, message, code end
  trial.number, trial.index = number, record.index -- what its random numbers depend on
  local outcome = require("circlet.study.loop").once(copy, objective, trial)
  local ok
  ok, message, code = copy:tell(trial, outcome.values or outcome.error,
    outcome.state == "fail" and "fail" or nil)
  if not ok then return nil, message, code end
  if outcome.state ~= "complete" then
    return nil, ("trial %d ended as %s: %s"):format(number, outcome.state, outcome.error or ""),
      "trial"
  end
  say(("trial %d again: value %s"):format(number, words_of(outcome.values)))
  say(("  its folder: %s"):format(trial:folder()))
  local same = same_data(study, number, say)
  if record.state ~= "complete" then
    say(("  in the study it is %s"):format(record.state))
    return same
  end
  local equal = true
  for i, value in ipairs(outcome.values) do equal = equal and value == record.values[i] end
  say(equal and "  the same value, to the last bit"
    or ("  in the study it has %s"):format(words_of(record.values)))
  return equal and same
end

--- Does what reproduce.run does and ends the process: 0 the same, 1 different or failed.
function reproduce.finish(study, objective, number)
  uv.os_unsetenv(reproduce.variable) -- programs that this one starts have no order
  local same, message = reproduce.run(study, objective, number)
  if same == nil then io.stderr:write("circlet: ", tostring(message), "\n") end
  os.exit(same and 0 or 1, true)
end

return reproduce
