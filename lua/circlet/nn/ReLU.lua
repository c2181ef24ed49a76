--- nn.ReLU([inplace]): max(x, 0). NaN stays NaN. With inplace = true the input is overwritten, and
-- gradOutput by gradInput.
-- @param inplace? boolean false by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.ReLU():forward(circlet.Tensor { -1, 2 })    --> {0, 2}
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local ReLU, parent = class("nn.ReLU", "nn.Module")

function ReLU:__init(inplace)
  parent.__init(self)
  self.inplace = inplace or false
end

function ReLU:updateOutput(input)
  if self.inplace then
    kernels.relu(input, input)
    self.output:set(input)
  else
    kernels.relu(self.output, input)
  end
  return self.output
end

-- The output is 0 exactly where the input is not positive, so it serves when the input is gone.
function ReLU:updateGradInput(_, gradOutput)
  if self.inplace then self.gradInput:set(gradOutput) end
  kernels.relu_backward(self.gradInput, self.output, gradOutput)
  return self.gradInput
end

return ReLU
