--- nn.GeneralizedLiftedCriterion([options]): generalized lifted structure loss.
-- Options as of circlet.generalized_lifted_loss: measure, pos_margin (0), neg_margin (1) and the
-- family's.
--
--     local criterion = nn.GeneralizedLiftedCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local GeneralizedLiftedCriterion = class("nn.GeneralizedLiftedCriterion", "nn.PairCriterion")

GeneralizedLiftedCriterion.pair_loss = "generalized_lifted"

return GeneralizedLiftedCriterion
