--- nn.CircleClassCriterion(dim, classes, m, gamma [, options]): class-level Circle Loss.
--
-- Holds one vector per class, `weight` [classes, dim]; similarities are cosines between rows of the
-- input [B, dim] and class vectors, the target [B] names each row's class, 1..classes. m, gamma and
-- options as in nn.CircleCriterion; `centres` = K keeps K vectors a class, of which the most
-- similar counts (weight is [classes * K, dim]). It has parameters, as nn.ClassVectorsCriterion
-- says: backward accumulates into `gradWeight`.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param m? number 0.25 by default
-- @param gamma? number 256 by default
-- @param options? table those of circlet.circle_class_loss
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.CircleClassCriterion(4, 4, 0.25, 128)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.ClassVectorsCriterion"

local CircleClassCriterion, parent = class("nn.CircleClassCriterion", "nn.ClassVectorsCriterion")

function CircleClassCriterion:__init(dim, classes, m, gamma, options)
  parent.__init(self, dim, classes * (options and options.centres or 1))
  circle.configure(self, m or 0.25, gamma or 256, options)
end

function CircleClassCriterion:__tostring()
  return ("nn.CircleClassCriterion(%d -> %d, m=%g, gamma=%g)"):format(self.weight:size(2),
    self.weight:size(1) // (self.options.centres or 1), self.m, self.gamma)
end

return CircleClassCriterion
