--- nn.ClassSoftmaxCriterion(dim, classes [, options]): plain softmax over dot products with class
-- vectors, nn.MarginSoftmaxCriterion with preset "softmax": nn.Linear and nn.CrossEntropyCriterion
-- in one, which never holds the logits of the batch. options.bias = true adds a bias to each class.
local class = require "circlet.class"
require "circlet.nn.MarginSoftmaxCriterion"

local ClassSoftmaxCriterion = class("nn.ClassSoftmaxCriterion", "nn.MarginSoftmaxCriterion")

ClassSoftmaxCriterion.preset = "softmax"

return ClassSoftmaxCriterion
