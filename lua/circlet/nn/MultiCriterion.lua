--- nn.MultiCriterion(): a weighted sum of criterions of the same input and target:
-- nn.MultiCriterion():add(criterion, weight), where weight is 1 unless given.
-- @example
-- local both = nn.MultiCriterion():add(nn.MSECriterion()):add(nn.AbsCriterion(), 0.5)
-- both:forward(circlet.Tensor { 1 }, circlet.Tensor { 3 })    --> 5
local class = require "circlet.class"
local check = require "circlet.nn.check"
local nest = require "circlet.nn.nest"
require "circlet.nn.Criterion"

local MultiCriterion, parent = class("nn.MultiCriterion", "nn.Criterion")

function MultiCriterion:__init()
  parent.__init(self)
  self.criterions, self.weights = {}, {}
end

--- Appends a criterion; returns self.
-- @param criterion nn.Criterion
-- @param weight? number 1 by default
-- @return nn.MultiCriterion self
-- @example
-- #nn.MultiCriterion():add(nn.MSECriterion()).criterions    --> 1
function MultiCriterion:add(criterion, weight)
  if not class.is(criterion, "nn.Criterion") then
    check.fail(self, "add expects a criterion, got %s", class.type(criterion))
  end
  table.insert(self.criterions, criterion)
  table.insert(self.weights, weight or 1)
  return self
end

function MultiCriterion:updateOutput(input, target)
  self.output = 0
  for i, criterion in ipairs(self.criterions) do
    self.output = self.output + self.weights[i] * criterion:updateOutput(input, target)
  end
  return self.output
end

function MultiCriterion:updateGradInput(input, target)
  self.gradInput = nest.zeros(self.gradInput, input)
  for i, criterion in ipairs(self.criterions) do
    nest.add(self.gradInput, self.weights[i], criterion:updateGradInput(input, target))
  end
  return self.gradInput
end

return MultiCriterion
