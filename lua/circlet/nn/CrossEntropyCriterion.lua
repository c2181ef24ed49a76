--- nn.CrossEntropyCriterion([weights][, sizeAverage]): nn.LogSoftMax followed by
-- nn.ClassNLLCriterion. input: [B, C] (or [C]) of scores; target: B labels from 1 to C, or a
-- number.
-- @param weights? circlet.Tensor [C]
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CrossEntropyCriterion():forward(circlet.Tensor { { 0, 0 } }, circlet.LongTensor { 1 })
-- --> 0.693
local class = require "circlet.class"
require "circlet.nn.Criterion"
local LogSoftMax = require "circlet.nn.LogSoftMax"
local ClassNLLCriterion = require "circlet.nn.ClassNLLCriterion"

local CrossEntropyCriterion, parent = class("nn.CrossEntropyCriterion", "nn.Criterion")

function CrossEntropyCriterion:__init(weights, sizeAverage)
  parent.__init(self)
  self.lsm = LogSoftMax()
  self.nll = ClassNLLCriterion(weights, sizeAverage)
  self.sizeAverage = self.nll.sizeAverage
end

-- Torch7's files hold sizeAverage in `nll` alone.
function CrossEntropyCriterion:_upgrade()
  parent._upgrade(self)
  if self.sizeAverage == nil and type(self.nll) == "table" then
    self.sizeAverage = self.nll.sizeAverage
  end
end

function CrossEntropyCriterion:updateOutput(input, target)
  self.nll.sizeAverage = self.sizeAverage
  self.output = self.nll:updateOutput(self.lsm:updateOutput(input), target)
  return self.output
end

function CrossEntropyCriterion:updateGradInput(input, target)
  self.nll.sizeAverage = self.sizeAverage
  local grad = self.nll:updateGradInput(self.lsm.output, target)
  self.gradInput = self.lsm:updateGradInput(input, grad)
  return self.gradInput
end

return CrossEntropyCriterion
