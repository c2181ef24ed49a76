--- nn.NTXentCriterion([options]): normalised temperature-scaled cross-entropy.
-- Options as of circlet.nt_xent_loss: temperature (0.07) and the family's.
-- @param options? table those of the function, but for reduction "none"
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.NTXentCriterion()
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local NTXentCriterion = class("nn.NTXentCriterion", "nn.PairCriterion")

NTXentCriterion.pair_loss = "nt_xent"

return NTXentCriterion
