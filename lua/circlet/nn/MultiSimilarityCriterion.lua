--- nn.MultiSimilarityCriterion([options]): multi-similarity loss. Options as of
-- circlet.multi_similarity_loss: alpha (2), beta (50), base (0.5) and the family's.
-- @param options? table those of the function, but for reduction "none"
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.MultiSimilarityCriterion()
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local MultiSimilarityCriterion = class("nn.MultiSimilarityCriterion", "nn.PairCriterion")

MultiSimilarityCriterion.pair_loss = "multi_similarity"

return MultiSimilarityCriterion
