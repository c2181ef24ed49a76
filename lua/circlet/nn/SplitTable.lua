--- nn.SplitTable(dim[, nInputDims]): the slices of a tensor along `dim` as a table, without that
-- dimension; dim and nInputDims as in nn.JoinTable. Slices of a vector are tensors of one element.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- #nn.SplitTable(1):forward(circlet.ones(3, 2))    --> 3
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local SplitTable, parent = class("nn.SplitTable", "nn.Module")

function SplitTable:__init(dimension, nInputDims)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension)
  self.nInputDims = nInputDims
  self.output = {}
end

local function slice(t, dim, i)
  return t:dim() == 1 and t:narrow(1, i, 1) or t:select(dim, i)
end

function SplitTable:updateOutput(input)
  check.tensor(self, "input", input)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  self.output = {}
  for i = 1, input:size(dim) do self.output[i] = slice(input, dim, i) end
  return self.output
end

function SplitTable:updateGradInput(input, gradOutput)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input)
  check.tensors(self, "gradOutput", gradOutput, input:size(dim))
  self.gradInput:resizeAs(input)
  for i = 1, input:size(dim) do slice(self.gradInput, dim, i):copy(gradOutput[i]) end
  return self.gradInput
end

return SplitTable
