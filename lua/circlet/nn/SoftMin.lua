--- nn.SoftMin(): nn.SoftMax of -x.
local class = require "circlet.class"
require "circlet.nn.SoftMax"

local SoftMin, parent = class("nn.SoftMin", "nn.SoftMax")

function SoftMin:updateOutput(input) return parent.updateOutput(self, -input) end

function SoftMin:updateGradInput(input, gradOutput)
  return parent.updateGradInput(self, input, gradOutput):mul(-1)
end

return SoftMin
