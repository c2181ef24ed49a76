--- nn.UnifiedCriterion([options]): the unified loss of the Circle Loss paper (Eq. 1). Options as of
-- circlet.unified_loss: m (0.25), gamma (256) and the family's.
--
--     local criterion = nn.UnifiedCriterion { m = 0.25, gamma = 64 }
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local UnifiedCriterion = class("nn.UnifiedCriterion", "nn.PairCriterion")

UnifiedCriterion.pair_loss = "unified"

return UnifiedCriterion
