--- nn.Normalize(2[, eps]): rows of x: [B, D], or the vector [D], divided by sqrt(|x|^2 + eps), eps
-- = 1e-10 by default. A zero row stays zero.
-- @param p number 2, the only norm there is
-- @param eps? number 1e-10 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Normalize(2):forward(circlet.Tensor { 3, 4 })    --> {0.6, 0.8}
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local Normalize, parent = class("nn.Normalize", "nn.Module")

function Normalize:__init(p, eps)
  parent.__init(self)
  if p ~= 2 then error(("nn.Normalize: the norm must be 2, got %s"):format(p), 2) end
  self.p, self.eps = p, eps or 1e-10
end

function Normalize:updateOutput(input)
  kernels.normalize(self.output, input, self.eps)
  return self.output
end

function Normalize:updateGradInput(input, gradOutput)
  kernels.normalize_backward(self.gradInput, input, gradOutput, self.eps)
  return self.gradInput
end

function Normalize:__tostring() return ("%s(%g)"):format(class.type(self), self.p) end

return Normalize
