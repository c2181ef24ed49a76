--- nn.ProxyAnchorCriterion(dim, classes [, options]): proxy-anchor (Kim et al., CVPR 2020, arXiv
-- 2003.13911).
--
-- Input [B, dim] and target [B], classes from 1; `weight` [classes, dim] holds the proxies. options
-- are those of circlet.proxy_anchor_loss: margin (0.1), scale (32), similarity, memory_budget,
-- filter_eps. The loss is a mean over proxies by definition: with sizeAverage = false, forward
-- raises. Parameters as in nn.ClassVectorsCriterion.
-- @param dim integer numbers in an embedding
-- @param classes integer how many classes
-- @param options? table those of circlet.margin_loss, and bias
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.ProxyAnchorCriterion(4, 4)
-- criterion:forward(x, labels) > 0              --> true
-- criterion:backward(x, labels):size()          --> {8, 4}
-- criterion.gradWeight:size()                   --> {4, 4}
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.ClassVectorsCriterion"

local ProxyAnchorCriterion, parent = class("nn.ProxyAnchorCriterion", "nn.ClassVectorsCriterion")

ProxyAnchorCriterion.pair_loss = "proxy_anchor"

function ProxyAnchorCriterion:__init(dim, classes, options)
  parent.__init(self, dim, classes)
  circle.configure(self, nil, nil, options)
end

return ProxyAnchorCriterion
