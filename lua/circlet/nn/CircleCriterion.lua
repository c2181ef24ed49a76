--- nn.CircleCriterion(m, gamma [, options]): Circle Loss with pair-wise labels.
--
-- m (default 0.25) and gamma (256) as in Sun et al., CVPR 2020; options are those of
-- circlet.circle_loss: aggregate, reduction ("mean", "mean_all", "sum"), through_alpha, similarity.
-- `sizeAverage = false` means reduction "sum", as in Torch7.
--
-- Input {x, refs} with target {labels, ref_labels} sets queries against references; gradInput is
-- then a table of two. After forward, `criterion.info` holds n_anchors, n_valid, mean_sp, mean_sn.
-- backward belongs to the last forward, whose sums it uses again.
-- Raises for wrong shapes, types and labels, and for NaN in the input.
-- @param m? number 0.25 by default
-- @param gamma? number 256 by default
-- @param options? table those of circlet.circle_loss
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- local criterion = nn.CircleCriterion(0.25, 80)
-- local loss = criterion:forward(x, labels)
-- loss == circlet.circle_loss(x, labels, { m = 0.25, gamma = 80 })    --> true
-- criterion:backward(x, labels):size()                                --> {8, 4}
-- criterion.info.n_valid                                              --> 8
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
local PairCriterion = require "circlet.nn.PairCriterion"

local CircleCriterion = class("nn.CircleCriterion", "nn.PairCriterion")

CircleCriterion.pair_loss = "circle"

function CircleCriterion:__init(m, gamma, options)
  PairCriterion.__init(self)
  circle.configure(self, m or 0.25, gamma or 256, options)
end

function CircleCriterion:__tostring()
  return ("nn.CircleCriterion(m=%g, gamma=%g)"):format(self.m, self.gamma)
end

return CircleCriterion
