--- nn.Tanh(): the hyperbolic tangent of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Tanh():forward(circlet.Tensor { 0, 1 })    --> {0, 0.7616}
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local Tanh = class("nn.Tanh", "nn.Module")

function Tanh:updateOutput(input)
  self.output:tanh(input)
  return self.output
end

function Tanh:updateGradInput(_, gradOutput)
  kernels.tanh_backward(self.gradInput, self.output, gradOutput)
  return self.gradInput
end

return Tanh
