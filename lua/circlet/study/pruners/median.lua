--- study.pruners.median { startup = 5, warmup = 0, interval = 1, least = 1 }: ends a trial whose
-- best value so far is worse than the median of what completed trials had reported at the same
-- step.
--
-- startup: completed trials before anything is pruned; warmup: steps that every trial gets;
-- interval: steps between two looks; least: how many completed trials must have reported the step.
-- @param options? table
-- @return table pruner
-- @example
-- local s = study.open { path = "a.journal", pruner = study.pruners.median() }
-- s:ask():should_prune()    --> false
local steps = require "circlet.study.pruners.steps"

local Median = {}
Median.__index = Median

local function median(list)
  table.sort(list)
  local n = #list
  return n % 2 == 1 and list[n // 2 + 1] or (list[n // 2] + list[n // 2 + 1]) / 2
end

function Median:prune(study, trial)
  local step = steps.last(trial)
  if not step or step < self.warmup or (step - self.warmup) % self.interval ~= 0 then
    return false
  end
  local completed, values = 0, {}
  for _, other in ipairs(study.trials) do
    if other.state == "complete" then
      completed = completed + 1
      local value = other.intermediate[step]
      if value and value == value then values[#values + 1] = value end
    end
  end
  if completed < self.startup or #values < self.least then return false end
  local best = steps.best(study, trial)
  return best ~= best or steps.better(study, median(values), best)
end

return function(options)
  return setmetatable(steps.options("median", options,
    { startup = 5, warmup = 0, interval = 1, least = 1 },
    { startup = 0, warmup = 0, interval = 1, least = 1 }), Median)
end
