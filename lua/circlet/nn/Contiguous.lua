--- nn.Contiguous(): the input, copied when its elements do not lie one after another.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Contiguous():forward(circlet.ones(2, 3):t()):isContiguous()    --> true
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Contiguous = class("nn.Contiguous", "nn.Module")

function Contiguous:updateOutput(input)
  check.tensor(self, "input", input)
  self.output:set(input:contiguous())
  return self.output
end

function Contiguous:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  self.gradInput:set(gradOutput:contiguous())
  return self.gradInput
end

return Contiguous
