-- The table of the Circle Loss paper's comparisons: Circle Loss, class-level and pair-wise, beside
-- NormFace, AM-Softmax, ArcFace and triplet loss, at equal budgets.
--
--     lua scripts/paper/losses.lua
--     lua scripts/paper/losses.lua --data FOLDER --model conv --batch 16x5 --epochs 10 (Omniglot)
--
-- Each loss has the settings that lua/circlet/train/losses.lua gives it; scripts/compare.lua takes
-- others, and more losses. The same command goes on where it stopped.
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local train, plot_lines = circlet.train, circlet.plot.lines
local options, record, count = train.options, circlet.report.record, circlet.report.text.count

local parser = options.parser("lua scripts/paper/losses.lua",
  "Trains six losses under one budget and prints their table.", nil, { "--loss" })
parser:option("--seeds", "Runs of each loss, from --seed up (default: 3)."):argname("<n>")
  :convert(options.count)
local settings, results, out = options.of_paper(parser, arg, { seeds = 3, epochs = 2 },
  { steps = 3, seeds = 1, epochs = 1 })
settings.loss, settings.loss_settings = nil, {}
settings.losses = { "class", "pair", "normface", "cosface", "arcface", "triplet_hard" }
local seeds = {}
for i = 1, settings.seeds do seeds[i] = settings.seed + i - 1 end
settings.seeds = seeds

-- Rows with a number in each field, for the file and the picture.
local function flat(comparison)
  local rows = {}
  for i, row in ipairs(comparison:rows()) do
    rows[i] = { loss = row.title, settings = row.settings, seeds = row.seeds }
    for _, name in ipairs(train.Comparison.measures) do
      rows[i][name], rows[i][name .. "_sd"] = row[name].mean, row[name].sd
    end
  end
  return rows
end

options.run("losses", function()
  local task = options.load(settings)
  local name = "losses-" .. task.name:lower()
  local folder = ("%s/%s-%s"):format(out, name,
    record.fingerprint(train.Comparison.shared_flags(settings)))
  local comparison = assert(train.Comparison.open(folder, settings,
    record.new("scripts/paper/losses.lua", settings, root)))
  assert(train.compare.run(comparison, task))
  local columns = { { key = "loss" }, { key = "settings" }, { key = "seeds" } }
  for _, measure in ipairs(train.Comparison.measures) do
    columns[#columns + 1] = { key = measure, title = train.Comparison.label[measure],
                              format = "%.3f" }
    columns[#columns + 1] = { key = measure .. "_sd", title = "+-", format = "%.3f" }
  end
  train.publish.results(results, name, { columns = columns, rows = flat(comparison),
    pictures = { [".svg"] = plot_lines(comparison:curves(), { x_label = "epoch", y_label = "MAP@R",
      title = ("%s: MAP@R, mean over %s"):format(task.name, count(#seeds, "seed")),
      height = 480 }) } })
end)
