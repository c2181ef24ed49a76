--- nn.NormFaceCriterion(dim, classes [, options]): NormFace (Wang et al. 2017, arXiv 1704.06369),
-- nn.MarginSoftmaxCriterion with preset "normface": softmax over scaled cosines. options.scale is
-- 20; the paper learns it.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.NormFaceCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local NormFaceCriterion = class("nn.NormFaceCriterion", "nn.MarginSoftmaxCriterion")

NormFaceCriterion.preset = "normface"

return NormFaceCriterion
