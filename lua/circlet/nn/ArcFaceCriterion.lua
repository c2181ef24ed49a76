--- nn.ArcFaceCriterion(dim, classes [, options]): ArcFace (Deng et al., CVPR 2019, arXiv
-- 1801.07698), nn.MarginSoftmaxCriterion with preset "arcface": scale * cos(theta + margin) at the
-- own class. options.scale is 64, options.margin 0.5 (radians). options.centres = K makes it
-- sub-centre ArcFace (Deng et al., ECCV 2020).
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.ArcFaceCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local ArcFaceCriterion = class("nn.ArcFaceCriterion", "nn.MarginSoftmaxCriterion")

ArcFaceCriterion.preset = "arcface"

return ArcFaceCriterion
