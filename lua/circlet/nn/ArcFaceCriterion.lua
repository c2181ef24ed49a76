--- nn.ArcFaceCriterion(dim, classes [, options]): ArcFace (Deng et al., CVPR 2019, arXiv
-- 1801.07698), nn.MarginSoftmaxCriterion with preset "arcface": scale * cos(theta + margin) at the
-- own class. options.scale is 64, options.margin 0.5 (radians). options.centres = K makes it
-- sub-centre ArcFace (Deng et al., ECCV 2020).
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local ArcFaceCriterion = class("nn.ArcFaceCriterion", "nn.MarginSoftmaxCriterion")

ArcFaceCriterion.preset = "arcface"

return ArcFaceCriterion
