-- What a trial costs beside its objective, and how long a long journal takes to open; beside Optuna
-- where a Python has it. A part of `make bench`; alone: make bench-studies
--     lua scripts/bench/studies.lua [--python PYTHON] [--trials 2000] [--long 100000]
-- The disk counts: both libraries wait for it, and how long one wait takes is in the table.
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local uv = require "luv"
local json, report, study = circlet.json, circlet.report, circlet.study
local parser = require "argparse"("lua scripts/bench/studies.lua",
  "The overhead of a trial, and the time to open a journal.")
parser:option("--python", "A Python that has Optuna.", "python3")
parser:option("--trials", "Trials with an empty objective.", "2000"):convert(tonumber)
parser:option("--long", "Trials of the journal to open.", "100000"):convert(tonumber)
parser:option("--folder", "Where the journals stand meanwhile.", root .. "/runs/bench")
parser:option("--out", "Where the figures go, as JSON.")
local flags = parser:parse(arg)
assert(report.files.make_folder(flags.folder))
local path = flags.folder .. "/overhead.journal"

local function seconds(f)
  local start = circlet.tic()
  f()
  return circlet.toc(start)
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- One append that waits for the disk, in milliseconds.
local function disk()
  local file = assert(uv.fs_open(path, "a", 420))
  local times = {}
  for i = 1, 50 do
    times[i] = 1e3 * seconds(function()
      assert(uv.fs_write(file, ("x"):rep(300) .. "\n", -1))
      assert(uv.fs_fsync(file))
    end)
  end
  uv.fs_close(file)
  os.remove(path)
  return median(times)
end

-- Milliseconds a trial; `parameters` are asked for by the objective.
local function overhead(parameters)
  os.remove(path)
  local s = assert(study.open { path = path, sampler = study.samplers.random { seed = 1 } })
  local took = seconds(function()
    assert(s:optimize(function(trial)
      for i = 1, parameters do trial:suggest_float("x" .. i, 0, 1) end
      return 0
    end, { trials = flags.trials }))
  end)
  os.remove(path)
  return 1e3 * took / flags.trials
end

-- A journal as Optuna writes it: four lines a trial, two parameters.
local function write_long()
  local file = assert(io.open(path, "w"))
  local head = '{"op_code":%d,"worker_id":"71b3fd1f-4cd8-4d46-8788-70e292545b78-140631809227648",'
  local time = "2026-01-02T%02d:%02d:%02d.%06d+00:00"
  local param = '"trial_id":%d,"param_name":"%s","param_value_internal":%.17g,"distribution":'
    .. '"{\\"name\\": \\"FloatDistribution\\", \\"attributes\\": {\\"step\\": null, '
    .. '\\"low\\": 0.0, \\"high\\": 1.0, \\"log\\": false}}"}\n'
  local done = '"trial_id":%d,"state":1,"values":[%.17g],"datetime_complete":"%s"}\n'
  local draw = circlet.Generator(1)
  file:write(head:format(0), '"study_name":"long","directions":[1]}\n')
  for id = 0, flags.long - 1 do
    local now = time:format(id // 3600 % 24, id // 60 % 60, id % 60, id % 1000000)
    file:write(head:format(4), ('"study_id":0,"datetime_start":"%s"}\n'):format(now))
    for _, name in ipairs { "gamma", "m" } do
      file:write(head:format(5), param:format(id, name, circlet.uniform(draw, 0, 1)))
    end
    file:write(head:format(6), done:format(id, circlet.uniform(draw, 0, 1), now))
  end
  file:close()
end

local function open_long()
  local times = {}
  for i = 1, 3 do
    collectgarbage()
    times[i] = seconds(function()
      assert(#assert(study.Journal.open(path)).by_name.long.trials == flags.long)
    end)
  end
  return median(times)
end

local function peer(...)
  local words = {}
  for i, word in ipairs { flags.python, root .. "/scripts/bench/studies.py", ... } do
    words[i] = report.shell.quote(word)
  end
  local text = report.shell.output(table.concat(words, " "))
  return text and json.decode(text)
end

local rows = { { what = "one wait for the disk, ms", circlet = disk() } }
local theirs = peer("overhead", path, tostring(flags.trials))
if not theirs then
  io.stderr:write("studies: OPTUNA IS MISSING: ", flags.python,
    " cannot run studies.py, so circlet is shown alone (make bench-peers)\n")
end
for _, parameters in ipairs { 0, 2 } do
  -- In turns, the quieter of two each.
  local ours, other = overhead(parameters), theirs and theirs[tostring(parameters)]
  ours = math.min(ours, overhead(parameters))
  rows[#rows + 1] = { what = ("a trial with %d parameters, ms"):format(parameters), circlet = ours,
                      optuna = other, ratio = other and ours / other }
end
write_long()
local ours, other = open_long(), theirs and peer("open", path)
rows[#rows + 1] = { what = ("opening a journal of %d trials, s"):format(flags.long), circlet = ours,
                    optuna = other and other.seconds, ratio = other and ours / other.seconds }
os.remove(path)
print(("Studies: %d trials, random sampler%s\n"):format(flags.trials,
  theirs and "; Optuna " .. theirs.version or ""))
print(report.table.render({
  { key = "what", title = "" }, { key = "circlet", format = "%.3f" },
  { key = "optuna", title = "Optuna", format = "%.3f", missing = "" },
  { key = "ratio", title = "circlet / Optuna", format = "%.3f", missing = "" },
}, rows, { ascii = not report.terminal.unicode() }))
if flags.out then
  assert(report.files.write(flags.out, json.encode {
    optuna = theirs and theirs.version, trials = flags.trials, rows = rows } .. "\n"))
end
