--- nn.MarginRankingCriterion([margin]): max(0, margin - t (x - y)) for scores {x, y} of one size
-- and targets t = 1 (x should be greater) or -1, averaged over all elements (sizeAverage = false
-- sums); margin = 1. Target: a tensor, or a number for one pair.
-- @param margin? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.MarginRankingCriterion():forward({ circlet.Tensor { 1 }, circlet.Tensor { 3 } }, 1)    --> 3
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local MarginRankingCriterion, parent = class("nn.MarginRankingCriterion", "nn.Criterion")

function MarginRankingCriterion:__init(margin)
  parent.__init(self)
  self.margin = check.number(self, "the margin", margin or 1)
  self.sizeAverage = true
  self.gradInput = {}
end

-- margin - t (x - y) and t, as vectors
local function slack(self, input, target)
  check.alike(self, "input", input, 2)
  local t = check.signs(self, target, input[1], input[1]:nElement())
  return (input[1] - input[2]):view(-1):cmul(t):mul(-1):add(self.margin), t
end

function MarginRankingCriterion:updateOutput(input, target)
  local d = slack(self, input, target)
  self.output = 0
  if d:nElement() > 0 then self.output = d:cmax(0):sum() * self:_share(d:nElement()) end
  return self.output
end

function MarginRankingCriterion:updateGradInput(input, target)
  local d, t = slack(self, input, target)
  local g = d:gt(0):typeAs(d):cmul(t):mul(self:_share(d:nElement()))
  for i, sign in ipairs { -1, 1 } do
    local gx = self.gradInput[i] or d.new()
    self.gradInput[i] = gx:resizeAs(input[i]):mul(g:view(input[i]:size()), sign)
  end
  return self.gradInput
end

return MarginRankingCriterion
