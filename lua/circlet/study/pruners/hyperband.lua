--- study.pruners.hyperband { min_resource = 1, max_resource, eta = 3, seed = 0 }: several
-- successive halvings beside each other, from one that prunes early to one that hardly prunes (Li
-- et al., "Hyperband", JMLR 18, 2018), each trial belonging to one of these brackets.
--
-- max_resource is the last step that a trial reports. Bracket b has its first rung at step
-- min_resource * eta^b and gets trials in the proportions of the paper. Which bracket a trial
-- belongs to is a function of seed and trial number alone.
-- @param options? table
-- @return table pruner
-- @example
-- local pruner = study.pruners.hyperband { max_resource = 9 }
-- local s = study.open { path = "a.journal", pruner = pruner }
-- s:ask():should_prune()    --> false
local draw = require "circlet.study.draw"
local asha = require "circlet.study.pruners.asha"
local steps = require "circlet.study.pruners.steps"

local Hyperband = {}
Hyperband.__index = Hyperband

--- The bracket (0 ..) of the trial with a number.
function Hyperband:bracket(number)
  local left = math.floor(draw.unit(self.seed, number, "hyperband bracket") * self.weight)
  for b, weight in ipairs(self.weights) do
    if left < weight then return b - 1 end
    left = left - weight
  end
end

function Hyperband:prune(study, trial, note)
  local bracket = self:bracket(trial.number)
  return self.brackets[bracket + 1]:prune(study, trial, note, function(other)
    return self:bracket(other.number) == bracket
  end)
end

return function(options)
  local self = steps.options("hyperband", options,
    { min_resource = 1, max_resource = 0, eta = 3, seed = 0 },
    { min_resource = 1, max_resource = 1, eta = 2, seed = 0 })
  if self.max_resource < self.min_resource then
    error("study.pruners.hyperband: max_resource must be given, and not below min_resource", 2)
  end
  self.brackets, self.weights, self.weight = {}, {}, 0
  local most = 0
  while self.min_resource * self.eta ^ (most + 1) <= self.max_resource do most = most + 1 end
  for b = 0, most do
    self.brackets[b + 1] = asha { min_resource = self.min_resource, eta = self.eta, early = b }
    -- A bracket that prunes from early on starts with many trials.
    local halvings = most - b
    self.weights[b + 1] = math.ceil((most + 1) * self.eta ^ halvings / (halvings + 1))
    self.weight = self.weight + self.weights[b + 1]
  end
  return setmetatable(self, Hyperband)
end
