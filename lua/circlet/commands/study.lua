--- circlet study show | best | export | report | reproduce | retry.
local commands = require "circlet.commands"
local files = require "circlet.report.files"
local json = require "circlet.json"
local report = require "circlet.report"
local shell = require "circlet.report.shell"
local study_of = require "circlet.study"
local text = require "circlet.report.text"

local study = { name = "study", summary = "Look at a study, and run trials of it again." }

function study.define(command)
  command:require_command(true):command_target "action"
  local function action(name, summary)
    local sub = command:command(name, summary)
    sub:argument("journal", "The study's journal, such as runs/sweep.journal.")
    sub:option("--study", "Its name, where the journal holds several.")
    return sub
  end
  local sub = action("show", "A table of the trials, best first.")
  sub:option("--top", "Rows at most (0: all).", "20"):convert(math.tointeger)
  sub:flag("--all", "Trials that are not complete, too, in the order of their numbers.")
  sub = action("best", "The best trial and its parameters.")
  sub:flag("--json", "As JSON.")
  sub = action("export", "All trials as CSV or JSON lines.")
  sub:option("--format", "csv or jsonl.", "csv"):choices { "csv", "jsonl" }
  sub:option("--out", "A file; standard output by default.")
  sub = action("report", "report.html, figures as PNG and SVG, curves for TensorBoard.")
  sub:option("--out", "A folder; by default `report` in the study's own.")
  sub:flag("--no-figures", "Leave out the pictures, which gnuplot draws.")
  sub:flag("--tensorboard", "Write event files for TensorBoard, too.")
  sub:option("--most", "Trials in the page; of more it shows the best and a part.", "2000")
    :convert(math.tointeger)
  sub = action("reproduce", "Run a trial again: the same script, parameters, random numbers.")
  sub:argument("trial", "Its number."):convert(math.tointeger)
  sub:argument("program", "After --: the program with its arguments (default: the one that ran it)")
    :args "*"
  sub:flag("--print", "Only print the command.")
  action("retry", "Have failed trials run again when the study's script is started next.")
end

