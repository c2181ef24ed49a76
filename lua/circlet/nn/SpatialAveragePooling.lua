--- nn.SpatialAveragePooling(kW, kH[, dW, dH, padW, padH]) on [B, C, H, W] or [C, H, W]: the mean
-- of each window. Steps default to 1. ceil() lets windows reach over the edge;
-- setCountExcludePad() divides by the elements that lie on the plane only; divide = false sums.
-- @param kW integer
-- @param kH integer
-- @param dW? integer 1 by default
-- @param dH? integer 1 by default
-- @param padW? integer 0 by default
-- @param padH? integer 0 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialAveragePooling(2, 2):forward(circlet.range(1, 4):view(1, 2, 2))    --> {{{2.5}}}
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local SpatialAveragePooling, parent = class("nn.SpatialAveragePooling", "nn.Module")

function SpatialAveragePooling:__init(kW, kH, dW, dH, padW, padH)
  parent.__init(self)
  self.kW, self.kH = kW, kH
  self.dW, self.dH = dW or 1, dH or 1
  self.padW, self.padH = padW or 0, padH or 0
  self.ceil_mode, self.count_include_pad, self.divide = false, true, true
end

--- Lets windows reach over the edge: sizes are rounded up.
-- @return nn.SpatialAveragePooling self
-- @example
-- nn.SpatialAveragePooling(2, 2, 2, 2):ceil():forward(circlet.ones(1, 3, 3)):size()  --> {1, 2, 2}
function SpatialAveragePooling:ceil()
  self.ceil_mode = true
  return self
end

--- Keeps windows within the plane, as at first: sizes are rounded down.
-- @return nn.SpatialAveragePooling self
-- @example
-- nn.SpatialAveragePooling(2, 2, 2, 2):floor():forward(circlet.ones(1, 3, 3)):size()  --> {1, 1, 1}
function SpatialAveragePooling:floor()
  self.ceil_mode = false
  return self
end

--- Divides by the size of the window, as at first.
-- @return nn.SpatialAveragePooling self
-- @example
-- local layer = nn.SpatialAveragePooling(2, 2, 2, 2, 1, 1):setCountIncludePad()
-- layer:forward(circlet.ones(1, 2, 2))[1][1][1]    --> 0.25
function SpatialAveragePooling:setCountIncludePad()
  self.count_include_pad = true
  return self
end

--- Divides by the elements that lie on the plane only.
-- @return nn.SpatialAveragePooling self
-- @example
-- local layer = nn.SpatialAveragePooling(2, 2, 2, 2, 1, 1):setCountExcludePad()
-- layer:forward(circlet.ones(1, 2, 2))[1][1][1]    --> 1
function SpatialAveragePooling:setCountExcludePad()
  self.count_include_pad = false
  return self
end

function SpatialAveragePooling:updateOutput(input)
  kernels.average_pool(self, input)
  return self.output
end

function SpatialAveragePooling:updateGradInput(input, gradOutput)
  if self.gradInput then kernels.average_pool_backward(self, input, gradOutput) end
  return self.gradInput
end

function SpatialAveragePooling:__tostring()
  local text = ("%s(%dx%d, %d,%d"):format(class.type(self), self.kW, self.kH, self.dW, self.dH)
  if (self.padW or 0) ~= 0 or (self.padH or 0) ~= 0 then
    text = text .. (", %d,%d"):format(self.padW, self.padH)
  end
  return text .. ")"
end

return SpatialAveragePooling
