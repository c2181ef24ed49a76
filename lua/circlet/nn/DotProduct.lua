--- nn.DotProduct(): the dot products of the rows of {x, y}: [B, D] or [D] each gives [B].
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.DotProduct():forward { circlet.Tensor { 1, 2 }, circlet.Tensor { 3, 4 } }    --> {11}
local class = require "circlet.class"
local rows = require "circlet.nn.rows"
require "circlet.nn.Module"

local DotProduct, parent = class("nn.DotProduct", "nn.Module")

function DotProduct:__init()
  parent.__init(self)
  self.gradInput = {}
end

function DotProduct:updateOutput(input)
  local x, y = rows.of(self, input)
  local sum = x:clone():cmul(y):sum(2)
  self.output:resize(x:size(1)):copy(sum:view(-1))
  return self.output
end

function DotProduct:updateGradInput(input, gradOutput)
  local x, y = rows.of(self, input)
  local g = rows.column(self, gradOutput, x):expandAs(x)
  rows.put(self, 1, y:clone():cmul(g), input)
  rows.put(self, 2, x:clone():cmul(g), input)
  return self.gradInput
end

return DotProduct