-- The study that the flags name. Never makes one.
local function open(flags)
  if not files.kind(flags.journal) then
    commands.fail("there is no journal %s", flags.journal)
  end
  local journal = commands.check(study_of.Journal.open(flags.journal))
  local names, name = {}, flags.study
  for i, record in ipairs(journal:list()) do names[i] = record.name end
  if not name then
    local own = flags.journal:match("([^/]+)$"):gsub("%.[^.]*$", "")
    name = journal.by_name[own] and own or #names == 1 and names[1]
  end
  if not name or not journal.by_name[name] then
    commands.fail("%s holds %s%s", flags.journal,
      #names == 0 and "no study" or "the studies " .. table.concat(names, ", "),
      flags.study and (", not " .. flags.study) or #names > 0 and ": choose by --study" or "")
  end
  return commands.check(study_of.open { path = flags.journal, name = name })
end

local function parameter_names(trials)
  local names, seen = {}, {}
  for _, trial in ipairs(trials) do
    for name in pairs(trial.params) do
      if not seen[name] then seen[name], names[#names + 1] = true, name end
    end
  end
  table.sort(names)
  return names
end

local function shown(value)
  if type(value) == "number" then return ("%.6g"):format(value) end
  return value == json.null and "null" or tostring(value)
end

--- The lines of a ranked table of a study's trials: what `show` prints, and a program after its
-- run. options: top (20; 0: all), all (unfinished trials, too, by number), width, ascii.
function study.table_lines(s, options)
  options = options or {}
  local single = #s.directions == 1
  local list = options.all and s:trials() or single and s:ranked() or s:pareto()
  local names = parameter_names(list)
  local columns = { { key = "number", title = "trial" } }
  if options.all then columns[2] = { key = "state" } end
  for i = 1, #s.directions do
    columns[#columns + 1] = { key = "value" .. i, title = single and "value" or "value " .. i,
                              format = "%.6g" }
  end
  for _, name in ipairs(names) do
    columns[#columns + 1] = { key = "p:" .. name, title = name, format = shown, missing = "",
                              align = "right" }
  end
  local top, rows = options.top or 20, {}
  for i, trial in ipairs(list) do
    if top > 0 and i > top then break end
    local row = { number = trial.number, state = trial.state }
    for k, value in ipairs(trial.values or {}) do row["value" .. k] = value end
    for name, value in pairs(trial.params) do row["p:" .. name] = value end
    rows[i] = row
  end
  local lines = report.table.lines(columns, rows, { width = options.width, ascii = options.ascii })
  if #list > #rows then lines[#lines + 1] = ("... and %d more"):format(#list - #rows) end
  return lines
end

local function counts_text(s)
  local counts, parts = {}, {}
  for _, trial in ipairs(s:record().trials) do
    counts[trial.state] = (counts[trial.state] or 0) + 1
  end
  for _, state in ipairs { "complete", "pruned", "fail", "running", "waiting" } do
    if counts[state] then
      parts[#parts + 1] = ("%d %s"):format(counts[state], state == "fail" and "failed" or state)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or "no trials"
end

local run = {}

function run.show(s, flags)
  print(("study %s: %s; %s"):format(s.name, table.concat(s.directions, ", "), counts_text(s)))
  for _, line in ipairs(study.table_lines(s, { top = flags.top, all = flags.all,
    width = report.terminal.attached "stdout" and report.terminal.columns() or nil,
    ascii = not report.terminal.unicode() })) do
    print(line)
  end
end

function run.best(s, flags)
  local list = #s.directions == 1 and { s:best() } or s:pareto()
  if #list == 0 then commands.fail("no trial of %s is complete", s.name) end
  for _, trial in ipairs(list) do
    if flags.json then
      print(json.encode({ number = trial.number, values = json.array(trial.values),
                          params = trial.params, user_attrs = trial.user_attrs },
        { nan = "null" }))
    else
      local values = {}
      for i, value in ipairs(trial.values) do values[i] = text.number(value) end
      print(("trial %d, value %s"):format(trial.number, table.concat(values, ", ")))
      for _, name in ipairs(parameter_names { trial }) do
        local value = trial.params[name]
        print(("  %s = %s"):format(name, type(value) == "number" and text.number(value)
          or shown(value)))
      end
    end
  end
end

function run.export(s, flags)
  local content = report.study.export[flags.format](s)
  if flags.out then
    commands.check(files.write(flags.out, content))
  else
    io.write(content)
  end
end

--- Writes the report of a study (Study) into `folder`: report.html, figures/, and where options say
-- so tensorboard/. options: figures (true), tensorboard (false), most. Returns a list of lines that
-- say what was written, and of what could not be; or nil, message, code without a page.
function study.report(s, folder, options)
  options = options or {}
  local ok, message, code = files.make_folder(folder)
  if ok then ok, message, code = report.study.html.write(s, folder .. "/report.html", options) end
  if not ok then return nil, message, code end
  local lines = { folder .. "/report.html" }
  if options.figures ~= false then
    local paths
    paths, message = report.study.figures.write(s, folder .. "/figures")
    lines[#lines + 1] = paths and ("%s/figures: %d pictures"):format(folder, #paths)
      or "no pictures: " .. message
  end
  if options.tensorboard then
    local count
    count, message, code = report.study.export.tensorboard(s, folder .. "/tensorboard")
    if not count then return nil, message, code end
    lines[#lines + 1] = ("%s/tensorboard: the curves of %d trials"):format(folder, count)
  end
  return lines
end

function run.report(s, flags)
  local lines = commands.check(study.report(s, flags.out or s.folder .. "/report", {
    figures = not flags.no_figures, tensorboard = flags.tensorboard, most = flags.most }))
  for _, line in ipairs(lines) do print(line) end
end

function run.reproduce(s, flags)
  if not s:record().trials[(flags.trial or -1) + 1] then
    commands.fail("the study %s has no trial %s", s.name, tostring(flags.trial))
  end
  local command, message = require("circlet.study.reproduce").command(s, flags.trial,
    #flags.program > 0 and flags.program or nil)
  if not command then
    commands.fail("%s\n  say how its script is started: circlet study reproduce %s %d -- lua5.4 "
      .. "script.lua ...", message, flags.journal, flags.trial)
  end
  if flags.print then
    print(command)
    return 0
  end
  return shell.execute(command) and 0 or 1
end

function run.retry(s)
  local turns = require "circlet.study.turns"
  local failed = turns.failed(s)
  commands.check(turns.retry_failed(s))
  print(("%d failed trial%s will run again when the study goes on"):format(#failed,
    #failed == 1 and "" or "s"))
end

function study.run(flags) return run[flags.action](open(flags), flags) end

return study
