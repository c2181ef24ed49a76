--- nn.CircleClassCriterion(dim, classes, m, gamma [, options]): class-level Circle Loss.
--
-- Holds one vector per class, `weight` [classes, dim]; similarities are cosines between rows of the
-- input [B, dim] and class vectors, the target [B] names each row's class, 1..classes. m, gamma and
-- options as in nn.CircleCriterion. The criterion has parameters: backward accumulates into
-- `gradWeight`; parameters(), zeroGradParameters() and updateParameters() work as a module's.
--
--     local criterion = nn.CircleClassCriterion(64, 10, 0.25, 128)
--     local loss = criterion:forward(embeddings, labels)
--     local gradient = criterion:backward(embeddings, labels)   -- gradWeight grows as well
local circlet = require "circlet"
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.Criterion"

local CircleClassCriterion, parent = class("nn.CircleClassCriterion", "nn.Criterion")

function CircleClassCriterion:__init(dim, classes, m, gamma, options)
  parent.__init(self)
  circle.configure(self, m or 0.25, gamma or 256, options)
  self.weight = circlet.Tensor(classes, dim)
  self.gradWeight = circlet.Tensor(classes, dim)
  self:reset()
end

--- Class vectors point in uniformly random directions: rows of standard normals.
function CircleClassCriterion:reset()
  self.weight:normal(0, 1)
  return self
end

function CircleClassCriterion:updateOutput(input, target)
  return circle.forward(self, input, target, self.weight)
end

function CircleClassCriterion:updateGradInput(input)
  self.gradInput = circle.buffer(self.gradInput, input)
  circle.backward(self, self.gradInput, nil)
  return self.gradInput
end

--- Adds scale times the gradient of the last forward to gradWeight.
function CircleClassCriterion:accGradParameters(_, _, scale)
  local gradient = self.weight:new()
  circle.backward(self, nil, gradient)
  self.gradWeight:add(scale or 1, gradient)
end

--- updateGradInput and accGradParameters in one pass over the similarities.
function CircleClassCriterion:backward(input, _, scale)
  local gradient = self.weight:new()
  self.gradInput = circle.buffer(self.gradInput, input)
  circle.backward(self, self.gradInput, gradient)
  self.gradWeight:add(scale or 1, gradient)
  return self.gradInput
end

function CircleClassCriterion:parameters() return { self.weight }, { self.gradWeight } end

function CircleClassCriterion:zeroGradParameters() self.gradWeight:zero() end

function CircleClassCriterion:updateParameters(learningRate)
  self.weight:add(-learningRate, self.gradWeight)
end

function CircleClassCriterion:__tostring()
  return ("nn.CircleClassCriterion(%d -> %d, m=%g, gamma=%g)"):format(self.weight:size(2),
    self.weight:size(1), self.m, self.gamma)
end

return CircleClassCriterion
