--- What optimize() would run: { dry_run = true }.
local circlet = require "circlet"
local gpus = require "circlet.study.gpus"
local screen = require "circlet.study.screen"
local turns = require "circlet.study.turns"

local plan = {}

-- The trials that are known beforehand, as text: those that wait, and what is left of a grid.
local function known_trials(study, now)
  local lines, record = {}, study:record()
  local numbers = {}
  for number in pairs(record.waiting) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    local params = record.waiting[number].system_attrs.fixed_params or {}
    lines[#lines + 1] = ("  trial %d, which waits: %s"):format(number, screen.params_text(params))
  end
  if study.sampler.left then
    local _, cells = study.sampler:left(record)
    for i = 1, math.min(#cells, now.fresh) do
      lines[#lines + 1] = "  " .. screen.params_text(study.sampler:cell(cells[i]))
    end
  end
  return lines
end

local function count(n, what) return ("%d %s%s"):format(n, what, n == 1 and "" or "s") end

local function shared(options)
  local cards = #gpus.visible(os.getenv(gpus.variable))
  return count(options.workers, "worker") .. " of " .. count(options.threads
    or math.max(1, circlet.getnumthreads() // options.workers), "thread")
    .. (cards > 0 and " with " .. count(cards, "GPU") or "")
end

--- The lines of a plan. options: those of Study:optimize.
function plan.lines(study, options)
  local now = turns.progress(study, options.only_failed and 0 or options.trials)
  local states = {}
  for _, trial in ipairs(study:record().trials) do
    states[trial.state] = (states[trial.state] or 0) + 1
  end
  local parts = {}
  for _, state in ipairs { "complete", "pruned", "fail", "running", "waiting" } do
    if states[state] then parts[#parts + 1] = ("%d %s"):format(states[state], state) end
  end
  local again = options.only_failed and turns.failed(study) or {}
  local lines = {
    ("study %s (%s): %s"):format(study.name, study.journal.path,
      #parts > 0 and table.concat(parts, ", ") or "no trial yet"),
    ("to run: %d of %d trials%s"):format(now.waiting + now.fresh + #again, now.total,
      options.workers and ", by " .. shared(options) or ""),
  }
  for _, trial in ipairs(again) do
    lines[#lines + 1] = ("  trial %d again: %s"):format(trial.number,
      screen.params_text(trial.params))
  end
  local known = known_trials(study, now)
  return table.move(known, 1, #known, #lines + 1, lines)
end

--- Prints them. Returns 0: no trial ran.
function plan.say(study, options)
  for _, line in ipairs(plan.lines(study, options)) do print(line) end
  return 0
end

return plan
