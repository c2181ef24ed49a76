--- nn.SpatialMaxPooling(kW, kH[, dW, dH, padW, padH]) on [B, C, H, W] or [C, H, W]: the greatest
-- element of each window. Steps default to the window's size. ceil() lets windows reach over the
-- edge. `indices` keeps where the maxima stand in their planes, (row-1)*W + column.
-- @param kW integer
-- @param kH integer
-- @param dW? integer kW by default
-- @param dH? integer kH by default
-- @param padW? integer 0 by default
-- @param padH? integer 0 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialMaxPooling(2, 2):forward(circlet.range(1, 4):view(1, 2, 2))    --> {{{4}}}
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local SpatialMaxPooling, parent = class("nn.SpatialMaxPooling", "nn.Module")

function SpatialMaxPooling:__init(kW, kH, dW, dH, padW, padH)
  parent.__init(self)
  self.kW, self.kH = kW, kH
  self.dW, self.dH = dW or kW, dH or kH
  self.padW, self.padH = padW or 0, padH or 0
  self.ceil_mode = false
  self.indices = circlet.IntTensor()
end

--- Lets windows reach over the edge: sizes are rounded up.
-- @return nn.SpatialMaxPooling self
-- @example
-- nn.SpatialMaxPooling(2, 2, 2, 2):ceil():forward(circlet.ones(1, 3, 3)):size()    --> {1, 2, 2}
function SpatialMaxPooling:ceil()
  self.ceil_mode = true
  return self
end

--- Keeps windows within the plane, as at first: sizes are rounded down.
-- @return nn.SpatialMaxPooling self
-- @example
-- nn.SpatialMaxPooling(2, 2, 2, 2):floor():forward(circlet.ones(1, 3, 3)):size()    --> {1, 1, 1}
function SpatialMaxPooling:floor()
  self.ceil_mode = false
  return self
end

-- Positions stand where the input does; models of old versions have them in other types.
local function place_indices(self, input)
  local on_gpu = circlet.isTensor(input) and input:type():find("%.Cuda")
  local wanted = on_gpu and "CudaIntTensor" or "IntTensor"
  if class.type(self.indices):match("%.(%a+)$") ~= wanted then
    self.indices = circlet[wanted]()
  end
end

function SpatialMaxPooling:updateOutput(input)
  place_indices(self, input)
  kernels.max_pool(self, input)
  return self.output
end

function SpatialMaxPooling:updateGradInput(input, gradOutput)
  kernels.max_pool_backward(self, input, gradOutput)
  return self.gradInput
end

function SpatialMaxPooling:clearState()
  self:clear("indices")
  return parent.clearState(self)
end

function SpatialMaxPooling:__tostring()
  local text = ("%s(%dx%d, %d,%d"):format(class.type(self), self.kW, self.kH, self.dW, self.dH)
  if (self.padW or 0) ~= 0 or (self.padH or 0) ~= 0 then
    text = text .. (", %d,%d"):format(self.padW, self.padH)
  end
  return text .. ")"
end

return SpatialMaxPooling
