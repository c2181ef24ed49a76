--- nn.SmoothL1Criterion([sizeAverage]): d^2/2 where |d| < 1 and |d| - 1/2 elsewhere, d = input -
-- target, averaged over all elements; sizeAverage = false sums. Girshick, "Fast R-CNN", ICCV 2015.
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SmoothL1Criterion():forward(circlet.Tensor { 0.5, 3 }, circlet.Tensor { 0, 0 })    --> 1.3125
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local SmoothL1Criterion, parent = class("nn.SmoothL1Criterion", "nn.Criterion")

function SmoothL1Criterion:__init(sizeAverage)
  parent.__init(self)
  self.sizeAverage = sizeAverage ~= false
end

-- With c = min(|d|, 1) both branches are c (|d| - c/2).
function SmoothL1Criterion:updateOutput(input, target)
  check.tensor(self, "input", input)
  check.like(self, "target", target, input)
  self.output = 0
  if input:nElement() > 0 then
    local d = (input - target):abs()
    local c = d:clone():cmin(1)
    self.output = d:add(-0.5, c):cmul(c):sum() * self:_share(input:nElement())
  end
  return self.output
end

function SmoothL1Criterion:updateGradInput(input, target)
  check.like(self, "target", target, input)
  self.gradInput:resizeAs(input):add(input, -1, target):clamp(-1, 1)
  self.gradInput:mul(self:_share(input:nElement()))
  return self.gradInput
end

return SmoothL1Criterion
