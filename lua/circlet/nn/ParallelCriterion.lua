--- nn.ParallelCriterion([repeatTarget]): a weighted sum of criterions, criterion i of input[i] and
-- target[i] (or of the one target, with repeatTarget = true): add(criterion, weight), where weight
-- is 1 unless given.
-- @param repeatTarget? boolean false by default
-- @example
-- local both = nn.ParallelCriterion(true):add(nn.MSECriterion()):add(nn.AbsCriterion())
-- local x = circlet.Tensor { 1 }
-- both:forward({ x, x }, circlet.Tensor { 3 })    --> 6
local class = require "circlet.class"
local check = require "circlet.nn.check"
local nest = require "circlet.nn.nest"
require "circlet.nn.Criterion"

local ParallelCriterion, parent = class("nn.ParallelCriterion", "nn.Criterion")

function ParallelCriterion:__init(repeatTarget)
  parent.__init(self)
  self.criterions, self.weights, self.gradInput = {}, {}, {}
  self.repeatTarget = repeatTarget or false
end

--- Appends a criterion; returns self.
-- @param criterion nn.Criterion
-- @param weight? number 1 by default
-- @return nn.ParallelCriterion self
-- @example
-- #nn.ParallelCriterion():add(nn.MSECriterion()).criterions    --> 1
function ParallelCriterion:add(criterion, weight)
  if not class.is(criterion, "nn.Criterion") then
    check.fail(self, "add expects a criterion, got %s", class.type(criterion))
  end
  table.insert(self.criterions, criterion)
  table.insert(self.weights, weight or 1)
  return self
end

-- The target of criterion i, after a look at both tables.
local function target_of(self, input, target, i)
  local count = #self.criterions
  if type(input) ~= "table" or #input ~= count then
    check.fail(self, "input must be a table of %d, got %s", count, nest.text(input))
  end
  if self.repeatTarget then return target end
  if type(target) ~= "table" or #target ~= count then
    check.fail(self, "target must be a table of %d, got %s", count, nest.text(target))
  end
  return target[i]
end

function ParallelCriterion:updateOutput(input, target)
  self.output = 0
  for i, criterion in ipairs(self.criterions) do
    local t = target_of(self, input, target, i)
    self.output = self.output + self.weights[i] * criterion:updateOutput(input[i], t)
  end
  return self.output
end

function ParallelCriterion:updateGradInput(input, target)
  self.gradInput = nest.zeros(self.gradInput, input)
  for i, criterion in ipairs(self.criterions) do
    local t = target_of(self, input, target, i)
    nest.add(self.gradInput[i], self.weights[i], criterion:updateGradInput(input[i], t))
  end
  return self.gradInput
end

return ParallelCriterion
