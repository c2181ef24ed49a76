--- nn.AMSoftmaxCriterion(dim, classes [, options]): additive margin softmax (Wang et al. 2018,
-- arXiv 1801.05599), nn.MarginSoftmaxCriterion with preset "am_softmax": CosFace's formula with its
-- own paper's options.scale, 30; options.margin is 0.35.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.AMSoftmaxCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local AMSoftmaxCriterion = class("nn.AMSoftmaxCriterion", "nn.MarginSoftmaxCriterion")

AMSoftmaxCriterion.preset = "am_softmax"

return AMSoftmaxCriterion
