--- nn.SphereFaceCriterion(dim, classes [, options]): SphereFace (Liu et al., CVPR 2017, arXiv
-- 1704.08063), nn.MarginSoftmaxCriterion with preset "sphereface": cos(margin * theta) at the own
-- class, continued so that it falls all the way to pi. options.margin is 4. Rows are normalised, as
-- the paper's are not: options.scale, 30, stands for their length.
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local SphereFaceCriterion = class("nn.SphereFaceCriterion", "nn.MarginSoftmaxCriterion")

SphereFaceCriterion.preset = "sphereface"

return SphereFaceCriterion
