-- Figure 5 of the Circle Loss paper: where pairs cross the decision boundary while a loss trains,
-- and where they settle.
--
--     lua scripts/paper/boundary.lua
--     lua scripts/paper/boundary.lua --data FOLDER --model conv --batch 16x5 --epochs 30
--
-- A pair is a training sample: its similarity to its own class vector, and to the most similar of
-- the others. Two thousand samples are looked at --looks times; a sample crosses where it is first
-- seen beyond the boundary.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local train, options = circlet.train, circlet.train.options

local parser = options.parser("lua scripts/paper/boundary.lua",
  "Follows pairs across the decision boundaries of AM-Softmax and Circle Loss (figure 5 of the "
  .. "paper).", nil, { "--loss" })
parser:option("--gamma", "Scale of all losses (default: 64)."):argname("<x>")
  :convert(options.positive)
parser:option("--looks", "How often samples are looked at (default: 120)."):argname("<n>")
  :convert(options.count)
local settings, results = options.of_paper(parser, arg, { gamma = 64, epochs = 3, looks = 120 },
  { steps = 20, epochs = 1, looks = 10 })
settings.loss = nil

local function circle(m)
  return { title = ("Circle Loss, m = %g"):format(m), loss = "class", m = m, shape = "circle",
    options = { gamma = settings.gamma, m = m },
    beyond = function(s_n, s_p)
      local n, p = math.max(s_n, -m), s_p -- alpha_n is 0 below -m
      return n * n + (p - 1) ^ 2 < 2 * m * m
    end }
end

local function straight(m)
  return { title = ("AM-Softmax, m = %g"):format(m), loss = "cosface", m = m, shape = "line",
    options = { scale = settings.gamma, margin = m },
    beyond = function(s_n, s_p) return s_p - s_n > m end }
end

local cases = { straight(0.35), circle(0.4), circle(0.25) }

-- Which training samples are looked at: evenly taken.
local function probe(task)
  local n = task.train.labels:nElement()
  local count, rows = math.min(n, 2000), {}
  for i = 1, count do rows[i] = (i - 1) * n // count + 1 end
  rows = circlet.LongTensor(rows)
  return task.train.inputs:index(1, rows), task.train.labels:index(1, rows)
end

-- The deviation of numbers, and their mean; nothing of no numbers.
local function deviation(list)
  if #list == 0 then return nil end
  local mean, square = 0, 0
  for _, x in ipairs(list) do mean = mean + x / #list end
  for _, x in ipairs(list) do square = square + (x - mean) ^ 2 / #list end
  return math.sqrt(square), mean
end

-- Trains; returns the places of the crossings, and of all samples at the end.
local function follow(task, case, inputs, labels)
  local trainer = train.Trainer.new(task, options.with(settings,
    { loss = case.loss, loss_options = case.options }))
  local total = settings.epochs * trainer:steps()
  local every, step = math.max(1, total // settings.looks), 0
  local crossed, crossings, last = {}, { s_n = {}, s_p = {} }, nil
  local function look()
    local s_n, s_p = train.placement(train.evaluate.embed(trainer.model, inputs), labels,
      trainer.criterion.weight)
    for i = 1, #s_n do
      if not crossed[i] and case.beyond(s_n[i], s_p[i]) then
        crossed[i] = true
        table.insert(crossings.s_n, s_n[i])
        table.insert(crossings.s_p, s_p[i])
      end
    end
    last = { s_n = s_n, s_p = s_p }
  end
  for _ = 1, settings.epochs do
    trainer:run_epoch(function()
      step = step + 1
      if step % every == 0 then look() end
    end)
  end
  look()
  return crossings, last
end

options.run("boundary", function()
  local task = options.load(settings)
  local inputs, labels = probe(task)
  local rows, pictures = {}, {}
  for _, case in ipairs(cases) do
    local crossings, settled = follow(task, case, inputs, labels)
    local row = { loss = case.title, crossed = #crossings.s_n / labels:nElement() }
    row.crossing_n = deviation(crossings.s_n)
    row.crossing_p = deviation(crossings.s_p)
    row.settled_n, row.mean_n = deviation(settled.s_n)
    row.settled_p, row.mean_p = deviation(settled.s_p)
    rows[#rows + 1] = row
    pictures[("-%s-%g.png"):format(case.shape, case.m)] = circlet.plot.boundary({
      { title = "at the end", s_n = settled.s_n, s_p = settled.s_p, colour = "#009e73" },
      { title = "crossing", s_n = crossings.s_n, s_p = crossings.s_p, colour = "#0072b2" },
    }, { m = case.m, shape = case.shape, title = case.title, low = -0.4 })
  end
  local function column(key, title) return { key = key, title = title, format = "%.3f" } end
  train.publish.results(results, "boundary-" .. task.name:lower(), {
    title = ("%s; %d epochs; gamma %g; %d samples"):format(options.describe(settings, task),
      settings.epochs, settings.gamma, labels:nElement()),
    rows = rows, pictures = pictures,
    columns = { { key = "loss" }, column("crossed", "crossed"),
      column("crossing_n", "dev s_n crossing"), column("crossing_p", "dev s_p crossing"),
      column("settled_n", "dev s_n settled"), column("settled_p", "dev s_p settled"),
      column("mean_n", "mean s_n"), column("mean_p", "mean s_p") },
  })
end)
