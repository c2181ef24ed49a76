--- nn.MarginSoftmaxCriterion(dim, classes [, options]): softmax over similarities to class vectors,
-- with a margin at the own class.
--
-- Input [B, dim] and target [B], classes from 1. Options are those of circlet.margin_loss: preset,
-- scale, margin (or m1, m2, m3), easy_margin, monotone, label_smoothing, centres, similarity,
-- reduction (but for "none"), memory_budget, filter_eps; `bias = true` adds a bias to each class's
-- logit. Criterions by name: NormFaceCriterion, CosFaceCriterion, AMSoftmaxCriterion,
-- ArcFaceCriterion, SphereFaceCriterion, ClassSoftmaxCriterion. Parameters as in
-- nn.ClassVectorsCriterion.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.MarginSoftmaxCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.ClassVectorsCriterion"

local MarginSoftmaxCriterion, parent =
  class("nn.MarginSoftmaxCriterion", "nn.ClassVectorsCriterion")

MarginSoftmaxCriterion.pair_loss = "margin"

function MarginSoftmaxCriterion:__init(dim, classes, options)
  local own = {}
  for name, value in pairs(options or {}) do own[name] = value end
  local bias = own.bias
  own.bias = nil
  own.preset = own.preset or self.preset
  parent.__init(self, dim, classes * (own.centres or 1), bias and classes or nil)
  circle.configure(self, nil, nil, own)
end

return MarginSoftmaxCriterion
