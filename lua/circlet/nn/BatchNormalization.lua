--- nn.BatchNormalization(C[, eps][, momentum][, affine]) on x: [B, C]: each column gets mean 0 and
-- variance 1 over the batch, then weight and bias (affine, the default). eps = 1e-5, momentum =
-- 0.1. running_mean and running_var (unbiased) follow the batches and are used in evaluation.
-- @param nOutput integer columns C
-- @param eps? number 1e-5 by default
-- @param momentum? number 0.1 by default
-- @param affine? boolean true by default: weight and bias are learned
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.BatchNormalization(1, 0, 0.1, false):forward(circlet.Tensor { { 1 }, { 3 } })  --> {{-1}, {1}}
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local BatchNormalization, parent = class("nn.BatchNormalization", "nn.Module")

BatchNormalization.nDim = 2 -- dimensions of the input

function BatchNormalization:__init(nOutput, eps, momentum, affine)
  parent.__init(self)
  self.eps, self.momentum = eps or 1e-5, momentum or 0.1
  self.affine = affine ~= false
  self.running_mean = circlet.Tensor(nOutput)
  self.running_var = circlet.Tensor(nOutput):fill(1)
  self.save_mean, self.save_std = circlet.Tensor(), circlet.Tensor()
  if self.affine then
    self.weight, self.bias = circlet.Tensor(nOutput), circlet.Tensor(nOutput)
    self.gradWeight, self.gradBias = circlet.Tensor(nOutput), circlet.Tensor(nOutput)
    self:reset()
  end
end

--- Weights uniform in [0, 1), biases 0, statistics as at the start; returns self.
function BatchNormalization:reset()
  if self.weight then self.weight:uniform(0, 1) end
  if self.bias then self.bias:zero() end
  self.running_mean:zero()
  self.running_var:fill(1)
  return self
end

function BatchNormalization:_check(input)
  if input:dim() ~= self.nDim then
    error(("%s: input must have %d dimensions, got %d"):format(class.type(self), self.nDim,
      input:dim()), 3)
  end
  -- absent in models saved by old versions
  self.save_mean = self.save_mean or self.running_mean.new()
  self.save_std = self.save_std or self.running_mean.new()
end

function BatchNormalization:updateOutput(input)
  self:_check(input)
  kernels.batch_norm(self, input)
  return self.output
end

--- Both gradients at once: they share a pass over memory.
function BatchNormalization:backward(input, gradOutput, scale)
  self:_check(input)
  kernels.batch_norm_backward(self, input, gradOutput, scale or 1, self.gradInput ~= nil, true)
  return self.gradInput
end

function BatchNormalization:updateGradInput(input, gradOutput)
  self:_check(input)
  if self.gradInput then kernels.batch_norm_backward(self, input, gradOutput, 1, true, false) end
  return self.gradInput
end

function BatchNormalization:accGradParameters(input, gradOutput, scale)
  self:_check(input)
  kernels.batch_norm_backward(self, input, gradOutput, scale or 1, false, true)
end

-- Before version 2 files held running_std = (running_var + eps)^-1/2.
function BatchNormalization:_upgrade()
  parent._upgrade(self)
  local std = rawget(self, "running_std")
  if std == nil then return end
  local type_name = class.type(std)
  if not self.running_var
    and (type_name == "circlet.FloatTensor" or type_name == "circlet.DoubleTensor") then
    self.running_var = std:clone():pow(-2):add(-(tonumber(self.eps) or 1e-5))
  end
  self.running_std = nil
end

function BatchNormalization:clearState()
  self:clear("save_mean", "save_std")
  return parent.clearState(self)
end

function BatchNormalization:__tostring()
  return ("%s (%dD) (%d)"):format(class.type(self), self.nDim, self.running_mean:nElement())
end

return BatchNormalization
