--- nn.UnifiedCriterion([options]): the unified loss of the Circle Loss paper (Eq. 1). Options as of
-- circlet.unified_loss: m (0.25), gamma (256) and the family's.
-- @param options? table those of the function, but for reduction "none"
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.UnifiedCriterion()
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local UnifiedCriterion = class("nn.UnifiedCriterion", "nn.PairCriterion")

UnifiedCriterion.pair_loss = "unified"

return UnifiedCriterion
