--- nn.PairCriterion(options): what the criterions of pair-wise losses have in common; each class
-- derived from it names its loss in the field `pair_loss`.
--
-- Input x [B,D] with target labels [B], or {x, refs} with {labels, ref_labels}: queries against
-- references; gradInput is then a table of two. Options are those of circlet.<pair_loss>_loss but
-- for reduction "none"; `sizeAverage = false` means reduction "sum", as in Torch7. After forward,
-- `criterion.info` holds what the function returns third. backward belongs to the last forward,
-- whose sums it uses again.
-- Raises for wrong shapes, types and labels, and for NaN in the input.
-- @param options? table
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local x, labels = circlet.randn(8, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 4 }
-- nn.SupConCriterion { temperature = 0.5 }:forward(x, labels) > 0    --> true
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.Criterion"

local PairCriterion, parent = class("nn.PairCriterion", "nn.Criterion")

function PairCriterion:__init(options)
  parent.__init(self)
  circle.configure(self, nil, nil, options)
end

--- The tensors of an input or target: one, or a table of two.
local function two(value)
  if type(value) == "table" then return value[1], value[2] end
  return value, nil
end

function PairCriterion:updateOutput(input, target)
  local x, refs = two(input)
  local labels, ref_labels = two(target)
  if (refs == nil) ~= (ref_labels == nil) then
    error(self.__typename .. ": {x, refs} goes with {labels, ref_labels}", 2)
  end
  return circle.forward(self, x, labels, refs, ref_labels)
end

function PairCriterion:updateGradInput(input)
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

function PairCriterion:__tostring() return self.__typename end

return PairCriterion
