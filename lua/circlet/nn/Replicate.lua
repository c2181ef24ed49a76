--- nn.Replicate(n[, dim][, nInputDims]): the input n times along a new dimension `dim` (1); with
-- nInputDims, an input of one dimension more has a batch in front, which stays there.
-- @param n integer
-- @param dim? integer 1 by default
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Replicate(2):forward(circlet.Tensor { 1, 2 })    --> {{1, 2}, {1, 2}}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Replicate, parent = class("nn.Replicate", "nn.Module")

function Replicate:__init(n, dim, nInputDims)
  parent.__init(self)
  self.nfeatures = check.integer(self, "the number of copies", n, 1)
  self.dim = check.integer(self, "the dimension", dim or 1, 1)
  self.ndim = nInputDims
end

local function place(self, input)
  local dim = self.dim + (self.ndim and input:dim() > self.ndim and 1 or 0)
  if dim > input:dim() + 1 then
    check.fail(self, "dimension %d is out of range, the input is %s", self.dim,
      check.text(input))
  end
  return dim
end

function Replicate:updateOutput(input)
  check.tensor(self, "input", input)
  local dim = place(self, input)
  local one = input:unsqueeze(dim)
  local size = one:size()
  size[dim] = self.nfeatures
  self.output:resize(size):copy(one:expand(size))
  return self.output
end

function Replicate:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  local sum = gradOutput:sum(place(self, input))
  self.gradInput:resizeAs(input):copy(sum:view(input:size()))
  return self.gradInput
end

return Replicate
