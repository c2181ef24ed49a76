--- nn.SoftMarginCriterion(): log(1 + exp(-t x)) for targets t = 1 or -1, averaged over all elements
-- (sizeAverage = false sums).
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SoftMarginCriterion():forward(circlet.Tensor { 0 }, circlet.Tensor { 1 })    --> 0.693
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local SoftMarginCriterion, parent = class("nn.SoftMarginCriterion", "nn.Criterion")

function SoftMarginCriterion:__init()
  parent.__init(self)
  self.sizeAverage = true
end

-- -t x and t, as vectors
local function exponents(self, input, target)
  check.tensor(self, "input", input)
  local t = check.signs(self, target, input, input:nElement())
  return input:clone():view(-1):cmul(t):mul(-1), t
end

function SoftMarginCriterion:updateOutput(input, target)
  self.output = 0
  if input:nElement() == 0 then return 0 end
  local z = exponents(self, input, target)
  local rest = z:clone():abs():neg():exp():log1p() -- log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)
  self.output = rest:add(z:cmax(0)):sum() * self:_share(input:nElement())
  return self.output
end

function SoftMarginCriterion:updateGradInput(input, target)
  self.gradInput:resizeAs(input)
  if input:nElement() == 0 then return self.gradInput end
  local z, t = exponents(self, input, target)
  self.gradInput:view(-1):copy(z:sigmoid():cmul(t)):mul(-self:_share(input:nElement()))
  return self.gradInput
end

return SoftMarginCriterion
