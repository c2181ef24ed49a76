--- study.pruners.asha { min_resource = 1, eta = 4, early = 0 }: asynchronous successive halving (Li
-- et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020).
--
-- Rung r stands at step min_resource * eta^(early + r). A trial that reaches a rung goes on when
-- its value is among the best 1/eta of all that have reached it, and is pruned otherwise; the first
-- few, of which 1/eta is less than one, go on when they are the best so far. Nobody waits for
-- others.
-- @param options? table
-- @return table pruner
-- @example
-- local s = study.open { path = "a.journal", pruner = study.pruners.asha() }
-- s:ask():should_prune()    --> false
local steps = require "circlet.study.pruners.steps"

local Asha = {}
Asha.__index = Asha

local function rung_name(rung) return ("circlet:rung_%d"):format(rung) end

-- Whether `value` is among the best 1/eta of `values`, itself being one of them.
local function promoted(study, value, values, eta)
  if value ~= value then return false end
  local better = 0
  for _, other in ipairs(values) do
    if steps.better(study, other, value) then better = better + 1 end
  end
  return better < math.max(1, #values // eta)
end

-- competes(record): whether a trial is among the competitors (all, unless Hyperband parts them).
function Asha:prune(study, trial, note, competes)
  local step, value = steps.last(trial)
  if not step then return false end
  local rung = 0
  while trial.system_attrs[rung_name(rung)] ~= nil do rung = rung + 1 end
  -- A trial that reports seldom may have passed several rungs.
  while step >= self.min_resource * self.eta ^ (self.early + rung) do
    local name, values = rung_name(rung), { value }
    for _, other in ipairs(study.trials) do
      local reached = other.number ~= trial.number and other.system_attrs[name]
      if reached and (not competes or competes(other)) then values[#values + 1] = reached end
    end
    note(name, value)
    if not promoted(study, value, values, self.eta) then return true end
    rung = rung + 1
  end
  return false
end

return function(options)
  return setmetatable(steps.options("asha", options, { min_resource = 1, eta = 4, early = 0 },
    { min_resource = 1, eta = 2, early = 0 }), Asha)
end
