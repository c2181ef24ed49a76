--- nn.SpatialConvolution(nIn, nOut, kW, kH[, dW, dH, padW, padH]) on [B, nIn, H, W] or [nIn, H,
-- W]. weight: [nOut, nIn, kH, kW], bias: [nOut]. The output has (n + 2 pad - k) / d + 1 rows and
-- columns, rounded down.
-- @param nIn integer channels of the input
-- @param nOut integer channels of the output
-- @param kW integer
-- @param kH integer
-- @param dW? integer 1 by default
-- @param dH? integer 1 by default
-- @param padW? integer 0 by default
-- @param padH? integer padW by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialConvolution(3, 8, 5, 5, 1, 1, 2, 2):forward(circlet.randn(2, 3, 9, 9)):size()
-- --> {2, 8, 9, 9}
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local SpatialConvolution, parent = class("nn.SpatialConvolution", "nn.Module")

function SpatialConvolution:__init(nIn, nOut, kW, kH, dW, dH, padW, padH)
  parent.__init(self)
  self.nInputPlane, self.nOutputPlane = nIn, nOut
  self.kW, self.kH = kW, kH
  self.dW, self.dH = dW or 1, dH or 1
  self.padW = padW or 0
  self.padH = padH or self.padW
  self.weight = circlet.Tensor(nOut, nIn, kH, kW)
  self.gradWeight = circlet.Tensor(nOut, nIn, kH, kW)
  self.bias, self.gradBias = circlet.Tensor(nOut), circlet.Tensor(nOut)
  self:reset()
end

--- Uniform in +-stdv*sqrt(3), by default +-1/sqrt(kW*kH*nIn); returns self.
function SpatialConvolution:reset(stdv)
  stdv = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.kW * self.kH * self.nInputPlane)
  self.weight:uniform(-stdv, stdv)
  if self.bias then self.bias:uniform(-stdv, stdv) end
  return self
end

--- Does without the bias from now on; returns self.
-- @return nn.SpatialConvolution self
-- @example
-- nn.SpatialConvolution(1, 1, 3, 3):noBias().bias    --> nil
function SpatialConvolution:noBias()
  self.bias, self.gradBias = nil, nil
  return self
end

-- Old files hold the weight as a matrix [nOut, nIn*kH*kW].
local function shaped(self)
  if self.weight:dim() ~= 2 then return end
  for _, field in ipairs { "weight", "gradWeight" } do
    local t = self[field]
    if t and t:dim() == 2 then
      self[field] = t:view(self.nOutputPlane, self.nInputPlane, self.kH, self.kW)
    end
  end
end

-- Old files hold one `padding` for both directions.
function SpatialConvolution:_upgrade()
  parent._upgrade(self)
  if self.padding == nil then return end
  self.padW, self.padH = self.padW or self.padding, self.padH or self.padding
  self.padding = nil
end

function SpatialConvolution:updateOutput(input)
  shaped(self)
  kernels.conv(self, input)
  return self.output
end

function SpatialConvolution:updateGradInput(input, gradOutput)
  if self.gradInput then kernels.conv_backward(self, input, gradOutput) end
  return self.gradInput
end

function SpatialConvolution:accGradParameters(input, gradOutput, scale)
  kernels.conv_accumulate(self, input, gradOutput, scale)
end

function SpatialConvolution:__tostring()
  local text = ("%s(%d -> %d, %dx%d"):format(class.type(self), self.nInputPlane, self.nOutputPlane,
    self.kW, self.kH)
  local padded = (self.padW or 0) ~= 0 or (self.padH or 0) ~= 0
  if self.dW ~= 1 or self.dH ~= 1 or padded then
    text = text .. (", %d,%d"):format(self.dW, self.dH)
  end
  if padded then text = text .. (", %d,%d"):format(self.padW, self.padH) end
  return text .. ")" .. (self.bias and "" or " without bias")
end

return SpatialConvolution
