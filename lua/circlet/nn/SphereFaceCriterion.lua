--- nn.SphereFaceCriterion(dim, classes [, options]): SphereFace (Liu et al., CVPR 2017, arXiv
-- 1704.08063), nn.MarginSoftmaxCriterion with preset "sphereface": cos(margin * theta) at the own
-- class, continued so that it falls all the way to pi. options.margin is 4. Rows are normalised, as
-- the paper's are not: options.scale, 30, stands for their length.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.SphereFaceCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local SphereFaceCriterion = class("nn.SphereFaceCriterion", "nn.MarginSoftmaxCriterion")

SphereFaceCriterion.preset = "sphereface"

return SphereFaceCriterion
