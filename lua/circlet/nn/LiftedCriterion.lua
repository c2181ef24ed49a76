--- nn.LiftedCriterion([options]): lifted structure loss.
-- Options as of circlet.lifted_loss: measure, pos_margin (0), neg_margin (1) and the family's.
--
--     local criterion = nn.LiftedCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local LiftedCriterion = class("nn.LiftedCriterion", "nn.PairCriterion")

LiftedCriterion.pair_loss = "lifted"

return LiftedCriterion
