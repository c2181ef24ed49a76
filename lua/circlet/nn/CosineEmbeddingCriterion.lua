--- nn.CosineEmbeddingCriterion([margin]): for rows {x, y} ([B, D] or [D]) and targets t, 1 - cos(x,
-- y) where t is 1 and max(0, cos(x, y) - margin) where t is -1, averaged over rows (sizeAverage =
-- false sums); margin = 0, in [-1, 1]. Target: a tensor, or a number for one pair.
-- @param margin? number 0 by default, in [-1, 1]
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x = circlet.Tensor { 1, 0 }
-- nn.CosineEmbeddingCriterion():forward({ x, x }, -1)    --> 1
local class = require "circlet.class"
local check = require "circlet.nn.check"
local cosine = require "circlet.nn.cosine"
local rows = require "circlet.nn.rows"
require "circlet.nn.Criterion"

local CosineEmbeddingCriterion, parent = class("nn.CosineEmbeddingCriterion", "nn.Criterion")

function CosineEmbeddingCriterion:__init(margin)
  parent.__init(self)
  self.margin = check.number(self, "the margin", margin or 0)
  if self.margin < -1 or self.margin > 1 then
    check.fail(self, "the margin must be from -1 to 1, got %g", self.margin)
  end
  self.sizeAverage = true
  self.gradInput = {}
end

function CosineEmbeddingCriterion:updateOutput(input, target)
  local x, y = rows.of(self, input)
  local t = check.signs(self, target, x, x:size(1))
  self.output = 0
  if x:nElement() == 0 then return 0 end
  local c = cosine.forward(x, y):view(-1)
  local alike, apart = t:eq(1):typeAs(c), t:eq(-1):typeAs(c)
  self.output = (apart:cmul((c - self.margin):cmax(0)):sum() + alike:cmul((-c):add(1)):sum())
    * self:_share(x:size(1))
  return self.output
end

function CosineEmbeddingCriterion:updateGradInput(input, target)
  local x, y = rows.of(self, input)
  local t = check.signs(self, target, x, x:size(1))
  local c, kept = cosine.forward(x, y)
  local near = c:gt(self.margin):typeAs(c):view(-1):cmul(t:eq(-1):typeAs(c))
  local g = near:add(-1, t:eq(1):typeAs(c)):mul(self:_share(x:size(1))):view(-1, 1)
  local gx, gy = cosine.backward(x, y, c, kept, g)
  rows.put(self, 1, gx, input)
  rows.put(self, 2, gy, input)
  return self.gradInput
end

return CosineEmbeddingCriterion
