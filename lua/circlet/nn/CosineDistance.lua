--- nn.CosineDistance(): the cosines of the rows of {x, y}: [B, D] or [D] each gives [B]. (A
-- similarity; the name is Torch7's.) Zero rows have cosine 0.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CosineDistance():forward { circlet.Tensor { 1, 0 }, circlet.Tensor { 1, 0 } }    --> {1}
local class = require "circlet.class"
local cosine = require "circlet.nn.cosine"
local rows = require "circlet.nn.rows"
require "circlet.nn.Module"

local CosineDistance, parent = class("nn.CosineDistance", "nn.Module")

function CosineDistance:__init()
  parent.__init(self)
  self.gradInput = {}
end

function CosineDistance:updateOutput(input)
  local x, y = rows.of(self, input)
  local c = cosine.forward(x, y)
  self.output:resize(x:size(1)):copy(c:view(-1))
  return self.output
end

function CosineDistance:updateGradInput(input, gradOutput)
  local x, y = rows.of(self, input)
  local c, kept = cosine.forward(x, y)
  local gx, gy = cosine.backward(x, y, c, kept, rows.column(self, gradOutput, x))
  rows.put(self, 1, gx, input)
  rows.put(self, 2, gy, input)
  return self.gradInput
end

return CosineDistance
