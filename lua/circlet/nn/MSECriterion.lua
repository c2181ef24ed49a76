--- nn.MSECriterion([sizeAverage]): the mean of (input - target)^2 over all elements; sizeAverage =
-- false sums. Tensors of one size and type. No elements cost 0.
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.MSECriterion():forward(circlet.Tensor { 1, 2 }, circlet.Tensor { 3, 2 })    --> 2
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Criterion"

local MSECriterion, parent = class("nn.MSECriterion", "nn.Criterion")

function MSECriterion:__init(sizeAverage)
  parent.__init(self)
  self.sizeAverage = sizeAverage ~= false
end

function MSECriterion:updateOutput(input, target)
  self.output = kernels.squared_error(input, target) * self:_share(input:nElement())
  return self.output
end

function MSECriterion:updateGradInput(input, target)
  kernels.squared_error_backward(self.gradInput, input, target, 2 * self:_share(input:nElement()))
  return self.gradInput
end

return MSECriterion
