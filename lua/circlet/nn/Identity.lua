--- nn.Identity(): hands its input on, and gradOutput back.
-- @example
-- nn.Identity():forward(circlet.Tensor { 1, 2 })    --> {1, 2}
local class = require "circlet.class"
local circlet = require "circlet"
require "circlet.nn.Module"

local Identity, parent = class("nn.Identity", "nn.Module")

function Identity:updateOutput(input)
  self.output = input
  return input
end

function Identity:updateGradInput(_, gradOutput)
  self.gradInput = gradOutput
  return gradOutput
end

--- The tensors belong to the neighbours: they are let go, not emptied.
function Identity:clearState()
  for _, field in ipairs { "output", "gradInput" } do
    self[field] = circlet.isTensor(self[field]) and self[field].new() or {}
  end
  return self
end

Identity.__init = parent.__init

return Identity
