--- nn.CircleClassCriterion(dim, classes, m, gamma [, options]): class-level Circle Loss.
--
-- Holds one vector per class, `weight` [classes, dim]; similarities are cosines between rows of the
-- input [B, dim] and class vectors, the target [B] names each row's class, 1..classes. m, gamma and
-- options as in nn.CircleCriterion; `centres` = K keeps K vectors a class, of which the most
-- similar counts (weight is [classes * K, dim]). It has parameters, as nn.ClassVectorsCriterion
-- says: backward accumulates into `gradWeight`.
--
--     local criterion = nn.CircleClassCriterion(64, 10, 0.25, 128)
--     local loss = criterion:forward(embeddings, labels)
--     local gradient = criterion:backward(embeddings, labels)   -- gradWeight grows as well
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
