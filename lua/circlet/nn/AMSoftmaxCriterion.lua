--- nn.AMSoftmaxCriterion(dim, classes [, options]): additive margin softmax (Wang et al. 2018,
-- arXiv 1801.05599), nn.MarginSoftmaxCriterion with preset "am_softmax": CosFace's formula with its
-- own paper's options.scale, 30; options.margin is 0.35.
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local AMSoftmaxCriterion = class("nn.AMSoftmaxCriterion", "nn.MarginSoftmaxCriterion")

AMSoftmaxCriterion.preset = "am_softmax"

return AMSoftmaxCriterion
