-- How good the samplers of circlet.study are beside Optuna's: the best value after the same number
-- of trials on standard test functions, mean over seeds. `make bench-samplers`.
--     lua scripts/bench/samplers.lua --python PYTHON [--seeds 20] [--trials 100] [--out FILE]
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local json, report, study = circlet.json, circlet.report, circlet.study
local parser = require "argparse"("lua scripts/bench/samplers.lua",
  "The best value after equal numbers of trials, by circlet's samplers and by Optuna's.")
parser:option("--python", "A Python that has Optuna and cmaes.", "python3")
parser:option("--seeds", "Runs of each.", "20"):convert(tonumber)
parser:option("--first", "The first of circlet's seeds.", "1"):convert(tonumber)
parser:option("--trials", "Trials a run.", "100"):convert(tonumber)
parser:option("--out", "Where the figures go, as JSON.")
local flags = parser:parse(arg)

local sin, cos, exp, sqrt, pi = math.sin, math.cos, math.exp, math.sqrt, math.pi

local hartmann = {
  weight = { 1, 1.2, 3, 3.2 },
  a = { { 10, 3, 17, 3.5, 1.7, 8 }, { 0.05, 10, 17, 0.1, 8, 14 }, { 3, 3.5, 1.7, 10, 17, 8 },
        { 17, 8, 0.05, 10, 0.1, 14 } },
  p = { { 1312, 1696, 5569, 124, 8283, 5886 }, { 2329, 4135, 8307, 3736, 1004, 9991 },
        { 2348, 1451, 3522, 2883, 3047, 6650 }, { 4047, 8828, 8732, 5743, 1091, 381 } },
}

-- Name, dimensions, ends, least value, function of a list. scripts/bench/samplers.py has the same.
local functions = {
  { "sphere", 5, -5, 5, 0, function(x)
    local sum = 0
    for _, v in ipairs(x) do sum = sum + v * v end
    return sum
  end },
  { "rosenbrock", 2, -2, 2, 0, function(x)
    return 100 * (x[2] - x[1] ^ 2) ^ 2 + (1 - x[1]) ^ 2
  end },
  { "branin", 2, 0, 15, 0.39788735772973816, function(x)
    local a, b = x[1] - 5, x[2] -- Branin's first range is -5..10
    return (b - 5.1 / (4 * pi * pi) * a * a + 5 / pi * a - 6) ^ 2
      + 10 * (1 - 1 / (8 * pi)) * cos(a) + 10
  end },
  { "hartmann6", 6, 0, 1, -3.322368011415515, function(x)
    local sum = 0
    for i = 1, 4 do
      local inner = 0
      for j = 1, 6 do inner = inner + hartmann.a[i][j] * (x[j] - hartmann.p[i][j] / 1e4) ^ 2 end
      sum = sum - hartmann.weight[i] * exp(-inner)
    end
    return sum
  end },
  { "ackley", 4, -10, 20, 0, function(x)
    local squares, waves = 0, 0
    for _, v in ipairs(x) do squares, waves = squares + v * v, waves + cos(2 * pi * v) end
    return 20 + exp(1) - 20 * exp(-0.2 * sqrt(squares / #x)) - exp(waves / #x)
  end },
  { "levy", 3, -10, 10, 0, function(x)
    local w = {}
    for i, v in ipairs(x) do w[i] = 1 + (v - 1) / 4 end
    local sum = sin(pi * w[1]) ^ 2 + (w[#w] - 1) ^ 2 * (1 + sin(2 * pi * w[#w]) ^ 2)
    for i = 1, #w - 1 do sum = sum + (w[i] - 1) ^ 2 * (1 + 10 * sin(pi * w[i] + 1) ^ 2) end
    return sum
  end },
}

local function best_of(kind, row, seed)
  local _, dimensions, low, high, _, f = table.unpack(row)
  local path = os.tmpname()
  -- The quality is measured here, not the disk.
  local sampler = study.samplers[kind] { seed = seed }
  local s = assert(study.open { path = path, sampler = sampler, sync = false })
  assert(s:optimize(function(trial)
    local x = {}
    for i = 1, dimensions do x[i] = trial:suggest_float("x" .. i, low, high) end
    return f(x)
  end, { trials = flags.trials }))
  os.remove(path)
  return s:best().value
end

local function theirs()
  local command = ("%s %s %d %d"):format(report.shell.quote(flags.python),
    report.shell.quote(root .. "/scripts/bench/samplers.py"), flags.seeds, flags.trials)
  local text = report.shell.output(command)
  if not text then
    io.stderr:write("samplers: OPTUNA IS MISSING: ", flags.python,
      " cannot run samplers.py, so circlet's samplers are shown alone (make bench-peers)\n")
    return nil
  end
  return assert(json.decode(text))
end

local function mean_sd(list)
  local sum, squares = 0, 0
  for _, x in ipairs(list) do sum = sum + x end
  for _, x in ipairs(list) do squares = squares + (x - sum / #list) ^ 2 end
  return sum / #list, sqrt(squares / math.max(1, #list - 1))
end

local peer = theirs()
local rows = {}
for _, row in ipairs(functions) do
  for _, kind in ipairs { "random", "tpe", "cmaes" } do
    local values = {}
    for i = 1, flags.seeds do values[i] = best_of(kind, row, flags.first + i - 1) - row[5] end
    local line = { name = row[1] .. " " .. row[2], sampler = kind, values = values }
    line.circlet, line.circlet_sd = mean_sd(values)
    if peer then
      line.peer_values = {}
      for i, value in ipairs(peer.values[row[1]][kind]) do line.peer_values[i] = value - row[5] end
      line.optuna, line.optuna_sd = mean_sd(line.peer_values)
      line.ratio = line.circlet / line.optuna
    end
    rows[#rows + 1] = line
    io.stderr:write(".")
  end
end
io.stderr:write("\n")
print(("Best value above the least after %d trials, mean over %d seeds%s:\n"):format(flags.trials,
  flags.seeds, peer and "; Optuna " .. peer.version or ""))
print(report.table.render({
  { key = "name", title = "function" }, { key = "sampler" },
  { key = "circlet", format = "%.4g" }, { key = "circlet_sd", title = "sd", format = "%.2g" },
  { key = "optuna", title = "Optuna", format = "%.4g", missing = "" },
  { key = "optuna_sd", title = "sd", format = "%.2g", missing = "" },
  { key = "ratio", title = "circlet / Optuna", format = "%.2f", missing = "" },
}, rows, { ascii = not report.terminal.unicode() }))
if flags.out then
  assert(report.files.write(flags.out, json.encode {
    optuna = peer and peer.version, trials = flags.trials, seeds = flags.seeds, rows = rows,
  } .. "\n"))
end
