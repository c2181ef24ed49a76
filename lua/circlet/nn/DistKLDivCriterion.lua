--- nn.DistKLDivCriterion([sizeAverage]): the Kullback-Leibler divergence, t (log t - x) summed
-- where t > 0, for logarithms of probabilities x and probabilities t, over the number of elements;
-- sizeAverage = false sums.
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.DistKLDivCriterion(false):forward(circlet.Tensor { 0.5, 0.5 }:log(), circlet.Tensor { 1, 0 })
-- --> 0.693
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local DistKLDivCriterion, parent = class("nn.DistKLDivCriterion", "nn.Criterion")

function DistKLDivCriterion:__init(sizeAverage)
  parent.__init(self)
  self.sizeAverage = sizeAverage ~= false
end

function DistKLDivCriterion:updateOutput(input, target)
  check.tensor(self, "input", input)
  check.like(self, "target", target, input)
  self.output = 0
  local some = target:gt(0)
  if input:nElement() == 0 or some:sum() == 0 then return 0 end
  local t = target[some]
  self.output = t:clone():log():add(-1, input[some]):dot(t) * self:_share(input:nElement())
  return self.output
end

function DistKLDivCriterion:updateGradInput(input, target)
  check.like(self, "target", target, input)
  self.gradInput:resizeAs(input):cmax(target, 0):mul(-self:_share(input:nElement()))
  return self.gradInput
end

return DistKLDivCriterion
