-- Figure 4 of the Circle Loss paper: how s_p and s_n move during training with AM-Softmax and with
-- class-level Circle Loss.
--
--     lua scripts/paper/trajectories.lua
--     lua scripts/paper/trajectories.lua --data FOLDER --model conv --batch 16x5 --epochs 30
--
-- s_p is the mean similarity of a batch to its own class vectors, s_n that to all others; both come
-- with every step of the loss. Points are means over a hundredth of the run.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local train, options = circlet.train, circlet.train.options

local losses = { "class", "cosface" }
local POINTS = 100
local colours = { s_p = "#0072b2", s_n = "#d55e00" }

local parser = options.parser("lua scripts/paper/trajectories.lua",
  "Follows s_p and s_n while two losses train (figure 4 of the paper).", nil, { "--loss" })
parser:option("--gamma", "Scale of both losses (default: 64)."):argname("<x>")
  :convert(options.positive)
parser:option("--m", "Margin of both losses (default: 0.25)."):argname("<x>"):convert(options.real)
local settings, results = options.of_paper(parser, arg, { gamma = 64, m = 0.25, epochs = 3 },
  { steps = 10, epochs = 1 })
settings.loss = nil

-- Trains and returns a list of { step, s_p, s_n }.
local function follow(task, loss)
  local own = loss == "class" and { gamma = settings.gamma, m = settings.m }
    or { scale = settings.gamma, margin = settings.m }
  local trainer = train.Trainer.new(task, options.with(settings,
    { loss = loss, loss_options = own }))
  local total = settings.epochs * trainer:steps()
  local block, points, step = math.max(1, total // POINTS), {}, 0
  local s_p, s_n = 0, 0
  for _ = 1, settings.epochs do
    trainer:run_epoch(function()
      local facts = trainer.criterion.info
      step, s_p, s_n = step + 1, s_p + facts.mean_sp, s_n + facts.mean_sn
      if step % block == 0 then
        points[#points + 1] = { loss = loss, step = step, s_p = s_p / block, s_n = s_n / block }
        s_p, s_n = 0, 0
      end
    end)
  end
  return points, train.evaluate.split(task.test, trainer.model)
end

options.run("trajectories", function()
  local task = options.load(settings)
  local rows, series, ends = {}, {}, {}
  for _, loss in ipairs(losses) do
    local points, found = follow(task, loss)
    table.move(points, 1, #points, #rows + 1, rows)
    for _, name in ipairs { "s_p", "s_n" } do
      local one = { title = name .. ", " .. train.losses[loss].title, x = {}, y = {}, style = "-",
                    dashed = loss == "cosface", colour = colours[name] }
      for i, point in ipairs(points) do one.x[i], one.y[i] = point.step, point[name] end
      series[#series + 1] = one
    end
    local last = points[#points]
    ends[#ends + 1] = { loss = train.losses[loss].title, s_p = last.s_p, s_n = last.s_n,
      s_p_early = points[math.ceil(#points / 10)].s_p, map_at_r = found.map_at_r }
  end
  local title = ("%s; %d epochs; gamma %g, m %g"):format(options.describe(settings, task),
    settings.epochs, settings.gamma, settings.m)
  train.publish.results(results, "trajectories-" .. task.name:lower(), {
    title = title, rows = rows, shown = ends,
    columns = { { key = "loss" }, { key = "step" }, { key = "s_p" }, { key = "s_n" } },
    shown_columns = { { key = "loss" },
      { key = "s_p_early", title = "s_p after a tenth", format = "%.3f" },
      { key = "s_p", title = "s_p at the end", format = "%.3f" },
      { key = "s_n", title = "s_n at the end", format = "%.3f" },
      { key = "map_at_r", title = "MAP@R", format = "%.3f" } },
    pictures = { [".svg"] = circlet.plot.lines(series, { x_label = "step", y_label = "similarity",
      title = task.name .. ": similarities during training", width = 760, height = 440 }) },
  })
end)
