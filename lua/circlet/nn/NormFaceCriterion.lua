--- nn.NormFaceCriterion(dim, classes [, options]): NormFace (Wang et al. 2017, arXiv 1704.06369),
-- nn.MarginSoftmaxCriterion with preset "normface": softmax over scaled cosines. options.scale is
-- 20; the paper learns it.
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local NormFaceCriterion = class("nn.NormFaceCriterion", "nn.MarginSoftmaxCriterion")

NormFaceCriterion.preset = "normface"

return NormFaceCriterion
