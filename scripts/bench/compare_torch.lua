-- circlet beside PyTorch on the same training: same model, same batches, same settings.
--
--     lua scripts/bench/compare_torch.lua --python /path/to/python-with-torch
--
-- Four parts: `exact` starts both in double precision from the same weights and compares the
-- losses of twenty steps; `quality` trains both in single precision over several seeds and compares
-- what the embeddings retrieve; `speed` times a training step of each and its phases, turn by turn;
-- `sweep` times eighteen settings, an epoch and an evaluation each. Writes
-- scripts/bench/results/compare_torch.json and prints tables in Markdown. Exit code 1 when the
-- losses of `exact` differ by more than the bar.
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local argparse = require "argparse"
local circlet = require "circlet"
local json = require "circlet.json"
local train = require "circlet.train"
local report = circlet.report
local files, shell, text = report.files, report.shell, report.text

local bar = 1e-8 -- largest relative difference of a loss, in double precision

local parser = argparse("lua scripts/bench/compare_torch.lua", "circlet beside PyTorch.")
parser:option("--python", "Interpreter that has torch."):default("python3"):argname("<path>")
parser:option("--parts", "Of exact, quality, speed, sweep."):default("exact,quality,speed,sweep")
  :argname("<list>")
parser:option("--seeds", "Seeds per setting of `quality`."):default("3"):convert(tonumber)
  :argname("<n>")
parser:option("--epochs", "Epochs of `quality`."):default("2"):convert(tonumber):argname("<n>")
parser:option("--rounds", "Turns of `speed`."):default("3"):convert(tonumber):argname("<n>")
parser:option("--threads", "For both."):default("2"):convert(tonumber):argname("<n>")
parser:option("--out", "Result file; parts that are not run stay in it.")
  :default(root .. "scripts/bench/results/compare_torch.json"):argname("<path>")
local flags = parser:parse()

local folder = "/usr/share/datasets/fashion-mnist"
local scratch = os.tmpname()

local function ran(part) return flags.parts:find(part, 1, true) ~= nil end

local function must(value, message)
  if value == nil or value == false then error(message, 0) end
  return value
end

local function ask_torch(job)
  job.folder, job.threads = folder, flags.threads
  must(files.write(scratch .. "/job.json", json.encode(job)))
  must(shell.run { flags.python, root .. "scripts/bench/compare_torch.py", scratch .. "/job.json",
    scratch .. "/result.json" })
  return must(json.decode(must(files.read(scratch .. "/result.json"))))
end

local function sampler_of(task, case, seed)
  return circlet.data.PKSampler(task.train.labels, case.classes, case.samples, { seed = seed })
end

-- Writes the rows of `steps` batches as a .npy file [steps, batch] and returns its path.
local function export_batches(task, case, seed, steps)
  local sampler = sampler_of(task, case, seed)
  local rows = circlet.LongTensor(steps, case.classes * case.samples)
  for step = 1, steps do rows:select(1, step):copy(sampler:next()) end
  local path = ("%s/batches-%dx%d-%d-%d.npy"):format(scratch, case.classes, case.samples, seed,
    steps)
  must(circlet.npy.save(path, rows))
  return path
end

-- Part 1: twenty steps in double precision from the same weights.
local function exact(task, case, bytes)
  local steps, seed = 20, 1
  circlet.manualSeed(seed)
  local model = train.models[case.model](task.shape, 64):double()
  local weights, paths = model:parameters(), {}
  for i, weight in ipairs(weights) do
    paths[i] = ("%s/weight-%d.npy"):format(scratch, i)
    must(circlet.npy.save(paths[i], weight:contiguous()))
  end
  local theirs = ask_torch { mode = "exact", model = case.model, gamma = case.gamma, m = 0.25,
    weights = paths, batches = export_batches(task, case, seed, steps) }

  local criterion = circlet.nn.CircleCriterion(0.25, case.gamma)
  local sampler = sampler_of(task, case, seed)
  local x, gradient = model:getParameters()
  local optimiser, largest = { learningRate = 1e-3 }, 0
  for step = 1, steps do
    local rows = sampler:next()
    -- From the bytes on in double, as the other side does it.
    local inputs = bytes:index(1, rows):double():div(255):add(-0.286):div(0.353)
    inputs = inputs:view(rows:nElement(), table.unpack(task.shape))
    local labels = task.train.labels:index(1, rows)
    gradient:zero()
    local loss = criterion:forward(model:forward(inputs), labels)
    model:backward(inputs, criterion:backward(model.output, labels))
    circlet.optim.adam(function() return loss, gradient end, x, optimiser)
    local other = theirs.losses[step]
    largest = math.max(largest, math.abs(loss - other) / math.abs(other))
  end
  return { model = case.model, batch = case.classes * case.samples, gamma = case.gamma,
    steps = steps, first_loss = theirs.losses[1], last_loss = theirs.losses[steps],
    largest_relative_difference = largest, torch = theirs.torch }
