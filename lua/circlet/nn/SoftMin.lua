--- nn.SoftMin(): nn.SoftMax of -x.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SoftMin():forward(circlet.Tensor { 0, 0 })    --> {0.5, 0.5}
local class = require "circlet.class"
require "circlet.nn.SoftMax"

local SoftMin, parent = class("nn.SoftMin", "nn.SoftMax")

function SoftMin:updateOutput(input) return parent.updateOutput(self, -input) end

function SoftMin:updateGradInput(input, gradOutput)
  return parent.updateGradInput(self, input, gradOutput):mul(-1)
end

return SoftMin
