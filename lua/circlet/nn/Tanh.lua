--- nn.Tanh(): the hyperbolic tangent of every element.
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
