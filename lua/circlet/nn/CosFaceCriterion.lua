--- nn.CosFaceCriterion(dim, classes [, options]): CosFace (Wang et al., CVPR 2018, arXiv
-- 1801.09414), nn.MarginSoftmaxCriterion with preset "cosface": scale * (cos(theta) - margin) at
-- the own class. options.scale is 64, options.margin 0.35.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.CosFaceCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local CosFaceCriterion = class("nn.CosFaceCriterion", "nn.MarginSoftmaxCriterion")

CosFaceCriterion.preset = "cosface"

return CosFaceCriterion