end

local function settings_of(case, seed)
  return { model = case.model, loss = "pair", gamma = case.gamma, m = 0.25, dim = 64, seed = seed,
    classes_per_batch = case.classes, samples_per_class = case.samples, learning_rate = 1e-3 }
end

local measures = { "recall_at_1", "r_precision", "map_at_r" }

local function mean_and_sd(list)
  local sum, squares = 0, 0
  for _, x in ipairs(list) do sum = sum + x end
  local mean = sum / #list
  for _, x in ipairs(list) do squares = squares + (x - mean) ^ 2 end
  return { mean = mean, sd = #list > 1 and math.sqrt(squares / (#list - 1)) or 0 }
end

-- Part 2: the same number of epochs over the same batches, weights drawn by each side.
local function quality(task, cases)
  local rows = {}
  for i, case in ipairs(cases) do
    for _, side in ipairs { "circlet", "PyTorch" } do
      rows[#rows + 1] = { model = case.model, batch = case.classes * case.samples,
        gamma = case.gamma, side = side, values = { {}, {}, {} }, case = i }
    end
  end
  local function note(row, values)
    for k = 1, 3 do table.insert(row.values[k], values[k]) end
  end
  for seed = 1, flags.seeds do
    local job = { mode = "quality", seed = seed, cases = {} }
    for i, case in ipairs(cases) do
      local trainer = train.Trainer.new(task, settings_of(case, seed))
      for _ = 1, flags.epochs do trainer:run_epoch() end
      local ours = train.evaluate.split(task.test, trainer.model)
      note(rows[2 * i - 1], { ours.recall_at_1, ours.r_precision, ours.map_at_r })
      job.cases[i] = { model = case.model, gamma = case.gamma, m = 0.25,
        batches = export_batches(task, case, seed, flags.epochs * trainer:steps()) }
    end
    io.stderr:write(("quality: seed %d of %d\n"):format(seed, flags.seeds))
    for i, values in ipairs(ask_torch(job).results) do note(rows[2 * i], values) end
  end
  for _, row in ipairs(rows) do
    for k, name in ipairs(measures) do row[name] = mean_and_sd(row.values[k]) end
    row.values, row.case = nil, nil
  end
  return rows
end

local function median(list)
  local sorted = { table.unpack(list) }
  table.sort(sorted)
  local n = #sorted
  local middle = math.ceil(n / 2)
  return n % 2 == 1 and sorted[middle] or (sorted[middle] + sorted[middle + 1]) / 2
end

local phases = { "data", "forward", "loss", "loss backward", "backward", "Adam" }

-- Medians over steps in milliseconds: of whole steps, and of the phases of as many more.
local function time_ours(task, case)
  local trainer, times, ended = train.Trainer.new(task, settings_of(case, 1)), {}, {}
  local timer = circlet.Timer()
  for step = 1, case.steps do
    local begun = timer:time().real
    trainer:step()
    if step > case.warm_up then times[#times + 1] = timer:time().real - begun end
  end
  for _, name in ipairs(phases) do ended[name] = {} end
  for step = 1, case.steps do
    local last = timer:time().real
    trainer:step(function(name)
      local now = timer:time().real
      if step > case.warm_up then table.insert(ended[name], now - last) end
      last = now
    end)
  end
  local result = { step = 1000 * median(times), phases = {} }
  for i, name in ipairs(phases) do result.phases[i] = 1000 * median(ended[name]) end
  return result
end

-- Of several rounds, for each figure, the round that was disturbed least.
local function least(rounds)
  local result = { step = math.huge, phases = {} }
  for _, round in ipairs(rounds) do
    result.step = math.min(result.step, round.step)
    for i, ms in ipairs(round.phases) do
      result.phases[i] = math.min(result.phases[i] or math.huge, ms)
    end
  end
  return result
end

-- Part 3: milliseconds a step, the two sides taking turns so that both meet the same machine.
local function speed(task, cases)
  local rows, rounds = {}, {}
  local job = { mode = "speed", cases = {} }
  for i, case in ipairs(cases) do
    rounds[i] = { circlet = {}, torch = {} }
    job.cases[i] = { model = case.model, gamma = case.gamma, m = 0.25, warm_up = case.warm_up,
      batches = export_batches(task, case, 1, case.steps) }
  end
  for round = 1, flags.rounds do
    for i, case in ipairs(cases) do table.insert(rounds[i].circlet, time_ours(task, case)) end
    for i, result in ipairs(ask_torch(job).results) do table.insert(rounds[i].torch, result) end
    io.stderr:write(("speed: round %d of %d\n"):format(round, flags.rounds))
  end
  for i, case in ipairs(cases) do
    local ours, theirs = least(rounds[i].circlet), least(rounds[i].torch)
    local row = { model = case.model, batch = case.classes * case.samples, gamma = case.gamma,
      circlet = ours.step, torch = theirs.step, ratio = theirs.step / ours.step, phases = {} }
    for k, name in ipairs(phases) do
      row.phases[name] = { circlet = ours.phases[k], torch = theirs.phases[k] }
    end
    rows[i] = row
  end
  return rows
end

-- Part 4: eighteen settings of gamma and m; the MLP, batches of 500, an epoch and an evaluation.
local function sweep(task)
  local case = { model = "mlp", classes = 10, samples = 50 }
  local settings, best = {}, { circlet = math.huge, torch = math.huge }
  for _, gamma in ipairs { 16, 32, 64, 128, 256, 512 } do
    for _, m in ipairs { 0, 0.25, 0.4 } do settings[#settings + 1] = { gamma = gamma, m = m } end
  end
  local function ours()
    local timer = circlet.Timer()
    for _, setting in ipairs(settings) do
      local options = settings_of({ model = case.model, gamma = setting.gamma,
        classes = case.classes, samples = case.samples }, 1)
      options.m = setting.m
      local trainer = train.Trainer.new(task, options)
      trainer:run_epoch()
      train.evaluate.split(task.test, trainer.model)
    end
    return timer:time().real
  end
  local steps = sampler_of(task, case, 1):size()
  local job = { mode = "sweep", settings = settings,
    batches = export_batches(task, case, 1, steps) }
  for round = 1, math.min(2, flags.rounds) do
    best.circlet = math.min(best.circlet, ours())
    best.torch = math.min(best.torch, ask_torch(job).seconds)
    io.stderr:write(("sweep: round %d\n"):format(round))
  end
  return { settings = #settings, steps = steps, circlet = best.circlet, torch = best.torch,
    ratio = best.torch / best.circlet }
end

local function plus_minus(value) return ("%.3f ± %.3f"):format(value.mean, value.sd) end

local function print_tables(result)
  local common = { { key = "model" }, { key = "batch" }, { key = "gamma" } }
  local function columns(more)
    local list = { table.unpack(common) }
    for _, column in ipairs(more) do list[#list + 1] = column end
    return list
  end
  if ran "exact" then
    print("\nDouble precision, the same weights and batches, twenty steps:\n")
    print(report.table.markdown(columns {
      { key = "largest_relative_difference", title = "largest relative difference of a loss",
        format = "%.1e" } }, result.exact))
  end
  if ran "quality" then
    local count = circlet.report.text.count
    print(("\nClosed set, %s, %s, mean ± sd:\n"):format(count(flags.epochs, "epoch"),
      count(flags.seeds, "seed")))
    print(report.table.markdown(columns { { key = "side", title = "" },
      { key = "recall_at_1", title = "R@1", format = plus_minus },
      { key = "r_precision", title = "R-precision", format = plus_minus },
      { key = "map_at_r", title = "MAP@R", format = plus_minus } }, result.quality))
  end
  if ran "speed" then
    print(("\nMilliseconds per training step, %d threads:\n"):format(flags.threads))
    print(report.table.markdown(columns { { key = "circlet", format = "%.2f" },
      { key = "torch", title = "PyTorch", format = "%.2f" },
      { key = "ratio", title = "PyTorch / circlet", format = "%.2f" } }, result.speed))
    local parts, list = {}, {}
    for _, name in ipairs(phases) do list[#list + 1] = { key = name } end
    for _, row in ipairs(result.speed) do
      local part = { model = row.model, batch = row.batch, gamma = row.gamma }
      for name, ms in pairs(row.phases) do
        part[name] = ("%.2f / %.2f"):format(ms.circlet, ms.torch)
      end
      parts[#parts + 1] = part
    end
    print("\nMilliseconds per phase, circlet / PyTorch:\n")
    print(report.table.markdown(columns(list), parts))
  end
end

local function print_sweep(result)
  print(("\n%d settings of %d steps and an evaluation: circlet %.1f s, PyTorch %.1f s, %.2f times"
    ):format(result.settings, result.steps, result.circlet, result.torch, result.ratio))
end

local function main()
  local torch = shell.output(shell.quote(flags.python)
    .. " -c 'import numpy, torch; print(torch.__version__)'")
  if not torch then
    print(("skipped: %s has no torch and numpy (make compare-torch PYTHON=/path/to/python)"):format(
      flags.python))
    return true
  end
  os.remove(scratch)
  must(files.make_folder(scratch))
  circlet.setnumthreads(flags.threads)
  local task = must(train.task.load("fashion_mnist", "closed"))
  local bytes = must(circlet.data.fashion_mnist()).train.images
  local result = report.record.new("scripts/bench/compare_torch.lua",
    { parts = flags.parts, seeds = flags.seeds, epochs = flags.epochs, rounds = flags.rounds },
    root)
  result.versions.torch = torch:match("^[^+]*")
  result.machine.load = tonumber((files.read("/proc/loadavg") or ""):match("^%S+"))
  -- Parts that are not run now stay as they were.
  local earlier = json.decode(files.read(flags.out) or "{}") or {}
  for _, part in ipairs { "exact", "quality", "speed", "sweep" } do result[part] = earlier[part] end
  local agree = true
  if ran "exact" then
    result.exact = {}
    for _, case in ipairs {
      { model = "mlp", classes = 10, samples = 50, gamma = 64 },
      { model = "mlp", classes = 10, samples = 50, gamma = 256 },
      { model = "conv", classes = 10, samples = 10, gamma = 64 },
      { model = "conv", classes = 10, samples = 10, gamma = 256 } } do
      local row = exact(task, case, bytes)
      table.insert(result.exact, row)
      agree = agree and row.largest_relative_difference <= bar
    end
  end
  if ran "quality" then
    result.quality = quality(task, {
      { model = "mlp", classes = 10, samples = 10, gamma = 64 },
      { model = "mlp", classes = 10, samples = 10, gamma = 256 },
      { model = "mlp", classes = 10, samples = 50, gamma = 64 },
      { model = "mlp", classes = 10, samples = 50, gamma = 256 } })
  end
  if ran "speed" then
    result.speed = speed(task, {
      { model = "mlp", classes = 10, samples = 50, gamma = 256, steps = 120, warm_up = 20 },
      { model = "mlp", classes = 10, samples = 10, gamma = 256, steps = 300, warm_up = 50 },
      { model = "conv", classes = 10, samples = 50, gamma = 256, steps = 20, warm_up = 5 },
      { model = "conv", classes = 10, samples = 10, gamma = 256, steps = 60, warm_up = 10 } })
  end
  if ran "sweep" then result.sweep = sweep(task) end
  must(files.make_folder(flags.out:match("^(.*)/") or "."))
  must(files.write(flags.out, json.encode(result) .. "\n"))
  print_tables(result)
  if ran "sweep" then print_sweep(result.sweep) end
  print(("\n%s, %d threads, torch %s; %s"):format(result.machine.processor, flags.threads,
    result.versions.torch, flags.out))
  if not agree then
    io.stderr:write(("compare_torch: losses differ by more than %s\n"):format(text.number(bar)))
  end
  return agree
end

local good, agree = pcall(main)
os.execute("rm -rf " .. shell.quote(scratch))
if not good then io.stderr:write("compare_torch: ", tostring(agree), "\n") end
os.exit(good and agree and 0 or 1, true)
