--- nn.BCECriterion([weights][, sizeAverage]): binary cross entropy, the mean over all elements of
-- -(t log(x + e) + (1 - t) log(1 - x + e)) for probabilities x and targets t in [0, 1], e = 1e-12;
-- sizeAverage = false sums. weights has the input's size, or that of one example of the batch.
-- @param weights? circlet.Tensor
-- @param sizeAverage? boolean true by default: the mean; false: the sum
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.BCECriterion():forward(circlet.Tensor { 0.5, 0.5 }, circlet.Tensor { 0, 1 })    --> 0.693
local class = require "circlet.class"
local check = require "circlet.nn.check"
local expanded = require "circlet.nn.expanded"
require "circlet.nn.Criterion"

local BCECriterion, parent = class("nn.BCECriterion", "nn.Criterion")
local EPSILON = 1e-12

function BCECriterion:__init(weights, sizeAverage)
  parent.__init(self)
  if weights ~= nil then check.tensor(self, "weights", weights) end
  self.weights = weights
  self.sizeAverage = sizeAverage ~= false
end

-- The weights in the size of the input; nil without weights.
local function weights_for(self, input)
  local weights = self.weights and expanded.to(self.weights, input)
  if self.weights and not weights then
    check.fail(self, "weights must fit the input of %s, got %s", check.text(input),
      check.text(self.weights))
  end
  return weights
end

-- A number beside a vector of one element is its target, as in Torch7.
local function as_tensor(target, input)
  return type(target) == "number" and input:new(1):fill(target) or target
end

function BCECriterion:updateOutput(input, target)
  check.tensor(self, "input", input)
  target = as_tensor(target, input)
  check.like(self, "target", target, input)
  local weights = weights_for(self, input)
  self.output = 0
  if input:nElement() == 0 then return self.output end
  if input:min() < 0 or input:max() > 1 then
    check.fail(self, "input must hold probabilities from 0 to 1, got %g to %g", input:min(),
      input:max())
  end
  local positive = (input + EPSILON):log():cmul(target)
  local negative = (-input):add(1 + EPSILON):log():cmul((-target):add(1))
  positive:add(negative)
  if weights then positive:cmul(weights) end
  self.output = -positive:sum() * self:_share(input:nElement())
  return self.output
end

function BCECriterion:updateGradInput(input, target)
  target = as_tensor(target, input)
  check.like(self, "target", target, input)
  local weights = weights_for(self, input)
  local below = (-input):add(1 + EPSILON):cmul(input + EPSILON)
  self.gradInput:resizeAs(input):add(input, -1, target):cdiv(below)
  self.gradInput:mul(self:_share(input:nElement()))
  if weights then self.gradInput:cmul(weights) end
  return self.gradInput
end

return BCECriterion
