-- Figure 3 of the Circle Loss paper: how much retrieval depends on the scale gamma and on the
-- margin m, for Circle Loss (class-level and pair-wise) and for AM-Softmax.
--
--     lua scripts/paper/sensitivity.lua
--     lua scripts/paper/sensitivity.lua --data FOLDER --model conv --epochs 10       (Omniglot)
--
-- gamma goes over its list at the first m of --at, m over its list at the first gamma. The study is
-- kept in --out: the same command goes on where it stopped.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local train, lines = circlet.train, circlet.plot.lines
local options, tables, count = train.options, circlet.report.table, circlet.report.text.count

-- Under which names a loss has gamma and m.
local losses = { "class", "cosface", "pair" }
local names = { class = { "gamma", "m" }, pair = { "gamma", "m" }, cosface = { "scale", "margin" } }

local parser = options.parser("lua scripts/paper/sensitivity.lua",
  "Trains three losses over a range of gamma and a range of m (figure 3 of the paper).", nil,
  { "--loss" })
parser:option("--gamma", "Scales, as a list."):convert(options.list(options.positive))
parser:option("--m", "Margins, as a list (--m=-0.1,0)."):convert(options.list(options.real))
parser:option("--at-gamma", "The scale while m varies (default: 256)."):argname("<x>")
  :convert(options.positive)
parser:option("--at-m", "The margin while gamma varies (default: 0.25)."):argname("<x>")
  :convert(options.real)
parser:option("--seeds", "Runs of each setting (default: 2)."):argname("<n>"):convert(options.count)
parser:option("--results", "Folder for table and pictures (default: that of --out).")
  :argname("<folder>")
parser:flag("--quick", "A small budget, to see that all works: the results mean nothing.")
local settings, how, place = options.of_study(parser, arg, {
  gamma = { 32, 64, 128, 256, 512, 1024 }, m = { -0.2, -0.1, 0, 0.1, 0.2, 0.3 }, at_gamma = 256,
  at_m = 0.25, seeds = 2,
})
local results, seed = settings.results, settings.seed
settings.results, settings.loss = nil, nil
if settings.quick then
  settings.steps, settings.seeds, settings.gamma, settings.m = 3, 1, { 32, 256 }, { 0, 0.25 }
end

-- Every setting once, though gamma and m meet at one.
local function plan()
  local list, seen = {}, {}
  local function add(loss, gamma, m)
    for i = 0, settings.seeds - 1 do
      local key = ("%s %.17g %.17g %d"):format(loss, gamma, m, i)
      if not seen[key] then
        list[#list + 1] = { loss = loss, gamma = gamma + 0.0, m = m + 0.0, seed = seed + i }
      end
      seen[key] = true
    end
  end
  for _, loss in ipairs(losses) do
    for _, gamma in ipairs(settings.gamma) do add(loss, gamma, settings.at_m) end
    for _, m in ipairs(settings.m) do add(loss, settings.at_gamma, m) end
  end
  return list
end

local function ends(list, more)
  local low, high = more, more
  for _, x in ipairs(list) do low, high = math.min(low, x), math.max(high, x) end
  return low + 0.0, high + 0.0
end

local function objective_on(task)
  local gamma_low, gamma_high = ends(settings.gamma, settings.at_gamma)
  local m_low, m_high = ends(settings.m, settings.at_m)
  return function(trial)
    local loss = trial:suggest_categorical("loss", losses)
    local gamma = trial:suggest_float("gamma", gamma_low, gamma_high, { log = true })
    local m = trial:suggest_float("m", m_low, m_high)
    local own = { loss = loss, seed = trial:suggest_int("seed", seed, seed + settings.seeds - 1),
                  loss_options = { [names[loss][1]] = gamma, [names[loss][2]] = m } }
    local trainer = train.Trainer.new(task, options.with(settings, own))
    for _ = 1, settings.epochs do trainer:run_epoch() end
    local found = train.evaluate.split(task.test, trainer.model)
    for name, value in pairs(found) do trial:set_user_attr(name, value) end
    return found.map_at_r
  end
end

-- The mean over seeds of each loss at each setting, in the order of the plan.
local function summary(trials)
  local rows, by_key = {}, {}
  for _, trial in ipairs(trials) do
    if trial.value then
      local key = ("%s %.17g %.17g"):format(trial.loss, trial.gamma, trial.m)
      local row = by_key[key]
      if not row then
        row = { loss = trial.loss, gamma = trial.gamma, m = trial.m, all = {} }
        by_key[key], rows[#rows + 1] = row, row
      end
      table.insert(row.all, trial)
    end
  end
  for _, row in ipairs(rows) do
    local sums = { recall_at_1 = 0, map_at_r = 0 }
    for _, trial in ipairs(row.all) do
      for name in pairs(sums) do sums[name] = sums[name] + trial[name] / #row.all end
    end
    row.recall_at_1, row.map_at_r, row.seeds = sums.recall_at_1, sums.map_at_r, #row.all
    row.spread = 0
    for _, trial in ipairs(row.all) do
      row.spread = math.max(row.spread, math.abs(trial.map_at_r - row.map_at_r))
    end
  end
  table.sort(rows, function(a, b)
    if a.loss ~= b.loss then return a.loss < b.loss end
    if a.gamma ~= b.gamma then return a.gamma < b.gamma end
    return a.m < b.m
  end)
  return rows
end

-- The picture of one parameter, the other one being held.
local function picture(rows, parameter, held, at, more)
  local series = {}
  for k, loss in ipairs(losses) do
    series[k] = { title = train.losses[loss].title, x = {}, y = {} }
    for _, row in ipairs(tables.where(rows, function(row)
      return row.loss == loss and row[held] == at
    end)) do
      table.insert(series[k].x, row[parameter])
      table.insert(series[k].y, row.map_at_r)
    end
  end
  return lines(series, options.with({ x_label = parameter, y_label = "MAP@R", width = 640,
    height = 440 }, more))
end

options.run("sensitivity", function()
  local task = options.load(settings)
  local study, folder = options.open_study("sensitivity", settings, place, task,
    { direction = "maximize", sampler = circlet.study.samplers.random {} })
  local list = plan()
  for _, one in ipairs(list) do assert(study:enqueue(one)) end
  assert(study:optimize(objective_on(task), options.with(how, { trials = #list })))
  if how.dry_run then return end
  local rows = summary(study:rows())
  local title = ("%s; %s, %s"):format(options.describe(settings, task),
    count(settings.epochs, "epoch"), count(settings.seeds, "seed"))
  train.publish.results(results or folder, "sensitivity-" .. task.name:lower(), {
    title = title, rows = rows,
    columns = { { key = "loss" }, { key = "gamma" }, { key = "m" },
      { key = "recall_at_1", title = "R@1", format = "%.3f" },
      { key = "map_at_r", title = "MAP@R", format = "%.3f" },
      { key = "spread", title = "+-", format = "%.3f" }, { key = "seeds" } },
    pictures = {
      ["-gamma.svg"] = picture(rows, "gamma", "m", settings.at_m, { log_x = true,
        title = ("%s: MAP@R over gamma, m = %g"):format(task.name, settings.at_m) }),
      ["-m.svg"] = picture(rows, "m", "gamma", settings.at_gamma, {
        title = ("%s: MAP@R over m, gamma = %g"):format(task.name, settings.at_gamma) }),
    },
  })
end)
