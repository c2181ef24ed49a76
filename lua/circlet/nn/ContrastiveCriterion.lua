--- nn.ContrastiveCriterion([options]): contrastive loss of pairs.
-- Options as of circlet.contrastive_loss: measure, pos_margin (0), neg_margin (1) and the family's.
-- @param options? table those of the function, but for reduction "none"
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.ContrastiveCriterion()
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local ContrastiveCriterion = class("nn.ContrastiveCriterion", "nn.PairCriterion")

ContrastiveCriterion.pair_loss = "contrastive"

return ContrastiveCriterion
