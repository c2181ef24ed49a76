--- nn.SpatialAveragePooling(kW, kH[, dW, dH, padW, padH]) on [B, C, H, W] or [C, H, W]: the mean
-- of each window. Steps default to 1. ceil() lets windows reach over the edge;
-- setCountExcludePad() divides by the elements that lie on the plane only; divide = false sums.
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

function SpatialAveragePooling:ceil()
  self.ceil_mode = true
  return self
end

function SpatialAveragePooling:floor()
  self.ceil_mode = false
  return self
end

function SpatialAveragePooling:setCountIncludePad()
  self.count_include_pad = true
  return self
end

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
