--- nn.HingeEmbeddingCriterion([margin]): for distances x and targets t, x where t is 1 and
-- max(0, margin - x) where t is -1, averaged over all elements (sizeAverage = false sums); margin =
-- 1. Target: a tensor, or a number for one distance.
-- @param margin? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.HingeEmbeddingCriterion():forward(circlet.Tensor { 0.25 }, -1)    --> 0.75
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local HingeEmbeddingCriterion, parent = class("nn.HingeEmbeddingCriterion", "nn.Criterion")

function HingeEmbeddingCriterion:__init(margin)
  parent.__init(self)
  self.margin = check.number(self, "the margin", margin or 1)
  self.sizeAverage = true
end

function HingeEmbeddingCriterion:updateOutput(input, target)
  if type(input) == "number" then input = self.gradInput:new(1):fill(input) end
  check.tensor(self, "input", input)
  local t, x = check.signs(self, target, input, input:nElement()), input:clone():view(-1)
  self.output = 0
  if x:nElement() == 0 then return 0 end
  local apart = (-x):add(self.margin):cmax(0)
  self.output = (x:cmul(t:eq(1):typeAs(x)):sum() + apart:cmul(t:eq(-1):typeAs(x)):sum())
    * self:_share(x:nElement())
  return self.output
end

function HingeEmbeddingCriterion:updateGradInput(input, target)
  if type(input) == "number" then input = self.gradInput:new(1):fill(input) end
  local t, x = check.signs(self, target, input, input:nElement()), input:clone():view(-1)
  self.gradInput:resizeAs(input)
  if x:nElement() == 0 then return self.gradInput end
  local near = x:lt(self.margin):typeAs(x):cmul(t:eq(-1):typeAs(x))
  self.gradInput:view(-1):copy(t:eq(1)):add(-1, near):mul(self:_share(x:nElement()))
  return self.gradInput
end

return HingeEmbeddingCriterion
