--- nn.AbsCriterion([sizeAverage]): the mean of |input - target| over all elements; sizeAverage =
-- false sums. The gradient at 0 is 0. No elements cost 0.
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.AbsCriterion():forward(circlet.Tensor { 1, 4 }, circlet.Tensor { 0, 2 })    --> 1.5
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local AbsCriterion, parent = class("nn.AbsCriterion", "nn.Criterion")

function AbsCriterion:__init(sizeAverage)
  parent.__init(self)
  self.sizeAverage = sizeAverage ~= false
end

function AbsCriterion:updateOutput(input, target)
  check.tensor(self, "input", input)
  check.like(self, "target", target, input)
  self.output = 0
  local count = input:nElement()
  if count > 0 then self.output = (input - target):abs():sum() * self:_share(count) end
  return self.output
end

function AbsCriterion:updateGradInput(input, target)
  check.like(self, "target", target, input)
  self.gradInput:resizeAs(input):add(input, -1, target):sign():mul(self:_share(input:nElement()))
  return self.gradInput
end

return AbsCriterion
