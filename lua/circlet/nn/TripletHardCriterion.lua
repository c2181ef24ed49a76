--- nn.TripletHardCriterion([options]): triplet loss of each anchor's hardest pairs.
-- Options as of circlet.triplet_hard_loss: measure, margin (0.05), soft and the family's.
--
--     local criterion = nn.TripletHardCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local TripletHardCriterion = class("nn.TripletHardCriterion", "nn.PairCriterion")

TripletHardCriterion.pair_loss = "triplet_hard"

return TripletHardCriterion
