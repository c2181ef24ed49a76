--- nn.ClassNLLCriterion([weights][, sizeAverage]): minus the log-probability of the right class.
-- input: [B, C] (or [C]) of log-probabilities; target: B labels from 1 to C, tensors of any type
-- or a number. The mean is weighted by `weights` [C]; sizeAverage = false sums. An empty batch
-- costs 0.
-- @param weights? circlet.Tensor [C]
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local scores = nn.LogSoftMax():forward(circlet.Tensor { { 0, 0 } })
-- nn.ClassNLLCriterion():forward(scores, circlet.LongTensor { 1 })    --> 0.693
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Criterion"

local ClassNLLCriterion, parent = class("nn.ClassNLLCriterion", "nn.Criterion")

function ClassNLLCriterion:__init(weights, sizeAverage)
  parent.__init(self)
  self.weights = weights
  self.sizeAverage = sizeAverage ~= false
end

local function as_tensor(target)
  return type(target) == "number" and circlet.DoubleTensor { target } or target
end

function ClassNLLCriterion:updateOutput(input, target)
  local sum, total = kernels.nll(input, as_tensor(target), self.weights)
  self.output = self.sizeAverage and total ~= 0 and sum / total or sum
  return self.output
end

function ClassNLLCriterion:updateGradInput(input, target)
  target = as_tensor(target)
  local scale = 1
  if self.sizeAverage then
    local _, total = kernels.nll(input, target, self.weights)
    scale = total ~= 0 and 1 / total or 1
  end
  kernels.nll_backward(self.gradInput, input, target, self.weights, scale)
  return self.gradInput
end

return ClassNLLCriterion
