--- nn.MultiSimilarityCriterion([options]): multi-similarity loss. Options as of
-- circlet.multi_similarity_loss: alpha (2), beta (50), base (0.5) and the family's.
--
--     local criterion = nn.MultiSimilarityCriterion { alpha = 2, beta = 50, base = 0.5 }
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local MultiSimilarityCriterion = class("nn.MultiSimilarityCriterion", "nn.PairCriterion")

MultiSimilarityCriterion.pair_loss = "multi_similarity"

return MultiSimilarityCriterion
