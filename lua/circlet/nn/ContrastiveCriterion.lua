--- nn.ContrastiveCriterion([options]): contrastive loss of pairs.
-- Options as of circlet.contrastive_loss: measure, pos_margin (0), neg_margin (1) and the family's.
--
--     local criterion = nn.ContrastiveCriterion()
--     local loss = criterion:forward(embeddings, labels)
require "circlet.nn.PairCriterion"
local class = require "circlet.class"

local ContrastiveCriterion = class("nn.ContrastiveCriterion", "nn.PairCriterion")

ContrastiveCriterion.pair_loss = "contrastive"

return ContrastiveCriterion
