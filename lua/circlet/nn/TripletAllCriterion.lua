--- nn.TripletAllCriterion([options]): triplet loss of every positive and negative of an anchor.
-- Options as of circlet.triplet_all_loss: measure, margin (0.05), soft and the family's.
--
--     local criterion = nn.TripletAllCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local TripletAllCriterion = class("nn.TripletAllCriterion", "nn.PairCriterion")

TripletAllCriterion.pair_loss = "triplet_all"

return TripletAllCriterion
