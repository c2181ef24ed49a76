--- nn.CosFaceCriterion(dim, classes [, options]): CosFace (Wang et al., CVPR 2018, arXiv
-- 1801.09414), nn.MarginSoftmaxCriterion with preset "cosface": scale * (cos(theta) - margin) at
-- the own class. options.scale is 64, options.margin 0.35.
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local CosFaceCriterion = class("nn.CosFaceCriterion", "nn.MarginSoftmaxCriterion")

CosFaceCriterion.preset = "cosface"

return CosFaceCriterion
