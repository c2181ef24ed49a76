-- Trains embeddings over a grid of gamma and m and shows which settings retrieve best.
--     lua scripts/sweep.lua --gamma 16,64 --m 0,0.25 --workers 2      lua scripts/sweep.lua --help
dofile((arg[0]:match("^.*/") or "./") .. "prelude.lua")
local circlet = require "circlet"
local train, options, where = circlet.train, circlet.train.options, circlet.report.table.where

local parser = options.parser("lua scripts/sweep.lua", "Trains one model per setting of gamma and "
  .. "m, ranks them beside raw inputs and an untrained model, repeats the best with fresh seeds.")
parser:option("--gamma", "Scales, as a list."):convert(options.list(options.positive))
parser:option("--m", "Margins, as a list (--m=-0.1,0)."):convert(options.list(options.real))
parser:option("--repeats", "Fresh seeds for the best setting."):convert(options.seed)
local settings, how, place = options.of_study(parser, arg, { repeats = 3, m = { 0, 0.1, 0.25, 0.4 },
  gamma = { 4, 8, 16, 32, 64, 128, 256, 512 } })
local gammas, ms, seed = settings.gamma, settings.m, settings.seed

options.run("sweep", function()
  local task = options.load(settings)
  local study, folder = options.open_study("sweep", settings, place, task, {
    direction = "maximize", sampler = circlet.study.samplers.grid {
      { "model", { settings.model } }, { "gamma", gammas }, { "m", ms }, { "seed", { seed } } },
  })
  local function objective(trial)
    local model = trial:suggest_categorical("model", { settings.model, task.raw_name, "untrained" })
    local own, trained = { gamma = 1, m = 0 }, model == settings.model
    if trained then
      own.gamma = trial:suggest_float("gamma", gammas[1], gammas[#gammas], { log = true })
      own.m = trial:suggest_float("m", ms[1], ms[#ms])
      own.seed = trial:suggest_int("seed", seed, seed + settings.repeats)
    end
    local trainer = train.Trainer.new(task, options.with(settings, own))
    for epoch = 1, trained and settings.epochs or 0 do
      local loss = trainer:run_epoch()
      trial:log { epoch = epoch, loss = loss }
      trial:set_user_attr("loss", loss)
    end
    local found = train.evaluate.split(task.test, model ~= task.raw_name and trainer.model or nil)
    for name, value in pairs(found) do trial:set_user_attr(name, value) end
    return found.map_at_r
  end
  for _, model in ipairs { task.raw_name, "untrained" } do study:enqueue { model = model } end
  assert(study:optimize(objective, how))
  if how.dry_run then return end

  local function rows(fresh) -- of the grid and the baselines, or of fresh seeds; best first
    return where(study:rows(), function(row)
      return row.value and ((row.seed or seed) > seed) == fresh
    end)
  end
  local best = where(rows(false), function(row) return row.gamma end)[1]
  for i = 1, assert(best, "every trial failed") and settings.repeats do
    study:enqueue { model = best.model, gamma = best.gamma, m = best.m, seed = seed + i }
  end
  assert(study:optimize(objective, how))
  local title, fresh = options.describe(settings, task), rows(true)
  print(title .. "\n\n" .. train.results.table(rows(false)))
  if #fresh > 0 then print("\nThe best with fresh seeds:\n\n" .. train.results.spread(fresh)) end
  local paths, reason = train.results.write(study, folder, settings, title)
  print("\nwritten: " .. table.concat(assert(paths, reason), " ") .. "\n" .. (reason or ""))
end)
