-- What circlet's journals are to real Optuna, and Optuna's to circlet; run by `make check-optuna`:
--     lua5.4 spec/study/optuna_check.lua PYTHON
-- Exit codes: 0 all holds, 1 something does not, 2 this Python has no Optuna.
package.path = "./?.lua;" .. package.path
local json = require "circlet.json"
local shell = require "circlet.report.shell"
local study = require "circlet.study"
local Journal, distribution = study.Journal, study.distribution
local support = require "spec.study.support"

local python = arg[1] or "python3"
local lua = os.getenv "LUA" or "lua5.4"
local folder = support.folder()

local function peer(...)
  local parts = { shell.quote(python), "spec/study/optuna_peer.py" }
  for _, word in ipairs { ... } do parts[#parts + 1] = shell.quote(word) end
  return table.concat(parts, " ")
end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return pipe:close() and text or error("failed: " .. command, 0)
end

local function optuna_reads(path)
  return assert(json.decode(output(peer("dump", path)), { nan = "bare" }))
end

local function agree(path, what)
  local journal = assert(Journal.open(path))
  local difference = support.difference(optuna_reads(path), support.dump(journal), "studies")
  if difference then error(("%s: Optuna and circlet differ: %s"):format(what, difference), 0) end
  print("ok  " .. what)
  return journal
end

-- A writer of circlet's own: COUNT trials of the parameters that optuna_peer.py asks for.
local writer = [[
local Journal = require "circlet.study.Journal"
local distribution = require "circlet.study.distribution"
local d = {
  x = distribution.encode(distribution.float("x", 1e-4, 1, { log = true })),
  n = distribution.encode(distribution.int("n", 1, 8)),
  kind = distribution.encode(distribution.categorical("kind", { "sgd", "adam" })),
}
local journal, name, seed = assert(Journal.open(arg[1])), arg[2], tonumber(arg[4])
math.randomseed(seed)
for i = 1, arg[3] do
  local study = journal.by_name[name]
  local id = assert(journal:update(function(write)
    write("create_trial", { study_id = study.id, datetime_start = Journal.now() })
    return journal.trial_count
  end))
  local values = { x = 10 ^ (-4 * math.random()), n = math.random(8), kind = math.random(0, 1) }
  for key, value in pairs(values) do
    assert(journal:update(function(write)
      write("set_param", { trial_id = id, param_name = key, param_value_internal = value,
                           distribution = d[key] })
    end, { sync = false }))
  end
  assert(journal:update(function(write)
    write("trial_user_attr", { trial_id = id, user_attr = { writer = "circlet" } })
    write("set_intermediate", { trial_id = id, step = 0, intermediate_value = values.x })
    write("set_state", { trial_id = id, state = 1, datetime_complete = Journal.now(),
                         values = { values.x * values.n + values.kind } })
  end))
end]]

local function circlet_adds(path, name, count, seed)
  local file = folder .. "/writer.lua"
  local handle = assert(io.open(file, "w"))
  handle:write(writer)
  handle:close()
  return ("%s %s %s %s %d %d"):format(lua, file, shell.quote(path), shell.quote(name), count, seed)
end

local function count_writers(record)
  local counts = { circlet = 0, optuna = 0 }
  for _, t in ipairs(record.trials) do
    if t.state ~= "complete" then error(("trial %d is %s"):format(t.number, t.state), 0) end
    counts[t.user_attrs.writer] = counts[t.user_attrs.writer] + 1
  end
  return counts
end

local function expect(expected, actual, what)
  if expected ~= actual then
    error(("%s: %s expected, got %s"):format(what, expected, tostring(actual)), 0)
  end
end

-- Optuna adds trials to a study while two workers of circlet are in the midst of theirs; then these
-- go on.
local function check_workers()
  local path = folder .. "/workers.journal"
  assert(study.open { path = path })
  output(("%s spec/study/job.lua %s 2 optuna '{ trials = 80 }' & for i in $(seq 600); do "
    .. "[ $(ls %s/workers/workers/*.json 2>/dev/null | wc -l) -eq 2 ] && break; sleep 0.05; done; "
    .. "%s; touch %s.go; wait"):format(lua, shell.quote(path), folder,
    peer("add", path, "workers", "20"), path))
  local journal = agree(path, "Optuna adds trials while workers of circlet run")
  local trials, theirs = journal.by_name.workers.trials, {}
  for _, t in ipairs(trials) do
    expect("complete", t.state, "trial " .. t.number)
    if t.user_attrs.writer == "optuna" then theirs[#theirs + 1] = t.number end
  end
  expect(80, #trials, "trials")
  expect(20, #theirs, "trials that Optuna added")
  expect(true, theirs[1] >= 2 and theirs[20] < 78, "trials of circlet before and after them")
end

-- Optuna's own figures of studies that circlet wrote.
local function check_plots(path, single, several)
  local drawn = assert(json.decode(output(peer("plot", path, single, several))))
  if not drawn.plotly then
    return print("PLOTLY IS MISSING, so Optuna's figures were NOT checked (pip install plotly)")
  end
  local names = {}
  for name, traces in pairs(drawn.traces) do
    expect(true, traces > 0, "something drawn in " .. name)
    names[#names + 1] = name
  end
  expect(9, #names, "figures")
  table.sort(names)
  print("ok  Optuna plots them: " .. table.concat(names, ", "))
end

local function check()
  -- A journal that circlet wrote, with all that a journal can hold.
  local path = folder .. "/ours.journal"
  local journal = assert(Journal.open(path, { create = true }))
  local float = distribution.encode(distribution.float("x", 1e-4, 1, { log = true }))
  local now = Journal.now()
  assert(journal:update(function(write)
    write("create_study", { study_name = "ours γ", directions = { 1 } })
    write("study_user_attr", { study_id = 0, user_attr = { data = { "x", json.null } } })
    write("create_trial", { study_id = 0, datetime_start = now })
    write("set_param", { trial_id = 0, param_name = "x", param_value_internal = 0.1 + 0.2,
                         distribution = float })
    write("set_param", { trial_id = 0, param_name = "stepped", param_value_internal = 0.25,
      distribution = distribution.encode(distribution.float("s", 0, 1, { step = 0.25 })) })
    write("set_param", { trial_id = 0, param_name = "c", param_value_internal = 1,
      distribution = distribution.encode(distribution.categorical("c", { "a", json.null, 3 })) })
    write("set_intermediate", { trial_id = 0, step = 1, intermediate_value = 0 / 0 })
    write("set_intermediate", { trial_id = 0, step = 2, intermediate_value = math.huge })
    write("trial_system_attr", { trial_id = 0, system_attr = { ["constraints:k"] = -0.5 } })
    write("set_state", { trial_id = 0, state = 2, values = { 1e-300 }, datetime_complete = now })
    write("create_trial", { study_id = 0, datetime_start = json.null, state = 4,
      system_attrs = { fixed_params = { x = 0.5 } }, user_attrs = { a = 1 } })
    write("create_trial", { study_id = 0, datetime_start = now })
    write("set_state", { trial_id = 2, state = 3, datetime_complete = now })
    write("create_study", { study_name = "gone", directions = { 2 } })
    write("delete_study", { study_id = 1 })
    write("create_study", { study_name = "both", directions = { 1 } })
  end))
  agree(path, "Optuna reads a journal that circlet wrote")

  -- Both write at once.
  local command = table.concat({
    circlet_adds(path, "both", 30, 1), peer("add", path, "both", "15"),
    circlet_adds(path, "both", 30, 2), peer("add", path, "both", "15"),
  }, " & ") .. " & wait"
  output(command)
  journal = agree(path, "two writers of each at once, 90 trials")
  local counts = count_writers(journal.by_name.both)
  expect(60, counts.circlet, "trials that circlet added")
  expect(30, counts.optuna, "trials that Optuna added")

  -- Both compute it from the same formula: what differs is the order of sums.
  local found, mine = assert(json.decode(output(peer("importances", path, "both")))), {}
  for _, entry in ipairs(study.importance(journal.by_name.both)) do
    mine[entry.name] = entry.importance
  end
  for _, name in ipairs { "x", "n", "kind" } do
    expect(("%.9f"):format(found[name]), ("%.9f"):format(mine[name]), "importance of " .. name)
  end
  print(("ok  the same importances as Optuna's PED-ANOVA: x %.2f, n %.2f, kind %.2f"):format(mine.x,
    mine.n, mine.kind))

  -- Half a line, as a process that was killed leaves it: both read on, and circlet repairs it.
  local file = assert(io.open(path, "ab"))
  file:write('{"op_code":4,"worker_id":"dead","study')
  file:close()
  agree(path, "half a last line is passed over by both")
  output(circlet_adds(path, "both", 1, 3))
  output(peer("add", path, "both", "1"))
  journal = agree(path, "after circlet has written, Optuna goes on")
  expect(92, #journal.by_name.both.trials, "trials")

  -- What circlet.study writes, read by Optuna; then Optuna's TPE goes on.
  local a_study = assert(study.open { path = folder .. "/study.journal", name = "s",
    sampler = study.samplers.sobol { seed = 1 }, pruner = study.pruners.asha { eta = 2 } })
  assert(a_study:enqueue { x = 0.5, n = 2 })
  local function objective(t)
    local x, n = t:suggest_float("x", 1e-4, 1, { log = true }), t:suggest_int("n", 1, 8)
    local kind = t:suggest_categorical("kind", { "sgd", "adam" })
    t:set_user_attr("writer", "circlet")
    t:set_constraint("small", x - 0.9)
    for step = 1, 8 do
      t:report(x + n / step, step)
      if t:should_prune() then t:prune() end
    end
    if t.number == 7 then error "broken" end
    return x * n + (kind == "adam" and 1 or 0)
  end
  assert(a_study:optimize(objective, { trials = 30, retries = 1 }))
  agree(folder .. "/study.journal", "a study by circlet: Sobol, ASHA, retries, constraints")
  output(peer("add", folder .. "/study.journal", "s", "10"))
  agree(folder .. "/study.journal", "Optuna adds ten trials to it")
  assert(a_study:optimize(objective, { trials = 45 }))
  agree(folder .. "/study.journal", "and circlet goes on")
  local several = assert(study.open { path = folder .. "/study.journal", name = "two",
    directions = { "minimize", "maximize" } })
  assert(several:optimize(function(t)
    local a, b = t:suggest_float("a", 0, 1), t:suggest_float("b", 0, 1)
    t:set_constraint("k", a - 0.8)
    return a, a * b
  end, { trials = 40 }))
  agree(folder .. "/study.journal", "a study of two objectives")
  local front = {}
  for i, t in ipairs(several:pareto()) do front[i] = t.number end
  expect(output(peer("front", folder .. "/study.journal", "two")),
    table.concat(front, " ") .. "\n", "Pareto set")
  print("ok  the same Pareto set under a constraint: " .. table.concat(front, " "))

  check_plots(folder .. "/study.journal", "s", "two")
  check_workers()

  -- A study of Optuna's, continued by circlet and then by Optuna.
  local theirs = folder .. "/theirs.journal"
  output(peer("write", theirs))
  journal = agree(theirs, "circlet reads a journal that Optuna wrote")
  assert(journal:update(function(write)
    write("create_study", { study_name = "next", directions = { 1 } })
    write("set_state", { trial_id = 9, state = 0, datetime_start = Journal.now() })
    write("set_state", { trial_id = 9, state = 1, values = { 0.5 },
                         datetime_complete = Journal.now() })
  end))
  output(circlet_adds(theirs, "next", 5, 4))
  output(peer("add", theirs, "next", "5"))
  journal = agree(theirs, "circlet goes on with it, then Optuna")
  expect(10, #journal.by_name.next.trials, "trials")
  expect("complete", journal.trials[9].state, "the enqueued trial that circlet ran")
end

local version = shell.output(peer("version") .. " 2>/dev/null")
if not version then
  print("OPTUNA IS MISSING: " .. python .. " cannot import it, so NOTHING was checked.")
  print("  " .. python .. " -m pip install optuna scikit-learn")
  support.remove(folder)
  os.exit(2, true)
end
print("Optuna " .. version)
local good, message = pcall(check)
support.remove(folder)
if not good then
  print("FAILED: " .. tostring(message))
  os.exit(1, true)
end
