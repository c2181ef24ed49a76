--- nn.ClassSoftmaxCriterion(dim, classes [, options]): plain softmax over dot products with class
-- vectors, nn.MarginSoftmaxCriterion with preset "softmax": nn.Linear and nn.CrossEntropyCriterion
-- in one, which never holds the logits of the batch. options.bias = true adds a bias to each class.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.ClassSoftmaxCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local ClassSoftmaxCriterion = class("nn.ClassSoftmaxCriterion", "nn.MarginSoftmaxCriterion")

ClassSoftmaxCriterion.preset = "softmax"

return ClassSoftmaxCriterion
