--- nn.TripletHardCriterion([options]): triplet loss of each anchor's hardest pairs.
-- Options as of circlet.triplet_hard_loss: measure, margin (0.05), soft and the family's.
-- @param options? table those of the function, but for reduction "none"
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.TripletHardCriterion()
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local TripletHardCriterion = class("nn.TripletHardCriterion", "nn.PairCriterion")

TripletHardCriterion.pair_loss = "triplet_hard"

return TripletHardCriterion
