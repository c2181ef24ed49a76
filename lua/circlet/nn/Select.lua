--- nn.Select(dim, index): slice `index` along dimension `dim`, which goes; both may be negative,
-- from the end. A slice of a vector is a tensor of one element.
-- @param dimension integer from 1, or negative from the end
-- @param index integer from 1, or negative from the end
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Select(1, 2):forward(circlet.Tensor { { 1, 5 }, { 3, 2 } })    --> {3, 2}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Select, parent = class("nn.Select", "nn.Module")

function Select:__init(dimension, index)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dimension)
  self.index = check.integer(self, "the index", index)
end

local function slice(self, t)
  local dim = check.dimension(self, self.dimension, nil, t)
  local index = self.index < 0 and t:size(dim) + self.index + 1 or self.index
  if index < 1 or index > t:size(dim) then
    check.fail(self, "there is no slice %d along dimension %d of %s", self.index, dim,
      check.text(t))
  end
  return t:dim() == 1 and t:narrow(1, index, 1) or t:select(dim, index)
end

function Select:updateOutput(input)
  check.tensor(self, "input", input)
  local seen = slice(self, input)
  self.output:resizeAs(seen):copy(seen)
  return self.output
end

function Select:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, self.output)
  self.gradInput:resizeAs(input):zero()
  slice(self, self.gradInput):copy(gradOutput)
  return self.gradInput
end

return Select
