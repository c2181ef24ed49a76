--- nn.CircleCriterion(m, gamma [, options]): Circle Loss with pair-wise labels.
--
-- m (default 0.25) and gamma (256) as in Sun et al., CVPR 2020; options are those of
-- circlet.circle_loss: aggregate, reduction ("mean", "mean_all", "sum"), through_alpha, similarity.
-- `sizeAverage = false` means reduction "sum", as in Torch7.
--
--     local criterion = nn.CircleCriterion(0.25, 80)
--     local loss = criterion:forward(embeddings, labels)        -- [B,D], [B]
--     local gradient = criterion:backward(embeddings, labels)   -- [B,D]
--
-- Input {x, refs} with target {labels, ref_labels} sets queries against references; gradInput is
-- then a table of two. After forward, `criterion.info` holds n_anchors, n_valid, mean_sp, mean_sn.
-- backward belongs to the last forward, whose sums it uses again.
-- Raises for wrong shapes, types and labels, and for NaN in the input.
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.Criterion"

local CircleCriterion, parent = class("nn.CircleCriterion", "nn.Criterion")

function CircleCriterion:__init(m, gamma, options)
  parent.__init(self)
  circle.configure(self, m, gamma, options)
end

--- The tensors of an input or target: one, or a table of two.
local function two(value)
  if type(value) == "table" then return value[1], value[2] end
  return value, nil
end

function CircleCriterion:updateOutput(input, target)
  local x, refs = two(input)
  local labels, ref_labels = two(target)
  if (refs == nil) ~= (ref_labels == nil) then
    error("nn.CircleCriterion: {x, refs} goes with {labels, ref_labels}", 2)
  end
  return circle.forward(self, x, labels, refs, ref_labels)
end

function CircleCriterion:updateGradInput(input)
  local x, refs = two(input)
  local grad_x, grad_refs = two(self.gradInput)
  grad_x = circle.buffer(grad_x, x)
  grad_refs = refs and circle.buffer(grad_refs, refs)
  circle.backward(self, grad_x, grad_refs)
  if not refs then
    self.gradInput = grad_x
  elseif type(self.gradInput) == "table" then
    self.gradInput[1], self.gradInput[2] = grad_x, grad_refs
  else
    self.gradInput = { grad_x, grad_refs }
  end
  return self.gradInput
end

function CircleCriterion:__tostring()
  return ("nn.CircleCriterion(m=%g, gamma=%g)"):format(self.m, self.gamma)
end

return CircleCriterion
