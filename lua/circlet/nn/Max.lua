--- nn.Max(dim[, nInputDims]): the greatest element along dimension `dim`, which goes; dim and
-- nInputDims as in nn.JoinTable. The gradient goes to one of equal elements. Max of a vector is a
-- tensor of one element.
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Max, parent = class("nn.Max", "nn.Module")

function Max:__init(dimension, nInputDims)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension or 1)
  self.nInputDims = nInputDims
end

function Max:updateOutput(input)
  check.tensor(self, "input", input)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  local values, indices = input:max(dim)
  self._indices = indices
  self.output:resizeAs(values):copy(values)
  if input:dim() > 1 then self.output:set(self.output:select(dim, 1)) end
  return self.output
end

function Max:updateGradInput(input, gradOutput)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  check.like(self, "gradOutput", gradOutput, self.output)
  local shaped = gradOutput:contiguous():view(self._indices:size())
  self.gradInput:resizeAs(input):zero():scatter(dim, self._indices, shaped)
  return self.gradInput
end

function Max:clearState()
  self._indices = nil
  return parent.clearState(self)
end

return Max
