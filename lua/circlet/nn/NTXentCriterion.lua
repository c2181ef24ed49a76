--- nn.NTXentCriterion([options]): normalised temperature-scaled cross-entropy.
-- Options as of circlet.nt_xent_loss: temperature (0.07) and the family's.
--
--     local criterion = nn.NTXentCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local NTXentCriterion = class("nn.NTXentCriterion", "nn.PairCriterion")

NTXentCriterion.pair_loss = "nt_xent"

return NTXentCriterion
