--- nn.LogSoftMax(): rows of x: [B, C], or the vector [C], minus the logarithm of the sum of their
-- exponentials.
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local LogSoftMax = class("nn.LogSoftMax", "nn.Module")

function LogSoftMax:updateOutput(input)
  kernels.log_softmax(self.output, input)
  return self.output
end

function LogSoftMax:updateGradInput(_, gradOutput)
  kernels.log_softmax_backward(self.gradInput, self.output, gradOutput)
  return self.gradInput
end

return LogSoftMax
