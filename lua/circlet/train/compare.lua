--- A comparison as a program shows it: progress, the table, the files.
-- @internal
local Comparison = require "circlet.train.Comparison"
local circlet = require "circlet"
local options = require "circlet.train.options"
local progress = require "circlet.report.progress"
local tables = require "circlet.report.table"
local terminal = require "circlet.report.terminal"
local text = require "circlet.report.text"

local compare = {}

-- Runs what has not run, with a progress bar.
local function run_all(comparison, task)
  local plan, done = comparison:plan(task.raw_name), 0
  for _, entry in ipairs(plan) do
    if comparison:done(entry) then done = done + 1 end
  end
  local bar = progress { total = #plan, label = "compare", start = done }
  if done > 0 then
    bar:line(("%d of %d runs were finished earlier (%s)"):format(done, #plan, comparison.folder))
  end
  local good, message = pcall(function()
    for place, entry in ipairs(plan) do
      if not comparison:done(entry) then
        local title = entry.loss .. (entry.seed and ", seed " .. entry.seed or "")
        bar:update(done, title)
        local outcome = comparison:run(task, entry, function(share) bar:update(done + share) end)
        done = done + 1
        if outcome.status ~= "complete" then
          bar:line(("%s failed: %s"):format(title, outcome.error))
        else
          bar:line(("[%d/%d] %s: R@1 %.3f, MAP@R %.3f, %.1f s"):format(place, #plan, title,
            outcome.recall_at_1, outcome.map_at_r, outcome.seconds))
        end
      end
    end
  end)
  bar:finish()
  if not good then error(message, 0) end
end

-- Mean and deviation in words.
local function plus_minus(value)
  if not value.sd then return ("%.3f"):format(value.mean) end
  return ("%.3f%s%.3f"):format(value.mean, terminal.unicode() and " ± " or " +- ", value.sd)
end

-- The table, and what failed.
local function show(comparison, description)
  local columns = { { key = "title", title = "loss" }, { key = "settings" } }
  for _, name in ipairs(Comparison.measures) do
    columns[#columns + 1] = { key = name, title = Comparison.label[name], format = plus_minus }
  end
  columns[#columns + 1] = { key = "seconds", title = "s",
    format = function(value) return ("%.1f"):format(value.mean) end }
  print(description .. "\n")
  print(tables.render(columns, comparison:rows(), { ascii = not terminal.unicode() }))
  for _, outcome in ipairs(comparison:failed()) do
    print(("failed: %s, seed %s: %s"):format(outcome.loss, outcome.seed, outcome.error))
  end
end

--- Runs what has not run yet of a comparison, prints its table and writes its files.
-- @internal
-- @param comparison circlet.train.Comparison
-- @param task table
-- @return circlet.train.Comparison?
-- @error Returns nil and a message when a file cannot be written or a run failed.
function compare.run(comparison, task)
  local timer, settings = circlet.Timer(), comparison.settings
  local seeds = text.count(#settings.seeds, "seed")
  run_all(comparison, task)
  show(comparison, ("%s; %s, %s; test: %d inputs of %d classes"):format(
    options.describe(settings, task), text.count(settings.epochs, "epoch"), seeds,
    task.test.labels:nElement(), task.test.classes))
  local paths, reason = comparison:write(("%s: MAP@R while training, mean over %s"):format(
    task.name, seeds))
  if not paths then return nil, reason end
  print(("\n%s; written: %s"):format(text.duration(timer:time().real), table.concat(paths, " ")))
  if reason then print(reason) end
  if #comparison:failed() > 0 then return nil, "a run failed" end
  return comparison
end

return compare
