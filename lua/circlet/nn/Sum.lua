--- nn.Sum(dim[, nInputDims][, sizeAverage][, squeeze]): the sum along dimension `dim`, which goes
-- unless squeeze = false; sizeAverage = true divides by the number of elements. dim and nInputDims
-- as in nn.JoinTable. The sum of a vector is a tensor of one element.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @param sizeAverage? boolean false by default
-- @param squeeze? boolean true by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Sum(1):forward(circlet.Tensor { { 1, 5 }, { 3, 2 } })    --> {4, 7}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Sum, parent = class("nn.Sum", "nn.Module")

function Sum:__init(dimension, nInputDims, sizeAverage, squeeze)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension or 1)
  self.nInputDims = nInputDims
  self.sizeAverage = sizeAverage or false
  self.squeeze = squeeze ~= false
end

-- Old files lack squeeze, which was not a choice then.
function Sum:_upgrade()
  parent._upgrade(self)
  if self.squeeze == nil then self.squeeze = true end
end

function Sum:updateOutput(input)
  check.tensor(self, "input", input)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  self.output:sum(input, dim)
  if self.sizeAverage then self.output:div(input:size(dim)) end
  if self.squeeze and input:dim() > 1 then self.output:set(self.output:select(dim, 1)) end
  return self.output
end

function Sum:updateGradInput(input, gradOutput)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  check.like(self, "gradOutput", gradOutput, self.output)
  local size = input:size()
  size[dim] = 1
  local each = gradOutput:contiguous():view(size):expandAs(input)
  self.gradInput:resizeAs(input):copy(each)
  if self.sizeAverage then self.gradInput:div(input:size(dim)) end
  return self.gradInput
end

return Sum
