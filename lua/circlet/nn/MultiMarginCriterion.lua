--- nn.MultiMarginCriterion([p][, weights][, margin]): for scores x [B, C] or [C] and classes t (a
-- tensor of B labels from 1 to C, or a number), the sum over the classes i ~= t of max(0, margin -
-- x[t] + x[i])^p / C, averaged over the batch (sizeAverage = false sums); p = 1 or 2, margin = 1.
-- weights [C] scale the examples of each class.
-- @param p? integer 1 by default, or 2
-- @param weights? circlet.Tensor [C]
-- @param margin? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.MultiMarginCriterion():forward(circlet.Tensor { 1, 1, 0 }, 1)    --> 0.333
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Criterion"

local MultiMarginCriterion, parent = class("nn.MultiMarginCriterion", "nn.Criterion")

function MultiMarginCriterion:__init(p, weights, margin)
  parent.__init(self)
  self.p = p or 1
  if self.p ~= 1 and self.p ~= 2 then
    check.fail(self, "p must be 1 or 2, got %s", tostring(p))
  end
  self.margin = check.number(self, "the margin", margin or 1)
  self.weights = weights
  self.sizeAverage = true
end

-- The slack max(0, margin - x[t] + x[i]) [B, C], 0 for i = t; the labels [B, 1]; factors [B, 1].
local function slack(self, input, target)
  check.tensor(self, "input", input, 1, 2)
  local x = input:dim() == 1 and input:contiguous():view(1, -1) or input
  local t = type(target) == "number" and circlet.DoubleTensor { target } or target
  check.tensor(self, "target", t)
  local classes = x:size(2)
  if t:nElement() ~= x:size(1) then
    check.fail(self, "target must have %d elements, got %d", x:size(1), t:nElement())
  end
  local labels = check.indices(t, x):contiguous():view(-1, 1)
  if labels:min() < 1 or labels:max() > classes
    or not labels:double():equal(t:double():contiguous():view(-1, 1)) then
    check.fail(self, "target must hold whole numbers from 1 to %d", classes)
  end
  local d = x:clone():add(-1, x:gather(2, labels):expandAs(x)):add(self.margin):cmax(0)
  d:scatter(2, labels, 0)
  local share = 1 / classes / (self.sizeAverage and x:size(1) or 1)
  local factor = x:new(x:size(1), 1):fill(share)
  if self.weights then
    if self.weights:nElement() ~= classes then
      check.fail(self, "weights must be [%d], got %d", classes, self.weights:nElement())
    end
    factor:cmul(self.weights:index(1, labels:view(-1)):view(-1, 1))
  end
  return d, labels, factor
end

function MultiMarginCriterion:updateOutput(input, target)
  self.output = 0
  if input:nElement() == 0 then return 0 end
  local d, _, factor = slack(self, input, target)
  if self.p == 2 then d:cmul(d) end
  self.output = d:cmul(factor:expandAs(d)):sum()
  return self.output
end

function MultiMarginCriterion:updateGradInput(input, target)
  self.gradInput:resizeAs(input):zero()
  if input:nElement() == 0 then return self.gradInput end
  local d, labels, factor = slack(self, input, target)
  local g = self.p == 2 and d:mul(2) or d:gt(0):typeAs(d)
  g:cmul(factor:expandAs(g))
  g:scatter(2, labels, g:sum(2):mul(-1))
  self.gradInput:copy(g)
  return self.gradInput
end

return MultiMarginCriterion
