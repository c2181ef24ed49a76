--- nn.SupConCriterion([options]): supervised contrastive loss.
-- Options as of circlet.supcon_loss: temperature (0.1) and the family's.
--
--     local criterion = nn.SupConCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local SupConCriterion = class("nn.SupConCriterion", "nn.PairCriterion")

SupConCriterion.pair_loss = "supcon"

return SupConCriterion
