--- nn.Narrow(dim, offset[, length]): `length` (1) slices along dimension `dim` from `offset` on; a
-- negative dim counts from the end, a length of -1 goes to the end.
-- @param dimension integer from 1, or negative from the end
-- @param offset integer from 1
-- @param length? integer 1 by default; -1: to the end
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Narrow(1, 2, 2):forward(circlet.range(1, 4))    --> {2, 3}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Narrow, parent = class("nn.Narrow", "nn.Module")

function Narrow:__init(dimension, offset, length)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension)
  self.index = check.integer(self, "the offset", offset, 1)
  self.length = check.integer(self, "the length", length or 1, -1)
end

local function part(self, t)
  local dim = check.dimension(self, self.dimension, nil, t)
  local length = self.length == -1 and t:size(dim) - self.index + 1 or self.length
  if length < 1 or self.index + length - 1 > t:size(dim) then
    check.fail(self, "there are no slices %d to %d along dimension %d of %s", self.index,
      self.index + length - 1, dim, check.text(t))
  end
  return t:narrow(dim, self.index, length)
end

function Narrow:updateOutput(input)
  check.tensor(self, "input", input)
  local seen = part(self, input)
  self.output:resizeAs(seen):copy(seen)
  return self.output
end

function Narrow:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  self.gradInput:resizeAs(input):zero()
  part(self, self.gradInput):copy(gradOutput)
  return self.gradInput
end

return Narrow
