--- nn.MarginCriterion([margin]): max(0, margin - t x) for targets t = 1 or -1, averaged over all
-- elements (sizeAverage = false sums); margin = 1.
-- @param margin? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.MarginCriterion():forward(circlet.Tensor { 0.5, 2 }, circlet.Tensor { 1, 1 })    --> 0.25
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local MarginCriterion, parent = class("nn.MarginCriterion", "nn.Criterion")

function MarginCriterion:__init(margin)
  parent.__init(self)
  self.margin = check.number(self, "the margin", margin or 1)
  self.sizeAverage = true
end

-- margin - t x and t, as vectors
local function slack(self, input, target)
  check.tensor(self, "input", input)
  local t = check.signs(self, target, input, input:nElement())
  local d = input:clone():view(-1):cmul(t):mul(-1):add(self.margin)
  return d, t
end

function MarginCriterion:updateOutput(input, target)
  self.output = 0
  if input:nElement() > 0 then
    self.output = slack(self, input, target):cmax(0):sum() * self:_share(input:nElement())
  end
  return self.output
end

function MarginCriterion:updateGradInput(input, target)
  self.gradInput:resizeAs(input):zero()
  if input:nElement() > 0 then
    local d, t = slack(self, input, target)
    self.gradInput:view(-1):copy(d:gt(0)):cmul(t):mul(-self:_share(input:nElement()))
  end
  return self.gradInput
end

return MarginCriterion
