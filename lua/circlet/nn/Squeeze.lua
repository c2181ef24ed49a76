--- nn.Squeeze([dim][, nInputDims]): the input without its dimensions of size 1, or without
-- dimension `dim` when its size is 1; dim and nInputDims as in nn.JoinTable.
-- @param dimension? integer all of size 1 by default
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Squeeze():forward(circlet.ones(2, 1, 3)):size()    --> {2, 3}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Squeeze, parent = class("nn.Squeeze", "nn.Module")

function Squeeze:__init(dimension, nInputDims)
  parent.__init(self)
  self.dimension = dimension and check.integer(self, "the dimension", dimension)
  self.nInputDims = nInputDims
end

function Squeeze:updateOutput(input)
  check.tensor(self, "input", input)
  local kept = {}
  local dim = self.dimension
    and check.dimension(self, self.dimension, self.nInputDims, input)
  for d = 1, input:dim() do
    local goes = input:size(d) == 1 and (not dim or d == dim)
    if not goes then kept[#kept + 1] = input:size(d) end
  end
  if #kept == 0 then kept[1] = 1 end
  self.output = input:contiguous():view(table.unpack(kept))
  return self.output
end

function Squeeze:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  self.gradInput = gradOutput:contiguous():view(input:size())
  return self.gradInput
end

return Squeeze
