--- nn.JoinTable(dim[, nInputDims]): the tensors of a table side by side along dimension `dim`,
-- which may be negative (from the end); with nInputDims, tensors of one dimension more are batches,
-- and dim counts within an example.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.JoinTable(1):forward { circlet.ones(2), circlet.zeros(1) }    --> {1, 1, 0}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local JoinTable, parent = class("nn.JoinTable", "nn.Module")

function JoinTable:__init(dimension, nInputDims)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension)
  self.nInputDims = nInputDims
  self.gradInput = {}
end

function JoinTable:updateOutput(input)
  check.tensors(self, "input", input)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input[1])
  circlet.cat(self.output, input, dim)
  return self.output
end

function JoinTable:updateGradInput(input, gradOutput)
  local dim = check.dimension(self, self.dimension, self.nInputDims, input[1])
  check.like(self, "gradOutput", gradOutput, self.output)
  local at = 1
  for i, x in ipairs(input) do
    local gx = self.gradInput[i] or x.new()
    gx:resizeAs(x):copy(gradOutput:narrow(dim, at, x:size(dim)))
    self.gradInput[i], at = gx, at + x:size(dim)
  end
  for i = #self.gradInput, #input + 1, -1 do self.gradInput[i] = nil end
  return self.gradInput
end

return JoinTable
